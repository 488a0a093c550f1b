"""Frames in, pictures out: what was forecast and how right it was, as PNG bytes. No file, no clock, no database."""

from flux_pipeline.charts.accuracy import draw_accuracy
from flux_pipeline.charts.fans import draw_fans
from flux_pipeline.charts.reliability import draw_reliability
from flux_pipeline.charts.settings import ReportSettings

__all__ = ["ReportSettings", "draw_accuracy", "draw_fans", "draw_reliability"]
