"""Comparisons: scenarios against a baseline, seed by seed."""

from collections.abc import Sequence

import pandas as pd

from experiments.analysis import compare
from experiments.analysis.chain import CHAIN_OUTCOMES, decomposition
from experiments.analysis.costs import ARRIVED, costs_per_kg, withheld
from experiments.analysis.displacement import recorded_tables
from experiments.analysis.outcomes import harmful_side
from experiments.analysis.points import by_supply
from experiments.ensemble.store import Store
from experiments.kinds.designed import Designed


class Compare(Designed):
    """Scenarios against a baseline."""

    kind: str = "compare"
    paired = True

    def compute(self, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Everything that compares scenarios with a baseline."""
        answers = by_supply(runs, self)
        main = next(iter(answers.values()))
        others = [name for name in self.scenarios if name != self.baseline]
        ranked = [outcome for outcome in self.outcomes if harmful_side(outcome)]
        pairs = _joined(
            [compare.paired(part, self.outcomes, self.baseline).assign(supply=word) for word, part in answers.items()]
        )
        made = {
            **super().compute(store, runs),
            "paired": pairs,
            "ranking": _joined(
                [
                    compare.ranking(part, outcome).assign(supply=word)
                    for word, part in answers.items()
                    for outcome in ranked
                ]
            ),
        }
        if four := _complements(self.scenarios):
            made["complementarity"] = compare.complementarity(main, self.outcomes, *four)
        if set(CHAIN_OUTCOMES) <= set(self.outcomes):
            made["decomposition"] = _joined([decomposition(main, name, self.baseline) for name in others])
        if ARRIVED in self.outcomes:
            made["costs"] = withheld(costs_per_kg(self, main, others), pairs)
        return made if self.record == "outcomes" else made | recorded_tables(self, store, main, pairs)


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _complements(scenarios: Sequence[str]) -> tuple[str, ...]:
    """Both, first, second and neither, where the packages S4, S2, S3 and S0 are there; else nothing."""
    found = [next((name for name in scenarios if name.startswith(code)), "") for code in ("s04", "s02", "s03", "s00")]
    return tuple(found) if all(found) else ()
