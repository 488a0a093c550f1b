"""Command `flux forecast`: items or totals, as a table for a manager, or as CSV or JSON for programs."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Any, TypeVar

import click

from flux_pipeline.cli.console import as_text, emit, note, parse_day, ready_store, say, show_table
from flux_pipeline.cli.forecasts._decisions import approve, reject
from flux_pipeline.cli.forecasts._plot import plot
from flux_pipeline.demand.settings import LONGEST_HORIZON_DAYS
from flux_pipeline.errors import PermanentError
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.published import (
    CategoryForecast,
    ItemForecast,
    TotalForecast,
    list_categories,
    list_forecasts,
    list_totals,
    rows_of_earlier_runs,
)
from flux_pipeline.store.restaurant import Restaurant

# A manager reads a page, not the menu's long tail; programs and --item get everything.
ITEMS_SHOWN = 25
HEADINGS = ["p10", "p50", "p90", "confidence", "status", "why"]
TOTAL_HEADINGS = ["items", "expected", "p10", "p50", "p90", "p99"]
WITHOUT = "(without category)"


RowT = TypeVar("RowT", ItemForecast, CategoryForecast, TotalForecast)

AS_OF = click.option("--as-of", help="YYYY-MM-DD: the forecast as of that day; default: the newest.")
DAYS = click.option(
    "--days",
    type=click.IntRange(1, LONGEST_HORIZON_DAYS),
    help="How many days after as-of; default: tomorrow for people, all for programs.",
)
CSV = click.option("--csv", "style", flag_value="csv", help="Every column, as CSV.")
JSON = click.option("--json", "style", flag_value="json", help="Every column, as JSON.")


@click.group(invoke_without_command=True, subcommand_metavar="[approve|reject|plot ...]")
# Not required by the group: a subcommand has its own option of this name.
@click.option("--restaurant", "slug", help="Which restaurant.  [required]")
@AS_OF
@DAYS
@click.option("--item", help="One item over all days; or all items whose name contains this.")
@click.option("--by", type=click.Choice(["category", "restaurant"]), help="Totals instead of items.")
@CSV
@JSON
@click.pass_context
def forecast(
    ctx: click.Context,
    slug: str | None,
    as_of: str | None,
    days: int | None,
    item: str | None,
    by: str | None,
    style: str | None,
) -> None:
    """Show what will be sold, the biggest sellers first.

    On one day in ten less than p10 is sold, on half of the days more than p50, on one day in ten more than p90.
    Confidence shows how well the item's recent days were forecast, from 0 to 100 %. A row whose confidence is
    forecast_confidence_threshold (a setting) or more is approved at once; the others wait as pending for a person.

    Totals (--by) are those of all items together: p10 to p90 of the sum, which is not the sum of the items' p10 to p90.
    """
    if ctx.invoked_subcommand is not None:
        if any(option is not None for option in (slug, as_of, days, item, by, style)):
            raise click.UsageError(
                f"Options belong after the command: flux forecast {ctx.invoked_subcommand} --...", ctx
            )
        return
    if slug is None:
        raise click.MissingParameter(ctx=ctx, param=ctx.command.params[0])
    if by is None:
        _show_items(slug, parse_day(as_of), days, item, style)
    elif item is not None:
        raise click.UsageError("--by shows totals, --item shows one item. Choose one of them.", ctx)
    else:
        _show_totals(slug, by, parse_day(as_of), days, style)


for command in (approve, reject, plot):
    forecast.add_command(command)


def _show_items(slug: str, day: dt.date | None, days: int | None, item: str | None, style: str | None) -> None:
    from flux_pipeline.store.records.runs import run_summary

    with ready_store() as store, store.tenant(slug) as tx:
        rows = list_forecasts(tx, as_of=day, days=days, item=item)
        restaurant = tx.restaurant
        known = bool(rows or list_forecasts(tx, as_of=day, days=1))
        warning = run_summary(tx, AlgorithmName.DEMAND, rows[0].as_of) if rows else {}
    if not rows:
        raise PermanentError(
            f"No item of {slug} has {item!r} in its name." if known and item else no_forecast(slug, day)
        )
    if style:
        emit(as_text(rows, style))
    elif item is not None:
        for name in dict.fromkeys(row.item for row in rows):
            show_item(slug, name, [row for row in rows if row.item == name])
    else:
        shown = rows if days else of_day(tomorrow_or_first(restaurant, {row.date for row in rows}), rows)
        for _, of_one in groupby(shown, lambda row: row.date):
            show_day(slug, list(of_one), limit=ITEMS_SHOWN)
    if "warning" in warning:
        note(f"warning: {warning['warning']}")


def _show_totals(slug: str, by: str, day: dt.date | None, days: int | None, style: str | None) -> None:
    """Show totals: a line for each day of the restaurant, a table for each day of categories, or text for programs."""
    with ready_store() as store, store.tenant(slug) as tx:
        totals = list_totals(tx, as_of=day, days=days)
        categories = list_categories(tx, as_of=day, days=days) if by == "category" else []
        restaurant = tx.restaurant
        rows = categories if by == "category" else totals
        if not rows:
            raise _no_totals(tx, slug, day)
        kept = rows_of_earlier_runs(tx, rows[0].as_of)
    if style:
        emit(as_text(rows, style))
    elif by == "restaurant":
        lines = [(f"{r.date:%a} {r.date.isoformat()}", *_total_figures(r)) for r in totals]
        title = f"{slug}, all items together (as of {totals[0].as_of})"
        show_table(title, ["day", *TOTAL_HEADINGS], lines, right=TOTAL_HEADINGS)
    else:
        shown = categories if days else of_day(tomorrow_or_first(restaurant, {r.date for r in totals}), categories)
        for date, of_one in groupby(shown, lambda row: row.date):
            _show_categories(slug, list(of_one), of_day(date, totals))
    if by == "category" and not style and all(row.category is None for row in categories):
        note("note: no item has a category yet. Upload a menu with categories: `flux template menu` shows an example.")
    if kept:
        note(
            f"note: a person decided on {kept:,} rows of items before the last run, so they are unchanged; the totals "
            "are those of the last run."
        )


def _show_categories(slug: str, day: Sequence[CategoryForecast], everything: Sequence[TotalForecast]) -> None:
    """Show one day's categories as a table, with their total below."""
    lines = [(r.category or WITHOUT, *_total_figures(r)) for r in day]
    lines += [("all together", *_total_figures(r)) for r in everything if len(day) > 1]
    title = f"{slug}, {day[0].date:%A} {day[0].date.isoformat()} (as of {day[0].as_of})"
    show_table(title, ["category", *TOTAL_HEADINGS], lines, right=TOTAL_HEADINGS)


def _total_figures(row: CategoryForecast | TotalForecast) -> tuple[Any, ...]:
    return row.item_count, row.predicted_quantity, row.p10, row.p50, row.p90, row.p99


def _no_totals(tx: Tenant, slug: str, day: dt.date | None) -> PermanentError:
    if not list_forecasts(tx, as_of=day, days=1):
        return PermanentError(no_forecast(slug, day))
    return PermanentError(f"This forecast of {slug} is from before Flux stored totals; the next run adds them.")


def no_forecast(slug: str, day: dt.date | None) -> str:
    """Return the message for a missing forecast, with the command that makes one."""
    as_of = f" --as-of {day}" if day else ""
    return f"{slug} has no forecast{f' as of {day}' if day else ' yet'}. Run `flux run --restaurant {slug}{as_of}`."


def tomorrow_or_first(restaurant: Restaurant, days: Collection[dt.date]) -> dt.date:
    """Return the day to plan for: tomorrow at the restaurant or, for an old forecast, the forecast's first day."""
    tomorrow = restaurant.tomorrow(dt.datetime.now(dt.UTC))
    return tomorrow if tomorrow in days else min(days)


def of_day(day: dt.date, rows: Iterable[RowT]) -> list[RowT]:
    """Return the rows of one day."""
    return [row for row in rows if row.date == day]


def show_day(slug: str, day: Sequence[ItemForecast], *, limit: int) -> None:
    """Show one day's forecast as a table: p10, p50, p90 and the reason; one line if the restaurant is closed."""
    first = day[0]
    when = f"{first.date:%A} {first.date.isoformat()}"
    if all(row.p99 == 0 for row in day):
        say(f"{slug}, {when}: {first.logic_trigger}")
        return
    head = day[:limit]
    more = f", {len(head)} of {len(day)} items" if len(head) < len(day) else ""
    title = f"{slug}, {when} (as of {first.as_of}{more})"
    show_table(title, ["item", *HEADINGS], [(row.item, *_figures(row)) for row in head], right=HEADINGS[:4])


def show_item(slug: str, name: str, rows: Sequence[ItemForecast]) -> None:
    """Show one item's forecast as a table, a line for each day."""
    title = f"{slug}, {name} (as of {rows[0].as_of})"
    lines = [(f"{row.date:%a} {row.date.isoformat()}", *_figures(row)) for row in rows]
    show_table(title, ["day", *HEADINGS], lines, right=HEADINGS[:4])


def _figures(row: ItemForecast) -> tuple[Any, ...]:
    return row.p10, row.p50, row.p90, f"{row.confidence_score:.0%}", row.status, row.logic_trigger
