"""Every rule by which a seed follows from something else, with its reason; no other module works out a seed.

The same seed gives the same run, to the last bit. The numbers here are fixed, since results that are kept, posteriors
among them, were made with them. Distances between families of seeds are large, so that families do not overlap.
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import Final

import numpy as np

from experiments.ensemble.executors import whole_number
from model.route_model import LARGEST_SEED

MOST_REPLICATIONS: Final = 1_000_000


def replications(first: object, count: object) -> tuple[int, ...]:
    """Seeds of replications: `count` of them that follow one another, so that more replications keep those made before.

    Raises
    ------
    InputError
        If either is no whole number within its bounds.
    """
    number = whole_number("replications", count, 1, MOST_REPLICATIONS, "20 replications are usual")
    seed = whole_number("seed", first, 0, LARGEST_SEED - number + 1, "1 is usual")
    return tuple(range(seed, seed + number))


def for_point(seed: int, point: int) -> int:
    """Seed of a replication at a point of a design whose points do not share their seeds (no common random numbers)."""
    return (seed + 1_000_003 * (point + 1)) % LARGEST_SEED


def set_for(seed: int, first: int, sets: int) -> int:
    """Number of the parameter set that goes with a seed: the same set with the same seed in every scenario."""
    return (seed - first) % sets


def for_parameters(unit: Sequence[float]) -> int:
    """Seed of a parameter set, from its place in the unit cube: the set alone gives the same run again."""
    packed = struct.pack(f">{len(unit)}d", *[float(u) for u in unit])
    return int.from_bytes(hashlib.sha256(packed).digest()[:4], "big")


def for_draw(draw: int) -> int:
    """Seed of a draw of the posterior in trials: the same in every arm (common random numbers)."""
    return draw + 1


def for_prediction(seed: int, draw: int) -> int:
    """Seed of a draw of the posterior in predictions: not that by which the set was accepted."""
    return seed * 1_000_003 + draw


def for_check(draw: int) -> int:
    """Seed of a draw of the posterior in checks of the fit: neither that of its acceptance nor that of predictions."""
    return 2_000_003 + draw


def for_trial(seed: int, trial: int) -> int:
    """Seed of a trial of recovery: each trial is the same whichever went before it."""
    return seed * 100_003 + trial


def streams(seed: int, count: int) -> tuple[int, ...]:
    """Seeds of independent streams that share nothing (O'Neill 2014, as `numpy.random.SeedSequence` has it)."""
    return tuple(int(stream.generate_state(1)[0]) for stream in np.random.SeedSequence(seed).spawn(count))


def beside(seed: int) -> int:
    """Seed of the random mixes that a search is compared with: not that of the search itself."""
    return seed + 1


def fresh(seed: int) -> int:
    """First seed of worlds in which a search is confirmed: what was chosen by chance is not reported as gain."""
    return seed + 500_000
