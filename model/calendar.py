"""The one calendar: week numbers and dates. Week 0 starts on Monday 2000-01-03; a week belongs to its
Thursday's year.
"""

from __future__ import annotations

from datetime import date, timedelta

from model.errors import InputError

__all__ = ["EPOCH", "FIRST_YEAR", "LAST_YEAR", "first_week", "monday", "week_of", "year_of"]

EPOCH = date(2000, 1, 3)
FIRST_YEAR, LAST_YEAR = 2000, 2023


def week_of(day: date | str) -> int:
    """Number of the week that holds a date (ISO text or date).

    Raises
    ------
    InputError
        If the text is no ISO date or the date lies before the calendar starts.
    """
    allowed = f"an ISO date from {EPOCH} on, e.g. 2011-05-10"
    try:
        when = day if isinstance(day, date) else date.fromisoformat(str(day))
    except ValueError:
        raise InputError(
            "not a date", field="date", value=str(day), allowed=allowed, remedy="write year-month-day"
        ) from None
    if when < EPOCH:
        raise InputError(
            "before the calendar starts", field="date", value=str(day), allowed=allowed, remedy="choose a later date"
        )
    return (when - EPOCH).days // 7


def monday(week: int) -> date:
    """First day of a week."""
    return EPOCH + timedelta(weeks=week)


def year_of(week: int) -> int:
    """ISO year of a week: that of its Thursday."""
    return (monday(week) + timedelta(days=3)).year


def first_week(year: int) -> int:
    """First ISO week of a year: the one that holds 4 January."""
    return (date(year, 1, 4) - EPOCH).days // 7
