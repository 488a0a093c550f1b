"""Who does the work, and how fast."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, Money, TenantRow


class EmployeeRole(TenantRow, Base):
    """A row is a role on the roster: what it costs, what it gets done, and how few may stand there."""

    __tablename__ = "employee_roles"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "name"),
        CheckConstraint("hourly_cost >= 0", name="hourly_cost_not_negative"),
        CheckConstraint("items_per_hour > 0", name="items_per_hour_positive"),
        CheckConstraint("minutes_per_open_hour BETWEEN 0 AND 600", name="fixed_minutes_in_bounds"),
        CheckConstraint("minimum_heads >= 0", name="minimum_heads_not_negative"),
    )

    name: Mapped[str]
    hourly_cost: Mapped[Decimal | None] = mapped_column(Money)
    items_per_hour: Mapped[Decimal] = mapped_column(Numeric(10, 3))
    minutes_per_open_hour: Mapped[Decimal] = mapped_column(Numeric(7, 2), server_default=text("0"))
    minimum_heads: Mapped[int] = mapped_column(server_default=text("1"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
