"""Published figures that runs are compared with, each marked for fitting or for judging (amendment 12)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

SEED = Path(__file__).resolve().parent / "seed"
COLUMNS = [
    "observation",
    "family",
    "year",
    "period_end",
    "area",
    "measure",
    "value",
    "low",
    "high",
    "unit",
    "basis",
    "use",
    "source",
    "confidence",
    "note",
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
COUNTRIES = {"Spain": "ESP", "Portugal": "PRT", "Italy": "ITA", "Colombia": "COL", "Spain+Italy": "ESP_ITA"}
FLOW_SKIP = "seized per year in or en route to West Africa|regional shares of world seizures"
"""Rows that stand elsewhere: as a regional total of seizures, or as one row for each region in facts.csv."""
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

type Rows = list[dict[str, object]]


def read(path: Path) -> pd.DataFrame:
    """A CSV file with empty cells as missing values, and nothing else."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def slug(text: object) -> str:
    """Lower case words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", str(text).lower()).strip("-")


def use(year: int, end: int) -> str:
    """Whether a level of these years is for fitting."""
    return "fit" if year >= FIT_YEARS[0] and end <= FIT_YEARS[1] else "judge"


def observations(reference: Path) -> pd.DataFrame:
    """All observations, one row each."""
    known = set(read(SEED / "states.csv")["state"]) | TOTALS
    rows = seizures(read(reference / "seizures_by_country.csv"), known)
    rows += flows(read(reference / "flows.csv").astype({"year": str}))
    rows += mode_shares(read(reference / "route_mode_shares.csv"))
    rows += load_sizes(read(reference / "seizure_size_distribution.csv"))
    rows += network(read(reference / "network_stats.csv"))
    rows += ports(read(reference / "ports.csv"))
    rows += price_ratios()
    rows += price_steps()
    facts = read(SEED / "facts.csv").to_dict("records")
    table = pd.DataFrame([{str(k): v for k, v in fact.items()} for fact in facts] + rows)[COLUMNS]
    again = table.groupby("observation").cumcount()  # two sources for one cell: both stay
    table["observation"] += again.map(lambda n: f"-{n + 1}" if n else "")
    return table


def row(name: str, family: str, years: tuple[int, int], **cells: object) -> dict[str, object]:
    """A row with the columns left out empty; a single year has no end of period."""
    end = f"{years[1]}-12-31" if years[1] > years[0] else None
    blank = dict.fromkeys(COLUMNS)
    return {**blank, "observation": name, "family": family, "year": years[0], "period_end": end, **cells}


def seizures(table: pd.DataFrame, known: set[str]) -> Rows:
    """Tonnes seized a year by state, region or world."""
    rows: Rows = []
    for r in table.to_dict("records"):
        area, note = str(r["country_iso3"]), r["note"] if isinstance(r["note"], str) else None
        if area == "ANT":
            area, note = "CUW", "Reported as Netherlands Antilles (ANT), of which Curacao is the main island"
        years = (int(r["year"]), int(r["year"]))
        if note and note.startswith("annual average 2019-2022"):
            years = (2019, 2022)
        if note and note.startswith("average of 1998-2003"):
            years = (1998, 2003)
        least = r["basis"] == "single_events_minimum" or "lower bound" in (note or "")
        fitted = use(*years) if area in known and not least else "judge"
        rows.append(
            row(
                f"seized-{area.lower().replace('_', '-')}-{r['year']}-{SHORT[str(r['basis'])]}",
                "seizures",
                years,
                area=area,
                measure="seized_bulk_t",
                value=r["tonnes"],
                low=r["tonnes"] if least else None,
                unit="t bulk",
                basis=BASES[str(r["basis"])],
                use=fitted,
                source=r["source"],
                confidence=r["confidence"],
                note=note,
            )
        )
    return rows


def years_of(text: str) -> tuple[int, int]:
    """First and last year named in a text."""
    found = [int(y) for y in re.findall(r"(?:19|20)\d\d", text)]
    return found[0], found[-1]


def flows(table: pd.DataFrame) -> Rows:
    """Tonnes and shares that move, arrive or are consumed; the measure follows from the words of the note."""
    rows: Rows = []
    for number, r in enumerate(table.to_dict("records"), start=1):
        meaning = str(r["meaning"])
        if re.search(FLOW_SKIP, meaning):
            continue
        years = years_of(str(r["year"]))
        family, measure, area, unit = flow_kind(
            meaning, str(r["from_region"]), str(r["to_region"]), pd.notna(r["share_percent"])
        )
        value = r["share_percent"] if unit == "percent" else r["tonnes_best"]
        note = r["note"] if isinstance(r["note"], str) else None
        rows.append(
            row(
                f"flow-{number:02d}-{slug(area)}-{slug(r['year'])}",
                family,
                years,
                area=area,
                measure=measure,
                value=value,
                low=r["tonnes_low"],
                high=r["tonnes_high"],
                unit=unit,
                basis=meaning,
                use="judge" if family in {"controls", "maoc", "entry", "programmes"} else use(*years),
                source=r["source"],
                confidence=r["confidence"],
                note=note,
            )
        )
    return rows


def flow_kind(meaning: str, start: str, end: str, share: bool) -> tuple[str, str, str, str]:
    """Family, measure, area and unit of a row on flows."""
    area = f"{slug(start)}_{slug(end)}".replace("-", "_").replace("world_europe", "europe")
    if share:
        return "shares", "share_percent", area, "percent"
    if "MAOC" in meaning:
        return "maoc", "seized_bulk_t", "maoc-n", "t bulk"
    if "Schiphol" in meaning:
        return "controls", "courier_seized_bulk_t", "schiphol", "t bulk"
    if "container control units" in meaning:
        return "programmes", "seized_bulk_t", "ccp", "t bulk"
    if "before sailing" in meaning:
        return "entry", "seized_upstream_bulk_t", area, "t bulk"
    if "seized by EU" in meaning:
        return "seizures", "seized_bulk_t", "EU_TOTAL", "t bulk"
    if "consumption" in meaning or "demand" in meaning:
        return "consumption", "consumption_t", area, "t pure"
    if "entering" in meaning:
        return "flows", "arrival_t", area, "t"
    return "flows", "flow_t", area, "t pure"


def mode_shares(table: pd.DataFrame) -> Rows:
    """Shares of seized tonnes and of cases by region of departure or by mode, in percent of those known."""
    rows: Rows = []
    for r in table.to_dict("records"):
        year, area = int(r["year"]), COUNTRIES[str(r["seizing_country"])]
        for what, column in (("tonnes", "share_of_known_tonnes_percent"), ("cases", "share_of_known_cases_percent")):
            if pd.isna(r[column]):
                continue
            rows.append(
                row(
                    f"{slug(r['dimension'])}-{slug(r['category'])}-{area.lower()}-{year}-{what}",
                    "departure_shares" if r["dimension"] == "departure_region" else "mode_shift",
                    (year, year),
                    area=area,
                    measure=f"{slug(r['category']).replace('-', '_')}_share_of_{what}_percent",
                    value=r[column],
                    unit="percent",
                    basis=f"{r['dimension'].replace('_', ' ')}, share of known {what}",
                    use="judge",
                    source=r["source"],
                    confidence=r["confidence"],
                    note=f"{r['cases']} cases, {r['tonnes_seized']} t bulk; the departure is the last declared leg",
                )
            )
    return rows


def load_sizes(table: pd.DataFrame) -> Rows:
    """Quantiles, concentration and tails of case sizes, fitted by declared exception (amendment 12)."""
    rows: Rows = []
    for r in table.to_dict("records"):
        area = (COUNTRIES | LATIN)[str(r["seizing_country"])]
        for column, unit in SIZES.items():
            if pd.notna(r[column]):
                rows.append(
                    row(
                        f"size-{area.lower().replace('_', '-')}-{slug(str(r['mode']).split('(')[0])}-{slug(column)}",
                        "load_size",
                        years_of(str(r["period"])),
                        area=area,
                        measure=column,
                        value=r[column],
                        unit=unit,
                        basis=f"{r['mode']}; {r['cases']} cases, {r['tonnes_seized']} t",
                        use="fit",
                        source=r["source"],
                        confidence=r["confidence"],
                    )
                )
    return rows


def network(table: pd.DataFrame) -> Rows:
    """Links between states in networks drawn from cases; who reports changes, so they weigh little."""
    return [
        row(
            f"network-{slug(column)}-{r['year']}",
            "network",
            (int(r["year"]), int(r["year"])),
            area="west_africa_europe" if "west_africa" in column else "world",
            measure=column,
            value=r[column],
            unit=unit,
            basis="links in case data",
            use="judge",
            source=r["source"],
            confidence=r["confidence"],
            note="Reporter bias: weight 0.1 (amendment 12)",
        )
        for r in table.to_dict("records")
        for column, unit in NETWORK.items()
    ]


def ports(table: pd.DataFrame) -> Rows:
    """Tonnes seized in main ports."""
    return [
        row(
            f"port-{slug(r['port'])}-{r['year']}",
            "ports",
            (int(r["year"]), int(r["year"])),
            area=slug(r["port"]),
            measure="seized_bulk_t",
            value=r["tonnes_seized"],
            unit="t bulk",
            basis="port",
            use="judge",
            source=r["source"],
            confidence=r["confidence"],
        )
        for r in table.to_dict("records")
    ]


def price_steps() -> Rows:
    """How much prices move from year to year: SD of the yearly steps of the mean log retail price, 2004-08.

    Of the states of Europe with a price in each of these years, in EUR; single states move more, since reports do.
    """
    first, last = 2004, 2008
    table = read(SEED.parent.parent / "prices.csv")
    retail = table[(table["level"] == "retail") & table["place_group"].isin(PRICED_STATES)]
    logs = np.log(retail.pivot_table(index="year", columns="place_group", values="eur_per_kg_pure"))
    steps = logs.loc[first:last].dropna(axis=1).mean(axis=1).diff().dropna()
    alone = logs.loc[first:last].dropna(axis=1).diff().std()
    return [
        row(
            f"price-steps-europe-{first}-{last}",
            "price_steps",
            (first, last),
            area="europe",
            measure="sd_of_yearly_log_steps",
            value=round(float(steps.std()), 3),
            low=round(float(alone.min()), 3),
            high=round(float(alone.max()), 3),
            unit="log",
            basis=f"retail, mean of {logs.loc[first:last].dropna(axis=1).shape[1]} states; low and high: single states",
            use="fit",
            source="derived from prices.csv",
            confidence="medium",
            note="Retail stands for wholesale, which may move more; constant purity",
        )
    ]


def price_ratios() -> Rows:
    """European wholesale over Colombian price per pure kg, in years with both."""
    table = read(SEED.parent.parent / "prices.csv")
    sale = table[table["level"].isin(["wholesale", "base"])]
    europe, source = (
        sale[sale["place_group"] == group].groupby("year")["eur_per_kg_pure"].median() for group in ("europe", "COL")
    )
    ratio = (europe / source).dropna()
    return [
        row(
            f"price-ratio-europe-colombia-{year}",
            "price_ratio",
            (int(str(year)), int(str(year))),
            area="europe",
            measure="wholesale_over_source",
            value=round(float(value), 1),
            unit="ratio",
            basis="per pure kg, prices.csv",
            use="fit" if int(str(year)) < 2015 else "judge",
            source="derived from prices.csv",
            confidence="medium",
            note="Purity assumed on both sides",
        )
        for year, value in ratio.items()
    ]
