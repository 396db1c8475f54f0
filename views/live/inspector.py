"""What is said of a place, lane, state, platform or patrol that was clicked: its numbers now and its recent years."""

from collections.abc import Callable
from itertools import compress
from typing import Any, Final, NamedTuple

from model import RouteModel, calendar
from model.kinds import MODES
from model.record import Yearly
from views import theme
from views.cli.options import refuse


class Found(NamedTuple):
    """What was clicked: title, subtitle, facts by name, and the columns of its yearly table that are drawn."""

    title: str
    sub: str
    facts: dict[str, str]
    history: tuple[tuple[int, str, str, float], ...] = (
        (Yearly.SEIZED_KG, "Seized", "t pure", 1e-3),
        (Yearly.SEIZURES, "Cases", "cases", 1.0),
    )


def inspect(model: RouteModel, kind: str, row: int) -> dict[str, Any]:
    """Title, facts (name, value) and yearly histories (name, unit, years, values) of what was clicked.

    Raises
    ------
    InputError
        If there is no such thing.
    """
    if kind not in KINDS or not 0 <= row < len(getattr(model.world, f"{kind}s")):
        refuse("there is no such thing on the map", kind, row, ", ".join(KINDS), "click on the map")
    found, years = KINDS[kind](model, row), model.years
    table = getattr(model.buffers, f"by_{kind}", model.buffers.by_state)[[y - calendar.FIRST_YEAR for y in years], row]
    history = [
        {"name": name, "unit": unit, "years": years, "values": (table[:, column] * scale).round(3).tolist()}
        for column, name, unit, scale in found.history
    ]
    return {"what": kind, "row": row, **found._asdict(), "facts": list(found.facts.items()), "history": history}


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _tonnes(kg: float) -> str:
    return f"{theme.number(float(kg) / 1000)} t pure"


def _row(model: RouteModel, kind: str, row: int) -> Any:
    return getattr(model.world.tables, f"{kind}s").set_index(kind).loc[getattr(model.world, f"{kind}s")[row]]


def _place(model: RouteModel, row: int) -> Found:
    places, data = model.state.places, _row(model, "place", row)
    shares = {"Coast under radar": places.coastal_radar[row], "Controls bought off": places.bribed_share[row]}
    facts = {
        "Arrivals, last 52 weeks": _tonnes(places.mass_kg[row]),
        "Value of a kg here": f"{theme.number(float(places.value_eur_per_kg[row]))} EUR",
        **{name: _percent(share) for name, share in shares.items() if share > 0},
    }
    return Found(str(data["name"]), str(data["kind"]).replace("_", " "), facts)


def _leg(model: RouteModel, row: int) -> Found:
    legs, arrays = model.state.legs, model.world.arrays
    start, end = (_row(model, "place", side[row])["name"] for side in (arrays.leg_origin, arrays.leg_destination))
    facts = {
        "Set out, last 52 weeks": _tonnes(legs.set_out_kg[row]),
        "Loss that all believe in": _percent(legs.public_loss[row]),
        "Known beforehand": _percent(legs.know[row].max()),
        "Way": f"{float(arrays.leg_days[row]):.1f} days",
    }
    return Found(
        f"{start} to {end}",
        theme.MODES[MODES[int(arrays.leg_mode[row])]][0],
        facts,
        ((Yearly.MOVED_KG, "Set out", "t pure", 1e-3), *Found._field_defaults["history"]),
    )


def _state(model: RouteModel, row: int) -> Found:
    states, table = model.state.states, _row(model, "state", row)
    facts = {
        "Corruption": _percent(states.kappa[row]),
        "Ability of its services": _percent(states.ability[row].mean()),
        "Controls, times 2005": f"{float(states.effort[row]):.2f}",
        "Shares with": ", ".join(compress(model.world.platforms, states.sharing[row] > 0.0)) or "nobody",
    }
    return Found(str(table["name"]), str(table["role"]).replace("_", " "), facts)


def _platform(model: RouteModel, row: int) -> Found:
    platforms, table = model.state.platforms, _row(model, "platform", row)
    facts = {
        "Works": "yes" if platforms.active[row] > 0.5 else "no",
        "Members that share": ", ".join(compress(model.world.states, model.state.states.sharing[:, row] > 0.0))
        or "none",
        "Cues at sea so far": f"{float(platforms.cues[row]):,.0f}",
        "Cues acted on": f"{float(platforms.acted[row]):,.0f}",
        "Credited, all years": _tonnes(platforms.seized_kg[row]),
    }
    return Found(str(table["name"]), f"since {str(table['since'])[:10]}", facts)


def _asset(model: RouteModel, row: int) -> Found:
    assets, table = model.state.assets, _row(model, "asset", row)
    lent = int(assets.lent_to[row])
    place = _row(model, "place", assets.place[row])["name"]
    facts = {
        "Now": f"{'in port' if assets.area[row] < 0 else 'on patrol'}, {place}",
        "Lent to": model.world.platforms[lent] if lent >= 0 else "nobody",
        "Share of time out": _percent(assets.availability[row]),
        "Cases so far": f"{float(assets.cases[row]):,.0f}",
    }
    return Found(str(table["name"]), f"synthetic, {table['owner']}", facts, ())


KINDS: Final[dict[str, Callable[[RouteModel, int], Found]]] = {
    "place": _place,
    "leg": _leg,
    "state": _state,
    "platform": _platform,
    "asset": _asset,
}
"""What can be clicked; the world's lists and tables have these names in the plural."""
