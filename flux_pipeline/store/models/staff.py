"""Tables of staff: roles and their productivity, employees, skills, availability and shifts."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Integer

from flux_pipeline.store.models.base import Base, Money, TenantRow, one_of, tenant_key

SHIFT_STATUSES = ("draft", "published", "confirmed", "declined", "cancelled")


class EmployeeRole(TenantRow, Base):
    """A row is a role on the roster, with its cost, its productivity, and the fewest heads it needs."""

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


class Employee(TenantRow, Base):
    """A row is an employee; some are also people who log in."""

    __tablename__ = "employees"
    __table_args__ = (
        tenant_key("employee_role_id", "employee_roles"),
        UniqueConstraint("restaurant_id", "email"),
        CheckConstraint("performance_score BETWEEN 0 AND 1", name="performance_score_is_a_share"),
        CheckConstraint("hourly_rate >= 0", name="hourly_rate_not_negative"),
        CheckConstraint("min_weekly_hours BETWEEN 0 AND 168", name="min_weekly_hours_in_bounds"),
        CheckConstraint("max_weekly_hours BETWEEN min_weekly_hours AND 168", name="max_weekly_hours_in_bounds"),
    )

    employee_role_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    name: Mapped[str]
    email: Mapped[str | None]
    performance_score: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    training_completed: Mapped[bool] = mapped_column(server_default=text("false"))
    hourly_rate: Mapped[Decimal | None] = mapped_column(Money)
    min_weekly_hours: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default=text("0"))
    max_weekly_hours: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default=text("40"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class Skill(TenantRow, Base):
    """A row is a skill: the grill, the till."""

    __tablename__ = "skills"
    __table_args__ = (UniqueConstraint("restaurant_id", "name"),)

    name: Mapped[str]


class EmployeeSkill(TenantRow, Base):
    """A row is a person's level in a skill, from 1 (learning) to 5 (teaches it)."""

    __tablename__ = "employee_skills"
    __table_args__ = (
        tenant_key("employee_id", "employees"),
        tenant_key("skill_id", "skills"),
        UniqueConstraint("restaurant_id", "employee_id", "skill_id"),
        CheckConstraint("level BETWEEN 1 AND 5", name="level_in_bounds"),
    )

    employee_id: Mapped[uuid.UUID]
    skill_id: Mapped[uuid.UUID]
    level: Mapped[int] = mapped_column(server_default=text("1"))


class ShiftTemplate(TenantRow, Base):
    """A row is a shift that repeats every week; it may cross midnight. Days of the week count from 0 = Monday."""

    __tablename__ = "shift_templates"
    __table_args__ = (
        tenant_key("employee_role_id", "employee_roles"),
        UniqueConstraint("restaurant_id", "employee_role_id", "name"),
        CheckConstraint("days <@ ARRAY[0, 1, 2, 3, 4, 5, 6] AND cardinality(days) > 0", name="days_from_monday"),
    )

    employee_role_id: Mapped[uuid.UUID]
    name: Mapped[str]
    start_time: Mapped[dt.time]
    end_time: Mapped[dt.time]
    days: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class EmployeeAvailability(TenantRow, Base):
    """A row is a time at which a person can work on a day of the week (0 = Monday), with their preference."""

    __tablename__ = "employee_availability"
    __table_args__ = (
        tenant_key("employee_id", "employees"),
        UniqueConstraint(
            "restaurant_id", "employee_id", "day_of_week", "start_time", name="uq_employee_availability_start"
        ),
        CheckConstraint("day_of_week BETWEEN 0 AND 6", name="day_of_week_from_monday"),
        CheckConstraint(one_of("preference", ("preferred", "available", "unavailable")), name="preference_is_known"),
    )

    employee_id: Mapped[uuid.UUID]
    day_of_week: Mapped[int]
    start_time: Mapped[dt.time]
    end_time: Mapped[dt.time]
    preference: Mapped[str] = mapped_column(server_default=text("'available'"))


class ScheduledShift(TenantRow, Base):
    """A row is a person's shift on a business day. Shifts of one person never overlap, except cancelled ones."""

    __tablename__ = "scheduled_shifts"
    __table_args__ = (
        tenant_key("employee_id", "employees"),
        tenant_key("employee_role_id", "employee_roles"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        CheckConstraint(one_of("status", SHIFT_STATUSES), name="status_is_known"),
        Index("ix_scheduled_shifts_business_date", "restaurant_id", "business_date"),
    )

    employee_id: Mapped[uuid.UUID]
    employee_role_id: Mapped[uuid.UUID]
    business_date: Mapped[dt.date]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    status: Mapped[str] = mapped_column(server_default=text("'draft'"))
    algorithm_run_id: Mapped[uuid.UUID | None]


_shifts = ScheduledShift.__table__.c
ScheduledShift.__table__.append_constraint(  # type: ignore[attr-defined]
    ExcludeConstraint(
        (_shifts.restaurant_id, "="),
        (_shifts.employee_id, "="),
        (func.tstzrange(_shifts.starts_at, _shifts.ends_at), "&&"),
        where=text("status NOT IN ('declined', 'cancelled')"),
        using="gist",
        name="ex_scheduled_shifts_no_overlap",
    )
)
