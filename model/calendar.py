"""The one calendar: week numbers and dates.

Week 0 starts on Monday 2000-01-03; a week belongs to the year of its Thursday.
"""

from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from model.errors import InputError

EPOCH = date(2000, 1, 3)
"""First day of week 0, a Monday."""
FIRST_YEAR, LAST_YEAR = 2000, 2023
"""First and last year of the tables, as ISO years: weeks 0 to 1251."""
DAYS_PER_YEAR = 365.25
WEEKS_PER_YEAR, WEEKS_PER_MONTH = DAYS_PER_YEAR / 7, DAYS_PER_YEAR / 12 / 7
REVIEW_WEEKS = 4
"""Weeks from one monthly step to the next."""
YEARS_PER_REVIEW, MONTHS_PER_REVIEW = 7 * REVIEW_WEEKS / DAYS_PER_YEAR, 7 * REVIEW_WEEKS * 12 / DAYS_PER_YEAR
YEAR_MEMORY = 51.0 / 52.0
"""What a week leaves of a quantity that fades over a year, so that it holds the sum of 52 weeks."""


def week_of(day: date | str) -> int:
    """Number of the week that holds a date (ISO text, date or datetime).

    Raises
    ------
    InputError
        If the text is no ISO date or the date lies before the calendar starts.
    """
    words = {"field": "date", "allowed": f"an ISO date from {EPOCH} on, e.g. 2011-05-10"}
    try:
        days = (as_date(day) - EPOCH).days
    except ValueError:
        raise InputError("not a date", value=str(day), remedy="write year-month-day", **words) from None
    if days < 0:
        raise InputError("before the calendar starts", value=str(day), remedy="choose a later date", **words)
    return days // 7


def as_date(day: date | str) -> date:
    """Plain date of a date, a datetime (pandas' time stamps are some) or ISO text; ValueError if it is none."""
    when = date.fromisoformat(day) if isinstance(day, str) else day.date() if isinstance(day, datetime) else day
    # pandas' NaT is a datetime that equals nothing; the standard library also reads 20110510 and 2011-W19-2
    if not isinstance(when, date) or when != when or (isinstance(day, str) and when.isoformat() != day):
        raise ValueError(day)
    return when


def monday(week: int) -> date:
    """First day of a week."""
    return EPOCH + timedelta(weeks=int(week))


def sunday(week: int) -> date:
    """Last day of a week, which decides what is in force in it."""
    return monday(week) + timedelta(days=6)


def year_of(week: int) -> int:
    """ISO year of a week: that of its Thursday."""
    return (monday(week) + timedelta(days=3)).year


def years_of(weeks: int) -> NDArray[np.int64]:
    """ISO year of each of the weeks 0 to `weeks` - 1; shape (weeks,)."""
    return np.array([year_of(week) for week in range(weeks)], dtype=np.int64)


def first_week(year: int) -> int:
    """First ISO week of a year: the one that holds 4 January; negative before 2000."""
    return (date(int(year), 1, 4) - EPOCH).days // 7


def weeks_in_year(year: int) -> int:
    """Number of ISO weeks of a year: 52 or 53."""
    return first_week(year + 1) - first_week(year)
