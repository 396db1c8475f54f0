"""What a hand may get wrong: command lines, scenarios, tables. Each ends in a clear message, exit code 2, no trace."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import run
from model.world.tables import DATA

ROOT = Path(__file__).resolve().parents[2]
TABLES = "tables"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, a wide screen, no colours, no scenarios but the project's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("HIGHWAY10_SCENARIOS", raising=False)
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal comes before any work: whoever starts to simulate or to make folders has missed the fault."""

    def started(*_: object, **__: object) -> None:
        raise AssertionError("the study was started")

    monkeypatch.setattr("experiments.ensemble.runner.warm_up", lambda study: study.arms[0])
    for name in (
        "ensemble.runner._run_all",
        "calibration.calibrate._fitted",
        "validation.job.predict",
        "validation.validate.validate",
        "calibration.problem.Problem.chance_sd",
    ):
        monkeypatch.setattr(f"experiments.{name}", started)


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


def plain(text: str) -> str:
    """A message without the frame and the line breaks that the terminal gives it."""
    return " ".join(text.replace("│", " ").split())


def refused(folder: Path, words: list[str], parts: list[str]) -> Result:
    """Call the command line and check the refusal."""
    before = everything(folder)
    result = CliRunner().invoke(run.app, words)
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stdout == ""
    said = plain(result.stderr)
    for part in parts:
        assert part in said, f"{part!r} is not in: {said}"
    assert "Traceback" not in said
    assert everything(folder) == before
    return result


# --- command lines ------------------------------------------------------------------------------------------------

LINES: dict[str, tuple[str, list[str]]] = {
    "unknown command": ("rum", ["No such command 'rum'"]),
    "unknown option": ("history --speed 3", ["No such option", "--speed"]),
    "option of another command": ("schedule --seed 3", ["No such option", "--seed"]),
    "no scenario": ("run", ["Missing argument", "scenario"]),
    "one argument too many": ("run as-it-happened zero-effect", ["unexpected extra argument", "zero-effect"]),
    "option without value": ("history --seed", ["--seed", "requires an argument"]),
    "replications are no number": ("history --replications many", ["--replications", "valid integer"]),
    "replications are a fraction": ("history --replications 2.5", ["--replications", "valid integer"]),
    "no replications": (
        "history --replications 0",
        ["replications = 0", "Allowed: a whole number from 1 to 1,000,000", "20 replications are usual"],
    ),
    "negative replications": ("history --replications -4", ["replications = -4", "Allowed: a whole number from 1"]),
    "too many replications": ("history --replications 1000001", ["replications = 1000001", "1,000,000"]),
    "no workers": ("history --workers 0", ["workers = 0", "Allowed: a whole number from 1", "leave it out"]),
    "negative seed": ("history --seed -1", ["seed = -1", "Allowed: a whole number from 0"]),
    "seed too large": ("run as-it-happened --seed 9223372036854775808", ["seed = 9223372036854775808", "Allowed"]),
    "last seed too large": (
        "history --seed 9223372036854775807",
        ["seed = 9223372036854775807", "to 9,223,372,036,854,775,788"],
    ),
    "seed is a word": ("run as-it-happened --seed luck", ["--seed", "valid integer"]),
    "too few organisations": ("run as-it-happened --organisations 3", ["organisations = 3", "from 10 to 5,000,000"]),
    "too many organisations": ("history --organisations 6000000", ["organisations = 6000000", "5,000,000"]),
    "unknown scenario": (
        "run as-it-hapened",
        ["scenario = 'as-it-hapened'", "no such scenario", "zero-effect", "did you mean 'as-it-happened'?"],
    ),
    "unknown scenario of the main job": ("history --scenario paris", ["scenario = 'paris'", "no such scenario"]),
    "scenario is a folder": ("run .", ["scenario = '.'", "directory, not a scenario file", "name the file in it"]),
    "missing scenario file": ("run nowhere/mine.toml", ["scenario = 'nowhere/mine.toml'", "no such scenario"]),
    "setting without value": ("run as-it-happened --set sharing_scale", ["--set = 'sharing_scale'", "NAME=VALUE"]),
    "setting without name": ("run as-it-happened --set =3", ["--set = '=3'", "NAME=VALUE"]),
    "setting twice": (
        "history --set supply_scale=1 --set supply_scale=1.1",
        ["--set = 'supply_scale=1.1'", "set twice", "every name once"],
    ),
    "unknown parameter": (
        "run as-it-happened --set suply_scale=1",
        ["parameters.suply_scale = '1'", "no parameter 'suply_scale'", "did you mean 'supply_scale'?"],
    ),
    "parameter out of bounds": (
        "history --set supply_scale=9",
        ["parameters.supply_scale = 9.0", "Allowed: 0.7 to 1.4", "the default is 1"],
    ),
    "parameter is no number": (
        "run as-it-happened --set supply_scale=lots",
        ["parameters.supply_scale = 'lots'", "Allowed: 0.7 to 1.4", "plain number"],
    ),
    "parameter is not finite": ("run as-it-happened --set supply_scale=nan", ["parameters.supply_scale = nan", "0.7"]),
    "parameter is infinite": ("run as-it-happened --set supply_scale=inf", ["parameters.supply_scale = inf", "1.4"]),
    "unknown theory": (
        "run as-it-happened --set choice_rule=saliance",
        ["parameters.choice_rule = 'saliance'", "'expected-value'", "did you mean 'salience'?"],
    ),
    "until is no date": (
        "run as-it-happened --until soon",
        ["until = 'soon'", "not a date", "to 2023-12-31"],
    ),
    "until does not exist": ("run as-it-happened --until 2011-02-30", ["until = '2011-02-30'", "write it as"]),
    "until too early": ("run as-it-happened --until 1999-12-31", ["until = '1999-12-31'", "2000-01-03"]),
    "until too late": ("run as-it-happened --until 2024-06-01", ["until = '2024-06-01'", "outside the scenario"]),
    "unknown group": ("parameters --group sea", ["--group = 'sea'", "supply", "market", "choose one of these"]),
    "two formats": ("parameters --csv --markdown", ["--csv", "only one of them"]),
    "no such tables": ("run as-it-happened --tables nowhere", ["tables = 'nowhere'", "no such folder", "model/data"]),
    "unknown measure": ("policies maocn", ["measure = 'maocn'", "no such measure", "did you mean 'maoc-n'?"]),
    "unknown stage": ("policies --stage boat", ["--stage = 'boat'", "know, detect", "choose one of these"]),
    "cost of nothing": ("policies --cost paris", ["scenario = 'paris'", "no such scenario", "paris-package"]),
    "cost and more": ("policies --cost paris-package --csv", ["--cost = 'paris-package'", "stands alone"]),
    "unknown rule": (
        "run as-it-happened --set allocation=cover",
        ["parameters.allocation = 'cover'", "did you mean 'covering'?"],
    ),
    "negative seed of a study": ("study cooperation --seed -1", ["seed = -1", "from 0 to 9,223,372,036,854,775"]),
    "negative seed of a comparison": (
        "compare s00-status-quo paris-package --seed -1",
        ["seed = -1", "Allowed: a whole number from 0"],
    ),
    "negative seed of a calibration": (
        "calibrate --quick --seed -1",
        ["--seed = -1", "Allowed: a whole number from 0 to 4,294,967,295"],
    ),
    "seed of a calibration that is too large": (
        "calibrate --seed 4294967296",
        ["--seed = 4294967296", "4,294,967,295"],
    ),
    **{
        f"too many workers of {line.split()[0]}": (
            f"{line} --workers {10**20}",
            ["workers = 100000000000000000000", "from 1 to 4,096"],
        )
        for line in ("history", "study cooperation", "compare s00-status-quo paris-package", "calibrate", "validate")
    },
    "population too large": ("calibrate --population 1000000000", ["--population = 1000000000", "from 20 to 100,000"]),
    "too many trials": ("recover --trials 1000000000", ["--trials = 1000000000", "from 10 to 100,000"]),
    "too many trials as before": ("calibrate --recovery 1000000000", ["--recovery = 1000000000", "from 10 to 100,000"]),
    "two tasks as before": ("calibrate --screen --best", ["--screen, --best = 'together'", "only one of them"]),
    "data of the model for nothing": ("calibrate --of-model", ["--of-model = 'alone'", "recover --of-model"]),
    "no temperature": ("calibrate --temperature 0", ["--temperature = 0.0", "a number above 0", "leave it out"]),
    "port that no machine has": ("app --no-open --port 70000", ["--port = 70000", "a whole number from 1 to 65,535"]),
    "too many replications of a study": (
        "study cooperation --replications 10000000",
        ["replications = 10000000", "from 1 to 1,000,000"],
    ),
    "replications of 4,300 digits": (f"study cooperation --replications {'9' * 4_400}", ["--replications", "integer"]),
    "a million runs": (
        "study cooperation --replications 100000",
        ["runs = 4200000", "at most 1,000,000 runs: 42 points with 100,000 seeds", "add --large"],
    ),
    "a million runs of a comparison": (
        "compare s00-status-quo paris-package --replications 500000",
        ["runs = 2000000", "4 points with 500,000 seeds", "add --large"],
    ),
    "no such study": ("study coperation", ["study = 'coperation'", "did you mean 'cooperation'?"]),
    "name of a study that is too long": (f"study {'x' * 5_000}", ["no such study", "xxx ..."]),
    "path of a study that is too long": (f"study {'x' * 300}.toml", ["no such file", "check the path"]),
    "name of a scenario that is too long": (f"history --scenario {'x' * 5_000}", ["no such scenario", "xxx ..."]),
    "path of reports that is too long": (f"validate --against {'x' * 300}", ["cannot be read", "CSV file"]),
    "folder name that is too long": (f"history --out {'x' * 300}", ["File name too long", "choose another path"]),
    "setting of 5,000 digits": (
        f"run as-it-happened --set supply_scale={'9' * 5_000}",
        ["parameters.supply_scale = inf", "Allowed: 0.7 to 1.4"],
    ),
    "no results to report": ("report nothing", ["folder = 'nothing'", "no results", "manifest.json"]),
}


@pytest.mark.parametrize("name", LINES)
def test_command_lines(name: str, elsewhere: Path):
    line, parts = LINES[name]
    refused(elsewhere, line.split(), parts)


@pytest.mark.parametrize("command", ["history", "run as-it-happened"])
@pytest.mark.parametrize("name", ["thesis", "letter.txt", "letter.txt/results"])
def test_places_that_hold_something_else(command: str, name: str, elsewhere: Path):
    (elsewhere / "thesis").mkdir()
    (elsewhere / "thesis" / "chapter.tex").write_text("years of work", encoding="utf-8")
    (elsewhere / "letter.txt").write_text("a letter", encoding="utf-8")
    refused(elsewhere, [*command.split(), "--out", name], ["out = '", f"{name}'", "Allowed: a new or empty folder"])


COMMANDS = (
    "history",
    "run as-it-happened",
    "study cooperation",
    "compare s00-status-quo paris-package",
    "calibrate --quick",
    "screen --quick",
    "recover --quick",
    "best --quick",
    "validate --quick",
)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_place_for_results_is_refused(command: str, name: str, elsewhere: Path):
    refused(elsewhere, [*command.split(), "--out", name], ["name of the", "is empty", "Remedy: leave"])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_of_something_else_is_refused_by_every_command(command: str, elsewhere: Path):
    for folder in ("thesis", "thesis/base"):  # a calibration has a folder for each structure
        (elsewhere / folder).mkdir()
        (elsewhere / folder / "chapter.tex").write_text("years of work", encoding="utf-8")
        (elsewhere / folder / "manifest.json").write_text('{"study": "mine"}', encoding="utf-8")
    refused(elsewhere, [*command.split(), "--out", "thesis"], ["out = 'thesis", "Remedy: choose another folder"])


# --- scenarios ----------------------------------------------------------------------------------------------------

BASE = 'title = "Mine"\nbase = "as-it-happened"\n'
EVENT = BASE + '[[events]]\nid = "e"\ndate = 2011-05-10\n'
STATE = EVENT + 'target = "state:GNB"\n'

SCENARIOS: dict[str, tuple[str, list[str]]] = {
    "empty": ("", ["whole file", "the file is empty", "title"]),
    "not TOML": ("title = Mine\n", ["line 1", "title = Mine", "not TOML", "text stands in quotes"]),
    "nested too deeply": ("title = " + "[" * 3_000 + "]" * 3_000, ["nested too deeply", "plain list"]),
    "whole number of 5,000 digits": (BASE + "fork = " + "9" * 5_000, ["too many digits", "smaller number"]),
    "whole number of 5,000 digits as bits": (
        BASE + "[parameters]\nsupply_scale = 0x" + "f" * 5_000 + "\n",
        ["parameters.supply_scale = (a int too long to be shown)", "Allowed: 0.7 to 1.4"],
    ),
    "title is no text": ('title = 3\nbase = "as-it-happened"\n', ["title = 3", "not text", "text in quotes"]),
    "fork in the year 1": (BASE + "fork = 0001-01-01\n", ["fork = '0001-01-01'", "2000-01-03 to 2023-12-31"]),
    "base with a name that is too long": (f'title = "Mine"\nbase = "{"x" * 5_000}"\n', ["base = ", "no such scenario"]),
    "value that is very long": (BASE + f'author = "{"x" * 50_000}"\n', ["no such field", "xxx ..."]),
    "no title": ('base = "as-it-happened"\n', ["title", "needs a title"]),
    "unknown field": (BASE + 'author = "me"\n', ["author = 'me'", "no such field", "description"]),
    "unknown base": ('title = "Mine"\nbase = "as-it-was"\n', ["base = 'as-it-was'", "no such scenario", "zero-effect"]),
    "base of itself": ('title = "Mine"\nbase = "mine"\n', ["base = 'mine -> mine'", "its own base"]),
    "day does not exist": (BASE + "end = 2011-02-30\n", ["line 3", "2011-02-30", "does not exist", "2011-05-10"]),
    "end before start": (BASE + "end = 1999-01-01\n", ["end = '1999-01-01'", "2000-01-03 to 2023-12-31"]),
    "end after the tables": (BASE + "end = 2031-01-01\n", ["end = '2031-01-01'", "hold no data", "2023-12-31"]),
    "unknown parameter": (
        BASE + "[parameters]\nshare_scale = 2\n",
        ["parameters.share_scale = 2", "no parameter", "did you mean"],
    ),
    "parameter out of bounds": (
        BASE + "[parameters]\nsupply_scale = 3.0\n",
        ["parameters.supply_scale = 3.0", "Allowed: 0.7 to 1.4"],
    ),
    "number in quotes": (
        BASE + '[parameters]\nsupply_scale = "1"\n',
        ["parameters.supply_scale = '1'", "without quotes"],
    ),
    "event without id": (BASE + "[[events]]\ndate = 2011-05-10\n", ["events[1].id", "needs an id"]),
    "event without date": (BASE + '[[events]]\nid = "e"\n', ["events.e.date", "needs a date"]),
    "event outside": (
        BASE + '[[events]]\nid = "e"\ndate = 2031-05-10\ntarget = "state:GNB"\nfield = "capacity"\nvalue = 0.5\n',
        ["events.e.date = '2031-05-10'", "outside the scenario", "2000-01-03 to 2023-12-31"],
    ),
    "target without kind": (EVENT + 'target = "GNB"\n', ["events.e.target = 'GNB'", "kind:name"]),
    "unknown kind": (EVENT + 'target = "country:GNB"\n', ["events.e.target = 'country:GNB'", "no such kind", "place"]),
    "unknown state": (
        EVENT + 'target = "state:GNP"\nfield = "corruption"\nadd = 0.1\n',
        ["events.e.target = 'state:GNP'", "no such state", "did you mean 'state:GNB'?"],
    ),
    "unknown place": (
        EVENT + 'target = "place:algecira"\nfield = "coastal_radar"\nvalue = 0.5\n',
        ["events.e.target = 'place:algecira'", "no such place", "did you mean 'place:algeciras'?"],
    ),
    "unknown platform": (
        EVENT + 'target = "platform:maoc"\nfield = "active"\nvalue = 0\n',
        ["events.e.target = 'platform:maoc'", "no such platform", "maoc-n"],
    ),
    "unknown membership": (
        EVENT + 'target = "membership:maoc-n/USB"\nfield = "active"\nvalue = 1\n',
        ["events.e.target = 'membership:maoc-n/USB'", "no such membership"],
    ),
    "unknown column": (
        STATE + 'field = "mood"\nvalue = 1\n',
        ["events.e.field = 'mood'", "corruption, pledge_multiplier"],
    ),
    "value out of bounds": (
        STATE + 'field = "corruption"\nvalue = 1.5\n',
        ["events.e.value = 1.5", "not allowed", "0 to 1 share"],
    ),
    "value is text": (STATE + 'field = "corruption"\nvalue = "high"\n', ["events.e.value = 'high'", "not a number"]),
    "no change": (STATE + 'field = "corruption"\n', ["events.e = 'none of them'", "value, add or multiply"]),
    "two changes": (STATE + 'field = "corruption"\nadd = 0.1\nvalue = 1\n', ["events.e = 'value and add'", "keep one"]),
    "dose above one": (
        EVENT + 'target = "measure:maoc-n"\nfield = "dose"\nvalue = 1.2\n',
        ["events.e.value = 1.2", "Allowed: 0 to 1 dose"],
    ),
    "dose added": (
        EVENT + 'target = "measure:maoc-n"\nfield = "dose"\nadd = 0.2\n',
        ["events.e.add = 0.2", "dose can only be set", "write value = ..."],
    ),
    "unknown measure": (
        EVENT + 'target = "measure:maoc"\nfield = "dose"\nvalue = 1\n',
        ["events.e.target = 'measure:maoc'", "no such measure", "maoc-n"],
    ),
    "unknown treaty": (
        EVENT + 'target = "treaty:san-jose"\nfield = "active"\nvalue = 1\n',
        ["events.e.target = 'treaty:san-jose'", "no such treaty", "san-jose-2003"],
    ),
    "half a regime": (
        STATE + 'field = "consent_regime"\nvalue = 1.5\n',
        ["events.e.value = 1.5", "0 to 3 regime"],
    ),
    "unknown programme": (
        EVENT + 'target = "programme:seacap"\nfield = "spend_multiplier"\nvalue = 2\n',
        ["events.e.target = 'programme:seacap'", "no such programme", "did you mean 'programme:seacop'?"],
    ),
    "shock above one": (STATE + 'field = "shock"\nvalue = 2\n', ["events.e.value = 2", "0 to 1 share"]),
    "drops what is not there": (BASE + 'drop = ["sive"]\n', ["drop = 'sive'", "no such event", "sive-algeciras"]),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios(name: str, elsewhere: Path):
    text, parts = SCENARIOS[name]
    (elsewhere / "mine.toml").write_text(text, encoding="utf-8")
    refused(elsewhere, ["run", "mine.toml", "--out", "out"], ["mine.toml", "Allowed", "Remedy", *parts])


def test_scenarios_that_are_each_others_base(elsewhere: Path):
    for mine, other in (("mine", "yours"), ("yours", "mine")):
        (elsewhere / f"{mine}.toml").write_text(f'title = "{mine}"\nbase = "{other}"\n', encoding="utf-8")
    refused(elsewhere, ["run", "mine.toml"], ["base = 'mine -> yours -> mine'", "its own base"])


def test_a_chain_of_a_thousand_bases(elsewhere: Path):
    for number in range(1_000):
        base = f"s{number + 1}" if number < 999 else "as-it-happened"
        (elsewhere / f"s{number}.toml").write_text(f'title = "x"\nbase = "{base}"\n', encoding="utf-8")
    refused(elsewhere, ["run", "s0.toml"], ["too many bases", "at most 50", "fewer files"])


def test_a_message_is_cut(elsewhere: Path):
    """However many faults there are, and however long they are, a message can be read."""
    fields = "".join(f'field_{number} = "{"x" * 1_000}"\n' for number in range(1_000))
    (elsewhere / "mine.toml").write_text(BASE + fields, encoding="utf-8")
    said = refused(
        elsewhere, ["run", "mine.toml"], ["1000 problems", "field_0", "more problems; they are shown"]
    ).stderr
    assert len(said) < 3_000


STUDIES: dict[str, tuple[str, list[str]]] = {
    "title is no text": ("title = 3\n", ["title = 3", "not text"]),
    "fork in the year 1": ("fork = 0001-01-01\n", ["fork = '0001-01-01'", "not a date", "2000-01-03 to 2023-12-31"]),
    "design of another type": ('design = "grid"\n', ["design = 'grid'", "must be a table"]),
    "levers of another type": ('levers = "sharing"\n', ["levers = 'sharing'", "[[levers]] tables"]),
    "misspelt option of a design": ("[design]\nstep = 3\n", ["design.step = 3", "did you mean 'steps'?"]),
    "players are a number": (
        'kind = "attribution"\n[attribution]\nplayers = 7\n',
        ["attribution.players = 7", "list of"],
    ),
    "unknown player": (
        'kind = "attribution"\n[attribution]\nplayers = ["maoc-n", "cpp"]\n',
        ["attribution.players = 'cpp'", "no such platform", "did you mean 'ccp'?"],
    ),
    "common seeds in words": ('common_seeds = "no"\n', ["common_seeds = 'no'", "true or false", "without quotes"]),
    "ten million replications": ("replications = 10_000_000\n", ["replications = 10000000", "from 1 to 1,000,000"]),
    "whole number of 5,000 digits": (f"seed = {'9' * 5_000}\n", ["too many digits"]),
    "lever with a reserved name": (
        '[[levers]]\nname = "seed"\ntarget = "platform:*"\nfield = "sharing"\n',
        ["levers[1].name = 'seed'", "a column of the results has this name", "run, point, arm, seed, scenario"],
    ),
    "values are a word": (
        '[[levers]]\ntarget = "platform:*"\nfield = "sharing"\nvalues = "risk"\n',
        ["levers[1].values = 'risk'", "not a list of values"],
    ),
}


@pytest.mark.parametrize("name", STUDIES)
def test_studies(name: str, elsewhere: Path):
    text, parts = STUDIES[name]
    kind = "" if "kind" in text else 'kind = "sweep"\n'
    title = "" if text.startswith("title") else 'title = "Mine"\n'
    (elsewhere / "mine.toml").write_text(title + kind + text, encoding="utf-8")
    refused(elsewhere, ["study", "mine.toml", "--out", "out"], ["mine.toml", "Allowed", "Remedy", *parts])


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("state,year,tonnes\n", ["no row below"]),
        ("state,year,tonnes\nESP,2012,3\nESP,2013\n", ["line 3 = 'ESP,2013'", "3 cells"]),
        ("state,year,tonnes\nESP,2012,1e308\n", ["tonnes, line 2 = '1e308'", "at most 10,000"]),
    ],
)
def test_reports_to_score(content: str, parts: list[str], elsewhere: Path):
    (elsewhere / "mine.csv").write_text(content, encoding="utf-8")
    line = ["validate", "--against", "mine.csv", "--quick", "--out", "out"]
    refused(elsewhere, line, ["mine.csv", "Allowed", "Remedy", *parts])


def test_all_faults_of_a_scenario_are_told_at_once(elsewhere: Path):
    text = BASE + "end = 2031-01-01\ncolour = 1\n[parameters]\nsupply_scale = 3.0\nno_such = 1\n"
    (elsewhere / "mine.toml").write_text(text, encoding="utf-8")
    refused(
        elsewhere, ["history", "--scenario", "mine.toml"], ["4 problems", "end", "colour", "supply_scale", "no_such"]
    )


# --- tables -------------------------------------------------------------------------------------------------------

type Damage = Callable[[str], str]


def swap(old: str, new: str) -> Damage:
    """Replace the first appearance of a text."""

    def damage(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return damage


def cell(line: int, column: int, value: str) -> Damage:
    """Change one cell; only in lines whose cells up to it hold no quotes."""

    def damage(text: str) -> str:
        lines = text.split("\n")
        cells = lines[line - 1].split(",")
        assert '"' not in "".join(cells[: column + 1])
        cells[column] = value
        lines[line - 1] = ",".join(cells)
        return "\n".join(lines)

    return damage


def doubled(text: str) -> str:
    """A table whose last row stands in it twice."""
    return text + text.rstrip("\n").split("\n")[-1] + "\n"


def without_line(line: int) -> Damage:
    """Leave out one line."""
    return lambda text: "\n".join(row for number, row in enumerate(text.split("\n"), 1) if number != line)


DAMAGES: dict[str, tuple[str, Damage, list[str]]] = {
    "empty table": ("legs.csv", lambda _: "", ["legs.csv"]),
    "only a header": ("supply.csv", lambda text: text.split("\n")[0] + "\n", ["supply.csv", "no row below the names"]),
    "missing column": ("places.csv", swap("kind", "kinds"), ["places.csv", "missing", "rename the column 'kinds'"]),
    "unknown column": ("exchange.csv", swap("source", "colour,source"), ["exchange.csv", "colour"]),
    "text for a number": ("legs.csv", cell(2, 4, "far"), ["legs.csv", "distance_km = 'far'", "line 2", "not a number"]),
    "negative mass": ("supply.csv", cell(2, 3, "-5"), ["supply.csv", "kg = '-5'", "line 2", "out of bounds"]),
    "share above one": ("governance.csv", cell(2, 2, "1.7"), ["governance.csv", "corruption = '1.7'", "0 to 1"]),
    "unknown mode": ("legs.csv", cell(2, 3, "submarine"), ["legs.csv", "mode = 'submarine'", "fast_boat"]),
    "unknown origin": ("legs.csv", cell(2, 1, "col_southwst"), ["legs.csv", "origin = 'col_southwst'", "did you mean"]),
    "unknown state": ("governance.csv", cell(2, 0, "COK"), ["governance.csv", "state = 'COK'", "states.csv"]),
    "day does not exist": ("platforms.csv", swap("2007-04-01", "2007-02-30"), ["platforms.csv", "= '2007-02-30'"]),
    "row twice": ("supply.csv", doubled, ["supply.csv", "stands in the table already", "every key once"]),
    "year missing": ("supply.csv", without_line(2), ["supply.csv", "year", "no row for 2000", "add the missing rows"]),
}


@pytest.fixture
def tables(elsewhere: Path) -> Path:
    """A copy of the tables that a test may break."""
    folder = elsewhere / TABLES
    folder.mkdir()
    for path in [*DATA.glob("*.csv"), DATA / "datapackage.json"]:
        shutil.copy(path, folder)
    return folder


@pytest.mark.parametrize("name", DAMAGES)
def test_tables(name: str, elsewhere: Path, tables: Path):
    file, damage, parts = DAMAGES[name]
    path = tables / file
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    refused(elsewhere, ["run", "as-it-happened", "--tables", TABLES, "--out", "out"], parts)


def test_missing_table(elsewhere: Path, tables: Path):
    (tables / "modes.csv").unlink()
    refused(elsewhere, ["history", "--tables", TABLES], ["modes.csv", "the table is missing", "model/data"])


def test_broken_description_of_the_tables(elsewhere: Path, tables: Path):
    (tables / "datapackage.json").write_text("{", encoding="utf-8")
    refused(elsewhere, ["history", "--tables", TABLES], ["datapackage.json", "cannot be read"])


# --- as a user calls it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["run as-it-hapened", "bogus"])
def test_in_a_process_of_its_own(line: str, elsewhere: Path):
    command = [sys.executable, "-W", "error", str(ROOT / "run.py"), *line.split()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=elsewhere)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(elsewhere.iterdir())


def test_there_are_enough_of_them():
    assert len(LINES) + len(SCENARIOS) + len(DAMAGES) >= 40
