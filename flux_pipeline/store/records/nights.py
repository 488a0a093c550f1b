"""Nights of all restaurants: the business days for which results are recorded, in two indexed queries for the fleet."""

import datetime as dt

from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.demand.settings import NightlySettings
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.records.nights import CAUGHT_UP_DAYS, Nights
from flux_pipeline.store.restaurant import list_restaurants

# A night is recorded once demand and staffing are. The index ix_algorithm_runs_latest serves both subqueries, so a
# restaurant costs the same after years of runs.
RECORDED = """
SELECT r.id, s.setting_value AS minutes, first.as_of AS first_day, days.recorded
FROM restaurants r
LEFT JOIN restaurant_settings s ON s.restaurant_id = r.id AND s.setting_key = 'forecast_minutes_after_cutoff'
CROSS JOIN LATERAL (
    SELECT min(a.as_of) AS as_of FROM algorithm_runs a WHERE a.restaurant_id = r.id AND a.algorithm = :demand
) first
CROSS JOIN LATERAL (
    SELECT array_agg(ended.as_of) AS recorded
    FROM (
        SELECT a.as_of FROM algorithm_runs a
        WHERE a.restaurant_id = r.id AND a.algorithm IN (:demand, :staffing) AND a.as_of >= :since
            AND a.status IN ('succeeded', 'skipped')
        GROUP BY a.as_of HAVING count(DISTINCT a.algorithm) = 2
    ) ended
) days
WHERE r.is_active
"""


def fleet_nights(fleet: Connection, now: dt.datetime) -> list[Nights]:
    """Return the nights of each active restaurant, by slug; needs the fleet role.

    Args:
        fleet: a transaction that sees all restaurants.
        now: the moment (aware) up to which days are looked for.
    """
    # Two days more than the business days that are caught up, for delays and timezones.
    since = now.date() - dt.timedelta(days=CAUGHT_UP_DAYS + 4)
    values = {"demand": AlgorithmName.DEMAND, "staffing": AlgorithmName.STAFFING, "since": since}
    found = {row.id: row for row in fleet.execute(text(RECORDED), values)}
    nights = []
    for restaurant in list_restaurants(fleet, active_only=True):
        row = found[restaurant.id]
        delay = NightlySettings() if row.minutes is None else NightlySettings(forecast_minutes_after_cutoff=row.minutes)
        nights.append(
            Nights(
                restaurant.slug,
                restaurant.clock,
                dt.timedelta(minutes=delay.forecast_minutes_after_cutoff),
                frozenset(row.recorded or ()),
                row.first_day,
            )
        )
    return nights
