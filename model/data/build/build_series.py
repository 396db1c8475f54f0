"""Yearly series: cocaine output, demand, the exchange rate, and prices along the chain in euro per pure kilogram."""

from typing import Any

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
ASSUMED_PURITY = {"farmgate": 0.6, "base": 0.85, "source": 0.85, "wholesale": 0.7, "retail": 0.45}
"""Purity where the notes give none; `source` is wholesale in Latin America. Sweep 0.1 either way."""
PURITY_ERROR = 0.1
LATIN_AMERICA = {"COL", "PER", "ECU", "BRA", "CHL", "GUY", "MEX", "PAN", "TTO", "URY"}
EUROPE_STATES = ("BEL", "DEU", "ESP", "FRA", "GBR", "IRL", "ITA", "NLD", "PRT")
GROUPS = {
    "Algeria": "DZA",
    "Belgium": "BEL",
    "Brazil": "BRA",
    "Burkina Faso": "BFA",
    "Chile": "CHL",
    "Colombia": "COL",
    "Colombia to USA chain": "COL",
    "Côte d'Ivoire": "CIV",
    "Denmark": "DNK",
    "Ecuador": "ECU",
    "Europe": "europe",
    "European Union": "europe",
    "European Union (on arrival)": "europe",
    "France": "FRA",
    "Gambia": "GMB",
    "Germany": "DEU",
    "Guinea": "GIN",
    "Guinea-Bissau": "GNB",
    "Guyana": "GUY",
    "Ireland": "IRL",
    "Italy": "ITA",
    "Mexico": "MEX",
    "Morocco": "MAR",
    "Netherlands": "NLD",
    "Nigeria": "NGA",
    "Panama": "PAN",
    "Peru": "PER",
    "Portugal": "PRT",
    "Spain": "ESP",
    "Togo": "TGO",
    "Trinidad and Tobago": "TTO",
    "United Kingdom": "GBR",
    "United States": "USA",
    "Uruguay": "URY",
    "West Africa": "west_africa",
    "West Africa to Europe": "europe",
    "Western Europe": "europe",
    "Western Europe (population weighted)": "europe",
}
PARTLY = "partly purity adjusted in the source, taken as pure; high: none of it adjusted at purity 0.6"
GBP_EUR = {2010: 1.166, 2011: 1.152}
"""Euro for one pound, yearly average, recollected."""
FEWEST_STATES = 3
"""A European median needs prices of this many states in the year."""


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


# --- prices -----------------------------------------------------------------------------------------------------------


def prices(reference: pd.DataFrame) -> pd.DataFrame:
    """One row per published price of 2000-2023, and the median of states for Europe where enough report."""
    dollars = seed("exchange").set_index("year")["usd_per_eur"]
    table = reference[reference["year"].isin(YEARS)]
    frame = pd.DataFrame([_row(record, dollars) for record in table.to_dict("records")])
    keys = ["place_group", "level", "year", "basis"]
    return pd.concat([frame, _medians(frame)]).sort_values(keys, kind="stable")


def _purity(record: dict[str, Any], group: str) -> tuple[float, str]:
    """Purity as a share and what stands behind it."""
    text, level, unit = record["purity_percent"], str(record["level"]), str(record["unit"])
    if "pure" in unit or "purity_adjusted" in unit:
        return 1.0, "already per pure unit"
    if isinstance(text, str) and text:
        ends = [float(part) / 100 for part in text.split("-")]
        return round(float(np.mean(ends)), 3), f"purity {text}% published" + (", middle taken" if len(ends) > 1 else "")
    if group == "USA" and level == "retail":
        return 1.0, PARTLY
    key = "source" if level == "wholesale" and group in LATIN_AMERICA else level
    return ASSUMED_PURITY[key], f"purity {ASSUMED_PURITY[key]:g} assumed"


def _row(record: dict[str, Any], dollars: pd.Series) -> dict[str, Any]:
    """One published price in euro per pure kg."""
    year, group, unit = int(str(record["year"])), GROUPS[str(record["country"])], str(record["unit"])
    purity, words = _purity(record, group)
    rate, currency = (1.0, "EUR")
    if unit.startswith("USD"):
        rate, currency = 1 / float(dollars[year]), f"USD / {dollars[year]:g}"
    elif unit.startswith("GBP"):
        rate, currency = GBP_EUR[year], f"GBP x {GBP_EUR[year]:g}"
    grams = 1000.0 if "gram" in unit and "kg" not in unit else 1.0
    low, best, high = (float(record[c]) * rate * grams for c in ("price_low", "price", "price_high"))
    middle = best if not np.isnan(best) else (low + high) / 2
    error = 0.4 if words == PARTLY else 0.0 if purity == 1.0 else PURITY_ERROR
    published = str(record["confidence"])
    return {
        "year": year,
        "place_group": group,
        "level": record["level"],
        "eur_per_kg_pure": round(middle / purity),
        "purity": purity,
        "low": round((middle if np.isnan(low) else low) / min(1.0, purity + PURITY_ERROR)),
        "high": round((middle if np.isnan(high) else high) / (purity - error)),
        "basis": f"{currency}{' x 1000 g' if grams > 1 else ''} / purity; {words}"
        + ("; middle of the range" if np.isnan(best) else ""),
        "source": record["source"],
        # not high if the purity is assumed
        "confidence": "medium" if published == "high" and "assumed" in words else published,
        "note": "; ".join(str(record[c]) for c in ("product", "note") if isinstance(record[c], str)),
    }


def _medians(frame: pd.DataFrame) -> pd.DataFrame:
    """European wholesale price as the median of states, in years in which enough of them are known."""
    table = frame[(frame["level"] == "wholesale") & frame["place_group"].isin(EUROPE_STATES)]
    years = table.groupby("year")
    names = years["place_group"].agg(lambda groups: ", ".join(sorted(groups)))
    states = years["place_group"].nunique()
    medians = pd.DataFrame(
        {
            "place_group": "europe",
            "level": "wholesale",
            "eur_per_kg_pure": years["eur_per_kg_pure"].median().round().astype(int),
            "purity": ASSUMED_PURITY["wholesale"],
            "low": years["low"].min().round().astype(int),
            "high": years["high"].max().round().astype(int),
            "basis": "median of " + states.astype(str) + " states (" + names + "); from lowest to highest",
            "source": "derived: " + years["source"].first(),
            "confidence": "medium",
            "note": "States change from year to year",
        }
    )
    return medians[states >= FEWEST_STATES].reset_index()
