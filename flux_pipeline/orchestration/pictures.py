"""Pictures of published results: a preview in an asset's metadata, and the whole picture in a file of the home.

Everybody who may open the UI sees the restaurant's figures in the previews. Dagster keeps metadata for ever, so a
preview is small, and nothing is drawn for a result that is published already.
"""

import base64
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg

from flux_pipeline.charts import fans
from flux_pipeline.charts.accuracy import draw_accuracy
from flux_pipeline.charts.preview import shrink
from flux_pipeline.charts.reliability import draw_reliability
from flux_pipeline.charts.settings import ReportSettings
from flux_pipeline.errors import TransientError
from flux_pipeline.orchestration.algorithm import Published
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.backtests import reliability_frame
from flux_pipeline.store.forecasts.charts import fan_frames
from flux_pipeline.store.forecasts.measures import accuracy_by_days_ahead
from flux_pipeline.store.records.settings import read_settings

Metadata = dict[str, dg.MetadataValue]
# The folders of so many runs are kept for each restaurant: two a night, so a month.
RUNS_KEPT = 60


def fan_charts(context: dg.AssetExecutionContext, work: Work, published: Published) -> Metadata:
    """Draw the forecast as fan charts: the restaurant's total and its biggest sellers."""

    def draw(tx: Tenant) -> bytes:
        frames = fan_frames(tx, as_of=work.as_of)
        title = f"{work.restaurant.name}, as of {work.as_of:%a} {work.as_of}"
        return fans.draw_fans(frames.history, frames.forecast, title)

    see = f"flux forecast plot --restaurant {work.restaurant.slug} --as-of {work.as_of} --to fans.png"
    return _drawn(context, work, published, "fan_charts", draw, see, height=fans.TOTAL_HEIGHT)


def accuracy_chart(context: dg.AssetExecutionContext, work: Work, published: Published) -> Metadata:
    """Draw the errors of the day's total by days ahead, beside those of the four-week rule."""

    def draw(tx: Tenant) -> bytes | None:
        frame = accuracy_by_days_ahead(tx, published.pictured) if published.pictured else None
        return None if frame is None or frame.empty else draw_accuracy(frame)

    see = f"flux accuracy --restaurant {work.restaurant.slug} --by days_ahead"
    return _drawn(context, work, published, "accuracy_chart", draw, see)


def reliability_chart(context: dg.AssetExecutionContext, work: Work, published: Published) -> Metadata:
    """Draw how often actual sales were below each quantile in the newest backtest, by item and for the day's total."""

    def draw(tx: Tenant) -> bytes | None:
        items, total = (reliability_frame(tx, scope) for scope in ("items", "total"))
        return None if items.empty and total.empty else draw_reliability(items, total)

    see = f"flux backtest --restaurant {work.restaurant.slug}"
    return _drawn(context, work, published, "reliability_chart", draw, see)


def _drawn(
    context: dg.AssetExecutionContext,
    work: Work,
    published: Published,
    name: str,
    draw: Callable[[Tenant], bytes | None],
    see: str,
    *,
    height: int | None = None,
) -> Metadata:
    """Draw a new result; return its preview, of the upper `height` pixels, and the path of the whole picture.

    Nothing is drawn if the restaurant wants no pictures. The figures are stored already, so a picture that can't be
    drawn is only a warning in the log.
    """
    folder = _folder(work, published)
    if folder is None:
        return {}
    path = folder / f"{name}.png"
    if published.is_unchanged:
        return {f"{name}_file": dg.MetadataValue.path(path)} if path.exists() else {}
    try:
        with work.store.tenant(work.restaurant) as tx:
            if not read_settings(tx, ReportSettings).forecast_pictures:
                return {}
            work.store.settings.keep_drawing_cache()
            picture = draw(tx)
        if picture is None:
            return {}
        _keep(path, picture)
        shown = as_markdown(name.replace("_", " "), shrink(picture, height))
    except TransientError:
        raise
    except Exception as exc:
        # The error's text is left out: it may contain a restaurant's figures, and Dagster's database keeps the log.
        label = name.replace("_", " ")
        context.log.warning(f"The {label} could not be drawn ({type(exc).__name__}). See the figures with: {see}")
        return {}
    return {name: shown, f"{name}_file": dg.MetadataValue.path(path)}


def _folder(work: Work, published: Published) -> Path | None:
    """Return the folder of the pictures of the run that published a result; None if no run did."""
    run_id = published.metadata.get("algorithm_run_id")
    return None if run_id is None else work.store.settings.pictures / work.restaurant.slug / run_id


def _keep(path: Path, picture: bytes) -> None:
    """Write a picture whole or not at all, and remove the folders of the restaurant's oldest runs."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(picture)
    part.replace(path)
    runs = sorted(path.parent.parent.iterdir(), key=lambda folder: folder.stat().st_mtime)
    for oldest in runs[:-RUNS_KEPT]:
        shutil.rmtree(oldest, ignore_errors=True)


def as_markdown(name: str, png: bytes) -> dg.MetadataValue:
    """Return a PNG as Markdown that Dagster's UI shows, embedded in the page instead of loaded from an address."""
    return dg.MetadataValue.md(f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})")
