"""Highway 10: simulate cocaine-trafficking routes from the Andes to Europe and the states that police them."""

from model.errors import InputError
from model.parameters import Parameters
from model.route_model import RouteModel
from model.scenario import Scenario
from model.world import load_world

__all__ = ["InputError", "Parameters", "RouteModel", "Scenario", "load_world"]
