"""The version of what runs give, which decides whether files of other versions of the model may be used with this one.

It is the number of entries of CHANGELOG.md that carry the flag **Results change**; a test compares them. A parameter
set that was fitted under another version is used only if every change since is listed in `CARRIES_OVER`.
"""

from collections.abc import Mapping
from typing import Final

RESULTS_VERSION: Final = 25
CARRIES_OVER: Final[Mapping[int, str]] = {
    21: "contacts in container ports learn by the month, which moves means over 40 seeds by at most 0.5%",
    22: "a fork may end later than its history, which no fit makes use of",
    23: "a country that an event makes a member of a platform shares, and history holds no such event",
    24: "the covering plan is a step of the week, which no fit makes use of",
    25: "three rare cases of forks and dates, none of which a fit holds",
}
"""Version -> what it changed, where that leaves the fit of 2004-08 as it was for all that can be detected."""


def changes_since(version: int) -> list[str] | None:
    """What has changed since a version, in words; None where a fit of then may not hold now, or is a later one."""
    later = range(version + 1, RESULTS_VERSION + 1)
    if version > RESULTS_VERSION or any(number not in CARRIES_OVER for number in later):
        return None
    return [CARRIES_OVER[number] for number in later]
