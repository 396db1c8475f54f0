"""What the levers of the page stand at in a world: values in force in the week that comes next."""

from __future__ import annotations

import numpy as np

from experiments.analysis.costs import dose_at
from model import RouteModel
from model.scenario.inputs import lay_out
from views.live.geometry import NAMES

__all__ = ["values_of"]


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
    fleet = [event.amount for event in policy.in_force(day) if (event.kind, event.name) == ("asset", "*")
             and (event.field, event.operation) == ("availability", "multiply")]  # fmt: skip
    found["asset:*.availability"] = float(np.prod(fleet)) if fleet else 1.0
    for row in world.tables.measures.to_dict("records"):
        dose = dose_at(policy, str(row["measure"]), day)
        found[f"measure:{row['measure']}.dose"] = float(row["history_dose"]) if dose is None else float(dose)
    members = inputs.membership_active[epoch] > 0.0
    for place, name in enumerate(world.platforms):
        there = members[:, place]
        sharing = inputs.dated.states_pledge[epoch][there, place]
        found[f"platform:{name}.sharing"] = float(sharing.mean()) if len(sharing) else None
        found[f"platform:{name}.active"] = float(inputs.dated.platforms_active[epoch, place]) if len(sharing) else None
    return found
