"""What a study holds that changes nothing in its runs: events, scenarios that run as the baseline, and factors."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.design.factors import Factor, Value, apply_all
from experiments.study import Study
from model import Scenario
from model.scenario.no_effect import Difference, NoEffect, differing, without_effect

__all__ = ["warnings_of"]

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
    names = dict.fromkeys((*study.scenarios, *study.swept))
    scenarios = {name: study.run_of(name) for name in names}
    parts = [f"scenario {name}: {one}" for name, made in scenarios.items() for one in without_effect(study.world, made)]
    fitted = [study.posterior.warning] if study.posterior is not None and study.posterior.warning else []
    fewer = [study.design_note] if study.design_note else []
    return [*fitted, *fewer, *parts, *(str(one) for one in (*_arms(study, scenarios), *_factors(study, scenarios)))]


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
    measures = study.extra.get("search", {}).get("measures", ())
    doses = [Factor(name, f"measure:{name}", "dose", low=0.0, high=1.0, role="lever") for name in measures]
    factors = {factor.name: factor for factor in (*study.factors, *doses)}
    for name in study.swept or study.scenarios:
        for factor in (one for one in factors.values() if not one.is_date):
            plain = _spans(study, scenarios[name], factors, factor, {})
            others = ({other.name: v} for other in factors.values() if other != factor for v in _ends(other))
            if plain.read or any(_spans(study, scenarios[name], factors, factor, fixed).read for fixed in others):
                continue
            why = plain.unread or "all its values give the same inputs"
            yield NoEffect(f"{factor.role} {factor.name}", f"{why} (scenario {name}): {FALSE_NULL}")


def _spans(
    study: Study, scenario: Scenario, factors: dict[str, Factor], factor: Factor, fixed: dict[str, Value]
) -> Difference:
    """What differs between the values of a factor."""
    day = study.fork_day(scenario)
    made = [apply_all(scenario, factors, {**fixed, factor.name: value}, day) for value in _ends(factor)]
    found = [differing(study.world, made[0], other) for other in made[1:]]
    return max(found, key=lambda one: (bool(one.read), bool(one.said)), default=Difference((), ()))


def _ends(factor: Factor) -> tuple[Value, ...]:
    """The values that a factor is listed with, or the two ends of its range."""
    return factor.choices or (factor.low or 0.0, factor.high or 0.0)
