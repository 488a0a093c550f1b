"""Command `flux menu engineering`: stars, plowhorses, puzzles and dogs of the last weeks, with what decides."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import click

from flux_pipeline.cli.console import RESTAURANT, as_csv, as_json, emit, parse_day, ready_store, say, show_table
from flux_pipeline.costing.engineering import MenuClass, PlacedItem
from flux_pipeline.costing.settings import MarginMean
from flux_pipeline.store.costs.engineering import ItemProfit, MenuProfits, menu_profits
from flux_pipeline.wording import count_of

FIGURES = ("sold", "revenue", "contribution", "per piece", "popularity", "how sure")
ORDER = list(MenuClass)
SHOWN = 10


@click.command()
@RESTAURANT
@click.option("--weeks", type=click.IntRange(1, 104), default=4, show_default=True, help="How many weeks.")
@click.option("--week", metavar="MONDAY", help="YYYY-MM-DD: the last week, by any day of it; default: the newest.")
@click.option("--csv", "style", flag_value="csv", help="Every item, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every item, as JSON.")
def engineering(slug: str, weeks: int, week: str | None, style: str | None) -> None:
    """Show which dishes are popular and which earn well, within each category.

    Contribution is revenue without tax and after discounts, less the cost on each day. Popularity is a dish's share of
    what its category sold. A star is popular and earns well, a plowhorse is popular only, a puzzle earns well only, a
    dog neither. How sure: the probability that another such period gives the same class; below 80 % or so, wait for
    more sales.
    """
    with ready_store() as store, store.tenant(slug) as tx:
        found = menu_profits(tx, parse_day(week), weeks, dt.datetime.now(dt.UTC))
        currency = tx.restaurant.currency
    placed = {each.item: each for each in found.placed.items}
    if style:
        _emit(found, placed, style)
        return
    costed = [(each, placed.get(each.item)) for each in found.items if each.cost is not None]
    rows = [_row(*pair) for pair in sorted(costed, key=lambda pair: _order(*pair))]
    title = f"{slug}: the menu from {found.first_day} to {found.last_day}, in {currency} without tax"
    show_table(title, ["item", "category", *FIGURES[:5], "class", FIGURES[5]], rows, right=FIGURES)
    _say_thresholds(found)
    _say_sums(found.items)


def _order(each: ItemProfit, place: PlacedItem | None) -> tuple[object, ...]:
    return (
        each.category or "",
        len(ORDER) if place is None else ORDER.index(place.menu_class),
        -each.quantity,
        each.item,
    )


def _row(each: ItemProfit, place: PlacedItem | None) -> tuple[object, ...]:
    return (
        each.item,
        each.category,
        f"{each.quantity.normalize():,f}",
        f"{each.revenue:,.2f}",
        f"{each.contribution:,.2f}",
        "" if each.margin is None else f"{each.margin:,.2f}",
        "" if place is None else f"{place.popularity:.1%}",
        "" if place is None else place.menu_class.value,
        "" if place is None else f"{place.sureness:.0%}",
    )


def _say_thresholds(found: MenuProfits) -> None:
    """Say from which popularity and contribution on an item is a star, by category, and by which rules."""
    weighted = found.placed.margin_mean is MarginMean.WEIGHTED
    mean = "the mean of what was sold" if weighted else "the mean of the dishes"
    say(
        f"Popular: at least {found.placed.popularity_share:.0%} of an equal share of the category "
        f"(menu_popularity_share). Earns well: a piece contributes at least {mean} (menu_margin_mean "
        f"{found.placed.margin_mean.value})."
    )
    categories = {each.category: each for each in found.placed.items}
    for category, each in sorted(categories.items(), key=lambda pair: pair[0] or ""):
        words = f"popular from {each.least_popularity:.1%}, earns well from {each.mean_margin:,.2f} per piece"
        say(f"  {category or 'Without category'}: {words}")


def _say_sums(items: Sequence[ItemProfit]) -> None:
    """Say what all dishes with a cost left, and which have none."""
    costed = [each for each in items if each.cost is not None]
    revenue = sum((each.revenue for each in costed), Decimal(0))
    cost = sum((each.cost or Decimal(0) for each in costed), Decimal(0))
    sums = f"revenue {revenue:,.2f} - cost {cost:,.2f} = contribution {revenue - cost:,.2f}"
    say(f"All {count_of(len(costed), 'item')} with a cost: {sums}")
    without = sorted((each for each in items if each.cost is None), key=lambda each: -each.revenue)
    if without:
        left_out = sum((each.revenue for each in without), Decimal(0))
        more = f" and {len(without) - SHOWN} more" if len(without) > SHOWN else ""
        names = ", ".join(_without_cost(each) for each in without[:SHOWN])
        say(f"Left out, because they have no cost: {names}{more}, with a revenue of {left_out:,.2f}")


def _without_cost(each: ItemProfit) -> str:
    if each.weeks_without_cost == each.weeks:
        return each.item
    return f"{each.item} (in {each.weeks_without_cost} of {count_of(each.weeks, 'week')})"


def _emit(found: MenuProfits, placed: dict[str, PlacedItem], style: str) -> None:
    columns = (
        "item",
        "category",
        "quantity",
        "revenue",
        "cost",
        "contribution",
        "margin",
        "popularity",
        "menu_class",
        "sureness",
    )
    rows = []
    for each in found.items:
        place = placed.get(each.item)
        classed = (None, None, None) if place is None else (place.popularity, place.menu_class.value, place.sureness)
        rows.append(
            (each.item, each.category, each.quantity, each.revenue, each.cost, each.contribution, each.margin, *classed)
        )
    emit((as_csv if style == "csv" else as_json)(columns, rows))
