"""Figures: functions of tidy tables."""
