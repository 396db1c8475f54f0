"""The Mesa agents: one row of the columns each.

An agent holds a row number; its attributes read and write the columns, so ``agent.capital_eur = 0`` changes the
simulation. Agents of dead rows leave the model when control returns to Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, overload

from mesa import Agent
from mesa.discrete_space import Cell

from model.columns import Assets, Consignments, Organisations, Platforms, States, columns_of

if TYPE_CHECKING:
    from model.route_model import RouteModel

__all__ = ["AGENTS", "Consignment", "EnforcementPlatform", "PartnerState", "PatrolAsset", "TraffickingOrganisation"]


class Row:
    """Descriptor: one entry of a column, read and written at the agent's row."""

    def __init__(self, columns: str, field: str, meaning: str) -> None:
        self.columns, self.field = columns, field
        self.__doc__ = meaning

    @overload
    def __get__(self, agent: None, owner: type) -> Row: ...
    @overload
    def __get__(self, agent: RowAgent, owner: type) -> Any: ...
    def __get__(self, agent: RowAgent | None, owner: type) -> Any:
        """The value: a number, or a view where the column has further dimensions."""
        if agent is None:
            return self
        value = getattr(getattr(agent.model.state, self.columns), self.field)[agent.row]
        return value if getattr(value, "ndim", 0) else value.item()

    def __set__(self, agent: RowAgent, value: Any) -> None:
        """Write the column at the agent's row."""
        getattr(getattr(agent.model.state, self.columns), self.field)[agent.row] = value


class RowAgent(Agent):  # type: ignore[misc]
    """An agent that is a row of columns."""

    columns: ClassVar[str] = ""
    kind: ClassVar[type | None] = None
    model: RouteModel

    def __init_subclass__(cls, **options: Any) -> None:
        """Give the class a descriptor for every column of its kind."""
        super().__init_subclass__(**options)
        if cls.kind is not None:
            for field, column in columns_of(cls.kind).items():
                unit = f" [{column.unit}]" if column.unit else ""
                if field in cls.__dict__:
                    continue  # the class says it in words, e.g. a place by name
                setattr(cls, field, Row(cls.columns, field, f"{column.meaning}{unit}"))

    def __init__(self, model: RouteModel, row: int, identity: int = 0) -> None:
        super().__init__(model)
        self.row = row
        self.identity = identity

    @property
    def place(self) -> str:
        """Place where the agent is (its id in places.csv)."""
        return self.model.world.places[self._place_index()]

    @property
    def cell(self) -> Cell:
        """Cell of the model's network space where the agent is."""
        return self.model.space[self.place]

    def _place_index(self) -> int:
        raise AttributeError(f"{type(self).__name__} has no place")


class TraffickingOrganisation(RowAgent):
    """A trafficking organisation."""

    columns, kind = "organisations", Organisations

    def _place_index(self) -> int:
        return int(self.model.world.arrays.source_place[self.source])


class PartnerState(RowAgent):
    """A state that polices, is crossed, or both."""

    columns, kind = "states", States

    @property
    def iso3(self) -> str:
        """ISO 3166 code."""
        return self.model.world.states[self.row]


class EnforcementPlatform(RowAgent):
    """A platform through which states cooperate."""

    columns, kind = "platforms", Platforms

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

    @property
    def name(self) -> str:
        """Slug of the asset."""
        return self.model.world.assets[self.row]

    @property
    def owner(self) -> str:
        """State that owns it (ISO3)."""
        return self.model.world.states[self.model.world.arrays.asset_owner[self.row]]

    @property
    def place(self) -> str:
        """Base or patrol area where it is."""
        return self.model.world.places[self._place_index()]

    def _place_index(self) -> int:
        return int(self.model.state.assets.place[self.row])


class Consignment(RowAgent):
    """A load under way. Its place is the start of the leg it is on."""

    columns, kind = "consignments", Consignments

    def _place_index(self) -> int:
        return int(self.model.world.arrays.leg_origin[self.leg])


AGENTS = (TraffickingOrganisation, PartnerState, EnforcementPlatform, PatrolAsset, Consignment)
