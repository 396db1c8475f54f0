"""Build trade.csv (licit volume by corridor and year) from trade_seed.csv and trade_growth.csv.

Run from the repository root::

    uv run python model/data/build/build_trade.py

No public table gives licit volumes for all these corridors. Every row is therefore assumed: an order of magnitude
for 2000 (trade_seed.csv) carried forward by a yearly growth profile in percent (trade_growth.csv). README.md says
which years of the profiles rest on published totals. Treat the table as an uncertainty and sweep it.
"""

import pandas as pd

from model.data.build.files import BUILD, DATA, YEARS, read, write

SIGNIFICANT_DIGITS = 3
SOURCE = "Own construction (build_trade.py): order of magnitude for 2000 times growth profile "
COLUMNS = ["corridor", "year", "mode", "licit_volume", "unit", "source", "confidence"]


def indices(growth: pd.DataFrame) -> pd.DataFrame:
    """Columns profile, year and factor: 1 in the first year, chained from yearly growth in percent."""
    factors = (1 + growth.set_index("year") / 100).reindex(YEARS, fill_value=1.0).cumprod()
    return factors.reset_index().melt("year", var_name="profile", value_name="factor")


def rounded(volume: float) -> int:
    """Volume to three significant digits: more would pretend a precision that is not there."""
    return int(float(f"{volume:.{SIGNIFICANT_DIGITS}g}"))


def main() -> None:
    """Read the seeds, check the corridors, write trade.csv."""
    seeds = read(BUILD / "trade_seed.csv")
    used, seeded = set(read(DATA / "legs.csv")["corridor"]), set(seeds["corridor"])
    if used != seeded:
        missing, unused = sorted(used - seeded), sorted(seeded - used)
        raise SystemExit(f"trade_seed.csv and legs.csv disagree on corridors: add {missing}, remove {unused}")
    table = seeds.merge(indices(read(BUILD / "trade_growth.csv")), on="profile", how="left", validate="m:m")
    table["licit_volume"] = (table["volume_2000"] * table["factor"]).map(rounded)
    table["mode"] = table["corridor"].str.rsplit("-", n=1).str[1]
    table["source"], table["confidence"] = SOURCE + table["profile"] + "; see build/README.md", "assumed"
    write(table[COLUMNS], "trade")


if __name__ == "__main__":
    main()
