"""Costs of ingredients over time: noted by files of ingredients, prices and deliveries, each with its source."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen._dated import note_dated
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.store.models.kitchen.purchases import IngredientCostHistory

COSTS = Versioned(
    IngredientCostHistory,
    ("ingredient_id", "source", "vendor_id", "order_code", "delivery_line_id", "valid_from"),
    ("unit_cost", "unit", "waste_factor", "quantity"),
)


def note_costs(tx: Tenant, stated: Sequence[Mapping[str, Any]], source: str, received_at: dt.datetime) -> set[int]:
    """Note costs of ingredients from one source, as `note_dated` does."""
    return note_dated(tx, COSTS, [{**each, "source": source} for each in stated], received_at)
