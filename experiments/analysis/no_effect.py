"""What a study holds that changes nothing in its runs: events, scenarios that run as the baseline, and factors."""

from collections.abc import Iterator

from experiments.design.factors import Factor, Value, apply_all
from experiments.study import Study
from model import Scenario
from model.scenario.no_effect import Difference, NoEffect, differing, without_effect

FALSE_NULL = "a comparison that holds it reports a false null"


def warnings_of(study: Study) -> list[str]:
    """Warnings of a study, in words: a posterior of other sources, equal points of its design, and what has no effect.

    What has no effect are parts of its scenarios, scenarios that run as the baseline, and factors.

    A factor is named only if no other factor, at either end, gives it an effect.

    Raises
    ------
    InputError
        If a scenario or factor cannot be.
    """
    scenarios = {name: study.run_of(name) for name in study.all_scenarios}
    notes = [study.posterior.warning if study.posterior is not None else "", study.design_note]
    parts = [f"scenario {name}: {one}" for name, made in scenarios.items() for one in without_effect(study.world, made)]
    return [*filter(None, notes), *parts, *map(str, _arms(study, scenarios)), *map(str, _factors(study, scenarios))]


def _arms(study: Study, scenarios: dict[str, Scenario]) -> Iterator[NoEffect]:
    """Scenarios that run as the baseline does."""
    for name in study.scenarios:
        if name != study.baseline:
            found = differing(study.world, scenarios[study.baseline], scenarios[name])
            why = found.unread or f"its inputs and parameters are those of {study.baseline}"
            if not found.read:
                yield NoEffect(f"scenario {name}", f"{why}: {FALSE_NULL}")


def _factors(study: Study, scenarios: dict[str, Scenario]) -> Iterator[NoEffect]:
    """Factors whose values all give the same run, whatever one other factor is; of days the ends do not say it."""
    factors = {factor.name: factor for factor in study.factors}
    for name in study.varied_scenarios:
        for factor in (one for one in study.factors if not one.is_date):
            plain = _spans(study, scenarios[name], factors, factor, {})
            others = ({other.name: v} for other in study.factors if other != factor for v in other.ends)
            if plain.read or any(_spans(study, scenarios[name], factors, factor, fixed).read for fixed in others):
                continue
            why = plain.unread or "all its values give the same inputs"
            yield NoEffect(f"{factor.role} {factor.name}", f"{why} (scenario {name}): {FALSE_NULL}")


def _spans(
    study: Study, scenario: Scenario, factors: dict[str, Factor], factor: Factor, fixed: dict[str, Value]
) -> Difference:
    """What differs between the values of a factor."""
    day = study.fork_day(scenario)
    first, *others = (apply_all(scenario, factors, {**fixed, factor.name: v}, day) for v in factor.ends)
    return max(
        [differing(study.world, first, other) for other in others],
        key=lambda one: (bool(one.read), bool(one.said)),
        default=Difference((), ()),
    )
