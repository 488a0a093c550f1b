"""Tests of the output of `flux readers`: what a login really reads, and whether it protects anything."""

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.engine import URL

from flux_pipeline.cli.access.readers import show_url
from flux_pipeline.cli.main import main
from flux_pipeline.settings import load_settings
from flux_pipeline.store.access._server_logins import login_url
from flux_pipeline.store.access.bi_logins import add_reader
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenancy._law import HIDDEN_FROM_READERS
from flux_pipeline_tests.conftest import _administer


def test_the_commands_show_what_a_login_reads(store: Store, bistro: Restaurant, cafe: Restaurant, login: str) -> None:
    def flux(*arguments: str) -> str:
        return CliRunner().invoke(main, ["readers", *arguments]).output

    assert "no login yet" in flux("list")
    added = flux("add", login, "--restaurant", "bistro")
    assert f"postgresql://{login}" in added and "Only programs of this OS user" not in added and "pooler" not in added
    assert "1 login\n" in flux("list")
    more = flux("add", login, "--restaurant", "cafe")
    assert "reads cafe too" in more and "It reads bistro, cafe." in more
    assert "already" in flux("add", login, "--restaurant", "cafe")
    assert "bistro, cafe" in flux("list")
    assert "still reads bistro" in flux("remove", login, "--restaurant", "cafe")
    assert "did not read cafe" in flux("remove", login, "--restaurant", "cafe")
    assert "removed from the server" in flux("remove", login)


def test_restaurants_of_an_earlier_login_are_named(
    store: Store, bistro: Restaurant, cafe: Restaurant, database_server: URL, login: str
) -> None:
    add_reader(store, login, ["cafe"])
    database = store.admin_url.database
    _administer(database_server, f'REVOKE ALL ON DATABASE "{database}" FROM "{login}"', f'DROP ROLE "{login}"')
    said = CliRunner().invoke(main, ["readers", "add", login, "--restaurant", "bistro"]).output
    assert f"An earlier {login} read cafe; this one does not." in said and "It reads bistro.\n" in said


def test_rights_that_keep_a_login_from_being_dropped_are_named(store: Store, bistro: Restaurant, login: str) -> None:
    add_reader(store, login, ["bistro"])
    with store.transaction(Role.OWNER) as owner:
        owner.execute(text(f'GRANT SELECT ON weather_data TO "{login}"'))
    said = CliRunner().invoke(main, ["readers", "remove", login]).output
    assert "it has rights that Flux did not grant, on table weather_data" in said and "another database" not in said


def test_the_help_names_the_tables_that_a_login_does_not_read() -> None:
    said = " ".join(CliRunner().invoke(main, ["readers", "--help"]).output.split())
    assert all(f"{table}" in said for table in HIDDEN_FROM_READERS)
    assert "wages" in CliRunner().invoke(main, ["readers", "add", "--help"]).output


def test_for_an_embedded_server_the_command_says_who_reaches_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FLUX_DATABASE_URL")
    embedded = Store(load_settings(), store.admin_url)
    show_url(embedded, login_url(embedded, "tableau", "secret"))
    embedded.dispose()
    said = capsys.readouterr().out
    assert "Only programs of this OS user reach this server" in said and "use a server of your own" in said
