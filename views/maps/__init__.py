"""Maps: functions of tidy tables."""
