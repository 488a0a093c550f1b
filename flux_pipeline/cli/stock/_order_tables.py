"""Tables of orders for people, and their lines as rows for programs."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flux_pipeline.cli.console import say, show_table
from flux_pipeline.inventory.shown.vendor_orders import PERSON, OrderLine, VendorOrder
from flux_pipeline.wording import amount_of, day_text, money

COLUMNS = (
    "id",
    "vendor",
    "order_day",
    "order_by",
    "delivery_day",
    "ingredient",
    "order_code",
    "status",
    "packs",
    "pack_quantity",
    "quantity",
    "unit",
    "unit_price",
    "amount",
    "currency",
    "on_hand",
    "on_order",
    "expected_demand",
    "covered_share",
    "received_quantity",
    "decided_by",
    "decided_at",
    "ordered_at",
    "cancelled_because",
    "reason",
)
OUTCOMES = {"one_pack_less": "one pack less", "this": "as recommended", "one_pack_more": "one pack more"}


def row_of(line: OrderLine, currency: str) -> tuple[Any, ...]:
    """Return a line in the order of `COLUMNS`."""
    return tuple(currency if name == "currency" else getattr(line, name) for name in COLUMNS)


def show_order(order: VendorOrder, currency: str, zone: str, now: dt.datetime, reasons: int | None = None) -> None:
    """Print an order as a table, and the reasons of so many lines below it (None: of all)."""
    until = ""
    if order.order_by is not None:
        local = order.order_by.astimezone(ZoneInfo(zone))
        day = "" if local.date() == order.order_day else f" of {day_text(local.date())}"
        until = f" until {local:%H:%M}{day}{' (that is over)' if order.order_by < now else ''}"
    title = f"{order.vendor}: order on {day_text(order.order_day)}{until}, delivery {order.delivery}"
    columns = ["id", "item", "packs", "pack", "quantity", "price", "amount", "status"]
    rows: list[tuple[object, ...]] = [
        (
            line.short_id,
            line.ingredient,
            line.packs,
            amount_of(line.pack_quantity, line.unit),
            amount_of(line.quantity, line.unit),
            f"{money(line.unit_price, 4)}/{line.unit}",
            money(line.amount),
            _status(line),
        )
        for line in order.lines
    ]
    rows.append(("", f"total in {currency}", "", "", "", "", money(order.total), ""))
    show_table(title, columns, rows, right=("packs", "pack", "quantity", "price", "amount"))
    for line in order.lines[:reasons]:
        say(f"  {line.short_id} {line.ingredient}: {line.reason}")
    say()


def show_details(line: OrderLine, currency: str) -> None:
    """Print what a line was recommended for, and what this and neighbouring quantities are expected to cost."""
    unit = line.unit
    position = f"{amount_of(line.on_hand, unit)} in stock and {amount_of(line.on_order, unit)} on order"
    say(f"  {line.short_id} {line.ingredient}: there {'is' if line.position == 0 else 'are'} {position}.")
    say(f"  Expected to be used between this delivery and the next one: {amount_of(line.expected_demand, unit)}.")
    quantity = "The recommended quantity" if line.decided_by_rule == PERSON else "This quantity"
    say(f"  {quantity} is enough with a probability of {line.covered_share:.0%}.")
    if line.unavoidable_shortage >= 0.0005:
        say(f"  Expected to lack whatever is ordered: {amount_of(line.unavoidable_shortage, unit)}.")
    found = [(words, line.outcomes[key]) for key, words in OUTCOMES.items() if line.outcomes.get(key)]
    if found:
        figures = ("quantity", "lacks", "cost of that", "spoils", "cost of spoilage", "storage", "sum")
        title = f"Expected until the next delivery, costs in {currency}"
        show_table(title, ["", *figures], [(words, *_outcome(each, unit)) for words, each in found], right=figures)


def _outcome(each: Mapping[str, Any], unit: str) -> tuple[str, ...]:
    costs = [float(each.get(name) or 0) for name in ("shortage_cost", "spoilage_cost", "holding_cost")]
    quantities = [float(each.get(name) or 0) for name in ("quantity", "shortage_quantity", "spoiled_quantity")]
    total, lacking, spoiled = (amount_of(quantity, unit) for quantity in quantities)
    shortage, spoilage, holding = (money(cost) for cost in costs)
    return total, lacking, shortage, spoiled, spoilage, holding, money(sum(costs))


def _status(line: OrderLine) -> str:
    if line.status == "cancelled":
        # A run cancels what it recommends no longer.
        by = f" by {line.decided_by}" if line.decided_by else ""
        return f"cancelled{by}: {line.cancelled_because}"
    if line.received_quantity and line.received_quantity < line.quantity:
        received = f"{amount_of(line.received_quantity, line.unit)} received"
        return f"{line.status}, {received}"
    return f"{line.status} by {line.decided_by}" if line.status == "approved" else line.status
