"""A BI tool's login sees its restaurants' rows and nothing else, whatever it says; proved by connecting as it."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.engine import URL

from flux_pipeline.cli import main
from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import load_settings
from flux_pipeline.store.audit_logs import list_acts
from flux_pipeline.store.bootstrap import bootstrap
from flux_pipeline.store.onboarding import NewRestaurant, add_restaurant
from flux_pipeline.store.readers import Reader, add_reader, list_readers, remove_reader, set_reader_password
from flux_pipeline.store.restaurants import Restaurant
from flux_pipeline.store.roles import Role
from flux_pipeline.store.store import Store
from flux_pipeline_tests.conftest import _administer

SOLD = """
INSERT INTO menu_items (restaurant_id, id, name) VALUES (:r, :r, 'Soup');
INSERT INTO data_uploads (restaurant_id, id, storage_uri, kind, file_name, content_sha256, size_bytes)
    VALUES (:r, :r, 'x', 'sales', 'x.csv', 'x', 1);
SELECT flux_ensure_months('transactions', ARRAY[date '2026-03-06']);
SELECT flux_ensure_months('transaction_items', ARRAY[date '2026-03-06']);
INSERT INTO transactions (restaurant_id, business_date, data_upload_id, total_amount) VALUES (:r, '2026-03-06', :r, 9);
INSERT INTO transaction_items (restaurant_id, business_date, transaction_id, line_number, menu_item_id, menu_item_name,
    quantity, line_amount) VALUES (:r, '2026-03-06', :r, 1, :r, 'Soup', 2, 9);
INSERT INTO daily_item_sales (restaurant_id, business_date, menu_item_id, quantity, line_amount, ticket_count)
    VALUES (:r, '2026-03-06', :r, 2, 9, 1)
"""
# One a kind: plain, partitioned, a mart, the audit.
TABLES = ("menu_items", "transactions", "transaction_items", "daily_item_sales", "employee_roles", "audit_logs")


@pytest.fixture(autouse=True)
def login(database_server: URL) -> Iterator[str]:
    """A name that no other test uses: logins belong to the server of the session. Dropped after the databases."""
    name = f"bi_{uuid.uuid4().hex[:12]}"
    yield name
    _administer(database_server, f'DROP ROLE IF EXISTS "{name}"')


@pytest.fixture
def other_store(database_server: URL, store: Store) -> Iterator[Store]:
    """A second Flux database on the same server, with a restaurant; both admit only whom bootstrap names."""
    url = database_server.set(database=f"{store.admin_url.database}_too")
    _administer(database_server, f'CREATE DATABASE "{url.database}" OWNER flux_owner TEMPLATE flux_template')
    for admin_url in (store.admin_url, url):
        bootstrap(admin_url)
    other = Store(load_settings(), url)
    add_restaurant(other, NewRestaurant("diner", "Diner", "Europe/Paris", "EUR"))
    yield other
    other.dispose()
    for name in (url.database, f"{url.database}_dagster"):
        _administer(database_server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def sold(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    """Both restaurants have a row in every kind of table."""
    for restaurant in (bistro, cafe):
        with store.tenant(restaurant) as tx:
            for statement in SOLD.split(";"):
                tx.connection.execute(text(statement), {"r": restaurant.id})


def connect(store: Store, login: str) -> psycopg.Connection[Any]:
    url = store.admin_url.set(drivername="postgresql", username=login, password="")
    return psycopg.connect(url.render_as_string(hide_password=False))


def seen(connection: psycopg.Connection[Any], table: str) -> set[uuid.UUID]:
    key = "id" if table == "restaurants" else "restaurant_id"
    return {row[0] for row in connection.execute(f"SELECT {key} FROM {table}").fetchall()}


def role_exists(store: Store, login: str) -> bool:
    with store.fleet() as fleet:
        return bool(fleet.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :l"), {"l": login}))


def refused(connection: psycopg.Connection[Any], statement: str) -> str:
    """Why the server refuses the statement; fails where it does not."""
    with pytest.raises(psycopg.Error) as why, connection.transaction():
        connection.execute(statement)
    return str(why.value)


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
def test_a_reader_can_not_write_even_where_it_says_that_it_may(store: Store, login: str, statement: str) -> None:
    bootstrap(store.admin_url)
    add_reader(store, login, ["bistro"])
    with connect(store, login) as connection:
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
        connection.execute("SET default_transaction_read_only = off")
        connection.commit()
        assert "permission denied" in refused(connection, statement)


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize("table", ["users", "operator_logs", "transactions_2026_03", "alembic_version"])
def test_a_reader_can_not_read_what_is_no_restaurants_or_goes_past_a_policy(
    store: Store, login: str, table: str
) -> None:
    add_reader(store, login, ["bistro"])
    with connect(store, login) as connection:
        assert "permission denied" in refused(connection, f"SELECT * FROM {table}")


def test_a_reader_knows_its_own_rights_only_and_reads_what_all_share(
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


def test_a_reader_of_one_database_can_not_connect_to_another(
    store: Store, bistro: Restaurant, other_store: Store, login: str
) -> None:
    add_reader(store, login, ["bistro"])
    connect(store, login).close()
    for database in (other_store.admin_url.database, f"{store.admin_url.database}_dagster"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            connect(Store(store.settings, store.admin_url.set(database=database)), login)
    with pytest.raises(PermanentError, match="reads here"):
        set_reader_password(Store(store.settings, other_store.admin_url.set(password="x")), login)


def test_a_login_is_gone_once_no_database_admits_it(
    store: Store, bistro: Restaurant, other_store: Store, login: str
) -> None:
    assert add_reader(store, login, ["bistro"]).url is not None
    assert add_reader(other_store, login, ["diner"]).url is None, "the login of the server is one, with its password"
    removed = remove_reader(store, login)
    assert (removed.removed, removed.left, removed.is_gone) == (("bistro",), (), False)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(store, login)
    with connect(other_store, login) as connection:
        assert connection.execute("SELECT slug FROM restaurants").fetchall() == [("diner",)]
    assert remove_reader(other_store, login).is_gone
    assert not role_exists(store, login)


def test_a_reader_that_is_removed_is_thrown_out_and_can_not_come_back(
    store: Store, bistro: Restaurant, login: str
) -> None:
    add_reader(store, login, ["bistro"])
    with connect(store, login) as connection:
        connection.execute("SELECT 1")
        assert remove_reader(store, login).is_gone
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(store, login)
    with pytest.raises(PermanentError, match="reads here"):
        remove_reader(store, login)


def test_adding_and_removing_again_changes_and_notes_nothing(
    store: Store, bistro: Restaurant, cafe: Restaurant, login: str
) -> None:
    assert add_reader(store, login, ["bistro", "bistro", "cafe"]).added == ("bistro", "cafe")
    assert add_reader(store, login, ["cafe"]).added == ()
    assert remove_reader(store, login, ["cafe"]).removed == ("cafe",)
    assert remove_reader(store, login, ["cafe"]).removed == ()
    with store.fleet() as fleet:
        noted = [(a.slug, a.action) for a in list_acts(fleet) if a.subject == login]
    assert noted == [("cafe", "readers.remove"), ("cafe", "readers.add"), ("bistro", "readers.add")]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flux_app", "taken"),
        ("flux_reader", "taken"),
        ("pg_monitor", "taken"),
        ("postgres", "did not make"),
        ("Tableau", "can't be a login"),
        ("x; DROP ROLE flux_app", "can't be a login"),
        ("", "can't be a login"),
        ("a" * 64, "can't be a login"),
    ],
)
def test_a_name_of_somebody_elses_or_of_the_wrong_form_is_refused(
    store: Store, bistro: Restaurant, name: str, said: str
) -> None:
    passworded = Store(store.settings, store.admin_url.set(password="x"))
    for attempt in (
        lambda: add_reader(store, name, ["bistro"]),
        lambda: remove_reader(store, name),
    ):
        with pytest.raises(PermanentError, match=said):
            attempt()
    with pytest.raises(PermanentError, match=f"{said}|reads here"):
        set_reader_password(passworded, name)
    passworded.dispose()
    with store.fleet() as fleet:
        assert fleet.scalar(text("SELECT count(*) FROM reader_logins")) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE ROLE {} LOGIN",
        "CREATE ROLE {} NOLOGIN IN ROLE flux_reader",
        "CREATE ROLE {} LOGIN CREATEROLE IN ROLE flux_reader",
        "CREATE ROLE {} LOGIN SUPERUSER IN ROLE flux_reader",
        "CREATE ROLE {0} LOGIN; GRANT flux_reader TO {0} WITH ADMIN OPTION",
        "CREATE ROLE {0} LOGIN; GRANT flux_reader TO {0} WITH INHERIT FALSE",
    ],
)
def test_a_role_that_was_not_made_to_read_is_left_alone(
    store: Store, bistro: Restaurant, database_server: URL, login: str, statement: str
) -> None:
    _administer(database_server, *statement.format(login).split(";"))
    with pytest.raises(PermanentError, match="did not make"):
        add_reader(store, login, ["bistro"])
    with pytest.raises(PermanentError, match="did not make"):
        remove_reader(store, login)
    assert role_exists(store, login)


def test_an_unknown_restaurant_makes_no_login(store: Store, bistro: Restaurant, login: str) -> None:
    with pytest.raises(PermanentError, match="bisto"):
        add_reader(store, login, ["bistro", "bisto"])
    assert not role_exists(store, login)
    with store.fleet() as fleet:
        assert list_readers(fleet) == []


def test_what_a_crash_left_half_way_is_seen_and_completed(
    store: Store, bistro: Restaurant, other_store: Store, login: str
) -> None:
    def listed() -> list[Reader]:
        with store.fleet() as fleet:
            return list_readers(fleet)

    # An add that died before the login came into being: its row admits nobody.
    with store.tenant(bistro) as tx:
        values = {"r": bistro.id, "l": login}
        tx.connection.execute(text("INSERT INTO reader_logins (restaurant_id, login) VALUES (:r, :l)"), values)
    assert [(r.login, r.slugs, r.may_connect) for r in listed()] == [(login, ("bistro",), False)]
    assert add_reader(store, login, ["bistro"]).url is not None
    assert [(r.login, r.slugs, r.may_connect) for r in listed()] == [(login, ("bistro",), True)]
    # A removal that died after the rows: the login sees nothing of a restaurant, and the next removal takes it away.
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("DELETE FROM reader_logins"))
    with connect(store, login) as connection:
        assert connection.execute("SELECT * FROM restaurants").fetchall() == []
    assert [(r.login, r.slugs, r.may_connect) for r in listed()] == [(login, (), True)]
    assert remove_reader(store, login).is_gone
    assert listed() == []


def test_a_new_login_has_a_password_where_the_admin_has_one_and_it_is_stored_hashed(
    store: Store, bistro: Restaurant, database_server: URL, login: str
) -> None:
    passworded = Store(store.settings, store.admin_url.set(password="the admins"))

    def stored() -> str | None:
        with psycopg.connect(database_server.render_as_string(hide_password=False)) as admin:
            row = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [login]).fetchone()
        return row[0] if row else None

    first = add_reader(passworded, login, ["bistro"]).url
    before = stored()
    assert first is not None and first.username == login and len(str(first.password)) == 32
    assert before is not None and before.startswith("SCRAM-SHA-256$") and str(first.password) not in before
    assert add_reader(passworded, login, ["bistro"]).url is None
    assert stored() == before, "adding again changes no password"
    second = set_reader_password(passworded, login)
    assert second.password not in {first.password, "the admins"} and stored() != before
    with store.fleet() as fleet:
        assert list_acts(fleet)[0].action == "readers.set_password"
    passworded.dispose()


def test_a_server_without_passwords_has_none_to_set(store: Store, bistro: Restaurant, login: str) -> None:
    url = add_reader(store, login, ["bistro"]).url
    assert url is not None and not url.password
    with pytest.raises(PermanentError, match="none to set"):
        set_reader_password(store, login)


def test_an_admin_who_may_not_make_logins_is_told_so_and_nothing_stays(
    store: Store, bistro: Restaurant, login: str
) -> None:
    weak = Store(store.settings, store.admin_url.set(username=Role.OWNER.value))
    with pytest.raises(PermanentError, match="CREATEROLE"):
        add_reader(weak, login, ["bistro"])
    assert not role_exists(store, login)
    with store.fleet() as fleet:
        assert list_readers(fleet) == []
    weak.dispose()


def test_the_commands_say_what_a_login_reads(store: Store, bistro: Restaurant, cafe: Restaurant, login: str) -> None:
    def flux(*arguments: str) -> str:
        return CliRunner().invoke(main, ["readers", *arguments]).output

    assert "no login yet" in flux("list")
    added = flux("add", login, "--restaurant", "bistro")
    assert f"postgresql://{login}" in added and "without a password" in added
    assert "reads cafe too" in flux("add", login, "--restaurant", "cafe")
    assert "already" in flux("add", login, "--restaurant", "cafe")
    assert "bistro, cafe" in flux("list")
    assert "still reads bistro" in flux("remove", login, "--restaurant", "cafe")
    assert "did not read cafe" in flux("remove", login, "--restaurant", "cafe")
    assert "removed from the server" in flux("remove", login)
