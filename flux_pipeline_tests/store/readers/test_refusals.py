"""Tests of refusals: other roles' names, unknown restaurants and admins without rights; nothing is left behind."""

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.access.bi_logins import add_reader, list_readers, remove_reader, set_reader_password
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.conftest import _administer
from flux_pipeline_tests.store.readers.sessions import role_exists


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flux_app", "taken"),
        ("flux_reader", "taken"),
        ("pg_monitor", "taken"),
        ("postgres", "was not created by Flux for reading"),
        ("Tableau", "can't be a login"),
        ("x; DROP ROLE flux_app", "can't be a login"),
        ("", "can't be a login"),
        ("a" * 64, "can't be a login"),
    ],
)
def test_another_roles_name_or_an_invalid_one_is_refused(
    store: Store, bistro: Restaurant, name: str, said: str
) -> None:
    for attempt in (
        lambda: add_reader(store, name, ["bistro"]),
        lambda: remove_reader(store, name),
    ):
        with pytest.raises(PermanentError, match=said):
            attempt()
    with pytest.raises(PermanentError, match=f"{said}|reads here"):
        set_reader_password(store, name)
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
def test_a_role_that_was_not_created_for_reading_is_left_alone(
    store: Store, bistro: Restaurant, database_server: URL, login: str, statement: str
) -> None:
    _administer(database_server, *statement.format(login).split(";"))
    with pytest.raises(PermanentError, match="was not created by Flux for reading"):
        add_reader(store, login, ["bistro"])
    with pytest.raises(PermanentError, match="was not created by Flux for reading"):
        remove_reader(store, login)
    assert role_exists(store, login)


def test_an_unknown_restaurant_creates_no_login(store: Store, bistro: Restaurant, login: str) -> None:
    with pytest.raises(PermanentError, match="bisto"):
        add_reader(store, login, ["bistro", "bisto"])
    assert not role_exists(store, login)
    with store.fleet() as fleet:
        assert list_readers(fleet) == []
