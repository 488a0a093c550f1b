"""Command `flux prep`: what to prepare for tomorrow, in whole batches."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flux_pipeline.cli.console import RESTAURANT, as_csv, emit, parse_day, ready_store, say, show_table
from flux_pipeline.wording import amount_of, count_of, day_text

if TYPE_CHECKING:
    from flux_pipeline.inventory.shown.prep import PrepRow, PrepSheet

COLUMNS = (
    "preparation",
    "unit",
    "p50",
    "projected",
    "for_other_batches",
    "minimum",
    "available",
    "batch",
    "batches",
    "quantity",
    "counted_on",
)


@click.command()
@RESTAURANT
@click.option("--day", metavar="DAY", help="YYYY-MM-DD; default: the first day of the newest forecast, tomorrow.")
@click.option(
    "--quantile",
    type=click.FloatRange(0.5, 0.99),
    help="How probable it should be that it is enough; default: the setting prep_quantile.",
)
@click.option("--csv", "style", flag_value="csv", help="Every column, as CSV.")
@click.option("--page", "page_file", type=click.Path(path_type=Path), help="Write a page to print to this HTML file.")
def prep(slug: str, day: str | None, quantile: float | None, style: str | None, page_file: Path | None) -> None:
    """Show how many batches of each preparation to make, so that the dishes of a day have enough of it.

    That is what they probably need, and the minimum (the par level of an ingredient of the same name), without what was
    counted, rounded up to whole batches.
    """
    from flux_pipeline.store.inventory.prep import prep_sheet

    now = dt.datetime.now(dt.UTC)
    with ready_store() as store, store.tenant(slug) as tx:
        sheet = prep_sheet(tx, parse_day(day), quantile, now)
        restaurant, actor = tx.restaurant, tx.settings.actor
    if page_file and sheet.lines:
        from flux_pipeline.pages.prep import PrintedSheet, prep_page

        printed = PrintedSheet(sheet, restaurant.name, restaurant.clock.timezone, actor, now)
        page_file.write_text(prep_page(printed), encoding="utf-8")
        say(f"Wrote {page_file}. Open it in a browser and print it.")
    if style:
        emit(as_csv(COLUMNS, [_figures(line) for line in sheet.lines]))
    elif not sheet.lines:
        say(f"{slug} has no preparations: no recipe takes an item whose recipe says what a batch yields.")
        say(f"Load recipes: flux upload FILE --kind recipes --restaurant {slug}")
    elif not page_file:
        _show(slug, sheet)


def _figures(line: "PrepRow") -> tuple[object, ...]:
    planned = line.planned.line
    own = planned.preparation
    amounts = (planned.usual, planned.projected, line.planned.for_others, own.minimum, own.available, own.batch)
    rounded = (f"{amount:.3f}" for amount in amounts)
    return own.name, line.unit, *rounded, planned.batches, f"{planned.quantity:.3f}", line.counted_on


def _show(slug: str, sheet: "PrepSheet") -> None:
    columns = ["preparation", "usual use", sheet.level, "for batches", "minimum", "available", "make", "that is"]
    title = f"{slug}: prep for {day_text(sheet.day)}, by the forecast as of {sheet.as_of}"
    show_table(title, columns, [_row(line) for line in sheet.ordered], right=columns[1:])
    for note in sheet.notes:
        say(note)


def _row(line: "PrepRow") -> tuple[str, ...]:
    planned, own, unit = line.planned.line, line.planned.line.preparation, line.unit
    quantities = (planned.usual, planned.projected, line.planned.for_others, own.minimum)
    shown = (amount_of(quantity, unit) if quantity else "" for quantity in quantities)
    available = amount_of(own.available, unit) if line.counted_on else "not counted"
    make = count_of(planned.batches, "batch", "batches") if planned.batches else "nothing"
    return own.name, *shown, available, make, amount_of(planned.quantity, unit) if planned.batches else ""
