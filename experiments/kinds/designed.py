"""What kinds of study have in common that vary factors by a design."""

from functools import cached_property
from pathlib import Path
from typing import ClassVar

import pandas as pd

from experiments.design.designs import DesignEntry, make, note_of, read_design
from experiments.field_types import Table
from experiments.study import Study
from model.errors import InputError
from model.toml_fields import table, tables


class Designed(Study):
    """A study that may vary factors by a design."""

    design: Table = table({}, "design")
    levers: tuple[Table, ...] = tables("levers")
    uncertainties: tuple[Table, ...] = tables("uncertainties")

    needs_method: ClassVar[str] = ""
    """The only method of design that its analysis can use, if any."""

    @cached_property
    def _design(self) -> DesignEntry:
        return read_design(self.design)

    @property
    def method(self) -> str:
        """Method of its design."""
        return self._design.method

    def check(self) -> None:
        """Refuse a design or factors that the analysis of this kind cannot use; raises InputError."""
        needed = self.needs_method
        if self.method != (needed or self.method):
            raise InputError(
                f"a study of kind {self.kind!r} needs its own design",
                field="design.method",
                value=self.method,
                allowed=needed,
                remedy=f'write method = "{needed}" below [design]',
            )
        super().check()
        if not self.factors and (needed or len(self.scenario_fields) > 1):
            raise InputError(
                "there is nothing to vary",
                field="levers",
                value=[],
                allowed="[[levers]] or [[uncertainties]]",
                remedy="add what is to be varied",
            )

    @cached_property
    def points(self) -> pd.DataFrame:
        """The points of its factors."""
        folder = Path(self.file).parent if self.file else None
        return make(self.method, self.factors, self.design, folder).reset_index(drop=True)

    def experiments(self, plain: pd.DataFrame) -> pd.DataFrame:
        """Every scenario and answer of supply at every point of the design."""
        return self.crossed(plain, self.points) if self.factors else plain

    @property
    def design_note(self) -> str:
        """What is said of a sample whose equal points are kept once; "" of other designs."""
        return note_of(self._design, len(self.points)) if self.factors else ""
