"""`flux forecast --by category|restaurant`: what all items of a category, or of the restaurant, sell together."""

import datetime as dt
from typing import Any

import pandas as pd

from flux_pipeline.cli.console import note, ready_store, say, show_table
from flux_pipeline.cli.forecasts.forecast import as_text, no_forecast, tomorrow_or_first
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Tenant

HEADS = ["items", "expected", "p10", "p50", "p90", "p99"]
WITHOUT = "(without category)"


def show_totals(slug: str, by: str, day: dt.date | None, days: int | None, style: str | None) -> None:
    """Totals as a table for people, the restaurant's a line a day and the categories' a day each; or as text."""
    from flux_pipeline.store.forecasts.totals import read_totals, rows_of_earlier_runs

    with ready_store() as store, store.tenant(slug) as tx:
        rows = read_totals(tx, by, as_of=day, days=days)
        everything = read_totals(tx, "restaurant", as_of=day, days=days)
        restaurant = tx.restaurant
        if rows.empty:
            raise _nothing(tx, slug, day)
        kept = rows_of_earlier_runs(tx, rows.as_of.iloc[0])
    if style:
        say(as_text(rows, style))
    elif by == "restaurant":
        lines = [(f"{r.date:%a} {r.date.isoformat()}", *_figures(r)) for r in _rows(rows)]
        show_table(f"{slug}, all items together (as of {rows.as_of.iloc[0]})", ["day", *HEADS], lines, right=HEADS)
    else:
        shown = rows if days else rows[rows.date == tomorrow_or_first(restaurant, rows)]
        for date, of_day in shown.groupby("date"):
            show_categories(slug, date, of_day, everything[everything.date == date])
    if by == "category" and not style and rows.category.isna().all():
        note("note: no item has a category yet. A menu brings them: `flux template menu` shows one.")
    if kept:
        note(
            f"note: on {kept:,} rows of items a person decided before the last run. They stand as they were; the "
            "totals are the last run's."
        )


def show_categories(slug: str, date: Any, day: pd.DataFrame, everything: pd.DataFrame) -> None:
    """One day's categories as a table, and all of them together below."""
    lines = [(r.category or WITHOUT, *_figures(r)) for r in _rows(day)]
    lines += [("all together", *_figures(r)) for r in _rows(everything) if len(day) > 1]
    title = f"{slug}, {date:%A} {date.isoformat()} (as of {day.as_of.iloc[0]})"
    show_table(title, ["category", *HEADS], lines, right=HEADS)


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


def _figures(row: Any) -> tuple[Any, ...]:
    return row.item_count, row.predicted_quantity, row.p10, row.p50, row.p90, row.p99


def _nothing(tx: Tenant, slug: str, day: dt.date | None) -> PermanentError:
    from flux_pipeline.store.forecasts.demand import read_forecasts

    if read_forecasts(tx, as_of=day, days=1).empty:
        return PermanentError(no_forecast(slug, day))
    return PermanentError(f"This forecast of {slug} was made before Flux kept totals; the next run brings them.")
