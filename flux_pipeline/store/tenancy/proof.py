"""The proof that restaurants are kept apart: the rules for the catalog, and each table tried as the pipeline's role.

What the rules are stands in `tenancy_rules`, what is tried on a table in `tenancy_attempts`.
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
from flux_pipeline.store.tenancy._rules import judge

BUSIEST = """
SELECT r.id, r.slug FROM restaurants r
ORDER BY (SELECT sum(u.loaded_count) FROM data_uploads u WHERE u.restaurant_id = r.id) DESC NULLS LAST, r.slug LIMIT 2
"""
POLICY_REMEDY = "mend what else is said of it; `flux_app` must be held by the policy own_restaurant and by nothing else"


@dataclass(frozen=True)
class TenancyProof:
    """What was walked, how many proofs passed, what is wrong, and the two restaurants that it was tried with."""

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
    """As whom a transaction acts: what it sets (None: nothing), whose rows it should see, whose it must not."""

    name: str
    setting: str | None
    own: uuid.UUID | None
    other: uuid.UUID


@dataclass
class Ledger:
    """The proofs that passed, and those that did not, each with the contexts in which it did not."""

    passed: int = 0
    failed: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def note(self, holds: bool, relation: Relation, context: Context, wrong: str, remedy: str = POLICY_REMEDY) -> None:
        """Write down one proof."""
        if holds:
            self.passed += 1
        else:
            self.failed.setdefault((relation.full_name, wrong, remedy), []).append(context.name)

    def findings(self) -> tuple[Finding, ...]:
        """What did not hold, one finding for all contexts together."""
        return tuple(
            Finding(relation, f"{wrong} (as flux_app with {', '.join(names)})", remedy)
            for (relation, wrong, remedy), names in self.failed.items()
        )


def prove_tenancy(store: Store) -> TenancyProof:
    """Prove that no restaurant reaches another's rows, and that each reaches its own.

    The rules for every relation of the database; then, really connected as `flux_app`, for the two restaurants that
    loaded most (made-up ones where there are fewer), without a restaurant and with an empty one: what each table and
    view shows, what each table takes, and whether a partition can be read past its table. Everything is rolled back.

    Raises:
        TransientError: the database does not answer, or somebody's lock was in the way.
        PermanentError: a role can't log in.
    """
    began = time.perf_counter()
    with store.fleet() as fleet:
        logins = set(fleet.scalars(select(ReaderLogin.login)))
    with plain_errors(store.url(Role.OWNER)), _rolled_back(store.engine(Role.OWNER).connect()) as owner:
        # Even to write an expression of the catalog down, the server waits for a lock on its table.
        owner.execute(text(attempts.LIMITS))
        catalog = read_catalog(owner)
        judgement = judge(owner, catalog, logins)
    contexts = _contexts(store)
    ledger = _try_all(store, catalog, contexts)
    findings = judgement.findings + ledger.findings()
    return TenancyProof(
        tables=len(catalog.tables),
        partitions=len(catalog.partitions),
        views=len(catalog.views),
        shared=len(catalog.ownerless),
        roles=judgement.roles,
        readers=judgement.readers,
        passed=judgement.passed + ledger.passed,
        findings=tuple(sorted(findings, key=lambda finding: finding.relation)),
        restaurants=tuple(context.name for context in contexts if context.own),
        seconds=time.perf_counter() - began,
    )


def _try_all(store: Store, catalog: Catalog, contexts: list[Context]) -> Ledger:
    ledger = Ledger()
    # Connections of our own, the first one for the context without a setting: a used one remembers that it had some.
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
        Context("an empty one set", "", None, a),
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
    """The fleet's transaction, and its snapshot: what others write meanwhile must not look like a difference."""
    connection = store.engine(Role.FLEET).connect().execution_options(isolation_level="REPEATABLE READ")
    with _rolled_back(connection) as fleet:
        snapshot = str(fleet.scalar(text("SELECT pg_export_snapshot()")))
        fleet.execute(text(attempts.LIMITS))
        yield fleet, snapshot


@contextmanager
def _entered(connection: Connection, context: Context, snapshot: str | None = None) -> Iterator[Connection]:
    """A transaction in that context; with a snapshot it sees the data as of that one."""
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
    """No row of others, all of its own, and no partition past its table."""
    for relation in _with_key([*catalog.tables, *catalog.views]):
        seen = attempts.foreign_rows(app, relation, context.own)
        ledger.note(not seen.value, relation, context, "it shows rows of other restaurants")
        ledger.note(seen.sqlstate is None or seen.is_denied, relation, context, f"reading it fails{seen.in_words}")
        if context.own is None or (relation.is_view and seen.is_denied):
            continue
        shown, there = attempts.rows(app, relation), attempts.rows(fleet, relation, context.own)
        if there.sqlstate is None:
            wrong = "it does not show exactly the rows that the restaurant has"
            ledger.note((shown.value or 0) == there.value, relation, context, wrong)
    for partition in catalog.partitions:
        remedy = f"REVOKE ALL ON {partition.full_name} FROM flux_app, PUBLIC"
        is_denied = attempts.any_row(app, partition).is_denied
        ledger.note(is_denied, partition, context, "it can be read past its table", remedy)


def _try_writing(ledger: Ledger, context: Context, app: Connection, catalog: Catalog) -> None:
    """No row for others, none of others, and none of its own given away."""
    own, other = context.own, context.other
    for relation in _with_key(catalog.tables):
        # What can't be tried proves nothing and is not counted.
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
        given = attempts.given_row(app, relation, other) if own is not None else None
        if given is not None:
            wrong = f"a row can be given to another restaurant{given.in_words}"
            ledger.note(given.is_harmless, relation, context, wrong)


def _with_key(relations: list[Relation]) -> list[Relation]:
    """Those that say whose a row is; a foreign table is refused as it is, and another server is none of ours to try."""
    return [relation for relation in relations if relation.key is not None and relation.kind != "f"]
