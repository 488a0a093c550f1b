"""Costs of ingredients over time: noted by files of ingredients, prices and deliveries, each with its source."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen._dated import is_past, note_dated
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.store.models.kitchen.purchases import IngredientCostHistory

COSTS = Versioned(
    IngredientCostHistory,
    ("ingredient_id", "source", "vendor_id", "order_code", "delivery_line_id", "valid_from"),
    ("unit_cost", "unit", "waste_factor", "quantity"),
)
# The source of what files of ingredients say.
INGREDIENTS = "ingredients"

_Statements = Mapping[dt.date | None, Mapping[str, Any]]


def note_costs(tx: Tenant, stated: Sequence[Mapping[str, Any]], source: str, received_at: dt.datetime) -> set[int]:
    """Note costs of ingredients from one source, as `note_dated` does."""
    return note_dated(tx, COSTS, [{**each, "source": source} for each in stated], received_at)


def stated_costs(tx: Tenant) -> Mapping[uuid.UUID, _Statements]:
    """Return what files of ingredients say about cost and loss, by ingredient and first day (None: from the start)."""
    cost = IngredientCostHistory
    query = select(cost.ingredient_id, cost.valid_from, cost.unit_cost, cost.unit, cost.waste_factor)
    found: dict[uuid.UUID, dict[dt.date | None, Mapping[str, Any]]] = defaultdict(dict)
    for row in tx.connection.execute(query.where(COSTS.current, cost.source == INGREDIENTS)).mappings():
        found[row["ingredient_id"]][row["valid_from"]] = {str(name): value for name, value in row.items()}
    return found


def complete_costs(stated: Sequence[dict[str, Any]], known: _Statements, today: dt.date) -> Mapping[str, Any] | None:
    """Fill in what a file leaves out about one ingredient; return the statement that holds today, else the newest.

    A statement without a cost keeps the cost that held on its first day, in the unit of that cost. One without a loss
    keeps the loss.

    Args:
        stated: the statements of the file, which are changed, one for each first day (None: as `note_dated` says).
        known: what earlier files say.
        today: the business day on which the file came in.
    """
    holding = dict(known)
    has_history = any(is_past(each["valid_from"], today) for each in stated)
    for each in sorted(stated, key=lambda each: each["valid_from"] or dt.date.min):
        first_day = each["valid_from"] if has_history or each["valid_from"] else today
        before = _holding_on(first_day or dt.date.min, holding)
        if before is not None and each["unit_cost"] is None:
            each |= {"unit_cost": before["unit_cost"], "unit": before["unit"]}
        if each["waste_factor"] is None:
            each["waste_factor"] = Decimal(0) if before is None else before["waste_factor"]
        holding[first_day] = each
    return _holding_on(today, holding) or _holding_on(dt.date.max, holding)


def _holding_on(day: dt.date, statements: _Statements) -> Mapping[str, Any] | None:
    begun = [first_day for first_day in statements if first_day is None or first_day <= day]
    return statements[max(begun, key=lambda first_day: first_day or dt.date.min)] if begun else None
