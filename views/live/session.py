"""What one tab does: it keeps settings and worlds, answers what the page asks, and sends frames.

Models are touched by the thread of the tab alone. The next frame is sent only when the page has drawn the last, so that
a slow browser slows the run and nothing piles up.
"""

import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache
from typing import Any, Final

from model import RouteModel, Scenario, load_world
from model.errors import InputError
from model.scenario.no_effect import without_effect
from views.cli.command import as_called
from views.cli.options import refuse
from views.live import files, geometry, results
from views.live.inspector import inspect
from views.live.settings import (
    PARTS,
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
from views.live.worlds import Worlds, give_back

REBUILD: Final = ("scenario", "other", "fork", "seed", "organisations", "year")
"""Settings that make new models."""
INSPECT_EVERY: Final = 4
LONGEST_WAIT_S: Final = 3.0
"""How long a frame waits for the page to have drawn the one before."""
LOOK_EVERY_S: Final = 0.25
"""How often a page that has not drawn is looked after."""


@cache
def warm_up() -> threading.Thread:
    """Begin to compile the rules of the week and to read the tables, once for all tabs; gives the thread that does."""

    def warm() -> None:
        RouteModel(rng=0, organisations=20).run_for(60)
        geometry.static(load_world())
        without_effect(load_world(), Scenario.load(Settings().scenario))  # kept, for the first view to be quick

    thread = threading.Thread(target=warm, name="warm-up", daemon=True)
    thread.start()
    return thread


class Session:
    """What one tab does: settings, worlds, playing. Runs in a thread of its own from `start` to `close`.

    A method ``_on_...`` answers each kind of message of the page.

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
        self.playing = self._closed = False
        self._seen: list[Seen] = []
        self._drawn, self._sent, self._due = 0, 0, 0.0
        self._watched: tuple[str, int, int] | None = None

    def ask(self, message: Mapping[str, Any]) -> None:
        """Take a message of the page; it is dealt with in order."""
        self._asked.put(message)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop, for a tab that was closed; models are let go."""
        self._closed = True
        self.ask({"kind": "close"})  # wakes the thread

    def _say(self, kind: str, **content: Any) -> None:
        self._send({"kind": kind, **content}, [])

    def _run(self) -> None:
        while not self._closed:
            message = self._next()
            if not self._closed:
                self._do(message)
        self.worlds, self._seen = None, []
        give_back()

    def _do(self, message: Mapping[str, Any] | None) -> None:
        """Answer a message of the page, or draw the next frame."""
        kind = "play" if message is None else str(message.get("kind"))
        try:
            if message is None:
                self._advance()
            elif hasattr(self, f"_on_{kind}"):
                getattr(self, f"_on_{kind}")(message)
            else:
                refuse("the page cannot ask for this", "kind", kind, "what its buttons ask", "load the page again")
        except Exception as error:  # the page must go on working whatever happens
            text = as_called(_reason(error))
            # what was refused does not stop a run
            self.playing = self.playing and message is not None and isinstance(error, InputError)
            self._say("failed", asked=kind, text=text)
            self._say("note", text=text)
            self._tell()

    def _next(self) -> Mapping[str, Any] | None:
        """The next message; while playing, None when the next frame is due."""
        while self.playing:
            now = time.monotonic()
            waits = self._drawn < self._sent and now - self._due <= LONGEST_WAIT_S
            with suppress(queue.Empty):
                return self._asked.get(timeout=LOOK_EVERY_S if waits else max(self._due - now, 0.0))
            if not waits:
                return None
        return self._asked.get()

    @property
    def _here(self) -> Worlds:
        """The worlds, which are there once a page has opened."""
        if self.worlds is None:
            refuse("there is no run yet", "kind", "a change", "hello first", "load the page again")
        return self.worlds

    # --- playing --------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Make and send the next frame, and set when the one after it is due."""
        self._due = max(self._due + 1.0 / self.settings.speed, time.monotonic())
        if not self._here.ended:
            self._here.step(self.settings.weeks)
            self._show()
        if self._here.ended:
            self._on_pause({})

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

    def _on_ack(self, message: Mapping[str, Any]) -> None:
        self._drawn = max(self._drawn, int(message.get("n", 0)))

    def _on_jump(self, message: Mapping[str, Any]) -> None:
        day = day_of("date", message.get("date"))
        if self.worlds is None or day < self.worlds.date:
            self._build(replace(self.settings, date=day))
        else:
            self.worlds.run_until(day)
            self._show(whole=True)
            self._tell()

    # --- what is run ----------------------------------------------------------------------------------------------

    def _on_hello(self, message: Mapping[str, Any]) -> None:
        self.settings, notes = read_address(str(message.get("search", "")), scenario_names())
        if warm_up().is_alive():
            self._say("busy", text="Compiling the rules of the week: once on this machine, a minute or two")
            warm_up().join()
        self._say("static", static={**geometry.static(load_world()), "scenarios": scenario_titles()})
        self._build(self.settings, [*notes, *unreadable_scenarios()])

    def _on_set(self, message: Mapping[str, Any]) -> None:
        name = str(message.get("name"))
        settings = self.settings.changed(name, message.get("value"), scenario_names())
        if name in REBUILD or bool(settings.other) != bool(self.settings.other):
            self._build(settings if name == "year" else replace(settings, date=getattr(self.worlds, "date", None)))
        else:
            self.settings = settings
            self._tell()

    def _on_reset(self, message: Mapping[str, Any]) -> None:
        """Begin again; levers that were set act again on their days."""
        self._build(replace(self.settings, date=None))

    def _on_lever(self, message: Mapping[str, Any]) -> None:
        settings = self.settings.with_move(make_move(message, self._here.date))
        self._here.set_levers(settings)
        self.settings = settings
        self._show()
        self._tell()

    def _on_clear(self, message: Mapping[str, Any]) -> None:
        """Take all levers away and run to the same day without them."""
        self._build(replace(self.settings, moves=(), date=getattr(self.worlds, "date", None)))

    def _on_replay(self, message: Mapping[str, Any]) -> None:
        """Show two runs of a study again: the first as one world, the second beside it on the same seed."""
        first, second = message["first"], message.get("second") or {"scenario": "", "seed": message["first"]["seed"]}
        for name in (first["scenario"], second["scenario"]):
            if name and name not in scenario_names():
                refuse(
                    "its scenario is not among those of the project",
                    "scenario",
                    name,
                    "a name of `run.py scenarios`",
                    "save it as a file in the folder you started from",
                )
        settings = Settings(
            scenario=first["scenario"],
            seed=whole("seed", first["seed"]),
            other=second["scenario"],
            view="side" if second["scenario"] else "one",
            speed=self.settings.speed,
        )
        factors = ", ".join(str(name).replace("_", " ") for name in message.get("factors") or [])
        notes = {
            "Two runs of other seeds: both are shown on the first one's": second["seed"] != first["seed"],
            f"What the study sets beside scenario, seed and groups is not carried over: {factors}": factors,
            "The levers that were set have been put away; the way back in the browser brings them again": (
                self.settings.moves
            ),
        }
        study = results.study_of(str(message.get("study")))
        self._build(replace(settings, **study), [text for text, applies in notes.items() if applies])

    def _build(self, settings: Settings, notes: Sequence[str] = ()) -> None:
        """Make new worlds; those that were there stay if it cannot be done."""
        self.playing, told = False, list(notes)
        self._say("busy", text="Running to the day")
        try:
            worlds = Worlds(settings)
        except Exception as error:
            told.append(_reason(error))
            settings = self.settings if self.worlds else Settings()
            worlds = self.worlds or Worlds(settings)
        self.settings, self.worlds = settings, worlds
        give_back()
        self._seen = [Seen() for _ in worlds.models]
        self._show(whole=True)
        for text in told:
            self._say("note", text=as_called(text))
        self._tell()

    # --- questions ------------------------------------------------------------------------------------------------

    def _on_inspect(self, message: Mapping[str, Any]) -> None:
        self._watched = None
        if message.get("what") is not None:
            self._watched = (str(message["what"]), int(message["row"]), int(message.get("world", 0)))
            self._say_watched()

    def _say_watched(self) -> None:
        if self._watched:
            kind, row, asked = self._watched
            place = min(asked, len(self._here.models) - 1)
            self._say("inspected", **inspect(self._here.models[place], kind, row), world=place)

    def _on_results(self, message: Mapping[str, Any]) -> None:
        self._say("results", **results.list_results())

    def _on_runs(self, message: Mapping[str, Any]) -> None:
        self._say("runs", **results.runs_of(str(message.get("study"))))

    def _on_file(self, message: Mapping[str, Any]) -> None:
        name, content = files.make_file(self._here.models, str(message.get("what")))
        self._send({"kind": "file", "name": name}, [content])

    # --- to the page ----------------------------------------------------------------------------------------------

    def _show(self, *, whole: bool = False) -> None:
        """Send a frame: what has changed since the last, or everything."""
        corridor = corridor_of_leg(load_world())
        worlds = [
            frame(model, seen, corridor, whole=whole) for model, seen in zip(self._here.models, self._seen, strict=True)
        ]
        self._sent += 1
        self._say("frame", n=self._sent, worlds=worlds)
        if self._sent % INSPECT_EVERY == 0:
            self._say_watched()

    def _tell(self) -> None:
        worlds, settings = self.worlds, self.settings
        if worlds is None:
            return
        shown = {name: getattr(settings, name) for name in PARTS if name != "date"}
        self._say(
            "state",
            playing=self.playing,
            ended=worlds.ended,
            date=worlds.date.isoformat(),
            address=replace(settings, date=worlds.date).address(),
            part=worlds.part_day.isoformat() if worlds.part_day else None,
            settings={**shown, "fork": settings.fork.isoformat()},
            moves=[{**asdict(move), "date": move.date.isoformat()} for move in settings.moves],
            titles=[model.policy.title for model in worlds.models],
            levers=geometry.values_of(worlds.models[-1]),
            warnings=worlds.warnings,
            events=geometry.events_of(worlds.steered),
            start=worlds.models[0].policy.start.isoformat(),
        )


def _reason(error: Exception) -> str:
    """A failure in words for the page; what is a fault of the program is logged with its traceback."""
    if isinstance(error, InputError):
        return str(error)
    logging.getLogger(__name__).error("the page could not do this", exc_info=error)
    return f"Something went wrong here, and nothing was changed: {traceback.format_exception_only(error)[-1].strip()}"
