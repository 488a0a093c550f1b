"""Tests of a BI tool's login: it sees only its restaurants' rows, whatever it sets; each test connects as it."""

import pytest
from sqlalchemy import text

from flux_pipeline.store.access.bi_logins import add_reader, remove_reader
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.readers.sessions import connect, refused, seen

# One of each kind: plain, partitioned, a mart.
TABLES = ("menu_items", "transactions", "transaction_items", "daily_item_sales", "employee_roles")


@pytest.mark.usefixtures("sold")
def test_a_reader_sees_only_its_restaurants_rows(
    store: Store, bistro: Restaurant, cafe: Restaurant, login: str
) -> None:
    add_reader(store, login, ["bistro"])
    with connect(store, login) as connection:
        for table in ("restaurants", *TABLES):
            assert seen(connection, table) == {bistro.id}, table
    add_reader(store, login, ["cafe"])
    with connect(store, login) as connection:
        for table in ("restaurants", *TABLES):
            assert seen(connection, table) == {bistro.id, cafe.id}, table
    remove_reader(store, login, ["bistro"])
    with connect(store, login) as connection:
        for table in ("restaurants", *TABLES):
            assert seen(connection, table) == {cafe.id}, table


@pytest.mark.usefixtures("sold")
def test_no_setting_and_no_role_shows_a_reader_more(
    store: Store, bistro: Restaurant, cafe: Restaurant, login: str
) -> None:
    add_reader(store, login, ["bistro"])
    with connect(store, login) as connection:
        connection.execute("SELECT set_config('app.restaurant_id', %s, false)", [str(cafe.id)])
        connection.execute("SET row_security = on")
        for table in ("restaurants", *TABLES):
            assert seen(connection, table) == {bistro.id}, table
        connection.commit()
        for role in [role.value for role in Role] + ["postgres"]:
            assert "permission denied" in refused(connection, f"SET ROLE {role}"), role
            assert "permission denied" in refused(connection, f"SET SESSION AUTHORIZATION {role}"), role
        connection.execute("SET row_security = off")
        connection.commit()
        assert "row-level security" in refused(connection, "SELECT * FROM menu_items")


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO menu_items (restaurant_id, name) SELECT id, 'Tea' FROM restaurants",
        "UPDATE restaurants SET name = 'mine'",
        "DELETE FROM transactions",
        "TRUNCATE daily_item_sales",
        "INSERT INTO reader_logins (restaurant_id, login) SELECT restaurant_id, login FROM reader_logins",
        "INSERT INTO weather_data (place, valid_at, issued_at, kind) VALUES ('x', now(), now(), 'observed')",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "SELECT flux_ensure_months('transactions', ARRAY[date '2031-01-01'])",
        "SELECT * FROM transactions FOR UPDATE",
    ],
)
def test_a_reader_can_not_write_even_in_a_read_write_transaction(store: Store, login: str, statement: str) -> None:
    bootstrap(store.admin_url)
    add_reader(store, login, ["bistro"])
    with connect(store, login) as connection:
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
        connection.execute("SET default_transaction_read_only = off")
        connection.commit()
        assert "permission denied" in refused(connection, statement)


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize(
    "table",
    [
        "users",
        "alerts",
        "operator_alerts",
        "operator_logs",
        "transactions_2026_03",
        "alembic_version",
        "restaurant_members",
        "audit_logs",
        "rejected_rows",
    ],
)
def test_a_reader_can_not_read_tables_of_no_restaurant_or_past_a_policy(store: Store, login: str, table: str) -> None:
    add_reader(store, login, ["bistro"])
    with connect(store, login) as connection:
        assert "permission denied" in refused(connection, f"SELECT * FROM {table}")


def test_a_reader_sees_only_its_own_rights_and_reads_shared_tables(
    store: Store, bistro: Restaurant, cafe: Restaurant, login: str
) -> None:
    add_reader(store, login, ["bistro"])
    with store.tenant(cafe) as tx:
        values = {"r": cafe.id}
        tx.connection.execute(text("INSERT INTO reader_logins (restaurant_id, login) VALUES (:r, 'rival')"), values)
    with connect(store, login) as connection:
        assert connection.execute("SELECT restaurant_id, login FROM reader_logins").fetchall() == [(bistro.id, login)]
        for table in ("weather_data", "local_events"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_reader_has_no_more_rights_than_a_readers(store: Store, bistro: Restaurant, login: str) -> None:
    add_reader(store, login, ["bistro"])
    with store.fleet() as fleet:
        role = fleet.execute(
            text(
                "SELECT rolcanlogin, rolinherit, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication,"
                " ARRAY(SELECT roleid::regrole::text || ' ' || admin_option || set_option FROM pg_auth_members m"
                "       WHERE m.member = r.oid) AS member_of FROM pg_roles r WHERE rolname = :l"
            ),
            {"l": login},
        ).one()
    assert tuple(role) == (True, True, False, False, False, False, False, ["flux_reader falsefalse"])
