"""List what the tables lack for a country, row by row: ``uv run python -m model.data.build.check_country SUR``.

The check reads the seeds and the tables as they stand, also where the model would refuse them. A row that the model
needs is ``missing``; one without which the country plays a smaller part is ``optional``.
"""

import argparse
import json
from collections.abc import Iterator

from model.data.build.files import BUILD, DATA, YEARS, read, seed

FOLDER = "python model/data/build"
INSTITUTIONS = f"uv run {FOLDER}/build_institutions.py"
LANES = f"uv run --with searoute {FOLDER}/build_lanes.py"
TRADE = f"uv run {FOLDER}/build_trade.py"
SEED_OF_LEGS = "build/legs_seed.csv"


def missing_rows(code: str) -> Iterator[str]:
    """What is missing for a country of an ISO 3166 alpha-3 code, each with its table and the remedy."""
    seeds, states, places = seed("states"), read(DATA / "states.csv"), read(DATA / "places.csv")
    if code not in set(seeds["state"]):
        yield f"missing: build/seed/states.csv, row {code}: {', '.join(seeds.columns[1:])}"
    if code not in set(states["state"]):
        yield f"missing: states.csv, row {code}: {INSTITUTIONS}"
    known = set(read(DATA / "regions.csv").query("kind == 'region'")["region"])
    for table, name in ((seeds, "build/seed/states.csv"), (states, "states.csv"), (places, "places.csv")):
        for region in set(table.loc[table["state"] == code, "region"]) - known:
            yield f"missing: regions.csv, row {region}, which {name} names: add it with kind region"
    held = set(read(DATA / "governance.csv").query("state == @code")["year"])
    if gap := [str(year) for year in YEARS if year not in held]:
        years = f"{gap[0]} to {gap[-1]}" if len(gap) == len(YEARS) else ", ".join(gap)
        yield f"missing: governance.csv, rows {code} {years}: {INSTITUTIONS}, with a line in its PROXIES"
    own = places.loc[places["state"] == code, "place"].tolist()
    for place in own:
        yield from missing_of_place(place)
    if not own:
        yield f"optional: places.csv, a row with state {code}: without it no route touches the country"
    yield from optional_rows(code)


def missing_of_place(place: str) -> Iterator[str]:
    """Legs of a place, and the licit trade of their corridors."""
    legs, seeds = read(DATA / "legs.csv"), read(BUILD / "legs_seed.csv")
    for end, words in {"destination": "no leg ends there", "origin": "no leg sets out there"}.items():
        if place not in set(seeds[end]):
            yield f"optional: {SEED_OF_LEGS}, a row with {end} {place}: {words}"
    own = legs[(legs["origin"] == place) | (legs["destination"] == place)]
    built = set(own["origin"] + own["destination"] + own["mode"])
    for row in seeds[(seeds["origin"] == place) | (seeds["destination"] == place)].to_dict("records"):
        if row["origin"] + row["destination"] + row["mode"] not in built:
            yield f"missing: legs.csv, row {row['origin']}-{row['destination']}-{row['mode']}: {LANES}"
    for corridor in sorted(set(own["corridor"]) - set(read(DATA / "trade.csv")["corridor"])):
        yield f"missing: trade.csv, corridor {corridor}: a row in build/trade_seed.csv, then {TRADE}"


def optional_rows(code: str) -> Iterator[str]:
    """Tables in which the country may stand."""
    part = {
        "memberships.csv": ("state", "it shares with no platform"),
        "assets.csv": ("owner", "it has no patrol ship or aircraft"),
        "treaties.csv": ("flag", "its flag is boarded by the consent_regime of states.csv alone"),
        "programmes.csv": ("state", "no programme builds its ability"),
        "observations.csv": ("area", "nothing published is compared with its seizures"),
    }
    for table, (column, without) in part.items():
        if code not in set(read(DATA / table)[column]):
            yield f"optional: {table}, a row with {column} {code}: {without}"
    if code not in json.loads((DATA / "outlines.json").read_text(encoding="utf-8"))["countries"]:
        yield f"optional: outlines.json, {code}: maps do not draw it; see build_outlines.py"


def main() -> None:
    """Print what is missing; the exit code is 1 where the model needs a row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("code", type=str.upper, help="ISO 3166 alpha-3 code, as SUR")
    found = [*missing_rows(parser.parse_args().code)]
    print("\n".join(found) or "nothing is missing")
    raise SystemExit(int(any(line.startswith("missing") for line in found)))


if __name__ == "__main__":
    main()
