"""Gaps of a roster as stored values and as sentences: what is missing, and which rule, relaxed, would cover it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flux_pipeline.rosters.shown.week import RosterWeek, clock, hours_in_words

if TYPE_CHECKING:
    # Sentences are printed by a command that need not wait for scipy.
    from flux_pipeline.rosters.explain import Gap, OneMore, Relaxation
    from flux_pipeline.rosters.problem import RosterProblem
    from flux_pipeline.rosters.result import Uncovered

# What follows "if Ada Kok worked 17:00-22:00". All rules are here, also those that are priced and never broken.
WORDING: Mapping[str, str] = {
    "availability": " outside of the hours given as available",
    "skills": " after training for {role}",
    "notice": " at less than {limit:g} hours of notice",
    "max_hours": ", {hours} above the maximum of {limit_hours}",
    "rest": " with {amount:g} instead of {limit:g} hours of rest",
    "succession": ", which the role of the day before or after rules out",
    "days_in_a_row": ", {count:g} days in a row instead of at most {limit:g}",
    "weekends": ", on {count:g} weekends instead of at most {limit:g}",
    "shifts_of_role": ", {count:g} shifts in {role} instead of at most {limit:g}",
    "least_days_in_a_row": ", fewer than {limit:g} days in a row",
    "least_days_off_in_a_row": ", with fewer than {limit:g} days off in a row",
    "shift_length": ", a shift of {shift_hours} where {limit_hours} are the limit",
    "price": ", which no rule forbids",
    "break": " without the full break",
    "overtime": " as overtime",
    "predictability_pay": " for the pay that a late change costs",
}
# A sentence with more alternatives is hard to read.
MOST_NAMED = 2


def gap_values(gap: Gap, one_more: OneMore | None, problem: RosterProblem) -> dict[str, Any]:
    """Return a gap as values for JSON: instants in UTC, ids of people and no names.

    The limit of a relaxation is what its rule allows that person: minutes for max_hours and shift_length, hours for
    rest and notice, else a count; None for a rule without a number.
    """
    first, last = gap.periods[0], gap.periods[-1]
    return {
        "role": first.role,
        "starts_at": _instant(first.starts_at),
        "ends_at": _instant(last.starts_at + dt.timedelta(minutes=last.minutes)),
        "heads": max(each.heads for each in gap.periods),
        "fewest_heads": min(each.heads for each in gap.periods),
        "period_minutes": first.minutes,
        "minutes_uncovered": sum(each.heads * each.minutes for each in gap.periods),
        "is_examined": gap.is_examined,
        "is_offered": _is_offered(first, problem),
        "relaxations": [_relaxation_values(each, problem) for each in gap.relaxations],
        "one_more": None
        if one_more is None
        else {"minutes": one_more.covered_minutes, "extra_cost": round(one_more.extra_cost, 2)},
    }


def _is_offered(period: Uncovered, problem: RosterProblem) -> bool:
    """Return whether a shift template of the role reaches the period."""
    wall = period.starts_at.astimezone(problem.zone).replace(tzinfo=None)
    for template in [each for each in problem.templates if each.role == period.role]:
        for days in (0, 1):
            date = wall.date() - dt.timedelta(days=days)
            for start in template.starts if date.weekday() in template.weekdays else ():
                begins = dt.datetime.combine(date, start)
                lasts = dt.timedelta(minutes=max(template.minutes))
                if begins <= wall < begins + lasts:
                    return True
    return False


def _relaxation_values(relaxation: Relaxation, problem: RosterProblem) -> dict[str, Any]:
    shift = relaxation.shift
    return {
        "rule": relaxation.rule,
        "employee": relaxation.employee,
        "shift": None
        if shift is None
        else {"role": shift.role, "starts_at": _instant(shift.starts_at), "ends_at": _instant(shift.ends_at)},
        "amount": round(relaxation.amount, 2),
        "limit": _limit(relaxation, problem),
        "covers": [_instant(moment) for moment in relaxation.covers],
        "extra_cost": round(relaxation.extra_cost, 2),
    }


def _limit(relaxation: Relaxation, problem: RosterProblem) -> float | None:
    rule, shift = relaxation.rule, relaxation.shift
    if rule == "max_hours":
        return next(each.max_minutes for each in problem.employees if each.id == relaxation.employee)
    rows = problem.rules_of(rule, relaxation.employee)
    if rule == "shifts_of_role" and shift:
        rows = [row for row in rows if row["role"] == shift.role]
    if rule == "shift_length" and shift:
        too_short = [float(row["least_minutes"]) for row in rows if shift.minutes < float(row["least_minutes"])]
        return max(too_short, default=min((float(row["most_minutes"]) for row in rows), default=None))
    least = [float(row[name]) for row in rows for name in ("hours", "least") if name in row]
    most = [float(row["most"]) for row in rows if "most" in row]
    return max(least, default=min(most, default=None))


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat()


def week_sentences(week: RosterWeek) -> list[str]:
    """Return a paragraph for each gap of a week by time; what one more person would bring is in the first of a role."""
    names = {str(id): name for id, name in week.names.items()}
    paragraphs, known = [], set()
    for values in sorted(week.plan.get("gaps", ()), key=lambda each: (each["starts_at"], each["role"])):
        sentences = gap_sentences(values, names, week.zone, week.currency, with_one_more=values["role"] not in known)
        known.add(values["role"])
        paragraphs.append(" ".join(sentences))
    return paragraphs


def gap_sentences(
    values: Mapping[str, Any], names: Mapping[str, str], zone: ZoneInfo, currency: str, *, with_one_more: bool = True
) -> list[str]:
    """Return what is missing and what would cover it, from the values of a gap and people's names by id."""
    start, end = _moment(values["starts_at"]), _moment(values["ends_at"])
    heads, role, date = values["heads"], values["role"], start.astimezone(zone).date()
    up_to = "up to " if values["fewest_heads"] < heads else ""
    count = f"{up_to}1 head of {role} is" if heads == 1 else f"{up_to}{heads} heads of {role} are"
    found = f"{date:%A} {date.day} {date:%b} {clock(start, zone)}-{clock(end, zone)}: {count} missing."
    one_more = values["one_more"]
    named = _cheapest(values["relaxations"])
    if named:
        ways = ", or if ".join(_way(each, values, names, zone, currency) for each in named)
        remedy = f"{_what_is_covered(named, values, zone)} would be covered if {ways}"
    elif not values.get("is_examined", True):
        remedy = "Its reasons were not examined, because the time was up; raise roster_explain_seconds"
    elif not values.get("is_offered", True):
        remedy = f"No shift template of {role} reaches it"
    elif one_more and one_more["minutes"] == 0:
        remedy = "Covering it would cost more than leaving it"
    else:
        remedy = f"Nobody else was found who can work in {role} then, even with one rule relaxed"
    if with_one_more and one_more and one_more["minutes"]:
        remedy += f"; one more person in {role} would cover {hours_in_words(one_more['minutes'])} of the week"
    return [found, f"{remedy}."]


def _cheapest(relaxations: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the cheapest of those that cover most, each of another person; they are in the order of their cost."""
    most = max((len(each["covers"]) for each in relaxations), default=0)
    if not most:
        return []
    chosen: dict[str, Mapping[str, Any]] = {}
    for each in relaxations:
        if len(each["covers"]) == most:
            chosen.setdefault(each["employee"], each)
    found = list(chosen.values())[:MOST_NAMED]
    # Ways that cover other parts can't be alternatives in one sentence.
    return [each for each in found if each["covers"] == found[0]["covers"]]


def _what_is_covered(named: Sequence[Mapping[str, Any]], values: Mapping[str, Any], zone: ZoneInfo) -> str:
    covers = [_moment(text) for text in named[0]["covers"]]
    period = dt.timedelta(minutes=values["period_minutes"])
    of_all = "One of them" if values["fewest_heads"] > 1 else "It"
    if len(covers) * period >= _moment(values["ends_at"]) - _moment(values["starts_at"]):
        return of_all
    return f"Part of it ({clock(covers[0], zone)}-{clock(covers[-1] + period, zone)})"


def _way(
    relaxation: Mapping[str, Any], values: Mapping[str, Any], names: Mapping[str, str], zone: ZoneInfo, currency: str
) -> str:
    """Return a way to cover a gap: "Ada Kok worked 17:00-22:00 with 9 instead of 11 hours of rest (... more ...)"."""
    shift, rule = relaxation["shift"], relaxation["rule"]
    limit, amount = relaxation["limit"], relaxation["amount"]
    worked, minutes = "other shifts", 0.0
    role = values["role"]
    if shift:
        start, end = _moment(shift["starts_at"]), _moment(shift["ends_at"])
        date, minutes = start.astimezone(zone).date(), (end - start).total_seconds() / 60
        is_same_day = date == _moment(values["starts_at"]).astimezone(zone).date()
        worked = f"{'' if is_same_day else f'{date:%A} '}{clock(start, zone)}-{clock(end, zone)}"
        if shift["role"] != role:
            role = shift["role"]
            worked += f" in {role}"
    against = WORDING.get(rule, f" against the rule '{rule}'").format(
        role=role,
        amount=amount,
        limit=limit or 0,
        count=(limit or 0) + amount,
        hours=hours_in_words(amount),
        limit_hours=hours_in_words(limit or 0),
        shift_hours=hours_in_words(minutes),
    )
    return f"{names.get(relaxation['employee'], 'somebody')} worked {worked}{against}{_cost(relaxation, currency)}"


def _cost(relaxation: Mapping[str, Any], currency: str) -> str:
    extra = relaxation["extra_cost"]
    if abs(extra) < 0.005:
        return " (at the same cost)"
    return f" ({abs(extra):,.2f} {currency} {'more' if extra > 0 else 'less'} than leaving it)"


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
