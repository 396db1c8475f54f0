"""Yearly series: cocaine output by producing state, demand by market, the exchange rate."""

import numpy as np
import pandas as pd
from scipy.interpolate import PchipInterpolator

from model.data.build.files import YEARS, seed

REVISION = 942 / 687
"""The published world total of 2004 before (687 t) and after (640 + 192 + 110 t) the yield study of 2005."""
COMPARABLE_COLOMBIA = {
    2016: (866.0, "first published 866 t, on the basis of the world total of that year; 1,053 t is a later basis"),
    2017: (1058.0, "1,058 t at stated purity, on the basis of the later series; 1,379 t was first published"),
}
"""Colombian tonnes on the same basis as the world total from which Peru and Bolivia are derived."""
SPREAD = 0.15
"""Half width of a range where none was published: that of the published ranges of 2009-13 (0.14 to 0.155)."""
TONNES = "potential_pure_cocaine_tonnes"


def exchange() -> pd.DataFrame:
    """US dollars for one euro, yearly average."""
    return seed("exchange").assign(
        source="European Central Bank, yearly average of reference rates; recollected", confidence="medium"
    )


def supply(reference: pd.DataFrame) -> pd.DataFrame:
    """Output of Colombia, Peru and Bolivia on one basis, kg pure (amendment 3)."""
    table = reference.rename(columns={"coca_cultivation_hectares": "ha"}).set_index(["country", "year"])
    rows = [row for year in YEARS for row in (_published(table, year) if year <= 2008 else _derived(table, year))]
    columns = ["year", "state", "tonnes", "low", "high", "basis", "source", "confidence"]
    found = pd.DataFrame(rows, columns=columns).sort_values(["state", "year"], kind="stable")
    kg = found.pop("tonnes") * 1000
    low, high = (kg * found.pop(end) for end in ("low", "high"))
    for place, (name, amounts) in enumerate({"kg_low": low, "kg": kg, "kg_high": high}.items(), start=2):
        found.insert(place, name, amounts.round().astype(int))
    return found


def _derived(table: pd.DataFrame, year: int) -> list[tuple[object, ...]]:
    """Rows of a year from 2009 on: what the world total leaves after Colombia is split by area."""
    low, best, high, text = _total(table, year)
    colombia = table.loc[("COL", year)]
    tonnes, note = COMPARABLE_COLOMBIA.get(year, (float(colombia[TONNES]), "published"))
    weights = {
        s: float(table.loc[(s, year), "ha"]) * float(table.loc[(s, 2008), TONNES]) / float(table.loc[(s, 2008), "ha"])
        for s in ("PER", "BOL")
    }
    confidence = "medium" if year in COMPARABLE_COLOMBIA else colombia["confidence"]
    ends = low / best, high / best
    basis = f"world total ({text}) minus Colombia, split by area times the yield of 2008"
    derived = f"derived: {table.loc[('TOTAL', year), 'source']}; area: "
    shares = {state: weight / sum(weights.values()) for state, weight in weights.items()}
    return [(year, "COL", tonnes, *ends, note, colombia["source"], confidence)] + [
        (year, state, (best - tonnes) * share, *ends, basis, derived + table.loc[(state, year), "source"], "low")
        for state, share in shares.items()
    ]


def _total(table: pd.DataFrame, year: int) -> tuple[float, float, float, str]:
    """World total of a year: low, best, high, in words."""
    row = table.loc[("TOTAL", year)]
    low, best, high = (float(row[f"{TONNES}{end}"]) for end in ("_low", "", "_high"))
    if np.isnan(best):
        return low, (low + high) / 2, high, "midpoint of the published range"
    return best * (1 - SPREAD), best, best * (1 + SPREAD), "published"


def _published(table: pd.DataFrame, year: int) -> list[tuple[object, ...]]:
    """Rows of a year with tonnes for every state; before 2004 on the basis that was later revised."""
    rows = [(state, table.loc[(state, year)]) for state in ("COL", "PER", "BOL")]
    if year >= 2004:
        ends = 1 - SPREAD, 1 + SPREAD, "published"
        return [(year, state, float(row[TONNES]), *ends, row["source"], row["confidence"]) for state, row in rows]
    ends = 1 / REVISION, 1 + SPREAD, "published before the revision of 2005, times 942/687; low: as published"
    return [(year, state, float(row[TONNES]) * REVISION, *ends, row["source"], "medium") for state, row in rows]


def demand() -> pd.DataFrame:
    """Consumption at the reference price by market, kg pure: a smooth path through a few anchors."""
    shares = seed("demand_shares").groupby("area", sort=False)
    markets = [
        _path(anchor, row.market, row.share)
        for area, anchor in seed("demand_anchors").groupby("area", sort=False)
        for row in shares.get_group(area).itertuples()
    ]
    source = (
        "assumed path; anchors: flows.csv of the notes (UNODC, DEA, EMCDDA-Europol), SF52; shares of markets assumed"
    )
    return pd.concat(markets).assign(source=source, confidence="assumed")


def _path(anchor: pd.DataFrame, market: str, share: float) -> pd.DataFrame:
    """A market's share of an area's consumption, by year."""
    known = ("anchor: " + anchor.set_index("year")["basis"]).to_dict()
    words = f"; constant share {share:g} of {anchor['area'].iloc[0].replace('_', ' ')}"
    levels = {
        name: np.round(np.exp(PchipInterpolator(anchor["year"], np.log(anchor[column]))(np.array(YEARS))) * share)
        for name, column in {"kg_low": "low", "kg": "kg", "kg_high": "high"}.items()
    }
    basis = [known.get(year, "smooth path between anchors (monotone cubic in logs)") + words for year in YEARS]
    return pd.DataFrame({"year": YEARS, "market": market, **levels, "basis": basis}).astype(dict.fromkeys(levels, int))
