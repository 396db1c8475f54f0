"""Reports of studies: figures from tidy tables, sentences with intervals, one self-contained page for each kind."""

from views.studies.report import export_figures, write_study_report

__all__ = ["export_figures", "write_study_report"]
