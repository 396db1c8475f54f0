"""One week: `SCHEDULE` is what runs, what `run.py schedule` prints, and what docs/odd.md tabulates.

`advance` runs any number of weeks in one compiled call and stops early only when a buffer has to grow.
"""

from collections.abc import Callable
from typing import NamedTuple

from model.context import Context, Inputs, ParameterValues, Record, State, WorldArrays
from model.kernel.by_reference import by_reference
from model.kernel.compiled import compiled, in_order, rule
from model.kinds import Counter, Status
from model.opening import open_run
from model.record import record_week
from model.state import CONTACTS_AT_MOST
from model.submodels.allocation import plan_cover
from model.submodels.arrival import arrive
from model.submodels.beliefs import fade_public, weigh_public
from model.submodels.dispatch import rows_needed, send_from_home, send_from_stock
from model.submodels.events import take_inputs
from model.submodels.finance import launder
from model.submodels.inspection import inspect, search_stores
from model.submodels.leads import draw_leads
from model.submodels.market import arbitrage, clear
from model.submodels.movement import set_out, sweep
from model.submodels.organisations import enter_and_exit, seek_routes
from model.submodels.other_markets import fade_on_the_way, send_elsewhere
from model.submodels.sensors import detect, false_contacts, prepare_sensors
from model.submodels.states import begin_month, fade_flows, review
from model.submodels.supply import buy, produce
from model.submodels.tasking import patrol, respond


class Step(NamedTuple):
    """One step of the week: the submodel it belongs to and the rule that runs."""

    submodel: str
    rule: Callable[[Context], None]

    @property
    def name(self) -> str:
        """Name of the rule."""
        return str(self.rule.__name__)

    @property
    def does(self) -> str:
        """What the rule does: the first sentence of its documentation."""
        return (self.rule.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip()


SCHEDULE = (
    Step("inputs", take_inputs),
    Step("beliefs", weigh_public),
    Step("countries", begin_month),
    Step("countries", review),
    Step("patrols", plan_cover),
    Step("supply", produce),
    Step("other markets", send_elsewhere),
    Step("supply", buy),
    Step("routes", seek_routes),
    Step("dispatch", send_from_home),
    Step("dispatch", send_from_stock),
    Step("movement", set_out),
    Step("patrols", patrol),
    Step("leads", draw_leads),
    Step("sensors", prepare_sensors),
    Step("sensors", detect),
    Step("sensors", false_contacts),
    Step("tasking and boarding", respond),
    Step("inspection", inspect),
    Step("inspection", search_stores),
    Step("arrival", arrive),
    Step("arrival", sweep),
    Step("markets", clear),
    Step("markets", arbitrage),
    Step("finance", launder),
    Step("organisations", enter_and_exit),
    Step("memory", fade_public),
    Step("memory", fade_flows),
    Step("memory", fade_on_the_way),
    Step("record", record_week),
)
"""The week in order, as it is run."""

one_week = in_order(*(step.rule for step in SCHEDULE))


@rule
def short_of_rows(ctx: Context) -> bool:
    """Whether a buffer might overflow in the coming week."""
    world, state, record = ctx.world, ctx.state, ctx.record
    state.counts[Counter.ROWS_NEEDED] = rows_needed(ctx)
    live = state.counts[Counter.LIVE] + state.counts[Counter.ROWS_NEEDED]
    if live > state.consignments.alive.shape[0] or live + CONTACTS_AT_MOST > state.cues.day.shape[0]:
        return True
    events = events_at_most(live, world.origins, world.state_waypoint.shape[0])
    return record.keep_seizures[0] == 1 and state.counts[Counter.EVENTS] + events > record.seizures.shape[0]


@compiled
def events_at_most(live: int, origins: int, states: int) -> int:
    """Rows of seizures that a week can add: three for a load under way, one for an origin, one for a country."""
    return 3 * live + origins + states


@compiled
def advance(
    world: WorldArrays,
    inputs: Inputs,
    state: State,
    record: Record,
    parameters: ParameterValues,
    seed: int,
    week: int,
    weeks: int,
) -> int:
    """Run up to `weeks` weeks from `week` on; returns how many were run (fewer when a buffer is full).

    A state that has read no inputs yet is filled first; with no weeks that is all.
    """
    facts, dated, columns = by_reference(world), by_reference(inputs), by_reference(state)
    books, values = by_reference(record), by_reference(parameters)
    for done in range(max(1, weeks)):
        now = week + done
        ctx = by_reference(Context(facts, dated, columns, values, books, seed, now, inputs.year_of_week[now]))
        if state.counts[Counter.EPOCH] < 0:
            open_run(ctx)
        if done >= weeks:
            break
        if short_of_rows(ctx):
            state.counts[Counter.STATUS] = Status.NEEDS_ROWS
            return done
        state.counts[Counter.STATUS] = Status.RUNNING
        one_week(ctx)
        if state.counts[Counter.STATUS] != Status.RUNNING:
            return done
    return weeks
