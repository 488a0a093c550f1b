"""Problem of a roster from what is stored: availability, wishes, history, demand by quarter hours, prices.

Free shifts are built in `_free_shifts`, what people worked before is counted in `_history`.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from flux_pipeline.names import fold_name
from flux_pipeline.rosters.inputs._free_shifts import free_shifts
from flux_pipeline.rosters.inputs._history import Past, past_of
from flux_pipeline.rosters.inputs.material import ACTIVE, Material, PersonMaterial, RoleMaterial, StoredShift, Window
from flux_pipeline.rosters.problem import (
    Availability,
    AvailabilityException,
    Demand,
    Employee,
    Prices,
    Role,
    RosterProblem,
    Shift,
    ShiftStatus,
    ShiftTemplate,
    Wish,
    minutes_of_week,
)
from flux_pipeline.rosters.rules import Rule
from flux_pipeline.rosters.settings import RosterSettings

QUARTER = dt.timedelta(minutes=15)
# A shift of eight hours in another role than their own weighs as much as a preferred time that is not worked.
OTHER_ROLE = 3.0
WEEK = 7 * 24 * 60
WHOLE_WEEK = tuple(Availability(day, dt.time(0), dt.time(0)) for day in range(7))
# The rules that look at the moment of planning, with the parameter that says how far ahead.
NOTICES = (("notice", "hours"), ("predictability_pay", "notice_hours"))


def build_problem(material: Material, settings: RosterSettings) -> RosterProblem:
    """Build the problem of the days to plan. What is wrong with it is found in `_mistakes`."""
    zone = ZoneInfo(material.timezone)
    past = past_of(material)
    pay = _mean_pay(material)
    return RosterProblem(
        first_day=material.first_day,
        days=material.days,
        timezone=material.timezone,
        employees=tuple(_employee(person, material, past, zone) for person in material.people),
        roles=tuple(Role(role.name, frozenset(map(fold_name, role.required_skills))) for role in material.roles),
        demand=tuple(_quarters(material)),
        templates=tuple(_templates(material, settings, zone)),
        rules=material.rules,
        wishes=tuple(_wishes(material, settings.roster_wish_cost * pay, zone)),
        kept=tuple(_kept(material)),
        prices=Prices(
            under_hour=settings.roster_missing_hour_cost * pay,
            over_hour=settings.roster_spare_hour_cost * pay,
            fairness=settings.roster_fairness_cost * pay,
            touch=settings.roster_touch_cost * pay,
        ),
        planned_at=material.planned_at,
        cutoff=material.cutoff,
    )


def _mean_pay(material: Material) -> float:
    rates = [rate for person in material.people if (rate := _rate(person, material.roles)) > 0]
    return sum(rates) / len(rates) if rates else 1.0


def _rate(person: PersonMaterial, roles: Sequence[RoleMaterial]) -> float:
    """Return a person's rate, else what their role costs, else 0, which is refused as a mistake."""
    if person.hourly_rate is not None:
        return person.hourly_rate
    costs = [role.hourly_cost for role in roles if role.name == person.role]
    return next((cost for cost in costs if cost is not None), 0.0)


def _employee(person: PersonMaterial, material: Material, past: dict[str, Past], zone: ZoneInfo) -> Employee:
    """Return a person with their roles, limits, weekly times, exceptions and what they worked before."""
    skills = frozenset(map(fold_name, person.skills))
    others = _other_roles(person, material)
    known = [role.name for role in material.roles]
    ill = sum(shift.paid_minutes for shift in material.shifts if _is_lost(shift, person, material))
    contract = person.contract_hours
    before = past.get(person.id, Past())
    employee = Employee(
        id=person.id,
        roles=(*([person.role] if person.role in known else []), *others),
        hourly_rate=_rate(person, material.roles),
        availability=tuple(_weekly_times(person.windows)),
        min_minutes=max(0, _fewest_minutes(person, material, zone) - ill),
        max_minutes=max(0, round(person.max_hours * 60) - ill),
        contract_minutes=None if contract is None else max(0, round(contract * 60) - ill),
        skills=skills,
        exceptions=tuple(
            AvailabilityException(_wall(each.starts_at, zone), _wall(each.ends_at, zone), each.is_available)
            for each in person.exceptions
        ),
        weekends_before=before.weekends,
        closings_before=before.closings,
        days_in_a_row_before=before.days_in_a_row,
        last_shift_ended_at=before.ended_at,
    )
    for shift in material.shifts:
        if shift.employee == person.id and shift.status == "declined":
            at = _wall(shift.starts_at, zone), _wall(shift.ends_at, zone)
            employee = employee.with_exception(*at, is_available=False)
    return employee


def _other_roles(person: PersonMaterial, material: Material) -> list[str]:
    """Return the roles besides their own in which a person can work, because they have a skill of that name."""
    skills = set(map(fold_name, person.skills))
    return [role.name for role in material.roles if fold_name(role.name) in skills and role.name != person.role]


def _fewest_minutes(person: PersonMaterial, material: Material, zone: ZoneInfo) -> int:
    """Return the fewest minutes: less by absences and, of a week under way, at most what its other days can add."""
    fewest = person.min_hours * 60 * _share_present(person, material, zone)
    begun = sum(
        shift.paid_minutes
        for shift in material.shifts
        if shift.employee == person.id and shift.date >= material.first_day
        if shift.status in ACTIVE and shift.starts_at < material.planned_at
    )
    today = material.planned_at.astimezone(zone).date()
    ahead = min(1.0, (material.days - (today - material.first_day).days) / material.days)
    return round(min(fewest, begun + fewest * ahead))


def _share_present(person: PersonMaterial, material: Material, zone: ZoneInfo) -> float:
    """Return the share of their weekly times that a person's absences leave; a holiday counts for the fewest hours."""
    absences = [
        (_wall(each.starts_at, zone), _wall(each.ends_at, zone)) for each in person.exceptions if not each.is_available
    ]
    usual = left = 0
    for day in range(material.days if absences else 0):
        date = dt.datetime.combine(material.first_day + dt.timedelta(days=day), dt.time())
        for each in _weekly_times(person.windows):
            if each.weekday == date.weekday():
                start, end = minutes_of_week(0, each.start, each.end)
                quarters = [date + dt.timedelta(minutes=minute) for minute in range(start, end, 15)]
                usual += len(quarters)
                left += sum(not any(first <= at < last for first, last in absences) for at in quarters)
    return left / usual if usual else 1.0


def _is_lost(shift: StoredShift, person: PersonMaterial, material: Material) -> bool:
    """Return whether a shift of the days to plan was lost to a sick day; its hours count as worked."""
    return shift.employee == person.id and shift.ended_because == "absent" and shift.date >= material.first_day


def _wall(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _weekly_times(windows: Sequence[Window]) -> Iterator[Availability]:
    """Yield when a person can work: their windows, or the whole week, without the times that they exclude."""
    given = [Availability(w.weekday, w.start, w.end) for w in windows if w.preference != "unavailable"]
    excluded = [minutes_of_week(w.weekday, w.start, w.end) for w in windows if w.preference == "unavailable"]
    if not excluded:
        yield from given or WHOLE_WEEK
        return
    # The week is circular: a time that runs into Monday also excludes the Monday before.
    around = [(start + shift, end + shift) for start, end in excluded for shift in (-WEEK, 0, WEEK)]
    for each in given or WHOLE_WEEK:
        parts = [minutes_of_week(each.weekday, each.start, each.end)]
        for start, end in around:
            parts = [
                part
                for first, last in parts
                for part in ((first, min(last, start)), (max(first, end), last))
                if part[0] < part[1]
            ]
        for first, last in parts:
            yield Availability(first // 1440 % 7, _clock(first), _clock(last))


def _clock(minute: int) -> dt.time:
    return dt.time(*divmod(minute % 1440, 60))


def _quarters(material: Material) -> Iterator[Demand]:
    """Yield the quarter hours that lie ahead, so that a break of half an hour doesn't uncover a whole hour."""
    for period in material.needed:
        for moment in (period.starts_at + QUARTER * place for place in range(period.minutes // 15)):
            if moment >= material.planned_at:
                yield Demand(period.role, moment, period.heads)


def _templates(material: Material, settings: RosterSettings, zone: ZoneInfo) -> Iterator[ShiftTemplate]:
    """Yield the stored templates, and free shifts for each role that has none."""
    for each in material.templates:
        start, end = minutes_of_week(0, each.start, each.end)
        yield ShiftTemplate(each.name, each.role, (each.start,), (end - start,), frozenset(each.weekdays))
    with_templates = {each.role for each in material.templates}
    for role in material.roles:
        if role.name not in with_templates:
            needed = [each for each in material.needed if each.role == role.name and each.heads > 0]
            yield from free_shifts(role.name, needed, settings, zone)


def _wishes(material: Material, weight: float, zone: ZoneInfo) -> Iterator[Wish]:
    """Yield a wish to work for each preferred time of the days to plan, and one against each other role on each day."""
    for day in range(material.days if weight else 0):
        date = material.first_day + dt.timedelta(days=day)
        for person in material.people:
            for role in _other_roles(person, material):
                starts_at, ends_at = (
                    dt.datetime.combine(date + dt.timedelta(days=later), dt.time(), zone) for later in (0, 1)
                )
                own = starts_at.astimezone(dt.UTC), ends_at.astimezone(dt.UTC)
                yield Wish(person.id, own[0], own[1], weight * OTHER_ROLE, role=role)
            for window in person.windows:
                if window.preference == "preferred" and window.weekday == date.weekday():
                    starts_at = dt.datetime.combine(date, window.start, zone)
                    night = dt.timedelta(days=window.end <= window.start)
                    ends_at = dt.datetime.combine(date + night, window.end, zone)
                    yield Wish(person.id, starts_at.astimezone(dt.UTC), ends_at.astimezone(dt.UTC), weight, True)


def _kept(material: Material) -> Iterator[Shift]:
    """Yield the shifts that are agreed or have begun; what has begun does not change any more.

    A published shift that may move and falls into an absence is left out, so that somebody else gets it.
    """
    last = material.first_day + dt.timedelta(days=material.days)
    absences = {person.id: [each for each in person.exceptions if not each.is_available] for person in material.people}
    for each in material.shifts:
        begun = each.starts_at < material.planned_at
        is_kept = each.status in ACTIVE and (begun or each.status != "draft")
        if is_kept and material.first_day <= each.date < last and each.employee in absences:
            is_fixed = begun or each.status == "confirmed" or not material.may_move
            away = [at for at in absences[each.employee] if at.starts_at < each.ends_at and each.starts_at < at.ends_at]
            if away and not is_fixed:
                continue
            yield Shift(
                each.employee,
                each.role,
                each.starts_at,
                each.ends_at,
                each.break_starts_at,
                each.break_minutes,
                ShiftStatus.CONFIRMED if is_fixed else ShiftStatus.PUBLISHED,
                each.template,
            )


def settled_moment(now: dt.datetime, first_moment: dt.datetime, rules: Sequence[Rule]) -> dt.datetime:
    """Return the moment of planning as far as it matters, so that a week that is planned again has equal material.

    It is the last one at which no notice has begun, or the quarter hour in which `now` is.

    Args:
        now: the moment of planning (aware).
        first_moment: the start of the first day to plan (aware).
        rules: those that hold.
    """
    hours = [float(rule.parameters[parameter]) for rule in rules for name, parameter in NOTICES if rule.name == name]
    before = first_moment - dt.timedelta(hours=max(hours, default=0.0))
    whole = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return max(whole, before).astimezone(dt.UTC)
