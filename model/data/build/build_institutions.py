"""Build the tables of states, institutions and series from the seeds and the reference notes.

Run from the repository root when a seed or the notes change::

    uv run python model/data/build/build_institutions.py [--reference FOLDER]

`FOLDER` holds the reference notes as CSV files (supply, prices, governance, members, seizures_by_country, ...). They
are not in the repository. Without them the tables of seeds are written, and the rows of governance of new countries.
The model itself reads only the committed results in `model/data`. Rules are told in README.md and datapackage.json.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from model.data.build import build_observations, build_series
from model.data.build.files import DATA, YEARS, read, seed, write

type Build = Callable[[], pd.DataFrame]

WGI_SPAN = 5.0
"""World Governance Indicators run from about -2.5 to 2.5."""
WGI = {"corruption": "wgi_control_of_corruption_estimate", "rule_of_law": "wgi_rule_of_law_estimate"}
PROXIES = {
    "CUW": ("NLD", "TTO"),
    "GTM": ("DOM", "MEX", "PAN"),
    "HND": ("DOM", "MEX", "PAN"),
}
"""States without indicators take the mean of these (assumed)."""
SHARES = ("inspection_container_share", "inspection_air_share", "inspection_land_share", "coast_police_share")
SHARE_SOURCE = (
    "assumed by class of state (build/seed/state_classes.csv): containers bounded by M9 (EU 2-10%, world under 2%), "
    "own benefit by M1, consent by M6 and members.csv; others order of magnitude"
)
STATE_COLUMNS = (
    *("state", "name", "region", "role", "own_benefit", "eu_since", "consent_regime", *SHARES, "finance_strength"),
    *("lead_strength", "source_loss", "contact_cost", "source", "confidence", "note"),
)
ASSET_COLUMNS = (
    *("asset", "name", "owner", "kind", "base", "speed_kn", "sweep_width_nm", "endurance_days", "turnaround_days"),
    *("availability", "boards", "lent_to", "since", "until", "source", "confidence", "note"),
)


def states() -> pd.DataFrame:
    """One row per state: class values, then what the seed says of the state itself."""
    table = seed("states").merge(
        seed("state_classes"), on="class", how="left", suffixes=("", "_of_class"), validate="m:1"
    )
    for column in ("air", "coast", "finance"):
        table[column] = table[column].fillna(table[f"{column}_of_class"])
    table = table.rename(
        columns=dict(zip(("container", "air", "land", "coast"), SHARES, strict=True)) | {"finance": "finance_strength"}
    )
    note = "Class " + table["class"] + "; " + table["basis"] + ". Shares swept by a factor of 3 either way"
    table["note"] = (table["note"] + ". ").fillna("") + note
    table["source"], table["confidence"] = SHARE_SOURCE, "assumed"
    return table[list(STATE_COLUMNS)]


def governance(reference: Path) -> pd.DataFrame:
    """Every state in every year: observed, interpolated between observed years, carried at the ends, or assumed."""
    table = read(reference / "governance.csv")
    frames = {name: rescaled(table, name) for name in WGI}
    source = table.groupby("iso3")["source"].first().str.split("; ").str[-1].to_dict()
    return pd.concat([governance_of(state, frames, source.get(state, "")) for state in seed("states")["state"]])


def governance_kept() -> pd.DataFrame:
    """The rows that there are, and for a state without any the mean of its proxies."""
    held = {str(state): rows for state, rows in read(DATA / "governance.csv").groupby("state")}
    return pd.concat([held[state] if state in held else mean_of(state, held) for state in seed("states")["state"]])


def mean_of(state: str, held: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of a state as the mean of those of its proxies."""
    if state not in PROXIES:
        raise SystemExit(
            f"governance.csv has no rows of {state}: add a line to PROXIES of build_institutions.py that names states "
            "like it, or give --reference a folder whose governance.csv holds its indicators"
        )
    rows = pd.concat([held[one] for one in PROXIES[state]])
    table = rows.groupby("year")[list(WGI)].mean().round(3).reset_index()
    table.insert(0, "state", state)
    return marked_as_assumed(table, PROXIES[state])


def marked_as_assumed(table: pd.DataFrame, models: tuple[str, ...]) -> pd.DataFrame:
    """Rows that are means of other states, marked as such."""
    return table.assign(basis="assumed", source=f"assumed: mean of {', '.join(models)}", confidence="assumed")


def rescaled(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """An indicator by year (index) and state (columns), put on 0 to 1; missing where not observed."""
    wide = table.pivot_table(index="year", columns="iso3", values=WGI[name]).reindex(YEARS)
    return (WGI_SPAN / 2 + (-wide if name == "corruption" else wide)) / WGI_SPAN


def governance_of(state: str, frames: dict[str, pd.DataFrame], source: str) -> pd.DataFrame:
    """The rows of a state."""
    models = PROXIES.get(state, (state,))
    values = pd.DataFrame({name: frame[list(models)].mean(axis=1) for name, frame in frames.items()})
    levels = values.interpolate(limit_area="inside").ffill().bfill().map(lambda level: round(level, 3))
    observed = values["corruption"].notna()
    inside = observed.cummax() & observed[::-1].cummax()[::-1]
    basis = pd.Series("carried", index=values.index).mask(inside, "interpolated").mask(observed, "observed")
    confidence = basis.map({"observed": "high", "interpolated": "medium", "carried": "low"})
    table = levels.assign(basis=basis, source=source, confidence=confidence).rename_axis("year").reset_index()
    table.insert(0, "state", state)
    if state in PROXIES:
        return marked_as_assumed(table, models)
    return table


def memberships() -> pd.DataFrame:
    """One row per platform and state."""
    table = seed("membership_dates")
    table["state"] = table["states"].str.split(";")
    table = table.explode("state").sort_values(["platform", "since", "state"], kind="stable")
    return table[["platform", "state", "role", "since", "until", "source", "confidence"]]


def assets() -> pd.DataFrame:
    """One row per ship or aircraft; a seed row stands for several of the same kind."""
    table = seed("assets").merge(seed("asset_kinds"), on="kind", how="left", validate="m:1")
    table = table.loc[table.index.repeat(table["count"])].reset_index(drop=True)
    stem = (table["owner"].str.lower() + "-" + table["kind"] + "-" + table["base"]).str.replace("_", "-")
    number = (stem.groupby(stem).cumcount() + 1).astype(str)
    table["asset"] = stem + "-" + number
    words = table["kind"].str.replace("_", " ").str.capitalize()
    owners = table["owner"].map(seed("states").set_index("state")["name"])
    places = table["base"].map(read(DATA / "places.csv").set_index("place")["name"]).str.split("[:,]").str[0]
    table["name"] = words + " " + number + " of " + owners + ", " + places
    return table.assign(
        source="assumed, order of magnitude; speed and sweep width M2, availability M5", confidence="assumed"
    )[list(ASSET_COLUMNS)]


def timeline(reference: Path) -> pd.DataFrame:
    """Dated events of the notes: ISO dates (first day of the period), confidence in words, within the calendar."""
    table = read(reference / "timeline.csv")
    text = table["date"].astype(str)
    table["date"] = text.where(text.str.len() == 10, text + "-01").where(text.str.len() != 4, text + "-01-01")
    table["confidence"] = table["confidence"].map({"H": "high", "M": "medium", "L": "low"})
    return table.sort_values("date", kind="stable")[["date", "institution", "event", "source", "confidence"]]


def of_seeds() -> dict[str, Build]:
    """Tables that need no notes."""
    return {
        "states": states,
        "governance": governance_kept,
        "platforms": lambda: seed("platforms").astype({"staff": "Int64", "budget_eur_per_year": "Int64"}),
        "memberships": memberships,
        "assets": assets,
        "exchange": build_series.exchange,
        "demand": build_series.demand,
    }


def of_notes(folder: Path) -> dict[str, Build]:
    """Tables that are made of the notes in a folder."""
    return {
        "governance": lambda: governance(folder),
        "timeline": lambda: timeline(folder),
        "supply": lambda: build_series.supply(read(folder / "supply.csv")),
        "prices": lambda: build_series.prices(read(folder / "prices.csv")),
        "observations": lambda: build_observations.observations(folder),
    }


def main() -> None:
    """Write all tables, or those of seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--reference", type=Path, help="folder of the reference notes; if left out, tables of seeds")
    folder: Path | None = parser.parse_args().reference
    steps = of_seeds() | (of_notes(folder) if folder else {})
    for name, table in {name: build() for name, build in steps.items()}.items():  # all are made before one is written
        write(table, name)


if __name__ == "__main__":
    main()
