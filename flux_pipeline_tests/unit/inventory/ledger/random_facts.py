"""Random facts of an ingredient, and the order in which they become known."""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from flux_pipeline.inventory.ledger.facts import Fact, FactKind

FIRST = dt.date(2026, 1, 1)
KINDS = [FactKind.USAGE, FactKind.RECEIPT, FactKind.WASTE, FactKind.COUNT, FactKind.TRANSFER]


def day_of(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def moment_of(number: int, hour: int = 12) -> dt.datetime:
    return dt.datetime.combine(day_of(number), dt.time(hour), tzinfo=dt.UTC)


def fact_of(kind: str, quantity: object, day: int, hour: int = 12, key: str = "", **more: object) -> Fact:
    own = key or f"{kind} of day {day} {hour}:00"
    return Fact(FactKind(kind), own, day_of(day), moment_of(day, hour), Decimal(str(quantity)), **more)  # type: ignore[arg-type]


def random_facts(seed: int, number: int, days: int) -> list[Fact]:
    """Facts in no order, with lots of few names and expiries, so that they meet."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(len(KINDS), number, p=[0.55, 0.22, 0.1, 0.06, 0.07])
    thousandths, day, hour = rng.integers(0, 9_000, number), rng.integers(0, days, number), rng.integers(0, 24, number)
    named, keeps, leaves = rng.random(number) < 0.3, rng.random(number) < 0.3, rng.random(number) < 0.5
    lots, lives = rng.integers(0, 4, number), rng.integers(0, 9, number)
    found = []
    for at in range(number):
        kind = KINDS[kinds[at]]
        units = int(thousandths[at]) * {FactKind.RECEIPT: 3, FactKind.COUNT: 2}.get(kind, 1)
        if kind is FactKind.TRANSFER and leaves[at]:
            units = -units
        found.append(
            fact_of(
                kind,
                Decimal(units) / 1000,
                int(day[at]),
                int(hour[at]),
                f"row {at}",
                lot=f"L{lots[at]}" if named[at] else "",
                expires_on=None if keeps[at] else day_of(int(day[at] + lives[at])),
            )
        )
    return found


@dataclass(frozen=True)
class Night:
    """All facts that are known at a night, and the first day of which one is new, was corrected or was withdrawn."""

    facts: tuple[Fact, ...]
    changed_from: dt.date | None


def nights_of(seed: int, facts: list[Fact], days: int, nights: int) -> list[Night]:
    """Let facts be known at the first night after their day, 30 % of them later; some are first wrong or too many."""
    rng = np.random.default_rng(seed)
    chance, late, number = rng.random((3, len(facts))), rng.random(len(facts)), len(facts)
    due = [(fact.day - FIRST).days * nights // days for fact in facts]
    # From which night on a fact is known in which form; None: it is withdrawn.
    versions: list[list[tuple[int, Fact | None]]] = []
    for at in range(number):
        fact, known = facts[at], due[at]
        if chance[0, at] < 0.3:
            known = min(known + 1 + int(late[at] * (nights - due[at])), nights - 1)
        later = min(known + 1 + int(chance[1, at] * 5), nights - 1)
        own: list[tuple[int, Fact | None]] = [(known, fact)]
        if later > known and chance[2, at] < 0.05:
            own = [
                (known, replace(fact, quantity=fact.quantity + 1 if fact.quantity >= 0 else fact.quantity)),
                (later, fact),
            ]
        elif later > known and chance[2, at] < 0.1:
            own = [(known, replace(fact, expires_on=None, lot="")), (later, fact)]
        elif later > known and chance[2, at] < 0.13:
            own = [(known, fact), (later, None)]
        versions.append(own)
    return [_night(night, versions) for night in range(nights)]


def _night(night: int, versions: list[list[tuple[int, Fact | None]]]) -> Night:
    facts, changed = [], []
    for own in versions:
        now = _known(own, night)
        before = _known(own, night - 1)
        if now is not None:
            facts.append(now)
        if now != before:
            changed += [fact.day for fact in (now, before) if fact is not None]
    return Night(tuple(facts), min(changed, default=None))


def _known(versions: list[tuple[int, Fact | None]], night: int) -> Fact | None:
    return next((fact for since, fact in reversed(versions) if since <= night), None)
