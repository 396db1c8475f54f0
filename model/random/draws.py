"""Random numbers with an address: Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011).

A draw is a pure function of (seed, stream, week, who, k). It depends neither on what others do, nor on the order of
agents, nor on the number of workers: scenarios share common random numbers until policy makes a difference.

The address fills the counter and the key of the generator: counter = (low word of who, high word of who,
week + stream * 2**16, k), key = (low word of seed, high word of seed). So seed and who lie below 2**63, stream and week
below 2**16, k below 2**32. A decision has a stream of its own; `who` is an ident, never a row.

| Stream | Decides |
|---|---|
| SUPPLY | nothing: reserved for harvests and output of the producing states |
| INITIAL | state at the start, and the features of a new organisation |
| ROUTE | which route an organisation takes |
| LOAD | size of a load |
| EXPLORE | whether an organisation tries a route that is new to it, and which, or copies one of a peer, and whose |
| IMITATE | nothing: reserved |
| MOVEMENT | losses and length of a leg under way |
| LEAD | whether and when a state learns of a load |
| SENSOR | contacts by patrols and radar |
| TASKING | search for a load by the asset sent |
| BOARDING | consent, pursuit and finding what is aboard |
| INSPECTION | controls at ports, airports and borders |
| POLICE | work of the police against hubs and stocks |
| RUMOUR | nothing: reserved for news of a loss that reaches other organisations |
| NEWS | nothing: reserved for public reports |
| MARKET | nothing: reserved for noise of prices and sales |
| FINANCE | nothing: reserved for financial inquiries, freezing and confiscation |
| STATE | choices of states |
| PLATFORM | nothing: reserved for choices of platforms |
| ENTRY | new organisations |
| EXIT | nothing: reserved for organisations that end |
| CORRUPTION | nothing: reserved for bribes tried and taken |
| ASSET | availability of patrol assets |
| SATELLITE | images and false contacts |
| LEAK | leads betrayed to their object |
| PROSECUTION | nothing: reserved for arrests that lead to trials |
"""

from model.kernel.compiled import compiled, rule

MASK = 0xFFFFFFFF
ROUND_0, ROUND_1 = 0xD2511F53, 0xCD9E8D57
WEYL_0, WEYL_1 = 0x9E3779B9, 0xBB67AE85
UNIT_53 = 1.0 / 9007199254740992.0
UNIT_32 = 1.0 / 4294967296.0
BELOW_ONE = 1.0 - UNIT_53

STREAM_NAMES = (
    "SUPPLY",
    "INITIAL",
    "ROUTE",
    "LOAD",
    "EXPLORE",
    "IMITATE",
    "MOVEMENT",
    "LEAD",
    "SENSOR",
    "TASKING",
    "BOARDING",
    "INSPECTION",
    "POLICE",
    "RUMOUR",
    "NEWS",
    "MARKET",
    "FINANCE",
    "STATE",
    "PLATFORM",
    "ENTRY",
    "EXIT",
    "CORRUPTION",
    "ASSET",
    "SATELLITE",
    "LEAK",
    "PROSECUTION",
)
(
    SUPPLY,
    INITIAL,
    ROUTE,
    LOAD,
    EXPLORE,
    IMITATE,
    MOVEMENT,
    LEAD,
    SENSOR,
    TASKING,
    BOARDING,
    INSPECTION,
    POLICE,
    RUMOUR,
    NEWS,
    MARKET,
    FINANCE,
    STATE,
    PLATFORM,
    ENTRY,
    EXIT,
    CORRUPTION,
    ASSET,
    SATELLITE,
    LEAK,
    PROSECUTION,
) = range(len(STREAM_NAMES))
STREAMS = dict(zip(STREAM_NAMES, range(len(STREAM_NAMES)), strict=True))
"""Number of each stream by name; new streams go to the end, so that the old ones keep their numbers."""


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
    """The four 32-bit words at an address; seed and who below 2**63, stream and week below 2**16, k below 2**32."""
    # In plain Python the arguments may be NumPy integers, which would overflow with a warning: int() makes them wide.
    seed, who = int(seed), int(who)
    place = (int(week) + (int(stream) << 16)) & MASK
    return philox(who & MASK, (who >> 32) & MASK, place, int(k) & MASK, seed & MASK, (seed >> 32) & MASK)


@rule
def unit(high: int, low: int) -> float:
    """A number strictly between 0 and 1 from two words: the upper 27 and 26 bits, in steps of 2**-53."""
    # From one half on the added half is rounded to even; without the bound the very last step would be 1.
    return min((float((high >> 5) * 67108864 + (low >> 6)) + 0.5) * UNIT_53, BELOW_ONE)


@compiled
def uniform(seed: int, stream: int, week: int, who: int, k: int) -> float:
    """A number strictly between 0 and 1, 53 bits."""
    a, b, _, _ = block(seed, stream, week, who, k)
    return unit(a, b)


@compiled
def uniform_pair(seed: int, stream: int, week: int, who: int, k: int) -> tuple[float, float]:
    """Two independent numbers strictly between 0 and 1, 53 bits each, from one block."""
    a, b, c, d = block(seed, stream, week, who, k)
    return unit(a, b), unit(c, d)


@compiled
def uniform_four(seed: int, stream: int, week: int, who: int, k: int) -> tuple[float, float, float, float]:
    """Four independent numbers strictly between 0 and 1, 32 bits each, from one block."""
    a, b, c, d = block(seed, stream, week, who, k)
    return (a + 0.5) * UNIT_32, (b + 0.5) * UNIT_32, (c + 0.5) * UNIT_32, (d + 0.5) * UNIT_32


@compiled
def consignment_ident(owner_ident: int, sequence: int) -> int:
    """Identity of a load from its owner's ident (below 2**39) and running number (below 2**24): below 2**63."""
    return int(owner_ident) * 16777216 + int(sequence)
