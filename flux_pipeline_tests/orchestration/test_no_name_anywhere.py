"""Files with names in columns and lines that nothing is made of: no word of them is in the archive or any database."""

import io
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import create_engine, text

from flux_pipeline.orchestration.instance import open_instance
from flux_pipeline.orchestration.launch import load_uploads
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import drop
from flux_pipeline_tests.store.handing_in import ask

ROWS, COLUMNS = 200, 40


@pytest.fixture
def kept(store: Store) -> Iterator[dg.DagsterInstance]:
    """Open an instance that stores its records in PostgreSQL, like that of users."""
    bootstrap(store.admin_url)
    with open_instance(store) as instance:
        yield instance


def every_row(store: Store, database: Role) -> str:
    """Return every row of every table of a database, as text, seen by the server's administrator."""
    engine = create_engine(store.admin_url.set(database=store.url(database).database))
    query = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    quoted = engine.dialect.identifier_preparer.quote
    with engine.connect() as connection:
        names = [f"{quoted(schema)}.{quoted(table)}" for schema, table in connection.execute(text(query))]
        rows = [row for name in names for row in connection.scalars(text(f"SELECT t::text FROM {name} t"))]
    engine.dispose()
    return "\n".join(rows)


def every_file(folder: Path) -> str:
    """Return the content of every file of the home, except those of PostgreSQL, whose rows are read instead."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and "postgres" not in path.parts[-3:]]
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in paths)


def assert_nowhere(store: Store, words: list[str], output: str) -> None:
    places = {
        "database": every_row(store, Role.OWNER),
        "Dagster's database": every_row(store, Role.DAGSTER),
        "files": every_file(store.settings.home),
        "output": output,
    }
    assert "Soup" in places["database"] and "Soup" in places["files"]
    found = {place: [word for word in words if word in content] for place, content in places.items()}
    assert not any(found.values()), found


def seeded() -> tuple[str, list[str]]:
    """Return a file of distinct texts in unused columns, some of its rows rejected, and the words of these texts."""
    page, words = io.StringIO(), []
    page.write(",".join(["date", "ticket", "item", "quantity", *(f"Spalte {c}" for c in range(COLUMNS))]) + "\n")
    for row in range(ROWS):
        cells = [f"zqx{column}w{row}" for column in range(COLUMNS)]
        words += cells
        quantity = "many" if row % 9 == 0 else "2"
        item = "Soup, hot" if row == 100 else "Soup"
        texts = [cell if column % 3 else f"{cell} of Fictional Lane" for column, cell in enumerate(cells)]
        page.write(",".join([f"2026-05-{row % 28 + 1:02}", str(row), item, quantity, *texts]) + "\n")
    return page.getvalue(), words


def test_no_cell_of_forty_unused_columns_of_texts_is_kept_anywhere(
    store: Store, kept: dg.DagsterInstance, bistro: Restaurant, capfd: pytest.CaptureFixture[str]
) -> None:
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_rejected_share", 0.5)
    content, words = seeded()
    drop(store, "bistro", "sales", "seeded.csv", content)
    result = load_uploads(kept, "bistro")
    assert result.succeeded, result.failures
    assert result.metadata["transactions"]["rows_loaded"] == 176
    assert_nowhere(store, [*words, "zqx", "Fictional"], "".join(capfd.readouterr()))
    [(dropped,)] = ask(store, bistro, "SELECT detected_format->'dropped_columns' FROM data_uploads")
    assert dropped == {f"Spalte {column}": ROWS - 1 for column in range(COLUMNS)}


def test_no_name_of_people_under_their_headers_or_outside_the_table_is_kept_anywhere(
    store: Store, kept: dg.DagsterInstance, bistro: Restaurant, capfd: pytest.CaptureFixture[str]
) -> None:
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_rejected_share", 0.9)
    content = (
        "Export of Zara Zed\n"
        "Date,Order No,Item,Qty,Amount,Billing Name,Billing Street,Billing Zip,Card Holder,Sales Rep,Delivery Boy\n"
        "2026-05-01,1,Soup,1,5.00,Zara Zed,1 Zed Lane,ZD1 1ZZ,ZARA ZED,Zim Muster,Zunil Zample\n"
        "2026-05-01,2,Soup,many,6.00,Zo Zed,2 Zed Lane,ZD1 7HH,ZO ZED,Zim Muster,Zunil Zample\n"
        "Clerk: Zim Muster,,,,,,,,,,\n"
        "Clerk:,Zim Muster,,,,,,,,,\n"
        "2026-05-02,3,Soup, hot,1,5.00,Zy Zed,3 Zed Lane,ZD1 1ZZ,ZY ZED,Zim Muster,Zunil Zample\n"
        "Date,Item,Server,Total\n"
        "2026-05-02,Soup,Zim Muster,5.00\n"
    )
    drop(store, "bistro", "sales", "till.csv", content)
    result = load_uploads(kept, "bistro")
    assert result.succeeded, result.failures
    assert result.metadata["transactions"]["rows_loaded"] == 1
    words = ["Zara", "Zed", "ZD1", "ZARA", "Zim", "Muster", "Zunil", "Zample", "Zo ", "Zy "]
    assert_nowhere(store, words, "".join(capfd.readouterr()))
