"""Weeks of a roster as people see them, for tests of what shows them."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flux_pipeline.rosters.inputs.material import NeededHeads
from flux_pipeline.rosters.shown.week import RosterWeek, WeekShift

MONDAY = dt.date(2026, 11, 30)
PARIS = "Europe/Paris"


def person_id(name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_DNS, name)


def at(date: dt.date, hour: float, timezone: str = PARIS) -> dt.datetime:
    """Return an instant of the wall clock; hours of 24 and more are on the next day."""
    days, rest = divmod(hour, 24)
    wall = dt.datetime.combine(date + dt.timedelta(days=int(days)), dt.time(int(rest), round(rest % 1 * 60)))
    return wall.replace(tzinfo=ZoneInfo(timezone)).astimezone(dt.UTC)


def shift(
    employee: str,
    role: str,
    date: dt.date,
    start: float,
    end: float,
    *,
    pause: tuple[float, int] | None = None,
    status: str = "draft",
    timezone: str = PARIS,
) -> WeekShift:
    return WeekShift(
        id=uuid.uuid5(person_id(employee), f"{date} {start}"),
        employee_id=person_id(employee),
        employee=employee,
        role=role,
        date=date,
        starts_at=at(date, start, timezone),
        ends_at=at(date, end, timezone),
        break_starts_at=at(date, pause[0], timezone) if pause else None,
        break_minutes=pause[1] if pause else 0,
        status=status,
    )


def needed(role: str, date: dt.date, hours: dict[int, int]) -> list[NeededHeads]:
    """Return heads by the hour of a day."""
    return [NeededHeads(role, date, at(date, hour), 60, heads) for hour, heads in hours.items()]


def week_of(
    shifts: Iterable[WeekShift],
    heads: Iterable[NeededHeads] = (),
    also: Sequence[str] = (),
    gaps: Sequence[dict[str, Any]] = (),
    first_day: dt.date = MONDAY,
    timezone: str = PARIS,
) -> RosterWeek:
    """Return a week of the people who have a shift and of those named in `also`."""
    shifts = tuple(sorted(shifts, key=lambda each: (each.date, each.starts_at, each.employee)))
    names = sorted({*(each.employee for each in shifts), *also})
    return RosterWeek(
        slug="bistro-quai-nord",
        restaurant="Bistro Quai Nord",
        timezone=timezone,
        currency="EUR",
        first_day=first_day,
        days=7,
        people={person_id(name): name for name in names},
        shifts=shifts,
        needed=tuple(heads),
        plan={"gaps": list(gaps)},
    )


def gap(**changes: Any) -> dict[str, Any]:
    """Return the values of a gap on Friday evening, which one relaxation covers."""
    friday = MONDAY + dt.timedelta(days=4)
    hour = [at(friday, 19 + quarter / 4).isoformat() for quarter in range(4)]
    return {
        "role": "Kitchen",
        "starts_at": hour[0],
        "ends_at": at(friday, 20).isoformat(),
        "heads": 1,
        "fewest_heads": 1,
        "period_minutes": 15,
        "minutes_uncovered": 60,
        "relaxations": [relaxation("rest", 9.0, 11.0, covers=hour)],
        "one_more": {"minutes": 240, "extra_cost": -120.0},
    } | changes


def relaxation(
    rule: str, amount: float = 1.0, limit: float | None = None, who: str = "Ada Kok", **changes: Any
) -> dict[str, Any]:
    friday = MONDAY + dt.timedelta(days=4)
    shift = {
        "role": "Kitchen",
        "starts_at": at(friday, 17).isoformat(),
        "ends_at": at(friday, 22).isoformat(),
    }
    return {
        "rule": rule,
        "employee": str(person_id(who)),
        "shift": shift,
        "amount": amount,
        "limit": limit,
        "covers": [at(friday, 19 + quarter / 4).isoformat() for quarter in range(4)],
        "extra_cost": 18.5,
    } | changes


def full_week(people: int = 14, roles: Sequence[str] = ("Kitchen", "Service")) -> RosterWeek:
    """Return a week with nights, breaks, all statuses, missing heads and two people without a shift."""
    first = ("Ada", "Ben", "Chloé", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Inès", "Jonas", "Kaja", "Luc")
    last = ("Kok", "Reis", "Moreau", "Sokolov", "Yilmaz", "Haddad", "Lindqvist", "Oliveira", "Papadopoulos", "Weiß")
    shifts, heads = [], []
    for place in range(people):
        name = f"{first[place % 12]} {last[place * 7 % 10]}" + (f" {place // 60 + 2}" if place >= 60 else "")
        if place == 3:
            name = "Maria-Magdalena Konstantinopoulou-von Hohenstaufen"
        role = roles[place % len(roles)]
        for day in range(7):
            date = MONDAY + dt.timedelta(days=day)
            if (place + day) % 7 in {0, 3}:
                continue
            start = (11.5, 17.0, 18.5)[(place + day) % 3 if day > 3 else place % 2]
            end = start + (4.5, 6, 7)[(place + day) % 3]
            status = ("draft", "draft", "draft", "published", "confirmed")[place % 5]
            pause = (start + 3, 30) if end - start > 6 else None
            shifts.append(shift(name, role, date, start, end, pause=pause, status=status))
    each = max(1, people // len(roles) // 4)
    for role in roles:
        for day in range(7):
            date = MONDAY + dt.timedelta(days=day)
            profile = {12: 1, 13: 2, 14: 1, 18: 1, 19: 2, 20: 3, 21: 2, 22: 1} | ({23: 1, 24: 1} if day > 3 else {})
            heads += needed(role, date, {hour: count * each for hour, count in profile.items()})
    other = relaxation("max_hours", 120.0, 1200.0, who=shifts[0].employee, extra_cost=-4.2)
    named = gap()["relaxations"][0] | {"employee": str(shifts[-1].employee_id)}
    gaps = [gap(relaxations=[named, other]), gap(role=roles[-1], relaxations=[], one_more=None)]
    return week_of(shifts, heads, also=("Zoë Amsel", "Tom O'Neill <chef & friends>"), gaps=gaps)
