from __future__ import annotations
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
import pandas as pd
NAMES=("places","legs","lanes","leg_sea_areas","modes","states","governance","platforms","memberships","assets","supply","demand","exchange","trade","prices","timeline","observations")
@dataclass(frozen=True)
class Tables:
    places: pd.DataFrame; legs: pd.DataFrame; lanes: pd.DataFrame; leg_sea_areas: pd.DataFrame; modes: pd.DataFrame
    states: pd.DataFrame; governance: pd.DataFrame; platforms: pd.DataFrame; memberships: pd.DataFrame; assets: pd.DataFrame
    supply: pd.DataFrame; demand: pd.DataFrame; exchange: pd.DataFrame; trade: pd.DataFrame; prices: pd.DataFrame; timeline: pd.DataFrame; observations: pd.DataFrame
@lru_cache
def load_tables(directory: Path | None = None) -> Tables:
    d = directory or Path(__file__).parent/"data"
    t={}
    for n in NAMES:
        p=d/f"{n}.csv"; alt=Path("/tmp/h10/standin_inst")/f"{n}.csv"
        f = pd.read_csv(p if p.exists() else alt, keep_default_na=False, na_values=[""])
        t[n]=f
    return Tables(**t)
