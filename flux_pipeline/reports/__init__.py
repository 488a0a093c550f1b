"""Frames in, pictures out: what was forecast and how right it was, as PNG bytes. No file, no clock, no database."""

from flux_pipeline.reports.accuracy_chart import draw_accuracy
from flux_pipeline.reports.fan_charts import draw_fans
from flux_pipeline.reports.reliability_chart import draw_reliability
from flux_pipeline.reports.settings import ReportSettings

__all__ = ["ReportSettings", "draw_accuracy", "draw_fans", "draw_reliability"]
