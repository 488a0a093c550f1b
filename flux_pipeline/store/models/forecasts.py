"""Tables of published forecasts: of items, categories, the whole restaurant, and staff."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from flux_pipeline.store.models.base import Base, MoneySum, QuantitySum, TenantRow, one_of, tenant_key

FORECAST_STATUSES = ("pending", "approved", "rejected")


class DemandForecast(TenantRow, Base):
    """A row is one run's forecast of one item for one day. Another run adds rows and moves `is_current`."""

    __tablename__ = "demand_forecasts"
    __table_args__ = (
        UniqueConstraint(
            "restaurant_id",
            "as_of",
            "menu_item_id",
            "forecast_date",
            "algorithm_run_id",
            name="uq_demand_forecasts_run",
        ),
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        ForeignKeyConstraint(["decided_by"], ["users.id"], ondelete="RESTRICT"),
        CheckConstraint(one_of("status", FORECAST_STATUSES), name="status_is_known"),
        CheckConstraint(
            "0 <= p10_quantity AND p10_quantity <= p50_quantity AND p50_quantity <= p90_quantity"
            " AND p90_quantity <= p99_quantity",
            name="quantiles_are_monotone",
        ),
        CheckConstraint("confidence_score BETWEEN 0 AND 1", name="confidence_is_a_share"),
        CheckConstraint("forecast_date > as_of", name="forecasts_look_ahead"),
        Index(
            "uq_demand_forecasts_current",
            "restaurant_id",
            "as_of",
            "forecast_date",
            "menu_item_id",
            unique=True,
            postgresql_where=text("is_current"),
        ),
        Index(
            "ix_demand_forecasts_unjudged",
            "restaurant_id",
            "forecast_date",
            postgresql_where=text("actual_quantity IS NULL"),
        ),
        {"postgresql_partition_by": "RANGE (as_of)"},
    )

    as_of: Mapped[dt.date] = mapped_column(primary_key=True, sort_order=-15, doc="The last day whose sales were used")
    menu_item_id: Mapped[uuid.UUID]
    menu_item_name: Mapped[str]
    forecast_date: Mapped[dt.date]
    # Not rounded: a rare item sells 0.004 a day, and the product of the factors must still equal it.
    predicted_quantity: Mapped[float] = mapped_column(doc="The mean, in units")
    p10_quantity: Mapped[Decimal] = mapped_column(QuantitySum, doc="On 1 day in 10 no more is sold")
    p50_quantity: Mapped[Decimal] = mapped_column(QuantitySum, doc="On half of the days no more is sold")
    p90_quantity: Mapped[Decimal] = mapped_column(QuantitySum, doc="On 9 days in 10 no more is sold")
    p99_quantity: Mapped[Decimal] = mapped_column(QuantitySum, doc="On 99 days in 100 no more is sold")
    confidence_score: Mapped[float] = mapped_column(doc="From 0 to 1; at the threshold a row is approved at once")
    logic_trigger: Mapped[str] = mapped_column(doc="The reason in a line")
    factors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, doc="What the mean is the product of")
    model_name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"), doc="pending, approved or rejected")
    decided_by: Mapped[uuid.UUID | None] = mapped_column(doc="Who approved or rejected it; none: its confidence did")
    decided_at: Mapped[dt.datetime | None]
    published_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    is_current: Mapped[bool] = mapped_column(
        server_default=text("true"), doc="The row that counts for its day and as_of"
    )
    is_retrospective: Mapped[bool] = mapped_column(server_default=text("false"), doc="Made in a look back, not in time")
    actual_quantity: Mapped[Decimal | None] = mapped_column(QuantitySum, doc="What was sold, once the day is over")
    algorithm_run_id: Mapped[uuid.UUID] = mapped_column(doc="The run that published it")


class DemandPosterior(TenantRow, Base):
    """A row is the state from which a run's joint samples can be drawn again exactly, for example for sums."""

    __tablename__ = "demand_posteriors"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "algorithm_run_id"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        CheckConstraint("draws > 0", name="draws_positive"),
    )

    as_of: Mapped[dt.date]
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    seed: Mapped[int] = mapped_column(BigInteger)
    draws: Mapped[int]
    algorithm_run_id: Mapped[uuid.UUID]


class StaffingForecast(TenantRow, Base):
    """A row is one run's forecast of how many heads of one role one period of a day needs."""

    __tablename__ = "staffing_forecasts"
    __table_args__ = (
        UniqueConstraint(
            "restaurant_id",
            "as_of",
            "employee_role_id",
            "forecast_date",
            "period_start",
            "algorithm_run_id",
            name="uq_staffing_forecasts_run",
        ),
        tenant_key("employee_role_id", "employee_roles"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        CheckConstraint("period_minutes IN (15, 60)", name="period_is_known"),
        CheckConstraint("0 <= required_p50 AND required_p50 <= required_p90", name="quantiles_are_monotone"),
        Index(
            "uq_staffing_forecasts_current",
            "restaurant_id",
            "as_of",
            "forecast_date",
            "period_start",
            "employee_role_id",
            unique=True,
            postgresql_where=text("is_current"),
        ),
    )

    employee_role_id: Mapped[uuid.UUID]
    as_of: Mapped[dt.date] = mapped_column(doc="The last day whose sales were used")
    forecast_date: Mapped[dt.date]
    period_start: Mapped[dt.time] = mapped_column(
        doc="On the local clock; periods after midnight belong to the date before"
    )
    period_minutes: Mapped[int] = mapped_column(doc="60 or 15")
    expected_items: Mapped[Decimal] = mapped_column(QuantitySum, doc="Mean number of items sold")
    expected_sales: Mapped[Decimal | None] = mapped_column(
        MoneySum, doc="Mean of what all items are sold for; none without prices"
    )
    expected_covers: Mapped[Decimal | None] = mapped_column(QuantitySum)
    required_p50: Mapped[int] = mapped_column(BigInteger, doc="Heads for the median workload")
    required_p90: Mapped[int] = mapped_column(BigInteger, doc="Heads for the workload of 9 days in 10")
    recommended_heads: Mapped[int] = mapped_column(BigInteger, doc="Heads for the service level")
    labor_minutes: Mapped[Decimal] = mapped_column(QuantitySum, doc="Mean workload")
    labor_cost: Mapped[Decimal | None] = mapped_column(
        MoneySum, doc="Of the recommended heads, in the restaurant's currency"
    )
    labor_share: Mapped[float | None] = mapped_column(doc="The labor cost over the period's expected sales")
    decided_by: Mapped[str] = mapped_column(doc="What decided the recommended heads, such as minimum or queue")
    driver: Mapped[dict[str, Any]] = mapped_column(JSONB, doc="What the workload comes from")
    is_current: Mapped[bool] = mapped_column(
        server_default=text("true"), doc="The row that counts for its period and as_of"
    )
    algorithm_run_id: Mapped[uuid.UUID] = mapped_column(doc="The run that published it")


class Total:
    """The columns of both totals: the mean is the sum of the items' means, the quantiles are of their joint sum."""

    __tablename__: str

    as_of: Mapped[dt.date] = mapped_column(doc="The last day whose sales were used")
    forecast_date: Mapped[dt.date]
    item_count: Mapped[int]
    predicted_quantity: Mapped[float]
    p10_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    p50_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    p90_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    p99_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    model_name: Mapped[str]
    published_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    is_current: Mapped[bool] = mapped_column(
        server_default=text("true"), doc="The row that counts for its hour and as_of"
    )
    is_retrospective: Mapped[bool] = mapped_column(server_default=text("false"))
    algorithm_run_id: Mapped[uuid.UUID] = mapped_column(doc="The run that published it")

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805  (a declared_attr is a class method)
        """Declare one row for each run and day, and one current row per day; of each category, if the table has any."""
        table = cls.__tablename__
        keys = ["category"] if "category" in table else []
        return (
            UniqueConstraint(
                "restaurant_id",
                "algorithm_run_id",
                "forecast_date",
                *keys,
                name=f"uq_{table}_run",
                postgresql_nulls_not_distinct=True,
            ),
            # Named, because the convention's name would be longer than PostgreSQL allows.
            ForeignKeyConstraint(
                ["restaurant_id", "algorithm_run_id"],
                ["algorithm_runs.restaurant_id", "algorithm_runs.id"],
                name=f"fk_{table}_algorithm_run_id",
                ondelete="RESTRICT",
            ),
            CheckConstraint("item_count >= 0", name="item_count_not_negative"),
            CheckConstraint("predicted_quantity >= 0", name="mean_not_negative"),
            CheckConstraint(
                "0 <= p10_quantity AND p10_quantity <= p50_quantity AND p50_quantity <= p90_quantity"
                " AND p90_quantity <= p99_quantity",
                name="quantiles_are_monotone",
            ),
            CheckConstraint("forecast_date > as_of", name="forecasts_look_ahead"),
            Index(
                f"uq_{table}_current",
                "restaurant_id",
                "as_of",
                "forecast_date",
                *keys,
                unique=True,
                postgresql_where=text("is_current"),
                postgresql_nulls_not_distinct=True,
            ),
        )


class DemandForecastByCategory(Total, TenantRow, Base):
    """A row is one run's forecast of one category for one day; no category: the items that have none."""

    __tablename__ = "demand_forecasts_by_category"

    category: Mapped[str | None] = mapped_column(sort_order=-5)


class DemandForecastByRestaurant(Total, TenantRow, Base):
    """A row is one run's forecast of all items together for one day."""

    __tablename__ = "demand_forecasts_by_restaurant"
