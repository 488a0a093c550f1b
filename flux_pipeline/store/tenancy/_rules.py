"""Rules for the catalog that keep restaurants apart, with a remedy for each broken one.

They only read, except for a temporary table on which the server prints the policies as they should be. `proof` tries
the same things as the role that the pipeline runs as. `_law` declares what the catalog should hold.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.tenancy._catalog import ROOT_TABLE, SHARED, TENANT_COLUMN, Catalog, Relation, read_policies
from flux_pipeline.store.tenancy._law import (
    APPEND_ONLY,
    AS_ADMIN,
    HIDDEN_FROM_READERS,
    OF_AVERAGES,
    READER_LOGINS,
    Finding,
    policies_of,
    rights_to,
)
from flux_pipeline.store.tenancy._roles import (
    belongs_to_no_stronger_role,
    bound_roles,
    bypasses_no_policy,
    no_function_lends_rights,
    owns_nothing,
    readers_of,
)

REFERENCE = "pg_temp.flux_tenancy_reference"
MAKE_REFERENCE = """
CREATE TEMPORARY TABLE flux_tenancy_reference (restaurant_id uuid, id uuid, login text) ON COMMIT DROP
"""


@dataclass(frozen=True)
class RuleResults:
    """The number of rules that hold, counted once for each relation or role, and a finding for each that does not."""

    roles: int
    readers: int
    passed: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Law:
    """The standard that rules compare with: the catalog, and each policy that should exist as the server prints it."""

    catalog: Catalog
    written: dict[str, tuple[object, ...]]


Rule = Callable[[Law, Relation], Iterator[Finding]]


def check_rules(connection: Connection, catalog: Catalog, logins: Collection[str]) -> RuleResults:
    """Check every relation and role against every rule that applies to it.

    Args:
        connection: a transaction of the owner. It creates a temporary table; roll it back.
        catalog: read in the same transaction.
        logins: those of `reader_logins`, whose rows the owner does not see.
    """
    law = Law(catalog, _as_written(connection, catalog))
    tables = (_is_secured, _has_its_policies, _belongs_to_the_owner, _grants, _keys, _foreign_keys, _is_append_only)
    subjects: list[tuple[list[Relation], tuple[Rule, ...]]] = [
        (catalog.tables, tables),
        (catalog.partitions, (_is_secured, _has_no_policy, _belongs_to_the_owner, _grants, _keys, _foreign_keys)),
        (catalog.views, (_runs_as_its_caller, _grants)),
        (catalog.ownerless, (_is_declared_shared,)),
        (catalog.shared, (_belongs_to_the_owner, _grants, _holds_averages_only, _is_append_only)),
    ]
    verdicts = [list(rule(law, relation)) for relations, rules in subjects for relation in relations for rule in rules]
    readers = readers_of(connection, logins)
    for name in bound_roles(readers):
        verdicts += [list(rule(connection, name)) for rule in (bypasses_no_policy, belongs_to_no_stronger_role)]
    verdicts += [list(owns_nothing(connection, Role.APP.value)), list(no_function_lends_rights(connection, readers))]
    return RuleResults(
        roles=len(Role),
        readers=len(readers),
        passed=sum(not findings for findings in verdicts),
        findings=tuple(finding for findings in verdicts for finding in findings),
    )


def _as_written(connection: Connection, catalog: Catalog) -> dict[str, tuple[object, ...]]:
    """Let this server print each clause, so that the texts that are compared come from the same printer."""
    clauses = sorted({clause for table in catalog.tables for clause in policies_of(table).values()})
    connection.execute(text(MAKE_REFERENCE))
    for number, clause in enumerate(clauses):
        connection.exec_driver_sql(f'CREATE POLICY "{number}" ON {REFERENCE} {clause}')
    oid = connection.scalar(text("SELECT CAST(CAST(:name AS regclass) AS oid)"), {"name": REFERENCE})
    forms = {policy.name: policy.form for policy in read_policies(connection)[oid]}
    return {clause: forms[str(number)] for number, clause in enumerate(clauses)}


def _is_secured(_law: Law, relation: Relation) -> Iterator[Finding]:
    name = relation.full_name
    if relation.kind == "f":
        yield Finding(name, "a foreign table can't be protected row by row", f"DROP FOREIGN TABLE {name}")
    elif not (relation.is_secured and relation.is_forced):
        missing = "not forced on its owner" if relation.is_secured else "not enabled"
        yield Finding(
            name,
            f"row-level security is {missing}",
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        )


def _has_its_policies(law: Law, relation: Relation) -> Iterator[Finding]:
    name, clauses = relation.full_name, policies_of(relation)
    found = {policy.name: policy for policy in relation.policies}
    if not found and name not in (ROOT_TABLE, READER_LOGINS):
        admit = "" if name in HIDDEN_FROM_READERS else f"; SELECT flux_admit_readers('{name}')"
        functions = f"SELECT flux_protect_tenant_table('{name}'){admit}"
        yield Finding(name, "it has no policy, so no rule keeps its rows apart", functions)
        return
    for policy in relation.policies:
        if policy.name not in clauses:
            wrong = f"policy {policy.name} was not created by Flux and may admit more rows"
            yield Finding(name, wrong, f'DROP POLICY "{policy.name}" ON {name}')
    for policy_name, clause in clauses.items():
        make = f"CREATE POLICY {policy_name} ON {name} {clause}"
        if policy_name not in found:
            yield Finding(name, f"policy {policy_name} is missing", make)
        elif found[policy_name].form != law.written[clause]:
            policy = found[policy_name]
            wrong = f"policy {policy_name} differs from Flux's (for {', '.join(policy.roles)}: {policy.using_text})"
            yield Finding(name, wrong, f"DROP POLICY {policy_name} ON {name}; {make}")


def _has_no_policy(_law: Law, partition: Relation) -> Iterator[Finding]:
    name = partition.full_name
    for policy in partition.policies:
        wrong = f"policy {policy.name} opens a partition, which should be read only through its table"
        yield Finding(name, wrong, f'DROP POLICY "{policy.name}" ON {name}')


def _belongs_to_the_owner(_law: Law, relation: Relation) -> Iterator[Finding]:
    name, owner = relation.full_name, Role.OWNER.value
    if relation.owner != owner:
        wrong = f"it belongs to {relation.owner}, who can change its policies"
        yield Finding(name, wrong, f"{AS_ADMIN}ALTER TABLE {name} OWNER TO {owner}")


def _grants(_law: Law, relation: Relation) -> Iterator[Finding]:
    name = relation.full_name
    allowed = {role.value: rights for role, rights in rights_to(relation).items()}
    held: dict[str, list[str]] = {}
    for grantee, privilege in relation.grants:
        if privilege.split(" (")[0] not in allowed.get(grantee, set()):
            held.setdefault(grantee, []).append(privilege)
    for grantee, privileges in sorted(held.items()):
        allowed_again = sorted(allowed.get(grantee, set()) & {privilege for _, privilege in relation.grants})
        give_back = f"; GRANT {', '.join(allowed_again)} ON {name} TO {grantee}" if allowed_again else ""
        wrong = f"{grantee} holds {', '.join(sorted(privileges))}"
        yield Finding(name, wrong, f"REVOKE ALL ON {name} FROM {grantee}{give_back}")


def _keys(_law: Law, relation: Relation) -> Iterator[Finding]:
    if relation.key != TENANT_COLUMN:
        return
    for index, first_column in relation.unique_indexes:
        if first_column != relation.key:
            yield Finding(
                relation.full_name,
                f"{index} is unique by {first_column} first, so it reveals other restaurants' rows",
                f"recreate it with {relation.key} as its first column",
            )


def _foreign_keys(law: Law, relation: Relation) -> Iterator[Finding]:
    for key in relation.foreign_keys:
        target = law.catalog.relations.get(key.target)
        if target is None or target.key is None:
            continue
        pairs: list[tuple[str | None, str]] = list(zip(key.columns, key.targets, strict=True))
        if (relation.key, target.key) not in pairs:
            yield Finding(
                relation.full_name,
                f"foreign key {key.name} can point at another restaurant's row in {target.full_name}",
                f"recreate it with {relation.key} paired with {target.key}",
            )


def _runs_as_its_caller(_law: Law, view: Relation) -> Iterator[Finding]:
    name = view.full_name
    if view.kind == "m":
        wrong = "a materialised view stores restaurants' rows outside the reach of policies"
        yield Finding(name, wrong, f"DROP MATERIALIZED VIEW {name}, and create a table or a view instead")
    elif not view.is_invoker:
        wrong = "the view reads with its owner's rights and not its caller's"
        yield Finding(name, wrong, f"ALTER VIEW {name} SET (security_invoker = true)")


def _is_declared_shared(_law: Law, table: Relation) -> Iterator[Finding]:
    if table.full_name not in SHARED:
        wrong = f"it has no column {TENANT_COLUMN} and is not declared as shared"
        yield Finding(table.full_name, wrong, f"add {TENANT_COLUMN} and policies, add it to the models, or drop it")


def _is_append_only(_law: Law, table: Relation) -> Iterator[Finding]:
    name = table.full_name
    for trigger, template in APPEND_ONLY.get(name, {}).items():
        expected = template.format(name=trigger, table=name)
        found = table.triggers.get(trigger)
        if found is None or found.definition.replace(" public.", " ") != expected:
            state = "is missing" if found is None else "differs from Flux's"
            wrong = f"trigger {trigger} {state}: rows can be changed or deleted"
            drop = "" if found is None else f"DROP TRIGGER {trigger} ON {name}; "
            yield Finding(name, wrong, f"{drop}{expected}")
        elif not found.is_enabled:
            wrong = f"trigger {trigger} is switched off: rows can be changed or deleted"
            yield Finding(name, wrong, f"ALTER TABLE {name} ENABLE TRIGGER {trigger}")


def _holds_averages_only(_law: Law, table: Relation) -> Iterator[Finding]:
    name = table.full_name
    for check, expected in OF_AVERAGES.get(name, {}).items():
        if table.checks.get(check) != expected:
            state = "differs from Flux's" if check in table.checks else "is missing or was never validated"
            wrong = f"check {check} {state}: it may hold more than averages over many restaurants"
            remedy = f"ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {check}, ADD CONSTRAINT {check} {expected}"
            yield Finding(name, wrong, remedy)
