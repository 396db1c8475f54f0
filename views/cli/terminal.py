"""What the command line shows: progress, tables, and the summary of the main job beside the published record.

Progress and messages go to stderr, results to stdout. Imports that take time stand inside the functions.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from views.cli.command import COMMAND, as_called

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["messages", "plain", "print_summary", "print_table", "print_years", "say", "showing_progress", "shown"]

PLAIN_COLUMNS: Final = 160
"""Width of tables that go to a file or a pipe."""
WEEKS_A_YEAR: Final = 52.18
CAUTION: Final = (
    "Fitted to 2004-08 with broad errors (docs/calibration.md says where it fails). Bands show chance among "
    "replications; "
    "with --over posterior they hold the uncertainty of fitted parameters too."
)
HEADLINES: Final = (
    ("flow_europe", 2008), ("consumption", 2008), ("seized_eu", 2008), ("price", 2008), ("west_africa", 2007),
)  # fmt: skip
"""Series of `views.reports.observed` and the year shown in the summary."""
YEARLY: Final = (
    ("dispatched_to_europe_kg", "sent to Europe, t", 1e-3), ("arrived_europe_kg", "arrived, t", 1e-3),
    ("west_africa_kg", "via West Africa, t", 1e-3), ("seized_eu_bulk_kg", "EU seizures, t bulk", 1e-3),
    ("consumed_europe_kg", "consumed, t", 1e-3), ("price_europe_eur_per_kg", "price, EUR/kg", 1.0),
    ("seizures", "seizures", 1.0), ("groups", "groups", 1.0),
)  # fmt: skip
"""Columns of the yearly table: column of the frame, heading, factor."""


# --- messages -----------------------------------------------------------------------------------------------------


def messages() -> Console:
    """Where progress and refusals go: stderr, so that stdout holds results only."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def say(text: str, style: str = "") -> None:
    """Print a message that is not a result; long lines are not broken, so that they can be searched."""
    from rich.text import Text

    messages().print(Text(as_called(text), style=style), soft_wrap=True)


def shown(path: Path) -> str:
    """A path as short as it can be written from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def plain(value: object) -> str:
    """A cell: true and false as in TOML, nothing for None."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


# --- policies -----------------------------------------------------------------------------------------------------


def euros(low: float, cost: float, high: float) -> str:
    """Million EUR with their range."""
    return f"{cost / 1e6:,.1f} ({low / 1e6:,.1f} to {high / 1e6:,.1f})"


def print_policies(table: Any) -> None:
    """Print a row for each measure."""
    heads = ("measure", "enters at", "levers: dose 0 to 1", "evidence", "cost, EUR m a year", "scenarios")
    rows = [
        (row.measure, f"{row.stage}\n{row.submodel}.py\n{row.mechanism}", brief(row.levers, 2), row.evidence,
         euros(row.cost_low_eur, row.cost_eur, row.cost_high_eur), brief(row.scenarios, 3))
        for row in table.itertuples(index=False)
    ]  # fmt: skip
    print_table(f"Measures ({len(rows)})", heads, rows, lines=True)
    note = (
        "Costs: at the dose of history, or the dose they are known for; mostly assumed, with their range. "
        f"One measure in full: {COMMAND} policies MEASURE"
    )
    say(note, style="dim")


def brief(texts: Sequence[str], most: int) -> str:
    """The first of some texts, each on its line and not too long, and how many more there are."""
    lines = [text if len(text) <= 46 else text[:45] + "..." for text in texts[:most]]
    return "\n".join([*lines, *([f"and {len(texts) - most} more"] if len(texts) > most else [])])


def print_policy(row: dict[Any, Any]) -> None:
    """All that is known of one measure."""
    cells = [
        ("measure", row["measure"]), ("name", row["name"]), ("founding text", row["text"] or "(a peer)"),
        ("mechanism", row["mechanism"]), ("stage, submodel", f"{row['stage']}, model/submodels/{row['submodel']}.py"),
        ("levers", "\n".join(row["levers"])), ("dose of history", f"{row['history_dose']:g}"),
        ("should move", f"{row['outcome']} ({row['sense']})"), ("evidence", row["evidence"]),
        ("cost, EUR m a year", euros(row["cost_low_eur"], row["cost_eur"], row["cost_high_eur"])
         + f"; {row['cost_basis']}"),
        ("confidence", row["confidence"]), ("scenarios", ", ".join(row["scenarios"]) or "none"),
    ]  # fmt: skip
    print_table(str(row["name"]), ("", ""), cells)


def print_costs(title: str, costs: Any, years: range) -> None:
    """Mean cost a year of a scenario above history, by measure."""
    means = costs.groupby(level=0, sort=False).sum() / len(years)
    rows = [(name, euros(row.low_eur, row.cost_eur, row.high_eur)) for name, row in means.iterrows()]
    total = means.sum()
    rows.append(("together", euros(total["low_eur"], total["cost_eur"], total["high_eur"])))
    print_table(f"{title}: EUR m a year above history, mean of {years[0]}-{years[-1]}", ("measure", "cost"), rows)


# --- progress -----------------------------------------------------------------------------------------------------


@contextmanager
def showing_progress() -> Iterator[Callable[[Any], None]]:
    """Give a function that shows an `experiments.ensemble.history.Progress`: a spinner while preparing, then a bar.

    Nothing is drawn before the first call, so that a refusal stands alone on the screen.
    """
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TextColumn("{task.fields[left]}"), TimeRemainingColumn(),
    )  # fmt: skip
    bar = Progress(*columns, console=messages(), transient=True)
    display = Display(bar)
    try:
        yield display.show
    finally:
        if display.started:
            bar.stop()


class Runs:
    """A bar of the runs of a study: how many, how fast, how long still."""

    def __init__(self, bar: Any, title: str) -> None:
        self.bar, self.title = bar, title
        self.task: Any = None
        self.said: set[str] = set()

    def __call__(self, effort: Any) -> None:
        """Bring the bar up to date with an `experiments.ensemble.runner.Effort`."""
        for note in effort.notes:
            if note not in self.said:
                self.bar.console.print(as_called(note), style="yellow", soft_wrap=True, markup=False)
                self.said.add(note)
        if self.task is None:
            self.bar.start()
            if effort.kept:
                self.bar.console.print(f"{counted(effort.kept)} of {effort.planned:,} are there already")
            self.task = self.bar.add_task(self.title, total=effort.planned, rate="", left="left")
        speed = effort.fresh / max(effort.seconds, 1e-3)
        failed = f", {effort.failed:,} failed" if effort.failed else ""
        rate = f"{effort.fresh:,} of {counted(effort.planned - effort.kept)}, {speed:,.1f} runs/s{failed}"
        self.bar.update(self.task, total=effort.planned, completed=effort.kept + effort.fresh, rate=rate, visible=True)

    def doing(self, what: str) -> None:
        """Show what is done before or after the runs."""
        self.bar.start()
        for task in self.bar.tasks:
            self.bar.update(task.id, visible=False)
        self.bar.add_task(what, total=None, rate="", left="")
        if not self.bar.console.is_terminal:
            self.bar.console.print(what, soft_wrap=True)


@contextmanager
def showing_runs() -> Iterator[Runs]:
    """Give a function that shows the `Effort` of a study; compiled rules are loaded first, and visibly."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TextColumn("{task.fields[left]}"), TimeRemainingColumn(),
    )  # fmt: skip
    bar = Progress(*columns, console=messages(), transient=True)
    try:
        yield Runs(bar, "simulating")
    finally:
        bar.stop()


def print_effort(effort: Any) -> None:
    """Say what was run and how fast."""
    speed = f", {effort.fresh / effort.seconds:,.1f} runs/s" if effort.fresh and effort.seconds else ""
    failed = f"; {effort.failed:,} failed, their tracebacks are in the runs" if effort.failed else ""
    kept = f"{effort.kept:,} were there already; " if effort.kept else ""
    say(f"{kept}{counted(effort.fresh)} in {effort.seconds:.1f} s{speed}{failed}")


def print_study(store: Any) -> None:
    """Print what a study found, in sentences."""
    from pathlib import Path

    if not store.local:
        return
    from views.reports.findings import study_findings
    from views.results import read_study

    for finding in study_findings(read_study(Path(store.root))):
        say(f"\n{finding.label}", style="bold")
        print(textwrap.fill(finding.plain, 110))
    print(f"\n{CAUTION}")


def cell(value: Any) -> str:
    """A value of a table of results."""
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


class Display:
    """The progress of one study on the screen."""

    def __init__(self, bar: Any) -> None:
        self.bar = bar
        self.started = False
        self.task: Any = None
        self.last: Any = None

    def show(self, state: Any) -> None:
        """Bring the display up to date with a `Progress`."""
        if not self.started:
            self.started = True
            self.bar.start()
        {"preparing": self.preparing, "prepared": self.prepared}.get(state.stage, self.running)(state)

    def preparing(self, state: Any) -> None:
        """The rules are being loaded or compiled."""
        for warning in state.warnings:
            self.bar.console.print(as_called(f"Warning: {warning}"), style="yellow", soft_wrap=True, markup=False)
        cold = "compiling the weekly rules (first time only, a minute or two)"
        text = cold if state.compiled else "preparing the weekly rules"
        self.task = self.bar.add_task(text, total=None, rate="", left="")
        if not self.bar.console.is_terminal:
            self.bar.console.print(text, soft_wrap=True)

    def prepared(self, state: Any) -> None:
        """The rules are there; the runs begin."""
        self.bar.remove_task(self.task)
        what = "weekly rules compiled in" if state.compiled else "weekly rules, compiled earlier, loaded in"
        self.bar.console.print(f"{what} {state.seconds:.1f} s", soft_wrap=True)
        self.task = self.bar.add_task("simulating", total=state.all_weeks, rate="", left="left")

    def running(self, state: Any) -> None:
        """Weeks have been simulated."""
        years = state.weeks / WEEKS_A_YEAR
        runs = counted(state.all_replications)
        rate = f"{state.replications} of {runs}, {years / max(state.seconds, 1e-3):,.0f} years/s"
        self.bar.update(self.task, completed=state.weeks, rate=rate)
        if state.replications == state.all_replications and self.last != state.replications:
            self.bar.console.print(f"{runs}, {years:,.0f} years simulated in {state.seconds:.1f} s", soft_wrap=True)
        self.last = state.replications


def counted(runs: int) -> str:
    """Number of runs in words: 1 run, 20 runs."""
    return f"{runs} run" if runs == 1 else f"{runs:,} runs"


# --- tables -------------------------------------------------------------------------------------------------------


def print_table(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], right: int = 0, *, lines: bool = False
) -> None:  # fmt: skip
    """Print a table; the last `right` columns hold numbers. Without a terminal it takes PLAIN_COLUMNS columns."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold", show_lines=lines)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place >= len(heads) - right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PLAIN_COLUMNS
    Console(width=width, highlight=False).print(table)


def print_years(folder: Path) -> None:
    """Print the yearly table of one run."""
    import pandas as pd

    from experiments.analysis.intervals import preliminary

    frame = pd.read_parquet(folder / "yearly.parquet")
    labels = year_labels(pd.read_parquet(folder / "weekly.parquet", columns=["date"])["date"])
    rows = [
        [labels[year], *(f"{float(frame[name].iloc[i]) * factor:,.0f}" for name, _, factor in YEARLY)]
        for i, year in enumerate(frame["year"].tolist())
    ]
    print_table(
        f"Yearly (mass pure unless it says bulk; {preliminary(1)})",
        ("year", *(head for _, head, _ in YEARLY)),
        rows,
        len(YEARLY),
    )
    print(CAUTION)


def year_labels(mondays: Any) -> dict[int, str]:
    """Year -> its label; a year that was simulated in part says so."""
    from model.calendar import weeks_in_year

    counts = {int(year): int(weeks) for year, weeks in mondays.dt.isocalendar()["year"].value_counts().items()}
    whole = {year: weeks_in_year(year) for year in counts}
    return {y: str(y) if n == whole[y] else f"{y} ({n} of {whole[y]} weeks)" for y, n in counts.items()}


def print_summary(folder: Path, tables: Any) -> None:
    """Print the model's medians and bands beside published figures; `tables` is a `model.world.tables.Tables`."""
    import pandas as pd

    from experiments.analysis.intervals import preliminary
    from views.reports import observed
    from views.theme import bracketed

    yearly = pd.read_parquet(folder / "yearly.parquet")
    rows, notes = [], []
    for key, year in HEADLINES:
        series, bands = observed.SERIES[key], observed.model_bands(yearly, key)
        if year in bands.index:
            middle, low, high = (f"{float(bands[name][year]):,.0f}" for name in ("median", "low90", "high90"))
            published = observed.published(tables, key)
            figure, source = published_figure(published[published["year"] == year].to_dict("records"))
            rows.append((f"{series.name}, {year}, {series.unit}", middle, f"{low} to {high}", figure))
            notes.append(f"  {series.name}: {source}")
    if rows:
        heads = ("", "model, median", "90% of runs", "published")
        note = bracketed(preliminary(yearly["replication"].nunique()))
        print_table(f"The model beside the published record{note}", heads, rows, right=len(heads) - 1)
        print("\n".join(["Published in:", *notes]))
    print(CAUTION)


def published_figure(points: Sequence[dict[Any, Any]]) -> tuple[str, str]:
    """Published values of one year as a figure or a span, and their sources."""
    if not points:
        return "none in the tables", ""
    bounds = [float(point[name]) for point in points for name in ("low", "value", "high") if point[name] == point[name]]
    values = sorted(float(point["value"]) for point in points)
    text = f"{values[0]:,.0f}" if values[0] == values[-1] else f"{values[0]:,.0f} to {values[-1]:,.0f}"
    if min(bounds) < values[0] or max(bounds) > values[-1]:
        text += f" (range {min(bounds):,.0f} to {max(bounds):,.0f})"
    return text, "; ".join(dict.fromkeys(str(point["source"]) for point in points))
