"""Planned weeks as people see them: shifts with names, the heads needed, the plan's figures. Read without pandas."""

import datetime as dt
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.engine import Connection

from flux_pipeline.errors import PermanentError
from flux_pipeline.rosters.settings import RosterSettings
from flux_pipeline.rosters.shown.week import RosterWeek, WeekShift
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.records import RestaurantSetting
from flux_pipeline.store.models.staff import Employee, EmployeeRole, ScheduledShift, WeeklyRoster
from flux_pipeline.store.restaurant import Restaurant, list_restaurants
from flux_pipeline.store.rosters.material import needed_heads


def first_draft(tx: Tenant, now: dt.datetime) -> dt.date | None:
    """Return the business day of the first draft that is not over at `now` (aware); None without such a draft."""
    own = ScheduledShift
    return tx.connection.scalar(select(func.min(own.business_date)).where(own.status == "draft", own.ends_at > now))


def find_week(tx: Tenant, day: dt.date | None) -> RosterWeek:
    """Return the planned week that `day` is in; None: the one under way, else the next, else the newest.

    Raises:
        PermanentError: no such week is planned.
    """
    own = WeeklyRoster
    query = select(*own.__table__.c)
    if day is not None:
        query = query.where(own.first_day <= day, own.first_day + own.day_count > day)
    today = func.now().op("AT TIME ZONE")(tx.restaurant.timezone).cast(own.__table__.c.first_day.type)
    is_over = own.first_day + own.day_count <= today
    # A week under way comes before the next ones; of weeks that are over, the newest.
    place = case((is_over, today - own.first_day), else_=own.first_day - today)
    query = query.order_by(is_over, place).limit(1)
    plan = tx.connection.execute(query).mappings().one_or_none()
    if plan is None:
        week = "" if day is None else f" of {day}"
        raise PermanentError(
            f"{tx.restaurant.slug} has no roster{week}. Plan it with `flux roster plan --restaurant "
            f"{tx.restaurant.slug}{'' if day is None else f' --week {day}'}`."
        )
    return _week(tx, {name: value for name, value in plan.items() if name != "restaurant_id"})


def _week(tx: Tenant, plan: dict[str, Any]) -> RosterWeek:
    first_day, days = plan["first_day"], plan["day_count"]
    people = select(Employee.id, Employee.name).where(Employee.is_active).order_by(Employee.name)
    return RosterWeek(
        slug=tx.restaurant.slug,
        restaurant=tx.restaurant.name,
        timezone=tx.restaurant.timezone,
        currency=tx.restaurant.currency,
        first_day=first_day,
        days=days,
        people={row.id: row.name for row in tx.connection.execute(people)},
        shifts=list_shifts(tx, first_day, days),
        needed=needed_heads(tx, first_day, days, plan["as_of"]),
        plan=plan,
        cutoff=tx.restaurant.clock.cutoff,
    )


def planned_weeks(tx: Tenant, first: dt.date, last: dt.date) -> list[dt.date]:
    """Return the first days of the planned weeks that have any of the days from `first` to `last`."""
    own = WeeklyRoster
    query = select(own.first_day).where(own.first_day <= last, own.first_day + own.day_count > first)
    return list(tx.connection.scalars(query.order_by(own.first_day)))


def names_of_people(tx: Tenant) -> dict[str, str]:
    """Return the names of all people by id, as texts; those who have left too."""
    return {str(id): name for id, name in tx.connection.execute(select(Employee.id, Employee.name))}


def list_shifts(tx: Tenant, first_day: dt.date, days: int) -> tuple[WeekShift, ...]:
    """Return the shifts of some business days, whatever their status, by date, start and person."""
    own, last = ScheduledShift, first_day + dt.timedelta(days=days - 1)
    query = (
        select(own.id, own.employee_id, Employee.name, EmployeeRole.name, own.business_date)
        .add_columns(own.starts_at, own.ends_at, own.break_starts_at, own.break_minutes, own.status, own.ended_because)
        .join(Employee, Employee.id == own.employee_id)
        .join(EmployeeRole, EmployeeRole.id == own.employee_role_id)
        .where(own.business_date.between(first_day, last))
        .order_by(own.business_date, own.starts_at, Employee.name, own.id)
    )
    return tuple(WeekShift(*row) for row in tx.connection.execute(query))


def roster_weekdays(fleet: Connection) -> list[tuple[Restaurant, int]]:
    """Return each active restaurant with employees and the weekday (0 = Monday) on which it drafts the coming weeks.

    Needs the fleet role, which sees every restaurant.
    """
    own = RestaurantSetting
    key, default = "roster_weekday", RosterSettings().roster_weekday
    chosen = {
        row.restaurant_id: row.setting_value
        for row in fleet.execute(select(own.restaurant_id, own.setting_value).where(own.setting_key == key))
    }
    staffed = set(fleet.scalars(select(Employee.restaurant_id).where(Employee.is_active).distinct()))
    restaurants = list_restaurants(fleet, active_only=True)
    return [(each, int(chosen.get(each.id, default))) for each in restaurants if each.id in staffed]
