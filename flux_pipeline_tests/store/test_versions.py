"""Versions of facts: stored, corrected and retracted with one clock, and read as known at a moment."""

import datetime as dt

import pandas as pd
import pytest
from sqlalchemy import select

from flux_pipeline.store.door import Store
from flux_pipeline.store.known.closures import CLOSURES
from flux_pipeline.store.models.known import Closure
from flux_pipeline.store.restaurant import Restaurant

DAY = dt.date(2026, 5, 1)
JANUARY, FEBRUARY, MARCH, APRIL = (dt.datetime(2026, month, 1, tzinfo=dt.UTC) for month in range(1, 5))
Statement = tuple[str | None, dt.datetime, dt.datetime | None]


def known(
    store: Store, restaurant: Restaurant, statements: list[Statement], moments: list[dt.datetime]
) -> tuple[list[int], list[list[str]]]:
    """Return how many rows each statement changed (a reason; None: retract), and what was known at each moment."""
    written = []
    with store.tenant(restaurant) as tx:
        for reason, at, since in statements:
            if reason is None:
                written.append(len(CLOSURES.retract(tx.connection, at, date=DAY)))
            else:
                rows = pd.DataFrame({"date": [DAY], "reason": [reason], "known_at": [since]})
                written.append(CLOSURES.note(tx.connection, rows, at, restaurant_id=restaurant.id))
        queries = [select(Closure.reason).where(CLOSURES.as_known_at(moment)) for moment in moments]
        return written, [list(tx.connection.scalars(query)) for query in queries]


@pytest.mark.parametrize(
    ("statements", "written", "reasons"),
    [
        ([("repairs", FEBRUARY, None)], [1], [[], ["repairs"], ["repairs"], ["repairs"]]),
        ([("repairs", MARCH, JANUARY)], [1], [["repairs"]] * 4),
        ([("repairs", FEBRUARY, None)] * 2, [1, 0], [[], ["repairs"], ["repairs"], ["repairs"]]),
        ([("repairs", MARCH, None), ("repairs", APRIL, JANUARY)], [1, 1], [["repairs"]] * 4),
        (
            [("repairs", JANUARY, None), ("party", MARCH, JANUARY)],
            [1, 1],
            [["repairs"], ["repairs"], ["party"], ["party"]],
        ),
        (
            [("repairs", FEBRUARY, None), ("party", MARCH, None), ("party", APRIL, JANUARY)],
            [1, 1, 0],
            [[], ["repairs"], ["party"], ["party"]],
        ),
        (
            [("repairs", JANUARY, None), (None, FEBRUARY, None), (None, MARCH, None), ("repairs", APRIL, None)],
            [1, 1, 0, 1],
            [["repairs"], [], [], ["repairs"]],
        ),
    ],
    ids=[
        "since stated",
        "since the given moment",
        "same",
        "earlier",
        "corrected",
        "corrected is not moved",
        "retracted",
    ],
)
def test_a_fact_is_known_from_its_statement_until_its_correction(
    store: Store,
    bistro: Restaurant,
    statements: list[Statement],
    written: list[int],
    reasons: list[list[str]],
) -> None:
    assert known(store, bistro, statements, [JANUARY, FEBRUARY, MARCH, APRIL]) == (written, reasons)


def test_two_corrections_at_one_moment_leave_one_version_current(store: Store, bistro: Restaurant) -> None:
    statements: list[Statement] = [("repairs", MARCH, None), ("party", MARCH, None), ("both", MARCH, None)]
    assert known(store, bistro, statements, [APRIL]) == ([1, 1, 1], [["both"]])
