"""`flux forecast` and `flux staffing`: what was published last, as a table for a manager or as text for programs."""

import datetime as dt
from typing import Any

import click
import pandas as pd

from flux_pipeline.cli.console import as_csv, as_json, ready_store, say, show_table
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.restaurants import Restaurant
from flux_pipeline.store.store import Store

# A manager reads a page, not the menu's long tail; programs and --item get everything.
ITEMS_SHOWN = 25


@click.command()
@click.option("--restaurant", "slug", required=True, help="Which restaurant.")
@click.option(
    "--days",
    type=click.IntRange(1, 28),
    help="The first so many days; default: tomorrow for people, all for programs.",
)
@click.option("--item", help="Only items whose name contains this.")
@click.option("--csv", "style", flag_value="csv", help="Every column, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every column, as JSON.")
def forecast(slug: str, days: int | None, item: str | None, style: str | None) -> None:
    """What will be sold: the newest forecast, the biggest sellers first."""
    from flux_pipeline.store.forecasts import read_forecasts

    with ready_store() as store, store.tenant(slug) as tx:
        rows = read_forecasts(tx, days=days, item=item)
        restaurant = tx.restaurant
        known = not rows.empty or not read_forecasts(tx, days=1).empty
    if rows.empty:
        raise PermanentError(
            f"No item of {slug} has {item!r} in its name."
            if known and item
            else f"{slug} has no forecast yet. Run `flux run --restaurant {slug}`."
        )
    if style:
        say(_as_text(rows, style))
        return
    if days is None and item is None:
        rows = rows[rows.date == tomorrow_or_first(restaurant, rows)]
    for date, day in rows.groupby("date"):
        show_day(slug, date, day, limit=None if item else ITEMS_SHOWN)


def tomorrow_or_first(restaurant: Restaurant, rows: pd.DataFrame) -> dt.date:
    """The day a manager plans for: tomorrow where the restaurant stands, else (an old forecast) its first day."""
    tomorrow = restaurant.tomorrow(dt.datetime.now(dt.UTC))
    return tomorrow if tomorrow in set(rows.date) else rows.date.min()


def show_day(slug: str, date: Any, day: pd.DataFrame, *, limit: int | None) -> None:
    """One day's forecast as a table: p10, p50, p90 and the reason; a line where the restaurant is closed."""
    if (day.p99 == 0).all():
        say(f"{slug}, {date:%A} {date.isoformat()}: {day.logic_trigger.iloc[0]}")
        return
    head = day.head(limit) if limit else day
    more = f", {len(head)} of {len(day)} items" if len(head) < len(day) else ""
    rows = [(r.item, r.p10, r.p50, r.p90, f"{r.confidence_score:.0%}", r.logic_trigger) for r in head.itertuples()]
    title = f"{slug}, {date:%A} {date.isoformat()} (as of {day.as_of.iloc[0]}{more})"
    heads = ["item", "p10", "p50", "p90", "confidence", "why"]
    show_table(title, heads, rows, right=heads[1:5])


@click.command()
@click.option("--restaurant", "slug", required=True, help="Which restaurant.")
@click.option(
    "--days",
    type=click.IntRange(1, 28),
    help="The first so many days; default: tomorrow for people, all for programs.",
)
@click.option("--csv", "style", flag_value="csv", help="Every column, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every column, as JSON.")
def staffing(slug: str, days: int | None, style: str | None) -> None:
    """Whom to roster: heads per role and open hour."""
    with ready_store() as store:
        rows = staffing_rows(store, slug, days)
        restaurant = store.restaurant(slug)
    if rows.empty:
        raise PermanentError(f"{slug} has no staffing forecast for these days. Run `flux run --restaurant {slug}`.")
    if style:
        say(_as_text(rows, style))
        return
    if days is None:
        rows = rows[rows.date == tomorrow_or_first(restaurant, rows)]
    for date, day in rows.groupby("date"):
        show_heads(slug, date, day)


def staffing_rows(store: Store, slug: str, days: int | None) -> pd.DataFrame:
    """The newest staffing forecast of an open store."""
    from flux_pipeline.store.staffing import read_staffing

    with store.tenant(slug) as tx:
        return read_staffing(tx, days=days)


def show_heads(slug: str, date: Any, day: pd.DataFrame) -> None:
    """One day's heads as a table: a row a role, a column an hour, p50 to p90 where they differ."""
    hours = list(dict.fromkeys(day.hour))
    spans = zip(day.role, day.hour, day.p50, day.p90, strict=True)
    cells = {(role, hour): str(p50) if p50 == p90 else f"{p50}-{p90}" for role, hour, p50, p90 in spans}
    roles = sorted(set(day.role))
    rows = [(role, *(cells.get((role, hour), "") for hour in hours)) for role in roles]
    title = f"{slug}, {date:%A} {date.isoformat()}: heads per hour, p50-p90"
    show_table(title, ["role", *(f"{hour}h" for hour in hours)], rows, right=[f"{hour}h" for hour in hours])


def _as_text(rows: pd.DataFrame, style: str) -> str:
    columns = list(rows.columns)
    values = rows.astype(object).to_numpy().tolist()
    return as_csv(columns, values) if style == "csv" else as_json(columns, values)
