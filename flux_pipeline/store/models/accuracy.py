"""Tables of accuracy, of published forecasts and of backtests. Losses can be added up, measures can't."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Date, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, QuantitySum, TenantRow, one_of, tenant_key

SCOPES = ("item", "items", "total")
SALES_KNOWN = ("as known then", "as corrected since")


class ForecastAccuracy(TenantRow, Base):
    """A row is the score of one item's forecast for a day, made `days_ahead` days before; no item: the day's total.

    The forecast is the first one published before that day or, if there is none, the first look back
    (`is_retrospective`). Absolute error is the p50's, the signed error the mean's, in units; pinball loss is the mean
    over p10, p50, p90 and p99. The row also holds the losses of the four-week rule, as it would have been published.
    """

    __tablename__ = "forecast_accuracy"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        UniqueConstraint(
            "restaurant_id",
            "forecast_date",
            "days_ahead",
            "menu_item_id",
            name="uq_forecast_accuracy_day",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("days_ahead BETWEEN 1 AND 28", name="days_ahead_in_bounds"),
        CheckConstraint("least(actual_quantity, absolute_error, pinball_loss) >= 0", name="losses_not_negative"),
        CheckConstraint(
            "least(four_week_absolute_error, four_week_pinball_loss) >= 0", name="four_week_losses_not_negative"
        ),
        CheckConstraint(
            "0 <= p10_quantity AND p10_quantity <= p50_quantity AND p50_quantity <= p90_quantity"
            " AND p90_quantity <= p99_quantity",
            name="quantiles_are_monotone",
        ),
    )

    forecast_date: Mapped[dt.date]
    days_ahead: Mapped[int] = mapped_column(doc="Days from as_of to the day that was forecast")
    menu_item_id: Mapped[uuid.UUID | None] = mapped_column(doc="None: the day's total")
    actual_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    predicted_quantity: Mapped[float]
    p10_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    p50_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    p90_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    p99_quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    absolute_error: Mapped[float] = mapped_column(doc="Of the p50, in units")
    error: Mapped[float] = mapped_column(doc="Of the mean: forecast less sold, in units")
    pinball_loss: Mapped[float] = mapped_column(doc="Mean over p10, p50, p90 and p99")
    is_within_p10_p90: Mapped[bool]
    is_within_p99: Mapped[bool]
    four_week_quantity: Mapped[float] = mapped_column(doc="What the rule says: the mean of the last four same weekdays")
    four_week_absolute_error: Mapped[float]
    four_week_pinball_loss: Mapped[float]
    model_name: Mapped[str]
    is_retrospective: Mapped[bool] = mapped_column(doc="Made in a look back, not in time")
    algorithm_run_id: Mapped[uuid.UUID]


class Backtest(TenantRow, Base):
    """A row is the result of one backtest, of model and four-week rule, for one item, all items or the day's total.

    `scope`: "item" one item, "items" all items' rows together, "total" the total of a day. A measure is missing if
    nothing was sold, because it is a share of what was sold. `skill` is 1 - wql / four_week_wql.
    """

    __tablename__ = "backtests"
    __table_args__ = (
        tenant_key("menu_item_id", "menu_items"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        UniqueConstraint(
            "restaurant_id",
            "algorithm_run_id",
            "scope",
            "menu_item_id",
            name="uq_backtests_run",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(one_of("scope", SCOPES), name="scope_is_known"),
        CheckConstraint("(scope = 'item') = (menu_item_id IS NOT NULL)", name="an_item_has_its_scope"),
        CheckConstraint(one_of("sales_known", SALES_KNOWN), name="sales_known_is_known"),
        CheckConstraint("row_count >= 0 AND actual_quantity >= 0", name="counts_not_negative"),
        CheckConstraint("last_date >= first_date", name="ends_after_it_starts"),
        Index(
            "ix_backtests_newest",
            "restaurant_id",
            "last_date",
            postgresql_where=text("scope = 'items'"),
        ),
    )

    scope: Mapped[str] = mapped_column(doc="item, items (all rows) or total (of each day)")
    menu_item_id: Mapped[uuid.UUID | None]
    first_date: Mapped[dt.date]
    last_date: Mapped[dt.date]
    day_count: Mapped[int]
    origins: Mapped[list[dt.date]] = mapped_column(ARRAY(Date), doc="The days from which it forecast")
    sales_known: Mapped[str] = mapped_column(doc="as known then, or as corrected since")
    model_name: Mapped[str]
    row_count: Mapped[int]
    actual_quantity: Mapped[float]
    wape: Mapped[float | None] = mapped_column(doc="Absolute error as a share of what was sold")
    bias: Mapped[float | None] = mapped_column(doc="Error as a share of what was sold")
    wql: Mapped[float | None] = mapped_column(doc="Weighted quantile loss")
    coverage_p10_p90: Mapped[float | None] = mapped_column(doc="Share of days from p10 to p90; 0.8 is right")
    coverage_p99: Mapped[float | None] = mapped_column(doc="Share of days at or under p99")
    four_week_wape: Mapped[float | None]
    four_week_bias: Mapped[float | None]
    four_week_wql: Mapped[float | None]
    four_week_coverage_p10_p90: Mapped[float | None]
    four_week_coverage_p99: Mapped[float | None]
    skill: Mapped[float | None] = mapped_column(
        doc="1 - wql / four_week_wql; above 0 the model is better than the rule"
    )
    reliability: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSONB, doc="How often what was sold was at or under each quantile"
    )
    algorithm_run_id: Mapped[uuid.UUID]
