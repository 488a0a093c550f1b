"""`flux costs --item`: a dish or a preparation as a tree of ingredients, with quantities, costs and shares."""

import datetime as dt
import shlex
from collections.abc import Iterator, Sequence

from flux_pipeline.cli.console import ready_store, say, show_table
from flux_pipeline.cli.figures import percent, rules_in_words, unit_cost
from flux_pipeline.costing.dishes import margin_of
from flux_pipeline.costing.oneday import CostedBatch, CostNode, KitchenDay
from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import amount_of, money

# A pinch costs fractions of a cent.
PLACES = 4


def show_batch(slug: str, name: str, day: dt.date | None, as_of: dt.date | None) -> None:
    """Show what an item costs on a day, from facts as known now or at the end of `as_of`."""
    from flux_pipeline.store.costs.current import asked_day, kitchen_asked
    from flux_pipeline.store.costs.published import costs_on
    from flux_pipeline.store.menu.items import find_item

    with ready_store() as store, store.tenant(slug) as tx:
        asked = asked_day(tx, day, as_of, dt.datetime.now(dt.UTC))
        item = find_item(tx, name).name
        facts, currency = kitchen_asked(tx, asked).facts, tx.restaurant.currency
        published = [each for each in costs_on(tx, asked.day, asked.known_at if as_of else None) if each.item == item]
    on_day = KitchenDay(facts, asked.day)
    if item not in on_day.recipes:
        raise PermanentError(
            f"{item!r} has no confirmed recipe on {asked.day}. Suggest one: "
            f"flux recipes suggest {shlex.quote(item)} --restaurant {slug}"
        )
    batch = on_day.batch(item)
    known = f", as known at the end of {as_of}" if as_of else ""
    rows = list(_rows(batch.parts, 0))
    figures = ("quantity", "unit cost", "loss", "cost", "share")
    title = f"{slug}: {item} on {asked.day}, in {currency}{known}"
    show_table(title, ["made of", *figures], rows, right=figures)
    _say_costs(item, batch, on_day)
    say(rules_in_words(on_day.settings))
    if published and published[0].cost is not None and published[0].cost != on_day.cost(item).cost_with_waste:
        say(f"Published for this day: {money(published[0].cost, PLACES)}. The next flux run publishes what is new.")


def _rows(nodes: Sequence[CostNode], depth: int) -> Iterator[tuple[str, ...]]:
    for node in nodes:
        bought_at = loss = ""
        if node.ingredient is not None:
            cost, unit = node.ingredient
            bought_at = f"{unit_cost(cost.unit_cost)} per {unit.name}"
            loss = percent(cost.waste_factor) if cost.waste_factor else ""
        quantity = amount_of(node.quantity, node.unit.name)
        cost_text = "no cost" if node.cost is None else f"{node.cost:,.4f}"
        yield "  " * depth + node.name, quantity, bought_at, loss, cost_text, percent(node.share)
        yield from _rows(node.parts, depth + 1)


def _say_costs(item: str, batch: CostedBatch, day: KitchenDay) -> None:
    """Say what the batch, one unit of it and one piece as it is sold cost, or why that is not known."""
    total = batch.cost.cost_with_waste
    if total is None:
        say(f"{item} has no cost:")
        for each in batch.cost.missing:
            say(f"  {each.reason}")
        return
    if batch.yield_quantity is None or batch.yield_unit is None:
        say(f"One {item} costs {money(total, PLACES)}.")
    else:
        unit = batch.yield_unit.name
        say(
            f"A batch of {amount_of(batch.yield_quantity, unit)} costs {money(total, PLACES)}; "
            f"1 {unit} costs {money(batch.cost_of_one, PLACES)}."
        )
    price, cost = day.net_price(item), day.cost(item).cost_with_waste
    if price is not None and cost is not None:
        margin = margin_of(price, cost)
        of_price = "" if margin.percent is None else f", {margin.percent:.1f}% of the price"
        say(
            f"Price without tax {money(price, PLACES)} - cost {money(cost, PLACES)} = "
            f"margin {money(margin.amount)}{of_price}."
        )
