"""Tables of staff: roles and their productivity, employees, skills, availability, shifts and planned weeks."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Integer

from flux_pipeline.store.models.base import Base, Money, MoneySum, TenantRow, one_of, tenant_key

HEADS_RULES = ("utilization", "queue")
ABSENCES = ("holiday", "sick", "other")
SHIFT_ENDS = ("absent", "replanned")
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
        CheckConstraint(one_of("heads_by", HEADS_RULES), name="heads_by_is_known"),
        CheckConstraint("maximum_heads >= greatest(minimum_heads, 1)", name="maximum_not_below_minimum"),
        CheckConstraint("opening_minutes BETWEEN 0 AND 2880", name="opening_minutes_in_bounds"),
        CheckConstraint("closing_minutes BETWEEN 0 AND 2880", name="closing_minutes_in_bounds"),
        CheckConstraint(
            "prep_share BETWEEN 0 AND CASE WHEN heads_by = 'queue' THEN 0 ELSE 0.9 END", name="prep_share_in_bounds"
        ),
        CheckConstraint("cardinality(channels) > 0", name="channels_not_empty"),
    )

    name: Mapped[str]
    hourly_cost: Mapped[Decimal | None] = mapped_column(Money)
    items_per_hour: Mapped[Decimal] = mapped_column(Numeric(10, 3))
    minutes_per_open_hour: Mapped[Decimal] = mapped_column(Numeric(7, 2), server_default=text("0"))
    minimum_heads: Mapped[int] = mapped_column(server_default=text("1"))
    heads_by: Mapped[str] = mapped_column(
        server_default=text("'utilization'"), doc="utilization (a kitchen) or queue (a counter, a bar, a phone)"
    )
    maximum_heads: Mapped[int | None] = mapped_column(doc="The most that its equipment has room for")
    opening_minutes: Mapped[Decimal] = mapped_column(
        Numeric(7, 2), server_default=text("0"), doc="Fixed work before the first guest of a day"
    )
    closing_minutes: Mapped[Decimal] = mapped_column(
        Numeric(7, 2), server_default=text("0"), doc="Fixed work after the last guest of a day"
    )
    prep_share: Mapped[Decimal] = mapped_column(
        Numeric(4, 3), server_default=text("0"), doc="The share of its work on items that may be done earlier that day"
    )
    channels: Mapped[list[str] | None] = mapped_column(
        ARRAY(Text), doc="The channels whose items are its work; none: all"
    )
    required_skills: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'"), doc="The skills without which nobody works in it"
    )
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
        CheckConstraint("contract_weekly_hours BETWEEN 0 AND max_weekly_hours", name="contract_weekly_hours_in_bounds"),
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
    contract_weekly_hours: Mapped[Decimal | None] = mapped_column(
        Numeric(5, 2), doc="Paid hours beyond these are overtime; none: there is no overtime"
    )
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


class AvailabilityException(TenantRow, Base):
    """A row is a time at which a person can't work, or can beyond their weekly times. Those of one never overlap."""

    __tablename__ = "availability_exceptions"
    __table_args__ = (
        tenant_key("employee_id", "employees"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        CheckConstraint(one_of("reason", ABSENCES), name="reason_is_known"),
    )

    employee_id: Mapped[uuid.UUID]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    is_available: Mapped[bool] = mapped_column(server_default=text("false"))
    reason: Mapped[str] = mapped_column(server_default=text("'other'"))


class WeeklyRoster(TenantRow, Base):
    """A row is the newest plan of one week; its shifts are in `scheduled_shifts`."""

    __tablename__ = "weekly_rosters"
    __table_args__ = (
        tenant_key("algorithm_run_id", "algorithm_runs"),
        UniqueConstraint("restaurant_id", "first_day"),
        CheckConstraint("day_count BETWEEN 1 AND 31", name="days_in_bounds"),
        CheckConstraint(one_of("ended_by", ("proof", "budget", "clock")), name="end_is_known"),
    )

    first_day: Mapped[dt.date]
    day_count: Mapped[int]
    as_of: Mapped[dt.date] = mapped_column(doc="The last day whose sales its staffing forecast uses")
    planned_at: Mapped[dt.datetime] = mapped_column(doc="The moment from which notice counts")
    employee_count: Mapped[int] = mapped_column(doc="People who could be rostered")
    shift_count: Mapped[int]
    needed_minutes: Mapped[int] = mapped_column(BigInteger, doc="Minutes of heads that the forecast recommends")
    uncovered_minutes: Mapped[int] = mapped_column(BigInteger, doc="Those of them that nobody is rostered for")
    paid_minutes: Mapped[int] = mapped_column(BigInteger)
    labor_cost: Mapped[Decimal] = mapped_column(MoneySum, doc="Wages and overtime, in the restaurant's currency")
    cost_parts: Mapped[dict[str, float]] = mapped_column(JSONB, doc="What the plan costs by cause, prices included")
    lower_bound: Mapped[float | None] = mapped_column(doc="No plan costs less; none: the clock ended the search before")
    ended_by: Mapped[str] = mapped_column(doc="proof, budget or clock; a plan that the clock cut short may differ")
    iterations: Mapped[int]
    gaps: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default=text("'[]'"), doc="What is uncovered, and the rule whose relaxation covers it"
    )
    below_minimum: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default=text("'[]'"), doc="Whose fewest hours could not be had, and the minutes that they lack"
    )
    algorithm_run_id: Mapped[uuid.UUID]


class ScheduledShift(TenantRow, Base):
    """A row is a person's shift on a business day. Shifts of one person never overlap, except cancelled ones."""

    __tablename__ = "scheduled_shifts"
    __table_args__ = (
        tenant_key("employee_id", "employees"),
        tenant_key("employee_role_id", "employee_roles"),
        tenant_key("algorithm_run_id", "algorithm_runs"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        CheckConstraint(one_of("status", SHIFT_STATUSES), name="status_is_known"),
        CheckConstraint(
            "break_minutes >= 0 AND (break_minutes > 0) = (break_starts_at IS NOT NULL)", name="break_has_a_start"
        ),
        CheckConstraint(one_of("ended_because", SHIFT_ENDS), name="end_is_known"),
        Index("ix_scheduled_shifts_business_date", "restaurant_id", "business_date"),
    )

    employee_id: Mapped[uuid.UUID]
    employee_role_id: Mapped[uuid.UUID]
    business_date: Mapped[dt.date]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    break_starts_at: Mapped[dt.datetime | None]
    break_minutes: Mapped[int] = mapped_column(server_default=text("0"), doc="Not paid and not covered")
    template_name: Mapped[str] = mapped_column(server_default=text("''"), doc="Empty: on the grid of starts")
    status: Mapped[str] = mapped_column(server_default=text("'draft'"))
    ended_because: Mapped[str | None] = mapped_column(doc="Why it was cancelled: absent or replanned")
    algorithm_run_id: Mapped[uuid.UUID | None]


def _refuse_overlaps(model: type[Base], where: str | None = None) -> None:
    """Let the rows of one person not overlap."""
    own = model.__table__.c
    constraint = ExcludeConstraint(
        (own.restaurant_id, "="),
        (own.employee_id, "="),
        (func.tstzrange(own.starts_at, own.ends_at), "&&"),
        where=None if where is None else text(where),
        using="gist",
        name=f"ex_{model.__tablename__}_no_overlap",
    )
    model.__table__.append_constraint(constraint)  # type: ignore[attr-defined]


_refuse_overlaps(ScheduledShift, "status NOT IN ('declined', 'cancelled')")
_refuse_overlaps(AvailabilityException)
