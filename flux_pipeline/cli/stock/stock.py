"""Command `flux stock`: what is in stock, how long it lasts, what moved it, and what is used beyond the recipes."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from flux_pipeline.cli.console import RESTAURANT, as_text, emit, ready_store, say, show_table
from flux_pipeline.cli.figures import SHOWN
from flux_pipeline.kitchen.units import plain
from flux_pipeline.wording import count_of, money

if TYPE_CHECKING:
    from flux_pipeline.inventory.ledger.variance import Interval, Variance
    from flux_pipeline.store.door import Tenant
    from flux_pipeline.store.inventory.stock_list import MovementLine, NamedIngredient, StockLine
    from flux_pipeline.store.inventory.variances import IngredientVariance

MOST_MOVEMENTS = 50
# Why an ingredient has no drift, by what it needs.
WITHOUT_DRIFT = {
    "needs a first count": "it needs a first count, then a second one",
    "needs a second count": "it needs a second count",
    "needs a third count": "it needs a third count",
    "needs theoretical usage": "no dish with a recipe for it was sold between the counts",
}
# Of variance, before the money and the drift.
COLUMNS = ("ingredient", "unit", "counts", "used", "by recipes", "waste", "unexplained")
FIGURES = ("in stock", "short", "value", "on order")


@click.command()
@click.option("--item", help="One ingredient: its lots.")
@click.option("--movements", is_flag=True, help="What changed stock, the newest entries first.")
@click.option("--variance", is_flag=True, help="What left stock between counts, and what of it nothing explains.")
@click.option("--limit", type=click.IntRange(1), default=MOST_MOVEMENTS, help="How many movements at most.")
@click.option("--csv", "style", flag_value="csv", help="Every column, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every column, as JSON.")
@RESTAURANT
def stock(item: str | None, movements: bool, variance: bool, limit: int, style: str | None, slug: str) -> None:
    """Show what is in stock of each ingredient, what that is worth, what expires next, and how long it lasts.

    Stock follows from deliveries, counts, waste and what sales take by recipes. What was used beyond it is short until
    a delivery or a count settles it. `flux run` brings it up to date.
    """
    if movements and variance:
        raise click.UsageError("--movements and --variance are two lists. Choose one.")
    if variance and style:
        raise click.UsageError("--variance is a list for people. Leave --csv and --json out.")
    if variance:
        _show_variance(slug, item)
    elif movements:
        _show_movements(slug, item, limit, style)
    elif item is not None:
        _show_lots(slug, item, style)
    else:
        _show_stock(slug, style)


def _show_stock(slug: str, style: str | None) -> None:
    from flux_pipeline.store.costs.current import asked_day
    from flux_pipeline.store.inventory.stock_list import list_stock, unbooked_statements

    with ready_store() as store, store.tenant(slug) as tx:
        asked = asked_day(tx, None, None, dt.datetime.now(dt.UTC))
        found = list_stock(tx, asked)
        unbooked = unbooked_statements(tx, asked)
        currency = tx.restaurant.currency
    if style:
        emit(as_text(found, style))
        return
    if not found:
        say(f"Nothing of {slug} was counted or delivered yet. Load a count or a delivery, then run it:")
        say(f"  flux upload FILE --kind inventory_counts --restaurant {slug}")
        say(f"  flux run --restaurant {slug}")
    else:
        rows = [_stock_row(each, asked.day) for each in found]
        columns = ["ingredient", "unit", *FIGURES, "next to expire", "lasts until", "counted"]
        known = [each.value for each in found if each.value is not None]
        title = (
            f"{slug}: stock of {count_of(len(rows), 'ingredient')}, worth {money(sum(known, Decimal(0)))} {currency}"
        )
        show_table(title, columns, rows, right=FIGURES)
        say("Lasts until: the day on which half of the forecasts run out, and in brackets one in ten earlier or later.")
        if never := [each.ingredient for each in found if each.last_counted_on is None]:
            say(f"Never counted, so what was there before the first delivery is unknown: {', '.join(never[:SHOWN])}.")
    for each in unbooked[:SHOWN]:
        say(f"Not booked: {each.subject} on {each.day}. {each.reason}")
    if len(unbooked) > SHOWN:
        say(f"Not booked: {len(unbooked) - SHOWN} more")


def _stock_row(each: "StockLine", today: dt.date) -> tuple[Any, ...]:
    expiring = ""
    if each.expires_on is not None:
        when = f"{'on' if each.expires_on >= today else 'expired'} {each.expires_on:%d %b}"
        expiring = f"{_amount(each.expiring_quantity)} {when}"
    return (
        each.ingredient,
        each.unit,
        _amount(each.on_hand),
        _amount(each.short) if each.short else "",
        money(each.value),
        _amount(each.on_order) if each.on_order else "",
        expiring,
        _lasting(each),
        f"{each.last_counted_on:%d %b}" if each.last_counted_on else "never",
    )


def _lasting(each: "StockLine") -> str:
    if each.on_order is None:
        return ""
    first, middle, last = each.depleted_on_p10, each.depleted_on_p50, each.depleted_on_p90
    shown = f"{middle:%a %d %b}" if middle else "beyond the forecast"
    days = [f"{day:%d %b}" if day else "later" for day in (first, last)]
    return shown if first == last else f"{shown} ({days[0]} - {days[1]})"


def _show_lots(slug: str, item: str, style: str | None) -> None:
    from flux_pipeline.store.inventory.stock_list import find_ingredient, lots_of

    with ready_store() as store, store.tenant(slug) as tx:
        ingredient = find_ingredient(tx, item)
        found = lots_of(tx, ingredient.id)
    if style:
        emit(as_text(found, style))
        return
    if not found:
        say(f"Nothing is in stock of {ingredient.name}. See flux stock --item {item!r} --movements --restaurant {slug}")
        return
    rows = [(each.lot, each.arrived_on, each.expires_on or "keeps", _amount(each.quantity)) for each in found]
    total = _amount(sum((each.quantity for each in found), Decimal(0)))
    title = (
        f"{slug}: {total} {ingredient.unit} of {ingredient.name} in {count_of(len(rows), 'lot')}, in the order of use"
    )
    show_table(title, ["lot", "arrived", "good until", ingredient.unit], rows, right=(ingredient.unit,))


def _show_movements(slug: str, item: str | None, limit: int, style: str | None) -> None:
    from flux_pipeline.store.inventory.stock_list import find_ingredient, movements_of

    with ready_store() as store, store.tenant(slug) as tx:
        ingredient = None if item is None else find_ingredient(tx, item)
        found = movements_of(tx, ingredient and ingredient.id, limit)
    if style:
        emit(as_text(found, style))
        return
    if not found:
        say(f"Nothing is booked yet. `flux run --restaurant {slug}` books what was counted, delivered and sold.")
        return
    title = f"{slug}: the newest {count_of(len(found), 'movement')}, the last entered first"
    columns = ["no.", "day", "ingredient", "what", "quantity", "then", "unit", "lot of", "because"]
    show_table(title, columns, [_movement_row(each) for each in found], right=("no.", "quantity", "then"))


def _movement_row(each: "MovementLine") -> tuple[Any, ...]:
    what = f"{each.kind} taken back" if each.takes_back else each.kind
    lot = "(short)" if each.arrived_on is None else f"{each.arrived_on} {each.lot}".strip()
    change = f"{'+' if each.quantity > 0 else ''}{_amount(each.quantity)}"
    new = _amount(each.new_quantity)
    return each.entry, each.day, each.ingredient, what, change, new, each.unit, lot, each.reason


def _show_variance(slug: str, item: str | None) -> None:
    from flux_pipeline.store.costs.current import asked_day
    from flux_pipeline.store.inventory.stock_list import find_ingredient
    from flux_pipeline.store.inventory.variances import list_variances

    with ready_store() as store, store.tenant(slug) as tx:
        ingredient: NamedIngredient | None = None if item is None else find_ingredient(tx, item)
        asked = asked_day(tx, None, None, dt.datetime.now(dt.UTC))
        found = list_variances(tx, asked, ingredient and ingredient.id)
        currency = tx.restaurant.currency
    measured = [each for each in found if each.variance.periods]
    if measured:
        columns = [*COLUMNS, f"in {currency}", "drift"]
        rows = [_variance_row(each) for each in measured]
        title = f"{slug}: what left stock between counts, and what of it recipes and waste don't explain"
        show_table(title, columns, rows, right=columns[3:])
        say("Drift: how much more leaves than recipes say, with its interval of 95 %. * It certainly does.")
    if item is not None:
        for each in measured:
            _show_periods(each)
    for need in sorted({each.variance.needs for each in found if each.variance.needs}):
        names = [each.ingredient for each in found if each.variance.needs == need]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        say(f"No drift of {', '.join(names[:SHOWN])}{more}: {WITHOUT_DRIFT[need]}.")
    if not found:
        say(f"Nothing of {slug} was counted or delivered yet.")


def show_drifts(tx: "Tenant") -> None:
    """Print of which ingredients more leaves stock than recipes say, for certain."""
    from flux_pipeline.store.costs.current import asked_day
    from flux_pipeline.store.inventory.variances import list_variances

    found = list_variances(tx, asked_day(tx, None, None, dt.datetime.now(dt.UTC)))
    if drifting := [each for each in found if each.is_drifting]:
        columns = [*COLUMNS, f"in {tx.restaurant.currency}", "drift"]
        title = f"{tx.restaurant.slug}: of this more leaves stock than recipes and waste explain"
        show_table(title, columns, [_variance_row(each) for each in drifting], right=columns[3:])


def _variance_row(each: "IngredientVariance") -> tuple[Any, ...]:
    from flux_pipeline.inventory.ledger.facts import FactKind

    variance, periods = each.variance, each.variance.periods
    actual, theoretical = (sum((getattr(p, name) for p in periods), Decimal(0)) for name in ("actual", "theoretical"))
    waste = sum((period.quantity(FactKind.WASTE) for period in periods), Decimal(0))
    unexplained = variance.unexplained or Decimal(0)
    amount = None if each.unit_cost is None else unexplained * each.unit_cost
    figures = [_amount(each_) for each_ in (actual, theoretical, waste, unexplained)]
    return (each.ingredient, each.unit, len(periods) + 1, *figures, money(amount), _drift(variance, each.is_drifting))


def _drift(variance: "Variance", is_certain: bool) -> str:
    if variance.drift is None:
        return ""
    found = variance.drift
    return f"{found.estimate:+.1%} ({found.low:+.1%} to {found.high:+.1%}){' *' if is_certain else ''}"


def _show_periods(each: "IngredientVariance") -> None:
    from flux_pipeline.inventory.ledger.facts import FactKind

    for period in each.variance.periods:
        received = _amount(period.quantity(FactKind.RECEIPT))
        say(
            f"From the count of {period.opened_by.day} ({_amount(period.opened_by.quantity)}) to that of "
            f"{period.closed_by.day} ({_amount(period.closed_by.quantity)}): received {received}, used "
            f"{_amount(period.actual)}, by recipes {_amount(period.theoretical)}, unexplained "
            f"{_amount(period.unexplained)} {each.unit}."
        )
        split = each.variance.split(period)
        if split is not None:
            say(f"  Of it drift {_interval(split.drift)}, other loss {_interval(split.other)} {each.unit}.")
        if documents := sorted({fact.document for fact in period.of(FactKind.RECEIPT)}):
            say(f"  Deliveries: {_some(documents)}.")


def _interval(found: "Interval") -> str:
    return f"{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f})"


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more


def _amount(quantity: Decimal | None) -> str:
    """Return a quantity with at most three decimals."""
    return "" if quantity is None else plain(round(quantity, 3))
