"""Prices along the chain, put into euro per pure kilogram."""

from typing import Any

import numpy as np
import pandas as pd

from model.data.build.files import YEARS, seed

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
