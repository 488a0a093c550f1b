"""Proof about all restaurants: whose last run of an algorithm failed, and whose forecasts are overdue."""

import datetime as dt

from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.records.proof import MOST_SENTENCES, Proof
from flux_pipeline.store.restaurant import list_restaurants

# The newest attempt for the newest day of each algorithm.
LAST_RUNS = """
SELECT r.slug, a.name AS algorithm, newest.as_of, newest.status, newest.started_at
FROM restaurants r
CROSS JOIN unnest(CAST(:algorithms AS text[])) AS a (name)
JOIN LATERAL (
    SELECT as_of, status, started_at FROM algorithm_runs WHERE restaurant_id = r.id AND algorithm = a.name
    ORDER BY as_of DESC, started_at DESC LIMIT 1
) newest ON true
WHERE r.is_active
ORDER BY r.slug, a.name
"""
# A business day may end up to a day before the nightly run's hour in the restaurant's timezone.
GRACE = dt.timedelta(hours=24)
# A run takes seconds; one that has been running for longer was killed.
LONGEST_RUN = dt.timedelta(hours=1)


def restaurants_left_failed(fleet: Connection, now: dt.datetime) -> Proof:
    """Check that each active restaurant's last run of each algorithm succeeded and that its forecast is of last night.

    A restaurant that never ran is left out, because it may have no sales yet.

    Args:
        fleet: a transaction that sees all restaurants.
        now: the moment (aware); a day that ended more than 24 hours before must have been forecast from.
    """
    restaurants = {each.slug: each for each in list_restaurants(fleet, active_only=True)}
    causes: dict[str, list[str]] = {}
    for row in fleet.execute(text(LAST_RUNS), {"algorithms": [str(name) for name in AlgorithmName]}):
        expected = restaurants[row.slug].last_complete_business_day(now - GRACE)
        if row.status == "failed":
            causes.setdefault(row.slug, []).append(f"{row.algorithm} failed as of {row.as_of}")
        elif row.status == "running" and row.started_at < now - LONGEST_RUN:
            causes.setdefault(row.slug, []).append(f"{row.algorithm} was killed as of {row.as_of}")
        elif row.algorithm == AlgorithmName.DEMAND and row.as_of < expected:
            causes.setdefault(row.slug, []).append(f"{row.algorithm} has no run as of {expected}")
    looked_at = {
        "restaurants": len(restaurants),
        "restaurants_left_failed": len(causes),
        "slugs": ", ".join([*causes][:MOST_SENTENCES]) or "none",
    }
    return Proof(looked_at, [_sentence(slug, causes[slug]) for slug in causes])


def _sentence(slug: str, causes: list[str]) -> str:
    return (
        f"{slug}: {', '.join(causes)}. Open its failed run in the UI and choose re-execute, or "
        f"`flux run --restaurant {slug}`."
    )
