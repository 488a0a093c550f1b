"""Command `flux waste`: what is thrown away, why, on which days and what that is worth; note it and take notes back."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.cli.console import RESTAURANT, as_text, emit, parse_day, ready_store, say, show_table
from flux_pipeline.cli.figures import percent
from flux_pipeline.store.models.kitchen.stock import WASTE_REASONS
from flux_pipeline.wording import amount_of, count_of, money

if TYPE_CHECKING:
    from flux_pipeline.store.inventory.waste.list import WasteLine, WasteSum

# Four weeks show each weekday four times.
DAYS = 28
MOST_ITEMS = 20
PERIOD = click.option("--days", type=click.IntRange(1, 3660), help=f"How many days back; default: {DAYS}.")


@click.group(invoke_without_command=True)
@click.option("--restaurant", "slug", help="Which restaurant.")
@PERIOD
@click.pass_context
def waste(ctx: click.Context, slug: str | None, days: int | None) -> None:
    """Show what was thrown away by reason, item and weekday, and what it was worth, the most first.

    Load a file of many with `flux upload FILE --kind waste`.
    """
    if ctx.invoked_subcommand is not None:
        if slug is not None or days is not None:
            raise click.UsageError(f"Options belong after the command: flux waste {ctx.invoked_subcommand} --...", ctx)
        return
    if slug is None:
        raise click.MissingParameter(ctx=ctx, param=ctx.command.params[0])
    found, currency = _read(slug, days or DAYS)
    if not found:
        say(f"{slug}: no waste was noted on the last {days or DAYS} days.")
        return
    _show_sums(slug, found, currency, days or DAYS)


@waste.command("list")
@PERIOD
@click.option("--csv", "style", flag_value="csv", help="Every column, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every column, as JSON.")
@RESTAURANT
def list_lines(days: int | None, style: str | None, slug: str) -> None:
    """Show each note of waste, the newest first. The first characters of an id are enough."""
    found, currency = _read(slug, days or DAYS)
    if not found:
        say(f"{slug}: no waste was noted on the last {days or DAYS} days.")
    elif style:
        emit(as_text(found, style))
    else:
        title = f"{slug}: {count_of(len(found), 'note')} of waste on the last {days or DAYS} days"
        columns = ["id", "day", "what", "quantity", currency, "reason", "lot", "note"]
        show_table(title, columns, [_line(each) for each in found], right=("quantity", currency))


@waste.command()
@click.argument("item")
@click.argument("quantity")
@click.argument("unit")
@click.option("--reason", required=True, type=click.Choice(WASTE_REASONS), help="Why it was thrown away.")
@click.option("--day", metavar="DAY", help="YYYY-MM-DD: the business day; default: the one under way.")
@click.option("--lot", help="Which lot it was of; default: the first to expire.")
@click.option("--note", help="What else to know about it.")
@RESTAURANT
def add(
    item: str, quantity: str, unit: str, reason: str, day: str | None, lot: str | None, note: str | None, slug: str
) -> None:
    """Note that QUANTITY UNIT of ITEM, an ingredient, a preparation or a dish, was thrown away."""
    from flux_pipeline.store.inventory.waste.acts import Waste, add_waste

    stated = Waste(item, quantity, unit, reason, parse_day(day), lot, note)
    with ready_store() as store, store.tenant(slug) as tx:
        added = add_waste(tx, stated, dt.datetime.now(dt.UTC))
    what = f"{amount_of(added.quantity, added.unit)} of {added.subject}"
    say(f"Noted as waste of {added.day}: {what} ({reason}), id {str(added.id)[:8]}.")
    if added.occurrence > 1:
        say(
            f"It is the {_ordinal(added.occurrence)} such note of that day. If it was noted twice by mistake: "
            f"flux waste remove {str(added.id)[:8]} --restaurant {slug}"
        )
    say(f"It leaves stock with the next run: flux run --restaurant {slug}")


@waste.command()
@click.argument("waste_id", metavar="ID")
@RESTAURANT
def remove(waste_id: str, slug: str) -> None:
    """Take the note ID of waste back. It stays on record as what was known until now."""
    from flux_pipeline.store.inventory.waste.acts import remove_waste

    with ready_store() as store, store.tenant(slug) as tx:
        removed = remove_waste(tx, waste_id, dt.datetime.now(dt.UTC))
    if removed.changed:
        say(f"Taken back: {removed.subject}. It returns to stock with the next run: flux run --restaurant {slug}")
    else:
        say(f"It was taken back, or replaced by a file, before: {removed.subject}.")


def _read(slug: str, days: int) -> tuple[list["WasteLine"], str]:
    from flux_pipeline.store.costs.current import asked_day
    from flux_pipeline.store.inventory.waste.list import list_waste

    with ready_store() as store, store.tenant(slug) as tx:
        asked = asked_day(tx, None, None, dt.datetime.now(dt.UTC))
        return list_waste(tx, asked, asked.day - dt.timedelta(days=days - 1)), tx.restaurant.currency


def _line(each: "WasteLine") -> tuple[object, ...]:
    quantity = amount_of(each.quantity, each.unit)
    value = "" if each.value is None else money(each.value)
    return str(each.id)[:8], each.day, each.subject, quantity, value, _words(each.reason), each.lot, each.note


def _show_sums(slug: str, found: Sequence["WasteLine"], currency: str, days: int) -> None:
    from flux_pipeline.store.inventory.waste.list import sum_waste

    total = sum((each.value for each in found if each.value is not None), Decimal(0))
    say(f"{slug}: waste of the last {count_of(days, 'day')}, worth {money(total)} {currency}")
    by_item = sum_waste(found, lambda each: each.subject)
    shown = {
        "reason": sum_waste(found, lambda each: _words(each.reason)),
        "item": by_item[:MOST_ITEMS],
        "weekday": sum_waste(found, lambda each: WEEKDAYS[each.day.weekday()]),
    }
    for name, sums in shown.items():
        columns = [name, "times", "quantity", currency, "share"]
        show_table(f"By {name}", columns, [_sum(each, total) for each in sums], right=columns[1:])
    if len(by_item) > MOST_ITEMS:
        say(f"{count_of(len(by_item) - MOST_ITEMS, 'more item')} were worth less.")
    if without := sorted({each.subject for each in found if each.value is None}):
        say(f"Not in these amounts, because a part has no cost or its unit leads nowhere: {', '.join(without)}.")
        say(f"See flux costs --restaurant {slug} and flux stock --restaurant {slug}")


def _sum(each: "WasteSum", total: Decimal) -> tuple[object, ...]:
    quantities = ", ".join(amount_of(quantity, unit) for unit, quantity in sorted(each.quantities.items()))
    has_value = each.without_value < each.times
    share = percent(each.value / total) if total and has_value else ""
    return each.name, each.times, quantities, money(each.value) if has_value else "", share


def _words(reason: str) -> str:
    return reason.replace("_", " ")


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
