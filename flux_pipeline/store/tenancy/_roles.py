"""Rules for roles, and for functions that lend them rights: no role may get around the policies.

Roles belong to the server and not to a database, so its administrator has to apply the remedies.
"""

from collections.abc import Collection, Iterator

from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.tenancy._law import AS_ADMIN, Finding

# A member of one of these sees or changes more than the policies allow, or reads the server's files.
STRONG = [
    Role.OWNER.value,
    Role.FLEET.value,
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_read_server_files",
    "pg_write_server_files",
    "pg_execute_server_program",
]
BOUND = [Role.APP.value, Role.FEEDS.value, Role.READER.value]
# A BI tool's login, unlike flux_app, must not choose its restaurant, and must not write.
STRONGER_THAN_READERS = [*STRONG, Role.APP.value, Role.FEEDS.value, Role.DAGSTER.value]

# The creator of flux_reader is a member that neither inherits from it nor can become it, and so not a reader.
READERS = """
WITH RECURSIVE members (member) AS (
    SELECT m.member FROM pg_auth_members m
    WHERE m.roleid = to_regrole('flux_reader') AND (m.inherit_option OR m.set_option)
    UNION
    SELECT m.member FROM members JOIN pg_auth_members m ON m.roleid = members.member
    WHERE m.inherit_option OR m.set_option
)
SELECT rolname FROM pg_roles
WHERE oid IN (SELECT member FROM members) OR rolname = ANY(:logins)
ORDER BY 1
"""
ROLES = """
SELECT rolname AS name, rolsuper AS is_superuser, rolbypassrls AS bypasses, quote_ident(rolname) AS quoted
FROM pg_roles WHERE rolname = ANY(:names)
"""
POWERS = """
SELECT m.rolname AS member, p.rolname AS power, quote_ident(m.rolname) AS quoted
FROM pg_roles m JOIN pg_roles p ON p.oid <> m.oid
WHERE m.rolname = :member AND NOT m.rolsuper AND pg_has_role(m.oid, p.oid, 'MEMBER')
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
JOIN pg_roles r ON r.rolname = ANY(:callers) AND NOT r.rolsuper AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
WHERE p.prosecdef AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND (p.oid IS DISTINCT FROM to_regprocedure('public.flux_ensure_months(regclass, date[])')
       OR NOT pg_has_role(r.oid, 'flux_app', 'MEMBER'))
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
GROUP BY p.oid
"""


def readers_of(connection: Connection, logins: Collection[str]) -> list[str]:
    """List the roles that policies bind as readers: direct and indirect members of flux_reader, and the given logins.

    Args:
        connection: a connection of any role.
        logins: those of `reader_logins`, which only the fleet role sees in full. A login without a role is left out.
    """
    return list(connection.scalars(text(READERS), {"logins": list(logins)}))


def bound_roles(readers: Collection[str]) -> list[str]:
    """List every role whose attributes and memberships are checked."""
    return [*(role.value for role in Role), *(reader for reader in readers if reader not in list(Role))]


def bypasses_no_policy(connection: Connection, name: str) -> Iterator[Finding]:
    """Check that the role itself does not bypass policies."""
    for role in connection.execute(text(ROLES), {"names": [name]}):
        if role.is_superuser:
            wrong = "the role is a superuser and bypasses every policy"
            yield Finding(name, wrong, f"{AS_ADMIN}ALTER ROLE {role.quoted} NOSUPERUSER")
        if role.bypasses and name != Role.FLEET:
            wrong = "the role has BYPASSRLS and bypasses every policy"
            yield Finding(name, wrong, f"{AS_ADMIN}ALTER ROLE {role.quoted} NOBYPASSRLS")


def belongs_to_no_stronger_role(connection: Connection, name: str) -> Iterator[Finding]:
    """Check that the role is no member of a role with more rights than the policies give it."""
    if name in (Role.OWNER, Role.FLEET, Role.DAGSTER):
        return
    powers = STRONG if name in (Role.APP, Role.FEEDS) else STRONGER_THAN_READERS
    for row in connection.execute(text(POWERS), {"member": name, "powers": powers}):
        wrong = f"the role is a member of {row.power}, which has more rights"
        yield Finding(name, wrong, f"{AS_ADMIN}REVOKE {row.power} FROM {row.quoted}")


def owns_nothing(connection: Connection, name: str) -> Iterator[Finding]:
    """Check that the pipeline's role owns nothing in this database."""
    for thing in connection.scalars(text(BELONGINGS), {"role": name}):
        wrong = f"the role owns {thing}, and an owner can switch policies off"
        yield Finding(name, wrong, f"{AS_ADMIN}ALTER ... OWNER TO {Role.OWNER.value}")


def no_function_lends_rights(connection: Connection, readers: Collection[str]) -> Iterator[Finding]:
    """Check that roles bound by policies can call no SECURITY DEFINER function, except flux_app the one it needs."""
    for row in connection.execute(text(DEFINER_FUNCTIONS), {"callers": [*BOUND, *readers]}):
        wrong = f"{row.callers} can call this function, which runs with its owner's rights (SECURITY DEFINER)"
        yield Finding(row.name, wrong, f"REVOKE EXECUTE ON FUNCTION {row.name} FROM PUBLIC, {row.callers}")
