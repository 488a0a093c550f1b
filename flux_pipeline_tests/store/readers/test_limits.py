"""Tests of readers' limits: what a reader tries in order to hold up others, on Flux's server and on one's own."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from flux_pipeline.settings import load_settings
from flux_pipeline.store.access.bi_logins import add_reader
from flux_pipeline.store.access.reader_proof import prove_reader_limits
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres import server
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.reader_limits import hold_readers
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.migrate import upgrade
from flux_pipeline.store.tenancy.proof import prove_tenancy
from flux_pipeline_tests.conftest import _administer, folder_for_servers
from flux_pipeline_tests.store.readers.sessions import connect, refused


def test_a_reader_can_not_use_up_what_all_share(store: Store, bistro: Restaurant, login: str) -> None:
    add_reader(store, login, ["bistro"])
    with connect(store, login) as reader:
        reader.execute("SET default_transaction_read_only = off")
        reader.commit()
        for call in ("lo_create(0)", "lo_from_bytea(0, 'x')", "pg_try_advisory_xact_lock(1)", "pg_advisory_lock(1, 2)"):
            assert "permission denied for function" in refused(reader, f"SELECT {call}")
        assert "permission denied to set" in refused(reader, "SET temp_file_limit = -1")
        limits = "SELECT current_setting(n) FROM unnest(%s::text[]) n"
        names = ["statement_timeout", "idle_in_transaction_session_timeout", "temp_file_limit"]
        assert reader.execute(limits, [names]).fetchall() == [("5min",), ("1min",), ("1GB",)]


def test_what_a_reader_changes_of_its_limits_does_not_survive(store: Store, bistro: Restaurant, login: str) -> None:
    add_reader(store, login, ["bistro"])
    with connect(store, login) as reader:
        reader.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
        reader.commit()
        reader.execute("ALTER ROLE CURRENT_USER RESET ALL")
        reader.execute("ALTER ROLE CURRENT_USER SET statement_timeout = 0")
        reader.execute(f"ALTER ROLE CURRENT_USER IN DATABASE \"{store.admin_url.database}\" SET work_mem = '1GB'")
        reader.commit()
    assert hold_readers(store.admin_url, only=login) != ()
    assert hold_readers(store.admin_url, only=login) == ()
    with connect(store, login) as reader:
        names = ["statement_timeout", "work_mem", "temp_file_limit", "default_transaction_read_only"]
        shown = reader.execute("SELECT current_setting(n) FROM unnest(%s::text[]) n", [names]).fetchall()
        assert shown == [("5min",), ("4MB",), ("1GB",), ("on",)]
        # A session that switches its limits off keeps nobody waiting for longer than a transaction may last.
        reader.execute("SET idle_in_transaction_session_timeout = 0")
        hold_readers(store.admin_url, only=login)
        reader.execute("SELECT 1")
        hold_readers(store.admin_url, only=login, longest=dt.timedelta())
        with pytest.raises(psycopg.OperationalError):
            reader.execute("SELECT 1")


def test_the_proof_passes_and_leaves_no_login(store: Store) -> None:
    bootstrap(store.admin_url)
    proof = prove_reader_limits(store)
    assert proof.findings == ()
    assert proof.passed == 12
    with store.fleet() as fleet:
        assert fleet.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'flux_probe%'")) == 0


def test_the_proof_finds_each_limit_that_is_missing(store: Store) -> None:
    bootstrap(store.admin_url)
    database = store.admin_url.database
    inside = store.admin_url.set(drivername="postgresql")
    with psycopg.connect(inside.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute("GRANT EXECUTE ON FUNCTION lo_create(oid), pg_try_advisory_xact_lock(bigint) TO PUBLIC")
        admin.execute(f'GRANT TEMPORARY ON DATABASE "{database}" TO PUBLIC')
        admin.execute("GRANT SET ON PARAMETER temp_file_limit TO PUBLIC")
        try:
            found = prove_reader_limits(store).findings
        finally:
            admin.execute("REVOKE SET ON PARAMETER temp_file_limit FROM PUBLIC")
        assert [finding.wrong.split(",")[0] for finding in found] == [
            "a reader can store large objects",
            "a reader can take advisory locks",
            "a reader can create temporary tables",
            "a reader's temp_file_limit is 1GB and not 1GB",
        ]
        for finding in found[:3]:
            admin.execute(finding.remedy.partition(": ")[2])
    assert prove_reader_limits(store).findings == ()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[tuple[URL, URL]]:
    """Return the URLs of a server's superuser and of an admin login of Flux that is not one, as on hosted servers."""
    home = folder_for_servers("flux-own-")
    superuser = server.start(home)
    _administer(superuser, "CREATE ROLE boss LOGIN CREATEROLE CREATEDB BYPASSRLS PASSWORD 'boss'")
    yield superuser, superuser.set(username="boss", password="boss", database="flux")
    server.stop(home)
    shutil.rmtree(home)


def test_on_a_server_of_ones_own_the_proof_says_what_its_administrator_has_to_do_once(
    own_server: tuple[URL, URL], tmp_path: Path
) -> None:
    superuser, url = own_server
    store = Store(load_settings(home=tmp_path), url)
    upgrade(store)
    found = prove_reader_limits(store)
    assert "postgres" in found.elsewhere
    assert len(found.findings) == 4 and found.passed == 8
    inside = superuser.set(database="flux").render_as_string(hide_password=False)
    with psycopg.connect(inside, autocommit=True) as admin:
        for finding in found.findings:
            admin.execute(finding.remedy.partition(": ")[2].partition("; then run")[0])
    upgrade(store)
    assert prove_reader_limits(store).findings == prove_tenancy(store).findings == ()
    store.dispose()
