"""Tests of readers' logins: they are added, removed and added again, and each database admits them separately."""

import contextlib

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.access._server_logins import Hold
from flux_pipeline.store.access.bi_logins import Reader, add_reader, list_readers, remove_reader, set_reader_password
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.conftest import _administer
from flux_pipeline_tests.store.readers.sessions import connect, role_exists, seen


def test_a_reader_of_one_database_can_not_connect_to_another(
    store: Store, bistro: Restaurant, other_store: Store, login: str
) -> None:
    add_reader(store, login, ["bistro"])
    connect(store, login).close()
    for database in (other_store.admin_url.database, f"{store.admin_url.database}_dagster"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            connect(Store(store.settings, store.admin_url.set(database=database)), login)
    with pytest.raises(PermanentError, match="reads here"):
        set_reader_password(other_store, login)


def test_a_login_is_dropped_when_no_database_admits_it(
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


def test_a_removed_reader_is_disconnected_and_can_not_connect_again(
    store: Store, bistro: Restaurant, login: str
) -> None:
    add_reader(store, login, ["bistro"])
    with connect(store, login) as connection:
        connection.execute("SELECT 1")
        assert remove_reader(store, login).is_gone
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.Error, match="does not exist"):
        connect(store, login)
    with pytest.raises(PermanentError, match="reads here"):
        remove_reader(store, login)


def test_adding_and_removing_again_changes_and_logs_nothing(
    store: Store, bistro: Restaurant, cafe: Restaurant, login: str
) -> None:
    assert add_reader(store, login, ["bistro", "bistro", "cafe"]).added == ("bistro", "cafe")
    assert add_reader(store, login, ["cafe"]).added == ()
    assert remove_reader(store, login, ["cafe"]).removed == ("cafe",)
    assert remove_reader(store, login, ["cafe"]).removed == ()
    with store.fleet() as fleet:
        noted = [(a.slug, a.action) for a in list_acts(fleet) if a.subject == login]
    rows = [("cafe", "readers.remove"), ("cafe", "readers.add"), ("bistro", "readers.add")]
    assert noted == [*rows, (None, "readers.make_login")]


def test_a_login_left_incomplete_by_a_crash_is_shown_and_completed(
    store: Store, bistro: Restaurant, other_store: Store, login: str
) -> None:
    def listed() -> list[Reader]:
        with store.fleet() as fleet:
            return list_readers(fleet)

    # An add that died before the login existed: its row admits nobody.
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


def test_a_new_login_has_a_hashed_password(store: Store, bistro: Restaurant, database_server: URL, login: str) -> None:
    def stored() -> str | None:
        with psycopg.connect(database_server.render_as_string(hide_password=False)) as admin:
            row = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [login]).fetchone()
        return row[0] if row else None

    first = add_reader(store, login, ["bistro"]).url
    before = stored()
    assert first is not None and first.username == login and len(str(first.password)) == 32
    assert before is not None and before.startswith("SCRAM-SHA-256$") and str(first.password) not in before
    assert add_reader(store, login, ["bistro"]).url is None
    assert stored() == before, "adding again changes no password"
    second = set_reader_password(store, login)
    assert second.password not in {first.password, store.admin_url.password} and stored() != before
    with store.fleet() as fleet:
        assert list_acts(fleet)[0].action == "readers.set_password"


def test_without_a_password_of_the_admin_there_is_none_to_set(store: Store, login: str) -> None:
    bare = URL.create("postgresql", store.admin_url.username, None, "localhost", database="flux")
    with pytest.raises(PermanentError, match="none to set"):
        set_reader_password(Store(store.settings, bare), login)


def test_an_admin_without_the_right_to_create_logins_is_refused_and_nothing_is_left(
    store: Store, bistro: Restaurant, database_server: URL, login: str
) -> None:
    # Flux's roles have passwords that derive from the admin's.
    create = f"CREATE ROLE weak_admin LOGIN PASSWORD '{store.admin_url.password}' IN ROLE flux_owner"
    _administer(database_server, create)
    weak = Store(store.settings, store.admin_url.set(username="weak_admin"))
    try:
        with pytest.raises(PermanentError, match="CREATEROLE"):
            add_reader(weak, login, ["bistro"])
    finally:
        weak.dispose()
        _administer(database_server, "DROP ROLE weak_admin")
    assert not role_exists(store, login)
    with store.fleet() as fleet:
        assert list_readers(fleet) == []


def test_a_new_login_does_not_read_what_an_earlier_one_of_its_name_did(
    store: Store, bistro: Restaurant, cafe: Restaurant, database_server: URL, login: str
) -> None:
    add_reader(store, login, ["bistro", "cafe"])
    database = store.admin_url.database
    _administer(database_server, f'REVOKE ALL ON DATABASE "{database}" FROM "{login}"', f'DROP ROLE "{login}"')
    added = add_reader(store, login, ["bistro"])
    assert (added.added, added.removed, added.reads) == ((), ("cafe",), ("bistro",))
    with connect(store, login) as connection:
        assert seen(connection, "restaurants") == {bistro.id}
    with store.fleet() as fleet:
        noted = [(a.slug, a.action) for a in list_acts(fleet) if a.subject == login]
    assert noted[:2] == [(None, "readers.make_login"), ("cafe", "readers.remove")]


def test_a_login_that_could_not_connect_here_reads_only_the_named_restaurants(
    store: Store, bistro: Restaurant, other_store: Store, login: str
) -> None:
    add_reader(store, login, ["bistro"])
    diner = other_store.restaurant("diner")
    with other_store.tenant(diner) as tx:
        values = {"r": diner.id, "l": login}
        tx.connection.execute(text("INSERT INTO reader_logins (restaurant_id, login) VALUES (:r, :l)"), values)
    add_restaurant(other_store, NewRestaurant("kiosk", "Kiosk", "Europe/Paris", "EUR"))
    added = add_reader(other_store, login, ["kiosk"])
    assert (added.url, added.removed, added.reads) == (None, ("diner",), ("kiosk",))
    assert add_reader(other_store, login, ["diner"]).reads == ("diner", "kiosk")


def test_a_login_has_few_connections_at_once(store: Store, bistro: Restaurant, login: str) -> None:
    add_reader(store, login, ["bistro"])
    with contextlib.ExitStack() as open_ones:
        for _ in range(10):
            open_ones.enter_context(connect(store, login))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            connect(store, login)


def test_a_login_with_other_rights_is_kept_and_the_rights_are_named(
    store: Store, bistro: Restaurant, other_store: Store, login: str
) -> None:
    add_reader(store, login, ["bistro"])
    add_reader(other_store, login, ["diner"])
    with store.transaction(Role.OWNER) as owner:
        owner.execute(text(f'GRANT SELECT ON weather_data TO "{login}"'))
    removed = remove_reader(store, login)
    assert not removed.is_gone
    assert removed.hold == Hold(elsewhere=(str(other_store.admin_url.database),), here=("table weather_data",))
    assert remove_reader(other_store, login).hold == Hold(elsewhere=(str(store.admin_url.database),))
    with store.transaction(Role.OWNER) as owner:
        owner.execute(text(f'REVOKE SELECT ON weather_data FROM "{login}"'))
    assert remove_reader(store, login).is_gone
    with store.fleet() as fleet:
        assert (None, "readers.drop_login") in [(a.slug, a.action) for a in list_acts(fleet) if a.subject == login]
