"""Ask questions of the model: studies of many runs, stored with what is needed to repeat them."""

from experiments.ensemble import provenance as provenance
from experiments.moved import keep_old_modules

keep_old_modules(
    "experiments",
    {
        "attribution": "analysis.attribution",
        "chain": "analysis.chain",
        "compare": "analysis.compare",
        "costs": "analysis.costs",
        "detection": "analysis.detection",
        "discovery": "analysis.discovery",
        "doses": "analysis.doses",
        "factors": "design.factors",
        "folder": "ensemble.folder",
        "intervals": "analysis.intervals",
        "manifests": "ensemble.manifests",
        "mixes": "analysis.mixes",
        "natural": "validation.natural",
        "outcomes": "analysis.outcomes",
        "parts": "ensemble.parts",
        "places": "ensemble.places",
        "policies": "analysis.policies",
        "provenance": "ensemble.provenance",
        "queries": "ensemble.queries",
        "recording": "ensemble.recording",
        "runner": "ensemble.runner",
        "sensitivity": "analysis.sensitivity",
        "store": "ensemble.store",
    },
)
