"""Tests of checksums: they depend on every row, but not on the order of rows or on a session's settings."""

import pytest
from sqlalchemy import text

from flux_pipeline.store.backup._checksums import sum_tables
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.backups import quiet


@pytest.mark.parametrize(
    "settings",
    [
        {"timezone": "Asia/Tokyo", "datestyle": "German", "extra_float_digits": "-5"},
        {"intervalstyle": "iso_8601", "bytea_output": "escape", "statement_timeout": "10s"},
    ],
)
def test_checksums_do_not_depend_on_the_sessions_settings(filled: Store, settings: dict[str, str]) -> None:
    with filled.fleet() as connection:
        before = sum_tables(connection, quiet)
    with filled.fleet() as connection:
        for name, value in settings.items():
            connection.execute(text("SELECT set_config(:name, :value, false)"), {"name": name, "value": value})
        assert sum_tables(connection, quiet) == before
        # A large table takes longer than a time limit that suits other statements.
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
        connection.rollback()


def test_a_checksum_depends_on_every_row_and_not_on_their_order(filled: Store, bistro: Restaurant) -> None:
    def closures() -> tuple[int, str]:
        with filled.fleet() as connection:
            return next((each.rows, each.checksum) for each in sum_tables(connection, quiet) if each.name == "closures")

    before = closures()
    with filled.tenant(bistro) as tx:
        tx.connection.execute(text("CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM closures"))
        tx.connection.execute(text("DELETE FROM closures"))
        tx.connection.execute(text("INSERT INTO closures SELECT * FROM kept ORDER BY date DESC"))
    assert closures() == before
    with filled.tenant(bistro) as tx:
        tx.connection.execute(text("UPDATE closures SET reason = reason || '.' WHERE date = '2026-01-01'"))
    assert closures()[0] == before[0] and closures()[1] != before[1]
