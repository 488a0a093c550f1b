"""Published forecasts of more than one item: of a category, and of the whole restaurant. Never sums of quantiles."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from flux_pipeline.store.models.base import Base, Quantity, TenantRow


class Total:
    """What both say of a day: the mean is the sum of the items' means, the quantiles are those of their joint sum."""

    __tablename__: str

    as_of: Mapped[dt.date]
    forecast_date: Mapped[dt.date]
    item_count: Mapped[int]
    predicted_quantity: Mapped[float]
    p10_quantity: Mapped[Decimal] = mapped_column(Quantity)
    p50_quantity: Mapped[Decimal] = mapped_column(Quantity)
    p90_quantity: Mapped[Decimal] = mapped_column(Quantity)
    p99_quantity: Mapped[Decimal] = mapped_column(Quantity)
    model_name: Mapped[str]
    published_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    is_current: Mapped[bool] = mapped_column(server_default=text("true"))
    is_retrospective: Mapped[bool] = mapped_column(server_default=text("false"))
    algorithm_run_id: Mapped[uuid.UUID]

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805  (a declared_attr is a class method)
        """One row a run and day, one current row a day: of each category where there are any."""
        table = cls.__tablename__
        of_what = ["category"] if "category" in table else []
        return (
            UniqueConstraint(
                "restaurant_id",
                "algorithm_run_id",
                "forecast_date",
                *of_what,
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
                *of_what,
                unique=True,
                postgresql_where=text("is_current"),
                postgresql_nulls_not_distinct=True,
            ),
        )


class DemandForecastByCategory(Total, TenantRow, Base):
    """A row is what one run said of one category on one day; no category: the items that have none."""

    __tablename__ = "demand_forecasts_by_category"

    category: Mapped[str | None] = mapped_column(sort_order=-5)


class DemandForecastByRestaurant(Total, TenantRow, Base):
    """A row is what one run said of all items together on one day."""

    __tablename__ = "demand_forecasts_by_restaurant"
