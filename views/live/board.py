"""The widget that joins the page in the browser to the models, one for each tab.

A tab has one thread. It takes what the page asks for from a queue, runs the models, and sends frames; it sends the next
one only when the page has drawn the last, so that a slow browser slows the run and nothing piles up. Models are touched
by this thread alone.
"""

from __future__ import annotations

import datetime as dt
import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

from model import RouteModel, Scenario, load_world
from model.errors import InputError
from model.scenario.no_effect import without_effect
from views.cli.command import as_called
from views.live import files, geometry, results
from views.live.inspector import inspect
from views.live.levers import values_of
from views.live.memory import give_back
from views.live.settings import (
    Settings,
    day_of,
    make_move,
    read_address,
    scenario_names,
    scenario_titles,
    unreadable_scenarios,
    whole,
)
from views.live.snapshot import Seen, corridor_of_leg, frame
from views.live.worlds import Worlds

__all__ = ["ASSETS", "Board", "Session", "warm_up"]

ASSETS: Final = Path(__file__).parent / "static"
LONGEST_WAIT_S: Final = 3.0
"""How long a frame waits for the page to have drawn the one before."""
REBUILD: Final = ("scenario", "other", "fork", "seed", "organisations", "year")
"""Settings that make new models."""
INSPECT_EVERY: Final = 4
LOG = logging.getLogger(__name__)

_warm = threading.Event()


@cache
def _start_warming() -> threading.Thread:
    """Compile the rules of the week and read the tables once for all tabs, in the background."""

    def warm() -> None:
        RouteModel(rng=0, organisations=20).run_for(60)
        geometry.static(load_world())
        without_effect(load_world(), Scenario.load(Settings().scenario))  # kept, for the first view to be quick
        _warm.set()

    thread = threading.Thread(target=warm, name="warm-up", daemon=True)
    thread.start()
    return thread


def warm_up(*, wait: bool = False) -> None:
    """Begin to compile and read; with `wait`, until it is done."""
    _start_warming()
    if wait:
        _warm.wait()


class Session:
    """What one tab does: settings, worlds, playing. Runs in a thread of its own from `start` to `close`.

    Parameters
    ----------
    send
        Gets every message for the page, with a list of binary buffers.
    """

    def __init__(self, send: Callable[[dict[str, Any], list[bytes]], object]) -> None:
        self._send = send
        self._asked: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)
        self.settings = Settings()
        self.worlds: Worlds | None = None
        self.playing, self._closed = False, False
        self._seen: list[Seen] = []
        self._drawn, self._sent, self._due = 0, 0, 0.0
        self._watched: tuple[str, int, int] | None = None

    # --- from the page --------------------------------------------------------------------------------------------

    def ask(self, message: Mapping[str, Any]) -> None:
        """Take a message of the page; it is dealt with in order."""
        self._asked.put(message)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop, for a tab that was closed; models are let go."""
        self._closed = True
        self._asked.put({"kind": "close"})

    # --- the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closed:
            message = self._next()
            if self._closed:
                break
            try:
                if message is not None:
                    self._answer(message)
                elif self.playing:
                    self._play()
            except Exception as error:  # the page must go on working whatever happens
                # what was refused does not stop a run
                self.playing = self.playing and message is not None and isinstance(error, InputError)
                self._fail(str((message or {}).get("kind", "play")), _said(error))
        self.worlds, self._seen = None, []
        give_back()

    def _next(self) -> Mapping[str, Any] | None:
        """The next message; while playing, None when the next frame is due."""
        if not self.playing:
            return self._asked.get()
        while True:
            now = time.monotonic()
            drawn = self._drawn >= self._sent or now - self._due > LONGEST_WAIT_S
            if drawn and now >= self._due:
                try:
                    return self._asked.get_nowait()
                except queue.Empty:
                    return None
            try:
                return self._asked.get(timeout=0.25 if not drawn else max(self._due - now, 0.001))
            except queue.Empty:
                continue

    def _play(self) -> None:
        assert self.worlds is not None
        self._due = max(self._due + 1.0 / self.settings.speed, time.monotonic())
        self._advance()

    def _advance(self) -> None:
        worlds = self.worlds
        if worlds is None or worlds.ended:
            self.playing = False
            self._tell()
            return
        worlds.step(self.settings.weeks)
        self._show()
        if worlds.ended:
            self.playing = False
            self._tell()

    def _answer(self, message: Mapping[str, Any]) -> None:
        kind = str(message.get("kind"))
        answer = getattr(self, f"_on_{kind}", None)
        if answer is None:
            raise InputError("the page cannot ask for this", field="kind", value=kind, allowed="what its buttons ask",
                             remedy="load the page again")  # fmt: skip
        answer(message)

    # --- answers --------------------------------------------------------------------------------------------------

    def _on_close(self, message: Mapping[str, Any]) -> None:
        """Nothing: it only wakes the thread."""

    def _on_ack(self, message: Mapping[str, Any]) -> None:
        self._drawn = max(self._drawn, int(message.get("n", 0)))

    def _on_hello(self, message: Mapping[str, Any]) -> None:
        """A page has opened: read its address and show it."""
        self.settings, notes = read_address(str(message.get("search", "")), scenario_names())
        notes += unreadable_scenarios()
        if not _warm.is_set():
            self._busy("Compiling the rules of the week: once on this machine, a minute or two")
            warm_up(wait=True)
        self._send({"kind": "static", "static": {**geometry.static(load_world()), "scenarios": scenario_titles()}}, [])
        self._build(self.settings, notes)

    def _on_set(self, message: Mapping[str, Any]) -> None:
        name, value = str(message.get("name")), message.get("value")
        settings = self._changed(name, value)
        if name in REBUILD or (name == "view" and bool(settings.other) != bool(self.settings.other)):
            self._build(settings if name == "year" else replace(settings, date=self._today()), [])
        else:
            self.settings = settings
            self._tell()

    def _changed(self, name: str, value: Any) -> Settings:
        """Settings with one changed, those that depend on it brought in line; raises InputError."""
        if name in ("weeks", "speed", "seed", "organisations", "year"):
            numbers: dict[str, Any] = {name: whole(name, value)}
            return replace(self.settings, **numbers, date=None if name == "year" else self.settings.date)
        if name == "fork":
            return replace(self.settings, fork=day_of(name, value))
        text = f"{name}={value}"
        found, notes = read_address(text, scenario_names())
        if notes and not (name == "view" and self.settings.other):
            raise InputError(notes[0].partition(": ")[2] or notes[0], field=name, value=value,
                             allowed="what the list offers", remedy="choose another")  # fmt: skip
        if name == "view":
            return replace(self.settings, view=value, other="" if value == "one" else self.settings.other)
        view = self.settings.view
        if name == "other":
            view = "one" if not value else "side" if view == "one" else view
        return replace(self.settings, **{name: getattr(found, name)}, view=view)

    def _on_play(self, message: Mapping[str, Any]) -> None:
        self.playing, self._due = True, time.monotonic()
        self._tell()

    def _on_pause(self, message: Mapping[str, Any]) -> None:
        self.playing = False
        self._tell()

    def _on_step(self, message: Mapping[str, Any]) -> None:
        self.playing = False
        self._advance()
        self._tell()

    def _on_reset(self, message: Mapping[str, Any]) -> None:
        """Begin again; levers that were set act again on their days."""
        self._build(replace(self.settings, date=None), [])

    def _on_jump(self, message: Mapping[str, Any]) -> None:
        day, worlds = day_of("date", message.get("date")), self.worlds
        if worlds is None or day < worlds.date:
            self._build(replace(self.settings, date=day), [])
            return
        worlds.run_until(day)
        self._show(whole=True)
        self._tell()

    def _on_lever(self, message: Mapping[str, Any]) -> None:
        if self.worlds is None:
            return
        move = make_move(message, self.worlds.date)
        settings = self.settings.with_move(move)
        self.worlds.set_levers(settings)
        self.settings = settings
        self._show()
        self._tell()

    def _on_clear(self, message: Mapping[str, Any]) -> None:
        """Take all levers away and run to the same day without them."""
        self._build(replace(self.settings, moves=(), date=self._today()), [])

    def _today(self) -> dt.date | None:
        return self.worlds.date if self.worlds else None

    def _on_inspect(self, message: Mapping[str, Any]) -> None:
        if message.get("what") is None:
            self._watched = None
            return
        place = min(int(message.get("world", 0)), len(self.worlds.models) - 1) if self.worlds else 0
        self._watched = (str(message["what"]), int(message["row"]), place)
        self._say_watched()

    def _on_results(self, message: Mapping[str, Any]) -> None:
        self._send({"kind": "results", **results.list_results()}, [])

    def _on_runs(self, message: Mapping[str, Any]) -> None:
        self._send({"kind": "runs", **results.runs_of(str(message.get("study")))}, [])

    def _on_replay(self, message: Mapping[str, Any]) -> None:
        """Show two runs of a study again: the first as one world, the second beside it on the same seed."""
        first, second = message["first"], message.get("second")
        names = scenario_names()
        for chosen in (first, second):
            if chosen and chosen["scenario"] not in names:
                raise InputError("its scenario is not among those of the project", field="scenario",
                                 value=chosen["scenario"], allowed="a name of `run.py scenarios`",
                                 remedy="save it as a file in the folder you started from")  # fmt: skip
        told = results.study_of(str(message.get("study")))
        settings = replace(Settings(), scenario=first["scenario"], seed=whole("seed", first["seed"]),
                           other=second["scenario"] if second else "", view="side" if second else "one",
                           speed=self.settings.speed, **told)  # fmt: skip
        notes = []
        if second and second["seed"] != first["seed"]:
            notes.append("Two runs of other seeds: both are shown on the first one's")
        if factors := ", ".join(str(name).replace("_", " ") for name in message.get("factors") or []):
            notes.append(f"What the study sets beside scenario, seed and groups is not carried over: {factors}")
        if self.settings.moves:
            notes.append("The levers that were set have been put away; the way back in the browser brings them again")
        self._build(settings, notes)

    def _on_file(self, message: Mapping[str, Any]) -> None:
        if self.worlds is None:
            return
        name, content = files.make_file(self.worlds.models, str(message.get("what")))
        self._send({"kind": "file", "name": name}, [content])

    # --- to the page ----------------------------------------------------------------------------------------------

    def _build(self, settings: Settings, notes: list[str]) -> None:
        """Make new worlds; those that were there stay if it cannot be done."""
        self.playing = False
        self._busy("Running to the day")
        try:
            worlds = Worlds(settings)
        except Exception as error:
            notes = [*notes, _said(error)]
            if self.worlds is None:
                settings = Settings()
                worlds = Worlds(settings)
            else:
                settings, worlds = self.settings, self.worlds
        self.settings, self.worlds = settings, worlds
        give_back()
        self._seen = [Seen() for _ in worlds.models]
        self._show(whole=True)
        for note in notes:
            self._note(note)
        self._tell()

    def _show(self, *, whole: bool = False) -> None:
        if self.worlds is None:
            return
        corridor = _corridors()
        made = [frame(model, seen, corridor, whole=whole)
                for model, seen in zip(self.worlds.models, self._seen, strict=True)]  # fmt: skip
        self._sent += 1
        self._send({"kind": "frame", "n": self._sent, "worlds": made}, [])
        if self._watched and self._sent % INSPECT_EVERY == 0:
            self._say_watched()

    def _say_watched(self) -> None:
        if self._watched and self.worlds:
            kind, row, place = self._watched
            place = min(place, len(self.worlds.models) - 1)
            self._send({**inspect(self.worlds.models[place], kind, row), "kind": "inspected", "world": place}, [])

    def _tell(self) -> None:
        """Tell the page what the controls show."""
        worlds, settings = self.worlds, self.settings
        if worlds is None:
            return
        now = replace(settings, date=worlds.date)
        part = worlds.part_day
        self._send({
            "kind": "state", "playing": self.playing, "ended": worlds.ended, "date": worlds.date.isoformat(),
            "address": now.address(), "part": part.isoformat() if part else None,
            "settings": {"scenario": settings.scenario, "other": settings.other, "fork": settings.fork.isoformat(),
                         "seed": settings.seed, "organisations": settings.organisations, "year": settings.year,
                         "weeks": settings.weeks, "speed": settings.speed, "view": settings.view},
            "moves": [{"target": m.target, "field": m.field, "value": m.value, "date": m.date.isoformat()}
                      for m in settings.moves],
            "titles": [model.policy.title for model in worlds.models],
            "levers": values_of(worlds.models[-1]), "warnings": worlds.warnings,
            "events": geometry.events_of(worlds.steered), "start": worlds.models[0].policy.start.isoformat(),
        }, [])  # fmt: skip

    def _busy(self, text: str) -> None:
        self._send({"kind": "busy", "text": text}, [])

    def _note(self, text: str) -> None:
        self._send({"kind": "note", "text": as_called(text)}, [])

    def _fail(self, asked: str, text: str) -> None:
        """Say why something that was asked for cannot be had, as a note and where its answer would stand."""
        self._send({"kind": "failed", "asked": asked, "text": as_called(text)}, [])
        self._note(text)
        self._tell()


def _said(error: Exception) -> str:
    """A failure in words for the page; what is a fault of the program is logged with its traceback."""
    if isinstance(error, InputError):
        return str(error)
    LOG.error("the page could not do this", exc_info=error)
    return (
        "Something went wrong here, and nothing was changed: "
        + "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    )


@cache
def _corridors() -> Any:
    return corridor_of_leg(load_world())


class Board(anywidget.AnyWidget):
    """The page of one tab: loads `static/board.js` from the server and passes messages both ways."""

    _esm = """
    export default { async render(context) {
      const at = new URL("static/assets/highway10/board.js", document.baseURI);
      return (await import(at)).render(context);
    } };
    """
    plotly = traitlets.Unicode("static/assets/plotly.min.js").tag(sync=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.session = Session(self._send_all)
        self.on_msg(lambda _, content, buffers: self.session.ask(content))
        self.session.start()

    def _send_all(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(message, buffers)
