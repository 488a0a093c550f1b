"""Tests of the proof of tenancy: it finds a login with more rights than a reader's, with the remedy."""

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import URL

from flux_pipeline.store.access.bi_logins import add_reader
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenancy.proof import prove_tenancy
from flux_pipeline_tests.conftest import _administer

RIGHTS = {
    "ALTER ROLE {0} BYPASSRLS": "the role has BYPASSRLS",
    "ALTER ROLE {0} SUPERUSER": "the role is a superuser",
    "GRANT flux_fleet TO {0}": "the role is a member of flux_fleet",
    "GRANT flux_app TO {0}": "the role is a member of flux_app",
    "GRANT pg_read_server_files TO {0}": "the role is a member of pg_read_server_files",
    "REVOKE flux_reader FROM {0}; ALTER ROLE {0} BYPASSRLS": "the role has BYPASSRLS",
}


@pytest.fixture
def logins(database_server: URL, login: str) -> Iterator[list[str]]:
    """A login for each of the rights; dropped after the database of the test, so this comes before the store."""
    names = [f"{login}_{number}" for number in range(len(RIGHTS))]
    yield names
    _administer(database_server, *(f'DROP ROLE IF EXISTS "{name}"' for name in names))


def test_a_login_with_more_rights_than_a_readers_is_found(
    logins: list[str], store: Store, bistro: Restaurant, database_server: URL
) -> None:
    for name, statements in zip(logins, RIGHTS, strict=True):
        add_reader(store, name, ["bistro"])
        _administer(database_server, *statements.format(name).split("; "))
    findings = {finding.relation: finding for finding in prove_tenancy(store).findings}
    assert sorted(findings) == logins
    for name, wrong in zip(logins, RIGHTS.values(), strict=True):
        assert findings[name].wrong.startswith(wrong)
        _administer(database_server, findings[name].remedy.removeprefix("as the server's administrator: "))
    proof = prove_tenancy(store)
    assert (proof.findings, proof.readers) == ((), len(logins))


def test_an_indirect_member_is_checked_too(store: Store, bistro: Restaurant, database_server: URL, login: str) -> None:
    add_reader(store, login, ["bistro"])
    _administer(database_server, f"CREATE ROLE {login}_too LOGIN BYPASSRLS IN ROLE {login}")
    found = [(finding.relation, finding.remedy) for finding in prove_tenancy(store).findings]
    _administer(database_server, f"DROP ROLE {login}_too")
    assert found == [(f"{login}_too", f"as the server's administrator: ALTER ROLE {login}_too NOBYPASSRLS")]
