"""Tests of the diagnosis of tables and indexes: each problem is found, and a sound table has no finding."""

import datetime as dt
from dataclasses import replace

import pytest

from flux_pipeline.store.diagnosis import looking as diagnosis
from flux_pipeline.store.diagnosis.findings import Thresholds
from flux_pipeline.store.door import Store
from flux_pipeline.store.schema.months import make_months
from flux_pipeline_tests.store.diagnosing import AT_ONCE, do

PARENT_AND_CHILD = """
CREATE TABLE parents (id integer PRIMARY KEY);
CREATE TABLE children (id integer PRIMARY KEY, day date, note text, parent_id integer REFERENCES parents);
INSERT INTO parents SELECT generate_series(1, 100);
INSERT INTO children SELECT n, '2026-01-01', 'x', mod(n, 50) + 1 FROM generate_series(1, 2000) AS n;
DELETE FROM parents WHERE id > 99;
"""


def found_indexes(store: Store, limits: Thresholds = AT_ONCE) -> diagnosis.Indexes:
    with diagnosis.looking(store) as connection:
        return diagnosis.indexes(connection, limits, counted_days=1)


def test_a_foreign_key_without_an_index_is_found_once_its_parents_are_deleted(store: Store) -> None:
    do(store, PARENT_AND_CHILD)
    (missing,) = [row for row in found_indexes(store).missing if row.table_name == "children"]
    assert (missing.parent_name, missing.columns, missing.rows, missing.parent_deletes) == (
        "parents",
        ["parent_id"],
        2000,
        1,
    )
    assert "index on children (parent_id)" in missing.todo
    assert not found_indexes(store, replace(AT_ONCE, least_rows=2001)).missing


@pytest.mark.parametrize(
    ("definition", "serves"),
    [
        ("(parent_id)", True),
        ("(parent_id, day)", True),
        ("(parent_id) WHERE parent_id IS NOT NULL", True),
        ("(parent_id) WHERE day > '2026-01-01'", False),
        ("(day, parent_id)", False),
    ],
)
def test_an_index_serves_a_foreign_key_if_it_begins_with_it(store: Store, definition: str, serves: bool) -> None:
    do(store, PARENT_AND_CHILD + f"CREATE INDEX ix_children ON children {definition}")
    found = found_indexes(store)
    assert (found.missing == []) is serves
    assert ("ix_children" in [row.name for row in found.unused or []]) is (
        definition == "(day, parent_id)" or not serves
    )


def test_an_index_that_nothing_uses_is_found_and_a_used_one_is_not(store: Store) -> None:
    do(store, PARENT_AND_CHILD + "CREATE INDEX ix_day ON children (day); CREATE INDEX ix_note ON children (note)")
    do(store, "SET enable_seqscan = off; SELECT id FROM children WHERE note = 'y'")
    names = [row.name for row in found_indexes(store).unused or []]
    assert "ix_day" in names
    assert "ix_note" not in names
    assert "children_pkey" not in names, "a unique index enforces a rule"


def test_partitions_count_as_the_table_and_the_index_that_they_belong_to(store: Store) -> None:
    make_months(store, ("transaction_items",), [dt.date(2026, 1, 1)])
    do(store, "CREATE INDEX ix_spare ON transaction_items (menu_item_name)")
    (spare,) = [row for row in found_indexes(store).unused or [] if "spare" in row.name or "menu_item_name" in row.name]
    assert (spare.name, spare.table_name) == ("ix_spare", "transaction_items")
    with diagnosis.looking(store) as connection:
        tables = {row.name: row for row in diagnosis.tables(connection, AT_ONCE)}
    assert tables["transaction_items"].is_partitioned
    assert tables["transaction_items"].index_bytes >= 3 * 2 * 8192, "two months of three indexes"
    assert not [name for name in tables if "2026" in name]


def test_unused_indexes_are_not_reported_while_statistics_are_young(store: Store) -> None:
    assert found_indexes(store, Thresholds()).unused is None


def test_a_large_table_that_is_read_from_end_to_end_is_found(store: Store) -> None:
    do(store, PARENT_AND_CHILD)
    do(store, "SELECT count(*) FROM children WHERE note = 'y'")
    (row,) = [row for row in found_indexes(store).scanned if row.table_name == "children"]
    assert row.rows_per_scan >= 1000
    assert not found_indexes(store, replace(AT_ONCE, least_scans=1000)).scanned


def test_a_table_with_dead_rows_and_no_statistics_is_found(store: Store) -> None:
    do(store, "CREATE TABLE heap (n integer) WITH (autovacuum_enabled = off)")
    do(store, "INSERT INTO heap SELECT generate_series(1, 500)")
    sizes = {}
    for change in ("ANALYZE heap", "DELETE FROM heap WHERE n > 100"):
        with diagnosis.looking(store) as connection:
            sizes[change] = next(row for row in diagnosis.tables(connection, AT_ONCE) if row.name == "heap")
        do(store, change)
    with diagnosis.looking(store) as connection:
        after = next(row for row in diagnosis.tables(connection, AT_ONCE) if row.name == "heap")
    assert "no statistics" in str(sizes["ANALYZE heap"].todo)
    assert sizes["DELETE FROM heap WHERE n > 100"].todo is None
    assert (after.dead_rows, after.rows) == (400, 500)
    assert "400 dead rows" in str(after.todo)


def test_a_partitioned_table_with_statistics_only_for_its_partitions_is_found(store: Store) -> None:
    def todo() -> str | None:
        with diagnosis.looking(store) as connection:
            return next(row for row in diagnosis.tables(connection, AT_ONCE) if row.name == "parted").todo

    do(store, "CREATE TABLE parted (n integer) PARTITION BY RANGE (n)")
    do(store, "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100)")
    do(store, "INSERT INTO parted SELECT generate_series(1, 99)")
    do(store, "ANALYZE parted_1")
    assert "only partitions of parted" in str(todo())
    do(store, "ANALYZE parted")
    assert todo() is None
