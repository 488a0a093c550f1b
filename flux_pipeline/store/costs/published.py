"""Published costs and profitability as people read them. It only reads, without frames."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import exists, func, or_, select
from sqlalchemy.dialects import postgresql

from flux_pipeline.costing.changes import CostedItem
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.costs import MenuItemCost, MenuProfitability
from flux_pipeline.store.models.menu import MenuCategory, MenuItem


@dataclass(frozen=True)
class WeeklyProfit:
    """What an item sold and left in a week; cost and contribution are None where a day had no cost."""

    item: str
    week_start: dt.date
    category: str | None
    quantity: Decimal
    revenue: Decimal
    cost: Decimal | None
    contribution: Decimal | None
    menu_class: str | None
    sureness: float | None


def costs_on(tx: Tenant, day: dt.date, known_at: dt.datetime | None = None) -> list[CostedItem]:
    """Return what each item cost on a day, by category and name.

    Args:
        tx: the restaurant's transaction.
        day: the day.
        known_at: what was current at this moment is returned; None: now.
    """
    own = MenuItemCost
    query = (
        select(
            MenuItem.name,
            MenuCategory.name.label("category"),
            own.cost_with_waste,
            own.net_price,
            own.margin_amount,
            own.margin_percent,
            own.shares,
            own.missing,
        )
        .ext(postgresql.distinct_on(own.menu_item_id))
        .join(MenuItem, MenuItem.id == own.menu_item_id)
        .join(MenuCategory, MenuCategory.id == MenuItem.menu_category_id, isouter=True)
        .where(own.valid_from <= day)
        .order_by(own.menu_item_id, own.valid_from.desc())
    )
    if known_at is None:
        query = query.where(own.superseded_at.is_(None))
    else:
        query = query.where(own.known_at <= known_at, or_(own.superseded_at.is_(None), own.superseded_at > known_at))
    rows = [
        CostedItem(
            row.name,
            row.category,
            row.cost_with_waste,
            row.net_price,
            row.margin_amount,
            row.margin_percent,
            {name: Decimal(str(share)) for name, share in row.shares.items()},
            tuple(each["reason"] for each in row.missing),
        )
        for row in tx.connection.execute(query)
    ]
    return sorted(rows, key=lambda each: (each.category or "", each.item))


def has_costs(tx: Tenant, known_at: dt.datetime) -> bool:
    """Return whether any cost was published by a moment."""
    return bool(tx.connection.scalar(select(exists().where(MenuItemCost.known_at <= known_at))))


def newest_week(tx: Tenant) -> dt.date | None:
    """Return the Monday of the newest week with published profits, None if there is none."""
    own = MenuProfitability
    return tx.connection.scalar(select(func.max(own.week_start)).where(own.superseded_at.is_(None)))


def weekly_profits(tx: Tenant, first: dt.date, last: dt.date) -> list[WeeklyProfit]:
    """Return the profits of the weeks that begin from `first` to `last`, by week, category and item."""
    own = MenuProfitability
    query = (
        select(
            MenuItem.name,
            own.week_start,
            own.category,
            own.quantity,
            own.revenue,
            own.theoretical_cost,
            own.contribution,
            own.menu_class,
            own.sureness,
        )
        .join(MenuItem, MenuItem.id == own.menu_item_id)
        .where(own.superseded_at.is_(None), own.week_start.between(first, last))
        .order_by(own.week_start, own.category, MenuItem.name)
    )
    return [WeeklyProfit(*row) for row in tx.connection.execute(query)]
