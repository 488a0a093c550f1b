"""PostgreSQL's catalog as far as tenancy needs it: every relation with its policies, grants, keys and triggers.

This module only reads; `_rules` decides what is wrong. System schemas and the objects of extensions are left out.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.store.models.registry import METADATA

ROOT_TABLE = "restaurants"
TENANT_COLUMN = "restaurant_id"
TABLE_KINDS = ("r", "p", "f")
# Tables that belong to no restaurant: those of the models without the column, and Alembic's own.
SHARED = {table.fullname for table in METADATA.tables.values() if TENANT_COLUMN not in table.columns} - {ROOT_TABLE} | {
    "alembic_version"
}

RELATIONS = """
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner,
       CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END
       || quote_ident(c.relname) AS full_name,
       c.relispartition AS is_partition, c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced,
       EXISTS (SELECT FROM pg_attribute a
               WHERE a.attrelid = c.oid AND a.attname = 'restaurant_id' AND NOT a.attisdropped) AS has_column,
       EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
               WHERE o.option_name = 'security_invoker' AND o.option_value::boolean) AS is_invoker
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2, 3
"""
# The relations that a view reads, directly or through other views.
READS = """
WITH RECURSIVE reads (view, relation) AS (
    SELECT r.ev_class, d.refobjid FROM pg_rewrite r
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
    UNION
    SELECT reads.view, d.refobjid FROM reads
    JOIN pg_rewrite r ON r.ev_class = reads.relation
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
)
SELECT view AS relation, relation AS target FROM reads
"""
POLICIES = """
SELECT p.polrelid AS relation, p.polname AS name, p.polpermissive AS is_permissive, p.polcmd AS command,
       ARRAY(SELECT CASE WHEN r.oid = 0 THEN 'public' ELSE pg_get_userbyid(r.oid) END
             FROM unnest(p.polroles) AS r(oid) ORDER BY 1)::text[] AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS using_text, pg_get_expr(p.polwithcheck, p.polrelid) AS check_text
FROM pg_policy p
"""
GRANTS = """
SELECT held.relation, CASE WHEN held.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(held.grantee) END AS grantee,
       held.privilege
FROM (
    SELECT c.oid AS relation, a.grantee,
           a.privilege_type || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS privilege, c.relowner
    FROM pg_class c CROSS JOIN aclexplode(c.relacl) a
    UNION
    SELECT c.oid, a.grantee, a.privilege_type || format(' (%I)', t.attname), c.relowner
    FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid CROSS JOIN aclexplode(t.attacl) a
) held
WHERE held.grantee <> held.relowner
"""
FOREIGN_KEYS = """
SELECT k.conname AS name, k.conrelid AS relation, k.confrelid AS target,
       ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS c(attnum, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.attnum ORDER BY place)::text[] AS columns,
       ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY AS c(attnum, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.attnum ORDER BY place)::text[] AS targets
FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0
"""
# Indexes that a partition has from its parent are left out; the rules check the parent's.
UNIQUE_INDEXES = """
SELECT c.relname AS name, i.indrelid AS relation, coalesce(a.attname, 'an expression') AS first_column
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE (i.indisunique OR i.indisexclusion) AND NOT c.relispartition
"""
# A day for which the table has a partition: without one no row can be inserted, so no attempt can be made.
A_DAY = """
SELECT p.partrelid AS relation, a.attname AS day_column,
       (SELECT min(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \\(''(\\d{4}-\\d\\d-\\d\\d)''\\)')::date)
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = p.partrelid) AS day
FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
WHERE p.partstrat = 'r' AND p.partnatts = 1 AND a.atttypid = 'date'::regtype
"""


# A trigger that always fires (A) is as good as one that fires for local changes (O).
TRIGGERS = """
SELECT t.tgrelid AS relation, t.tgname AS name, pg_get_triggerdef(t.oid) AS definition,
       t.tgenabled IN ('O', 'A') AS is_enabled
FROM pg_trigger t WHERE NOT t.tgisinternal
"""


# A constraint that is not validated may not hold for older rows.
CHECKS = """
SELECT k.conrelid AS relation, k.conname AS name, pg_get_constraintdef(k.oid) AS definition
FROM pg_constraint k WHERE k.contype = 'c' AND k.convalidated
"""


@dataclass(frozen=True)
class Policy:
    """A policy as the server prints it; two policies with the same `form` are the same."""

    name: str
    is_permissive: bool
    command: str
    roles: list[str]
    using_text: str | None
    check_text: str | None

    @property
    def form(self) -> tuple[object, ...]:
        """Everything but the name."""
        return (self.is_permissive, self.command, self.roles, self.using_text, self.check_text)


@dataclass(frozen=True)
class Trigger:
    """A trigger as the server prints it, and whether it fires."""

    definition: str
    is_enabled: bool


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key: its columns, and in the same order the columns that they point at."""

    name: str
    target: int
    columns: list[str]
    targets: list[str]


@dataclass(frozen=True)
class Relation:
    """A table, partition or view, with its entries in the catalog.

    `full_name` is ready for SQL: quoted, and with the schema if that is not `public`. `kind` is pg_class.relkind:
    r table, p partitioned table, f foreign table, v view, m materialised view. `reads`: the relations a view reads.
    `day`: a day for which a partitioned table has a partition, None if it is not partitioned by day or has none.
    """

    oid: int
    schema: str
    name: str
    full_name: str
    kind: str
    owner: str
    is_partition: bool
    is_secured: bool
    is_forced: bool
    has_column: bool
    is_invoker: bool
    reads: frozenset[int] = frozenset()
    policies: tuple[Policy, ...] = ()
    grants: tuple[tuple[str, str], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    unique_indexes: tuple[tuple[str, str], ...] = ()
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    day_column: str | None = None
    day: dt.date | None = None

    @property
    def key(self) -> str | None:
        """The column that holds a row's restaurant; None if there is none."""
        if self.full_name == ROOT_TABLE:
            return "id"
        return TENANT_COLUMN if self.has_column else None

    @property
    def is_view(self) -> bool:
        """Whether it is a view, materialised or not."""
        return self.kind not in TABLE_KINDS


@dataclass(frozen=True)
class Catalog:
    """Every relation, by its oid."""

    relations: dict[int, Relation]

    @property
    def tables(self) -> list[Relation]:
        """The tables with restaurants' rows, without their partitions."""
        return [r for r in self.relations.values() if r.key and not r.is_view and not r.is_partition]

    @property
    def partitions(self) -> list[Relation]:
        """The partitions with restaurants' rows."""
        return [r for r in self.relations.values() if r.key and not r.is_view and r.is_partition]

    @property
    def views(self) -> list[Relation]:
        """The views, materialised ones too, that show restaurants' rows."""
        kept = {oid for oid, relation in self.relations.items() if relation.key}
        return [r for r in self.relations.values() if r.is_view and (r.key or r.reads & kept)]

    @property
    def ownerless(self) -> list[Relation]:
        """The tables without a restaurant's column, partitions left out: those of SHARED, and forgotten ones."""
        return [r for r in self.relations.values() if not r.key and not r.is_view and not r.is_partition]

    @property
    def shared(self) -> list[Relation]:
        """The tables that are declared to belong to no restaurant."""
        return [relation for relation in self.ownerless if relation.full_name in SHARED]


def read_catalog(connection: Connection) -> Catalog:
    """Read what the rules need to know of each relation; any role may do so."""
    reads = _by_relation(connection, READS)
    policies = read_policies(connection)
    grants = _by_relation(connection, GRANTS)
    foreign_keys = _by_relation(connection, FOREIGN_KEYS)
    indexes = _by_relation(connection, UNIQUE_INDEXES)
    triggers = _by_relation(connection, TRIGGERS)
    checks = _by_relation(connection, CHECKS)
    days = {oid: rows[0] for oid, rows in _by_relation(connection, A_DAY).items()}
    relations = {}
    for row in connection.execute(text(RELATIONS)).mappings():
        oid = row["oid"]
        relations[oid] = Relation(
            **{str(name): value for name, value in row.items()},
            reads=frozenset(read["target"] for read in reads[oid]),
            policies=policies.get(oid, ()),
            grants=tuple((grant["grantee"], grant["privilege"]) for grant in grants[oid]),
            foreign_keys=tuple(ForeignKey(**key) for key in foreign_keys[oid]),
            unique_indexes=tuple((index["name"], index["first_column"]) for index in indexes[oid]),
            triggers={row.pop("name"): Trigger(**row) for row in triggers[oid]},
            checks={check["name"]: check["definition"] for check in checks[oid]},
            **days.get(oid, {}),
        )
    return Catalog(relations)


def read_policies(connection: Connection) -> dict[int, tuple[Policy, ...]]:
    """Return the policies of every table that has some, by its oid."""
    found = _by_relation(connection, POLICIES)
    return {oid: tuple(Policy(**policy) for policy in policies) for oid, policies in found.items()}


def _by_relation(connection: Connection, query: str) -> defaultdict[int, list[dict[str, Any]]]:
    """Group a query's rows by their column `relation`, which is removed from them."""
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(text(query)).mappings():
        values = {str(name): value for name, value in row.items()}
        found[values.pop("relation")].append(values)
    return found
