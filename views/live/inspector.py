"""What is said of a place, lane, state, platform or patrol that was clicked: its numbers now and its recent years."""

from __future__ import annotations

from typing import Any, Final

from model import RouteModel, calendar
from model.columns import Array
from model.errors import InputError
from model.kinds import MODES
from model.record import Yearly
from views import theme

__all__ = ["KINDS", "inspect"]

KINDS: Final = ("place", "leg", "state", "platform", "asset")


def inspect(model: RouteModel, kind: str, row: int) -> dict[str, Any]:
    """Title, facts (name, value) and yearly histories (name, unit, years, values) of what was clicked.

    Raises
    ------
    InputError
        If there is no such thing.
    """
    world = model.world
    names = {"place": world.places, "leg": world.legs, "state": world.states, "platform": world.platforms,
             "asset": world.assets}  # fmt: skip
    if kind not in names or not 0 <= row < len(names[kind]):
        raise InputError("there is no such thing on the map", field=kind, value=row, allowed=", ".join(KINDS),
                         remedy="click on the map")  # fmt: skip
    made: dict[str, Any] = {"what": kind, "row": row, **_SAYERS[kind](model, row)}
    return made


def _series(model: RouteModel, table: Array, row: int, columns: tuple[tuple[int, str, str, float], ...]) -> list[Any]:
    years = model.years
    part = table[[year - calendar.FIRST_YEAR for year in years], row] if years else table[:0, row]
    return [{"name": name, "unit": unit, "years": years, "values": [round(float(v) * scale, 3) for v in part[:, c]]}
            for c, name, unit, scale in columns]  # fmt: skip


_FLOWS: Final = (
    (Yearly.MOVED_KG, "Set out", "t pure", 1e-3),
    (Yearly.SEIZED_KG, "Seized", "t pure", 1e-3),
    (Yearly.SEIZURES, "Cases", "cases", 1.0),
)
_TAKEN: Final = ((Yearly.SEIZED_KG, "Seized", "t pure", 1e-3), (Yearly.SEIZURES, "Cases", "cases", 1.0))


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _name(model: RouteModel, place: int) -> str:
    return str(model.world.graph.nodes[model.world.places[place]]["name"])


def _place(model: RouteModel, row: int) -> dict[str, Any]:
    places = model.state.places
    data = model.world.graph.nodes[model.world.places[row]]
    facts = [("Arrivals, last 52 weeks", f"{theme.number(float(places.mass_kg[row]) / 1000)} t pure"),
             ("Value of a kg here", f"{theme.number(float(places.value_eur_per_kg[row]))} EUR")]  # fmt: skip
    if places.coastal_radar[row] > 0:
        facts.append(("Coast under radar", _percent(float(places.coastal_radar[row]))))
    if places.bribed_share[row] > 0:
        facts.append(("Controls bought off", _percent(float(places.bribed_share[row]))))
    return {"title": str(data["name"]), "sub": str(data["kind"]).replace("_", " "), "facts": facts,
            "history": _series(model, model.buffers.by_place, row, _TAKEN)}  # fmt: skip


def _leg(model: RouteModel, row: int) -> dict[str, Any]:
    legs, arrays = model.state.legs, model.world.arrays
    ends = [_name(model, int(side[row])) for side in (arrays.leg_origin, arrays.leg_destination)]
    facts = [("Set out, last 52 weeks", f"{theme.number(float(legs.set_out_kg[row]) / 1000)} t pure"),
             ("Loss that all believe in", _percent(float(legs.public_loss[row]))),
             ("Known beforehand", _percent(float(legs.know[row].max()))),
             ("Way", f"{float(arrays.leg_days[row]):.1f} days")]  # fmt: skip
    return {"title": f"{ends[0]} to {ends[1]}", "sub": theme.MODES[MODES[int(arrays.leg_mode[row])]][0], "facts": facts,
            "history": _series(model, model.buffers.by_leg, row, _FLOWS)}  # fmt: skip


def _state(model: RouteModel, row: int) -> dict[str, Any]:
    states = model.state.states
    table = model.world.tables.states.set_index("state").loc[model.world.states[row]]
    member = [name for name, level in zip(model.world.platforms, states.sharing[row], strict=True) if level > 0.0]
    facts = [("Corruption", _percent(float(states.kappa[row]))),
             ("Ability of its services", _percent(float(states.ability[row].mean()))),
             ("Controls, times 2005", f"{float(states.effort[row]):.2f}"),
             ("Shares with", ", ".join(member) or "nobody")]  # fmt: skip
    return {"title": str(table["name"]), "sub": str(table["role"]).replace("_", " "), "facts": facts,
            "history": _series(model, model.buffers.by_state, row, _TAKEN)}  # fmt: skip


def _platform(model: RouteModel, row: int) -> dict[str, Any]:
    platforms, states = model.state.platforms, model.state.states
    table = model.world.tables.platforms.set_index("platform").loc[model.world.platforms[row]]
    members = [name for name, level in zip(model.world.states, states.sharing[:, row], strict=True) if level > 0.0]
    works = bool(platforms.active[row] > 0.5)
    facts = [("Works", "yes" if works else "no"), ("Members that share", ", ".join(members) or "none"),
             ("Cues at sea so far", f"{float(platforms.cues[row]):,.0f}"),
             ("Cues acted on", f"{float(platforms.acted[row]):,.0f}"),
             ("Credited, all years", f"{theme.number(float(platforms.seized_kg[row]) / 1000)} t pure")]  # fmt: skip
    return {"title": str(table["name"]), "sub": f"since {str(table['since'])[:10]}", "facts": facts,
            "history": _series(model, model.buffers.by_platform, row, _TAKEN)}  # fmt: skip


def _asset(model: RouteModel, row: int) -> dict[str, Any]:
    assets, world = model.state.assets, model.world
    table = world.tables.assets.set_index("asset").loc[world.assets[row]]
    lent = int(assets.lent_to[row])
    doing = "in port" if assets.area[row] < 0 else "on patrol"
    facts = [("Now", f"{doing}, {_name(model, int(assets.place[row]))}"),
             ("Lent to", world.platforms[lent] if lent >= 0 else "nobody"),
             ("Share of time out", _percent(float(assets.availability[row]))),
             ("Cases so far", f"{float(assets.cases[row]):,.0f}")]  # fmt: skip
    return {"title": str(table["name"]), "sub": f"synthetic, {table['owner']}", "facts": facts, "history": []}


_SAYERS: Final = {"place": _place, "leg": _leg, "state": _state, "platform": _platform, "asset": _asset}
