"""Show: figures, maps and pages made from the frames and tables of a study; nothing scientific is computed here."""

from experiments.moved import keep_old_modules

keep_old_modules(
    "views",
    {
        "atlas": "maps.atlas",
        "bands": "figures.bands",
        "doses": "figures.doses",
        "observed": "reports.observed",
        "report": "reports.history",
    },
)
