"""Samplers: a value from a uniform number, by inversion, so that common random numbers stay common."""

from __future__ import annotations

import math

from model.compiled import compiled


@compiled
def normal_quantile(u: float) -> float:
    """Quantile of the standard normal distribution, 16 digits (Wichura 1988, AS 241)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
            + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
            + 133.14166789178437745) * r + 3.387132872796366608) / (((((((5226.495278852545925 * r
            + 28729.085735721942674) * r + 39307.89580009271061) * r + 21213.794301586595867) * r
            + 5394.1960214247511077) * r + 687.1870074920579083) * r + 42.313330701600911252) * r + 1.0)  # fmt: skip
    r = u if q < 0.0 else 1.0 - u
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        x = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
            + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r
            + 4.6303378461565452959) * r + 1.42343711074968357734) / (((((((1.05075007164441684324e-9 * r
            + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
            + 0.68976733498510000455) * r + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1.0)  # fmt: skip
    else:
        r -= 5.0
        x = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r
            + 0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r
            + 5.4637849111641143699) * r + 6.6579046435011037772) / (((((((2.04426310338993978564e-15 * r
            + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
            + 0.0148753612908506148525) * r + 0.13692988092273580531) * r + 0.59983220655588793769) * r
            + 1.0)  # fmt: skip
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
    return -mean * math.log(1.0 - u)


@compiled
def pareto(u: float, minimum: float, exponent: float, maximum: float) -> float:
    """Pareto value truncated at a maximum."""
    ratio = math.pow(minimum / maximum, exponent)
    return minimum * math.pow(1.0 - u * (1.0 - ratio), -1.0 / exponent)


@compiled
def load_kg(u: float, median: float, log_sd: float, tail_from: float, exponent: float, maximum: float) -> float:
    """Load size: lognormal up to `tail_from`, a truncated Pareto tail beyond, continuous, never above `maximum`."""
    body = normal_share(math.log(tail_from / median) / log_sd)
    if u <= body:
        return lognormal(u, median, log_sd)
    return pareto((u - body) / (1.0 - body), tail_from, exponent, maximum)


@compiled
def poisson(u: float, mean: float) -> int:
    """Poisson count by inversion (mean up to about 700)."""
    if mean <= 0.0:
        return 0
    chance = math.exp(-mean)
    total = chance
    count = 0
    while u > total and count < 100000:
        count += 1
        chance *= mean / count
        total += chance
        if chance <= 0.0:
            break
    return count


@compiled
def binomial(u: float, n: int, p: float) -> int:
    """Binomial count by inversion, by the rarer of the two outcomes."""
    if p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    if p > 0.5:
        return n - binomial_low(1.0 - u, n, 1.0 - p)
    return binomial_low(u, n, p)


@compiled
def binomial_low(u: float, n: int, p: float) -> int:
    """Binomial count for p up to one half."""
    chance = math.exp(n * math.log1p(-p))
    total = chance
    odds = p / (1.0 - p)
    count = 0
    while u > total and count < n:
        count += 1
        chance *= odds * (n - count + 1) / count
        total += chance
    return count
