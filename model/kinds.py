"""Kinds that tables name and rules count by number: modes, sectors, consent regimes, placement rules."""

from __future__ import annotations

MODES = ("fast_boat", "small_vessel", "merchant_vessel", "container", "light_aircraft", "air_courier", "overland")
FAST_BOAT, SMALL_VESSEL, MERCHANT, CONTAINER, AIRCRAFT, COURIER, LAND = range(len(MODES))
BUNDLED = frozenset({"container", "air_courier", "overland"})
"""Modes in which several boxes, couriers or bags go at a time and are checked one by one."""
REGIMES = ("standing", "four_hour", "article17", "none")
SECTORS = ("maritime", "airport", "port", "justice")
MARITIME, AIRPORT, PORT, JUSTICE = range(len(SECTORS))
RULES = ("random", "last-seizures", "greedy", "covering", "network", "bandit")
RANDOM, LAST_SEIZURES, GREEDY, COVERING, NETWORK, BANDIT = range(len(RULES))
"""How a platform places the assets lent to it, from the baseline to the cleverest."""
