"""Where the scripts that build tables read and write."""

from pathlib import Path

import pandas as pd

DATA = Path(__file__).resolve().parents[1]
BUILD = DATA / "build"
YEARS = range(2000, 2024)


def read(path: Path) -> pd.DataFrame:
    """A CSV file with empty cells as missing values, and nothing else."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def seed(name: str) -> pd.DataFrame:
    """A seed table."""
    return read(BUILD / "seed" / f"{name}.csv")


def write(frame: pd.DataFrame, name: str) -> None:
    """Write a table by way of a second file, so that no reader meets half of it."""
    path = DATA / f"{name}.csv"
    beside = path.with_suffix(".tmp")
    frame.to_csv(beside, index=False, lineterminator="\n")
    beside.replace(path)
    print(f"{name}.csv: {len(frame)} rows")
