"""The world: tables -> graph -> arrays, and the library of routes."""

from model.world.world import World, load_world

__all__ = ["World", "load_world"]
