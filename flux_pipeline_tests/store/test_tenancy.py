"""Tests of tenancy: the database keeps restaurants apart, and the proof finds each breach with its remedy."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL

from flux_pipeline.cli.main import main
from flux_pipeline.errors import PermanentError, TransientError
from flux_pipeline.settings import load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.models.registry import METADATA
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.migrate import upgrade
from flux_pipeline.store.schema.months import make_months
from flux_pipeline.store.tenancy.proof import TenancyProof, prove_tenancy
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.store.every_table import BY_MONTH, fill_every_table
from flux_pipeline_tests.store.sabotage import SABOTAGE

STATEMENT = re.compile(
    r"(?:as the server's administrator: )?((?:ALTER (?:TABLE|VIEW)|CREATE|DROP|REVOKE|SELECT|GRANT) .*)"
)


@dataclass(frozen=True)
class Sabotaged:
    """A database before the sabotage, after it, and after every remedy was applied."""

    before: TenancyProof
    after: TenancyProof
    repaired: TenancyProof
    rows_before: list[tuple[str, str]]
    rows_after: list[tuple[str, str]]


def every_row(admin: Engine) -> list[tuple[str, str]]:
    with admin.begin() as connection:
        names = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')")
        )
        return sorted(
            (name, row) for name in names for row in connection.scalars(text(f"SELECT t::text FROM {name} t"))
        )


@pytest.fixture(scope="module")
def sabotaged(database_server: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sabotaged]:
    url = database_server.set(database="flux_sabotaged")
    store = Store(load_settings(home=tmp_path_factory.mktemp("home")), url)
    upgrade(store)
    for slug in ("bistro", "cafe"):
        fill_every_table(store, add_restaurant(store, NewRestaurant(slug, slug, "Europe/Paris", "EUR")))
    admin = create_engine(url.set(drivername="postgresql+psycopg"))
    before = prove_tenancy(store)
    with admin.begin() as connection:
        for statement, *_ in SABOTAGE.values():
            connection.exec_driver_sql("SET LOCAL ROLE flux_owner" if "OWNER TO" not in statement else "RESET ROLE")
            connection.exec_driver_sql(statement)
    rows_before = every_row(admin)
    after = prove_tenancy(store)
    rows_after = every_row(admin)
    with admin.begin() as connection:
        for remedy in dict.fromkeys(finding.remedy for finding in after.findings):
            if advised := STATEMENT.fullmatch(remedy.removesuffix(", and create a table or a view instead")):
                connection.exec_driver_sql(advised[1].replace("%", "%%"))
    yield Sabotaged(before, after, prove_tenancy(store), rows_before, rows_after)
    admin.dispose()
    store.dispose()


def test_every_table_with_rows_of_two_restaurants_is_proved(sabotaged: Sabotaged) -> None:
    proof = sabotaged.before
    assert proof.findings == ()
    assert set(proof.restaurants) == {"bistro", "cafe"}
    tenants = {name for name, table in METADATA.tables.items() if "restaurant_id" in table.columns}
    assert tenants <= {name for name, _ in sabotaged.rows_before}, "give each new table its row in every_table.py"
    assert (proof.tables, proof.partitions) == (len(tenants | {"restaurants"}), 2 * len(BY_MONTH))
    # Per table seven rules, two of reading and three of writing in four contexts, in two all own rows and none given.
    tried = proof.tables * (7 + 4 * 5 + 2 * 2) + proof.partitions * (6 + 4) + proof.shared * 4 + proof.roles * 2
    assert proof.passed >= tried


@pytest.mark.parametrize(("_statement", "relation", "words"), SABOTAGE.values(), ids=SABOTAGE)
def test_each_breach_is_found_and_named(sabotaged: Sabotaged, _statement: str, relation: str, words: list[str]) -> None:
    faults = [finding.wrong for finding in sabotaged.after.findings if finding.relation == relation]
    for expected in words:
        assert any(expected in fault for fault in faults), faults


def test_no_other_relation_is_reported(sabotaged: Sabotaged) -> None:
    expected = {relation for _, relation, _ in SABOTAGE.values()} | {"menu_categories", "flux_app"}
    assert {finding.relation for finding in sabotaged.after.findings} == expected


def test_the_remedies_repair_each_breach(sabotaged: Sabotaged) -> None:
    by_hand = {"mart", "ingredient_categories", "menu_categories", "menu_item_aliases"}
    assert {finding.relation for finding in sabotaged.repaired.findings} == by_hand


def test_the_proof_changes_no_row_even_if_it_could(sabotaged: Sabotaged) -> None:
    assert sabotaged.rows_before == sabotaged.rows_after


def test_a_lock_of_another_process_is_not_a_finding(store: Store) -> None:
    with store.transaction(Role.OWNER) as connection, pytest.raises(TransientError, match="lock timeout"):
        connection.execute(text("LOCK TABLE closures"))
        prove_tenancy(store)


def test_without_restaurants_the_proof_uses_made_up_ones(store: Store) -> None:
    proof = prove_tenancy(store)
    assert proof.findings == ()
    assert proof.restaurants == ("made-up restaurant 1", "made-up restaurant 2")


def test_the_doctor_fails_after_a_policy_was_dropped_and_shows_the_remedy(store: Store, bistro: Restaurant) -> None:
    def doctor() -> tuple[int, str]:
        done = CliRunner().invoke(main, ["doctor", "--tenancy"])
        return done.exit_code, done.output

    bootstrap(store.admin_url)
    with store.transaction(Role.OWNER) as connection:
        connection.execute(text("DROP POLICY own_restaurant ON employee_roles"))
    code, said = doctor()
    assert code == 1
    assert "FAIL  employee_roles: policy own_restaurant is missing" in said
    assert "Error: Restaurants are not kept apart" in said
    advised = re.search(r"-> (CREATE POLICY own_restaurant.*)", said)
    assert advised
    with store.transaction(Role.OWNER) as connection:
        connection.exec_driver_sql(advised[1])
    code, said = doctor()
    assert code == 0, said
    assert re.search(
        r"Examined \d+ tables, 0 partitions and 2 views.*11 shared tables, 6 roles .* \d+ readers?\.\n", said
    )
    # Between them may be a note on other databases of the server, which other tests left.
    assert re.search(r"(?s)bistro.*\nTried, as a new reader.*\n[\d,]+ proofs passed, 0 failed", said)


def test_the_runtime_roles_are_no_superusers_and_only_the_fleet_bypasses_policies(store: Store) -> None:
    with store.fleet() as connection:
        rows = connection.execute(
            text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname LIKE 'flux_%' ORDER BY 1")
        ).all()
    assert [tuple(row) for row in rows] == [(role.value, False, role is Role.FLEET) for role in sorted(Role)]


def test_the_tenant_ends_with_its_transaction(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        assert tx.connection.scalar(text("SELECT current_user")) == "flux_app"
        assert tx.connection.scalar(text("SELECT count(*) FROM employee_roles")) > 0
    with store.transaction(Role.APP) as connection:
        assert connection.scalar(text("SELECT count(*) FROM employee_roles")) == 0


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


def test_only_the_owners_function_creates_months_and_only_for_tables_by_month(store: Store) -> None:
    with pytest.raises(PermanentError, match="permission denied"), store.transaction(Role.APP) as connection:
        connection.execute(text("CREATE TABLE mine (id int)"))
    with pytest.raises(PermanentError, match="not partitioned by month"):
        make_months(store, ("menu_items",), [dt.date(2026, 1, 1)])
