"""The report of a validation."""

from views.validation.report import write_validation_report

__all__ = ["write_validation_report"]
