"""Reports: sentences with intervals, figures and tables in one self-contained HTML page for each kind of results."""

from views.reports.history import write_history_report
from views.reports.study import export_figures, write_study_report
from views.reports.validation import write_validation_report

__all__ = ["export_figures", "write_history_report", "write_study_report", "write_validation_report"]
