"""Staff of the demo restaurants: people with invented names, skills, availability, and the shifts that they work.

People can cover each week but for one hour: from 15:00 to 16:00 on Sundays nobody can work in the bistro's kitchen.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.demo._seeds import rng_for
from flux_pipeline.demo.restaurants import DemoRestaurant

FIRST_NAMES = (
    *("Adèle", "Amina", "Anton", "Bea", "Boris", "Camille", "Dario", "Edith", "Emre", "Esther", "Farah", "Felix"),
    *("Gina", "Hannes", "Ines", "Ivo", "Jana", "Joel", "Karim", "Lea", "Lucia", "Malik", "Mira", "Nils", "Nora"),
    *("Olga", "Oskar", "Pia", "Quentin", "Rosa", "Samir", "Selma", "Theo", "Tilda", "Umar", "Vera", "Wanda", "Yara"),
)
LAST_NAMES = (
    *("Abendroth", "Achard", "Bellamy", "Brandt", "Carver", "Castel", "Demir", "Dufour", "Engel", "Ferris", "Gallo"),
    *("Grant", "Haas", "Ito", "Jansen", "Keller", "Lambert", "Lund", "Marchetti", "Mercer", "Nowak", "Okafor"),
    *("Petit", "Quist", "Rahimi", "Roche", "Sander", "Silva", "Thorne", "Ullmann", "Vidal", "Weber", "Yates", "Zander"),
)
EVERY_DAY = "Mon Tue Wed Thu Fri Sat Sun"
WEEK, TO_SATURDAY, WEEKEND = "Mon Tue Wed Thu Fri", "Tue Wed Thu Fri Sat", "Fri Sat Sun"
# Weeks after that of `today` in which one person of each restaurant is on holiday. The week after is planned first.
HOLIDAY_WEEKS = 3


@dataclass(frozen=True)
class Post:
    """A kind of person that a restaurant employs.

    Attributes:
        count: how many of them.
        rate: what an hour of the first costs; each further one costs 0.30 more.
        hours: the fewest and most hours a week, and those of the contract.
        times: days such as "Fri Sat" -> from when to when they can work, such as "17:00-02:00"; empty: at any time.
        skills: with their levels; one with the name of a role lets them work in it too.
        prefers: the days that they prefer.
    """

    role: str
    count: int
    rate: float
    hours: tuple[int, int, int]
    times: Mapping[str, str] = field(default_factory=dict)
    skills: Mapping[str, int] = field(default_factory=dict)
    prefers: str = ""


POSTS: Mapping[str, tuple[Post, ...]] = {
    "bistro-quai-nord": (
        Post(
            "Kitchen",
            4,
            15.80,
            (8, 35, 30),
            {TO_SATURDAY: "10:00-16:00", "Sun": "10:00-15:00"},
            {"Sauces": 3, "Pastry": 2},
            prefers="Tue Wed",
        ),
        Post("Kitchen", 5, 16.40, (8, 39, 35), {TO_SATURDAY: "17:00-02:00", "Sun": "16:00-23:00"}, {"Grill": 3}),
        Post("Kitchen", 2, 15.20, (0, 16, 16), {"Fri Sat": "18:00-02:00", "Sun": "18:00-23:00"}, {"Grill": 1}),
        Post("Service", 4, 13.90, (6, 30, 24), {TO_SATURDAY: "11:00-17:00", "Sun": "11:00-19:00"}, {"Wine": 2}),
        Post("Service", 4, 14.30, (8, 35, 30), {f"{TO_SATURDAY} Sun": "17:00-02:00"}, {"Wine": 3, "Bar": 2}),
        Post("Service", 2, 13.20, (0, 16, 16), {"Fri Sat Sun": "17:00-02:00"}, {"Bar": 1}, prefers="Fri"),
    ),
    "hearth-and-crumb": (
        Post("Bakers", 4, 14.20, (12, 38, 35), {EVERY_DAY: "06:00-15:00"}, {"Sourdough": 4}),
        Post("Bakers", 3, 13.80, (8, 32, 30), {EVERY_DAY: "10:00-19:00"}, {"Pastry": 3}),
        Post("Counter", 3, 12.60, (10, 35, 30), {EVERY_DAY: "06:30-14:30"}, {"Espresso": 3}),
        Post("Counter", 3, 12.40, (8, 30, 24), {EVERY_DAY: "10:00-18:30"}, {"Espresso": 2}, prefers="Mon Tue"),
        Post("Counter", 3, 12.21, (0, 16, 16), {"Sat Sun": "07:00-18:30", "Fri": "12:00-18:30"}, {"Espresso": 1}),
        Post("Counter", 1, 13.10, (8, 30, 24), {}, {"Espresso": 4, "Bakers": 2}),
    ),
    "canteen-westhafen": (
        Post("Kitchen", 5, 17.60, (15, 30, 25), {WEEK: "07:00-16:00"}, {"Wok": 2}),
        Post("Kitchen", 2, 16.90, (0, 20, 20), {"Mon Tue Wed Thu": "09:00-16:00"}, {"Counter": 2}),
        Post("Counter", 4, 15.10, (10, 25, 20), {WEEK: "09:00-16:00"}, {"Till": 3}, prefers="Fri"),
        Post("Dishes", 3, 14.10, (8, 25, 20), {WEEK: "10:00-16:30"}),
        Post("Dishes", 1, 14.30, (0, 20, 15), {}, {"Counter": 1}),
    ),
}
# Role, name, days, start and end. None is so long that it needs a break.
SHIFTS: Mapping[str, tuple[tuple[str, str, str, str, str], ...]] = {
    "bistro-quai-nord": (
        *(
            (role, name, days, start, end)
            for role in ("Kitchen", "Service")
            for name, days, start, end in (
                ("Lunch", "Tue-Sun", "11:30", "15:00"),
                ("Short lunch", "Tue-Sun", "11:30", "14:00"),
                ("Dinner", "Tue-Sat", "17:30", "23:00"),
                ("Short dinner", "Tue-Sat", "18:00", "22:00"),
                ("Peak", "Tue-Sun", "19:00", "22:00"),
                ("Evening", "Fri, Sat", "19:00", "00:00"),
                ("Late", "Fri, Sat", "20:00", "02:00"),
                ("Afternoon", "Sun", "15:00", "18:00"),
                ("Sunday evening", "Sun", "18:00", "22:30"),
            )
        ),
        ("Kitchen", "Early evening", "Sun", "16:00", "22:00"),
    ),
    "hearth-and-crumb": tuple(
        (role, name, days, start, end)
        for role in ("Bakers", "Counter")
        for name, days, start, end in (
            ("Early", "Mon-Sun", "07:00", "13:00"),
            ("Morning", "Mon-Sun", "08:00", "11:00"),
            ("Midday", "Mon-Sun", "08:00", "14:00"),
            ("Late", "Mon-Fri, Sun", "12:00", "17:00"),
            ("Saturday late", "Sat", "12:00", "18:00"),
        )
    ),
    "canteen-westhafen": tuple(
        (role, name, "Mon-Fri", start, end)
        for role, start in (("Kitchen", "09:30"), ("Counter", "10:30"), ("Dishes", "11:00"))
        for name, end in (("Lunch", "15:00"), ("Short lunch", "14:00"))
    ),
}


@dataclass(frozen=True)
class Person:
    """A person of a post; the name is invented."""

    name: str
    post: Post
    place: int


def simulate_staff(restaurant: DemoRestaurant, today: dt.date) -> dict[str, pd.DataFrame]:
    """Return the files of staff by their kind, with texts as cells.

    They change only from week to week: who is on holiday depends on the Monday before `today`.
    """
    people = _people(restaurant.slug)
    shifts = [(role, name, start, end, days) for role, name, days, start, end in SHIFTS[restaurant.slug]]
    return {
        "employees": _employees(people),
        "skills": _frame(
            ("employee", "skill", "level"),
            ((each.name, skill, level) for each in people for skill, level in each.post.skills.items()),
        ),
        "availability": _availability(people, today),
        "shift_templates": _frame(("role", "name", "start_time", "end_time", "days"), shifts),
    }


def _people(slug: str) -> list[Person]:
    rng = rng_for("staff", slug)
    posts = [(post, place) for post in POSTS[slug] for place in range(post.count)]
    first, last = (rng.permutation(len(names))[: len(posts)] for names in (FIRST_NAMES, LAST_NAMES))
    names = [f"{FIRST_NAMES[a]} {LAST_NAMES[b]}" for a, b in zip(first, last, strict=True)]
    return [Person(name, post, place) for name, (post, place) in zip(names, posts, strict=True)]


def _employees(people: Iterable[Person]) -> pd.DataFrame:
    columns = ("name", "role", "hourly_rate", "min_weekly_hours", "max_weekly_hours", "contract_weekly_hours")
    rows = (
        (each.name, each.post.role, f"{each.post.rate + 0.3 * each.place:.2f}", *each.post.hours) for each in people
    )
    return _frame(columns, rows)


def _availability(people: list[Person], today: dt.date) -> pd.DataFrame:
    rows: list[tuple[str, ...]] = []
    for each in people:
        for days, times in each.post.times.items():
            start, _, end = times.partition("-")
            for day in days.split():
                preference = "preferred" if day in each.post.prefers.split() else "available"
                rows.append((each.name, _weekday(day), "", "", start, end, preference, ""))
    monday = today - dt.timedelta(days=today.weekday()) + dt.timedelta(weeks=HOLIDAY_WEEKS)
    away, last = people[0], monday + dt.timedelta(days=6)
    rows.append((away.name, "", monday.isoformat(), last.isoformat(), "", "", "unavailable", "holiday"))
    columns = ("employee", "day_of_week", "date", "last_date", "start_time", "end_time", "preference", "reason")
    return _frame(columns, rows)


def _weekday(short: str) -> str:
    return next(day for day in WEEKDAYS if day.startswith(short))


def _frame(columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame([[str(cell) for cell in row] for row in rows], columns=[*columns])
