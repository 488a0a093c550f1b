"""A small kitchen handed in as files on given days, and the nightly costs on them."""

import datetime as dt
from decimal import Decimal
from typing import Any

from flux_pipeline.kitchen.units import plain
from flux_pipeline.orchestration.algorithm import Published
from flux_pipeline.orchestration.assets.costs import COSTS, PROFITS
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.costs.published import costs_on
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind

COST_ROWS = """
SELECT m.name, c.valid_from, c.cost_with_waste, c.superseded_at IS NULL AS is_current
FROM menu_item_costs c JOIN menu_items m ON m.id = c.menu_item_id ORDER BY c.known_at, m.name, c.valid_from
"""


def at(day: int, hour: int = 9) -> dt.datetime:
    """A moment of March 2026, when nothing else happens at the bistro."""
    return dt.datetime(2026, 3, day, hour, tzinfo=dt.UTC)


def day(number: int) -> dt.date:
    return dt.date(2026, 3, number)


class Kitchen:
    """The bistro's kitchen."""

    def __init__(self, store: Store, restaurant: Restaurant) -> None:
        self.store, self.restaurant = store, restaurant

    def file(self, kind: str, content: str, received_at: dt.datetime) -> Upload:
        upload = hand_in_kind(self.store, self.restaurant, kind, content, received_at=received_at)
        assert upload.status == "completed", (upload.error, upload.accounting)
        return upload

    def sell(self, content: str, header: str = "date,item,quantity,amount") -> None:
        upload = hand_in_kind(self.store, self.restaurant, "sales", f"{header}\n{content}")
        assert upload.status == "completed", (upload.error, upload.accounting)
        with self.store.tenant(self.restaurant) as tx:
            sync_table(tx, "daily_item_sales")

    def night(self, number: int, *, begun: dt.datetime | None = None) -> Published:
        """Cost in the night after a day of March; `begun` later is a look back."""
        return COSTS.run(self._work(number, begun))

    def profits(self, number: int, *, begun: dt.datetime | None = None) -> Published:
        return PROFITS.run(self._work(number, begun))

    def costs(self, item: str = "Soup") -> list[tuple[int, str | None]]:
        """The days of March from which an item has its current costs, and these."""
        rows = [row for row in ask(self.store, self.restaurant, COST_ROWS) if row[0] == item and row[3]]
        return [(first.day, _plain(cost)) for _, first, cost, _ in rows]  # type: ignore[attr-defined]

    def cost_on(self, number: int, known: dt.datetime | None = None, item: str = "Soup") -> str | None:
        with self.store.tenant(self.restaurant) as tx:
            (found,) = [each for each in costs_on(tx, day(number), known) if each.item == item]
        return _plain(found.cost)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return ask(self.store, self.restaurant, query)

    def _work(self, number: int, begun: dt.datetime | None) -> Work:
        started = begun or at(number + 1, hour=5)
        return Work(self.store, self.restaurant, day(number), started, "a run of Dagster's")


def _plain(cost: object) -> str | None:
    return None if cost is None else plain(Decimal(str(cost)))
