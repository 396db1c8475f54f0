"""The page behind the browser: addresses, worlds that part, frames against the model, files, results, a session."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
import queue
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import RouteModel, Scenario
from model.errors import InputError
from model.kinds import Counter
from model.record import Weekly
from model.scenario.events import fields_of
from model.world import World
from views.live import files, geometry, results, session
from views.live.geometry import values_of
from views.live.inspector import KINDS, inspect
from views.live.server import ORIGINS_VARIABLE, SameOrigin
from views.live.session import Session
from views.live.settings import LIMITS, Move, Settings, make_move, read_address, read_move, scenario_names
from views.live.snapshot import CORRIDORS, MONEY, SERIES, Seen, corridor_of_leg, frame
from views.live.worlds import Worlds, parted

NAMES = scenario_names()
SMALL = Settings(organisations=40, year=2000)


# --- addresses ----------------------------------------------------------------------------------------------------

DAYS = st.dates(dt.date(2000, 1, 3), dt.date(2023, 12, 20)).map(lambda d: d - dt.timedelta(days=d.weekday()))
MOVES = st.builds(
    Move,
    st.sampled_from(["measure:maoc-n", "measure:confiscation"]),
    st.just("dose"),
    st.sampled_from([0.0, 0.25, 1.0]),
    DAYS,
)


WORLDS = st.tuples(st.sampled_from(NAMES), st.sampled_from(["", *NAMES]), DAYS, st.none() | DAYS)
NUMBERS = st.tuples(*(st.integers(*LIMITS[name]) for name in ("seed", "year", "weeks")))


@settings(max_examples=60, deadline=None)  # the first one reads the tables
@given(WORLDS, NUMBERS, st.lists(MOVES, max_size=3, unique_by=lambda m: (m.target, m.date)))
def test_an_address_leads_back(worlds, numbers, moves) -> None:
    (scenario, other, fork, date), (seed, year, weeks) = worlds, numbers
    made = Settings(
        scenario,
        other,
        fork if other else Settings().fork,
        seed,
        150,
        year,
        weeks,
        12,
        "side" if other else "one",
        date,
    )
    for move in moves:
        made = made.with_move(move)
    found, notes = read_address("?" + made.address(), NAMES)
    assert notes == []
    assert replace(found, moves=()) == replace(made, moves=())
    assert set(found.moves) == set(made.moves)


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_no_address_breaks_the_page(text: str) -> None:
    found, _ = read_address(text, NAMES)
    assert found.scenario in NAMES


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("scenario=paris-packag", "did you mean 'paris-package'"),
        ("seed=-1", "a whole number from 0"),
        ("date=2031-01-01", "end of 2023"),
        ("colour=red", "no such part"),
        ("view=side", "needs another scenario"),
        ("lever=measure:maoc-n.dose@2012-01-02=7", "0 to 1"),
        ("lever=nonsense", "target.field@day=value"),
        ("lever=platform:maoc-n.colour@2012-01-02=1", ", ".join(sorted(fields_of("platform")))),
        ("weeks=many", "from 1 to 52"),
    ],
)
def test_a_wrong_part_of_an_address_is_left_out_and_named(query: str, says: str) -> None:
    found, notes = read_address(query, NAMES)
    assert len(notes) == 1
    assert says in notes[0]
    assert found == Settings()


def test_a_lever_of_the_same_day_is_replaced() -> None:
    first = read_move("measure:maoc-n.dose@2012-01-02=0.5")
    made = Settings().with_move(first).with_move(replace(first, value=0.9))
    assert [move.value for move in made.moves] == [0.9]


# --- worlds -------------------------------------------------------------------------------------------------------


def test_two_worlds_are_the_same_until_they_part() -> None:
    made = replace(SMALL, other="no-schiphol-sive", fork=dt.date(2003, 1, 6), view="side", date=dt.date(2003, 1, 6))
    worlds = Worlds(made)
    first, second = worlds.models
    assert np.array_equal(first.weekly.to_numpy(), second.weekly.to_numpy())
    assert worlds.part_day == dt.date(2003, 1, 6)
    worlds.run_until(dt.date(2005, 1, 3))
    assert not np.array_equal(first.weekly.to_numpy(), second.weekly.to_numpy())


def test_a_parted_scenario_says_the_second_from_the_day_on() -> None:
    fork = dt.date(2011, 5, 9)
    first, second = Scenario.load("as-it-happened"), Scenario.load("s12-asset-cut")
    made = parted(first, second, fork)
    day = dt.date(2013, 6, 3)
    assert {str(e.content()) for e in made.in_force(day)} >= {
        str(e.content()) for e in second.in_force(day) if e.date >= fork
    }
    assert not {e.id for e in made.in_force(dt.date(2010, 1, 4))} ^ {e.id for e in first.in_force(dt.date(2010, 1, 4))}


def test_a_lever_acts_from_its_day_and_as_if_it_had_been_in_the_scenario() -> None:
    day = dt.date(2002, 1, 7)
    worlds = Worlds(replace(SMALL, date=day))
    before = worlds.models[0].weekly.copy()
    worlds.set_levers(
        worlds.settings.with_move(make_move({"target": "asset:*", "field": "availability", "value": 0}, day))
    )
    worlds.run_until(dt.date(2003, 1, 6))
    model = worlds.models[0]
    pd.testing.assert_frame_equal(model.weekly.iloc[: len(before)], before)
    again = RouteModel(worlds.steered, SMALL.seed, SMALL.organisations).run_until("2003-01-06")
    assert np.array_equal(again.weekly.to_numpy(), model.weekly.to_numpy())
    assert model.weekly["asset_weeks"].iloc[-1] < before["asset_weeks"].iloc[-1]


def test_steps_end_with_the_tables() -> None:
    worlds = Worlds(replace(SMALL, date=dt.date(2023, 12, 18)))
    worlds.step(50)
    assert worlds.ended
    worlds.step(1)
    assert worlds.models[0].week == worlds.models[0].last_week + 1


# --- frames -------------------------------------------------------------------------------------------------------


@pytest.fixture
def model() -> RouteModel:
    return RouteModel("as-it-happened", 3, 60).run_until("2003-06-02")


def test_frames_carry_the_models_own_numbers(model: RouteModel) -> None:
    corridor, seen = corridor_of_leg(model.world), Seen()
    whole = frame(model, seen, corridor, whole=True)
    before = seen.events
    model.run_for(7)
    part = frame(model, seen, corridor, whole=False)
    rows = np.array(whole["rows"] + part["rows"])
    assert part["week"] == whole["next"]
    weekly = model.weekly
    for column, name in enumerate([*SERIES, *MONEY]):
        scale = 1e3 if name in ("capital_eur", *MONEY) else 1.0
        assert np.abs(rows[:, column] - weekly[name].to_numpy() / scale).max() <= 0.51, name
    assert part["flow"] == np.rint(model.state.legs.set_out_kg).astype(int).tolist()
    since = model.buffers.seizures[before : int(model.state.counts[Counter.EVENTS])]
    since = since[since["leg"] >= 0]
    assert sum(part["hits"][2::3]) == len(since)
    assert sum(part["hits"][1::3]) == pytest.approx(since["kg"].sum(), abs=len(part["hits"]))
    moved = model.by("leg")["moved_kg"].unstack(0).loc[list(model.world.legs)]
    into = moved[corridor >= 0].sum()
    for year, *kg in part["corridors"]:
        assert sum(kg) == pytest.approx(into[year], abs=len(CORRIDORS))


def test_a_frame_is_small_and_does_not_change_with_the_model(model: RouteModel) -> None:
    corridor, seen = corridor_of_leg(model.world), Seen()
    frame(model, seen, corridor, whole=True)
    model.step()
    made = frame(model, seen, corridor, whole=False)
    text = json.dumps(made)
    assert len(text) < 15_000
    model.run_for(52)
    assert json.dumps(made) == text


def test_all_series_are_recorded() -> None:
    assert set(SERIES) <= set(Weekly.columns())


def test_what_is_sent_once_fits_the_world(world) -> None:
    made = geometry.static(world)
    assert len(made["places"]) == len(world.places)
    assert len(made["legs"]) == len(world.legs)
    assert len(json.dumps(made)) < 300_000
    assert {one["id"] for one in made["platforms"]} == set(world.platforms)
    for group in made["levers"]:
        for lever in group["levers"]:
            move = make_move({**lever, "value": lever["start"]}, dt.date(2012, 1, 2))
            assert lever["low"] <= lever["start"] <= lever["high"], move


def test_everything_on_the_map_can_be_asked(model: RouteModel) -> None:
    for kind in KINDS:
        said = inspect(model, kind, 3)
        assert said["title"]
        assert said["facts"]
    row = model.world.states.index("ESP")
    spain = inspect(model, "state", row)["history"][0]
    assert spain["values"][-1] == pytest.approx(model.by("state")["seized_kg"].loc[(2003, "ESP")] / 1000, abs=0.001)
    with pytest.raises(InputError, match="no such thing"):
        inspect(model, "place", 10_000)


# --- files and results --------------------------------------------------------------------------------------------


def test_files_hold_the_run(model: RouteModel, tmp_path: Path) -> None:
    name, content = files.make_file([model], "csv")
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert name.endswith("-csv.zip")
    weekly = pd.read_csv(archive.open("weekly.csv"))
    assert weekly["seized_kg"].to_numpy() == pytest.approx(model.weekly["seized_kg"].to_numpy())
    parquet = zipfile.ZipFile(io.BytesIO(files.make_file([model], "parquet")[1]))
    assert len(pd.read_parquet(io.BytesIO(parquet.read("seizures.parquet")))) == len(model.seizures)
    both = zipfile.ZipFile(io.BytesIO(files.make_file([model, model.fork(sharing_scale=0.0)], "csv")[1]))
    assert {"first/weekly.csv", "second/weekly.csv", "second/scenario.toml"} <= set(both.namelist())
    assert both.read("first/scenario.toml") != both.read("second/scenario.toml")
    toml = tmp_path / "again.toml"
    toml.write_bytes(files.make_file([model], "toml")[1])
    assert Scenario.load(toml).identity() == model.policy.identity()


def test_missing_and_broken_results_are_said_and_do_not_raise(tmp_path: Path) -> None:
    assert "no folder" in results.list_results(tmp_path / "none")["note"]
    assert "No study" in results.list_results(tmp_path)["note"]
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{")
    assert results.list_results(tmp_path)["studies"][0]["kind"] == "its manifest cannot be read"
    with pytest.raises(InputError, match="no single runs"):
        results.runs_of("broken", tmp_path)
    (tmp_path / "broken" / "manifest.json").write_text('{"title": "Ships", "kind": "compare", "seeds": [1, 2, 3]}')
    assert results.list_results(tmp_path)["studies"][0]["title"] == "Ships (preliminary, 3 seeds)"
    with pytest.raises(InputError, match="no longer"):
        results.runs_of("../..", tmp_path)


def test_a_study_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "plan.parquet").write_text("no parquet")
    with pytest.raises(InputError, match="the plan of the study is damaged"):
        results.runs_of("torn", tmp_path)
    with pytest.raises(InputError, match="no longer"):
        results.runs_of("gone", tmp_path)
    for content in ("[]", "3", '"text"', "{"):
        (tmp_path / "torn" / "manifest.json").write_text(content)
        assert results.list_results(tmp_path)["studies"][0]["kind"] == "its manifest cannot be read"
        assert results.study_of("torn", tmp_path) == {}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("one/report.html", True),
        ("one/two/validation.html", True),
        ("one/figures/a.csv", True),
        ("one/figures/a.html", False),
        ("one/data.csv", False),
        ("one/manifest.json", False),
        ("one", False),
        ("", False),
        ("../report.html", False),
        ("one/../../report.html", False),
        ("one/../one/report.html", False),
        ("one/link/report.html", False),
        ("/report.html", False),
        ("absent/report.html", False),
    ],
)
def test_only_reports_and_their_figures_are_found(path: str, found: bool, tmp_path: Path) -> None:
    root = tmp_path / "results"
    (root / "one" / "figures").mkdir(parents=True)
    (root / "one" / "two").mkdir()
    for name in ("report.html", "manifest.json", "data.csv", "figures/a.csv", "figures/a.html", "two/validation.html"):
        (root / "one" / name).write_text("x")
    (tmp_path / "report.html").write_text("x")
    (root / "one" / "link").symlink_to(tmp_path)
    assert (results.find_report(path, root) is not None) is found


# --- who may talk to the page -------------------------------------------------------------------------------------

HOSTS: list[tuple[str, str, str, bool]] = [
    ("127.0.0.1", "127.0.0.1:8765", "http://127.0.0.1:8765", True),
    ("127.0.0.1", "localhost:8765", "http://localhost:8765", True),
    ("127.0.0.1", "LOCALHOST:8765", "http://localhost:8765", True),
    ("::1", "[::1]:8765", "http://[::1]:8765", True),
    ("127.0.0.1", "localhost:8765", "", True),
    ("127.0.0.1", "localhost:8765", "http://localhost:8766", False),
    ("127.0.0.1", "localhost:8765", "http://127.0.0.1:8765", False),
    ("127.0.0.1", "localhost:8765", "null", False),
    ("127.0.0.1", "localhost:8765", "http://localhost:8765.evil.example", False),
    ("127.0.0.1", "localhost:8765", "http://localhost:99999999", False),
    ("127.0.0.1", "evil.example:8765", "http://evil.example:8765", False),
    ("127.0.0.1", "evil.example:8765", "", False),
    ("127.0.0.1", "localhost.evil.example", "", False),
    ("127.0.0.1", "127.0.0.1.evil.example", "", False),
    ("127.0.0.1", "", "", False),
    ("192.0.2.7", "model.example.org", "http://model.example.org", True),
    ("192.0.2.7", "model.example.org", "http://model.example.org:80", True),
    ("192.0.2.7", "model.example.org", "https://other.example.org", False),
    ("127.0.0.1", "model.proxied.example", "https://model.proxied.example", True),
    ("127.0.0.1", "localhost:8765", "https://model.proxied.example", True),
]
"""Address that the server listens on, Host, Origin, and whether the request is let through."""


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(("server", "host", "origin", "passes"), HOSTS)
def test_requests_of_other_sites_are_refused(
    kind: str, server: str, host: str, origin: str, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ORIGINS_VARIABLE, "https://model.proxied.example")
    headers = [(name, value.encode()) for name, value in ((b"host", host), (b"origin", origin)) if value]
    scope = {
        "type": kind,
        "scheme": "ws" if kind == "websocket" else "http",
        "headers": headers,
        "method": "GET",
        "server": (server, 8765),
        "path": "/",
    }
    sent: list[dict] = []

    async def app(*_: object) -> None:
        sent.append({"type": "passed"})

    async def receive() -> dict:
        return {"type": "websocket.connect"}

    async def send(message: dict) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as pool:  # a browser test before this one leaves a loop running in this thread
        pool.submit(asyncio.run, SameOrigin(app)(scope, receive, send)).result()
    wanted = "passed" if passes else "websocket.close" if kind == "websocket" else "http.response.start"
    assert sent[0]["type"] == wanted
    assert passes or kind == "websocket" or sent[0]["status"] == 403


# --- a session ----------------------------------------------------------------------------------------------------


class Tab:
    """A page that takes messages and draws at once."""

    def __init__(self) -> None:
        self.got: queue.SimpleQueue[dict] = queue.SimpleQueue()
        self.session = Session(self.take)
        self.session.start()

    def take(self, message: dict, buffers: list[bytes]) -> None:
        if message["kind"] == "frame":
            self.session.ask({"kind": "ack", "n": message["n"]})
        self.got.put(message)

    def until(self, kind: str, **wanted: object) -> dict:
        while True:
            message = self.got.get(timeout=120)
            if message["kind"] == kind and all(message.get(k) == v for k, v in wanted.items()):
                return message


@pytest.fixture
def tab():
    made = Tab()
    yield made
    made.session.close()
    made.session._thread.join(10)
    assert not made.session._thread.is_alive()


def test_a_session_plays_pauses_jumps_and_goes_on_after_an_error(tab: Tab) -> None:
    tab.session.ask({"kind": "hello", "search": "?organisations=40&speed=30&weeks=4&year=2002&scenario=nowhere"})
    assert "no such scenario" in tab.until("note")["text"]
    assert tab.until("state")["date"] == "2001-12-31"
    tab.session.ask({"kind": "play"})
    first = tab.until("frame")
    assert tab.until("frame")["n"] == first["n"] + 1
    tab.session.ask({"kind": "nonsense"})
    assert "cannot ask" in tab.until("note")["text"]
    assert tab.until("state")["playing"] is True  # what was refused does not stop a run
    tab.session.ask({"kind": "pause"})
    assert tab.until("state")["playing"] is False
    tab.session.ask({"kind": "jump", "date": "2001-01-01"})
    assert tab.until("state")["date"] == "2001-01-01"
    tab.session.ask({"kind": "set", "name": "seed", "value": "x"})
    assert "whole number" in tab.until("note")["text"]
    tab.session.ask({"kind": "lever", "target": "measure:maoc-n", "field": "dose", "value": 0.4})
    moved = tab.until("state", date="2001-01-01")
    while not moved["moves"]:
        moved = tab.until("state")
    assert "lever=measure:maoc-n.dose@2001-01-01=0.4" in moved["address"]


def test_what_has_no_effect_is_named_beside_the_title(tab: Tab) -> None:
    tab.session.ask({"kind": "hello", "search": "?organisations=30&year=2000&scenario=zero-effect"})
    told = tab.until("state")["warnings"]
    assert [text.split()[1] for text in told] == ["nothing-at-algeciras", "nothing-in-spain"]
    tab.session.ask({"kind": "lever", "target": "state:*", "field": "pledge_multiplier", "value": 3})
    assert "no rule reads it unless cooperation = endogenous" in tab.until("state")["warnings"][2]
    tab.session.ask({"kind": "lever", "target": "state:ESP", "field": "finance_strength", "value": 0.9})
    assert len(tab.until("state")["warnings"]) == 3


def test_what_cannot_be_had_is_said_where_it_was_asked_for(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    tab.session.ask({"kind": "hello", "search": "?organisations=30&year=2000"})
    tab.until("state")
    tab.session.ask({"kind": "runs", "study": "nowhere"})
    assert "no longer" in tab.until("failed", asked="runs")["text"]
    assert "no longer" in tab.until("note")["text"]
    monkeypatch.setattr(results, "list_results", lambda: 1 / 0)
    tab.session.ask({"kind": "results"})
    assert "division by zero" in tab.until("failed", asked="results")["text"]


def test_a_fault_of_the_program_leaves_the_page_that_is_there(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    made = session.Worlds

    def torn(settings: Settings) -> Worlds:
        if settings.seed == 13:
            raise RuntimeError("torn")
        return made(settings)

    monkeypatch.setattr(session, "Worlds", torn)
    tab.session.ask({"kind": "hello", "search": "?organisations=30&year=2000&seed=13"})
    assert "torn" in tab.until("note")["text"]
    assert tab.until("state")["settings"]["seed"] == 1


def test_a_file_that_is_no_toml_is_said_when_the_page_opens(
    tab: Tab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "torn.toml").write_text('title = "Torn\n')
    (tmp_path / "latin.toml").write_bytes('title = "Café"'.encode("latin-1"))
    (tmp_path / "whole.toml").write_text('title = "Whole"\nkind = "compare"\n')
    monkeypatch.chdir(tmp_path)
    tab.session.ask({"kind": "hello", "search": "?organisations=30&year=2000"})
    said = [tab.until("note")["text"] for _ in range(2)]
    assert ["latin.toml" in said[0], "torn.toml" in said[1]] == [True, True]
    tab.until("state")
    assert tab.got.empty()


def test_another_seed_or_scenario_is_shown_on_the_same_day(tab: Tab) -> None:
    tab.session.ask({"kind": "hello", "search": "?organisations=30&year=2001&date=2003-03-03"})
    assert tab.until("state")["date"] == "2003-03-03"
    for name, value in (
        ("seed", 7),
        ("organisations", 40),
        ("other", "no-cooperation"),
        ("scenario", "no-schiphol-sive"),
    ):
        tab.session.ask({"kind": "set", "name": name, "value": value})
        tab.until("frame")
        assert tab.until("state")["date"] == "2003-03-03", name
    tab.session.ask({"kind": "set", "name": "year", "value": 2002})
    tab.until("frame")
    assert tab.until("state")["date"] == "2001-12-31"


def test_a_lever_that_names_nothing_is_left_out_and_the_rest_is_used(tab: Tab) -> None:
    tab.session.ask(
        {
            "kind": "hello",
            "search": "?organisations=30&seed=9&date=2001-03-05&year=2001"
            "&lever=measure:nope.dose@2001-02-05=0.5&lever=measure:maoc-n.dose@2001-02-05=0.5",
        }
    )
    told = tab.until("state")
    assert (told["settings"]["seed"], told["date"], len(told["moves"])) == (9, "2001-03-05", 1)


def test_the_end_of_a_run_has_an_address() -> None:
    ended, notes = read_address("date=2024-01-01", NAMES)
    assert notes == []
    assert ended.date == dt.date(2024, 1, 1)
    assert read_address("fork=2024-01-01", NAMES)[1]  # nothing can part there


# --- levers -------------------------------------------------------------------------------------------------------


def world_of(query: str) -> RouteModel:
    found, notes = read_address(query + "&organisations=30", NAMES)
    assert notes == []
    return Worlds(found).models[-1]


def test_levers_stand_at_what_is_in_force() -> None:
    history, full = (
        values_of(world_of("date=2016-01-04")),
        values_of(world_of("scenario=full-cooperation&date=2016-01-04")),
    )
    assert history["platform:maoc-n.sharing"] == pytest.approx(0.6, abs=0.15)
    assert full["platform:maoc-n.sharing"] == 1.0
    assert history["platform:maoc-n.active"] == full["platform:maoc-n.active"] == 1.0
    assert history["measure:schiphol-control.dose"] == 0.9
    early = values_of(world_of("date=2004-01-05"))
    assert early["platform:maoc-n.sharing"] is None  # nobody is in it yet
    moved = values_of(
        world_of(
            "date=2016-01-04&lever=platform:maoc-n.active@2016-01-04=0"
            "&lever=asset:*.availability@2016-01-04=0.5"
            "&lever=measure:confiscation.dose@2015-01-05=0.8"
        )
    )
    assert moved["platform:maoc-n.active"] == 0.0
    assert moved["asset:*.availability"] == 0.5
    assert moved["measure:confiscation.dose"] == 0.8


def test_every_lever_of_the_page_has_a_value(world: World) -> None:
    shown = {f"{one['target']}.{one['field']}" for group in geometry.static(world)["levers"] for one in group["levers"]}
    switches = {f"platform:{name}.active" for name in world.platforms}
    assert shown | switches == set(values_of(world_of("date=2016-01-04")))


def test_sharing_that_is_set_holds_for_members_who_share_by_themselves() -> None:
    moved = world_of("scenario=full-cooperation&date=2016-02-01&lever=platform:maoc-n.sharing@2016-01-04=0.3")
    row = moved.world.platforms.index("maoc-n")
    sharing = moved.state.states.sharing[:, row]
    assert sharing[sharing > 0] == pytest.approx(0.3)


def test_a_page_that_does_not_draw_slows_the_run() -> None:
    sent: list[dict] = []
    made = Session(lambda message, buffers: sent.append(message))
    made.start()
    made.ask({"kind": "hello", "search": "?organisations=20&speed=30&year=2001"})
    made.ask({"kind": "play"})
    time.sleep(4.0)
    made.close()
    made._thread.join(10)
    assert sum(message["kind"] == "frame" for message in sent) <= 4  # one a longest wait, not thirty a second
