"""What must be true of the catalog so that restaurants are kept apart, and what to do about what is not.

Read only, but for a temporary table on which the server writes down the policies as they should be; `tenancy_proof`
tries the same things out as the role that the pipeline runs as.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.store.roles import Role
from flux_pipeline.store.tenancy_catalog import ROOT_TABLE, SHARED, TENANT_COLUMN, Catalog, Relation, read_policies

# Said here once more and not taken from the functions of the migrations: what is proved must not be its own measure.
OWN_RESTAURANT = "{key} = (SELECT NULLIF(current_setting('app.restaurant_id', true), '')::uuid)"
OWN_LOGIN = "{key} = ANY (ARRAY(SELECT r.restaurant_id FROM public.reader_logins r WHERE r.login = session_user))"
READER_LOGINS = "reader_logins"

MAY_DO = {
    Role.APP.value: {"SELECT", "INSERT", "UPDATE", "DELETE"},
    Role.FLEET.value: {"SELECT"},
    Role.READER.value: {"SELECT"},
}
MAY_DO_ON_PARTITIONS = {Role.FLEET.value: {"SELECT"}}

AS_ADMIN = "as the server's administrator: "

REFERENCE = "pg_temp.flux_tenancy_reference"
MAKE_REFERENCE = """
CREATE TEMPORARY TABLE flux_tenancy_reference (restaurant_id uuid, id uuid, login text) ON COMMIT DROP
"""
# Roles that policies bind, and roles that none of them may act as.
BOUND = [Role.APP.value, Role.FEEDS.value, Role.READER.value]
STRONG = [Role.OWNER.value, Role.FLEET.value, "pg_read_all_data", "pg_write_all_data"]
ROLES = """
SELECT rolname AS name, rolsuper AS is_superuser, rolbypassrls AS passes_by FROM pg_roles WHERE rolname = ANY(:names)
"""
# Whoever is in one of these sees or changes more than its policies say.
POWERS = """
SELECT m.rolname AS member, p.rolname AS power FROM pg_roles m JOIN pg_roles p ON p.oid <> m.oid
WHERE m.rolname = ANY(:members) AND NOT m.rolsuper AND pg_has_role(m.oid, p.oid, 'MEMBER')
  AND (p.rolsuper OR p.rolbypassrls OR p.rolname = ANY(:powers))
"""
BELONGINGS = """
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_shdepend d
LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
WHERE d.deptype = 'o' AND d.refclassid = 'pg_authid'::regclass AND pg_get_userbyid(d.refobjid) = :role
  AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND c.relpersistence IS DISTINCT FROM 't'
"""
DEFINER_FUNCTIONS = """
SELECT p.oid::regprocedure::text AS name, string_agg(r.rolname, ', ' ORDER BY r.rolname) AS callers
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_roles r ON r.rolname = ANY(:callers) AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
WHERE p.prosecdef AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND p.oid IS DISTINCT FROM to_regprocedure('public.flux_ensure_months(regclass, date[])')
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
GROUP BY p.oid
"""


@dataclass(frozen=True)
class Finding:
    """What is wrong with a relation (or a role or function), and what to do about it."""

    relation: str
    wrong: str
    remedy: str


@dataclass(frozen=True)
class Judgement:
    """How many rules hold, counted once for each relation that they are about, and where one does not."""

    passed: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Law:
    """What the rules go by: the catalog, and how the server writes each policy that should be there."""

    catalog: Catalog
    written: dict[str, tuple[object, ...]]


Rule = Callable[[Law, Relation], Iterator[Finding]]


def judge(connection: Connection, catalog: Catalog) -> Judgement:
    """Hold every rule against every relation that it is about.

    Args:
        connection: a transaction of the owner's. It makes a temporary table; roll it back.
        catalog: as read in the same transaction.
    """
    law = Law(catalog, _as_written(connection, catalog))
    tables = (_is_secured, _has_its_policies, _belongs_to_the_owner, _grants, _keys, _foreign_keys)
    subjects: list[tuple[list[Relation], tuple[Rule, ...]]] = [
        (catalog.tables, tables),
        (catalog.partitions, (_is_secured, _has_no_policy, _belongs_to_the_owner, _grants, _keys, _foreign_keys)),
        (catalog.views, (_asks_as_its_reader, _grants)),
        (catalog.ownerless, (_is_declared_shared,)),
    ]
    verdicts = [list(rule(law, relation)) for relations, rules in subjects for relation in relations for rule in rules]
    verdicts += [list(rule(connection)) for rule in (_roles, _memberships, _belongings, _functions)]
    return Judgement(
        passed=sum(not findings for findings in verdicts),
        findings=tuple(finding for findings in verdicts for finding in findings),
    )


def _clauses(relation: Relation) -> dict[str, str]:
    """The policies that a table must have: what follows CREATE POLICY ... ON ..., by name."""
    own_restaurant = OWN_RESTAURANT.format(key=relation.key)
    own_login = "login = session_user" if relation.full_name == READER_LOGINS else OWN_LOGIN.format(key=relation.key)
    return {
        "own_restaurant": f"FOR ALL TO flux_app USING ({own_restaurant}) WITH CHECK ({own_restaurant})",
        "own_login": f"FOR SELECT TO flux_reader USING ({own_login})",
    }


def _as_written(connection: Connection, catalog: Catalog) -> dict[str, tuple[object, ...]]:
    """The form of each clause as this server writes it: what is compared must have gone the same way."""
    clauses = sorted({clause for table in catalog.tables for clause in _clauses(table).values()})
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
    name, clauses = relation.full_name, _clauses(relation)
    found = {policy.name: policy for policy in relation.policies}
    if not found and name not in (ROOT_TABLE, READER_LOGINS):
        functions = f"SELECT flux_protect_tenant_table('{name}'); SELECT flux_admit_readers('{name}')"
        yield Finding(name, "it has no policy: nothing says whose its rows are", functions)
        return
    for policy in relation.policies:
        if policy.name not in clauses:
            wrong = f"policy {policy.name} is none of Flux's and may admit more rows"
            yield Finding(name, wrong, f'DROP POLICY "{policy.name}" ON {name}')
    for policy_name, clause in clauses.items():
        make = f"CREATE POLICY {policy_name} ON {name} {clause}"
        if policy_name not in found:
            yield Finding(name, f"policy {policy_name} is missing", make)
        elif found[policy_name].form != law.written[clause]:
            policy = found[policy_name]
            wrong = f"policy {policy_name} is not as it should be (for {', '.join(policy.roles)}: {policy.using_text})"
            yield Finding(name, wrong, f"DROP POLICY {policy_name} ON {name}; {make}")


def _has_no_policy(_law: Law, partition: Relation) -> Iterator[Finding]:
    name = partition.full_name
    for policy in partition.policies:
        wrong = f"policy {policy.name} opens a partition, which is only for its table to read"
        yield Finding(name, wrong, f'DROP POLICY "{policy.name}" ON {name}')


def _belongs_to_the_owner(_law: Law, relation: Relation) -> Iterator[Finding]:
    name, owner = relation.full_name, Role.OWNER.value
    if relation.owner != owner:
        wrong = f"it belongs to {relation.owner}, who can change its policies"
        yield Finding(name, wrong, f"{AS_ADMIN}ALTER TABLE {name} OWNER TO {owner}")


def _grants(_law: Law, relation: Relation) -> Iterator[Finding]:
    name, allowed = relation.full_name, MAY_DO_ON_PARTITIONS if relation.is_partition else MAY_DO
    held: dict[str, list[str]] = {}
    for grantee, privilege in relation.grants:
        if privilege.split(" (")[0] not in allowed.get(grantee, set()):
            held.setdefault(grantee, []).append(privilege)
    for grantee, privileges in sorted(held.items()):
        again = sorted(allowed.get(grantee, set()) & {privilege for _, privilege in relation.grants})
        give_back = f"; GRANT {', '.join(again)} ON {name} TO {grantee}" if again else ""
        wrong = f"{grantee} holds {', '.join(sorted(privileges))}"
        yield Finding(name, wrong, f"REVOKE ALL ON {name} FROM {grantee}{give_back}")


def _keys(_law: Law, relation: Relation) -> Iterator[Finding]:
    if relation.key != TENANT_COLUMN:
        return
    for index, first_column in relation.unique_indexes:
        if first_column != relation.key:
            yield Finding(
                relation.full_name,
                f"{index} is unique by {first_column} first, so it tells of other restaurants' rows",
                f"make it anew with {relation.key} as its first column",
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
                f"make it anew with {relation.key} paired with {target.key}",
            )


def _asks_as_its_reader(_law: Law, view: Relation) -> Iterator[Finding]:
    name = view.full_name
    if view.kind == "m":
        wrong = "a materialised view keeps restaurants' rows where no policy reaches"
        yield Finding(name, wrong, f"DROP MATERIALIZED VIEW {name}, and make a table or a view of it")
    elif not view.is_invoker:
        wrong = "the view reads as its owner and not as who asks"
        yield Finding(name, wrong, f"ALTER VIEW {name} SET (security_invoker = true)")


def _is_declared_shared(_law: Law, table: Relation) -> Iterator[Finding]:
    if table.full_name not in SHARED:
        wrong = f"it is neither a restaurant's (no column {TENANT_COLUMN}) nor declared as shared"
        yield Finding(table.full_name, wrong, f"add {TENANT_COLUMN} and policies, add it to the models, or drop it")


def _roles(connection: Connection) -> Iterator[Finding]:
    for role in connection.execute(text(ROLES), {"names": [role.value for role in Role]}):
        if role.is_superuser:
            wrong = "the role is a superuser and passes by every policy"
            yield Finding(role.name, wrong, f"{AS_ADMIN}ALTER ROLE {role.name} NOSUPERUSER")
        if role.passes_by and role.name != Role.FLEET:
            wrong = "the role has BYPASSRLS and passes by every policy"
            yield Finding(role.name, wrong, f"{AS_ADMIN}ALTER ROLE {role.name} NOBYPASSRLS")


def _memberships(connection: Connection) -> Iterator[Finding]:
    for row in connection.execute(text(POWERS), {"members": BOUND, "powers": STRONG}):
        wrong = f"the role is a member of {row.power}, whose rights go further"
        yield Finding(row.member, wrong, f"{AS_ADMIN}REVOKE {row.power} FROM {row.member}")


def _belongings(connection: Connection) -> Iterator[Finding]:
    role, owner = Role.APP.value, Role.OWNER.value
    for thing in connection.scalars(text(BELONGINGS), {"role": role}):
        wrong = f"the role owns {thing}, and an owner can switch policies off"
        yield Finding(role, wrong, f"{AS_ADMIN}ALTER ... OWNER TO {owner}")


def _functions(connection: Connection) -> Iterator[Finding]:
    for row in connection.execute(text(DEFINER_FUNCTIONS), {"callers": BOUND}):
        wrong = f"{row.callers} can call this function, which runs with its owner's rights (SECURITY DEFINER)"
        yield Finding(row.name, wrong, f"REVOKE EXECUTE ON FUNCTION {row.name} FROM PUBLIC, {row.callers}")
