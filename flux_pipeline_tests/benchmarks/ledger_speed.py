"""Benchmark of the ledger of stock, without the database: a year of 200 ingredients, a new day, a withdrawn row.

It measures seconds of the processor. Each ingredient is used every day, received every third, counted every week and
wasted one day in five.
"""

import datetime as dt
import time
from decimal import Decimal

import numpy as np

from flux_pipeline.inventory.ledger.corrections import correct_ledger
from flux_pipeline.inventory.ledger.facts import Fact, FactKind
from flux_pipeline.inventory.ledger.movements import sum_movements
from flux_pipeline.inventory.ledger.rebuild import rebuild_ledger

INGREDIENTS, DAYS = 200, 365
FIRST = dt.date(2025, 12, 1)
LAST = FIRST + dt.timedelta(days=DAYS)
# A row of the day after this one is withdrawn.
LATE = LAST - dt.timedelta(days=30)


def facts_of(rng: np.random.Generator) -> list[Fact]:
    """Return the facts of an ingredient: a year, and the day after it."""
    found = []

    def add(kind: FactKind, day: dt.date, hour: int, thousandths: int, keeps: int | None = None) -> None:
        at = dt.datetime.combine(day, dt.time(hour), tzinfo=dt.UTC)
        expires_on = None if keeps is None else day + dt.timedelta(days=keeps)
        found.append(Fact(kind, f"{kind} {day}", day, at, Decimal(thousandths) / 1000, expires_on=expires_on))

    for number in range(DAYS + 1):
        day = FIRST + dt.timedelta(days=number)
        add(FactKind.USAGE, day, 23, int(rng.integers(1_000, 6_000)))
        if number % 3 == 0:
            add(FactKind.RECEIPT, day, 8, 10_600, keeps=7)
        if rng.random() < 0.2:
            add(FactKind.WASTE, day, 20, int(rng.integers(50, 900)))
        if number % 7 == 6:
            add(FactKind.COUNT, day, 23, int(rng.integers(0, 9_000)))
    return found


def main() -> None:
    """Print the seconds of each part."""
    rng = np.random.default_rng(1)
    every = [facts_of(rng) for _ in range(INGREDIENTS)]
    marks = [time.process_time()]
    ledgers = [rebuild_ledger(fact for fact in facts if fact.day < LAST) for facts in every]
    marks.append(time.process_time())
    for facts, ledger in zip(every, ledgers, strict=True):
        correct_ledger([], [fact for fact in facts if fact.day == LAST], ledger.balances)
    marks.append(time.process_time())
    for facts, ledger in zip(every, ledgers, strict=True):
        start = sum_movements(ledger.movements, LATE)
        stored = [movement for movement in ledger.movements if movement.entry.day > LATE]
        # The first one is withdrawn.
        correct_ledger(stored, [fact for fact in facts if LATE < fact.day < LAST][1:], start)
    marks.append(time.process_time())
    print(f"{INGREDIENTS} ingredients, {sum(map(len, every)):,} facts: seconds of the processor")
    for title, seconds in zip(("a year from nothing", "a new day", "a withdrawn row"), np.diff(marks), strict=True):
        print(f"{title:24}{seconds:8.3f}")


if __name__ == "__main__":
    main()
