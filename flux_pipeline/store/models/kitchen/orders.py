"""Tables of purchasing: demand of ingredients, when stock runs out, and what to order from whom."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from flux_pipeline.store.models.base import Base, MoneySum, QuantitySum, TenantRow, one_of, tenant_key
from flux_pipeline.store.models.kitchen.recipes import RecipeQuantity, UnitCost

ORDER_STATUSES = ("recommended", "approved", "ordered", "received", "cancelled")


class Published:
    """The columns of a row that a run published; another run of the same day adds rows and moves `is_current`."""

    as_of: Mapped[dt.date] = mapped_column(doc="The last day whose sales were used")
    is_current: Mapped[bool] = mapped_column(server_default=text("true"))

    @declared_attr
    def algorithm_run_id(cls) -> Mapped[uuid.UUID]:  # noqa: N805  (a declared_attr is a class method)
        """Declare the run that published the row."""
        return mapped_column(sort_order=900)


class IngredientDemandForecast(TenantRow, Published, Base):
    """A row is one run's forecast of how much of an ingredient is used on a day, and up to its end.

    Quantities are in the ingredient's unit. Quantiles are of sums over all dishes, so those of days don't add up.
    """

    __tablename__ = "ingredient_demand_forecasts"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        CheckConstraint("p10_quantity <= p50_quantity AND p50_quantity <= p90_quantity", name="quantiles_are_monotone"),
        CheckConstraint("forecast_date > as_of", name="forecasts_look_ahead"),
        Index(
            "uq_ingredient_demand_forecasts_current",
            "restaurant_id",
            "as_of",
            "forecast_date",
            "ingredient_id",
            unique=True,
            postgresql_where=text("is_current"),
        ),
    )

    ingredient_id: Mapped[uuid.UUID]
    forecast_date: Mapped[dt.date]
    predicted_quantity: Mapped[float] = mapped_column(doc="The mean of the day")
    p10_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    p50_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    p90_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    p99_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    cumulated_p10: Mapped[Decimal] = mapped_column(QuantitySum, doc="From the first day to the end of this one")
    cumulated_p50: Mapped[Decimal] = mapped_column(QuantitySum)
    cumulated_p90: Mapped[Decimal] = mapped_column(QuantitySum)
    cumulated_p99: Mapped[Decimal] = mapped_column(QuantitySum)


class StockDepletionForecast(TenantRow, Published, Base):
    """A row is one run's forecast of when an ingredient runs out, without and with what is on order.

    A day that is empty is beyond the days of the forecast.
    """

    __tablename__ = "stock_depletion_forecasts"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_is_a_share"),
        Index(
            "uq_stock_depletion_forecasts_current",
            "restaurant_id",
            "as_of",
            "ingredient_id",
            unique=True,
            postgresql_where=text("is_current"),
        ),
    )

    ingredient_id: Mapped[uuid.UUID]
    on_hand: Mapped[Decimal] = mapped_column(QuantitySum, doc="In stock and good on the day after as_of")
    short: Mapped[Decimal] = mapped_column(QuantitySum, doc="Used beyond what was in stock")
    on_order: Mapped[Decimal] = mapped_column(QuantitySum)
    daily_consumption: Mapped[float] = mapped_column(doc="The mean of a day of the forecast")
    depleted_on_p10: Mapped[dt.date | None]
    depleted_on_p50: Mapped[dt.date | None]
    depleted_on_p90: Mapped[dt.date | None]
    depletion_probability: Mapped[float] = mapped_column(doc="That it runs out within the days of the forecast")
    confidence: Mapped[float] = mapped_column(doc="That it runs out within a day of p50")
    with_orders_depleted_on_p10: Mapped[dt.date | None]
    with_orders_depleted_on_p50: Mapped[dt.date | None]
    with_orders_depleted_on_p90: Mapped[dt.date | None]
    expiring: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, doc="Lots that expire in these days: lot, expires_on, quantity, expected_left, probability"
    )


class PurchaseRecommendation(TenantRow, Base):
    """A row is what to order of an ingredient from a vendor on a day, and what has become of it.

    Quantities are in the ingredient's unit, amounts in the restaurant's currency. Who decided is `decided_by`; a run
    replaces what nobody has decided yet.
    """

    __tablename__ = "purchase_recommendations"
    __table_args__ = (
        tenant_key("ingredient_id", "ingredients"),
        tenant_key("vendor_id", "vendors"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        CheckConstraint(one_of("status", ORDER_STATUSES), name="status_is_known"),
        CheckConstraint("packs > 0", name="packs_positive"),
        CheckConstraint("pack_quantity > 0", name="pack_positive"),
        CheckConstraint("quantity = packs * pack_quantity", name="whole_packs"),
        CheckConstraint("received_quantity >= 0", name="received_not_negative"),
        CheckConstraint("(status = 'cancelled') = (cancelled_because IS NOT NULL)", name="cancelled_for_a_reason"),
        Index(
            "uq_purchase_recommendations_open",
            "restaurant_id",
            "ingredient_id",
            "vendor_id",
            "order_day",
            unique=True,
            postgresql_where=text("status = 'recommended'"),
        ),
        Index("ix_purchase_recommendations_order_day", "restaurant_id", "order_day"),
    )

    ingredient_id: Mapped[uuid.UUID]
    vendor_id: Mapped[uuid.UUID]
    order_code: Mapped[str | None] = mapped_column(doc="The vendor's number of the article")
    as_of: Mapped[dt.date]
    order_day: Mapped[dt.date]
    order_by: Mapped[dt.datetime | None] = mapped_column(doc="The vendor's cut-off")
    delivery_day: Mapped[dt.date] = mapped_column(doc="The median one")
    next_delivery_day: Mapped[dt.date] = mapped_column(doc="Until which the order must last")
    status: Mapped[str] = mapped_column(server_default=text("'recommended'"))
    packs: Mapped[int]
    pack_quantity: Mapped[Decimal] = mapped_column(RecipeQuantity)
    quantity: Mapped[Decimal] = mapped_column(RecipeQuantity)
    unit_price: Mapped[Decimal] = mapped_column(UnitCost)
    amount: Mapped[Decimal] = mapped_column(MoneySum)
    on_hand: Mapped[Decimal] = mapped_column(QuantitySum)
    on_order: Mapped[Decimal] = mapped_column(QuantitySum)
    expected_demand: Mapped[float] = mapped_column(doc="From the delivery to the next one")
    needed_quantity: Mapped[float] = mapped_column(doc="What the service level adds to the inventory position")
    covered_share: Mapped[float] = mapped_column(doc="The quantile covered: how probable it is that nothing lacks")
    unavoidable_shortage: Mapped[float] = mapped_column(doc="What lacks before the delivery")
    outcomes: Mapped[dict[str, Any]] = mapped_column(
        JSONB, doc="Expected shortage, spoilage and holding of one_pack_less, this and one_pack_more, with their costs"
    )
    decided_by_rule: Mapped[str] = mapped_column(doc="What set the quantity")
    reason: Mapped[str] = mapped_column(doc="The same in a sentence")
    received_quantity: Mapped[Decimal] = mapped_column(QuantitySum, server_default=text("0"))
    received_on: Mapped[dt.date | None]
    decided_by: Mapped[str | None] = mapped_column(doc="Who approved or cancelled it")
    decided_at: Mapped[dt.datetime | None]
    ordered_at: Mapped[dt.datetime | None]
    cancelled_because: Mapped[str | None]
    algorithm_run_id: Mapped[uuid.UUID]
