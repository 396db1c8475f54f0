"""How the program is called here: `uv run run.py` in the repository, `highway10` where the package is installed."""

import re
from pathlib import Path
from typing import Final

REPOSITORY: Final = "uv run run.py"
INSTALLED: Final = "highway10"
_ROOT: Final = Path(__file__).resolve().parents[2]
COMMAND: Final = REPOSITORY if (_ROOT / "pyproject.toml").is_file() else INSTALLED


def as_called(text: str, command: str = COMMAND) -> str:
    """A text in which commands of the repository are written as they are called here."""
    return text if command == REPOSITORY else re.sub(r"\b(?:uv run )?run\.py\b", command, text)
