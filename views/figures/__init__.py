"""Figures: functions of tidy tables that register themselves, so that reports show them."""

from views.figures.registry import Section, by, draw, figure

__all__ = ["Section", "by", "draw", "figure"]
