"""Alerts about stock: their facts are read, and the table of alerts is brought in line with what follows from them."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, select, text

from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.inventory.alerts.decide import decide_alerts
from flux_pipeline.inventory.alerts.facts import (
    AlertKind,
    ExpectedLeft,
    ForecastErrors,
    Ordered,
    PossibleDelivery,
    StockedIngredient,
    StockFacts,
)
from flux_pipeline.inventory.settings import StockAlertSettings
from flux_pipeline.records.alerts import AlertStatus, Cause, Severity
from flux_pipeline.records.proof import Proof
from flux_pipeline.store.costs.current import Asked, kitchen_asked
from flux_pipeline.store.costs.ingredients import unit_costs
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.purchasing.earliest import earliest_deliveries
from flux_pipeline.store.models.records import TenantAlert
from flux_pipeline.store.records.alerts import sync_alerts
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.wording import count_of

# As many as a person reads in Dagster's UI.
WORST = 10
INGREDIENTS = """
SELECT p.id, p.name, p.unit, p.reorder_threshold, p.quantity_on_hand, p.quantity_short, s.short_since,
    f.is_received OR f.last_counted_on IS NOT NULL AS is_stated, f.last_counted_on,
    f.is_received AND EXISTS (
        SELECT FROM inventory_facts AS u WHERE u.ingredient_id = p.id AND u.kind = 'usage'
    ) AS needs_counts,
    coalesce(e.quantity, 0) AS expired, e.expired_on,
    d.depleted_on_p10, d.depleted_on_p50, d.expiring
FROM products AS p
LEFT JOIN inventory_shortfalls AS s ON s.ingredient_id = p.id
CROSS JOIN LATERAL (
    SELECT max(business_date) FILTER (WHERE kind = 'count') AS last_counted_on,
        coalesce(bool_or(kind = 'receipt'), false) AS is_received
    FROM inventory_facts WHERE ingredient_id = p.id AND kind IN ('receipt', 'count')
) AS f
LEFT JOIN (
    SELECT ingredient_id, sum(quantity_on_hand) AS quantity, max(expires_on) AS expired_on
    FROM inventory WHERE expires_on < :today AND quantity_on_hand > 0 GROUP BY ingredient_id
) AS e ON e.ingredient_id = p.id
LEFT JOIN stock_depletion_forecasts AS d ON d.ingredient_id = p.id AND d.is_current AND d.as_of = :as_of
WHERE p.is_active
ORDER BY p.name
"""
FORESEEN = "SELECT max(as_of) FROM stock_depletion_forecasts WHERE is_current"
ORDERED = """
SELECT ingredient_id, sum(quantity - received_quantity) AS quantity, min(delivery_day) AS day
FROM purchase_recommendations
WHERE status IN ('approved', 'ordered') AND received_quantity < quantity GROUP BY ingredient_id
"""
# Of each day the forecast that was made last before it.
ERRORS = """
SELECT count(*) AS days, coalesce(sum(actual_quantity), 0)::float AS sold, coalesce(sum(error), 0)::float AS error,
    coalesce(stddev_samp(error), 0)::float AS spread
FROM (
    SELECT DISTINCT ON (forecast_date) actual_quantity, error FROM forecast_accuracy
    WHERE menu_item_id IS NULL AND NOT is_retrospective
        AND forecast_date > (SELECT max(forecast_date) FROM forecast_accuracy) - 2 * CAST(:days AS integer)
    ORDER BY forecast_date DESC, days_ahead LIMIT :days
) AS newest
"""


def sync_stock_alerts(tx: Tenant, now: dt.datetime) -> None:
    """Open, renew and close the restaurant's alerts about stock, as of a moment (aware). Idempotent."""
    settings = read_settings(tx, StockAlertSettings)
    facts = read_facts(tx, settings, now)
    found = decide_alerts(facts, settings, read_settings(tx, CostingSettings).suspicious_cost_jump)
    causes = [Cause(each.kind.value, each.about, Severity(each.severity), each.message) for each in found]
    judged = [cause for cause in causes if cause.kind in facts.judged]
    sync_alerts(tx, [kind.value for kind in facts.judged], judged, is_sent=settings.alert_stock_sent)


def open_stock_alerts(tx: Tenant) -> Proof:
    """Return whether no alert about stock is open, with the number of each kind and the ids of the ten worst."""
    own = TenantAlert
    rank = case({severity.value: rank for rank, severity in enumerate(reversed(Severity))}, value=own.severity)
    query = (
        select(own.id, own.kind, own.severity, own.opened_at)
        .where(own.kind.in_([kind.value for kind in AlertKind]), own.status == AlertStatus.OPEN)
        .order_by(rank, own.opened_at, own.id)
    )
    found = tx.connection.execute(query).all()
    numbers = {
        name: sum(name in (row.kind, row.severity) for row in found) for name in (*reversed(Severity), *AlertKind)
    }
    worst = [f"{row.severity}: {row.kind}, {str(row.id)[:8]}, {row.opened_at:%Y-%m-%d}" for row in found[:WORST]]
    looked_at = {str(name): number for name, number in numbers.items() if number} | {"open": len(found)}
    if not found:
        return Proof(looked_at, [])
    critical = numbers[Severity.CRITICAL]
    are = "is" if len(found) == 1 else "are"
    wrong = (
        f"{count_of(len(found), 'alert')} about stock {are} open, {critical or 'none'} of them critical. "
        f"`flux alerts list --restaurant {tx.restaurant.slug}` says what to do."
    )
    return Proof(looked_at | {"worst": "\n".join(worst)}, [wrong])


def read_facts(tx: Tenant, settings: StockAlertSettings, now: dt.datetime) -> StockFacts:
    """Read what alerts about stock follow from at a moment (aware)."""
    yesterday = tx.restaurant.last_complete_business_day(now)
    today = yesterday + dt.timedelta(days=1)
    as_of = tx.connection.scalar(text(FORESEEN))
    errors = tx.connection.execute(text(ERRORS), {"days": settings.alert_forecast_days}).one()
    return StockFacts(
        slug=tx.restaurant.slug,
        currency=tx.restaurant.currency,
        today=today,
        ingredients=_ingredients(tx, settings, Asked(today, now, yesterday), as_of),
        errors=ForecastErrors(*errors),
        is_foreseen=as_of is not None and as_of >= yesterday,
    )


def _ingredients(
    tx: Tenant, settings: StockAlertSettings, asked: Asked, as_of: dt.date | None
) -> list[StockedIngredient]:
    today, tomorrow = asked.day, asked.day + dt.timedelta(days=1)
    rows = tx.connection.execute(text(INGREDIENTS), {"today": today, "as_of": as_of}).all()
    if not rows:
        return []
    kitchen = kitchen_asked(tx, asked)
    costs = unit_costs(kitchen, today, today - dt.timedelta(days=settings.alert_cost_days))
    ordered = {
        # What is overdue comes tomorrow at the earliest.
        row.ingredient_id: Ordered(row.quantity, row.day if row.day >= today else tomorrow)
        for row in tx.connection.execute(text(ORDERED))
    }
    possible = earliest_deliveries(tx, kitchen, asked.known_at.astimezone(ZoneInfo(tx.restaurant.timezone)))
    return [_ingredient(row, costs.get(row.id), ordered.get(row.id), possible.get(row.id)) for row in rows]


def _ingredient(
    row: Any,
    costs: tuple[Decimal | None, ...] | None,
    ordered: Ordered | None,
    possible: PossibleDelivery | None,
) -> StockedIngredient:
    now, earlier = costs or (None, None)
    left = [
        ExpectedLeft(
            dt.date.fromisoformat(each["expires_on"]), Decimal(str(each["expected_left"])), each["probability"]
        )
        for each in row.expiring or ()
    ]
    return StockedIngredient(
        name=row.name,
        unit=row.unit,
        on_hand=row.quantity_on_hand if row.is_stated else None,
        expired=row.expired,
        expired_on=row.expired_on,
        threshold=row.reorder_threshold,
        short=row.quantity_short,
        short_since=row.short_since,
        runs_out_p10=row.depleted_on_p10,
        runs_out_p50=row.depleted_on_p50,
        left=tuple(sorted(left, key=lambda each: each.expires_on)),
        ordered=ordered,
        possible=possible,
        unit_cost=now,
        earlier_unit_cost=earlier,
        needs_counts=row.needs_counts,
        last_counted_on=row.last_counted_on,
    )
