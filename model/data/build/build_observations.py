"""Published figures that runs are compared with, each marked for fitting or for judging (amendment 12)."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from model.data.build.files import DATA, read, seed

COLUMNS = [
    *("observation", "family", "year", "period_end", "area", "measure", "value", "low", "high", "unit", "basis", "use"),
    *("source", "confidence", "note"),
]
FIT_YEARS = (2004, 2008)
"""Levels of these years may be fitted; everything else judges, load sizes and price ratios apart."""
TOTALS = {"EU_TOTAL", "WAF_REGION", "AFR_REGION", "WORLD"}
BASES = {
    "annual_national_report": "annual report of the state",
    "regional_total_published": "published regional total",
    "single_events_minimum": "sum of single cases, a lower bound",
}
SHORT = {"annual_national_report": "report", "regional_total_published": "total", "single_events_minimum": "cases"}
AVERAGES = {"annual average 2019-2022": (2019, 2022), "average of 1998-2003": (1998, 2003)}
"""Beginnings of notes on figures that are means of several years."""
ANTILLES = "Reported as Netherlands Antilles (ANT), of which Curacao is the main island"
COUNTRIES = {"Spain": "ESP", "Portugal": "PRT", "Italy": "ITA", "Colombia": "COL", "Spain+Italy": "ESP_ITA"}
FLOW_SKIP = "seized per year in or en route to West Africa|regional shares of world seizures"
"""Rows that stand elsewhere: as a regional total of seizures, or as one row for each region in facts.csv."""
FLOWS = {
    "MAOC": ("maoc", "seized_bulk_t", "maoc-n", "t bulk"),
    "Schiphol": ("controls", "courier_seized_bulk_t", "schiphol", "t bulk"),
    "container control units": ("programmes", "seized_bulk_t", "ccp", "t bulk"),
    "before sailing": ("entry", "seized_upstream_bulk_t", "", "t bulk"),
    "seized by EU": ("seizures", "seized_bulk_t", "EU_TOTAL", "t bulk"),
    "consumption|demand": ("consumption", "consumption_t", "", "t pure"),
    "entering": ("flows", "arrival_t", "", "t"),
    "": ("flows", "flow_t", "", "t pure"),
}
"""Words of a note on flows, the first that fit -> family, measure, area (empty: from where to where) and unit."""
LATIN = {"Venezuela, Bolivarian Republic of": "VEN", "Bolivia, Plurinational State of": "BOL"}
SIZES = {
    "mean_kg": "kg bulk",
    "median_kg": "kg bulk",
    "p90_kg": "kg bulk",
    "p99_kg": "kg bulk",
    "max_kg": "kg bulk",
    "top1pct_cases_share_of_tonnes_percent": "percent",
    "top10pct_cases_share_of_tonnes_percent": "percent",
    "share_tonnes_ge_100kg_percent": "percent",
    "share_tonnes_ge_1000kg_percent": "percent",
    "hill_tail_exponent_above_10kg": "exponent",
    "hill_tail_exponent_above_100kg": "exponent",
}
NETWORK = {
    "countries_in_network": "countries",
    "directed_links": "links",
    "links_west_africa_to_europe": "links",
    "links_americas_to_europe": "links",
    "links_americas_to_west_africa": "links",
    "west_africa_share_of_links_into_europe_percent": "percent",
}
PRICED_STATES = ("BEL", "DEU", "DNK", "ESP", "FRA", "GBR", "IRL", "ITA", "NLD", "PRT")
"""States of Europe with retail prices in every year of 2004-08."""


# --- words and years ----------------------------------------------------------------------------------------------


def slug(text: object) -> str:
    """Lower case words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", str(text).lower()).strip("-")


def use(years: tuple[int, int]) -> str:
    """Whether a level of these years is for fitting."""
    return "fit" if years[0] >= FIT_YEARS[0] and years[1] <= FIT_YEARS[1] else "judge"


def years_of(text: object) -> tuple[int, int]:
    """First and last year named in a text."""
    found = [int(year) for year in re.findall(r"(?:19|20)\d\d", str(text))]
    return found[0], found[-1]


def dated(table: pd.DataFrame, years: pd.Series) -> pd.DataFrame:
    """The table with the first year, and the end of the period where it is longer than a year."""
    return table.assign(
        year=years.str[0], period_end=[f"{last}-12-31" if last > first else None for first, last in years]
    )


def longer(table: pd.DataFrame, units: dict[str, str]) -> pd.DataFrame:
    """A row for each figure in columns of a table, in the order of the table, with its measure and unit."""
    long = table.melt(
        [column for column in table if column not in units], [*units], "measure", ignore_index=False
    ).sort_index(kind="stable")
    return long.assign(unit=long["measure"].map(units)).reset_index(drop=True)


# --- tables of the notes ------------------------------------------------------------------------------------------


def observations(reference: Path) -> pd.DataFrame:
    """All observations, one row each."""
    notes = {
        "seizures_by_country": seizures,
        "flows": flows,
        "route_mode_shares": mode_shares,
        "seizure_size_distribution": load_sizes,
        "network_stats": network,
        "ports": ports,
    }
    tables = [seed("facts"), *(build(read(reference / f"{name}.csv")) for name, build in notes.items())]
    tables += [price_ratios(), price_steps()]
    table = pd.concat([one.reindex(columns=COLUMNS).astype(object) for one in tables], ignore_index=True)
    again = table.groupby("observation").cumcount()  # two sources for one cell: both stay
    table["observation"] += again.map(lambda n: f"-{n + 1}" if n else "")
    return table


def seizures(table: pd.DataFrame) -> pd.DataFrame:
    """Tonnes seized a year by state, region or world."""
    known = set(seed("states")["state"]) | TOTALS
    note = table["note"].mask(table["country_iso3"] == "ANT", ANTILLES)
    area = table["country_iso3"].replace("ANT", "CUW")
    years = pd.Series(
        [
            next((span for words, span in AVERAGES.items() if str(text).startswith(words)), (year, year))
            for text, year in zip(note, table["year"], strict=True)
        ]
    )
    least = (table["basis"] == "single_events_minimum") | note.str.contains("lower bound", na=False)
    codes = area.str.lower().str.replace("_", "-")
    return dated(table, years).assign(
        observation="seized-" + codes + "-" + table["year"].astype(str) + "-" + table["basis"].map(SHORT),
        family="seizures",
        area=area,
        measure="seized_bulk_t",
        value=table["tonnes"],
        low=table["tonnes"].where(least),
        unit="t bulk",
        basis=table["basis"].map(BASES),
        use=years.map(use).where(area.isin(known) & ~least, "judge"),
        note=note,
    )


def flows(table: pd.DataFrame) -> pd.DataFrame:
    """Tonnes and shares that move, arrive or are consumed; the measure follows from the words of the note."""
    table = table.assign(number=[f"{number:02d}" for number in range(1, len(table) + 1)])
    table = table[~table["meaning"].str.contains(FLOW_SKIP)].reset_index(drop=True)
    columns = (table[name] for name in ("meaning", "from_region", "to_region", "share_percent"))
    kinds = pd.DataFrame(map(flow_kind, *columns), columns=["family", "measure", "area", "unit"])
    levels = table["year"].map(years_of).map(use)
    return dated(table.assign(**kinds), table["year"].map(years_of)).assign(
        observation="flow-" + table["number"] + "-" + kinds["area"].map(slug) + "-" + table["year"].map(slug),
        value=table["share_percent"].where(kinds["unit"] == "percent", table["tonnes_best"]),
        low=table["tonnes_low"],
        high=table["tonnes_high"],
        basis=table["meaning"],
        use=levels.mask(kinds["family"].isin({"controls", "maoc", "entry", "programmes"}), "judge"),
    )


def flow_kind(meaning: str, start: str, end: str, share: float) -> tuple[str, str, str, str]:
    """Family, measure, area and unit of a row on flows."""
    area = f"{slug(start)}_{slug(end)}".replace("-", "_").replace("world_europe", "europe")
    if pd.notna(share):
        return "shares", "share_percent", area, "percent"
    family, measure, known, unit = next(kind for words, kind in FLOWS.items() if re.search(words, meaning))
    return family, measure, known or area, unit


def mode_shares(table: pd.DataFrame) -> pd.DataFrame:
    """Shares of seized tonnes and of cases by region of departure or by mode, in percent of those known."""
    shares = {f"share_of_known_{what}_percent": "percent" for what in ("tonnes", "cases")}
    table = longer(table, shares).dropna(subset="value")
    what, area = table["measure"].str.split("_").str[3], table["seizing_country"].map(COUNTRIES)
    category, dimension = table["category"].map(slug), table["dimension"]
    names = [dimension.map(slug), category, area.str.lower(), table["year"].astype(str), what]
    cases, tonnes = table["cases"].astype(str), table["tonnes_seized"].astype(str)
    return table.assign(
        observation=["-".join(parts) for parts in zip(*names, strict=True)],
        family=np.where(dimension == "departure_region", "departure_shares", "mode_shift"),
        area=area,
        measure=category.str.replace("-", "_") + "_share_of_" + what + "_percent",
        basis=dimension.str.replace("_", " ") + ", share of known " + what,
        use="judge",
        note=cases + " cases, " + tonnes + " t bulk; the departure is the last declared leg",
    )


def load_sizes(table: pd.DataFrame) -> pd.DataFrame:
    """Quantiles, concentration and tails of case sizes, fitted by declared exception (amendment 12)."""
    table = longer(table, SIZES).dropna(subset="value")
    area, mode = table["seizing_country"].map(COUNTRIES | LATIN), table["mode"].str.split("(").str[0].map(slug)
    names = [area.str.lower().str.replace("_", "-"), mode, table["measure"].map(slug)]
    cases, tonnes = table["cases"].astype(str), table["tonnes_seized"].astype(str)
    return dated(table, table["period"].map(years_of)).assign(
        observation=["-".join(("size", *parts)) for parts in zip(*names, strict=True)],
        family="load_size",
        area=area,
        basis=table["mode"] + "; " + cases + " cases, " + tonnes + " t",
        use="fit",
    )


def network(table: pd.DataFrame) -> pd.DataFrame:
    """Links between states in networks drawn from cases; who reports changes, so they weigh little."""
    table = longer(table, NETWORK)
    return table.assign(
        observation="network-" + table["measure"].map(slug) + "-" + table["year"].astype(str),
        family="network",
        area=np.where(table["measure"].str.contains("west_africa"), "west_africa_europe", "world"),
        basis="links in case data",
        use="judge",
        note="Reporter bias: weight 0.1 (amendment 12)",
    )


def ports(table: pd.DataFrame) -> pd.DataFrame:
    """Tonnes seized in main ports."""
    port = table["port"].map(slug)
    return table.assign(
        observation="port-" + port + "-" + table["year"].astype(str),
        family="ports",
        area=port,
        measure="seized_bulk_t",
        value=table["tonnes_seized"],
        unit="t bulk",
        basis="port",
        use="judge",
    )


# --- figures derived from prices ----------------------------------------------------------------------------------


def price_steps() -> pd.DataFrame:
    """How much prices move from year to year: SD of the yearly steps of the mean log retail price, 2004-08.

    Of the states of Europe with a price in each of these years, in EUR; single states move more, since reports do.
    """
    first, last = FIT_YEARS
    table = read(DATA / "prices.csv")
    retail = table[(table["level"] == "retail") & table["place_group"].isin(PRICED_STATES)]
    logs = (
        np.log(retail.pivot_table(index="year", columns="place_group", values="eur_per_kg_pure"))
        .loc[first:last]
        .dropna(axis=1)
    )
    row = {
        "observation": f"price-steps-europe-{first}-{last}",
        "family": "price_steps",
        "year": first,
        "period_end": f"{last}-12-31",
        "area": "europe",
        "measure": "sd_of_yearly_log_steps",
        "value": round(float(logs.mean(axis=1).diff().dropna().std()), 3),
        "low": round(float(logs.diff().std().min()), 3),
        "high": round(float(logs.diff().std().max()), 3),
        "unit": "log",
        "basis": f"retail, mean of {logs.shape[1]} states; low and high: single states",
        "use": "fit",
        "source": "derived from prices.csv",
        "confidence": "medium",
        "note": "Retail stands for wholesale, which may move more; constant purity",
    }
    return pd.DataFrame([row])


def price_ratios() -> pd.DataFrame:
    """European wholesale over Colombian price per pure kg, in years with both."""
    table = read(DATA / "prices.csv")
    prices = (
        table[table["level"].isin(["wholesale", "base"])]
        .groupby(["year", "place_group"])["eur_per_kg_pure"]
        .median()
        .unstack()
    )
    ratios = (prices["europe"] / prices["COL"]).dropna().rename("value").reset_index()
    return ratios.assign(
        observation="price-ratio-europe-colombia-" + ratios["year"].astype(str),
        family="price_ratio",
        area="europe",
        measure="wholesale_over_source",
        value=ratios["value"].map(lambda ratio: round(ratio, 1)),
        unit="ratio",
        basis="per pure kg, prices.csv",
        use=np.where(ratios["year"] < 2015, "fit", "judge"),
        source="derived from prices.csv",
        confidence="medium",
        note="Purity assumed on both sides",
    )
