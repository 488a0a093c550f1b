"""One row of a restaurant in every tenant table, for proofs about rows."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import insert

from flux_pipeline.store.door import Store
from flux_pipeline.store.models.access import User
from flux_pipeline.store.models.registry import METADATA
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.months import make_months

DAY, NEXT_DAY = dt.date(2026, 1, 5), dt.date(2026, 1, 6)
AT, LATER = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC), dt.datetime(2026, 1, 5, 17, tzinfo=dt.UTC)
BY_MONTH = ("transactions", "transaction_items", "demand_forecasts")
ORDER_NUMBERS = ("packs", "pack_quantity", "quantity", "unit_price", "amount", "on_hand", "on_order")
ORDER_NUMBERS += ("expected_demand", "needed_quantity", "covered_share", "unavoidable_shortage")
QUANTILES = {f"p{level}_quantity": 1 for level in (10, 50, 90, 99)}


def rows(one: uuid.UUID) -> dict[str, dict[str, Any]]:
    """Return a row for each table, by name. `one` is every id, which works because keys begin with the restaurant."""
    return _files_and_sales(one) | _forecasts(one) | _people(one) | _kitchen(one) | _days_and_logs()


def _files_and_sales(one: uuid.UUID) -> dict[str, dict[str, Any]]:
    item = {"menu_item_id": one}
    file = {"storage_uri": "x", "kind": "sales", "file_name": "x", "content_sha256": "x", "size_bytes": 1}
    line = {"transaction_id": one, "line_number": 1, "menu_item_name": "Soup", "quantity": 1, "line_amount": 2}
    return {
        "daily_item_sales": item | {"business_date": DAY, "quantity": 1, "line_amount": 2, "ticket_count": 1},
        "data_uploads": file | {"loaded_count": 1, "rejected_count": 1, "row_count": 2},
        "menu_alias_moves": {"alias": "soup", "from_menu_item_id": one, "to_menu_item_id": one},
        "menu_categories": {"name": "Starters"},
        "menu_item_aliases": item | {"alias": "soup"},
        "menu_item_changes": item | {"is_active": True, "was_active": False, "known_at": AT},
        "menu_items": {"name": "Soup"},
        "promotions": item | {"starts_on": DAY, "ends_on": NEXT_DAY, "discount": 0.1},
        "rejected_rows": {"data_upload_id": one, "line_number": 1, "reason_code": "x", "message": "x", "raw": {}},
        "sold_out_days": item | {"business_date": DAY, "source": "test"},
        "transaction_items": item | {"business_date": DAY} | line,
        "transactions": {"business_date": DAY, "data_upload_id": one, "total_amount": 2},
        "upload_days": {"data_upload_id": one, "business_date": DAY, "is_ticketed": False}
        | {"line_count": 1, "item_count": 1, "quantity": 1, "line_amount": 2},
    }


def _forecasts(one: uuid.UUID) -> dict[str, dict[str, Any]]:
    item, run, role = {"menu_item_id": one}, {"algorithm_run_id": one}, {"employee_role_id": one}
    forecast = {"as_of": DAY, "forecast_date": NEXT_DAY}
    reason = {"confidence_score": 1, "logic_trigger": "none", "factors": [], "model_name": "test"}
    errors = {"absolute_error": 0, "error": 0, "pinball_loss": 0, "is_within_p10_p90": True, "is_within_p99": True}
    beside = {"four_week_quantity": 1, "four_week_absolute_error": 0, "four_week_pinball_loss": 0}
    total = run | forecast | QUANTILES | {"item_count": 1, "predicted_quantity": 1, "model_name": "test"}
    heads = {"expected_items": 1, "required_p50": 1, "required_p90": 1, "recommended_heads": 1, "labor_minutes": 60}
    return {
        "algorithm_runs": {"algorithm": "demand_forecast", "version": "1", "as_of": DAY},
        "demand_forecasts": item
        | run
        | forecast
        | QUANTILES
        | reason
        | {"menu_item_name": "Soup", "predicted_quantity": 1},
        "demand_forecasts_by_category": total | {"category": "Starters"},
        "demand_forecasts_by_restaurant": total,
        "demand_parameters": {"category": "", "parameter": "monday", "value": -0.2, "as_of": DAY},
        "demand_posteriors": run | {"as_of": DAY, "state": {}, "seed": 1, "draws": 1},
        "backtests": run
        | {"scope": "total", "first_date": DAY, "last_date": NEXT_DAY, "day_count": 2, "origins": [DAY]}
        | {"sales_known": "as corrected since", "model_name": "test", "row_count": 2, "actual_quantity": 1},
        "forecast_accuracy": run
        | errors
        | beside
        | QUANTILES
        | {"forecast_date": DAY, "days_ahead": 1, "actual_quantity": 1, "predicted_quantity": 1}
        | {"model_name": "test", "is_retrospective": False},
        "price_elasticity": item | run | {"status": "not_identified"},
        "staffing_forecasts": role
        | run
        | forecast
        | heads
        | {"period_start": dt.time(12), "period_minutes": 60, "decided_by": "minimum", "driver": {}},
    }


def _people(one: uuid.UUID) -> dict[str, dict[str, Any]]:
    role, employee = {"employee_role_id": one}, {"employee_id": one}
    shift = {"start_time": dt.time(9), "end_time": dt.time(17)}
    return {
        "availability_exceptions": employee | {"starts_at": AT, "ends_at": LATER},
        "employee_availability": employee | shift | {"day_of_week": 0},
        "employee_roles": {"name": "Tester", "items_per_hour": 1},
        "employee_skills": employee | {"skill_id": one},
        "employees": role | {"name": "Kim"},
        "reader_logins": {"login": "reader_of_tests"},
        "restaurant_members": {"user_id": one},
        "scheduled_shifts": role | employee | {"business_date": DAY, "starts_at": AT, "ends_at": LATER},
        "shift_templates": role | shift | {"name": "Day", "days": [0]},
        "skills": {"name": "Grill"},
        "weekly_rosters": {"first_day": DAY, "day_count": 7, "as_of": DAY, "planned_at": AT, "algorithm_run_id": one}
        | {"employee_count": 1, "shift_count": 1, "needed_minutes": 60, "uncovered_minutes": 0, "paid_minutes": 60}
        | {"labor_cost": 15, "cost_parts": {}, "ended_by": "proof", "iterations": 0},
    }


def _kitchen(one: uuid.UUID) -> dict[str, dict[str, Any]]:
    ingredient, item, known = {"ingredient_id": one}, {"menu_item_id": one}, {"known_at": AT}
    result = item | known | {"algorithm_run_id": one}
    used = ingredient | {"as_of": DAY, "algorithm_run_id": one}
    cumulated = {f"cumulated_p{level}": 1 for level in (10, 50, 90, 99)}
    days = {"as_of": DAY, "order_day": NEXT_DAY, "delivery_day": NEXT_DAY, "next_delivery_day": NEXT_DAY}
    texts = {"outcomes": {}, "decided_by_rule": "pack", "reason": "test"}
    order = {"vendor_id": one, "algorithm_run_id": one} | days | texts
    return {
        "costing_rules": known | {"rules": {}},
        "deliveries": known | {"delivered_on": DAY, "data_upload_id": one},
        "delivery_lines": ingredient | {"delivery_id": one, "line_number": 2, "quantity": 1, "unit": "g"},
        "ingredient_categories": {"name": "Dry"},
        "ingredient_cost_history": ingredient | known | {"source": "ingredients", "unit_cost": 1, "unit": "g"},
        "ingredients": {"name": "Flour", "unit": "g"},
        "ingredient_demand_forecasts": used
        | QUANTILES
        | cumulated
        | {"forecast_date": NEXT_DAY}
        | {"predicted_quantity": 1},
        "inventory": ingredient | {"arrived_on": DAY, "quantity_on_hand": 5},
        "inventory_counts": ingredient | known | {"counted_on": DAY, "quantity": 5, "unit": "g"},
        "inventory_facts": ingredient
        | {"kind": "receipt", "source": "1", "business_date": DAY, "occurred_at": AT, "quantity": 5},
        "inventory_movements": ingredient
        | {"kind": "purchase", "source_kind": "receipt", "source": "1", "business_date": DAY, "arrived_on": DAY}
        | {"entry_number": 1, "quantity": 5, "previous_quantity": 0, "new_quantity": 5},
        "inventory_shortfalls": ingredient | {"quantity": 1, "short_since": DAY},
        "menu_item_costs": result | {"valid_from": DAY, "shares": {}, "missing": []},
        "menu_profitability": result | {"week_start": DAY, "quantity": 1, "revenue": 2},
        "purchase_recommendations": ingredient | order | dict.fromkeys(ORDER_NUMBERS, 1),
        "recipe_lines": ingredient | {"recipe_version_id": one, "line_number": 2, "quantity": 1, "unit": "g"},
        "recipe_versions": item | known | {"status": "suggested", "source": "upload"},
        "stock_depletion_forecasts": used
        | {"on_hand": 5, "short": 0, "on_order": 0, "daily_consumption": 1, "depletion_probability": 0}
        | {"confidence": 1, "expiring": []},
        "unit_conversions": ingredient
        | known
        | {"from_quantity": 1, "from_unit": "bunch", "to_quantity": 80, "to_unit": "g"},
        "vendor_prices": ingredient | known | {"vendor_id": one, "unit_price": 1, "unit": "g"},
        "vendors": {"name": "Mill & Co"},
        "waste_records": ingredient | known | {"wasted_on": DAY, "quantity": 1, "unit": "g", "reason": "expired"},
    }


def _days_and_logs() -> dict[str, dict[str, Any]]:
    return {
        "alerts": {"kind": "run_failed", "about": "transactions", "severity": "info", "message": "test"},
        "audit_logs": {"actor": "test", "action": "rows.add", "subject": "all"},
        "closures": {"date": DAY, "reason": "a holiday"},
        "reservations": {"external_id": "1", "business_date": DAY, "at": AT, "party_size": 2}
        | {"status": "booked", "known_at": AT},
        "operating_hours": {"day_of_week": 0, "is_closed": True},
        "restaurant_events": {"name": "Wedding", "kind": "private", "starts_at": AT, "ends_at": LATER}
        | {"source": "diary", "external_id": "1"},
        "restaurant_settings": {"setting_key": "x", "setting_value": 1},
    }


def fill_every_table(store: Store, restaurant: Restaurant) -> None:
    """Write the rows as the restaurant, and the user, who belongs to no restaurant, as the owner role."""
    make_months(store, BY_MONTH, [DAY])
    with store.transaction(Role.OWNER) as owner:
        owner.execute(insert(User).values(id=restaurant.id, email=f"kim@{restaurant.slug}"))
    given = rows(restaurant.id)
    with store.tenant(restaurant) as tx:
        for table in METADATA.sorted_tables:
            if table.name in given:
                own_id = {"id": restaurant.id} if "id" in table.columns else {}
                values = own_id | {"restaurant_id": restaurant.id} | given[table.name]
                tx.connection.execute(insert(table).values(values))
