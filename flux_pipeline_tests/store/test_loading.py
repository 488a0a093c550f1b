"""Loading of sales files: tickets and lines are written once, every row is accounted for, restaurants never mix."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.diagnosis.proofs import upload_accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.menu.history import menu, menu_known
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.sales.history import sales_by_period, sales_history
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.log import first_rejected
from flux_pipeline.store.uploads.registry import find_upload, register_upload, waiting_uploads
from flux_pipeline_tests.store.handing_in import ask, hand_in, hand_in_kind

NOW = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)
TICKETS = """date,time,ticket,item,quantity,price
2026-03-06,12:10,A1,Soup,2,4.50
2026-03-06,12:10,A1,Bread,1,1.20
2026-03-06,19:30,A2,Soup,1,4.50
2026-03-07,01:15,A3,Beer,3,5.00
2026-03-07,12:00,A4,  SOUP ,1,4.80
2026-03-07,12:05,A5,Soup,0,4.80
2026-03-07,12:07,A6,Soup,x,4.80
"""
NO_TICKETS = "date,item,quantity,price\n2026-03-06,Soup,3,4.50\n2026-03-06,Bread,1,1.20\n"


def test_tickets_lines_and_items_are_stored_as_in_the_file(store: Store, bistro: Restaurant) -> None:
    upload = hand_in(store, bistro, TICKETS)
    assert (upload.accounting.read, upload.accounting.loaded) == (7, 5)
    assert upload.accounting.reasons == {"zero_quantity": 1, "bad_quantity": 1}
    assert upload.status == "completed_with_errors"
    assert ask(store, bistro, "SELECT source_ticket_id, business_date, total_amount FROM transactions ORDER BY 1") == [
        ("A1", dt.date(2026, 3, 6), Decimal("10.20")),
        ("A2", dt.date(2026, 3, 6), Decimal("4.50")),
        ("A3", dt.date(2026, 3, 6), Decimal("15.00")),
        ("A4", dt.date(2026, 3, 7), Decimal("4.80")),
    ]
    items = ask(
        store, bistro, "SELECT name, price, first_sold_on, last_sold_on, auto_created FROM menu_items ORDER BY 1"
    )
    assert items == [
        ("Beer", Decimal("5.00"), dt.date(2026, 3, 6), dt.date(2026, 3, 6), True),
        ("Bread", Decimal("1.20"), dt.date(2026, 3, 6), dt.date(2026, 3, 6), True),
        ("Soup", Decimal("4.80"), dt.date(2026, 3, 6), dt.date(2026, 3, 7), True),
    ]
    assert ("SOUP",) in ask(store, bistro, "SELECT menu_item_name FROM transaction_items")


def test_a_rejected_row_is_kept_whole_with_its_reason(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, TICKETS)
    ((line, reason, column, raw),) = ask(
        store, bistro, "SELECT line_number, reason_code, column_name, raw FROM rejected_rows"
    )
    assert (line, reason, column) == (8, "bad_quantity", "quantity")
    assert raw["quantity"] == "x"
    assert raw["ticket"] == "A6"


def test_old_and_recent_sales_load(store: Store, bistro: Restaurant) -> None:
    upload = hand_in(store, bistro, "date,item,quantity,price\n2015-07-04,Soup,1,4.50\n2026-01-01,Soup,1,4.50\n")
    assert upload.accounting.loaded == 2


def test_a_sale_in_the_future_is_rejected(store: Store, bistro: Restaurant) -> None:
    upload = hand_in(store, bistro, "date,item,quantity,price\n2098-03-06,Soup,1,4.50\n2026-03-06,Soup,1,4.50\n")
    assert upload.accounting.reasons == {"future_date": 1}
    with store.tenant(bistro) as tx:
        ((line, message),) = first_rejected(tx, upload.id)
    assert line == 2 and "Check the year" in message


@pytest.mark.parametrize("content", [TICKETS, NO_TICKETS], ids=["tickets", "no tickets"])
def test_the_same_file_twice_is_one_upload(store: Store, bistro: Restaurant, content: str) -> None:
    first = hand_in(store, bistro, content)
    kept = Archive(store.settings.archive).keep(content.encode(), bistro.slug)
    with store.tenant(bistro) as tx:
        again, is_new = register_upload(tx, kept, "sales", "other-name.csv", {})
        assert (again.id, is_new, again.is_waiting) == (first.id, False, False)
        assert waiting_uploads(tx) == []


@pytest.mark.parametrize("content", [TICKETS, NO_TICKETS], ids=["tickets", "no tickets"])
def test_stored_rows_are_skipped_in_a_longer_export(store: Store, bistro: Restaurant, content: str) -> None:
    first = hand_in(store, bistro, content)
    more = content + ("2026-03-08,12:00,B1,Soup,1,4.80\n" if "ticket" in content else "2026-03-08,Soup,1,4.80\n")
    second = hand_in(store, bistro, more, "longer.csv")
    assert second.accounting.loaded == 1
    assert second.accounting.reasons["already_loaded"] == first.accounting.loaded
    with store.tenant(bistro) as tx:
        assert upload_accounting(tx).wrong == []


@pytest.mark.parametrize("content", [TICKETS, NO_TICKETS], ids=["with a rejected row", "without"])
def test_a_finished_upload_is_not_loaded_again_by_a_run_that_listed_it_before(
    store: Store, bistro: Restaurant, content: str
) -> None:
    kept = Archive(store.settings.archive).keep(content.encode(), bistro.slug)
    with store.tenant(bistro) as tx:
        listed, _ = register_upload(tx, kept, "sales", "sales.csv", {})
    first = load_upload(store, bistro, listed)
    lines = "SELECT count(*), sum(line_amount) FROM transaction_items"
    before = ask(store, bistro, lines)
    second = load_upload(store, bistro, listed)
    assert (second.status, second.accounting) == (first.status, first.accounting)
    assert ask(store, bistro, lines) == before


def test_an_upload_that_two_runs_load_at_once_is_loaded_once(store: Store, bistro: Restaurant) -> None:
    rows = "".join(f"2026-03-{1 + n % 28:02d},Soup {n},1,4.50\n" for n in range(2000))
    kept = Archive(store.settings.archive).keep(f"date,item,quantity,price\n{rows}".encode(), bistro.slug)
    with store.tenant(bistro) as tx:
        upload, _ = register_upload(tx, kept, "sales", "sales.csv", {})
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: load_upload(store, bistro, upload), range(4)))
    assert [found.error for found in done] == [None] * 4
    assert {found.status for found in done} <= {"completed", "processing"}
    assert ask(store, bistro, "SELECT count(*) FROM transaction_items") == [(2000,)]
    with store.tenant(bistro) as tx:
        assert find_upload(tx, upload.id).accounting.loaded == 2000
        assert upload_accounting(tx).wrong == []


def test_times_without_tickets_keep_their_hours(store: Store, bistro: Restaurant) -> None:
    rows = "2026-03-06,08:00,Soup,3,4\n2026-03-06,12:00,Soup,50,4\n2026-03-06,19:00,Tea,70,2\n"
    timed = "date,time,item,quantity,price\n" + rows
    hand_in(store, bistro, timed)
    with store.tenant(bistro) as tx:
        hours = sales_by_period(tx, dt.date(2026, 3, 1), dt.date(2026, 3, 8), 60, {})
    assert list(zip(hours.minute // 60, hours.quantity, strict=True)) == [(8, 3.0), (12, 50.0), (19, 70.0)]


def test_two_restaurants_with_the_same_file_do_not_mix(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    for restaurant in (bistro, cafe):
        assert hand_in(store, restaurant, TICKETS).accounting.loaded == 5
    lines = "SELECT count(*), sum(line_amount) FROM transaction_items"
    assert ask(store, bistro, lines) == ask(store, cafe, lines) == [(5, Decimal("34.50"))]
    shared = "SELECT id FROM menu_items"
    assert not set(ask(store, bistro, shared)) & set(ask(store, cafe, shared))


def test_an_unreadable_file_fails_with_the_reason_and_can_be_sent_again(store: Store, bistro: Restaurant) -> None:
    odd = "x1,x2,x3\n2026-03-06,Soup,3\n"
    failed = hand_in(store, bistro, odd)
    assert failed.status == "failed"
    assert "--column" in (failed.error or "")
    mended = hand_in(store, bistro, odd, date="x1", item="x2", quantity="x3")
    assert mended.status == "completed", mended.error
    assert mended.accounting.loaded == 1


def test_a_file_that_was_lost_from_the_archive_fails_with_a_sentence(store: Store, bistro: Restaurant) -> None:
    kept = Archive(store.settings.archive).keep(NO_TICKETS.encode(), bistro.slug)
    with store.tenant(bistro) as tx:
        upload, _ = register_upload(tx, kept, "sales", "sales.csv", {})
    (store.settings.archive / kept.storage_uri).unlink()
    assert "Restore the archive folder" in (load_upload(store, bistro, upload).error or "")


def test_a_kept_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    kept = archive.keep(b"one", "bistro")
    (tmp_path / kept.storage_uri).write_bytes(b"two")
    with pytest.raises(PermanentError, match="was changed"):
        archive.open(kept.storage_uri)


def test_an_error_while_loading_leaves_nothing_behind(store: Store, bistro: Restaurant) -> None:
    # 10 digits before the point fit numeric(12,2); the sum of the day does not.
    upload = hand_in(store, bistro, "date,item,quantity,price\n" + "2026-03-06,Soup,1,9999999999.99\n" * 2)
    assert upload.status == "failed"
    assert ask(store, bistro, "SELECT count(*) FROM transaction_items") == [(0,)]
    assert ask(store, bistro, "SELECT count(*) FROM menu_items") == [(0,)]


def test_the_daily_sums_follow_the_lines_and_are_not_written_if_nothing_changed(
    store: Store, bistro: Restaurant
) -> None:
    hand_in(store, bistro, TICKETS)
    with store.tenant(bistro) as tx:
        assert sync_table(tx, "daily_item_sales").written == 4
    with store.tenant(bistro) as tx:
        kept = sync_table(tx, "daily_item_sales")
        assert (kept.written, kept.removed, kept.rows) == (0, 0, 4)
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("DELETE FROM transaction_items WHERE menu_item_name = 'Beer'"))
        kept = sync_table(tx, "daily_item_sales")
        assert (kept.written, kept.removed, kept.rows) == (0, 1, 3)


def test_the_history_ends_at_as_of_and_the_menu_has_only_what_was_sold_by_then(
    store: Store, bistro: Restaurant
) -> None:
    hand_in(store, bistro, TICKETS + "2026-03-09,12:00,C1,Pie,1,3.00\n")
    with store.tenant(bistro) as tx:
        sync_table(tx, "daily_item_sales")
        history = sales_history(tx, dt.date(2026, 1, 1), dt.date(2026, 3, 8))
        assert history.quantity.sum() == 8
        assert set(menu(tx, dt.date(2026, 3, 8), NOW).name) == {"Soup", "Bread", "Beer"}
        assert "Pie" in set(menu(tx, dt.date(2026, 3, 9), NOW).name)


def test_the_hours_are_those_of_the_restaurants_clock(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    for restaurant in (bistro, cafe):
        hand_in(store, restaurant, TICKETS)
        with store.tenant(restaurant) as tx:
            hours = sales_by_period(tx, dt.date(2026, 3, 1), dt.date(2026, 3, 8), 60, {})
        by_hour = list(zip(hours.business_date.dt.day, hours.minute // 60, hours.quantity, strict=True))
        assert by_hour == [(6, 1, 3.0), (6, 12, 3.0), (6, 19, 1.0), (7, 12, 1.0)]


def test_sales_by_period_have_the_category_of_the_moment_and_the_channel_of_the_ticket(
    store: Store, bistro: Restaurant
) -> None:
    lines = [
        "2026-03-06,12:14,A1,Soup,Starters,2,4.50,dine in",
        "2026-03-06,12:15,A2,Soup,Starters,1,4.50,delivery",
        "2026-03-06,12:29,A2,Tea,,5,2.00,delivery",
        "2026-03-07,00:59:59,A3,Soup,Starters,1,4.50,",
    ]
    hand_in(store, bistro, "\n".join(["date,time,ticket,item,category,quantity,price,channel", *lines]) + "\n")
    hand_in_kind(store, bistro, "menu", "item,category,price\nSoup,Soups,9\nTea,Drinks,3\n")
    now = dt.datetime.now(dt.UTC)
    with store.tenant(bistro) as tx:
        as_of = dt.date(2026, 3, 8)
        before = menu_known(tx, as_of, now - dt.timedelta(hours=1)).set_index("item")
        today = menu_known(tx, as_of, now).set_index("item")
        sold = sales_by_period(tx, dt.date(2026, 3, 1), as_of, 15, today.category.to_dict())
    assert sorted(map(str, today.category)) == ["Drinks", "Soups"] and set(today.price) == {9.0, 3.0}
    assert set(before.price) == {4.5, 2.0}
    assert list(sold.drop(columns="business_date").itertuples(index=False, name=None)) == [
        (45, "Soups", "unknown", 1.0),
        (720, "Soups", "dine_in", 2.0),
        (735, "Drinks", "delivery", 5.0),
        (735, "Soups", "delivery", 1.0),
    ]


def test_the_price_of_an_item_that_was_sold_later_is_not_known_before(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, TICKETS + "2026-03-20,12:00,C1,Soup,1,30.00\n")
    with store.tenant(bistro) as tx:
        known = menu_known(tx, dt.date(2026, 3, 8), dt.datetime.now(dt.UTC))
        assert sorted(known.price.dropna()) == [1.2, 5.0]


def test_the_figures_of_the_french_bakery_are_right(store: Store, bistro: Restaurant, real_data: Path) -> None:
    content = (real_data / "french_bakery" / "daily_sales_french_bakery.csv").read_text()
    columns = {"date": "ds", "item": "unique_id", "amount": "y", "price": "unit_price"}
    upload = hand_in(store, bistro, content, **columns)
    counts = upload.accounting
    assert (counts.read, counts.loaded, counts.skipped, counts.rejected) == (57_046, 29_150, 27_892, 4)
    assert counts.reasons == {"zero_quantity": 27_892, "amount_without_price": 4}
    sums = "SELECT sum(line_amount), count(DISTINCT menu_item_id), count(DISTINCT business_date) FROM transaction_items"
    assert ask(store, bistro, sums) == [(Decimal("558607.85"), 146, 600)]
    with store.tenant(bistro) as tx:
        assert find_upload(tx, upload.id).first_business_date == dt.date(2021, 1, 2)
