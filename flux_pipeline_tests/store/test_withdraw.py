"""Withdrawal of an upload: the tables are as if the file had never been handed in."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.diagnosis.proofs import upload_accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.replay import rebuild_restaurant
from flux_pipeline.store.loading.withdraw import Withdrawal, withdraw_upload
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import Upload, find_upload, register_upload
from flux_pipeline_tests.store.handing_in import ask, hand_in

HEAD = "date,item,quantity,price\n"
FOOD = HEAD + "2026-03-06,Soup,3,4.50\n2026-03-06,Bread,1,1.20\n"
MORE = FOOD.replace("Soup,3", "Soup,5") + "2026-03-07,Tea,2,2.00\n"
DRINKS = HEAD + "2026-03-06,Beer,7,5.00\n"
TICKETED = "date,time,ticket,item,quantity,price\n2026-03-06,12:00,A1,Soup,3,4.50\n2026-03-06,13:00,A2,Tea,1,2\n"
STORED = """
SELECT t.business_date::text, t.source_ticket_id, u.file_name, i.menu_item_name, i.quantity::float, i.unit_price::float
FROM transactions t JOIN transaction_items i ON i.transaction_id = t.id JOIN data_uploads u ON u.id = t.data_upload_id
ORDER BY 1, 2, 4
"""
ITEMS = "SELECT name, is_active, price::float, first_sold_on::text, last_sold_on::text FROM menu_items ORDER BY 1"


def withdraw(store: Store, restaurant: Restaurant, upload: Upload) -> Withdrawal:
    with store.tenant(restaurant) as tx:
        done = withdraw_upload(tx, upload.id)
    with store.tenant(restaurant) as tx:
        assert upload_accounting(tx).wrong == []
    return done


def test_its_rows_are_removed_and_the_daily_sums_follow(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FOOD, "a")
    kept, items = ask(store, bistro, STORED), ask(store, bistro, ITEMS)
    drinks = hand_in(store, bistro, DRINKS, "b", overlap="add")
    with store.tenant(bistro) as tx:
        sync_table(tx, "daily_item_sales")
    done = withdraw(store, bistro, drinks)
    assert (done.days, done.lines_removed, done.upload.status) == (1, 1, "withdrawn")
    assert ask(store, bistro, STORED) == kept
    assert ask(store, bistro, ITEMS) == [("Beer", False, 5.0, None, None), *items]
    with store.tenant(bistro) as tx:
        assert sync_table(tx, "daily_item_sales").removed == 1


def test_what_it_superseded_comes_back_with_its_ids(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FOOD, "a")
    ids = ask(store, bistro, "SELECT id, data_upload_id, total_amount FROM transactions")
    correction = hand_in(store, bistro, MORE, "b")
    done = withdraw(store, bistro, correction)
    assert (done.lines_removed, done.lines_returned, done.returned_from) == (3, 2, ("a",))
    assert "came back from a" in done.message
    assert ask(store, bistro, "SELECT id, data_upload_id, total_amount FROM transactions") == ids
    assert ask(store, bistro, "SELECT file_name, status, superseded_by FROM data_uploads ORDER BY 1") == [
        ("a", "completed", None),
        ("b", "withdrawn", None),
    ]
    assert ask(store, bistro, "SELECT status, count(*) FROM upload_days GROUP BY 1 ORDER BY 1") == [
        ("current", 1),
        ("withdrawn", 2),
    ]


def test_tickets_that_another_file_also_has_come_back_from_that_file(store: Store, bistro: Restaurant) -> None:
    first = hand_in(store, bistro, TICKETED, "a")
    second = hand_in(store, bistro, TICKETED + "2026-03-06,14:00,A3,Pie,1,3\n", "b")
    assert second.accounting.reasons == {"already_loaded": 2}
    withdraw(store, bistro, first)
    assert [row[1:3] for row in ask(store, bistro, STORED)] == [("A1", "b"), ("A2", "b"), ("A3", "b")]
    with store.tenant(bistro) as tx:
        counts = find_upload(tx, second.id).accounting
    assert (counts.read, counts.loaded, counts.skipped, dict(counts.reasons)) == (3, 3, 0, {})


def test_rows_come_back_from_a_later_export_that_had_nothing_new(store: Store, bistro: Restaurant) -> None:
    more = TICKETED + "2026-03-07,12:00,A3,Pie,1,3\n"
    first = hand_in(store, bistro, more, "a")
    second = hand_in(store, bistro, TICKETED, "b")
    third = hand_in(store, bistro, more + "2026-03-08,12:00,A4,Pie,1,3\n", "c")
    assert (second.accounting.loaded, third.accounting.loaded) == (0, 1)
    done = withdraw(store, bistro, first)
    assert done.message == "a is withdrawn, and with it 3 lines on 2 days. 3 lines of these days came back from b, c."
    assert [row[1:3] for row in ask(store, bistro, STORED)] == [("A1", "b"), ("A2", "b"), ("A3", "c"), ("A4", "c")]
    stored = ask(store, bistro, STORED)
    rebuild_restaurant(store, bistro)
    assert ask(store, bistro, STORED) == stored
    # The last file that has a row keeps it.
    assert withdraw(store, bistro, second).returned_from == ("c",)
    assert withdraw(store, bistro, third).lines_removed == 4
    assert ask(store, bistro, STORED) == []


def test_withdrawing_a_superseded_upload_changes_no_stored_sales(store: Store, bistro: Restaurant) -> None:
    first = hand_in(store, bistro, FOOD, "a")
    hand_in(store, bistro, MORE, "b")
    stored = ask(store, bistro, STORED)
    assert withdraw(store, bistro, first).lines_removed == 0
    assert ask(store, bistro, STORED) == stored


def test_later_files_of_its_days_stay(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FOOD, "a")
    replaced = hand_in(store, bistro, DRINKS, "b", overlap="replace")
    hand_in(store, bistro, DRINKS.replace("Beer,7", "Beer,8"), "c")
    stored = ask(store, bistro, STORED)
    withdraw(store, bistro, replaced)
    assert ask(store, bistro, STORED) == stored == [("2026-03-06", None, "c", "Beer", 8.0, 5.0)]


def test_a_second_withdrawal_changes_nothing_and_the_file_can_be_handed_in_again(
    store: Store, bistro: Restaurant
) -> None:
    upload = hand_in(store, bistro, FOOD, "a")
    withdraw(store, bistro, upload)
    assert withdraw(store, bistro, upload).was_withdrawn
    again = hand_in(store, bistro, FOOD, "a")
    assert (again.id != upload.id, again.accounting.loaded) == (True, 2)
    assert {row[1] for row in ask(store, bistro, ITEMS)} == {True}


def test_only_a_loaded_file_can_be_withdrawn(store: Store, bistro: Restaurant) -> None:
    kept = Archive(store.settings.archive).keep(FOOD.encode(), bistro.slug)
    with store.tenant(bistro) as tx:
        waiting, _ = register_upload(tx, kept, "sales", "a", {})
        with pytest.raises(PermanentError, match="received; only loaded files of sales, "):
            withdraw_upload(tx, waiting.id)


def test_nothing_is_withdrawn_if_the_file_of_an_earlier_upload_is_missing(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FOOD, "a")
    correction = hand_in(store, bistro, MORE, "b")
    stored = ask(store, bistro, STORED)
    for uri in ask(store, bistro, "SELECT storage_uri FROM data_uploads WHERE file_name = 'a'"):
        (store.settings.archive / str(uri[0])).unlink()
    with pytest.raises(PermanentError, match="Restore the archive folder"):
        withdraw(store, bistro, correction)
    assert ask(store, bistro, STORED) == stored
