"""The calendar: weeks, Mondays and ISO years."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import InputError, calendar

DAYS = st.dates(calendar.EPOCH, date(2100, 12, 31))
WEEKS = st.integers(0, 5000)


def test_week_zero_is_the_first_iso_week_of_2000() -> None:
    assert calendar.EPOCH.isocalendar()[:] == (2000, 1, 1)
    assert calendar.week_of("2000-01-03") == calendar.week_of("2000-01-09") == 0
    assert calendar.week_of("2000-01-10") == 1


def test_the_last_week_of_history() -> None:
    assert calendar.monday(1251) == date(2023, 12, 25)
    assert calendar.first_week(calendar.LAST_YEAR + 1) - 1 == 1251
    assert calendar.year_of(1251) == calendar.LAST_YEAR
    assert calendar.year_of(0) == calendar.FIRST_YEAR


@given(DAYS)
def test_a_day_lies_in_its_week(day: date) -> None:
    week = calendar.week_of(day)
    assert calendar.monday(week) <= day < calendar.monday(week + 1)
    assert calendar.monday(week).weekday() == 0
    assert calendar.week_of(day.isoformat()) == week
    assert calendar.week_of(datetime(day.year, day.month, day.day, 23, 59)) == week


@given(DAYS)
def test_years_agree_with_iso(day: date) -> None:
    year, number, _ = day.isocalendar()
    week = calendar.week_of(day)
    assert calendar.year_of(week) == year
    assert calendar.first_week(year) + number - 1 == week
    assert number <= calendar.weeks_in_year(year)


@given(WEEKS)
def test_monday_and_week_undo_each_other(week: int) -> None:
    assert calendar.week_of(calendar.monday(week)) == week


@given(st.integers(1990, 2100))
def test_weeks_of_a_year(year: int) -> None:
    first = calendar.first_week(year)
    assert calendar.year_of(first) == year
    assert calendar.year_of(first - 1) == year - 1
    assert calendar.weeks_in_year(year) == date(year, 12, 28).isocalendar().week


def test_years_of_many_weeks() -> None:
    years = calendar.years_of(1252)
    assert years.dtype == np.int64
    assert years.tolist() == [calendar.year_of(week) for week in range(1252)]
    assert calendar.years_of(0).shape == (0,)


def test_other_kinds_of_dates_and_weeks() -> None:
    assert calendar.week_of(pd.Timestamp("2011-05-10 12:00")) == calendar.week_of("2011-05-10")
    assert calendar.monday(np.int64(10)) == calendar.EPOCH + timedelta(days=70)
    assert calendar.first_week(np.int64(2001)) == calendar.first_week(2001)


@pytest.mark.parametrize(
    "day", ["", "soon", "2011", "2011-13-01", "10.05.2011", "2011-02-30", "20110510", pd.NaT, None, 20110510.5]
)
def test_what_is_no_date_is_refused(day: str) -> None:
    with pytest.raises(InputError, match="not a date") as caught:
        calendar.week_of(day)
    assert caught.value.field == "date"
    assert caught.value.remedy


@pytest.mark.parametrize("day", ["2000-01-02", "1999-12-31", date(1492, 10, 12), datetime(1999, 1, 1, 12)])
def test_a_day_before_the_calendar_is_refused(day: date | str) -> None:
    with pytest.raises(InputError, match="before the calendar starts") as caught:
        calendar.week_of(day)
    assert caught.value.value == str(day)
