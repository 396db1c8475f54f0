"""Scenario files: reading, inheritance, refusals that help, writing, identity."""

from __future__ import annotations

import tempfile
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import RouteModel, calendar, load_world
from model.errors import InputError
from model.parameter_fields import parameter_rows
from model.parameters import Parameters
from model.scenario import Scenario, difference, list_scenarios
from model.scenario.events import EVENT_FIELDS, FIRST_DAY, LAST_DAY, Event, event_field, expand
from model.scenario.files import SCENARIOS_VARIABLE
from model.scenario.inputs import lay_out

NAMES = {
    "place": {"algeciras": {"region": "iberia"}, "galicia": {"region": "iberia"}, "dakar": {"region": "west_africa"}},
    "leg": ["dakar-galicia-small_vessel"],
    "state": ["ESP", "GNB", "SEN"],
    "platform": ["maoc-n", "eurosur"],
    "membership": ["maoc-n/ESP", "maoc-n/PRT", "eurosur/ESP"],
    "asset": {"cutter": {"owner": "USA"}, "patrol": {"owner": "ESP"}},
    "market": ["market_iberia"],
    "supply": ["COL", "PER", "BOL"],
}
HEAD = 'title = "t"\nstart = 2004-01-05\nend = 2010-12-31\n'
EVENT = '[[events]]\nid = "e"\ndate = 2006-01-01\ntarget = "state:GNB"\nfield = "corruption"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(SCENARIOS_VARIABLE, str(tmp_path))
    return tmp_path


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        Scenario.load(write(folder, text), NAMES)
    return str(caught.value)


def event(**fields: object) -> dict[str, object]:
    return {"id": "e", "date": "2006-01-01", "target": "state:GNB", "field": "corruption", "add": 0.1, **fields}


def scenario(name: str = "s", **fields: object) -> Scenario:
    return Scenario.from_dict({"title": "t", "start": "2004-01-05", "end": "2010-12-31", **fields}, name)


# --- refusals -----------------------------------------------------------------------------------------------------

MALFORMED = {
    "empty file": ("", ["whole file", "empty", "title"]),
    "only blanks": (" \n\n", ["whole file", "empty"]),
    "not TOML": ("title = \n", ["line 1", "title =", "not TOML"]),
    "broken quotes": (HEAD + 'description = "abc\n', ["line 4", "abc", "TOML"]),
    "no such month": (HEAD + "fork = 2011-13-10\n", ["line 4", "2011-13-10", "existing day", "2011-05-10"]),
    "slashes without quotes": (HEAD + "fork = 2011/05/10\n", ["line 4", "2011/05/10", "year-month-day"]),
    "no such day": (HEAD + "fork = 2011-02-30\n", ["line 4", "2011-02-30", "existing day"]),
    "no such day in quotes": (HEAD + 'fork = "2005-02-30"\n', ["fork", "2005-02-30", "existing day"]),
    "date not ISO": (HEAD + 'fork = "10/05/2006"\n', ["fork", "10/05/2006", "year-month-day"]),
    "date is a number": (HEAD + "fork = 2006\n", ["fork", "2006", "year-month-day"]),
    "date with a time": (HEAD + "fork = 2006-05-10T10:00:00\n", ["fork", "2006-05-10T10:00:00", "without a time"]),
    "no title": ("start = 2004-01-05\nend = 2010-12-31\n", ["title", "some words"]),
    "title is a number": ("title = 3\nstart = 2004-01-05\nend = 2010-12-31\n", ["title", "3", "text in quotes"]),
    "no start": ('title = "t"\nend = 2010-12-31\n', ["start", "2000-01-03 to 2023-12-31", "base ="]),
    "no end": ('title = "t"\nstart = 2004-01-05\n', ["end", "2000-01-03 to 2023-12-31"]),
    "unknown field": (HEAD + 'descripton = "x"\n', ["descripton", "'x'", "sources", "did you mean 'description'?"]),
    "end before start": ('title = "t"\nstart = 2010-01-04\nend = 2004-12-31\n', ["end", "2004-12-31", "2010-01-04"]),
    "start before the data": ('title = "t"\nstart = 1999-01-04\nend = 2004-12-31\n', ["start", "1999-01-04", "2000-"]),
    "end after the data": ('title = "t"\nstart = 2004-01-05\nend = 2030-12-31\n', ["end", "2030-12-31", "2023-12-31"]),
    "fork outside": (HEAD + "fork = 2011-05-10\n", ["fork", "2011-05-10", "2004-01-05 to 2010-12-31"]),
    "scored outside": (HEAD + "scored_from = 2001-01-01\n", ["scored_from", "2001-01-01", "2004-01-05 to 2010-12-31"]),
    "sources is text": (HEAD + 'sources = "GAO"\n', ["sources", "'GAO'", "square brackets"]),
    "base is a number": (HEAD + "base = 4\n", ["base", "4", "text in quotes"]),
    "base missing": (
        'title = "t"\nbase = "as-it-hapened"\n',
        ["base", "as-it-hapened", "did you mean 'as-it-happened'?"],
    ),
    "base is itself": ('title = "t"\nbase = "mine"\n', ["base", "mine -> mine", "does not lead back"]),
    "drop unknown": (HEAD + 'drop = ["sive"]\n', ["drop", "'sive'", "no base"]),
    "drop unknown of base": (
        'title = "t"\nbase = "as-it-happened"\ndrop = ["sive-algecira"]\n',
        ["drop", "'sive-algecira'", "did you mean 'sive-algeciras'?"],
    ),
    "parameters no table": (HEAD + "parameters = 3\n", ["parameters", "3", "[parameters]"]),
    "unknown parameter": (
        HEAD + "[parameters]\nsharing_scal = 1.0\n",
        ["parameters.sharing_scal", "1.0", "did you mean 'sharing_scale'?"],
    ),
    "parameter out of bounds": (
        HEAD + "[parameters]\nreach_km = 10\n",
        ["parameters.reach_km", "10", "300 to 4000 km"],
    ),
    "parameter is text": (
        HEAD + '[parameters]\nreach_km = "900"\n',
        ["parameters.reach_km", "'900'", "without quotes"],
    ),
    "parameter is nan": (HEAD + "[parameters]\nreach_km = nan\n", ["parameters.reach_km", "nan", "300 to 4000 km"]),
    "parameter is inf": (HEAD + "[parameters]\nreach_km = inf\n", ["parameters.reach_km", "inf", "300 to 4000 km"]),
    "unknown option": (
        HEAD + '[parameters]\nchoice_rule = "experiance"\n',
        ["parameters.choice_rule", "experiance", "did you mean 'experience'?"],
    ),
    "events no list": (HEAD + "[events]\nid = 3\n", ["events", "[[events]]", "double brackets"]),
    "event no table": (HEAD + "events = [3]\n", ["events[1]", "3", "[[events]]"]),
    "event without id": (HEAD + EVENT.replace('id = "e"\n', "") + "add = 0.1\n", ["events[1].id", "small letters"]),
    "event id no slug": (HEAD + EVENT.replace('"e"', '"My Event"') + "add = 0.1\n", ["events[1].id", "My Event"]),
    "event without date": (
        HEAD + EVENT.replace("date = 2006-01-01\n", "") + "add = 0.1\n",
        ["events.e.date", "needs a date", "existing day"],
    ),
    "event before start": (
        HEAD + EVENT.replace("2006-01-01", "2003-01-01") + "add = 0.1\n",
        ["events.e.date", "2003-01-01", "2004-01-05 to 2010-12-31"],
    ),
    "event after end": (
        HEAD + EVENT.replace("2006-01-01", "2011-01-01") + "add = 0.1\n",
        ["events.e.date", "2011-01-01", "2004-01-05 to 2010-12-31"],
    ),
    "until before date": (
        HEAD + EVENT + "until = 2005-01-01\nadd = 0.1\n",
        ["events.e.until", "2005-01-01", "after 2006"],
    ),
    "event unknown key": (
        HEAD + EVENT + "ad = 0.1\nadd = 0.1\n",
        ["events.e.ad", "0.1", "multiply", "did you mean 'add'?"],
    ),
    "two operations": (HEAD + EVENT + "add = 0.1\nvalue = 0.5\n", ["events.e", "value and add", "keep one"]),
    "no operation": (HEAD + EVENT, ["events.e", "none of them", "value, add or multiply"]),
    "value out of bounds": (HEAD + EVENT + "value = 1.5\n", ["events.e.value", "1.5", "0 to 1 share"]),
    "add out of bounds": (HEAD + EVENT + "add = -2\n", ["events.e.add", "-2", "-1 to 1"]),
    "negative multiply": (HEAD + EVENT + "multiply = -1\n", ["events.e.multiply", "-1", "0 to 100"]),
    "multiply is inf": (HEAD + EVENT + "multiply = inf\n", ["events.e.multiply", "inf", "0 to 100"]),
    "value is nan": (HEAD + EVENT + "value = nan\n", ["events.e.value", "nan", "0 to 1"]),
    "value is text": (HEAD + EVENT + 'value = "high"\n', ["events.e.value", "'high'", "without quotes"]),
    "value is true": (HEAD + EVENT + "multiply = true\n", ["events.e.multiply", "True", "0 to 100"]),
    "target without kind": (
        HEAD + EVENT.replace("state:GNB", "GNB") + "add = 0.1\n",
        ["events.e.target", "GNB", "kind:name"],
    ),
    "target missing": (
        HEAD + EVENT.replace('target = "state:GNB"\n', "") + "add = 0.1\n",
        ["events.e.target", "kind:name"],
    ),
    "unknown kind": (
        HEAD + EVENT.replace("state:", "stat:") + "add = 0.1\n",
        ["events.e.target", "stat:GNB", "platform", "did you mean state:GNB?"],
    ),
    "unknown field of the kind": (
        HEAD + EVENT.replace('"corruption"', '"coruption"') + "add = 0.1\n",
        ["events.e.field", "coruption", "finance_strength", "did you mean 'corruption'?"],
    ),
    "field missing": (
        HEAD + EVENT.replace('field = "corruption"\n', "") + "add = 0.1\n",
        ["events.e.field", "rule_of_law"],
    ),
    "unknown state": (
        HEAD + EVENT.replace("GNB", "GNX") + "add = 0.1\n",
        ["events.e.target", "state:GNX", "ESP, GNB, SEN"],
    ),
    "unknown place": (
        HEAD + EVENT.replace("state:GNB", "place:algecira").replace("corruption", "coastal_radar") + "add = 0.1\n",
        ["events.e.target", "place:algecira", "galicia", "did you mean 'place:algeciras'?"],
    ),
    "unknown platform": (
        HEAD + EVENT.replace("state:GNB", "platform:maoc").replace("corruption", "active") + "value = 1\n",
        ["events.e.target", "platform:maoc", "eurosur"],
    ),
    "unknown membership": (
        HEAD + EVENT.replace("state:GNB", "membership:maoc-n/USA").replace("corruption", "active") + "value = 1\n",
        ["events.e.target", "membership:maoc-n/USA", "maoc-n/ESP"],
    ),
    "owner without assets": (
        HEAD + EVENT.replace("state:GNB", "asset:owner=US").replace("corruption", "active") + "value = 0\n",
        ["events.e.target", "asset:owner=US", "cutter"],
    ),
    "event on unknown parameter": (
        HEAD + EVENT.replace("state:GNB", "parameter:reach_k").replace('field = "corruption"\n', "") + "add = 1\n",
        ["events.e.target", "parameter:reach_k", "did you mean 'parameter:reach_km'?"],
    ),
    "event on a switch": (
        HEAD + EVENT.replace("state:GNB", "parameter:deterrence").replace('field = "corruption"\n', "") + "value = 1\n",
        ["events.e.target", "parameter:deterrence", "[parameters]"],
    ),
    "field of a parameter": (
        HEAD + EVENT.replace("state:GNB", "parameter:reach_km") + "multiply = 1.1\n",
        ["events.e.field", "corruption", "reach_km"],
    ),
    "duplicate ids": (HEAD + (EVENT + "add = 0.1\n") * 2, ["events[2].id", "'e'", "rename"]),
    "parameter is a day": (HEAD + "[parameters]\nreach_km = 2011-05-10\n", ["parameters.reach_km = '2011-05-10'"]),
    "one source is a number": (HEAD + 'sources = ["GAO", 7]\n', ["sources = 7: ", "each text in quotes"]),
    "field in a list": (
        HEAD + EVENT.replace('"corruption"', '["corruption"]') + "add = 0.1\n",
        ["events.e.field", "did you mean 'corruption'?"],
    ),
    "field is a huge number": (
        HEAD + EVENT.replace('"corruption"', "0x" + "f" * 5_000) + "add = 0.1\n",
        ["events.e.field = (a int too long to be shown)"],
    ),
    "drop is a number": (HEAD + "drop = 3\n", ["drop", "3", "square brackets"]),
    "drop is text": (HEAD + 'drop = "e"\n' + EVENT + "add = 0.1\n", ["drop", "'e'", "square brackets"]),
    "huge value": (HEAD + EVENT + f"value = {10**400}\n", ["events.e.value", "1000000", "0 to 1"]),
    "huge parameter": (HEAD + f"[parameters]\nreach_km = {10**400}\n", ["parameters.reach_km", "300 to 4000 km"]),
    "value of unknown field": (
        HEAD + EVENT.replace('"corruption"', '"nothing"') + "value = inf\n",
        ["2 problems", "events.e.field", "events.e.value", "inf"],
    ),
    "until after all": (
        HEAD + EVENT + "until = 2030-01-01\nadd = 0.1\n",
        ["events.e.until", "2030-01-01", "2023-12-31"],
    ),
    "half on": (
        HEAD + EVENT.replace("state:GNB", "platform:maoc-n").replace("corruption", "active") + "value = 0.5\n",
        ["events.e.value", "0.5", "0 or 1"],
    ),
    "twice on": (
        HEAD + EVENT.replace("state:GNB", "platform:maoc-n").replace("corruption", "active") + "multiply = 2\n",
        ["events.e.multiply", "2", "0 or 1", "value ="],
    ),
    "unknown confidence": (HEAD + EVENT + 'add = 0.1\nconfidence = "hi"\n', ["events.e.confidence", "'hi'", "assumed"]),
    "source is a number": (HEAD + EVENT + "add = 0.1\nsource = 4\n", ["events.e.source", "4", "text in quotes"]),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_is_refused_with_file_field_value_and_what_is_allowed(folder: Path, case: str) -> None:
    text, words = MALFORMED[case]
    message = refusal(folder, text)
    for word in ["mine.toml", *words]:
        assert word in message


def test_all_problems_of_a_file_are_listed_at_once(folder: Path) -> None:
    text = HEAD + 'fork = "soon"\ndrop = ["x"]\n[parameters]\nreach_km = 1\nrech_km = 2\n' + EVENT + "value = 7\n"
    message = refusal(folder, text)
    for word in ("5 problems", "fork", "drop", "300 to 4000 km", "did you mean 'reach_km'?", "events.e.value"):
        assert word in message


def test_all_unknown_targets_are_listed_at_once() -> None:
    events = [event(id="a", target="state:XXX"), event(id="b", target="state:YYY")]
    with pytest.raises(InputError, match="2 problems") as caught:
        scenario(events=events).check(NAMES)
    assert "state:XXX" in str(caught.value)
    assert "state:YYY" in str(caught.value)


def test_an_unknown_name_is_answered_by_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        Scenario.load("as-it-hapened")
    for word in ("as-it-hapened", "zero-effect", "no-schiphol-sive", "did you mean 'as-it-happened'?"):
        assert word in str(caught.value)


def test_a_missing_path_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match="no such scenario") as caught:
        Scenario.load(folder / "nothing.toml")
    assert str(folder / "nothing.toml") in str(caught.value)


def test_a_directory_is_no_scenario(folder: Path) -> None:
    (folder / "sub.toml").mkdir()
    for given_path in (folder, folder / "sub.toml"):
        with pytest.raises(InputError, match="directory"):
            Scenario.load(given_path)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_wrong_encoding_is_named_with_its_line(folder: Path, encoding: str) -> None:
    path = folder / "mine.toml"
    path.write_bytes(('title = "caf\xe9"\n' + HEAD).encode(encoding))
    with pytest.raises(InputError) as caught:
        Scenario.load(path)
    for word in ("mine.toml", "line 1", "byte 0x", "UTF-8"):
        assert word in str(caught.value)


def test_a_byte_order_mark_does_no_harm(folder: Path) -> None:
    path = folder / "mine.toml"
    path.write_bytes(HEAD.encode("utf-8-sig"))
    assert Scenario.load(path).title == "t"


def test_an_unreadable_file_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    path = write(folder, HEAD)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match="cannot be read") as caught:
        Scenario.load(path)
    for word in ("mine.toml", "Permission denied", "a readable file", "check the path"):
        assert word in str(caught.value)


def test_a_circle_of_bases_is_named(folder: Path) -> None:
    write(folder, 'title = "b"\nbase = "mine"\n', "other")
    assert "mine -> other -> mine" in refusal(folder, 'title = "a"\nbase = "other"\n')


def test_a_fault_in_the_base_names_the_file_of_the_base(folder: Path) -> None:
    write(folder, HEAD + "fork = 3\n", "other")
    assert "other.toml" in refusal(folder, 'title = "a"\nbase = "other"\n')


# --- finding ------------------------------------------------------------------------------------------------------


def test_a_name_is_looked_for_in_the_variable_then_here_then_with_the_project(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = folder / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert Scenario.load("as-it-happened").title == "As it happened"
    write(here, HEAD.replace('"t"', '"here"'), "as-it-happened")
    assert Scenario.load("as-it-happened").title == "here"
    write(folder, HEAD.replace('"t"', '"variable"'), "as-it-happened")
    assert Scenario.load("as-it-happened").title == "variable"
    assert Scenario.load("as-it-happened.toml").title == "here"
    assert Scenario.load(here / "as-it-happened").title == "here"


def test_scenarios_are_listed_and_a_broken_one_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "here").mkdir()
    monkeypatch.chdir(folder / "here")
    write(folder / "here", "[tool]\nx = 1\n", "pyproject")
    write(folder, "title = \n", "broken")
    titles = list_scenarios().set_index("name")["title"]
    assert titles["as-it-happened"] == "As it happened"
    assert "cannot be read" in titles["broken"]
    assert "pyproject" not in titles


# --- shipped ------------------------------------------------------------------------------------------------------

SHIPPED = sorted(path.stem for path in (Path(__file__).parents[2] / "experiments" / "scenarios").glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scenario_loads_and_round_trips(name: str, folder: Path) -> None:
    shipped = Scenario.load(name)
    again = Scenario.load(write(folder, shipped.to_toml()))
    assert again.identity() == shipped.identity()
    assert (again.title, again.description, again.sources) == (shipped.title, shipped.description, shipped.sources)
    assert again.events == shipped.events


def test_history_has_its_dates_and_names_a_source_for_every_event() -> None:
    history = Scenario.load("as-it-happened")
    days = (history.start, history.end, history.scored_from, history.fork)
    assert days == (date(2000, 1, 3), date(2023, 12, 31), date(2004, 1, 1), date(2011, 5, 10))
    assert all(event.source for event in history.events)
    assert history.parameters == Parameters()


def test_an_arm_of_the_surge_test_differs_only_in_what_it_drops() -> None:
    history, arm = Scenario.load("as-it-happened"), Scenario.load("no-schiphol-sive")
    dropped = {"sive-algeciras", "sive-galicia", "galicia-patrols", "sive-canaries", "schiphol-total-control"}
    assert {event.id for event in history.events} - {event.id for event in arm.events} == dropped
    assert arm.bases == ("as-it-happened",)


def test_a_scenario_of_zero_effect_differs_in_name_only() -> None:
    history, zero = Scenario.load("as-it-happened"), Scenario.load("zero-effect")
    assert len(zero.events) > len(history.events)
    assert difference(history, zero, LAST_DAY) == []
    assert history.identity() != zero.identity()


# --- inheritance --------------------------------------------------------------------------------------------------


def test_a_child_inherits_replaces_and_drops(folder: Path) -> None:
    base = HEAD + "fork = 2006-06-01\n[parameters]\nreach_km = 900\nservice_days = 4\n"
    for slug, add in (("a", 0.1), ("b", 0.2), ("c", 0.3)):
        base += EVENT.replace('"e"', f'"{slug}"') + f"add = {add}\n"
    write(folder, base, "parent")
    child = 'title = "child"\nbase = "parent"\ndrop = ["a"]\n[parameters]\nreach_km = 800\n'
    made = Scenario.load(write(folder, child + EVENT.replace('"e"', '"b"') + "value = 0.9\n"))
    assert (made.parameters.reach_km, made.parameters.service_days) == (800.0, 4.0)
    assert [(event.id, event.operation, event.amount) for event in made.events] == [
        ("b", "value", 0.9),
        ("c", "add", 0.3),
    ]
    assert (made.fork, made.title, made.bases) == (date(2006, 6, 1), "child", ("parent",))


def test_a_shorter_child_keeps_what_is_in_force_and_forgets_what_comes_later(folder: Path) -> None:
    events = [
        event(id="over", date="2004-02-01", until="2005-01-01"),
        event(id="before", date="2004-02-01"),
        event(id="within", date="2006-01-01"),
        event(id="after", date="2009-01-01"),
    ]
    write(folder, scenario(events=events, fork="2009-06-01", scored_from="2005-01-01").to_toml(), "parent")
    made = Scenario.from_dict({"title": "x", "base": "parent", "start": "2005-06-06", "end": "2008-12-31"})
    assert [(e.id, e.date) for e in made.events] == [("before", date(2005, 6, 6)), ("within", date(2006, 1, 1))]
    assert (made.scored_from, made.fork) == (date(2005, 6, 6), None)


# --- events -------------------------------------------------------------------------------------------------------


def test_events_are_sorted_by_date_then_id_and_end_the_day_before_until() -> None:
    made = scenario(
        events=[
            event(id="z", until="2007-01-01"),
            event(id="a"),
            event(id="first", date="2005-01-01", until="2020-01-01"),
        ]
    )
    assert [event.id for event in made.events] == ["first", "a", "z"]
    assert made.change_dates() == (date(2005, 1, 1), date(2006, 1, 1), date(2007, 1, 1))
    assert [event.id for event in made.in_force(date(2006, 12, 31))] == ["first", "a", "z"]
    assert [event.id for event in made.in_force(date(2007, 1, 1))] == ["first", "a"]


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({"add": 0.3}, 0.5, 0.8),
        ({"add": 0.8}, 0.5, 1.0),
        ({"add": None, "multiply": 0.5}, 0.5, 0.25),
        ({"add": None, "multiply": 9}, 0.5, 1.0),
        ({"add": None, "value": 0.2}, 0.5, 0.2),
    ],
)
def test_an_event_changes_a_value_within_its_bounds(change: dict[str, object], old: float, new: float) -> None:
    fields = {key: value for key, value in event(**change).items() if value is not None}
    assert scenario(events=[fields]).events[0].apply(old) == pytest.approx(new)


def test_a_neutral_event_gives_back_the_very_same_value() -> None:
    fields = {**event(), "multiply": 1}
    del fields["add"]
    neutral = scenario(events=[fields]).events[0]
    assert neutral.is_neutral
    assert neutral.apply(3.7) == 3.7  # even one out of bounds: nothing changes


def test_true_and_false_are_understood_for_what_is_on_or_off() -> None:
    fields = {**event(target="platform:maoc-n", field="active"), "value": False}
    del fields["add"]
    assert scenario(events=[fields]).events[0].amount == 0.0


def test_events_on_parameters_change_them_from_their_date_until_their_end() -> None:
    fields = {"id": "e", "date": "2006-01-01", "until": "2007-01-01", "target": "parameter:reach_km", "multiply": 2}
    made = scenario(parameters={"reach_km": 3000}, events=[fields])
    reach = [made.parameters_at(date(year, 6, 1)).reach_km for year in (2005, 2006, 2007)]
    assert reach == [3000.0, 4000.0, 3000.0]


@pytest.mark.parametrize(
    ("kind", "pattern", "found"),
    [
        ("state", "ESP", ("ESP",)),
        ("state", "*", ("ESP", "GNB", "SEN")),
        ("membership", "maoc-n/*", ("maoc-n/ESP", "maoc-n/PRT")),
        ("membership", "*/ESP", ("maoc-n/ESP", "eurosur/ESP")),
        ("membership", "*", ("maoc-n/ESP", "maoc-n/PRT", "eurosur/ESP")),
        ("membership", "maoc-n", ()),
        ("asset", "owner=USA", ("cutter",)),
        ("place", "region=iberia", ("algeciras", "galicia")),
        ("place", "nothing=iberia", ()),
        ("state", "role=transit", ()),
    ],
)
def test_a_pattern_stands_for_the_names_it_describes(kind: str, pattern: str, found: tuple[str, ...]) -> None:
    assert expand(kind, pattern, NAMES) == found


def test_patterns_pass_the_check() -> None:
    fields = {
        "state:*": ("corruption", 0.1),
        "membership:*/ESP": ("active", 1),
        "asset:owner=USA": ("availability", 0.5),
        "trade:*": ("frozen_year", 2008),
    }
    base = {"date": "2006-01-01"}
    entries = [
        {**base, "id": f"e{number}", "target": target, "field": field, "value": value}
        for number, (target, (field, value)) in enumerate(fields.items())
    ]
    scenario(events=entries).check(NAMES)


# --- comparing ----------------------------------------------------------------------------------------------------


def test_with_parameters_makes_a_changed_copy_or_a_helpful_refusal() -> None:
    made = scenario()
    changed = made.with_parameters(reach_km=900)
    assert (changed.parameters.reach_km, made.parameters.reach_km) == (900.0, Parameters().reach_km)
    assert changed.identity() != made.identity()
    with pytest.raises(InputError, match="did you mean 'reach_km'"):
        made.with_parameters(reach_kms=900)


def test_identity_is_of_what_is_done_and_not_of_words() -> None:
    plain = scenario(events=[event()])
    assert scenario("other", description="d", sources=["s"], events=[event(note="n")]).identity() == plain.identity()
    changes = [{"end": "2009-12-31"}, {"events": [event(add=0.2)]}, {"events": []}, {"parameters": {"reach_km": 900}}]
    made = {scenario(**{"events": [event()], **change}).identity() for change in changes}
    assert len(made | {plain.identity()}) == 5


def test_difference_names_what_differs_before_the_day() -> None:
    a = scenario("a", events=[event(id="late", date="2008-01-01"), event(id="x", until="2009-01-01")])
    b = scenario("b", events=[event(id="y", until="2010-01-01")])
    assert difference(a, b, date(2007, 1, 1)) == []
    assert len(difference(a, b, date(2008, 6, 1))) == 1
    assert "late" in difference(a, b, date(2008, 6, 1))[0]
    found = difference(a, b.with_parameters(reach_km=900), date(2007, 1, 1))
    assert found == ["parameter reach_km: 1500.0 in a, 900.0 in b"]


# --- property -----------------------------------------------------------------------------------------------------

ROWS = {name: row for name, row in parameter_rows(Parameters).items() if row.low is not None}
DAYS = st.dates(FIRST_DAY, LAST_DAY)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def within(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


@st.composite
def changes(draw: st.DrawFn) -> dict[str, object]:
    kind, field = draw(st.sampled_from(sorted(EVENT_FIELDS)))
    bounds = event_field(kind, field)
    assert bounds is not None
    width = bounds.high - bounds.low
    operation = draw(st.sampled_from(["value"] if bounds.only_set else ["value", "add", "multiply"]))
    low, high = {"value": (bounds.low, bounds.high), "add": (-width, width), "multiply": (0.0, 100.0)}[operation]
    amount = draw(st.integers(int(bounds.low), int(bounds.high)) if bounds.whole else within(low, high))
    day = draw(st.dates(FIRST_DAY, LAST_DAY - timedelta(days=1)))
    fields = {"date": day, "target": f"{kind}:{draw(st.sampled_from(['*', 'ESP', 'a/b']))}", "field": field}
    until = draw(st.none() | st.dates(day + timedelta(days=1), LAST_DAY))
    return {**fields, operation: amount, "note": draw(WORDS)} | ({"until": until} if until else {})


@st.composite
def documents(draw: st.DrawFn) -> dict[str, object]:
    chosen = draw(st.lists(st.sampled_from(sorted(ROWS)), max_size=5, unique=True))
    entries = draw(st.lists(changes(), max_size=4))
    return {
        "title": "t" + draw(WORDS),
        "description": draw(WORDS),
        "start": FIRST_DAY,
        "end": LAST_DAY,
        "fork": draw(DAYS),
        "sources": draw(st.lists(WORDS, max_size=2)),
        "parameters": {
            name: draw(st.integers(row.low, row.high) if isinstance(row.default, int) else within(row.low, row.high))
            for name, row in ((name, ROWS[name]) for name in chosen)
        },
        "events": [{"id": f"e-{number}", **entry} for number, entry in enumerate(entries)],
    }


@settings(deadline=None, max_examples=60)
@given(documents())
def test_what_is_written_is_read_back_as_the_same_scenario(document: dict[str, object]) -> None:
    made = Scenario.from_dict(document, "made")
    text = made.to_toml()
    assert Scenario.from_dict(tomllib.loads(text)).identity() == made.identity()
    with tempfile.TemporaryDirectory() as folder:
        again = Scenario.load(write(Path(folder), text, "made"))
    assert again.identity() == made.identity()
    assert (again.title, again.description, again.events) == (made.title, made.description, made.events)


OF_VERSION_0_1 = (
    *(
        "place coastal_radar 0.6",
        "place total_control 1",
        "place inspection_share 2",
        "place risk_premium_eur_per_kg 500",
    ),
    *("leg open 0", "leg cost_multiplier 2", "leg inspection_multiplier 2", "mode cost_multiplier 2"),
    *("state corruption 0.5", "state rule_of_law 0.5", "state capacity 0.5", "state inspection_container_share 0.1"),
    *("state inspection_air_share 0.1", "state inspection_land_share 0.1", "state coast_police_share 0.1"),
    *("state finance_strength 0.5", "state protection_price 2", "platform active 1", "platform sharing 0.5"),
    *("membership active 1", "membership sharing 0.5", "asset active 0", "asset availability 0.5"),
    *("market demand_multiplier 2", "supply multiplier 2", "trade frozen_year 2005"),
)
"""Kinds and fields of events in version 0.1, each with a value that it took."""


def test_a_scenario_of_version_0_1_is_read(folder: Path) -> None:
    text = (
        HEAD
        + 'scored_from = 2005-01-03\nfork = 2006-01-02\n[parameters]\nsharing_scale = 1.5\nchoice_rule = "experience"\n'
    )
    for number, line in enumerate(OF_VERSION_0_1):
        kind, field, value = line.split()
        text += f'[[events]]\nid = "e{number}"\ndate = 2006-05-10\ntarget = "{kind}:*"\n'
        text += f'field = "{field}"\nvalue = {value}\nsource = "s"\nconfidence = "medium"\nnote = "n"\n'
    made = Scenario.load(write(folder, text))
    lay_out(load_world(), made)
    assert [f"{event.kind} {event.field} {event.amount:g}" for event in made.events] == sorted(
        OF_VERSION_0_1, key=lambda line: f"e{OF_VERSION_0_1.index(line)}"
    )


def test_a_study_given_for_a_scenario_is_known(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text('title = "x"\nkind = "sweep"\nscenarios = ["as-it-happened"]\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"a study, not a scenario.*run.py study"):
        Scenario.load(path)


def pledge(*events: Event) -> float:
    """What Belgium would share with MAOC-N in 2012."""
    world = load_world()
    _, inputs = lay_out(world, Scenario.load("as-it-happened").with_events(*events))
    epoch = inputs.epoch_of_week[calendar.week_of("2012-03-05")]
    return float(inputs.dated.states_pledge[epoch][world.states.index("BEL"), world.platforms.index("maoc-n")])


def belgium(field: str, value: float, operation: str = "value") -> Event:
    return Event(f"{field}-{operation}", date(2011, 9, 5), None, "membership", "maoc-n/BEL", field, operation, value)  # type: ignore[arg-type]


def test_who_joins_a_platform_shares_at_its_level() -> None:
    """Full members at the platform's, observers at a part of it; a level of its own comes before both."""
    level = float(load_world().tables.platforms.set_index("platform").loc["maoc-n", "sharing_default"])
    joins = belgium("active", 1.0)
    assert pledge() == 0.0
    assert pledge(joins) == pytest.approx(level)
    assert pledge(joins, belgium("role", 0.5)) == pytest.approx(0.5 * level)
    assert pledge(joins, belgium("sharing", 0.9)) == pytest.approx(0.9)
    assert pledge(joins, belgium("sharing", 0.5, "multiply")) == pytest.approx(0.5 * level)
    more = Event("more", date(2011, 9, 5), None, "platform", "maoc-n", "sharing", "value", 0.8)
    assert pledge(joins, more) == pytest.approx(0.8)


def test_a_country_that_joins_changes_what_happens() -> None:
    past = RouteModel("as-it-happened", rng=3, organisations=40).run_until("2011-09-05")
    joins = Event("joins", date(2011, 9, 5), None, "membership", "maoc-n/MAR,GNB,GMB,BRA", "active", "value", 1.0)
    joined = past.fork(past.policy.with_events(joins)).run_for(60)
    assert not joined.weekly.equals(past.fork().run_for(60).weekly)


def test_the_order_of_membership_events_does_not_matter() -> None:
    level = float(load_world().tables.platforms.set_index("platform").loc["maoc-n", "sharing_default"])
    halves, joins = belgium("sharing", 0.5, "multiply"), belgium("active", 1.0)
    assert pledge(replace(halves, id="a"), replace(joins, id="b")) == pytest.approx(0.5 * level)
    assert pledge(replace(halves, id="b"), replace(joins, id="a")) == pytest.approx(0.5 * level)
    observes = belgium("role", 0.0)
    assert pledge(replace(observes, id="a"), replace(joins, id="b")) == 0.0
    assert pledge(belgium("sharing", 0.0, "add"), joins) == pytest.approx(level)


@pytest.mark.parametrize("day", ["2008-12-31", "2010-01-01", "2016-01-02", "2010-01-04"])
def test_supply_grows_from_the_year_of_the_events_week_on(day: str) -> None:
    """Around New Year the year of a week is not that of all its days."""
    world, week, base = load_world(), calendar.week_of(day), Scenario.load("as-it-happened")
    event = Event("grown", date.fromisoformat(day), None, "supply", "*", "growth_per_year", "value", 0.1)
    weeks = [week, week + 60]
    kg = [
        inputs.dated.sources_supply_kg_per_week[inputs.epoch_of_week[weeks]].sum(axis=1)
        for inputs in (lay_out(world, base)[1], lay_out(world, base.with_events(event))[1])
    ]
    years = calendar.year_of(weeks[1]) - calendar.year_of(week)
    assert (kg[1] / kg[0]).tolist() == pytest.approx([1.0, 1.1**years])


# --- events made in Python ----------------------------------------------------------------------------------------


def test_an_event_of_a_field_that_does_not_exist_is_refused_where_it_is_made() -> None:
    with pytest.raises(InputError, match="did you mean 'multiplier'") as refused:
        Event("ties", date(2000, 1, 3), None, "trade", "*", "multiplyer", "multiply", 12.0)
    assert "frozen_year" in str(refused.value)
    with pytest.raises(InputError, match="one of the kinds parameter, "):
        Event("ties", date(2000, 1, 3), None, "tide", "*", "multiplier", "multiply", 12.0)


def test_licit_trade_can_be_multiplied() -> None:
    world = load_world()
    corridor = str(world.tables.legs["corridor"].iloc[0])
    more = scenario(events=[]).with_events(
        Event("ties", date(2000, 1, 3), None, "trade", corridor, "multiplier", "multiply", 12.0)
    )
    plain, changed = (lay_out(world, one)[1].dated.legs_exposure[0] for one in (scenario(events=[]), more))
    there = (world.tables.legs["corridor"] == corridor).to_numpy()
    assert changed[there] == pytest.approx(12.0 * plain[there])
    assert (changed[~there] == plain[~there]).all()
