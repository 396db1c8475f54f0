"""Samplers: values from uniform numbers, the same to the last bit compiled and interpreted.

All but `gamma` and `beta` invert a distribution function: the value rises with `u`, so that common random numbers stay
common when a parameter changes. Only scalar `math` functions are used (not `lgamma`, whose last bits differ). `u` lies
strictly between 0 and 1, as the draws do; scales and spreads are positive.
"""

import math

from model.kernel.compiled import compiled, rule
from model.random.draws import uniform, uniform_pair

FROM_ZERO_UP_TO = 200.0
"""Mean up to which counts are summed from zero; beyond, from ten standard deviations below the mean (2e-22 of mass)."""
STEP = 16777216
"""Distance in `k` between the draws of one gamma value: the caller's own `k` stays below it."""
ATTEMPTS = 126
"""Draws that one gamma value may take; each is accepted with a chance of at least 0.95."""
CENTRE = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852545925,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
SHOULDER = (
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
TAIL = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    ),
)
"""Coefficients of AS 241 in its three regions: numerator and denominator, highest power first."""


@rule
def polynomial(coefficients: tuple[float, ...], r: float) -> float:
    """Value of a polynomial at r, the coefficient of the highest power first (Horner's scheme)."""
    value = coefficients[0]
    for k in range(1, len(coefficients)):
        value = value * r + coefficients[k]
    return value


@compiled
def normal_quantile(u: float) -> float:
    """Quantile of the standard normal distribution, 16 digits (Wichura 1988, AS 241)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * polynomial(CENTRE[0], r) / polynomial(CENTRE[1], r)
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        x = polynomial(SHOULDER[0], r - 1.6) / polynomial(SHOULDER[1], r - 1.6)
    else:
        x = polynomial(TAIL[0], r - 5.0) / polynomial(TAIL[1], r - 5.0)
    return -x if q < 0.0 else x


@compiled
def normal_share(x: float) -> float:
    """Distribution function of the standard normal distribution."""
    return 0.5 * math.erfc(-x * 0.7071067811865476)


@compiled
def lognormal(u: float, median: float, log_sd: float) -> float:
    """Lognormal value with a median and a standard deviation of the log."""
    return median * math.exp(log_sd * normal_quantile(u))


@compiled
def exponential(u: float, mean: float) -> float:
    """Exponential value."""
    return -mean * math.log1p(-u)


@compiled
def pareto(u: float, minimum: float, exponent: float, maximum: float) -> float:
    """Pareto value between a minimum and a maximum; a share x**-exponent exceeds x times the minimum, untruncated."""
    ratio = math.pow(minimum / maximum, exponent)
    return min(minimum * math.pow(1.0 - u * (1.0 - ratio), -1.0 / exponent), maximum)


@compiled
def load_body(median: float, log_sd: float, tail_from: float) -> float:
    """Share of loads up to `tail_from`: the mass of the lognormal body of `load_kg`."""
    return normal_share(math.log(tail_from / median) / log_sd)


@compiled
def load_kg(
    u: float, body: float, median: float, log_sd: float, tail_from: float, exponent: float, maximum: float
) -> float:
    """Load size (kg): lognormal up to `tail_from`, truncated Pareto beyond, never above `maximum`.

    The quantile function is continuous: the tail starts at `tail_from` and has the mass the lognormal has beyond it,
    ``1 - body`` (see `load_body`).
    """
    if u <= body:
        return min(lognormal(u, median, log_sd), tail_from, maximum)
    return pareto((u - body) / (1.0 - body), tail_from, exponent, maximum)


@rule
def stirling_error(n: float) -> float:
    """What Stirling's formula lacks of ln n!, for n of 50 or more (error below 1e-18)."""
    square = 1.0 / (n * n)
    return (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / n


@rule
def deviance(x: float, mean: float) -> float:
    """The term x ln(x / mean) + mean - x of Loader's (2000) saddle-point form of count probabilities."""
    return x * math.log1p((x - mean) / mean) - (x - mean)


@compiled
def poisson(u: float, mean: float) -> int:
    """Poisson count by inversion; means to 1e4 and beyond, in steps of at most the mean or 20 standard deviations."""
    if mean <= 0.0:
        return 0
    count, chance = 0, math.exp(-mean)
    if mean > FROM_ZERO_UP_TO:
        count = int(mean - 10.0 * math.sqrt(mean))
        log_chance = -stirling_error(float(count)) - deviance(float(count), mean)
        chance = math.exp(log_chance) / math.sqrt(2.0 * math.pi * count)
    total = chance
    while u > total:
        count += 1
        chance *= mean / count
        if count > mean and total + chance == total:  # the sum stays a rounding error short of 1
            break
        total += chance
    return count


@compiled
def binomial(u: float, n: int, p: float) -> int:
    """Binomial count by inversion, by the rarer of the two outcomes."""
    if p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    return n - binomial_low(1.0 - u, n, 1.0 - p) if p > 0.5 else binomial_low(u, n, p)


@compiled
def binomial_low(u: float, n: int, p: float) -> int:
    """Binomial count for p above zero and up to one half."""
    if u <= 1.0 - n * p:  # below (1 - p)**n, without a logarithm
        return 0
    mean, q = n * p, 1.0 - p
    count, chance = 0, math.exp(n * math.log1p(-p))
    if mean > FROM_ZERO_UP_TO:
        count = int(mean - 10.0 * math.sqrt(mean * q))
        rest = n - count
        log_chance = stirling_error(float(n)) - stirling_error(float(count)) - stirling_error(float(rest))
        log_chance -= deviance(float(count), mean) + deviance(float(rest), n * q)
        chance = math.exp(log_chance) * math.sqrt(n / (2.0 * math.pi * count * rest))
    total = chance
    odds = p / q
    while u > total and count < n:
        count += 1
        chance *= odds * (n - count + 1) / count
        if count > mean and total + chance == total:
            break
        total += chance
    return count


@rule
def log_gamma_value(seed: int, stream: int, week: int, who: int, k: int, first: int, shape: float) -> float:
    """Logarithm of a gamma value of scale 1 (Marsaglia & Tsang 2000), from draws `first` to `first + ATTEMPTS`."""
    d = (shape if shape >= 1.0 else shape + 1.0) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    cube = 1.0
    for attempt in range(first, first + ATTEMPTS):
        u, v = uniform_pair(seed, stream, week, who, k + attempt * STEP)
        x = normal_quantile(u)
        root = 1.0 + c * x
        if root > 0.0:
            cube = root * root * root
            if math.log(v) < 0.5 * x * x + d * (1.0 - cube + math.log(cube)):
                break
    value = math.log(d * cube)
    if shape < 1.0:
        value += math.log(uniform(seed, stream, week, who, k + (first + ATTEMPTS) * STEP)) / shape
    return value


@compiled
def gamma(seed: int, stream: int, week: int, who: int, k: int, shape: float, scale: float) -> float:
    """Gamma value at an address, k below 2**24; its draws lie at k and multiples of 2**24 above, used by no other k."""
    return scale * math.exp(log_gamma_value(seed, stream, week, who, k, 0, shape))


@compiled
def beta(seed: int, stream: int, week: int, who: int, k: int, a: float, b: float) -> float:
    """Beta value at an address, k below 2**24, as the share of a gamma value of shape a in its sum with one of b."""
    x = log_gamma_value(seed, stream, week, who, k, 0, a)
    y = log_gamma_value(seed, stream, week, who, k, 128, b)
    # Logarithms, for both values may be too small for a float; beyond 700 the share is 0 or 1 and exp would overflow.
    return 1.0 / (1.0 + math.exp(min(max(y - x, -700.0), 700.0)))
