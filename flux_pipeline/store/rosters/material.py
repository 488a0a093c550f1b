"""Reading of what a roster is planned from: roles, people, templates, shifts and the newest staffing forecast."""

import datetime as dt
from typing import Any

from sqlalchemy import func, or_, select

from flux_pipeline.errors import NothingToDoError, PermanentError
from flux_pipeline.rosters.inputs.country_rules import country_rules
from flux_pipeline.rosters.inputs.material import (
    DatedException,
    Material,
    NeededHeads,
    PersonMaterial,
    RoleMaterial,
    StoredShift,
    TemplateMaterial,
    Window,
)
from flux_pipeline.rosters.rules import Rule, RuleRow, choose_rules
from flux_pipeline.rosters.settings import OwnRule
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.forecasts import DemandForecastByRestaurant, StaffingForecast
from flux_pipeline.store.models.staff import Employee, EmployeeRole, ScheduledShift, ShiftTemplate
from flux_pipeline.store.staff.exceptions import read_exceptions
from flux_pipeline.store.staff.overview import weekly_times
from flux_pipeline.store.staff.people import known_people
from flux_pipeline.store.staff.skills import employee_skills

WEEKS_BEFORE = 8
WORKED = ("published", "confirmed")


def roster_material(
    tx: Tenant,
    first_day: dt.date,
    days: int,
    as_of: dt.date,
    planned_at: dt.datetime,
    own_rules: tuple[OwnRule, ...],
    *,
    may_move: bool = True,
) -> Material:
    """Return what the roster of some business days is planned from.

    Args:
        tx: the restaurant's transaction.
        first_day, days: the business days to plan.
        as_of: the last day whose sales the staffing forecast may have used.
        planned_at: the moment of planning (aware).
        own_rules: those of the restaurant's settings.
        may_move: whether published shifts may be moved.

    Raises:
        NothingToDoError: nobody works here, or no staffing forecast reaches the days.
        PermanentError: a rule names an unknown person.
    """
    people = _people(tx, first_day, days)
    if not people:
        raise NothingToDoError(
            f"{tx.restaurant.slug} has no employees. Upload them with `flux upload FILE --kind employees`."
        )
    # Inactive roles too: people and shifts may still have them, and nobody is needed in them.
    roles = select(EmployeeRole.name, EmployeeRole.required_skills, EmployeeRole.hourly_cost)
    forecast_as_of = newest_forecast(tx, first_day + dt.timedelta(days=days - 1), as_of)
    return Material(
        first_day=first_day,
        days=days,
        timezone=tx.restaurant.timezone,
        cutoff=tx.restaurant.business_day_cutoff,
        planned_at=planned_at,
        forecast_as_of=forecast_as_of,
        may_move=may_move,
        roles=tuple(
            RoleMaterial(row.name, tuple(sorted(row.required_skills)), _number(row.hourly_cost))
            for row in tx.connection.execute(roles.order_by(EmployeeRole.name))
        ),
        people=people,
        templates=_templates(tx),
        shifts=_shifts(tx, first_day, days, planned_at),
        needed=needed_heads(tx, first_day, days, forecast_as_of),
        rules=_rules(tx, own_rules),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _people(tx: Tenant, first_day: dt.date, days: int) -> tuple[PersonMaterial, ...]:
    clock = tx.restaurant.clock
    # A shift of the last day may end on the day after.
    since, until = clock.moment(first_day, clock.cutoff), clock.end_of(first_day + dt.timedelta(days=days))
    exceptions = read_exceptions(tx, since=since, until=until)
    skills, weekly = employee_skills(tx), weekly_times(tx)
    query = (
        select(Employee, EmployeeRole.name.label("role"))
        .join(EmployeeRole, EmployeeRole.id == Employee.employee_role_id)
        .where(Employee.is_active)
        .order_by(Employee.id)
    )
    return tuple(
        PersonMaterial(
            id=str(row.id),
            role=row.role,
            hourly_rate=_number(row.hourly_rate),
            min_hours=float(row.min_weekly_hours),
            max_hours=float(row.max_weekly_hours),
            contract_hours=_number(row.contract_weekly_hours),
            skills=tuple(sorted(skills.get(row.id, ()))),
            windows=tuple(Window(*each) for each in weekly.get(row.id, ())),
            exceptions=tuple(
                DatedException(each.starts_at, each.ends_at, each.is_available) for each in exceptions.get(row.id, ())
            ),
        )
        for row in tx.connection.execute(
            query.with_only_columns(*Employee.__table__.c, EmployeeRole.name.label("role"))
        )
    )


def _templates(tx: Tenant) -> tuple[TemplateMaterial, ...]:
    own = ShiftTemplate
    query = (
        select(own.name, EmployeeRole.name.label("role"), own.start_time, own.end_time, own.days)
        .join(EmployeeRole, EmployeeRole.id == own.employee_role_id)
        .where(EmployeeRole.is_active)
        .order_by(EmployeeRole.name, own.name)
    )
    return tuple(
        TemplateMaterial(row.name, row.role, row.start_time, row.end_time, tuple(sorted(row.days)))
        for row in tx.connection.execute(query)
    )


def _shifts(tx: Tenant, first_day: dt.date, days: int, now: dt.datetime) -> tuple[StoredShift, ...]:
    """Return the shifts of the days to plan, drafts only if they have begun, and those of the weeks before."""
    own = ScheduledShift
    before, last = first_day - dt.timedelta(weeks=WEEKS_BEFORE), first_day + dt.timedelta(days=days - 1)
    is_agreed = own.status.in_(WORKED) & own.business_date.between(before, last)
    is_ended = own.status.in_(("declined", "cancelled")) & own.business_date.between(first_day, last)
    is_begun = (own.status == "draft") & own.business_date.between(first_day, last) & (own.starts_at < now)
    week_before = own.business_date.between(first_day - dt.timedelta(weeks=1), first_day - dt.timedelta(days=1))
    query = (
        select(*own.__table__.c, EmployeeRole.name.label("role"))
        .join(EmployeeRole, EmployeeRole.id == own.employee_role_id)
        .where(or_(is_agreed, is_ended, is_begun, (own.status == "draft") & week_before))
        .order_by(own.starts_at, own.employee_id, own.id)
    )
    return tuple(
        StoredShift(
            id=str(row.id),
            employee=str(row.employee_id),
            role=row.role,
            date=row.business_date,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            status=row.status,
            break_starts_at=row.break_starts_at,
            break_minutes=row.break_minutes,
            template=row.template_name,
            ended_because=row.ended_because,
        )
        for row in tx.connection.execute(query)
    )


def newest_forecast(tx: Tenant, last: dt.date, as_of: dt.date) -> dt.date:
    """Return the day as of which the newest staffing forecast up to `as_of` was made.

    Raises:
        NothingToDoError: none has been made, or it ends before `last`.
    """
    own, total, slug = StaffingForecast, DemandForecastByRestaurant, tx.restaurant.slug
    newest = tx.connection.scalar(select(func.max(own.as_of)).where(own.is_current, own.as_of <= as_of))
    if newest is None:
        raise NothingToDoError(
            f"{slug} has no staffing forecast as of {as_of}. Make one with `flux run --restaurant {slug}`."
        )
    reached = tx.connection.scalar(select(func.max(total.forecast_date)).where(total.is_current, total.as_of == newest))
    if reached is None or reached < last:
        raise NothingToDoError(
            f"The newest forecast, as of {newest}, ends on {reached}; the roster ends on {last}. Plan an earlier week, "
            "run the forecast again, or raise the setting forecast_horizon_days."
        )
    return newest


def needed_heads(tx: Tenant, first_day: dt.date, days: int, forecast_as_of: dt.date) -> tuple[NeededHeads, ...]:
    """Return the heads that a staffing forecast recommends for some business days, by role and time.

    A period lasts until the clock shows its end: an hour that the clock repeats counts for both, one that it leaves
    out for none.
    """
    own, clock = StaffingForecast, tx.restaurant.clock
    last = first_day + dt.timedelta(days=days - 1)
    query = (
        select(EmployeeRole.name, own.forecast_date, own.period_start, own.period_minutes, own.recommended_heads)
        .join(EmployeeRole, EmployeeRole.id == own.employee_role_id)
        .where(own.is_current, own.as_of == forecast_as_of, own.forecast_date.between(first_day, last))
        .where(EmployeeRole.is_active)
    )
    found = []
    for name, date, start, minutes, heads in tx.connection.execute(query):
        starts_at = clock.moment(date, start)
        ends_at = (starts_at.replace(tzinfo=None) + dt.timedelta(minutes=minutes)).replace(tzinfo=starts_at.tzinfo)
        starts_at, ends_at = (each.astimezone(dt.UTC) for each in (starts_at, ends_at))
        lasts = int((ends_at - starts_at).total_seconds()) // 60
        if lasts > 0:
            found.append(NeededHeads(name, date, starts_at, lasts, heads))
    return tuple(sorted(found, key=lambda each: (each.role, each.starts_at)))


def _rules(tx: Tenant, own_rules: tuple[OwnRule, ...]) -> tuple[Rule, ...]:
    """Return the rules of the restaurant; its own ones replace those of its country by name."""
    known = known_people(tx)
    rows = [*country_rules()]
    for rule in own_rules:
        found = [] if rule.employee is None else known.find(rule.employee)
        if rule.employee is not None and len(found) != 1:
            raise PermanentError(
                f"The setting roster_rules has a rule '{rule.name}' for a person who is unknown or not the only one of "
                "that name. Give the address of an employee; `flux employees list` shows them."
            )
        employee = str(found[0]) if found else None
        rows.append(RuleRow(Rule(rule.name, rule.parameters, employee), restaurant=tx.restaurant.slug))
    return choose_rules(rows, tx.restaurant.country_code or "", tx.restaurant.slug)
