"""Random numbers with an address: Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011).

A draw is a pure function of (seed, stream, week, who, k). Nobody's luck depends on what others do, on the order of
agents or on the number of workers; two scenarios meet the same luck until policy makes a difference.
"""

from __future__ import annotations

from model.compiled import compiled

MASK = 0xFFFFFFFF
ROUND_0, ROUND_1 = 0xD2511F53, 0xCD9E8D57
WEYL_0, WEYL_1 = 0x9E3779B9, 0xBB67AE85
UNIT_53 = 1.0 / 9007199254740992.0
UNIT_32 = 1.0 / 4294967296.0

STREAM_NAMES = (
    "SUPPLY", "INITIAL", "ROUTE", "LOAD", "EXPLORE", "IMITATE", "MOVEMENT", "LEAD", "SENSOR", "TASKING", "BOARDING",
    "INSPECTION", "POLICE", "RUMOUR", "NEWS", "MARKET", "FINANCE", "STATE", "PLATFORM", "ENTRY", "EXIT", "CORRUPTION",
    "ASSET", "SATELLITE", "LEAK", "PROSECUTION",
)  # fmt: skip
(
    SUPPLY, INITIAL, ROUTE, LOAD, EXPLORE, IMITATE, MOVEMENT, LEAD, SENSOR, TASKING, BOARDING, INSPECTION, POLICE,
    RUMOUR, NEWS, MARKET, FINANCE, STATE, PLATFORM, ENTRY, EXIT, CORRUPTION, ASSET, SATELLITE, LEAK, PROSECUTION,
) = range(len(STREAM_NAMES))  # fmt: skip
STREAMS = dict(zip(STREAM_NAMES, range(len(STREAM_NAMES)), strict=True))
"""Streams by name; a decision has a stream of its own."""


@compiled
def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Ten rounds of Philox4x32: four 32-bit words from a counter of four and a key of two."""
    for _ in range(10):
        p0 = ROUND_0 * c0
        p1 = ROUND_1 * c2
        c0, c1, c2, c3 = ((p1 >> 32) & MASK) ^ c1 ^ k0, p1 & MASK, ((p0 >> 32) & MASK) ^ c3 ^ k1, p0 & MASK
        k0 = (k0 + WEYL_0) & MASK
        k1 = (k1 + WEYL_1) & MASK
    return c0, c1, c2, c3


@compiled
def block(seed: int, stream: int, week: int, who: int, k: int) -> tuple[int, int, int, int]:
    """The four words at an address; seed and who below 2**63, stream and week below 2**16, k below 2**32."""
    seed, who = int(seed), int(who)
    return philox(
        who & MASK, (who >> 32) & MASK, int(week) + (int(stream) << 16), int(k), seed & MASK, (seed >> 32) & MASK
    )


@compiled
def uniform(seed: int, stream: int, week: int, who: int, k: int) -> float:
    """A number strictly between 0 and 1, 53 bits."""
    a, b, _, _ = block(seed, stream, week, who, k)
    return (float((a >> 5) * 67108864 + (b >> 6)) + 0.5) * UNIT_53


@compiled
def uniform_pair(seed: int, stream: int, week: int, who: int, k: int) -> tuple[float, float]:
    """Two independent numbers strictly between 0 and 1, 53 bits each, from one block."""
    a, b, c, d = block(seed, stream, week, who, k)
    u = (float((a >> 5) * 67108864 + (b >> 6)) + 0.5) * UNIT_53
    v = (float((c >> 5) * 67108864 + (d >> 6)) + 0.5) * UNIT_53
    return u, v


@compiled
def uniform_four(seed: int, stream: int, week: int, who: int, k: int) -> tuple[float, float, float, float]:
    """Four independent numbers strictly between 0 and 1, 32 bits each, from one block."""
    a, b, c, d = block(seed, stream, week, who, k)
    return (a + 0.5) * UNIT_32, (b + 0.5) * UNIT_32, (c + 0.5) * UNIT_32, (d + 0.5) * UNIT_32


@compiled
def consignment_ident(owner_ident: int, sequence: int) -> int:
    """Identity of a load: its owner's ident and running number (below 2**24)."""
    return int(owner_ident) * 16777216 + int(sequence)
