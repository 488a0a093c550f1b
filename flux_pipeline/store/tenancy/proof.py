"""The proof that restaurants are kept apart: rules for the catalog, and attempts on each table as the pipeline's role.

The rules are in `_rules` and `_roles`, the attempts in `_attempts`.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import BindParameter, bindparam, select, text
from sqlalchemy.engine import Connection

from flux_pipeline.store.door import Store
from flux_pipeline.store.models.access import ReaderLogin
from flux_pipeline.store.postgres.engine import make_engine, plain_errors
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.tenancy import _attempts as attempts
from flux_pipeline.store.tenancy._catalog import Catalog, Relation, read_catalog
from flux_pipeline.store.tenancy._law import Finding
from flux_pipeline.store.tenancy._rules import check_rules

BUSIEST = """
SELECT r.id, r.slug FROM restaurants r
ORDER BY (SELECT sum(u.loaded_count) FROM data_uploads u WHERE u.restaurant_id = r.id) DESC NULLS LAST, r.slug LIMIT 2
"""
POLICY_REMEDY = "fix its other findings; the policy own_restaurant alone must decide which rows `flux_app` reaches"


@dataclass(frozen=True)
class TenancyProof:
    """The relations and roles checked, the number of proofs passed, the findings, and the two restaurants used."""

    tables: int
    partitions: int
    views: int
    shared: int
    roles: int
    readers: int
    passed: int
    findings: tuple[Finding, ...]
    restaurants: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Context:
    """A transaction's restaurant: the setting (None: not set), whose rows it should see, and whose it must not see."""

    name: str
    setting: str | None
    own: uuid.UUID | None
    other: uuid.UUID


@dataclass
class Ledger:
    """The number of proofs that passed, and the failed ones, each with the contexts in which it failed."""

    passed: int = 0
    failed: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def note(self, holds: bool, relation: Relation, context: Context, wrong: str, remedy: str = POLICY_REMEDY) -> None:
        """Record the result of one proof."""
        if holds:
            self.passed += 1
        else:
            self.failed.setdefault((relation.full_name, wrong, remedy), []).append(context.name)

    def findings(self) -> tuple[Finding, ...]:
        """Return the failed proofs, each as one finding for all its contexts."""
        return tuple(
            Finding(relation, f"{wrong} (as flux_app with {', '.join(names)})", remedy)
            for (relation, wrong, remedy), names in self.failed.items()
        )


def prove_tenancy(store: Store) -> TenancyProof:
    """Prove that no restaurant can reach another's rows, and that each can reach its own.

    First every relation of the database is checked against the rules. Then connections as `flux_app` try what each
    table and view shows, what each table accepts, and whether a partition can be read directly, bypassing its table:
    for the two restaurants with the most loaded rows (made-up ones if there are fewer), with no restaurant set, and
    with the setting empty. Everything is rolled back.

    Raises:
        TransientError: the database does not answer, or another process held a lock.
        PermanentError: a role can't log in.
    """
    began = time.perf_counter()
    with store.fleet() as fleet:
        logins = set(fleet.scalars(select(ReaderLogin.login)))
    with plain_errors(store.url(Role.OWNER)), _rolled_back(store.engine(Role.OWNER).connect()) as owner:
        # The server waits for a lock on a table even to print an expression of its catalog entry.
        owner.execute(text(attempts.LIMITS))
        catalog = read_catalog(owner)
        results = check_rules(owner, catalog, logins)
    contexts = _contexts(store)
    ledger = _try_all(store, catalog, contexts)
    findings = results.findings + ledger.findings()
    return TenancyProof(
        tables=len(catalog.tables),
        partitions=len(catalog.partitions),
        views=len(catalog.views),
        shared=len(catalog.ownerless),
        roles=results.roles,
        readers=results.readers,
        passed=results.passed + ledger.passed,
        findings=tuple(sorted(findings, key=lambda finding: finding.relation)),
        restaurants=tuple(context.name for context in contexts if context.own),
        seconds=time.perf_counter() - began,
    )


def _try_all(store: Store, catalog: Catalog, contexts: list[Context]) -> Ledger:
    ledger = Ledger()
    # New connections, the first for the context without a setting: a used connection remembers that it had one.
    engine = make_engine(store.url(Role.APP), store.settings)
    try:
        with plain_errors(store.url(Role.FLEET)), _one_view_of_the_data(store) as (fleet, snapshot):
            for context in contexts:
                with plain_errors(engine.url), _entered(engine.connect(), context, snapshot) as app:
                    _try_reading(ledger, context, app, fleet, catalog)
        for context in contexts:
            with plain_errors(engine.url), _entered(engine.connect(), context) as app:
                _try_writing(ledger, context, app, catalog)
    finally:
        engine.dispose()
    return ledger


def _contexts(store: Store) -> list[Context]:
    with store.fleet() as fleet:
        found = [(row.id, row.slug) for row in fleet.execute(text(BUSIEST))]
    made_up = [(uuid.uuid4(), f"made-up restaurant {number}") for number in (1, 2)]
    (a, a_name), (b, b_name) = (found + made_up)[:2]
    return [
        Context("no restaurant set", None, None, a),
        Context("an empty setting", "", None, a),
        Context(a_name, str(a), a, b),
        Context(b_name, str(b), b, a),
    ]


@contextmanager
def _rolled_back(connection: Connection) -> Iterator[Connection]:
    with connection:
        try:
            yield connection
        finally:
            connection.rollback()


@contextmanager
def _one_view_of_the_data(store: Store) -> Iterator[tuple[Connection, str]]:
    """Open a transaction of the fleet and export its snapshot: concurrent writes must not look like differences."""
    connection = store.engine(Role.FLEET).connect().execution_options(isolation_level="REPEATABLE READ")
    with _rolled_back(connection) as fleet:
        snapshot = str(fleet.scalar(text("SELECT pg_export_snapshot()")))
        fleet.execute(text(attempts.LIMITS))
        yield fleet, snapshot


@contextmanager
def _entered(connection: Connection, context: Context, snapshot: str | None = None) -> Iterator[Connection]:
    """Open a transaction in that context; with a snapshot, it sees the data of that snapshot."""
    level = "READ COMMITTED" if snapshot is None else "REPEATABLE READ"
    with _rolled_back(connection.execution_options(isolation_level=level)) as app:
        if snapshot is not None:
            # A utility statement takes no bound parameter.
            written: BindParameter[str] = bindparam("name", snapshot, literal_execute=True)
            app.execute(text("SET TRANSACTION SNAPSHOT :name").bindparams(written))
        app.execute(text(attempts.LIMITS))
        if context.setting is not None:
            app.execute(text("SELECT set_config('app.restaurant_id', :id, true)"), {"id": context.setting})
        yield app


def _try_reading(ledger: Ledger, context: Context, app: Connection, fleet: Connection, catalog: Catalog) -> None:
    """Check that reading shows no row of others, every row of its own, and that no partition can be read directly."""
    for relation in _with_key([*catalog.tables, *catalog.views]):
        seen = attempts.foreign_rows(app, relation, context.own)
        ledger.note(not seen.value, relation, context, "it shows rows of other restaurants")
        ledger.note(seen.sqlstate is None or seen.is_denied, relation, context, f"reading it fails{seen.in_words}")
        if context.own is None or (relation.is_view and seen.is_denied):
            continue
        shown, stored = attempts.rows(app, relation), attempts.rows(fleet, relation, context.own)
        if stored.sqlstate is None:
            wrong = "it does not show exactly the rows that the restaurant has"
            ledger.note((shown.value or 0) == stored.value, relation, context, wrong)
    for partition in catalog.partitions:
        remedy = f"REVOKE ALL ON {partition.full_name} FROM flux_app, PUBLIC"
        is_denied = attempts.any_row(app, partition).is_denied
        ledger.note(is_denied, partition, context, "it can be read directly, bypassing its table", remedy)


def _try_writing(ledger: Ledger, context: Context, app: Connection, catalog: Catalog) -> None:
    """Check that no row can be added for another restaurant, changed or deleted of another, or given to another."""
    own, other = context.own, context.other
    for relation in _with_key(catalog.tables):
        # An attempt that can't be made proves nothing and is not counted.
        tried = attempts.new_row(app, relation, other)
        if tried is not None:
            wrong = f"a new row for another restaurant is not refused{tried.in_words}"
            ledger.note(tried.is_denied, relation, context, wrong)
        tried = attempts.changed_rows(app, relation, own, other)
        wrong = f"rows of other restaurants can be changed{tried.in_words}"
        ledger.note(tried.is_harmless, relation, context, wrong)
        tried = attempts.deleted_rows(app, relation, own, other)
        wrong = f"rows of other restaurants can be deleted{tried.in_words}"
        ledger.note(tried.is_harmless, relation, context, wrong)
        tried = attempts.given_row(app, relation, other) if own is not None else None
        if tried is not None:
            wrong = f"a row can be given to another restaurant{tried.in_words}"
            ledger.note(tried.is_harmless, relation, context, wrong)


def _with_key(relations: list[Relation]) -> list[Relation]:
    """Select relations with a restaurant's key, but no foreign tables: the rules refuse those without an attempt."""
    return [relation for relation in relations if relation.key is not None and relation.kind != "f"]
