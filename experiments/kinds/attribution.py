"""Attribution: how much of an outcome is due to each platform or country, by Shapley shares."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Final, Literal

import pandas as pd

from experiments.analysis import attribution
from experiments.analysis.attribution import MOST_PLAYERS, PERMUTATIONS, coalition_names
from experiments.analysis.intervals import mean_and_interval
from experiments.analysis.outcomes import harmful_side
from experiments.ensemble.store import DONE, Store
from experiments.field_types import Name, Table, Whole, check_choice, check_repeats, whole
from experiments.study import Study
from model import Scenario, load_world
from model.scenario.events import Event
from model.toml_fields import Part, one_of, read_part, row, table

COALITION: Final = "coalition"
MOST_PERMUTATIONS: Final = 10_000


class AttributionEntry(Part):
    """The table `[attribution]`."""

    what: ClassVar[str] = "an attribution"
    players: tuple[Name, ...] = row(
        ...,
        "these players cannot share credit",
        f"a list of 2 to {MOST_PLAYERS} platforms or states, each once",
        "name them as in platforms.csv or states.csv",
        min_length=2,
        max_length=MOST_PLAYERS,
    )
    over: Literal["platforms", "states"] = one_of("platforms", ("platforms", "states"))
    permutations: Whole = whole(PERMUTATIONS, 2, MOST_PERMUTATIONS, f"{PERMUTATIONS} is usual")


class Attribution(Study):
    """Shapley shares: every coalition of players, or those that sampled orders pass through, is a point."""

    kind: str = "attribution"
    attribution: Table = table(..., "attribution")
    paired = True

    @cached_property
    def settings(self) -> AttributionEntry:
        """The table `[attribution]`."""
        return read_part(AttributionEntry, self.attribution, "attribution")

    @cached_property
    def players(self) -> dict[str, str]:
        """Who shares the credit: name -> target, a platform or the memberships of a state."""
        target = "platform:{}" if self.settings.over == "platforms" else "membership:*/{}"
        return {player: target.format(player) for player in self.settings.players}

    def check(self) -> None:
        """Refuse players that do not exist; raises InputError."""
        super().check()
        check_repeats(self.settings.players, "attribution.players")
        one = self.settings.over.removesuffix("s")
        otherwise = "`over` says whether players are platforms or states"
        for player in self.settings.players:
            check_choice(player, load_world().names[one], "attribution.players", f"there is no such {one}", otherwise)

    def experiments(self, plain: pd.DataFrame) -> pd.DataFrame:
        """Every scenario with every coalition."""
        coalitions = coalition_names(list(self.players), self.settings.permutations)
        return self.crossed(plain, pd.DataFrame({COALITION: coalitions}))

    def at(self, scenario: Scenario, point: Mapping[str, Any]) -> Scenario:
        """The scenario in which players outside a coalition do nothing from the fork on."""
        inside, day = str(point[COALITION]).split("+"), self.fork_day(scenario)
        outside = {player: target.split(":") for player, target in self.players.items() if player not in inside}
        closed = [
            Event(f"without-{player}", day, None, kind, name, "active", "value", 0.0)
            for player, (kind, name) in outside.items()
        ]
        return super().at(scenario, point).with_events(*closed)

    def compute(self, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Shapley shares of the players, values of the coalitions, and who would leave."""
        good, players, orders = runs[runs["status"] == DONE], list(self.players), self.settings.permutations
        games = {name: good[[COALITION, "seed", name]].rename(columns={name: "value"}) for name in self.outcomes}
        shares = [
            attribution.shapley_values(game, players, orders).assign(outcome=name) for name, game in games.items()
        ]
        cores = [
            attribution.core(game, players, orders, sense=-harmful_side(name) or 1).assign(outcome=name)
            for name, game in games.items()
        ]
        values = [
            (coalition, name, *mean_and_interval(group["value"].to_numpy(dtype=float)))
            for name, game in games.items()
            for coalition, group in game.groupby(COALITION, sort=False)
        ]
        tables = self.world.tables
        titles = {**tables.platforms.set_index("platform")["name"], **tables.states.set_index("state")["name"]}
        shapley = pd.concat(shares, ignore_index=True)
        return {
            **super().compute(store, runs),
            "shapley": shapley.assign(name=shapley["player"].map(titles)),
            "coalitions": pd.DataFrame(values, columns=["coalition", "outcome", "value", "low", "high"]),
            "core": pd.concat(cores, ignore_index=True),
        }
