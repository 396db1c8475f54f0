"""Build trade.csv (licit volume by corridor and year) from trade_seed.csv and trade_growth.csv.

Run from the repository root::

    uv run python model/data/build/build_trade.py

No public table gives licit volumes for all these corridors. Every row is therefore assumed: an order of magnitude
for 2000 (trade_seed.csv) carried forward by a yearly growth profile in percent (trade_growth.csv). README.md says
which years of the profiles rest on published totals. Treat the table as an uncertainty and sweep it.
"""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).resolve().parents[1]
FIRST_YEAR = 2000
SIGNIFICANT_DIGITS = 3
SOURCE = (
    "Own construction (build_trade.py): order of magnitude for 2000 times growth profile {profile}; see build/README.md"
)


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file as dictionaries."""
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def indices(rows: list[dict[str, str]]) -> dict[str, dict[int, float]]:
    """Index by profile and year, 1 in FIRST_YEAR, chained from yearly growth in percent."""
    profiles = [name for name in rows[0] if name != "year"]
    found = {name: {FIRST_YEAR: 1.0} for name in profiles}
    for row in rows:
        year = int(row["year"])
        for name in profiles:
            found[name][year] = found[name][year - 1] * (1 + float(row[name]) / 100)
    return found


def rounded(volume: float) -> int:
    """Volume to three significant digits: more would pretend a precision that is not there."""
    return int(float(f"{volume:.{SIGNIFICANT_DIGITS}g}"))


def check_corridors(seeded: set[str]) -> None:
    """Stop when the corridors of legs.csv and of the seed differ."""
    used = {row["corridor"] for row in read(DATA / "legs.csv")}
    if used != seeded:
        missing, unused = sorted(used - seeded), sorted(seeded - used)
        message = f"trade_seed.csv and legs.csv disagree on corridors: add {missing}, remove {unused}"
        raise SystemExit(message)


def main() -> None:
    """Read the seeds, check the corridors, write trade.csv."""
    index = indices(read(DATA / "build" / "trade_growth.csv"))
    seeds = read(DATA / "build" / "trade_seed.csv")
    check_corridors({seed["corridor"] for seed in seeds})
    with (DATA / "trade.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["corridor", "year", "mode", "licit_volume", "unit", "source", "confidence"])
        for seed in seeds:
            corridor, profile = seed["corridor"], seed["profile"]
            mode, source = corridor.rsplit("-", 1)[1], SOURCE.format(profile=profile)
            for year, factor in index[profile].items():
                volume = rounded(float(seed["volume_2000"]) * factor)
                writer.writerow([corridor, year, mode, volume, seed["unit"], source, "assumed"])


if __name__ == "__main__":
    main()
