"""Attribution: Shapley values of platforms or countries, and who would do better alone.

The value of a coalition is what an outcome is when only its members work. A player's share is its marginal
contribution averaged over all orders of joining (Shapley 1953): all coalitions up to ten players, sampled orders
beyond (Castro, Gomez and Tejada 2009). Shares sum to the value of all less that of none. A negative share says that
a player moves the outcome against the others, as by displacement.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import t as student

from experiments.analysis.intervals import FEWEST, mean_and_interval
from model.columns import Array
from model.errors import InputError

MOST_EXACT: Final = 10
MOST_PLAYERS: Final = 64
PERMUTATIONS: Final = 100


def joined(members: Iterable[str], players: Sequence[str]) -> str:
    """Name of a coalition: its members in the order of the players, as ``a+b``; empty for none."""
    inside = set(members)
    return "+".join(player for player in players if player in inside)


def coalition_names(players: Sequence[str], permutations: int = PERMUTATIONS) -> list[str]:
    """Coalitions whose values are needed: all, or those that sampled orders pass through.

    Raises
    ------
    InputError
        If there are too few or too many players, or one is named twice.
    """
    if not 2 <= len(players) <= MOST_PLAYERS or len(set(players)) != len(players):
        raise InputError(
            "these players cannot share credit",
            field="attribution.players",
            value=list(players),
            allowed=f"2 to {MOST_PLAYERS} platforms or states, each once",
            remedy="name them as in platforms.csv or states.csv",
        )
    if len(players) <= MOST_EXACT:
        return [joined(members, players) for size in range(len(players) + 1) for members in combinations(players, size)]
    chains = (_chain(order, players) for order in orders(players, permutations))
    return list(dict.fromkeys(name for chain in chains for name in chain))


def orders(players: Sequence[str], count: int, seed: int = 0) -> list[tuple[str, ...]]:
    """Random orders of joining, each followed by its reverse, which halves the error of sampling for little."""
    rng = np.random.default_rng(seed)
    half = [tuple(players[i] for i in rng.permutation(len(players))) for _ in range(math.ceil(count / 2))]
    return [order for one in half for order in (one, one[::-1])]


def _chain(order: Sequence[str], players: Sequence[str]) -> list[str]:
    """Coalitions as players join one after the other, from none to all."""
    return [joined(order[:size], players) for size in range(len(order) + 1)]


def shapley_values(values: pd.DataFrame, players: Sequence[str], permutations: int = PERMUTATIONS) -> pd.DataFrame:
    """Shapley shares with their 95% interval over seeds.

    Parameters
    ----------
    values
        Columns coalition, seed, value; seeds of which a coalition is missing are left out.

    Returns
    -------
    DataFrame
        player, share, low, high, se (of sampling orders and of chance together), exact, n (seeds).

    Raises
    ------
    InputError
        If no seed has a value of every coalition.
    """
    _, shares, sampling = _shares(values, players, permutations)
    exact, count = len(players) <= MOST_EXACT, len(shares)
    rows = []
    for player, mine, drawn in zip(players, shares.T, sampling, strict=True):
        mean, low, high = mean_and_interval(mine)
        error = math.hypot(float(mine.std(ddof=1)) / math.sqrt(count) if count > 1 else 0.0, float(drawn))
        if not exact and count >= FEWEST:
            half = float(student.ppf(0.975, count - 1)) * error
            low, high = mean - half, mean + half
        rows.append((player, mean, low, high, error, exact, count))
    return pd.DataFrame(rows, columns=["player", "share", "low", "high", "se", "exact", "n"])


def _shares(values: pd.DataFrame, players: Sequence[str], permutations: int) -> tuple[pd.DataFrame, Array, Array]:
    """Values as seeds by coalitions, only seeds that have all; shares by seed, and their standard error of sampling."""
    names = coalition_names(players, permutations)
    wide = values.assign(coalition=values["coalition"].fillna("")).pivot_table(
        index="seed", columns="coalition", values="value", aggfunc="first"
    )
    whole = wide.reindex(columns=names).dropna()
    if whole.empty:
        raise InputError(
            "no seed has a value of every coalition",
            field="coalitions",
            value=f"{sum(name not in wide for name in names)} of {len(names)} have none",
            allowed="a value of each for some seed",
            remedy="run the study to its end; see the errors of failed runs",
        )
    if len(players) <= MOST_EXACT:
        return whole, _exact(whole, players), np.zeros(len(players))
    return whole, *_sampled(whole, players, permutations)


def _exact(wide: pd.DataFrame, players: Sequence[str]) -> Array:
    """Shares by seed, shape (seeds, players), from all coalitions."""
    count = len(players)
    shares = np.zeros((len(wide), count))
    for number, player in enumerate(players):
        others = [other for other in players if other != player]
        for size in range(count):
            weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
            for members in combinations(others, size):
                with_it = wide[joined((*members, player), players)].to_numpy()
                shares[:, number] += weight * (with_it - wide[joined(members, players)].to_numpy())
    return shares


def _sampled(wide: pd.DataFrame, players: Sequence[str], permutations: int) -> tuple[Array, Array]:
    """Shares by seed from sampled orders, and the standard error of sampling: of pairs of an order and its reverse."""
    gains = np.zeros((permutations + permutations % 2, len(wide), len(players)))
    for row, order in enumerate(orders(players, permutations)):
        chain = wide[_chain(order, players)].to_numpy()
        for step, player in enumerate(order):
            gains[row, :, players.index(player)] = chain[:, step + 1] - chain[:, step]
    pairs = gains.mean(axis=1).reshape(-1, 2, len(players)).mean(axis=1)
    error = pairs.std(axis=0, ddof=1) / math.sqrt(len(pairs)) if len(pairs) > 1 else np.zeros(len(players))
    return gains.mean(axis=0), error


def core(
    values: pd.DataFrame, players: Sequence[str], permutations: int = PERMUTATIONS, sense: int = 1
) -> pd.DataFrame:
    """Which coalitions would do better alone than by the sum of their shares (Gillies 1959).

    Parameters
    ----------
    sense
        1 where more of the outcome is better for its members, -1 where less is.

    Returns
    -------
    DataFrame
        coalition, gets (its members' shares), alone (its value over that of none), leaves, probability (share of seeds
        in which it would).
    """
    wide, shares, _ = _shares(values, players, permutations)
    rows = []
    for name in filter(None, map(str, wide)):
        members = [players.index(player) for player in name.split("+")]
        gets, alone = shares[:, members].sum(axis=1), (wide[name] - wide[""]).to_numpy()
        better = sense * (alone - gets)
        # rounding must not let the whole leave itself
        slack = 1e-9 * max(1.0, float(np.abs(alone).max()))
        leaves, probability = bool(better.mean() > slack), float((better > slack).mean())
        rows.append((name, float(gets.mean()), float(alone.mean()), leaves, probability, len(wide)))
    return pd.DataFrame(rows, columns=["coalition", "gets", "alone", "leaves", "probability", "n"])
