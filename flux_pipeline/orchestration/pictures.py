"""Pictures and tables of published results in an asset's metadata: of a picture a preview, the whole is in a file.

Everybody who may open the UI sees the restaurant's figures in them. Dagster keeps metadata for ever, so a
preview is small, and nothing is drawn for a result that is published already.
"""

import base64
import datetime as dt
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from flux_pipeline.charts import fans
from flux_pipeline.charts.accuracy import draw_accuracy
from flux_pipeline.charts.menu import draw_menu, menu_title
from flux_pipeline.charts.preview import shrink
from flux_pipeline.charts.reliability import draw_reliability
from flux_pipeline.charts.rosters import draw_cover
from flux_pipeline.charts.settings import ReportSettings
from flux_pipeline.costing.changes import moves_between
from flux_pipeline.errors import TransientError
from flux_pipeline.orchestration.algorithm import Published
from flux_pipeline.orchestration.work import Work
from flux_pipeline.rosters.shown.cover import cover_of
from flux_pipeline.store.costs.engineering import menu_profits
from flux_pipeline.store.costs.published import costs_on
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.backtests import read_backtest, reliability_frame
from flux_pipeline.store.forecasts.charts import fan_frames
from flux_pipeline.store.forecasts.measures import accuracy_by_days_ahead
from flux_pipeline.store.forecasts.published import list_forecasts
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.rosters.weeks import find_week
from flux_pipeline.wording import shortened

Metadata = dict[str, dg.MetadataValue]
# The folders of so many runs are kept for each restaurant: two a night, so a month.
RUNS_KEPT = 60
# A week's sales leave too many classes unsure; in a quarter menus and prices change.
WEEKS_OF_MATRIX = 4
# Over so many days margins are compared, and so many of those that moved most are shown.
DAYS_OF_MOVES, MOVES_SHOWN = 28, 10
# The biggest sellers of a day, as many as a glance takes in.
ROWS_SHOWN = 8


def fan_charts(context: dg.AssetExecutionContext, work: Work, published: Published) -> Metadata:
    """Draw the forecast as fan charts: the restaurant's total and its biggest sellers."""

    def draw(tx: Tenant) -> bytes:
        frames = fan_frames(tx, as_of=work.as_of)
        title = fans.fans_title(work.restaurant.name, frames.forecast, work.as_of)
        return fans.draw_fans(frames.history, frames.forecast, title)

    see = f"flux forecast plot --restaurant {work.restaurant.slug} --as-of {work.as_of} --to fans.png"
    return _drawn(context, work, published, "fan_charts", draw, see, height=fans.TOTAL_HEIGHT)


def accuracy_chart(context: dg.AssetExecutionContext, work: Work, published: Published) -> Metadata:
    """Draw the errors of the day's total by days ahead, beside those of the four-week rule."""

    def draw(tx: Tenant) -> bytes | None:
        window = published.pictured
        frame = accuracy_by_days_ahead(tx, window) if window else None
        if frame is None or frame.empty:
            return None
        return draw_accuracy(frame, f"{_name(work, 40)}: the day's total, {window.first} to {window.last}")

    see = f"flux accuracy --restaurant {work.restaurant.slug} --by days_ahead"
    return _drawn(context, work, published, "accuracy_chart", draw, see)


def reliability_chart(context: dg.AssetExecutionContext, work: Work, published: Published) -> Metadata:
    """Draw how often actual sales were below each quantile in the newest backtest, by item and for the day's total."""

    def draw(tx: Tenant) -> bytes | None:
        items, total = (reliability_frame(tx, scope) for scope in ("items", "total"))
        if items.empty and total.empty:
            return None
        newest = read_backtest(tx).iloc[0]
        days = f"{newest.first_date} to {newest.last_date}"
        return draw_reliability(items, total, _name(work, 36), days)

    see = f"flux backtest --restaurant {work.restaurant.slug}"
    return _drawn(context, work, published, "reliability_chart", draw, see)


def cover_chart(context: dg.AssetExecutionContext, work: Work, published: Published) -> Metadata:
    """Draw heads needed against heads rostered in each quarter hour of a planned week, by role; nobody is named."""
    week = str(published.metadata.get("week", ""))

    def draw(tx: Tenant) -> bytes | None:
        found = find_week(tx, dt.date.fromisoformat(week))
        return draw_cover(pd.DataFrame(cover_of(found)), f"{_name(work, 40)}: week of {week}")

    see = f"flux roster show --restaurant {work.restaurant.slug} --week {week}"
    return _drawn(context, work, published, "cover_chart", draw, see) if week else {}


def menu_matrix(context: dg.AssetExecutionContext, work: Work, published: Published) -> Metadata:
    """Draw the menu engineering matrix of the newest weeks."""

    def draw(tx: Tenant) -> bytes | None:
        last = dt.date.fromisoformat(published.metadata["window_to"])
        found = menu_profits(tx, last, WEEKS_OF_MATRIX, work.started_at)
        items = {each.item: each for each in found.items}
        if not found.placed.items:
            return None
        rows = [
            {
                "item": each.item,
                "quantity": float(items[each.item].quantity),
                "popularity": float(each.popularity / each.least_popularity),
                "margin": float(each.margin - each.mean_margin),
                "menu_class": each.menu_class.value,
                "sureness": each.sureness,
            }
            for each in found.placed.items
        ]
        title = menu_title(work.restaurant.name, found.first_day, found.last_day)
        return draw_menu(pd.DataFrame(rows), title, work.restaurant.currency)

    see = f"flux menu engineering --restaurant {work.restaurant.slug}"
    return _drawn(context, work, published, "menu_matrix", draw, see)


def _name(work: Work, longest: int) -> str:
    return shortened(" ".join(work.restaurant.name.split()), longest)


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


def markdown_table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MetadataValue:
    """Return a table that Dagster's UI shows when it is clicked."""
    lines = [heading, ["---"] * len(heading), *rows]
    return dg.MetadataValue.md(
        "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)
    )


def driver_table(drivers: Mapping[str, Mapping[str, Any]]) -> dg.MetadataValue:
    """Return what moves the restaurant's demand, and how sure that is."""
    heading = ("driver", "sales times", "90 % interval", "days", "shown by the history")
    return markdown_table(
        heading,
        [
            (name, of["multiplier"], f"{of['low']} to {of['high']}", of["days"], of["status"].replace("_", " "))
            for name, of in drivers.items()
        ],
    )


def next_day_table(work: Work, published: Published) -> Metadata:
    """Return a new forecast's first open day: the biggest sellers; nothing unless the restaurant's setting asks for it.

    Dagster keeps the rows, with the names of items, and shows them to everybody who may open the UI.
    """
    if published.is_unchanged:
        return {}
    with work.store.tenant(work.restaurant) as tx:
        if not read_settings(tx, ReportSettings).forecast_tables:
            return {}
        forecast = [row for row in list_forecasts(tx, as_of=work.as_of) if row.p99 > 0]
    day = min((row.date for row in forecast), default=None)
    rows = sorted((row for row in forecast if row.date == day), key=lambda row: -row.p50)[:ROWS_SHOWN]
    records = [
        dg.TableRecord(
            {"date": f"{day}", "item": row.item, "p10": float(row.p10), "p50": float(row.p50), "p90": float(row.p90)}
        )
        for row in rows
    ]
    return {"next_open_day": dg.MetadataValue.table(records)} if records else {}


def moved_margins(work: Work, published: Published) -> Metadata:
    """Return the margins that moved most in four weeks, and why; nothing unless the restaurant's setting asks for it.

    Dagster keeps the rows, as those of `next_day_table`.
    """
    if published.is_unchanged or "algorithm_run_id" not in published.metadata:
        return {}
    known_at = work.known_at if work.is_retrospective else None
    with work.store.tenant(work.restaurant) as tx:
        if not read_settings(tx, ReportSettings).forecast_tables:
            return {}
        earlier = work.as_of - dt.timedelta(days=DAYS_OF_MOVES)
        moves = moves_between(*(costs_on(tx, day, known_at) for day in (earlier, work.as_of)))
    records = [
        dg.TableRecord(
            {
                "item": move.after.item,
                "margin": None if move.after.margin is None else float(move.after.margin),
                "change": float(move.margin_change),
                "because": move.reason,
            }
        )
        for move in moves[:MOVES_SHOWN]
    ]
    return {"moved_margins": dg.MetadataValue.table(records)} if records else {}
