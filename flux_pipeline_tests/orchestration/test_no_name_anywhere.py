"""Files with names in columns and lines that nothing is made of: no word of them is in the archive or any database."""

import io
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import create_engine, text

from flux_pipeline.orchestration.commands.launch import load_uploads, run_feeds
from flux_pipeline.orchestration.instance import open_instance
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import drop
from flux_pipeline_tests.store.handing_in import ask

ROWS, COLUMNS = 200, 40


@pytest.fixture
def kept(store: Store, dagster_database: None) -> Iterator[dg.DagsterInstance]:
    """Open an instance that stores its records in PostgreSQL, like that of users."""
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


def in_used_columns() -> tuple[dict[str, str], list[str]]:
    """Return a file of each of several kinds with contacts in columns that are used, and these contacts."""
    words: list[str] = []

    def mail() -> str:
        words.append(f"zqx{len(words)}@example.com")
        return words[-1]

    def phone() -> str:
        words.append(f"+49 170 9998876{len(words):02}")
        return words[-1]

    sales = ["date,time,ticket,item,category,quantity,price,modifiers,channel"]
    for row in range(40):
        sales.append(f"2026-05-{row % 20 + 1:02},12:{row:02},{row},Soup,Hot,2,4.50,no salt,here")
    for kind in (mail, phone):
        sales += [
            f"2026-05-01,13:00,{kind()},Soup,Hot,2,4.50,,here",
            f"2026-05-01,13:01,91,Soup for {kind()},Hot,2,4.50,,here",
            f"2026-05-01,13:02,92,Soup,ask {kind()},2,4.50,,here",
            f'2026-05-01,13:03,93,Soup,Hot,2,4.50,"for Ada, {kind()}",here',
            f"2026-05-01,13:04,94,Soup,Hot,2,4.50,,{kind()}",
            f"2026-05-01,13:05,95,Soup,Hot,call {kind()},4.50,,here",
            f"{kind()},13:06,96,Soup,Hot,2,4.50,,here",
            f"2026-05-01,13:07,97,Soup,Hot,2,{kind()},,here",
        ]
    files = {
        "sales": sales,
        "menu": ["item,category,price,sku", f"Tea {mail()},Bar,2.00,{mail()}", f"Pie,ask {phone()},x {phone()},1"],
        "promotions": ["item,starts_on,ends_on,discount", f"Cake {mail()},2026-05-01,2026-05-02,10%"],
        "sold_out": ["item,date", f"Jam {phone()},2026-05-01", f"Jam,{mail()}"],
        "closures": ["date,reason", f"2026-12-24,ring {phone()}", f"2026-12-25,write to {mail()}"],
        "reservations": [
            "date,time,party_size,external_id",
            f"2026-05-09,19:00,4,{mail()}",
            f"2026-05-09,19:00,{phone()},7",
        ],
        "waste": [
            "date,item,quantity,unit,reason",
            f"2026-05-01,Soup,2,kg,told {mail()}",
            f"2026-05-01,Soup,{phone()},kg,x",
        ],
        "shared/local_events": ["name,starts_at,source", f"Fair {mail()},2026-06-01,{phone()}", f"Fair,{mail()},x"],
    }
    return {kind: "\n".join(lines) + "\n" for kind, lines in files.items()}, words


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


def test_no_contact_in_a_used_column_of_any_kind_is_kept_anywhere(
    store: Store, kept: dg.DagsterInstance, bistro: Restaurant, capfd: pytest.CaptureFixture[str]
) -> None:
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_rejected_share", 0.9)
    files, words = in_used_columns()
    for kind, content in files.items():
        owner, name = kind.split("/") if "/" in kind else ("bistro", kind)
        drop(store, owner, name, f"{name}.csv", content)
    assert run_feeds(kept).succeeded
    result = load_uploads(kept, "bistro")
    assert result.succeeded, result.failures
    assert_nowhere(store, [*words, "zqx", "9998876"], "".join(capfd.readouterr()))
    assert set(ask(store, bistro, "SELECT DISTINCT status FROM data_uploads")) == {
        ("completed",),
        ("completed_with_errors",),
    }
    # Different guests' tickets stay two, and the dishes stay dishes.
    assert ask(store, bistro, "SELECT count(*) FROM transactions WHERE source_ticket_id LIKE '***%'") == [(2,)]
    assert ask(store, bistro, "SELECT name FROM menu_items WHERE name LIKE 'Soup%' ORDER BY 1") == [
        ("Soup",),
        ("Soup for ***",),
    ]
    assert len(ask(store, bistro, "SELECT raw FROM rejected_rows WHERE message LIKE '%***%'")) >= 6
