"""The command line: quick help, what each command shows, examples, exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner, Result

import run
from experiments import expected
from experiments.calibration import calibrate as fitting
from experiments.calibration.job import Job
from experiments.calibration.posterior import load_posterior
from experiments.calibration.problem import Problem
from experiments.ensemble.folder import read_manifest
from experiments.study import Study
from experiments.validation.validate import USUAL
from model import RouteModel, Scenario
from model.parameter_fields import markdown_table, parameter_rows
from model.parameters import Parameters
from model.scenario.events import EVENT_FIELDS
from model.week import SCHEDULE
from views.cli import fit, pages, studies, terminal
from views.cli.command import INSTALLED, as_called
from views.cli.options import read_settings

ROOT = Path(__file__).resolve().parents[2]
LISTS = ("scenarios", "parameters", "policies", "studies", "schedule", "event-targets")
COMMANDS = tuple(typer.main.get_command(run.app).commands)  # type: ignore[attr-defined]
STARTS = (
    "experiments.expected.expect",
    "experiments.ensemble.runner.warm_up",
    "experiments.ensemble.queries.query",
    "experiments.analysis.discovery.discover",
    "views.cli.studies.conduct_made",
    "views.cli.pages._check_address",
    "views.cli.pages.write_study_report",
    "views.cli.pages.write_history_report",
)
"""Where commands begin to work."""
HELP_SECONDS = 0.5


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run every command in an empty folder, on a wide screen without colours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def call(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(run.app, list(words))
    assert result.exit_code == code, (result.output, result.exception)
    return result


def words(text: str) -> str:
    return " ".join(text.split())


# --- help ---------------------------------------------------------------------------------------------------------


def seconds_of(*command: str) -> float:
    # as on a machine where libraries keep their bytecode: some test environments forbid it
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, cwd=ROOT, env=environment)
    return time.perf_counter() - started


def test_help_is_quick():
    # the best of several, less what the bare interpreter takes when the machine is busy with other things
    bare = min(seconds_of("-c", "pass") for _ in range(3))
    best = min(seconds_of("run.py", "--help") for _ in range(5))
    assert best < HELP_SECONDS + bare


def test_help_loads_nothing_heavy():
    heavy = ("numba", "pandas", "mesa", "plotly", "model", "experiments", "views.cli.summaries")
    code = f"import sys, run; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_help_lists_every_command():
    text = call("--help").output
    for command in COMMANDS:
        assert re.search(rf"\b{command}\b", text)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_sentence_and_examples(command: str):
    text = call(command, "--help").output
    assert "Examples" in text
    assert f"uv run run.py {command}" in text
    assert "TODO" not in text


class StartedError(Exception):
    """The work of a command would begin here."""


def examples_of(command: str) -> list[str]:
    text = call(command, "--help").output
    return [line.strip() for line in text.splitlines() if line.strip().startswith("uv run run.py")]


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_are_understood(command: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch):
    """Every example of the help parses: its options exist and take such values (the work itself is left out)."""

    def started(*_: object, **__: object) -> None:
        raise StartedError

    for start in STARTS:
        monkeypatch.setattr(start, started)
    for name, kind in (("history", "history"), ("headline", "headline"), ("run-no-schiphol-sive", "run")):
        (elsewhere / "results" / name).mkdir(parents=True)
        (elsewhere / "results" / name / "manifest.json").write_text(json.dumps({"kind": kind, "title": name}))
    scenario = 'base = "as-it-happened"'
    study = 'kind = "compare"\nscenarios = ["as-it-happened", "zero-effect"]\nreplications = 2'
    Path("my.toml").write_text(f'title = "Mine"\n{study if command == "study" else scenario}\n', encoding="utf-8")
    found = examples_of(command)
    assert found
    for line in found:
        words = shlex.split(line.split(" > ")[0])[3:]
        result = CliRunner().invoke(run.app, words)
        wanted = (0, None) if command in LISTS else (1, StartedError)
        said = type(result.exception) if result.exception else None
        assert (result.exit_code, said) == wanted, (words, result.output, result.exception)


# --- what is shown ------------------------------------------------------------------------------------------------


def test_schedule_is_that_of_the_week():
    text = call("schedule").output
    rows = [line for line in text.splitlines() if re.match(r"│\s+\d+", line)]
    assert len(rows) == len(SCHEDULE)
    for row, step in zip(rows, SCHEDULE, strict=True):
        assert step.submodel in row
        assert step.does in row


def test_event_targets_are_those_of_the_model():
    text = call("event-targets").output
    for kind, field in EVENT_FIELDS:
        assert re.search(rf"│ {kind} +│ {field} ", text), (kind, field)
    assert "there is no such kind of target" in call("event-targets", "plac", code=2).output


def test_scenarios_are_listed(elsewhere: Path):
    (elsewhere / "mine.toml").write_text('title = "My own"\nbase = "as-it-happened"\n', encoding="utf-8")
    text = call("scenarios").output
    for name in ("as-it-happened", "no-schiphol-sive", "zero-effect", "My own"):
        assert name in text


def test_parameters_show_every_name():
    text = call("parameters").output
    for name in parameter_rows(Parameters):
        assert name in text


def test_parameters_of_a_group():
    text = call("parameters", "--group", "market").output
    assert "demand_elasticity" in text
    assert "supply_scale" not in text


def test_parameters_as_csv():
    rows = list(csv.DictReader(io.StringIO(call("parameters", "--csv").stdout)))
    known = parameter_rows(Parameters)
    assert [row["name"] for row in rows] == list(known)
    assert all(row["source"] and row["confidence"] for row in rows)


def test_parameters_as_markdown():
    whole = call("parameters", "--markdown").stdout
    assert whole.strip() == markdown_table(Parameters).strip()
    part = call("parameters", "--markdown", "--group", "market").stdout
    assert part.startswith("### market")
    assert part in whole


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("sharing_scale=0.5", 0.5),
        ("sharing_scale = 1", 1.0),
        ("choice_rule=salience", "salience"),
        ("no_such=3", "3"),
        ("sharing_scale=much", "much"),
    ],
)
def test_settings_take_the_type_of_their_parameter(setting: str, value: object):
    (found,) = read_settings([setting]).values()
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("calibrate --screen --quick", "screen --quick"),
        ("calibrate salience --recovery 20 --of-model --seed 3", "recover salience --trials 20 --of-model --seed 3"),
        ("calibrate --recovery 12 --out mine", "recover --trials 12 --out mine"),
        ("calibrate --best --workers 3", "best --workers 3"),
    ],
)
def test_options_of_version_0_1_do_what_their_commands_do(before: str, now: str, monkeypatch: pytest.MonkeyPatch):
    asked: list[object] = []

    def task(chosen: Job, work: partial | Callable, *_: object, **__: object) -> None:
        asked.append((chosen, getattr(work, "func", work), getattr(work, "keywords", {})))
        raise StartedError

    monkeypatch.setattr(fit, "_task", task)
    old, new = (CliRunner().invoke(run.app, line.split()) for line in (before, now))
    assert isinstance(old.exception, StartedError), old.output
    assert asked[0] == asked[1]
    assert "deprecated" not in new.stderr
    option = next(word for word in before.split() if word in ("--screen", "--recovery", "--best"))
    told = f"calibrate {option} is deprecated and goes with the next release; use: uv run run.py {now.split()[0]}"
    assert told in words(old.stderr)
    assert option not in call("calibrate", "--help").output


# --- running ------------------------------------------------------------------------------------------------------

SHORT = ("--organisations", "20", "--until", "2000-12-31", "--seed", "5")


def test_run_writes_frames_and_prints_years(elsewhere: Path):
    result = call("run", "as-it-happened", *SHORT, "--set", "supply_scale=1.2", "--out", "out/one")
    assert result.stdout.splitlines()[-1] == str(Path("out/one"))
    assert "2000" in result.stdout
    assert "Fitted to 2004-08" in result.stdout
    assert "1 run in" in result.stderr
    yearly = pd.read_parquet(elsewhere / "out/one/yearly.parquet")
    assert list(yearly["year"]) == [2000]
    assert yearly.columns[0] == "replication"
    assert [path.name for path in (elsewhere / "out").iterdir()] == ["one"]


def test_what_has_no_effect_is_said_kept_and_shown(elsewhere: Path):
    (elsewhere / "quiet.toml").write_text(
        'title = "Quiet"\nbase = "as-it-happened"\nend = 2008-12-28\n[parameters]\nsalience_bias = 0.4\n[[events]]\n'
        'id = "pledges"\ndate = 2002-01-07\ntarget = "state:*"\nfield = "pledge_multiplier"\nvalue = 3\n',
        encoding="utf-8",
    )
    result = call("history", "--scenario", "quiet", "--quick", "--replications", "2", "--organisations", "20")
    warned = [
        "parameter salience_bias = 0.4 has no effect because no rule reads it unless choice_rule = salience",
        "event pledges (state:* pledge_multiplier) has no effect because no rule reads it unless cooperation = "
        "endogenous",
    ]
    report = (elsewhere / "results/history-quick/report.html").read_text(encoding="utf-8")
    costs = call("policies", "--cost", "quiet")
    for text in warned:
        assert f"Warning: {text}" in words(result.stderr)
        assert f"Warning: {text}" in words(costs.stderr)
        assert f"P{text[1:]}." in report or f"E{text[1:]}." in report
    assert read_manifest(elsewhere / "results/history-quick")["warnings"] == warned


def test_a_long_job_says_what_it_will_take_and_a_short_one_nothing(monkeypatch: pytest.MonkeyPatch, capsys):
    small = ("--replications", "2", "--organisations", "20", "--workers", "2")
    runs, study = ("history", *small), ("compare", "s00-status-quo", "s15-demand", *small)
    for command in (runs, study):
        assert "Expected" not in call(*command).stderr
    monkeypatch.setattr(expected, "SHORT_WEEKS", 0)
    monkeypatch.setattr(expected, "LONG_SECONDS", 0.0)
    monkeypatch.setattr(expected, "_pace", lambda *_: expected._Pace(0.1, 60.0, 1e9))
    assert re.search(r"Expected: about 6 minutes, \d\.\d GB on 2 workers", call(*runs, "--out", "h").stderr)
    assert re.search(r"Expected: about 1[89] minutes, \d\d\.\d GB on 2 workers", call(*study, "--out", "s").stderr)
    fit._say_expected(fit.Fit(workers=2).job(), expected.of_fit)
    assert "Expected: about 25 days, " in capsys.readouterr().err


def test_what_jobs_are_expected_to_do():
    problem = Problem.usual("base")
    fit = expected.of_fit(fitting.USUAL, problem)
    shipped = load_posterior().manifest
    assert 0.8 < fit.runs / (shipped["simulations"] + shipped["sets"] + shipped["chance_seeds"]) < 1.25
    assert expected.of_fit(fitting.USUAL, problem, temperature_given=True).runs == 5224 + 300 + 24 - 600 + 600
    packages = Study.load("packages")
    work = expected.of_study(packages, 0)
    assert work.runs == packages.plan["run"].nunique()
    assert work.weeks > 500 * work.runs
    assert expected.of_study(packages, int(work.runs)).runs == 0
    assert expected.of_study(Study.load("robust-mix"), 0).runs > 1000
    assert expected.of_validation(USUAL, problem, 300).weeks > 3e6


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (119.0, ""),
        (121.0, "about 2 minutes, 1.5 GB on 2 workers"),
        (9000.0, "about 2 hours"),
        (2e6, "about 24 days"),
    ],
)
def test_how_long_a_job_takes_is_said_in_words(seconds: float, said: str):
    assert said in str(expected.Expected(seconds, 1.5e9, 2))
    assert bool(str(expected.Expected(seconds, 1.5e9, 2))) is bool(said)


def test_run_says_when_a_year_is_incomplete():
    text = call("run", "as-it-happened", "--organisations", "20", "--until", "2000-03-01", "--out", "o").stdout
    assert "2000 (9 of 52 weeks)" in text


def test_history_writes_a_report_and_prints_its_path_last(elsewhere: Path):
    (elsewhere / "early.toml").write_text(
        'title = "Early"\nbase = "as-it-happened"\nend = 2008-12-28\n', encoding="utf-8"
    )
    result = call("history", "--scenario", "early", "--quick", "--replications", "2", "--organisations", "20")
    last = Path(result.stdout.splitlines()[-1])
    assert last == Path("results/history-quick/report.html")
    assert (elsewhere / last).stat().st_size > 100_000
    text = words(result.stdout)
    for part in ("Wholesale price in Europe", "50,000", "124", "67", "47", "Fitted to 2004-08"):
        assert part in text
    again = call("report", "results/history-quick")
    assert again.stdout.splitlines()[-1] == str(last)
    assert "Warning" not in again.stderr
    manifest = read_manifest(elsewhere / last.parent)
    as_in_0_1 = {name: manifest[name] for name in ("title", "scenario", "run_id", "seeds", "organisations", "created")}
    for made in ({}, {"results_version": 7}):  # version 0.1 did not tell its own
        (elsewhere / last.parent / "manifest.json").write_text(json.dumps({**as_in_0_1, **made}))
        assert "do not compare them with results made now" in call("report", "results/history-quick").stderr
        assert "do not compare them with results made now" in (elsewhere / last).read_text(encoding="utf-8")


def test_no_command_is_the_main_job(monkeypatch: pytest.MonkeyPatch):
    asked: list[object] = []
    monkeypatch.setattr(studies, "conduct_made", lambda made, *_, **__: asked.append(made.name))
    monkeypatch.setattr("experiments.history.run_history", lambda *words, **_: asked.append(words) or 1 / 0)
    call()
    assert isinstance(CliRunner().invoke(run.app, ["history"]).exception, ZeroDivisionError)
    assert asked == ["headline", (Scenario.load("as-it-happened"), 20, 1, 150, Path("results/history"))]


# --- stopping -----------------------------------------------------------------------------------------------------


def stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_interruption_says_what_was_kept(elsewhere: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("experiments.ensemble.runner.warm_up", stop)
    result = call("history", "--out", "results/history", code=130)
    assert "Interrupted" in result.stderr
    assert "nothing half-written" in words(result.stderr)
    assert not list(elsewhere.rglob("*.p*"))


def test_interruption_of_the_report_says_that_the_frames_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("experiments.history.run_history", lambda *_, **__: None)
    monkeypatch.setattr(pages, "write_history_report", stop)
    result = call("history", "--out", "results", code=130)
    assert "complete" in result.stderr
    assert "run.py report results" in words(result.stderr)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_in_a_terminal(elsewhere: Path):
    """A real interruption, while runs are under way, ends soon, with 130, and leaves nothing half-written."""
    RouteModel(rng=1, organisations=10).step()  # compiled before
    command = [sys.executable, str(ROOT / "run.py"), "history", "--replications", "500", "--out", "out/many"]
    told = {**os.environ, "PYTHONFAULTHANDLER": "1"}
    with subprocess.Popen(
        command,
        cwd=elsewhere,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=told,
        # a shell that starts the tests in the background has them, and what they start, ignore Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as job:
        assert job.stderr is not None
        for line in job.stderr:
            if "simulating" in line:
                break
        time.sleep(0.5)
        job.send_signal(signal.SIGINT)
        try:
            _, said = job.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            job.send_signal(signal.SIGABRT)  # then Python says where every thread was
            pytest.fail(job.communicate()[1])
    assert job.returncode == 130
    assert "Interrupted" in said
    assert "Traceback" not in said
    assert not list((elsewhere / "out").rglob(".*"))  # nothing half-written


@pytest.mark.parametrize("host", ["", "no such host", "256.1.1.1", "198.51.100.7", "x" * 70 + ".y", "::zz"])
def test_a_host_that_is_no_address_here_is_refused(host: str):
    said = call("app", "--no-open", "--host", host, "--port", "8791", code=2).stderr
    assert "--host" in said
    assert "127.0.0.1" in said


def test_a_port_that_is_taken_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = call("app", "--no-open", "--port", str(taken.getsockname()[1]), code=2).stderr
    assert "--port" in said
    assert "Address already in use" in said


def test_messages_name_the_command_that_is_there(monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(terminal, "as_called", lambda text: as_called(text, INSTALLED))
    terminal.say("Remedy: uv run run.py calibrate base; `run.py parameters` lists them")
    assert capsys.readouterr().err == "Remedy: highway10 calibrate base; `highway10 parameters` lists them\n"
    assert "highway10 query" in call("query", "", code=2).stderr


def test_a_fault_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr("experiments.history.run_history", broken)
    result = CliRunner().invoke(run.app, ["history"])
    assert isinstance(result.exception, ValueError)
