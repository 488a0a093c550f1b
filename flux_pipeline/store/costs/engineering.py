"""Profits of items over several weeks, placed in the menu. It only reads what was published."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flux_pipeline.costing.engineering import PlacedMenu, SoldItem, place_items
from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.costs.current import Asked, rules_on
from flux_pipeline.store.costs.published import WeeklyProfit, newest_week, weekly_profits
from flux_pipeline.store.door import Tenant

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class ItemProfit:
    """What an item sold, brought without tax and cost over the weeks; no cost if one of its weeks has none."""

    item: str
    category: str | None
    quantity: Decimal
    revenue: Decimal
    cost: Decimal | None
    weeks: int
    weeks_without_cost: int

    @property
    def contribution(self) -> Decimal | None:
        """Revenue - cost."""
        return None if self.cost is None else self.revenue - self.cost

    @property
    def margin(self) -> Decimal | None:
        """The contribution of one piece."""
        return None if self.contribution is None or not self.quantity else self.contribution / self.quantity


@dataclass(frozen=True)
class MenuProfits:
    """The items of some weeks, their places in the menu, and the settings that decide these."""

    first_day: dt.date
    last_day: dt.date
    items: Sequence[ItemProfit]
    placed: PlacedMenu
    settings: CostingSettings


def menu_profits(tx: Tenant, week: dt.date | None, weeks: int, now: dt.datetime) -> MenuProfits:
    """Return what each item left in some weeks, and its place.

    Args:
        tx: the restaurant's transaction.
        week: a day of the last week; None: the newest that is published.
        weeks: how many.
        now: the moment.

    Raises:
        PermanentError: nothing is published of these weeks.
    """
    slug, newest = tx.restaurant.slug, newest_week(tx)
    last = newest if week is None else week - dt.timedelta(days=week.weekday())
    first = None if last is None else last - (weeks - 1) * WEEK
    rows = [] if first is None or last is None else weekly_profits(tx, first, last)
    if newest is None or first is None or last is None:
        raise PermanentError(
            f"No week's profits are published at {slug}. Load sales, recipes and what ingredients cost, then: "
            f"flux run --restaurant {slug}"
        )
    if not rows:
        raise PermanentError(
            f"No profits of {first} to {last + WEEK - dt.timedelta(days=1)} are published at {slug}; "
            f"the newest week begins on {newest}."
        )
    last_day = last + WEEK - dt.timedelta(days=1)
    as_of = tx.restaurant.last_complete_business_day(now)
    settings = rules_on(tx, Asked(last_day, now, as_of))
    items = _items(rows)
    sold = [SoldItem(each.item, each.category, each.quantity, each.margin) for each in items]
    return MenuProfits(rows[0].week_start, last_day, items, place_items(sold, settings), settings)


def _items(rows: Sequence[WeeklyProfit]) -> list[ItemProfit]:
    """Return the sums of each item, in its category of the newest week."""
    by_item: dict[str, list[WeeklyProfit]] = defaultdict(list)
    for row in rows:
        by_item[row.item].append(row)
    return [
        ItemProfit(
            item,
            own[-1].category,
            sum((row.quantity for row in own), Decimal(0)),
            sum((row.revenue for row in own), Decimal(0)),
            sum((row.cost or Decimal(0) for row in own), Decimal(0))
            if all(row.cost is not None for row in own)
            else None,
            len(own),
            sum(row.cost is None for row in own),
        )
        for item, own in sorted(by_item.items())
    ]
