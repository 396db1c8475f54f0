"""What never changes on the page: coasts, lanes, places, names, levers, events, published points; sent once.

And what its levers stand at in a world: values in force in the week that comes next.
"""

import math
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.analysis.costs import dose_at
from experiments.calibration.posterior import REFERENCE
from model import RouteModel, Scenario, calendar
from model.parameter_fields import parameter_rows
from model.parameters import Parameters
from model.scenario.inputs import lay_out
from model.world import World
from views import theme
from views.live.settings import LIMITS
from views.live.snapshot import CORRIDORS, MONEY, SERIES, whole_numbers
from views.maps import atlas, flowmap
from views.reports import observed

SCALE: Final = 10_000
"""Map units of the page to the unit of the projection."""
AREA_RADIUS: Final = 0.085
"""Drawn radius of a patrol area on the map, projection units: 540 km, the order of a search sector."""
NEAR: Final = 0.5
"""How far outside the window coasts are drawn, projection units: the page can be moved."""

GROUPS: Final = (
    ("Cooperation", ("parameter:sharing_scale.sharing_scale",)),
    ("Ships and aircraft", ("asset:*.availability", "measure:patrol-assets.dose")),
    (
        "Corruption and money",
        (
            "measure:anti-corruption.dose",
            "measure:confiscation.dose",
            "measure:financial-investigation.dose",
            "measure:anti-laundering.dose",
        ),
    ),
    ("Supply and demand", ("parameter:supply_scale.supply_scale", "measure:demand-reduction.dose")),
)
"""Levers that stand first, by heading; platforms and all other measures follow."""
NAMES: Final = {
    "parameter:sharing_scale.sharing_scale": ("Cooperation level", "times what members share by the tables"),
    "asset:*.availability": ("Days at sea and in the air", "times those of the tables, all states"),
    "parameter:supply_scale.supply_scale": ("Andean output", "times that of the tables"),
}


SHORT: Final = {
    "maoc-n": "MAOC-N",
    "eurosur": "EUROSUR",
    "jiatf-south": "JIATF-South",
    "ceclad-m": "CeCLAD-M",
    "seacop": "SEACOP",
    "aircop": "AIRCOP",
    "ccp": "CCP",
    "waci": "WACI",
    "dakar": "Dakar",
    "accra": "Accra",
    "eu-exchange": "EU exchange",
}
"""Names of platforms on the map."""


def _on_page(points: Any) -> list[int]:
    return whole_numbers(SCALE * np.ravel(points))


def _line(points: Any) -> list[int]:
    """A line of the map, thinned, in units of the page, flat."""
    return _on_page(atlas.thin(points, 0.0012))


def _land() -> list[dict[str, Any]]:
    """Countries with their rings as flat whole numbers, those that the window shows."""
    found = []
    for iso, country in atlas.countries().items():
        lines = (np.column_stack(atlas.project(*np.array(ring, dtype=float).T)) for ring in country["rings"])
        if rings := [_line(line) for line in lines if _is_shown(line)]:
            found.append({"iso": iso, "name": country["name"], "rings": rings})
    return found


def _is_shown(line: Any) -> bool:
    window = np.array(atlas.WINDOW)
    return bool((line.max(axis=0) > window[:, 0] - NEAR).all() and (line.min(axis=0) < window[:, 1] + NEAR).all())


def _rows(table: pd.DataFrame, key: str, names: tuple[str, ...]) -> pd.DataFrame:
    return table.set_index(key, drop=False).loc[list(names)]


def _places(world: World) -> list[dict[str, Any]]:
    table = _rows(world.tables.places, "place", world.places)
    x, y = (np.rint(SCALE * axis).astype(int).tolist() for axis in atlas.project(table["lon"], table["lat"]))
    rank = {slug: place for place, slug in enumerate(atlas.LABELS)}
    return [
        {
            "id": row["place"],
            "name": row["name"],
            "label": atlas.LABELS.get(row["place"], ""),
            "rank": rank.get(row["place"], 99),
            "x": px,
            "y": py,
            "kind": row["kind"],
            "state": row["state"] if isinstance(row["state"], str) else "",
            "group": theme.region_groups()[row["region"]],
        }
        for row, px, py in zip(table.to_dict("records"), x, y, strict=True)
    ]


def _legs(world: World) -> list[dict[str, Any]]:
    lanes, table = atlas.lanes(world.tables.lanes), _rows(world.tables.legs, "leg", world.legs)
    kinds = flowmap.categorise(world.tables.legs, world.tables.places)
    row_of = {slug: row for row, slug in enumerate(world.places)}
    return [
        {
            "from": row_of[row["origin"]],
            "to": row_of[row["destination"]],
            "mode": str(row["mode"]),
            "kind": kinds[row["leg"]],
            "line": _line(lanes[row["leg"]]) if row["leg"] in lanes else [],
        }
        for row in table.to_dict("records")
    ]


def _platforms(world: World) -> list[dict[str, Any]]:
    row_of = {slug: row for row, slug in enumerate(world.places)}
    return [
        {
            "id": row["platform"],
            "name": str(row["name"]),
            "short": SHORT.get(row["platform"], row["platform"]),
            "since": str(row["since"])[:10],
            "sharing": float(row["sharing_default"]),
            "areas": [row_of[a] for a in str(row["sea_areas"] or "").split(";") if a in row_of],
        }
        for row in _rows(world.tables.platforms, "platform", world.platforms).to_dict("records")
    ]


def _assets(world: World) -> list[dict[str, str]]:
    return [
        {"name": str(row["name"]), "owner": str(row["owner"]), "kind": str(row["kind"]).replace("_", " ")}
        for row in _rows(world.tables.assets, "asset", world.assets).to_dict("records")
    ]


def _levers(world: World) -> list[dict[str, Any]]:
    """Levers by heading: the few that matter most, platforms, all measures."""
    levers = {
        **{key: _plain_lever(key, *words) for key, words in NAMES.items()},
        **{
            f"measure:{row['measure']}.dose": _lever(
                f"measure:{row['measure']}.dose",
                str(row["name"]),
                f"dose: {row['dose_unit']}; {row['evidence']}",
                row["history_dose"],
            )
            for row in world.tables.measures.to_dict("records")
        },
    }
    shares = world.tables.platforms.set_index("platform")["sharing_default"]
    told = "share of their leads that members give"
    platforms = [_lever(f"platform:{name}.sharing", name, told, shares[name]) for name in world.platforms]
    return [
        *({"title": title, "levers": [levers.pop(key) for key in keys]} for title, keys in GROUPS),
        {"title": "Platforms", "switch": True, "levers": platforms},
        {"title": "All other measures, by dose", "levers": list(levers.values())},
    ]


def _plain_lever(key: str, name: str, told: str) -> dict[str, Any]:
    """The lever of a parameter within its bounds, at most 3 times what is usual, or that of all ships and aircraft."""
    row = parameter_rows(Parameters).get(key.rpartition(".")[2])
    low, high = (float(row.low or 0.0), min(float(row.high or 2.0), 3.0)) if row else (0.0, 1.0)
    return _lever(key, name, told, 1.0, low, high)


def _lever(key: str, name: str, told: str, start: float, low: float = 0.0, high: float = 1.0) -> dict[str, Any]:
    """What the page is sent of a lever; `key` is its target and field."""
    target, _, field = key.rpartition(".")
    return {
        "target": target,
        "field": field,
        "name": name,
        "help": told,
        "low": low,
        "high": high,
        "step": 0.05,
        "start": float(start),
    }


def events_of(scenario: Scenario) -> list[dict[str, str]]:
    """Dated events of a scenario for the timeline."""
    return [
        {"date": event.date.isoformat(), "name": event.id.replace("-", " "), "what": str(event)}
        for event in scenario.events
    ]


def _history(world: World) -> list[dict[str, str]]:
    """Founding dates and treaties of the institutions, for the timeline."""
    table = world.tables.timeline
    return [
        {"date": str(row["date"])[:10], "name": str(row["institution"]), "what": str(row["event"])}
        for row in table[pd.to_datetime(table["date"]).between("2000-01-03", "2023-12-31")].to_dict("records")
    ]


def _points(world: World, key: str) -> list[list[float]]:
    """Published yearly values of a series: [year, value] in the unit of its chart."""
    rows = observed.published(world.tables, key).dropna(subset="value")
    return [[int(year), float(value)] for year, value in zip(rows["year"], rows["value"], strict=True)]


def _bands() -> dict[str, list[list[float]]]:
    """What 90% of the fitted sets say of history: series -> [year, low, high]; empty where no validation is kept."""
    path = REFERENCE / "validation" / "series.csv"
    if not path.exists():
        return {}
    table = pd.read_csv(path).set_index(["quantile", "year"])
    low, high = table.loc[0.05], table.loc[0.95]
    return {
        name: [[int(year), low[name][year], high[name][year]] for year in low.index]
        for name in ("seized_eu_bulk_kg", "price_europe_eur_per_kg")
    }


def values_of(model: RouteModel) -> dict[str, float | None]:
    """Value in force of every lever, by ``target.field``; None for one that has nothing to act on yet.

    Sharing is the mean over the members of a platform; measures that no scenario gives a dose stand at that of history.
    """
    policy, world, day = model.policy, model.world, model.date
    _, inputs = lay_out(world, policy)
    epoch = int(inputs.epoch_of_week[min(model.week, model.last_week)])
    parameters = policy.parameters_at(day)
    found: dict[str, float | None] = {
        key: float(getattr(parameters, key.rpartition(".")[2])) for key in NAMES if key.startswith("parameter:")
    }
    change = ("asset", "*", "availability", "multiply")
    fleet = [e.amount for e in policy.in_force(day) if (e.kind, e.name, e.field, e.operation) == change]
    found["asset:*.availability"] = math.prod(fleet, start=1.0)
    for measure, usual in world.tables.measures[["measure", "history_dose"]].to_numpy():
        dose = dose_at(policy, str(measure), day)
        found[f"measure:{measure}.dose"] = float(usual if dose is None else dose)
    for place, name in enumerate(world.platforms):
        sharing = inputs.dated.states_pledge[epoch][inputs.membership_active[epoch][:, place] > 0.0, place]
        found[f"platform:{name}.sharing"] = float(sharing.mean()) if len(sharing) else None
        found[f"platform:{name}.active"] = float(inputs.dated.platforms_active[epoch, place]) if len(sharing) else None
    return found


@lru_cache(maxsize=2)
def static(world: World) -> dict[str, Any]:
    """Everything that the page needs once; shared by all sessions, so it is not to be changed."""
    return {
        "scale": SCALE,
        "window": [list(axis) for axis in atlas.WINDOW],
        "area_radius": round(SCALE * AREA_RADIUS),
        "land": _land(),
        "graticule": [_on_page(line[::4]) for line in atlas.graticule()],
        "places": _places(world),
        "legs": _legs(world),
        "platforms": _platforms(world),
        "assets": _assets(world),
        "states": [
            {"iso": row["state"], "name": str(row["name"])}
            for row in _rows(world.tables.states, "state", world.states).to_dict("records")
        ],
        "series": [*SERIES, *MONEY],
        "corridors": list(CORRIDORS),
        "levers": _levers(world),
        "history": _history(world),
        "points": {key: _points(world, key) for key in observed.SERIES if key != "west_africa_share"},
        "bands": _bands(),
        "limits": {k: list(v) for k, v in LIMITS.items()},
        "epoch": calendar.EPOCH.isoformat(),
        "last_week": calendar.first_week(calendar.LAST_YEAR + 1) - 1,
        "bins": list(flowmap.BINS),
        "widths": list(flowmap.WIDTHS),
    }
