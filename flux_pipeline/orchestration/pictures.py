"""Pictures for the metadata of assets. Everybody who may open the UI sees the restaurant's figures in them."""

import base64
from collections.abc import Callable

import dagster as dg

from flux_pipeline.charts.accuracy import draw_accuracy
from flux_pipeline.charts.fans import draw_fans
from flux_pipeline.charts.reliability import draw_reliability
from flux_pipeline.charts.settings import ReportSettings
from flux_pipeline.errors import TransientError
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.backtests import reliability_frame
from flux_pipeline.store.forecasts.charts import fan_frames
from flux_pipeline.store.forecasts.measures import ScoredWindow, accuracy_by_days_ahead
from flux_pipeline.store.records.settings import read_settings

Metadata = dict[str, dg.MetadataValue]


def fan_charts(context: dg.AssetExecutionContext, work: Work) -> Metadata:
    """Draw the forecast as fan charts: the restaurant's total and its biggest sellers."""

    def draw(tx: Tenant) -> bytes:
        frames = fan_frames(tx, as_of=work.as_of)
        return draw_fans(frames.history, frames.forecast, f"{work.restaurant.name}, as of {work.as_of:%a} {work.as_of}")

    see = f"flux forecast plot --restaurant {work.restaurant.slug} --as-of {work.as_of} --to fans.png"
    return _drawn(context, work, "fan_charts", draw, see)


def accuracy_chart(context: dg.AssetExecutionContext, work: Work, window: ScoredWindow | None) -> Metadata:
    """Draw the errors of the day's total by days ahead, beside those of the four-week rule."""

    def draw(tx: Tenant) -> bytes | None:
        frame = accuracy_by_days_ahead(tx, window) if window else None
        return None if frame is None or frame.empty else draw_accuracy(frame)

    see = f"flux accuracy --restaurant {work.restaurant.slug} --by days_ahead"
    return _drawn(context, work, "accuracy_chart", draw, see)


def reliability_chart(context: dg.AssetExecutionContext, work: Work) -> Metadata:
    """Draw how often actual sales were below each quantile in the newest backtest, by item and for the day's total."""

    def draw(tx: Tenant) -> bytes | None:
        items, total = (reliability_frame(tx, scope) for scope in ("items", "total"))
        return None if items.empty and total.empty else draw_reliability(items, total)

    return _drawn(context, work, "reliability_chart", draw, f"flux backtest --restaurant {work.restaurant.slug}")


def _drawn(
    context: dg.AssetExecutionContext, work: Work, name: str, draw: Callable[[Tenant], bytes | None], see: str
) -> Metadata:
    """Draw a picture and return it as metadata, empty if there is nothing to draw or the restaurant wants no pictures.

    The figures are stored already, so a picture that can't be drawn is only a warning in the log.
    """
    try:
        with work.store.tenant(work.restaurant) as tx:
            if not read_settings(tx, ReportSettings).forecast_pictures:
                return {}
            work.store.settings.keep_drawing_cache()
            picture = draw(tx)
    except TransientError:
        raise
    except Exception as exc:
        # The error's text is left out: it may contain a restaurant's figures, and Dagster's database keeps the log.
        label = name.replace("_", " ")
        context.log.warning(f"The {label} could not be drawn ({type(exc).__name__}). See the figures with: {see}")
        return {}
    return {} if picture is None else {name: as_markdown(name.replace("_", " "), picture)}


def as_markdown(name: str, png: bytes) -> dg.MetadataValue:
    """Return a PNG as Markdown that Dagster's UI shows, embedded in the page instead of loaded from an address."""
    return dg.MetadataValue.md(f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})")
