"""Waste for people: what was thrown away of what and why, what that was worth, and sums of it. It only reads."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select

from flux_pipeline.costing.oneday import KitchenDay
from flux_pipeline.costing.usage import Usage
from flux_pipeline.kitchen.units import find_unit
from flux_pipeline.store.costs.current import Asked, kitchen_asked
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.waste._subjects import Subjects
from flux_pipeline.store.models.kitchen.stock import WasteRecord


class WasteLine(NamedTuple):
    """What was thrown away; `value` is what it cost on its day, None where that is not known.

    `stock_quantity` is in `stock_unit`, that of the ingredient; of an item they are as they were entered.
    """

    id: uuid.UUID
    day: dt.date
    subject: str
    quantity: Decimal
    unit: str
    stock_quantity: Decimal
    stock_unit: str
    value: Decimal | None
    reason: str
    lot: str | None
    note: str | None
    is_from_file: bool


@dataclass(frozen=True)
class WasteSum:
    """Waste of one reason, subject or weekday: how often, how much in each unit, and what it was worth.

    `value` sums up what has one; `without_value` is the number of the others.
    """

    name: str
    times: int
    quantities: Mapping[str, Decimal]
    value: Decimal
    without_value: int


def list_waste(tx: Tenant, asked: Asked, first: dt.date) -> list[WasteLine]:
    """Return what was thrown away from `first` to the day that is asked for, the newest first."""
    own = WasteRecord
    query = (
        select(own.__table__)
        .where(own.superseded_at.is_(None), own.wasted_on.between(first, asked.day))
        .order_by(own.wasted_on.desc(), own.known_at.desc(), own.id)
    )
    rows = tx.connection.execute(query).all()
    if not rows:
        return []
    kitchen = kitchen_asked(tx, asked)
    subjects = Subjects(tx, kitchen)
    days = {day: KitchenDay(kitchen.facts, day) for day in {row.wasted_on for row in rows}}
    found = []
    for row in rows:
        unit = find_unit(row.unit)
        taken = subjects.taken(row.ingredient_id, row.menu_item_id, row.quantity, unit, row.wasted_on)
        name = subjects.items[row.menu_item_id] if row.menu_item_id else subjects.ingredients[row.ingredient_id]
        quantity, stock_unit = row.quantity, unit.name
        if row.ingredient_id is not None and not taken.refusals:
            quantity, stock_unit = taken.quantities[name], subjects.unit_of(row.ingredient_id)
        value, is_from_file = _value(taken, days[row.wasted_on]), row.data_upload_id is not None
        what = (name, row.quantity, unit.name, quantity, stock_unit, value)
        found.append(WasteLine(row.id, row.wasted_on, *what, row.reason, row.lot, row.note, is_from_file))
    return found


def sum_waste(lines: Iterable[WasteLine], name: Callable[[WasteLine], str]) -> list[WasteSum]:
    """Return the sums of waste by a name, those that were worth most first."""
    groups: dict[str, list[WasteLine]] = defaultdict(list)
    for line in lines:
        groups[name(line)].append(line)
    found = []
    for key, own in groups.items():
        quantities: dict[str, Decimal] = defaultdict(Decimal)
        for line in own:
            quantities[line.stock_unit] += line.stock_quantity
        values = [line.value for line in own if line.value is not None]
        found.append(WasteSum(key, len(own), dict(quantities), sum(values, Decimal(0)), len(own) - len(values)))
    return sorted(found, key=lambda each: (-each.value, -each.times, each.name))


def _value(taken: Usage, day: KitchenDay) -> Decimal | None:
    """Return what ingredients cost on a day; None if one of them has no cost, or if it is not known which they are."""
    if taken.refusals:
        return None
    value = Decimal(0)
    for name, quantity in taken.quantities.items():
        chosen = day.chosen_cost(name)
        if chosen is None:
            return None
        value += quantity * chosen.unit_cost
    return value
