"""The Mesa agents: one row of the columns each.

An agent holds a row number; its attributes read and write the columns, so ``agent.capital_eur = 0`` changes the
simulation. What may be set follows from the declaration of the column: its bounds, whether rules write it, and whether
a rule of this model reads it. Agents of dead rows leave the model when control returns to Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, ClassVar, Protocol

import numpy as np
from mesa import Agent
from mesa.discrete_space import Cell, Network

from model.columns import Assets, Column, Consignments, Organisations, Platforms, States, columns_of
from model.context import State
from model.errors import InputError
from model.parameters import Parameters
from model.scenario import Scenario
from model.summary import Summary
from model.world import World

OWN = frozenset({"model", "unique_id", "pos", "row", "identity"})
"""Attributes of every agent."""
MUCH_ALIKE = 0.85


class Columnar(Protocol):
    """What an agent needs of its model."""

    world: World
    policy: Scenario
    state: State

    @property
    def space(self) -> Network:
        """Network space over the places."""

    def end_organisation(self, row: int) -> None:
        """End an organisation."""


class Row:
    """Descriptor: one entry of a column, read and written at the agent's row."""

    def __init__(self, part: str, field: str, column: Column) -> None:
        self.part, self.field, self.column = part, field, column
        self.__doc__ = f"{column.meaning}{f' [{column.unit}]' if column.unit else ''}"

    def __get__(self, agent: RowAgent | None, owner: type) -> Any:
        """The value: a number, or a view that cannot be written where the column has further dimensions."""
        if agent is None:
            return self
        if not agent.is_current:
            if self.field == "alive":
                return 0
            raise self._ended(agent)
        value = self._column(agent)[agent.row]
        if not getattr(value, "ndim", 0):
            return value.item()
        value.setflags(write=False)
        return value

    def __set__(self, agent: RowAgent, value: Any) -> None:
        """Write the column at the agent's row.

        Raises
        ------
        InputError
            If rules write the column or none of this model reads it, if the value does not lie within its bounds, or if
            the agent has ended.
        """
        name = f"{type(agent).__name__}.{self.field}"
        if not agent.is_current:
            raise self._ended(agent)
        if self.column.by:
            raise InputError(
                "this attribute is written by the model's rules",
                field=name,
                value=value,
                allowed=f"reading it; it follows from {self.column.by}",
                remedy="change what it follows from, by an event, a parameter or another attribute",
            )
        check_use(self.column, name, value, agent.model.policy.parameters)
        column = self._column(agent)
        column[agent.row] = checked(self.column, name, value, np.shape(column[agent.row]))

    def _column(self, agent: RowAgent) -> Any:
        return getattr(getattr(agent.model.state, self.part), self.field)

    def _ended(self, agent: RowAgent) -> InputError:
        return InputError(
            "this agent has ended, and its row is free or holds another",
            field=f"{type(agent).__name__}.{self.field}",
            value=agent.identity,
            allowed="`alive`, which is 0, and `identity`",
            remedy="take the agents anew from m.agents_by_type",
        )


def check_use(column: Column, name: str, value: Any, parameters: Parameters) -> None:
    """Refuse an attribute that no rule of this model reads; InputError names the parameter that decides it."""
    parameter, _, options = column.when.partition("=")
    if parameter and getattr(parameters, parameter) not in options.split("|"):
        raise InputError(
            f"this attribute has no effect in a model with {parameter}={getattr(parameters, parameter)!r}",
            field=name,
            value=value,
            allowed=f"setting it where {parameter} is {options.replace('|', ' or ')}",
            remedy=f"set {column.instead}, or build the model with {parameter}={options.split('|')[0]!r}",
        )


def checked(column: Column, name: str, value: Any, shape: tuple[int, ...]) -> Any:
    """The value, a number or as many as the entry has, within the column's bounds; InputError if it is none."""
    low, high = column.bounds
    try:
        numbers = np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        numbers = np.array(np.nan)
    whole = column.is_whole and not np.array_equal(numbers, np.round(numbers))
    if (
        numbers.shape not in {(), shape}
        or whole
        or not (np.isfinite(numbers) & (numbers >= low) & (numbers <= high)).all()
    ):
        kind = "whole numbers" if column.is_whole else "numbers"
        raise InputError(
            f"this attribute ({column.meaning}) cannot take this value",
            field=name,
            value=value,
            allowed=f"{kind} from {low:g} to {high:g} {column.unit}".strip()
            + (f", {shape[0]} of them" if shape else ""),
            remedy="give a value within these bounds",
        )
    return value


def misspelt(name: str, columns: Iterable[str]) -> str:
    """The column that a name seems to mean: as long but for two letters, and much alike; empty where there is none."""
    near = get_close_matches(name, [c for c in columns if abs(len(c) - len(name)) <= 2], 1, MUCH_ALIKE)
    return near[0] if near and not (name.startswith(near[0]) or near[0].startswith(name)) else ""


class RowAgent(Summary, Agent):  # type: ignore[misc]
    """An agent that is a row of columns."""

    columns: ClassVar[str] = ""
    kind: ClassVar[type | None] = None
    shown: ClassVar[tuple[str, ...]] = ()
    """Attributes that `repr` shows."""
    instead: ClassVar[str] = ""
    """What to do in place of removing it."""
    model: Columnar

    def __init_subclass__(cls, **options: Any) -> None:
        """Give the class a descriptor for every column of its kind, but those that it puts into words itself."""
        super().__init_subclass__(**options)
        for field, column in (columns_of(cls.kind) if cls.kind is not None else {}).items():
            if not any(field in vars(owner) for owner in (cls, RowAgent)):
                setattr(cls, field, Row(cls.columns, field, column))

    def __init__(self, model: Columnar, row: int = -1, identity: int = 0) -> None:
        if row < 0:
            raise InputError(
                "agents of this kind are rows of the model's columns, and the model makes them",
                field=type(self).__name__,
                allowed="agents of m.agents_by_type, and agents of classes of your own",
                remedy="let organisations enter by the parameter entry_rate_per_week",
            )
        super().__init__(model)
        self.row = row
        self.identity = identity

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute: a column, or one of the user's own; one that is a column misspelt is refused.

        Raises
        ------
        InputError
            If the name is much like that of a column.
        """
        near = (
            "" if name in OWN or hasattr(type(self), name) else misspelt(name, columns_of(self.kind or Organisations))
        )
        if near:
            raise InputError(
                "there is no such attribute",
                field=f"{type(self).__name__}.{name}",
                value=value,
                allowed="the columns of its kind, and names of your own that are unlike them",
                remedy=f"did you mean {near!r}?",
            )
        super().__setattr__(name, value)

    @property
    def is_current(self) -> bool:
        """Whether the row still holds this agent; only organisations and consignments end."""
        return True

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of an agent."""
        if not self.is_current:
            return {"identity": self.identity, "alive": 0}
        return {name: getattr(self, name) for name in ("unique_id", *self.shown)}

    def remove(self) -> None:
        """Refuse: only organisations can be removed.

        Raises
        ------
        InputError
            Says what to do in its place.
        """
        raise InputError(
            "this agent cannot be removed: the world is made with it",
            field=f"{type(self).__name__}.remove",
            value=self.unique_id,
            allowed="remove() of trafficking organisations",
            remedy=self.instead,
        )

    def leave_model(self) -> None:
        """Take the agent of a dead row off Mesa's lists; the model calls it."""
        super().remove()

    @property
    def place(self) -> str:
        """Place where the agent is (its id in places.csv); of an asset its base or patrol area."""
        return self.model.world.places[self._place_index()]

    @property
    def cell(self) -> Cell:
        """Cell of the model's network space where the agent is."""
        return self.model.space[self.place]

    def _place_index(self) -> int:
        raise AttributeError(f"{type(self).__name__} has no place")


class PooledAgent(RowAgent):
    """An agent whose row is given to another when it ends."""

    @property
    def is_current(self) -> bool:
        """Whether the row still holds this agent."""
        rows = getattr(self.model.state, self.columns)
        return bool(rows.alive[self.row] == 1 and rows.ident[self.row] == self.identity)


class TraffickingOrganisation(PooledAgent):
    """A trafficking organisation."""

    columns, kind = "organisations", Organisations
    shown = ("place", "capital_eur", "inventory_kg", "weight", "entered_week")

    def remove(self) -> None:
        """End the organisation, as the model ends one that has been without means for too long.

        Goods in hand and in stores go to the producers and local organisations where they lie. Money goes into its
        estate, after courts have decided upon what was frozen. Its consignments travel on without an owner: what they
        sell for goes to the estate. Another organisation may enter later under a new identity.
        """
        if self.is_current:
            self.model.end_organisation(self.row)

    def _place_index(self) -> int:
        return int(self.model.world.arrays.source_place[self.source])


class PartnerState(RowAgent):
    """A state that polices, is crossed, or both."""

    columns, kind = "states", States
    shown = ("iso3", "corruption", "capacity", "rule_of_law", "seized_kg")
    instead = "set pledge to zero to end its cooperation, or capacity and its inspection shares to end its controls"

    @property
    def iso3(self) -> str:
        """ISO 3166 code."""
        return self.model.world.states[self.row]


class EnforcementPlatform(RowAgent):
    """A platform through which states cooperate."""

    columns, kind = "platforms", Platforms
    shown = ("name", "active", "allocation", "liaison", "seized_kg")
    instead = "set active to 0, or date an event on platform:NAME, field active"

    @property
    def name(self) -> str:
        """Slug of the platform."""
        return self.model.world.platforms[self.row]

    @property
    def members(self) -> list[str]:
        """States that share with it now."""
        shares = self.model.state.states.sharing[:, self.row]
        return [state for state, level in zip(self.model.world.states, shares, strict=True) if level > 0]


class PatrolAsset(RowAgent):
    """A patrol ship or aircraft."""

    columns, kind = "assets", Assets
    shown = ("name", "owner", "place", "active", "availability")
    instead = "set active to 0, or date an event on asset:NAME, field active"

    @property
    def name(self) -> str:
        """Slug of the asset."""
        return self.model.world.assets[self.row]

    @property
    def owner(self) -> str:
        """State that owns it (ISO3)."""
        return self.model.world.states[self.model.world.arrays.asset_owner[self.row]]

    def _place_index(self) -> int:
        return int(self.model.state.assets.place[self.row])


class Consignment(PooledAgent):
    """A consignment under way. Its place is the start of the leg it is on."""

    columns, kind = "consignments", Consignments
    shown = ("place", "owner_ident", "load_kg", "arrive_day")
    instead = "let it travel: what is seized, lost or sold is booked by the rules of the week"

    def _place_index(self) -> int:
        return int(self.model.world.arrays.leg_origin[self.leg])


AGENTS = (TraffickingOrganisation, PartnerState, EnforcementPlatform, PatrolAsset, Consignment)
