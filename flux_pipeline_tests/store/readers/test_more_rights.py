"""Tests of the proof of tenancy: it finds a login with more rights than a reader's, with the remedy."""

import pytest
from sqlalchemy.engine import URL

from flux_pipeline.store.access.bi_logins import add_reader
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenancy.proof import prove_tenancy
from flux_pipeline_tests.conftest import _administer


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("ALTER ROLE {} BYPASSRLS", "the role has BYPASSRLS"),
        ("ALTER ROLE {} SUPERUSER", "the role is a superuser"),
        ("GRANT flux_fleet TO {}", "the role is a member of flux_fleet"),
        ("GRANT flux_app TO {}", "the role is a member of flux_app"),
        ("GRANT pg_read_server_files TO {}", "the role is a member of pg_read_server_files"),
        ("REVOKE flux_reader FROM {0}; ALTER ROLE {0} BYPASSRLS", "the role has BYPASSRLS"),
    ],
)
def test_a_login_with_more_rights_than_a_readers_is_found(
    store: Store, bistro: Restaurant, database_server: URL, login: str, statement: str, wrong: str
) -> None:
    add_reader(store, login, ["bistro"])
    _administer(database_server, *statement.format(login).split("; "))
    (finding,) = prove_tenancy(store).findings
    assert finding.relation == login and finding.wrong.startswith(wrong)
    _administer(database_server, finding.remedy.removeprefix("as the server's administrator: "))
    proof = prove_tenancy(store)
    assert (proof.findings, proof.readers) == ((), 1)


def test_an_indirect_member_is_checked_too(store: Store, bistro: Restaurant, database_server: URL, login: str) -> None:
    add_reader(store, login, ["bistro"])
    _administer(database_server, f"CREATE ROLE {login}_too LOGIN BYPASSRLS IN ROLE {login}")
    found = [(finding.relation, finding.remedy) for finding in prove_tenancy(store).findings]
    _administer(database_server, f"DROP ROLE {login}_too")
    assert found == [(f"{login}_too", f"as the server's administrator: ALTER ROLE {login}_too NOBYPASSRLS")]
