"""Restaurants are kept apart by the database itself: every table is walked, as the role that the pipeline runs as."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.months import make_months
from flux_pipeline.store.restaurants import Restaurant
from flux_pipeline.store.roles import Role
from flux_pipeline.store.store import Store, enter_tenant

TENANT_TABLES = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
       ARRAY(SELECT qual FROM pg_policies p WHERE p.tablename = c.relname) AS policies,
       ARRAY(SELECT roles::text FROM pg_policies p WHERE p.tablename = c.relname) AS roles
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND (c.relname = 'restaurants'
       OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'restaurant_id'))
ORDER BY 1
"""


def unprotected(store: Store) -> list[str]:
    """Tables with a tenant's rows on which something is missing."""
    with store.transaction(Role.OWNER) as connection:
        tables = connection.execute(text(TENANT_TABLES)).all()
    assert len(tables) > 15
    good = []
    for table in tables:
        has_policy = table.relispartition or (
            len(table.policies) == 1
            and "NULLIF(current_setting('app.restaurant_id'" in table.policies[0]
            and table.roles == ["{flux_app}"]
        )
        if table.relrowsecurity and table.relforcerowsecurity and has_policy:
            good.append(table.relname)
    return [table.relname for table in tables if table.relname not in good]


def test_every_table_with_a_tenants_rows_is_protected(store: Store) -> None:
    make_months(store, ("transactions", "transaction_items", "demand_forecasts"), [dt.date(2026, 1, 1)])
    assert unprotected(store) == []


def test_a_new_table_without_a_policy_is_found(store: Store) -> None:
    with store.transaction(Role.OWNER) as connection:
        connection.execute(text("CREATE TABLE forgotten (restaurant_id uuid)"))
    assert unprotected(store) == ["forgotten"]


def test_the_runtime_roles_are_no_superusers_and_only_the_fleet_passes_by_policies(store: Store) -> None:
    with store.fleet() as connection:
        rows = connection.execute(
            text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname LIKE 'flux_%' ORDER BY 1")
        ).all()
    assert [tuple(row) for row in rows] == [(role.value, False, role is Role.FLEET) for role in sorted(Role)]


def seen(store: Store, restaurant_id: str | None) -> set[str]:
    with store.transaction(Role.APP) as connection:
        if restaurant_id is not None:
            connection.execute(text("SELECT set_config('app.restaurant_id', :id, true)"), {"id": restaurant_id})
        return set(connection.scalars(text("SELECT slug FROM restaurants")))


def test_a_tenant_sees_its_own_rows_and_without_a_tenant_there_are_none(
    store: Store, bistro: Restaurant, cafe: Restaurant
) -> None:
    assert seen(store, str(bistro.id)) == {"bistro"}
    assert seen(store, str(cafe.id)) == {"cafe"}
    assert seen(store, "") == set()
    assert seen(store, None) == set()
    assert seen(store, str(uuid.uuid4())) == set()


def test_the_tenant_ends_with_its_transaction(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        assert tx.connection.scalar(text("SELECT current_user")) == "flux_app"
        assert tx.connection.scalar(text("SELECT count(*) FROM employee_roles")) > 0
    with store.transaction(Role.APP) as connection:
        assert connection.scalar(text("SELECT count(*) FROM employee_roles")) == 0


INSERT_ROLE = "INSERT INTO employee_roles (restaurant_id, name, items_per_hour) VALUES (:id, 'spy', 10)"


@pytest.mark.parametrize(
    "statement",
    [
        INSERT_ROLE,
        "UPDATE employee_roles SET restaurant_id = :id",
        "DELETE FROM employee_roles WHERE restaurant_id = :id",
    ],
)
def test_a_tenant_can_not_write_another_tenants_rows(
    store: Store, bistro: Restaurant, cafe: Restaurant, statement: str
) -> None:
    def roles_of(restaurant: Restaurant) -> int:
        with store.tenant(restaurant) as tx:
            return tx.connection.scalar(text("SELECT count(*) FROM employee_roles")) or 0

    before = roles_of(cafe), roles_of(bistro)
    try:
        with store.tenant(bistro) as tx:
            tx.connection.execute(text(statement), {"id": cafe.id})
    except PermanentError as exc:
        assert "row-level security" in str(exc)
    assert (roles_of(cafe), roles_of(bistro)) == before


def test_a_foreign_key_can_not_reach_another_tenants_row(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    with store.tenant(cafe) as tx:
        item = tx.connection.scalar(
            text("INSERT INTO menu_items (restaurant_id, name) VALUES (:id, 'Tea') RETURNING id"), {"id": cafe.id}
        )
    with pytest.raises(PermanentError, match="foreign key"), store.tenant(bistro) as tx:
        tx.connection.execute(
            text("INSERT INTO menu_item_aliases (restaurant_id, menu_item_id, alias) VALUES (:id, :item, 'tea')"),
            {"id": bistro.id, "item": item},
        )


def test_no_partition_can_be_read_past_its_parent(store: Store, bistro: Restaurant) -> None:
    make_months(store, ("transactions",), [dt.date(2026, 1, 1)])
    with pytest.raises(DBAPIError, match="permission denied"), store.engine(Role.APP).begin() as connection:
        enter_tenant(connection, bistro.id)
        connection.execute(text("SELECT * FROM transactions_2026_01"))


@pytest.mark.parametrize("table", ["weather_data", "local_events", "feed_loads"])
def test_shared_tables_are_read_by_all_and_written_by_the_feeds_role_only(
    store: Store, bistro: Restaurant, table: str
) -> None:
    with store.tenant(bistro) as tx:
        assert tx.connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    with pytest.raises(PermanentError, match="permission denied"), store.tenant(bistro) as tx:
        tx.connection.execute(text(f"DELETE FROM {table}"))
    with store.feeds() as connection:
        connection.execute(text(f"DELETE FROM {table}"))
    with pytest.raises(PermanentError, match="permission denied"), store.feeds() as connection:
        connection.execute(text("SELECT * FROM menu_items"))


def test_only_the_owners_function_makes_months_and_only_of_tables_by_month(store: Store) -> None:
    with pytest.raises(PermanentError, match="permission denied"), store.transaction(Role.APP) as connection:
        connection.execute(text("CREATE TABLE mine (id int)"))
    with pytest.raises(PermanentError, match="not partitioned by month"):
        make_months(store, ("menu_items",), [dt.date(2026, 1, 1)])
