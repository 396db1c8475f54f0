"""Highway 10 on the command line, from the repository: `uv run run.py`. The commands stand in `views/cli/main.py`."""

from views.cli.main import app

__all__ = ["app"]

if __name__ == "__main__":
    app()
