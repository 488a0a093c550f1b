"""Public instances of nurse rostering as problems of the product: shifts are roles, covered as a whole by templates."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from flux_pipeline.rosters.problem import (
    Availability,
    AvailabilityException,
    Demand,
    Employee,
    Prices,
    Role,
    RosterProblem,
    ShiftTemplate,
    Wish,
)
from flux_pipeline.rosters.rules import Rule

MONDAY = dt.date(2024, 1, 1)
# From midnight to midnight.
ANY_TIME = tuple(Availability(day, dt.time(0), dt.time(0)) for day in range(7))


def read_instance(path: Path) -> RosterProblem:
    """Read an instance of the format of schedulingbenchmarks.org."""
    sections = read_sections(path)
    days = int(sections["HORIZON"][0][0])
    minutes = {row[0]: int(row[1]) for row in sections["SHIFTS"]}
    rules = [
        Rule("succession", {"role": row[0], "then": then})
        for row in sections["SHIFTS"]
        for then in row[2].split("|")
        if then
    ]
    off = {row[0]: [int(day) for day in row[1:]] for row in sections["DAYS_OFF"]}
    rules += [rule for row in sections["STAFF"] for rule in rules_of(row)]
    wishes = [
        wish(row, minutes, to_work)
        for name, to_work in (("SHIFT_ON_REQUESTS", True), ("SHIFT_OFF_REQUESTS", False))
        for row in sections[name]
    ]
    return RosterProblem(
        first_day=MONDAY,
        days=days,
        timezone="UTC",
        employees=tuple(employee(row, off.get(row[0], []), tuple(minutes)) for row in sections["STAFF"]),
        roles=tuple(Role(name) for name in minutes),
        demand=tuple(
            Demand(role, midnight(int(day)), int(heads), minutes[role], float(under), float(over))
            for day, role, heads, under, over in sections["COVER"]
        ),
        templates=tuple(ShiftTemplate(name, name, (dt.time(0),), (length,)) for name, length in minutes.items()),
        rules=tuple(rules),
        wishes=tuple(wishes),
        prices=Prices(wages=0.0, fairness=0.0),
        hours_period_days=days,
    )


def read_sections(path: Path) -> dict[str, list[list[str]]]:
    sections: dict[str, list[list[str]]] = defaultdict(list)
    name = ""
    for line in path.read_text().splitlines():
        if line.startswith("SECTION_"):
            name = line.removeprefix("SECTION_").strip()
        elif line.strip() and not line.startswith("#"):
            sections[name].append([cell.strip() for cell in line.split(",")])
    return sections


def midnight(day: int) -> dt.datetime:
    return dt.datetime.combine(MONDAY + dt.timedelta(days=day), dt.time(), dt.UTC)


def rules_of(row: list[str]) -> Iterator[Rule]:
    id, most, _, _, in_a_row, least, least_off, weekends = row
    yield Rule("days_in_a_row", {"most": int(in_a_row)}, id)
    yield Rule("least_days_in_a_row", {"least": int(least)}, id)
    yield Rule("least_days_off_in_a_row", {"least": int(least_off)}, id)
    yield Rule("weekends", {"most": int(weekends)}, id)
    for each in most.split("|"):
        role, count = each.split("=")
        yield Rule("shifts_of_role", {"role": role, "most": int(count)}, id)


def employee(row: list[str], off: list[int], roles: tuple[str, ...]) -> Employee:
    absences = tuple(
        AvailabilityException(*(midnight(each).replace(tzinfo=None) for each in (day, day + 1))) for day in off
    )
    return Employee(row[0], roles, 1.0, ANY_TIME, int(row[3]), int(row[2]), exceptions=absences)


def wish(row: list[str], minutes: dict[str, int], to_work: bool) -> Wish:
    id, day, role, weight = row
    start = midnight(int(day))
    return Wish(id, start, start + dt.timedelta(minutes=minutes[role]), float(weight), to_work, role)
