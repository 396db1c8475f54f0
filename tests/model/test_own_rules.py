"""Decision rules and allocation rules of a user's own: they take effect, compiled or not, and have an identity."""

from __future__ import annotations

import copy
import importlib.util
import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from model import InputError, Parameters, RouteModel, Scenario
from model.kernel.exchange import exchanged, fingerprint
from model.kinds import PlacementRule
from model.rule_registry import ALLOCATION_RULES, DECISION_RULES
from model.rules import Context, DecisionRule, Prospect, allocation_rule, decision_rule, rule
from model.submodels.decisions import learn_payoff, weigh_experience

WEEKS = 8


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that a test registers are unknown to the next one."""
    for registry in (DECISION_RULES, ALLOCATION_RULES):
        for kept in ("own", "versions"):
            monkeypatch.setattr(registry, kept, dict(getattr(registry, kept)))


@rule
def spread_out(ctx: Context, asset: int, area: int) -> float:
    return 1.0 / (1.0 + ctx.state.areas.search_km2_per_day[area])


def wary_plain(ctx: Context, organisation: int, prospect: Prospect) -> float:
    sold = 1.0 - min(1.0, 3.0 * prospect.believed_loss)
    return (sold * prospect.price_eur_per_kg - prospect.cost_eur_per_kg) / 1000.0


def spread_out_plain(ctx: Context, asset: int, area: int) -> float:
    return 1.0 / (1.0 + ctx.state.areas.search_km2_per_day[area])


def as_expected(ctx: Context, organisation: int, prospect: Prospect) -> float:
    sold = 1.0 - prospect.believed_loss
    return (sold * prospect.price_eur_per_kg - prospect.cost_eur_per_kg) / 1000.0


def as_known(ctx: Context, asset: int, area: int) -> float:
    return 1.0


def run(**parameters: Any) -> Any:
    return RouteModel(rng=3, organisations=20, **parameters).run_for(WEEKS)


@pytest.fixture
def documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The decision rule of docs/extending.md, without the run below it, and again without the decorator."""
    page = (Path(__file__).resolve().parents[2] / "docs/extending.md").read_text(encoding="utf-8")
    program = page.partition("```python\n")[2].partition("m = RouteModel(")[0]
    file = tmp_path / "documented.py"
    file.write_text(program + program.replace("@rule\ndef loss_averse(", "def loss_averse_plain("), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("documented", file)
    assert spec is not None
    assert spec.loader is not None
    rules = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "documented", rules)  # Numba imports the module of what it reads from its cache
    spec.loader.exec_module(rules)
    return rules


def test_compiled_and_plain_rules_take_effect_and_give_the_same_bits(
    documented: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The choice rule is that of the documentation, whose programs are not compiled where they run."""
    compiled = run(choice_rule=documented.loss_averse, allocation=spread_out)
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        plain = run(choice_rule=documented.loss_averse_plain, allocation=spread_out_plain)
    assert "loss_averse_plain and spread_out_plain" in caplog.text
    assert compiled.weekly.equals(plain.weekly)
    other = run(choice_rule=documented.loss_averse_plain)
    for usual in (run(), other):
        assert not compiled.weekly.equals(usual.weekly)
    assert not run().weekly.equals(other.weekly)


@pytest.mark.parametrize(
    ("own", "model"),
    [
        ({"choice_rule": as_expected}, {}),
        ({"choice_rule": DecisionRule(as_expected, weigh_experience, learn_payoff)}, {"choice_rule": "experience"}),
        ({"allocation": as_known}, {"allocation": "random"}),
    ],
)
def test_a_copy_of_a_rule_of_the_model_changes_nothing(own: dict[str, Any], model: dict[str, Any]) -> None:
    assert run(**own).weekly.equals(run(**model).weekly)


def test_copies_and_forks_follow_the_same_rule() -> None:
    model = RouteModel(rng=3, organisations=20, choice_rule=wary_plain).run_for(2)
    whole, copied, forked = copy.deepcopy(model).run_for(3), copy.copy(model).run_for(3), model.fork().run_for(3)
    assert whole.weekly.equals(copied.weekly)
    assert whole.weekly.equals(forked.weekly)
    usual = RouteModel(rng=3, organisations=20).run_for(5)
    assert not whole.weekly.equals(usual.weekly)


def versions(name: str, factor: float) -> Any:
    def mine(ctx: Context, organisation: int, prospect: Prospect) -> float:
        return factor * prospect.price_eur_per_kg

    mine.__name__ = name
    return mine


def from_file(**parameters: str) -> Scenario:
    return Scenario.from_dict({"title": "t", "base": "as-it-happened", "parameters": parameters})


def test_the_identity_holds_what_a_rule_is_made_of() -> None:
    usual = Scenario.load("as-it-happened")
    one, same, other = (usual.with_parameters(choice_rule=versions("mine", factor)) for factor in (1.0, 1.0, 2.0))
    assert one.identity() == same.identity()
    assert len({usual.identity(), one.identity(), other.identity()}) == 3
    assert one.parameters.choice_rule.startswith("mine@")
    assert from_file(choice_rule=one.parameters.choice_rule).parameters == one.parameters


def test_what_a_rule_calls_is_part_of_its_fingerprint() -> None:
    def calls(helper: Any) -> Any:
        return lambda ctx, asset, area: helper(area)

    assert fingerprint(calls(as_known)) == fingerprint(calls(as_known)) != fingerprint(calls(as_expected))


def test_scenario_files_name_registered_rules(tmp_path: Path) -> None:
    decision_rule("wary")(wary_plain)
    allocation_rule("spread-out")(spread_out_plain)
    path = tmp_path / "mine.toml"
    words = 'title = "t"\nbase = "as-it-happened"\n[parameters]\nchoice_rule = "wary"\nallocation = "spread-out"\n'
    path.write_text(words, encoding="utf-8")
    scenario = Scenario.load(path)
    assert scenario.parameters.choice_rule == DECISION_RULES.versions["wary"]
    assert scenario.parameters.allocation == ALLOCATION_RULES.versions["spread-out"]
    assert run(choice_rule="wary").weekly.equals(run(choice_rule=wary_plain).weekly)


def test_packages_name_rules_by_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    point = SimpleNamespace(load=lambda: versions("other_name", 3.0))
    monkeypatch.setattr(DECISION_RULES, "_entry_points", {"packaged": point})
    assert Parameters(choice_rule="packaged").choice_rule.startswith("packaged@")
    assert "packaged" in Parameters.rows["choice_rule"].options


def test_rules_of_the_model_have_the_numbers_that_tables_and_events_use() -> None:
    assert tuple(ALLOCATION_RULES.built_in)[: len(PlacementRule)] == PlacementRule.labels()
    assert [ALLOCATION_RULES.index(name) for name in ("table", "random", "bandit", "mine@0")] == [-1, 0, 5, 6]
    assert tuple(DECISION_RULES.built_in) == ("expected-value", "experience", "salience")
    for name, row in Parameters.rows.items():
        assert not row.options or row.default in row.options, name


def test_only_what_leads_to_the_rule_is_made_anew() -> None:
    from model.submodels.allocation import plan_cover
    from model.submodels.tasking import change_watch

    swaps = {ALLOCATION_RULES.seam.weigh: spread_out}
    assert exchanged(plan_cover, swaps) is plan_cover
    assert exchanged(change_watch, swaps) is not change_watch


@rule
def of_text(ctx: Context, organisation: int, prospect: Prospect) -> float:
    return float("1" + str(prospect))


def too_few(ctx: Context) -> float:
    return 0.0


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"choice_rule": too_few}, ["too_few", "ctx, organisation, prospect"]),
        ({"allocation": too_few}, ["too_few", "ctx, asset, area"]),
        ({"choice_rule": "experiance"}, ["choice_rule", "did you mean 'experience'?"]),
        ({"choice_rule": "wary@000000000000"}, ["choice_rule", "wary@000000000000"]),
        ({"choice_rule": versions("salience", 1.0)}, ["salience", "rename the function"]),
        ({"choice_rule": of_text}, ["of_text", "leave out the decorator"]),
        ({"choice_rule": 7}, ["choice_rule", "'expected-value'"]),
    ],
)
def test_errors_name_the_rule_and_the_remedy(parameters: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        run(**parameters)
    for word in words:
        assert word in str(caught.value)


def test_a_process_that_does_not_know_a_rule_says_so() -> None:
    with pytest.raises(InputError, match="this process does not know the decision rule"):
        DECISION_RULES.swaps("unknown@000000000000")
