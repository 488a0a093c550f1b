"""Tests of the schema's own rules: it refuses wrong rows from any program."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store, enter_tenant
from flux_pipeline.store.models.base import Base
from flux_pipeline.store.models.registry import METADATA
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant

SETUP = """
INSERT INTO menu_items (restaurant_id, id, name) VALUES (:r, gen_random_uuid(), 'Soup');
INSERT INTO ingredients (restaurant_id, id, name, unit) VALUES (:r, gen_random_uuid(), 'Flour', 'g');
INSERT INTO employees (restaurant_id, employee_role_id, name)
    SELECT restaurant_id, id, 'Kim' FROM employee_roles LIMIT 1;
INSERT INTO scheduled_shifts (restaurant_id, employee_id, employee_role_id, business_date, starts_at, ends_at)
    SELECT restaurant_id, id, employee_role_id, '2026-03-01', '2026-03-01 09:00Z', '2026-03-01 17:00Z' FROM employees;
INSERT INTO recipe_versions (restaurant_id, menu_item_id, known_at, status, source)
    SELECT restaurant_id, id, now(), 'suggested', 'upload' FROM menu_items;
INSERT INTO inventory_movements (restaurant_id, ingredient_id, entry_number, source_kind, source, business_date,
    arrived_on, kind, quantity, previous_quantity, new_quantity)
    SELECT restaurant_id, id, 1, 'receipt', '1', '2026-03-01', '2026-03-01', 'purchase', 5, 0, 5 FROM ingredients
"""
SHIFT = """
INSERT INTO scheduled_shifts (restaurant_id, employee_id, employee_role_id, business_date, starts_at, ends_at, status)
SELECT restaurant_id, id, employee_role_id, '2026-03-01', '2026-03-01 {start}Z', '2026-03-01 {end}Z', '{status}'
FROM employees
"""
MOVEMENT = """
INSERT INTO inventory_movements (restaurant_id, ingredient_id, entry_number, source_kind, source, business_date,
    arrived_on, kind, quantity, previous_quantity, new_quantity)
SELECT restaurant_id, id, 2, 'usage', '1', '2026-03-01', '2026-03-01', {} FROM ingredients
"""
RECIPE = """
INSERT INTO recipe_lines
    (restaurant_id, recipe_version_id, line_number, ingredient_id, component_menu_item_id, quantity, unit)
SELECT v.restaurant_id, v.id, 2, {}, 'g' FROM recipe_versions v, menu_items m, ingredients i
"""


@pytest.fixture
def kitchen(store: Store, bistro: Restaurant) -> Restaurant:
    with store.tenant(bistro) as tx:
        for statement in SETUP.split(";"):
            tx.connection.execute(text(statement), {"r": bistro.id})
    return bistro


def write(store: Store, restaurant: Restaurant, statement: str) -> None:
    with store.tenant(restaurant) as tx:
        tx.connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (SHIFT.format(start="16:00", end="20:00", status="draft"), "ex_scheduled_shifts_no_overlap"),
        (SHIFT.format(start="20:00", end="18:00", status="draft"), "ends_after_it_starts"),
        (MOVEMENT.format("'usage', -6, 5, -1"), "quantities_not_negative"),
        (MOVEMENT.format("'usage', -2, 5, 4"), "quantities_add_up"),
        (MOVEMENT.format("'theft', -2, 5, 3"), "kind_is_known"),
        (RECIPE.format("i.id, m.id, 10"), "one_component"),
        (RECIPE.format("NULL, NULL, 10"), "one_component"),
        (RECIPE.format("i.id, NULL, 0"), "quantity_positive"),
        ("UPDATE inventory_movements SET quantity = 1", "permission denied"),
        ("DELETE FROM inventory_movements", "permission denied"),
        ("UPDATE ingredients SET waste_factor = 0.7", "waste_factor_in_bounds"),
        ("DELETE FROM ingredients", "foreign key"),
    ],
)
def test_the_schema_refuses(store: Store, kitchen: Restaurant, statement: str, rule: str) -> None:
    with pytest.raises(PermanentError, match=rule):
        write(store, kitchen, statement)


@pytest.mark.parametrize(
    "statement",
    [
        SHIFT.format(start="17:00", end="20:00", status="draft"),
        SHIFT.format(start="16:00", end="20:00", status="declined"),
        MOVEMENT.format("'usage', -2, 5, 3"),
        RECIPE.format("i.id, NULL, 10"),
    ],
)
def test_the_schema_allows(store: Store, kitchen: Restaurant, statement: str) -> None:
    write(store, kitchen, statement)


def test_even_the_owner_can_not_rewrite_stock_movements(store: Store, kitchen: Restaurant) -> None:
    with store.transaction(Role.OWNER) as connection:
        connection.execute(text("ALTER TABLE inventory_movements NO FORCE ROW LEVEL SECURITY"))
    with pytest.raises(DBAPIError, match="append-only"), store.engine(Role.OWNER).begin() as connection:
        enter_tenant(connection, kitchen.id)
        connection.execute(text("UPDATE inventory_movements SET reason = 'nothing happened'"))


def test_every_tables_docstring_states_what_a_row_is() -> None:
    models = [mapper.class_ for mapper in Base.registry.mappers]
    assert [model.__name__ for model in models if not (model.__doc__ or "").startswith("A row is")] == []


def test_every_key_of_a_tenants_table_begins_with_the_restaurant() -> None:
    for table in METADATA.tables.values():
        if "restaurant_id" not in table.columns:
            continue
        assert table.primary_key.columns.keys()[0] == "restaurant_id", table.name
        for key in table.foreign_keys:
            target = key.column.table
            if "restaurant_id" in target.columns:
                assert "restaurant_id" in {element.parent.name for element in key.constraint.elements}, key
        for constraint in table.constraints:
            if constraint.__class__.__name__ == "UniqueConstraint":
                assert next(iter(constraint.columns)).name == "restaurant_id", constraint.name
