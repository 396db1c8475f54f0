"""Studies: factors, designs and files; what is wrong in them is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.costs import withheld
from experiments.analysis.intervals import preliminary_results
from experiments.analysis.no_effect import warnings_of
from experiments.analysis.points import lever_effects
from experiments.design import designs as design
from experiments.design.factor_file import read_factor
from experiments.design.factors import Factor
from experiments.ensemble.queries import of_few_seeds
from experiments.study import STUDIES, Study, list_studies
from experiments.workflow import comparison, list_stores, query, quick, run_and_analyse
from model import Scenario, load_world
from model.errors import InputError

FORK = date(2011, 5, 10)
BASE = {"title": "t", "scenarios": ["as-it-happened"], "window": [2013, 2014]}


def lever(**fields: object) -> dict[str, object]:
    return {"target": "platform:*", "field": "sharing", "name": "cooperation", **fields}


def factor(entry: dict[str, object]) -> Factor:
    return read_factor(entry, "lever", "levers[1]", load_world().names)


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.toml")), ids=lambda p: p.stem)
def test_every_study_that_ships_can_be_planned(path: Path) -> None:
    study = Study.load(path)
    assert study.question
    if study.kind != "search":
        assert len(study.plan) >= 100
        assert study.plan["run"].notna().all()


def test_five_studies_ship_and_the_first_sweeps_cooperation_in_21_steps() -> None:
    assert len(list_studies()) >= 5
    table = Study.load("cooperation").table
    assert table["cooperation"].nunique() == 21
    assert table["cooperation"].agg(["min", "max"]).tolist() == [0.0, 1.0]
    assert set(table["scenario"]) == {"as-it-happened", "no-maritime-platforms"}


@pytest.mark.parametrize(
    ("entry", "value", "changed"),
    [
        ({"target": "parameter:theta_per_thousand_eur"}, 0.2, "parameter"),
        ({"target": "measure:maoc-n"}, 0.7, "measure"),
        (lever(), 0.5, "platform"),
        ({"target": "membership:*/ESP", "field": "sharing"}, 0.5, "membership"),
        ({"target": "membership:maoc-n/ESP", "field": "sharing"}, 0.5, "membership"),
    ],
)
def test_levers_act_from_the_fork_on(entry: dict[str, object], value: float, changed: str) -> None:
    base = Scenario.load("as-it-happened")
    made = factor(entry).apply(base, value, FORK)
    new = [event for event in made.events if event not in base.events]
    assert [(event.kind, event.date, event.amount) for event in new] == [(changed, FORK, value)]


def test_events_can_be_moved_and_resized() -> None:
    base = Scenario.load("paris-package")
    moved = factor({"target": "event:satellites", "field": "date", "low": date(2012, 1, 1), "high": date(2018, 1, 1)})
    later = moved.apply(base, date(2016, 1, 1).toordinal(), FORK)
    assert next(e for e in later.events if e.id == "satellites").date == date(2016, 1, 1)
    sized = factor({"target": "event:satellites", "low": 0.0, "high": 1.0}).apply(base, 0.25, FORK)
    assert next(e for e in sized.events if e.id == "satellites").amount == 0.25
    with pytest.raises(InputError, match="no such event"):
        factor({"target": "event:satelites", "low": 0.0, "high": 1.0}).apply(base, 0.25, FORK)


def test_uncertainties_hold_for_the_whole_run() -> None:
    entry = {"target": "parameter:lead_probability"}
    made = read_factor(entry, "uncertainty", "uncertainties[1]", load_world().names)
    assert made.since == "start"
    assert made.apply(Scenario.load("as-it-happened"), 0.2, FORK).parameters.lead_probability == 0.2


def test_switches_take_their_options() -> None:
    entry = {"target": "parameter:choice_rule"}
    made = read_factor(entry, "uncertainty", "uncertainties[1]", load_world().names)
    assert made.choices == ("expected-value", "experience", "salience")
    assert made.apply(Scenario.load("as-it-happened"), "salience", FORK).parameters.choice_rule == "salience"


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["lhs", "sobol", "saltelli", "morris"]), st.integers(4, 32), st.integers(0, 5))
def test_sampled_designs_stay_in_range_and_repeat(method: str, n: int, seed: int) -> None:
    factors = [Factor("a", "parameter:x", "x", low=0.3, high=0.9), Factor("b", "parameter:y", "y", low=-2.0, high=5.0)]
    one, other = (design.make(method, factors, {"n": n, "seed": seed}) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
    assert one["a"].between(0.3, 0.9).all()
    assert one["b"].between(-2.0, 5.0).all()


def test_a_latin_hypercube_has_one_point_in_every_slice() -> None:
    table = design.lhs([Factor("a", "parameter:x", "x", low=0.0, high=1.0)] * 1, 50, 3)
    assert sorted(np.floor(table["a"] * 50).astype(int)) == list(range(50))


def test_one_at_a_time_moves_one() -> None:
    factors = [Factor(n, "parameter:x", "x", low=0.0, high=1.0) for n in "ab"]
    table = design.one_at_a_time(factors, 3)
    assert table.notna().sum(axis=1).tolist() == [0, *[1] * 6]


def test_a_users_own_table(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("cooperation\n0.1\n0.9\n")
    study = {**BASE, "levers": [lever()], "design": {"method": "csv", "file": "points.csv"}}
    made = Study.from_dict(study, file=str(tmp_path / "mine.toml"))
    assert made.table["cooperation"].tolist() == [0.1, 0.9]
    (tmp_path / "points.csv").write_text("cooperation\n0.1\n1.9\n")
    with pytest.raises(InputError, match="out of the factor's range"):
        _ = Study.from_dict(study, file=str(tmp_path / "mine.toml")).table
    (tmp_path / "points.csv").write_text("coperation\n0.1\n")
    with pytest.raises(InputError, match="did you mean 'cooperation'"):
        _ = Study.from_dict(study, file=str(tmp_path / "mine.toml")).table


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"knd": "sweep"}, "no such field"),
        ({"kind": "swep"}, "did you mean 'sweep'"),
        ({"scenarios": ["as-it-hapened"]}, "as-it-happened"),
        ({"scenarios": []}, "not a list of names"),
        ({"scenarios": ["as-it-happened", "as-it-happened"]}, "named twice"),
        ({"baseline": "paris-package"}, "not one of the choices"),
        ({"outcomes": ["landed"]}, "outcomes"),
        ({"record": "all"}, "record"),
        ({"fork": "2011"}, "not a date"),
        ({"window": [2022, 2013]}, "window"),
        ({"window": [1990, 2013]}, "window"),
        ({"replications": 0}, "replications"),
        ({"replications": 2.5}, "replications"),
        ({"seed": -1}, "seed"),
        ({"organisations": 3}, "organisations"),
        ({"levers": [{"target": "sharing"}]}, "needs a target"),
        ({"levers": [{"target": "parameter:sharing_scal"}]}, "did you mean 'parameter:sharing_scale'"),
        ({"levers": [{"target": "platform:maocn", "field": "sharing"}]}, "did you mean 'platform:maoc-n'"),
        ({"levers": [{"target": "platform:*"}]}, "cannot change this"),
        ({"levers": [lever(high=2.0)]}, "out of bounds"),
        ({"levers": [lever(low=0.8, high=0.2)]}, "needs a range"),
        ({"levers": [lever(operation="divide")]}, "no such operation"),
        ({"levers": [lever(since="later")]}, "since"),
        ({"levers": [lever(colour="red")]}, "no such field"),
        ({"levers": [lever(), lever()]}, "named twice"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        Study.from_dict({**BASE, **change})
    assert "Remedy" in str(refused.value)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"method": "gird"}, "did you mean 'grid'"),
        ({"method": "lhs", "n": 0}, "design.n"),
        ({"steps": 1}, "design.steps"),
        ({"method": "csv", "file": "nowhere.csv"}, "cannot be read"),
    ],
)
def test_what_is_wrong_in_a_design_is_named(settings_: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        _ = Study.from_dict({**BASE, "levers": [lever()], "design": settings_}).table


def test_run_identity_holds_all_that_matters() -> None:
    def runs(**changes: object) -> set[str]:
        return set(Study.from_dict({**BASE, "replications": 2, **changes}).plan["run"])

    assert runs() == runs(title="another", question="?")
    for change in (
        {"window": [2013, 2015]},
        {"organisations": 60},
        {"seed": 50},
        {"record": "yearly"},
        {"outcomes": ["seized_kg"]},
        {"scenarios": ["paris-package"]},
    ):
        assert not runs() & runs(**change)


def test_seeds_of_their_own_are_no_ones_else() -> None:
    swept = {**BASE, "kind": "sweep", "levers": [lever()], "design": {"steps": 3}, "replications": 3}
    study = Study.from_dict({**swept, "common_seeds": False})
    assert study.plan["seed"].nunique() == 9
    with pytest.raises(InputError, match="compares runs of the same seed"):
        Study.from_dict({**swept, "kind": "compare", "common_seeds": False})


def test_comparison_needs_two() -> None:
    assert comparison(["as-it-happened", "paris-package"], 5, 1, 150).supply == (0.0, 2.0)
    with pytest.raises(InputError, match="2 to 30"):
        comparison(["as-it-happened"], 5, 1, 150)


def test_quick_is_small() -> None:
    assert len(quick(Study.load("cooperation")).plan) <= 60


def test_duckdb_answers(tmp_path: Path) -> None:
    from test_runner import small

    from experiments.ensemble import runner
    from experiments.ensemble.store import Store

    runner.run(small(record="yearly"), Store(tmp_path / "my study"))
    runner.run(small(replications=1, record="yearly"), Store(tmp_path / "my study"))  # fewer are planned now
    found = query('select count(*) n, count(distinct seed) s from "my study".runs', tmp_path)
    assert found.iloc[0].tolist() == [6, 1]
    years = query(
        'select scenario, year, avg(seized_kg) kg from "my study".yearly group by all order by year', tmp_path
    )
    assert years["year"].tolist() == [2002, 2002, 2003, 2003]
    with pytest.raises(InputError, match="cannot be answered"):
        query("select nonsense", tmp_path)
    assert list_stores(tmp_path)["name"].tolist() == ["my study"]
    assert list_stores(tmp_path)["title"].iloc[0].endswith("(preliminary, 1 seed)")
    assert of_few_seeds('select 1 from "my study".runs', tmp_path) == ["my study: preliminary, 1 seed"]


@pytest.mark.parametrize(
    ("manifest", "note"),
    [
        ({"seeds": [1, 2]}, "preliminary, 2 seeds"),
        ({"seeds": list(range(10))}, ""),
        ({}, ""),
        ({"seeds": 7}, ""),
        ({"kind": "sobol", "seeds": [1], "design": {"n": 4}}, "preliminary, 4 blocks"),
        ({"kind": "screening", "seeds": [1], "design": {"n": 40}}, ""),
        ({"kind": "search", "seeds": [1]}, ""),
        (
            {"kind": "validation", "size": {"draws": 200, "trials": 4, "organisations": 60}},
            "preliminary, 4 parameter sets",
        ),
    ],
)
def test_lists_say_of_what_kind_and_how_few_results_are(manifest: dict[str, object], note: str) -> None:
    assert preliminary_results(manifest) == note


def test_a_span_is_the_effect_of_a_factor_seed_by_seed() -> None:
    """y = seed + 10 x + 3 x z: from 0 to 1 of x it is 10 at z = 0, 16 at z = 2, and 13 over both."""
    study = Study.from_dict(
        {
            "title": "t",
            "kind": "sweep",
            "outcomes": ["arrived_europe_kg"],
            "design": {"steps": 2},
            "levers": [
                {"name": "x", "target": "platform:*", "field": "sharing", "low": 0.0, "high": 1.0},
                {"name": "z", "target": "parameter:supply_answer", "low": 0.0, "high": 2.0},
            ],
        }
    )
    runs = study.plan.copy()
    runs["arrived_europe_kg"] = 100.0 * runs["seed"] + 10.0 * runs["x"] + 3.0 * runs["x"] * runs["z"]
    found = lever_effects(runs, study)
    mine = found[found["factor"] == "x"]
    for column in ("effect", "low", "high"):  # all seeds agree
        assert mine[column].to_list() == pytest.approx([13.0, 10.0, 16.0, 6.0])
    assert len(found) == 8
    lhs = Study.from_dict(
        {
            "title": "t",
            "kind": "sweep",
            "design": {"method": "lhs", "n": 4},
            "levers": [{"name": "x", "target": "platform:*", "field": "sharing", "low": 0.0, "high": 1.0}],
        }
    )
    assert lever_effects(lhs.plan, lhs).empty


QUIET = """
title = "Pledges grow"
base = "as-it-happened"
[[events]]
id = "pledges"
date = 2012-01-02
target = "state:*"
field = "pledge_multiplier"
value = 3
"""


def test_what_has_no_effect_in_a_study_is_named(tmp_path: Path) -> None:
    (tmp_path / "pledges.toml").write_text(QUIET, encoding="utf-8")
    levers = [lever(), {"target": "measure:g8-paris"}, {"target": "parameter:pledge_headroom"}]
    study = Study.from_dict(
        {
            **BASE,
            "scenarios": ["as-it-happened", str(tmp_path / "pledges.toml")],
            "kind": "sweep",
            "levers": levers,
            "design": {"method": "lhs", "n": 2},
        }
    )
    why = "has no effect because no rule reads it unless cooperation = endogenous"
    found = warnings_of(study)
    assert found[0] == f"scenario pledges: event pledges (state:* pledge_multiplier) {why}"
    assert found[1] == f"scenario pledges {why}: a comparison that holds it reports a false null"
    assert [text.partition(" (scenario")[0] for text in found[2:4]] == [
        f"lever g8-paris {why}",
        f"lever pledge_headroom {why}",
    ]
    switch = {"name": "choice", "target": "parameter:cooperation", "values": ["fixed", "endogenous"]}
    assert warnings_of(study.with_(levers=[*levers, switch]))[2:] == []


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.toml")), ids=lambda p: p.stem)
def test_no_study_that_ships_reports_a_false_null(path: Path) -> None:
    assert [text for text in warnings_of(Study.load(path)) if "false null" in text] == []


def test_warnings_of_a_study_are_said_kept_and_shown(tmp_path: Path) -> None:
    from experiments.ensemble.store import Store
    from views.reports.study import write_study_report

    (tmp_path / "pledges.toml").write_text(QUIET, encoding="utf-8")
    study = comparison(["as-it-happened", str(tmp_path / "pledges.toml")], 2, 1, 10, window=[2013, 2013])
    said: list[str] = []
    run_and_analyse(study, Store(tmp_path / "out"), progress=lambda effort: said.extend(effort.notes))
    warned = Store(tmp_path / "out").manifest["warnings"]
    assert [f"Warning: {text}" for text in warned] == list(dict.fromkeys(said))
    assert len(warned) == 2
    page = write_study_report(tmp_path / "out").read_text(encoding="utf-8")
    assert "<strong>Warning</strong>" in page
    assert "Scenario pledges has no effect because" in page


def test_a_scenario_given_for_a_study_is_known(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text('title = "x"\nbase = "as-it-happened"\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"a scenario, not a study.*run.py run"):
        Study.load(path)


@pytest.mark.parametrize(("supply", "said"), [('"both"', "supply = 'both'"), ("[0, 9]", "supply = 9")])
def test_an_answer_of_supply_that_cannot_be_names_its_field(supply: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text(
        f'title = "x"\nkind = "sweep"\nscenarios = ["as-it-happened"]\nsupply = {supply}\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match=said):
        Study.load(path)


def test_each_answer_of_supply_has_its_own_span() -> None:
    """Two answers whose effects differ: neither may be averaged away."""
    study = Study.from_dict(
        {
            "title": "x",
            "kind": "sweep",
            "scenarios": ["as-it-happened"],
            "supply": [0, 2],
            "replications": 3,
            "outcomes": ["arrived_europe_kg"],
            "design": {"steps": 2},
            "levers": [{"name": "dose", "target": "measure:maoc-n", "field": "dose", "low": 0, "high": 1}],
        },
        name="two",
    )
    rows = [
        (seed, dose, answer, 100.0 * seed - dose * (10.0 if answer else 40.0))
        for seed in (1, 2, 3)
        for dose in (0.0, 1.0)
        for answer in (0.0, 2.0)
    ]
    runs = pd.DataFrame(rows, columns=["seed", "dose", "supply_answer", "arrived_europe_kg"])
    found = lever_effects(runs.assign(scenario="as-it-happened"), study).set_index("supply")["effect"]
    assert found.to_dict() == {"fixed": -40.0, "answers": -10.0}


def test_the_main_job_ends_with_a_report(tmp_path: Path) -> None:
    """The headline study, small: packages under both answers of supply and a sweep of sharing in one."""
    from experiments.ensemble.store import Store
    from views.reports.study import write_study_report

    study = Study.load("headline").with_(replications=2, organisations=10)
    store = Store(tmp_path)
    run_and_analyse(study, store)
    assert set(store.table("paired")["supply"]) == {"fixed", "answers"}
    assert set(store.table("spans")["supply"]) == {"fixed"}
    page = write_study_report(tmp_path).read_text(encoding="utf-8")
    assert "Share of their leads that members give" in page
    assert "From 0 to 1, and what lands in Europe, supply fixed." in page


def test_a_price_needs_an_effect_under_every_answer_of_supply() -> None:
    table = pd.DataFrame({"scenario": ["a", "b"], "eur_per_kg": 3.0, "eur_low": 1.0, "eur_high": 9.0, "note": ""})
    paired = pd.DataFrame(
        [("a", "fixed", -2.0), ("a", "answers", -1.0), ("b", "fixed", -2.0), ("b", "answers", 1.0)],
        columns=["scenario", "supply", "high"],
    ).assign(outcome="arrived_europe_kg")
    found = withheld(table, paired).set_index("scenario")
    assert found.loc["a", "eur_per_kg"] == 3.0
    assert found.loc["b", ["eur_per_kg", "eur_low", "eur_high"]].isna().all()
    assert "withheld" in found.loc["b", "note"]
    assert found.loc["a", "note"] == ""


MINE = """
title = "Mine"
base = "as-it-happened"
[[events]]
id = "e"
date = 2011-09-01
target = "platform:*"
field = "sharing"
value = 1.0
"""


@pytest.mark.parametrize("absolute", [False, True])
def test_a_scenario_in_a_subfolder_works_to_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absolute: bool
) -> None:
    """It is called by the name of its file; no path gets into names of figures, and none of this machine into files."""
    from experiments.ensemble.store import Store
    from views.reports.study import write_study_report

    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("sub/mine.toml").write_text(MINE, encoding="utf-8")
    given = str(tmp_path / "sub/mine.toml") if absolute else "sub/mine.toml"
    study = comparison(["as-it-happened", given], 2, 1, 10, window=[2012, 2012])
    assert study.scenarios == ("as-it-happened", "mine")
    store = Store(tmp_path / "s")
    run_and_analyse(study, store)
    page = write_study_report(tmp_path / "s").read_text(encoding="utf-8")
    assert {"ends-mine.csv", "states-mine.csv", "chain-mine.csv"} <= {
        p.name for p in (tmp_path / "s/figures").iterdir()
    }
    named = "mine.toml" if absolute else "sub/mine.toml"
    assert f"run.py compare as-it-happened {named} --replications 2" in page
    assert store.manifest["scenario_files"] == {"mine": named}
    assert str(tmp_path) not in page + (tmp_path / "s/manifest.json").read_text(encoding="utf-8")


def test_scenarios_by_path_have_names_of_their_own(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "mine.toml" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.write_text(MINE, encoding="utf-8")
    with pytest.raises(InputError, match=r"two scenarios have the same name.*rename one of the files"):
        Study.from_dict({**BASE, "scenarios": [str(path) for path in paths]})
    study = Study.from_dict({**BASE, "scenarios": ["as-it-happened", str(paths[0])], "baseline": str(paths[0])})
    assert study.baseline == "mine"
    assert study.scenario("mine").title == "Mine"


def test_a_sweep_of_days_is_told_in_dates(tmp_path: Path) -> None:
    from experiments.ensemble.store import Store
    from views.reports.study import write_study_report

    days = {"name": "day", "target": "event:sive-canaries", "field": "date"}
    study = Study.from_dict(
        {
            "title": "t",
            "kind": "sweep",
            "scenarios": ["as-it-happened"],
            "replications": 2,
            "organisations": 20,
            "fork": date(2001, 5, 10),
            "window": [2002, 2002],
            "outcomes": ["arrived_europe_kg"],
            "design": {"steps": 2},
            "levers": [{**days, "low": date(2002, 1, 1), "high": date(2002, 1, 3)}],
        },
        name="days",
    )
    run_and_analyse(study, Store(tmp_path))
    page = write_study_report(tmp_path).read_text(encoding="utf-8")
    assert "From 2002-01-01 to 2002-01-03" in page
    assert "event:sive-canaries date, 2002-01-01 to 2002-01-03" in page
