"""The lists of Mesa agents of a model: made of rows when they are first asked for, and kept up to date with them."""

from functools import cached_property
from typing import Any

import numpy as np
from mesa import Agent
from mesa.discrete_space import Network

from model.context import Context
from model.errors import InputError
from model.mesa_agents import (
    AGENTS,
    Consignment,
    EnforcementPlatform,
    PartnerState,
    PatrolAsset,
    RowAgent,
    TraffickingOrganisation,
)
from model.record import Weekly
from model.simulation import Simulation
from model.submodels.organisations import leave


class AgentLists(Simulation):
    """The agents of a run, and the space they are in."""

    _rows: dict[type[RowAgent], dict[int, RowAgent]]

    def _update(self) -> None:
        if self._rows:  # agents have been asked for
            self._refresh_agents()

    @property
    def agents(self) -> Any:
        """All agents, rows of the columns made into Mesa agents when first asked for."""
        self._make_agents()
        return super().agents

    @property
    def agents_by_type(self) -> Any:
        """Agents by class."""
        self._make_agents()
        return super().agents_by_type

    @property
    def agent_types(self) -> list[type]:
        """Classes of agents in the model."""
        self._make_agents()
        return list(super().agent_types)

    def _make_agents(self) -> None:
        if not self._rows and hasattr(self, "state"):
            self._rows = {kind: {} for kind in AGENTS}
            self._refresh_agents()

    def _refresh_agents(self) -> None:
        """Make agents for new rows and remove those of dead ones."""
        state = self.state
        everyone = {
            TraffickingOrganisation: alive_rows(state.organisations),
            PartnerState: dict.fromkeys(range(len(self.world.states)), 0),
            EnforcementPlatform: dict.fromkeys(range(len(self.world.platforms)), 0),
            PatrolAsset: dict.fromkeys(range(len(self.world.assets)), 0),
            Consignment: alive_rows(state.consignments),
        }
        for kind, rows in everyone.items():
            agents = self._rows[kind]
            for row in [row for row, agent in agents.items() if rows.get(row, -1) != agent.identity]:
                agents.pop(row).leave_model()
            for row, identity in rows.items():
                if row not in agents:
                    agents[row] = kind(self, row, identity)

    def end_organisation(self, row: int) -> None:
        """End an organisation between two weeks as one without means ends; the week to come counts it as left."""
        world, week = self.world.arrays, self.week
        ctx = Context(world, self.inputs, self.state, self._in_force, self.buffers, self.seed_value, week, 0)
        getattr(leave, "py_func", leave)(ctx, row)  # a rule is compiled for other rules only
        if week <= self.last_week:
            self.buffers.weekly[week, Weekly.LEFT] += 1.0
        if self._rows:
            self._rows[TraffickingOrganisation].pop(row).leave_model()

    def deregister_agent(self, agent: Agent) -> None:
        """Take an agent off the lists: one that still acts ends as by its `remove`, or is refused."""
        if isinstance(agent, RowAgent) and agent.is_current:
            agent.remove()
        else:
            super().deregister_agent(agent)

    def remove_all_agents(self) -> None:
        """Refuse: countries, platforms and assets cannot leave a world.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(
            "the agents of this model cannot all be removed",
            field="remove_all_agents",
            allowed="remove() of trafficking organisations",
            remedy="build a new model, or m.agents_by_type[TraffickingOrganisation].do('remove')",
        )

    @cached_property
    def space(self) -> Network:
        """Mesa network space over the places, at their real coordinates (longitude, latitude)."""
        layout = {place: (data["lon"], data["lat"]) for place, data in self.world.graph.nodes(data=True)}
        return Network(self.world.graph, random=self.random, layout=layout)


def alive_rows(columns: Any) -> dict[int, int]:
    """Row and ident of every living row."""
    rows = np.flatnonzero(columns.alive)
    return dict(zip(rows.tolist(), columns.ident[rows].tolist(), strict=True))
