"""Random numbers: published vectors, uniform and independent along every part of the address, the same bits everywhere.

The draws are fixed by their addresses, so a statistical test gives the same p-value at every run; the level is chosen
so that a sound generator passes the lot.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from model.random import draws

LEVEL = 1e-4
COUNT = 40_000
PI_COUNTER = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)
PI_KEY = (0xA4093822, 0x299F31D0)
COMPONENTS = ("seed", "stream", "week", "who", "k")
LIMITS = {"seed": 2**63, "stream": 2**16, "week": 2**16, "who": 2**63, "k": 2**32}
ADDRESSES = st.tuples(*(st.integers(0, LIMITS[name] - 1) for name in COMPONENTS))


def along(component: str, count: int, draw: Callable[..., object] = draws.uniform, start: int = 0) -> np.ndarray:
    """Draws whose addresses differ in one component only, running from `start`."""
    address = {"seed": 71, "stream": draws.ROUTE, "week": 312, "who": 1009, "k": 2}
    return np.array([draw(*{**address, component: start + i}.values()) for i in range(count)])


def grid_p_value(x: np.ndarray, y: np.ndarray, cells: int = 20) -> float:
    """P-value of a chi-square test that pairs fill the unit square evenly."""
    counts, _, _ = np.histogram2d(x, y, bins=cells, range=[[0, 1], [0, 1]])
    return float(stats.chisquare(counts.ravel()).pvalue)


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((draws.MASK,) * 4, (draws.MASK,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (PI_COUNTER, PI_KEY, (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
    ],
)
def test_published_vectors(counter: tuple[int, ...], key: tuple[int, ...], words: tuple[int, ...]) -> None:
    """Known answers of philox4x32-10 in Random123 (Salmon et al. 2011)."""
    assert draws.philox(*counter, *key) == words


@given(ADDRESSES)
@settings(max_examples=200, deadline=None)
def test_an_address_fills_counter_and_key(address: tuple[int, ...]) -> None:
    seed, stream, week, who, k = address
    low = draws.MASK
    expected = draws.philox(who & low, who >> 32, week + (stream << 16), k, seed & low, seed >> 32)
    assert draws.block(*address) == expected
    a, b, c, d = expected
    first, second = ((a >> 5) * 2**26 + (b >> 6)) / 2**53, ((c >> 5) * 2**26 + (d >> 6)) / 2**53
    assert draws.uniform(*address) == draws.uniform_pair(*address)[0] == pytest.approx(first, abs=2.0**-53)
    assert draws.uniform_pair(*address)[1] == pytest.approx(second, abs=2.0**-53)
    assert draws.uniform_four(*address) == tuple((word + 0.5) / 2**32 for word in expected)


@given(st.tuples(*(st.integers(-(2**63), 2**63 - 1) for _ in COMPONENTS)))
@settings(max_examples=200, deadline=None)
def test_every_number_lies_strictly_inside(address: tuple[int, ...]) -> None:
    """Even for an address that is out of bounds."""
    numbers = (draws.uniform(*address), *draws.uniform_pair(*address), *draws.uniform_four(*address))
    assert all(0.0 < number < 1.0 for number in numbers)


def test_the_extreme_words_lie_strictly_inside() -> None:
    plain = getattr(draws.unit, "py_func", draws.unit)
    assert plain(0, 0) == 2.0**-54
    assert plain(draws.MASK, draws.MASK) == 1.0 - 2.0**-53
    assert (draws.MASK + 0.5) * draws.UNIT_32 < 1.0


@pytest.mark.parametrize("component", COMPONENTS)
def test_uniform_along_each_part_of_the_address(component: str) -> None:
    numbers = along(component, COUNT)
    assert stats.kstest(numbers, "uniform").pvalue > LEVEL
    assert stats.chisquare(np.histogram(numbers, bins=256, range=(0, 1))[0]).pvalue > LEVEL


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("lag", [1, 2, 16])
def test_neighbours_are_independent(component: str, lag: int) -> None:
    numbers = along(component, COUNT)
    first, second = numbers[:-lag], numbers[lag:]
    assert stats.pearsonr(first, second).pvalue > LEVEL
    assert grid_p_value(first, second) > LEVEL


@pytest.mark.parametrize("component", ["seed", "who"])
def test_uniform_beyond_32_bits(component: str) -> None:
    numbers = along(component, COUNT, start=2**32 - COUNT // 2)
    assert len(set(numbers)) == COUNT
    assert stats.kstest(numbers, "uniform").pvalue > LEVEL


def test_numbers_of_one_block_are_independent() -> None:
    pairs, fours = along("who", COUNT, draws.uniform_pair), along("who", COUNT, draws.uniform_four)
    columns = [(pairs[:, 0], pairs[:, 1])]
    columns += [(fours[:, i], fours[:, j]) for i in range(4) for j in range(i)]
    for x, y in columns:
        assert stats.kstest(y, "uniform").pvalue > LEVEL
        assert grid_p_value(x, y) > LEVEL


def test_the_low_bits_are_fair() -> None:
    """Bits 22 to 53 of a number are as fair as the first."""
    numbers = np.floor(along("who", COUNT) * 2.0**53).astype(np.int64)
    for bit in range(1, 32):
        ones = int(((numbers >> bit) & 1).sum())
        assert stats.binomtest(ones, COUNT).pvalue > LEVEL


def test_streams_are_independent() -> None:
    count = 4_000
    columns = np.array(
        [[draws.uniform(5, stream, 100, who, 0) for who in range(count)] for stream in draws.STREAMS.values()]
    )
    correlation = np.corrcoef(columns)[np.triu_indices(len(columns), 1)]
    assert np.abs(correlation).max() < 5.0 / np.sqrt(count)
    assert stats.kstest(correlation * np.sqrt(count), "norm").pvalue > LEVEL


def test_one_changed_bit_of_an_address_changes_half_of_the_bits() -> None:
    widths = {"seed": 63, "stream": 16, "week": 16, "who": 63, "k": 32}
    base = {"seed": 20_000_103, "stream": 7, "week": 611, "who": 42 << 24 | 17, "k": 3}
    for name, width in widths.items():
        for bit in range(width):
            changed = 0
            for k in range(25):
                one = {**base, "k": k}
                other = {**one, name: one[name] ^ (1 << bit)}
                words = zip(draws.block(*one.values()), draws.block(*other.values()), strict=True)
                changed += sum((p ^ q).bit_count() for p, q in words)
            assert changed / (25 * 128) == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(25 * 128)), (name, bit)


def test_streams_have_names_and_numbers_of_their_own() -> None:
    assert len(set(draws.STREAM_NAMES)) == len(draws.STREAM_NAMES) == len(set(draws.STREAMS.values()))
    assert max(draws.STREAMS.values()) < 2**16
    for name, number in draws.STREAMS.items():
        assert getattr(draws, name) == number
        assert f"| {name} |" in str(draws.__doc__)


@given(st.tuples(st.integers(0, 2**39 - 1), st.integers(0, 2**24 - 1)))
@settings(max_examples=200, deadline=None)
def test_consignment_idents_can_be_told_apart(pair: tuple[int, int]) -> None:
    owner, sequence = pair
    ident = draws.consignment_ident(owner, sequence)
    assert 0 <= ident < 2**63
    assert (ident >> 24, ident & (2**24 - 1)) == pair


def batch() -> list[str]:
    """Draws at scattered addresses, written so that no bit is lost; the address as Python and as NumPy integers."""
    found: list[float] = []
    for i in range(300):
        plain = (i * 0x1F0E3D2C4B5A697 % 2**63, i % 26, i * 37 % 2**16, i * 0x2545F4914F6CDD1D % 2**63, i * 977)
        for address in (plain, tuple(np.int64(part) for part in plain)):
            found += [draws.uniform(*address), *draws.uniform_pair(*address), *draws.uniform_four(*address)]
            found += [float(draws.block(*address)[i % 4])]
        found += [float(draws.consignment_ident(np.int64(i), np.int64(i * 31)))]
    return [float(number).hex() for number in found]


def test_compiled_and_interpreted_agree_to_the_last_bit() -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == batch()


if __name__ == "__main__":
    warnings.simplefilter("error")
    print(json.dumps(batch()))
