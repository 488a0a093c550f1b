"""Tables of costs: the rules by which days are costed, what each item costs, and what it earned in each week."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, MoneySum, QuantitySum, TenantRow, one_of, tenant_key
from flux_pipeline.store.models.known import IS_CURRENT, KNOWN_FOR_A_WHILE

# A dish may take a pinch of saffron: the decimals of a unit cost.
DishCost = Numeric(20, 6)
Percent = Numeric(20, 2)
MENU_CLASSES = ("star", "plowhorse", "puzzle", "dog")


class CostingRules(TenantRow, Base):
    """A row is the settings by which the days from `valid_from` on are costed (empty: from the start).

    A changed setting counts from the next day on, so that no past figure changes.
    """

    __tablename__ = "costing_rules"
    __table_args__ = (
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
        Index(
            "uq_costing_rules_current",
            "restaurant_id",
            "valid_from",
            unique=True,
            postgresql_where=IS_CURRENT,
            postgresql_nulls_not_distinct=True,
        ),
    )

    valid_from: Mapped[dt.date | None]
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB)
    known_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]


class MenuItemCost(TenantRow, Base):
    """A row is what one of an item costs from a day on until its next row, as it was published at `known_at`.

    The current rows are those without `superseded_at`. An item with a part that has no cost has none, and `missing`
    names the parts.
    """

    __tablename__ = "menu_item_costs"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        CheckConstraint("num_nonnulls(cost_with_waste, cost_without_waste) <> 1", name="both_costs_or_none"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
        Index(
            "uq_menu_item_costs_current",
            "restaurant_id",
            "menu_item_id",
            "valid_from",
            unique=True,
            postgresql_where=IS_CURRENT,
        ),
    )

    menu_item_id: Mapped[uuid.UUID]
    valid_from: Mapped[dt.date]
    cost_with_waste: Mapped[Decimal | None] = mapped_column(DishCost)
    cost_without_waste: Mapped[Decimal | None] = mapped_column(DishCost)
    net_price: Mapped[Decimal | None] = mapped_column(DishCost)
    margin_amount: Mapped[Decimal | None] = mapped_column(MoneySum)
    margin_percent: Mapped[Decimal | None] = mapped_column(Percent)
    shares: Mapped[dict[str, Any]] = mapped_column(JSONB, doc="Each ingredient's share of the cost")
    missing: Mapped[list[Any]] = mapped_column(JSONB, doc="The parts without a cost, and what to do about each")
    known_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]
    algorithm_run_id: Mapped[uuid.UUID]


class MenuProfitability(TenantRow, Base):
    """A row is what an item sold, cost and contributed (revenue - cost) in a week that begins on a Monday.

    Revenue is without tax and after discounts; the cost is that of each day. The current rows are those without
    `superseded_at`.
    """

    __tablename__ = "menu_profitability"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        CheckConstraint(one_of("menu_class", MENU_CLASSES), name="class_is_known"),
        CheckConstraint("contribution = revenue - theoretical_cost", name="contribution_adds_up"),
        CheckConstraint(KNOWN_FOR_A_WHILE, name="known_for_a_while"),
        Index(
            "uq_menu_profitability_current",
            "restaurant_id",
            "menu_item_id",
            "week_start",
            unique=True,
            postgresql_where=IS_CURRENT,
        ),
        Index("ix_menu_profitability_week_start", "restaurant_id", "week_start"),
    )

    menu_item_id: Mapped[uuid.UUID]
    week_start: Mapped[dt.date]
    category: Mapped[str | None]
    quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    revenue: Mapped[Decimal] = mapped_column(MoneySum)
    theoretical_cost: Mapped[Decimal | None] = mapped_column(MoneySum)
    contribution: Mapped[Decimal | None] = mapped_column(MoneySum)
    popularity: Mapped[float | None] = mapped_column(doc="Its share of what its category sold")
    menu_class: Mapped[str | None]
    sureness: Mapped[float | None] = mapped_column(doc="Probability of the class, from 0.25 to 1")
    known_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]
    algorithm_run_id: Mapped[uuid.UUID]
