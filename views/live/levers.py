"""What the levers of the page stand at in a world: values in force in the week that comes next."""

import numpy as np

from experiments.analysis.costs import dose_at
from model import RouteModel
from model.scenario.inputs import lay_out
from views.live.geometry import NAMES


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
    found["asset:*.availability"] = float(np.prod(fleet))
    for measure, usual in world.tables.measures[["measure", "history_dose"]].to_numpy():
        dose = dose_at(policy, str(measure), day)
        found[f"measure:{measure}.dose"] = float(usual if dose is None else dose)
    members = inputs.membership_active[epoch] > 0.0
    for place, name in enumerate(world.platforms):
        there = members[:, place]
        sharing = inputs.dated.states_pledge[epoch][there, place]
        found[f"platform:{name}.sharing"] = float(sharing.mean()) if len(sharing) else None
        found[f"platform:{name}.active"] = float(inputs.dated.platforms_active[epoch, place]) if len(sharing) else None
    return found
