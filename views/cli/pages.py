"""Commands that show results in a browser, `app` and `report`, and reports as other commands write them."""

import errno
import socket
from pathlib import Path
from typing import Annotated

import typer

from views.cli import terminal
from views.cli.declare import command
from views.cli.options import RESULTS, Images, refuse, whole

app = typer.Typer()


# --- the live page ------------------------------------------------------------------------------------------------


@command(app, "app", "app --port 8800 --no-open", name="app")
def open_page(
    port: Annotated[int, typer.Option(help="Port on this machine, 1 to 65,535.", callback=whole(1, 65_535))] = 8765,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets others in.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Open the live page: watch routes shift, steer policy, compare two worlds."""
    from experiments.extras import from_extra

    with from_extra("viz", "app"):
        import anywidget  # noqa: F401
        from solara.__main__ import run as serve
    _check_address(host, port)
    terminal.say(
        f"Highway 10 at http://{host}:{port} - the first page compiles the rules, a minute or two; Ctrl-C ends it"
    )
    asked = ["--host", host, "--port", str(port), "--open" if browser else "--no-open"]
    serve.main(["views.live.page", *asked, "--production", "--no-check-version"], standalone_mode=False)


def _check_address(host: str, port: int) -> None:
    """Refuse a host that is no address of this machine, or a port that is taken, before anything is compiled."""
    try:
        if not host.strip():
            raise OSError(errno.EINVAL, "it is empty")
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be read"
        if getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES):
            remedy = "choose another, as --port 8800, or end what uses it"
            refuse(f"nothing can be served there ({reason})", "--port", port, "a free port from 1024 to 65535", remedy)
        allowed = "127.0.0.1, 0.0.0.0, or its name"
        refuse(f"this is no address of this machine ({reason})", "--host", host, allowed, "leave it out")


# --- reports ------------------------------------------------------------------------------------------------------


@command(app, "report", "report results/headline --images", "report results/run-no-schiphol-sive")
def report(
    folder: Annotated[
        Path, typer.Argument(help="Folder that [bold]history[/bold], [bold]run[/bold] or a study wrote.")
    ] = RESULTS / "history",
    images: Images = False,
) -> None:
    """Write report.html of results that are there already."""
    from experiments.ensemble.folder import read_manifest
    from experiments.ensemble.provenance import other_results
    from views.reports import write_validation_report

    manifest = read_manifest(folder)
    if not manifest:
        allowed = "a folder with the manifest.json of a history, a run or a study"
        refuse("there are no results in this folder", "folder", str(folder), allowed, "run one of them first")
    terminal.warn(other_results(manifest))
    if manifest.get("kind") == "validation":
        written = write_validation_report(folder)
    elif manifest.get("kind", "history") not in ("history", "run"):
        written = write_study_report(folder, images=images)
    elif images:
        allowed = "the folder of a study"
        refuse("only reports of studies have figures to write", "--images", str(folder), allowed, "leave it out")
    else:
        written = write_history_report(folder)
    terminal.print_path(written)


def write_study_report(folder: Path, *, images: bool = False) -> Path:
    """Make report.html of a study's folder, and its figures as files when asked."""
    from views import reports

    with terminal.messages().status("writing the report"):
        path = reports.write_study_report(folder)
    if images:
        with terminal.messages().status("drawing every figure"):
            reports.export_figures(folder)
    return path


def write_history_report(folder: Path, tables: Path | None = None) -> Path:
    """Make report.html of the folder of a history or a run."""
    from model.world.tables import load_tables
    from views import reports

    with terminal.messages().status("writing the report"):
        return reports.history.write_history_report(folder, load_tables(tables))
