"""Yearly series: cocaine output by producing state, demand by market, the exchange rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.interpolate import PchipInterpolator

SEED = Path(__file__).resolve().parent / "seed"
YEARS = range(2000, 2024)
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
    table = pd.read_csv(SEED / "exchange.csv")
    return table.assign(
        source="European Central Bank, yearly average of reference rates; recollected", confidence="medium"
    )


def supply(reference: pd.DataFrame) -> pd.DataFrame:
    """Output of Colombia, Peru and Bolivia on one basis, kg pure (amendment 3)."""
    table = reference.rename(columns={"coca_cultivation_hectares": "ha"}).set_index(["country", "year"])
    rows = [row for year in YEARS for row in _supply_of(table, year)]
    return pd.DataFrame(rows).sort_values(["state", "year"], kind="stable").reset_index(drop=True)


def _supply_of(table: pd.DataFrame, year: int) -> list[dict[str, object]]:
    """The three rows of a year."""
    if year <= 2008:
        return [_published(table, state, year) for state in ("COL", "PER", "BOL")]
    low, best, high, text = _total(table, year)
    tonnes, note = COMPARABLE_COLOMBIA.get(year, (float(table.loc[("COL", year), TONNES]), "published"))
    weights = {
        s: float(table.loc[(s, year), "ha"]) * float(table.loc[(s, 2008), TONNES]) / float(table.loc[(s, 2008), "ha"])
        for s in ("PER", "BOL")
    }
    rest = best - tonnes
    source = str(table.loc[("COL", year), "source"])
    confidence = "medium" if year in COMPARABLE_COLOMBIA else str(table.loc[("COL", year), "confidence"])
    rows = [_row(year, "COL", tonnes, low / best, high / best, note, source, confidence)]
    for state, weight in weights.items():
        share = weight / sum(weights.values())
        basis = f"world total ({text}) minus Colombia, split by area times the yield of 2008"
        source = f"derived: {table.loc[('TOTAL', year), 'source']}; area: {table.loc[(state, year), 'source']}"
        rows.append(_row(year, state, rest * share, low / best, high / best, basis, source, "low"))
    return rows


def _total(table: pd.DataFrame, year: int) -> tuple[float, float, float, str]:
    """World total of a year: low, best, high, in words."""
    row = table.loc[("TOTAL", year)]
    low, best, high = (float(row[f"{TONNES}{end}"]) for end in ("_low", "", "_high"))
    if np.isnan(best):
        return low, (low + high) / 2, high, "midpoint of the published range"
    return best * (1 - SPREAD), best, best * (1 + SPREAD), "published"


def _published(table: pd.DataFrame, state: str, year: int) -> dict[str, object]:
    """Row of a year with tonnes for every state; before 2004 on the basis that was later revised."""
    row = table.loc[(state, year)]
    tonnes, source, confidence = float(row[TONNES]), str(row["source"]), str(row["confidence"])
    if year >= 2004:
        return _row(year, state, tonnes, 1 - SPREAD, 1 + SPREAD, "published", source, confidence)
    basis = "published before the revision of 2005, times 942/687; low: as published"
    return _row(year, state, tonnes * REVISION, 1 / REVISION, 1 + SPREAD, basis, source, "medium")


def _row(
    year: int, state: str, tonnes: float, low: float, high: float, basis: str, source: str, confidence: str
) -> dict[str, object]:
    kg = tonnes * 1000
    return {
        "year": year,
        "state": state,
        "kg_low": round(kg * low),
        "kg": round(kg),
        "kg_high": round(kg * high),
        "basis": basis,
        "source": source,
        "confidence": confidence,
    }


def demand() -> pd.DataFrame:
    """Consumption at the reference price by market, kg pure: a smooth path through a few anchors."""
    anchors, shares = pd.read_csv(SEED / "demand_anchors.csv"), pd.read_csv(SEED / "demand_shares.csv")
    markets = []
    for area, anchor in anchors.groupby("area", sort=False):
        for share in shares[shares["area"] == area].itertuples():
            market = _path(anchor, share.share)
            market.insert(1, "market", share.market)
            market["basis"] += f"; constant share {share.share:g} of {str(area).replace('_', ' ')}"
            markets.append(market)
    source = (
        "assumed path; anchors: flows.csv of the notes (UNODC, DEA, EMCDDA-Europol), SF52; shares of markets assumed"
    )
    return pd.concat(markets).assign(source=source, confidence="assumed")


def _path(anchor: pd.DataFrame, share: float) -> pd.DataFrame:
    """A market's share of an area's consumption, by year."""
    path = {"year": np.array(YEARS)}
    for name, column in {"kg_low": "low", "kg": "kg", "kg_high": "high"}.items():
        level = np.exp(PchipInterpolator(anchor["year"], np.log(anchor[column]))(path["year"]))
        path[name] = np.array([round(float(kg) * share) for kg in level])
    known = ("anchor: " + anchor.set_index("year")["basis"]).to_dict()
    basis = [known.get(year, "smooth path between anchors (monotone cubic in logs)") for year in YEARS]
    return pd.DataFrame({**path, "basis": basis})
