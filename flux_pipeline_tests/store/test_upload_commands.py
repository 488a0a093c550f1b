"""`flux upload` and `flux rebuild` as a person types them; of a guest's name nothing is left."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.kinds import LOADERS
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.commands import flux, output_of, refused
from flux_pipeline_tests.store.handing_in import ask, hand_in, hand_in_kind

SALES = "date,item,quantity,price\n2026-03-06,Soup,3,4.50\n2026-03-06,Bread,1,1.20\n2026-03-07,Soup,x,4.50\n"
SQUARE = (
    "Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,Net Sales,Tax,"
    "Transaction ID,Payment ID,Device Name,Notes,Details,Event Type,Location,Dining Option,Customer ID,Customer Name,"
    "Customer Reference ID,Unit,Count,Itemization Type,Commission,Employee\n"
    "03/16/26,12:10:00,Eastern Time (US & Canada),Food,Soup,2,,,,$9.00,$0.00,$9.00,$0.00,TX1,P1,Till,,,Payment,Here,"
    "For Here,C77,Zoe Guestname,,ea,2,Physical Good,,Tim Staffname\n"
    "03/16/26,12:11:00,Eastern Time (US & Canada),Food,Bread,x,,,,$1.20,$0.00,$1.20,$0.00,TX2,P2,Till,,,Payment,Here,"
    "For Here,C78,Zoe Guestname,,ea,1,Physical Good,,Tim Staffname\n"
)
NAMES = ("Guestname", "Staffname", "C77", "C78")
WRITTEN = ("data_uploads", "rejected_rows", "transactions", "menu_items", "audit_logs")


@pytest.fixture(autouse=True)
def much_may_be_rejected(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    """In files of a few rows one is a large share."""
    for restaurant in (bistro, cafe):
        with store.tenant(restaurant) as tx:
            store_setting(tx, "upload_rejected_share", 0.5)


def counts(store: Store, restaurant: Restaurant) -> dict[str, object]:
    return {table: ask(store, restaurant, f"SELECT count(*) FROM {table}") for table in WRITTEN}


def archived(store: Store) -> list[Path]:
    folder = Path(store.settings.archive)
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


@pytest.fixture
def runs(dagster_database: None) -> None:
    """A place for the records of Dagster's runs, in which a command loads."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "march.csv"
    path.write_text(SALES)
    return path


def test_a_dry_run_shows_what_is_understood_and_writes_nothing(store: Store, bistro: Restaurant, file: Path) -> None:
    before = counts(store, bistro)
    printed = output_of("upload", file, "--restaurant", "bistro", "--dry-run")
    assert counts(store, bistro) == before
    assert archived(store) == []
    assert "Nothing was written." in printed
    assert "by its name" in printed
    assert "line 4:" in printed
    for cell in ("quantity", "Soup", "4.5", "1 row whose quantity can't be read"):
        assert cell in printed


def test_a_dry_run_says_what_is_known_of_the_loads_end(store: Store, bistro: Restaurant, file: Path) -> None:
    words = ("upload", file, "--restaurant", "bistro", "--dry-run")
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_rejected_share", 0.05)
    printed = refused(*words)
    assert "2 rows that are fine, but the file was refused" in printed
    assert "It would be refused. 1 of 3 rows (33.3%) can't be read; at most 5.0% may be rejected" in printed
    loaded = hand_in(store, bistro, SALES, "april.csv")
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_drift", "refuse")
    printed = " ".join(output_of(*words).split())
    assert f"It has the content of april.csv (upload {loaded.short_id})" in printed
    assert "0 rows would be loaded" in printed
    assert f"flux uploads withdraw {loaded.short_id}" in refused(*words, "--column", "quantity=price")
    file.write_text("date,item,quantity,price,weather\n2026-03-06,Soup,3,4.50,rain\n")
    assert "It would be refused. The file differs from the last one" in refused(*words)
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_drift", "evolve")
    assert "It would be refused. On 1 day other sales are stored that this file neither repeats" in refused(*words)
    file.write_text("date,item,quantity,price,weather\n2026-03-08,Soup,3,4.50,rain\n")
    assert "The column 'weather' is new." in flux(*words).stderr
    assert ask(store, bistro, "SELECT count(*) FROM data_uploads") == [(1,)]


def test_what_a_person_checks_is_not_rounded(store: Store, bistro: Restaurant, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text('date;item;quantity;price\n2026-03-06;Soup;0.125;"280,06"\n2026-03-06;Bread;1.5;"12,73"\n')
    printed = output_of("upload", path, "--restaurant", "bistro", "--dry-run")
    for cell in ("0.125", "280.06", "12.73", "1.50", "decimal point in quantity, comma in price"):
        assert cell in printed, cell
    loaded = hand_in(store, bistro, path.read_text())
    assert "54.11" in output_of("uploads", "show", loaded.short_id)


@pytest.mark.parametrize(
    ("content", "option", "understood"),
    [
        ("date,item,quantity,price\n03/04/2026,Soup,3,4.50\n", ("--date-order", "month-first"), "2026-03-04"),
        ("date,item,quantity,price\n03/04/2026,Soup,3,4.50\n", ("--date-order", "day-first"), "2026-04-03"),
        ("date,item,quantity,price\n12-30,Soup,3,4.50\n01-02,Soup,3,4\n", ("--year-from", "2024-12-30"), "2025-01-02"),
        ("date,item,quantity,price\n2026-03-04,Żurek,3,4.50\n".encode("cp1250"), ("--encoding", "cp1250"), "Żurek"),
        ("date,Produkt X,quantity,price\n2026-03-04,Soup,3,4.50\n", ("--column", "item=Produkt X"), "as given"),
    ],
    ids=["month first", "day first", "year", "encoding", "column"],
)
def test_what_the_sender_says_of_a_file_is_followed(
    store: Store, bistro: Restaurant, tmp_path: Path, content: str | bytes, option: tuple[str, str], understood: str
) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert understood in output_of("upload", path, "--restaurant", "bistro", "--dry-run", *option)


def test_an_upload_is_loaded_explained_and_known_again_under_another_name(
    store: Store, bistro: Restaurant, runs: None, file: Path
) -> None:
    printed = output_of("upload", file, "--restaurant", "bistro")
    assert "line 4:" in printed and "Next: flux run --restaurant bistro" in printed
    assert "Columns: date from 'date', item from 'item', quantity from 'quantity', price from 'price'." in printed
    ((upload_id,),) = ask(store, bistro, "SELECT id FROM data_uploads")
    assert f"flux uploads rejected {str(upload_id)[:8]}" in printed
    again = file.with_name("other.csv")
    again.write_text(SALES)
    printed = output_of("upload", again, "--restaurant", "bistro")
    assert f"Already loaded: other.csv has the content of march.csv (upload {str(upload_id)[:8]})" in printed
    assert ask(store, bistro, "SELECT count(*) FROM data_uploads") == [(1,)]


def test_corrected_rows_are_sent_with_add_and_their_tickets_are_named(
    store: Store, bistro: Restaurant, runs: None, tmp_path: Path
) -> None:
    head = "date,ticket,item,quantity,price\n"
    first = hand_in(store, bistro, head + "2026-03-06,A1,Soup,3,4.50\n2026-03-06,A1,Bread,x,1.20\n")
    path = tmp_path / "corrected.csv"
    path.write_text(output_of("uploads", "rejected", first.short_id).replace(",x,", ",2,"))
    printed = " ".join(output_of("upload", path, "--restaurant", "bistro", "--add").split())
    ((added,),) = ask(store, bistro, "SELECT id FROM data_uploads WHERE file_name = 'corrected.csv'")
    assert "1 ticket already existed; the lines that this file adds are stored as a separate ticket" in printed
    assert f"(added {str(added)[:8]})" in printed
    assert ask(store, bistro, "SELECT sum(line_amount)::float FROM transaction_items") == [(15.9,)]


def test_texts_like_formulas_come_back_as_they_were(store: Store, bistro: Restaurant) -> None:
    header, reasons = "date,item,quantity,amount\n", ("+ K\u00e4se", "@home", "=1", "- Extra")
    rows = "".join(f"2026-03-{day:02},{item},zwei,-5.00 \u20ac\n" for day, item in enumerate(reasons, start=1))
    first = hand_in(store, bistro, f"{header}{rows}" + "".join(f"2026-03-{day},Tea,1,2.00\n" for day in range(20, 28)))
    for option in ((), ("--reasons",)):
        printed = output_of("uploads", "rejected", first.short_id, *option)
        assert ",'+ K\u00e4se,zwei,'-5.00 \u20ac" in printed
        again = hand_in(store, bistro, printed.replace("zwei", "-1"), overlap="add", rejected_share=0.05)
        assert (again.error, again.accounting.rejected) == (None, 0)
    assert ask(store, bistro, "SELECT sum(line_amount)::float FROM transaction_items WHERE quantity < 0") == [(-20.0,)]
    names = [name for (name,) in ask(store, bistro, "SELECT name FROM menu_items ORDER BY 1")]
    assert sorted(names) == sorted(["Tea", *reasons])


def test_a_refusal_is_printed_once_with_its_counts(store: Store, bistro: Restaurant, runs: None, file: Path) -> None:
    hand_in(store, bistro, "date,item,quantity\n2026-03-06,Beer,7\n")
    printed = refused("upload", file, "--restaurant", "bistro")
    assert printed.count("march.csv") == 1
    assert printed.count("other sales are stored") == 1
    counts = "SELECT row_count, rejected_count, skipped_count FROM data_uploads WHERE status = 'failed'"
    assert ask(store, bistro, counts) == [(3, 1, 2)]


def test_a_rebuild_says_how_much_was_and_is_stored(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, SALES)
    assert output_of("rebuild", "--restaurant", "bistro").strip() == (
        "bistro: 1 file read again; 2 lines before, 2 now, on 1 ticket."
    )
    assert "nowhere" in refused("rebuild", "--restaurant", "nowhere")


def test_of_a_tills_export_no_persons_name_is_kept_anywhere(store: Store, cafe: Restaurant) -> None:
    upload = hand_in_kind(store, cafe, "sales", SQUARE)
    assert (upload.status, upload.accounting.loaded, upload.accounting.rejected) == ("completed_with_errors", 1, 1)
    kept = "".join(str(ask(store, cafe, f"SELECT to_jsonb(t) FROM {name} t")) for name in WRITTEN)
    kept += "".join(_texts(store))
    kept += output_of("uploads", "show", upload.short_id) + output_of("uploads", "rejected", upload.short_id)
    assert "Bread" in kept
    for name in NAMES:
        assert name not in kept
    ((found,),) = ask(store, cafe, "SELECT detected_format -> 'personal_columns' FROM data_uploads")
    assert isinstance(found, dict)
    assert found["Customer Name"] == found["Employee"] == 2


def _texts(store: Store) -> Iterator[str]:
    paths = archived(store)
    assert paths
    for path in paths:
        content = path.read_bytes()
        yield (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode()


def test_the_rejected_rows_of_a_tills_export_are_understood_as_the_export_is(store: Store, cafe: Restaurant) -> None:
    first = hand_in_kind(store, cafe, "sales", SQUARE)
    corrected = output_of("uploads", "rejected", first.short_id).replace(",x,", ",1,")
    again = hand_in_kind(store, cafe, "sales", corrected, hints=Hints(overlap="add"))
    assert (again.accounting.loaded, again.drift) == (1, ())


def test_a_kind_that_nothing_uses_yet_is_validated_and_shown(
    store: Store, bistro: Restaurant, runs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(LOADERS, "closures")  # type: ignore[arg-type]
    path = tmp_path / "closures.csv"
    path.write_text(output_of("template", "closures"))
    printed = output_of("upload", path, "--restaurant", "bistro", "--kind", "closures")
    assert "this version of Flux does not use them yet" in " ".join(printed.split())
    assert ask(store, bistro, "SELECT status FROM data_uploads") == [("validated",)]


@pytest.mark.parametrize(
    ("kind", "content", "table"),
    [
        ("menu", "item,category,price\nSoup,Starters,4.50\n", "menu_items"),
        ("employees", "name,role\nAda Kok,Kitchen\n", "employees"),
    ],
)
def test_menus_and_employees_are_loaded(store: Store, bistro: Restaurant, kind: str, content: str, table: str) -> None:
    with store.tenant(bistro) as tx:
        tx.connection.exec_driver_sql(
            "INSERT INTO employee_roles (restaurant_id, name, items_per_hour) VALUES (%s, 'Kitchen', 20) "
            "ON CONFLICT DO NOTHING",
            (bistro.id,),
        )
    upload = hand_in_kind(store, bistro, kind, content)
    assert (upload.error, upload.status, upload.accounting.loaded) == (None, "completed", 1)
    assert ask(store, bistro, f"SELECT count(*) FROM {table}") == [(1,)]
    assert f"{kind}.csv" in output_of("uploads", "show", upload.short_id)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "A file of sales belongs to a restaurant. Add --restaurant SLUG"),
        (("--restaurant", "bistro", "--kind", "wether"), "Unknown kind 'wether'. Choose one of: sales, menu"),
        (("--restaurant", "bistro", "--kind", "weather"), "Leave out --restaurant"),
        (("--restaurant", "bistro", "--column", "item=Nowhere"), "Nowhere"),
        (("--restaurant", "bistro", "--encoding", "klingon"), "klingon"),
        (("--restaurant", "bistro", "--year-from", "yesterday"), "yesterday"),
    ],
)
def test_what_can_not_be_meant_is_refused_and_leaves_nothing(
    store: Store, bistro: Restaurant, file: Path, words: tuple[str, ...], says: str
) -> None:
    assert says in refused("upload", file, *words)
    assert ask(store, bistro, "SELECT count(*) FROM data_uploads") == [(0,)]
    assert archived(store) == []


def test_a_pipe_is_refused(store: Store, bistro: Restaurant, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "pipe.csv is a pipe. Save what" in refused("upload", tmp_path / "pipe.csv", "--restaurant", "bistro")
