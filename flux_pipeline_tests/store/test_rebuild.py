"""Rebuild from the kept files: the same rows, with the same ids."""

import pytest
from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.diagnosis.proofs import upload_accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.replay import rebuild_restaurant
from flux_pipeline.store.loading.withdraw import withdraw_upload
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline_tests.store.handing_in import ask, hand_in

HEAD = "date,item,quantity,price\n"
TICKETED = "date,time,ticket,item,quantity,price\n"
TABLES = ("transactions", "transaction_items", "daily_item_sales", "upload_days", "data_uploads", "menu_items")


def fill(store: Store, restaurant: Restaurant) -> None:
    """Load files that repeat, correct, add to and replace each other, and withdraw one."""
    food = "".join(f"2026-03-0{day},Soup,{day},4.50\n2026-03-0{day},Bread,1,1.20\n" for day in range(1, 8))
    hand_in(store, restaurant, HEAD + food, "food")
    hand_in(store, restaurant, HEAD + food.replace("05,Soup,5", "05,Soup,6"), "corrected")
    hand_in(store, restaurant, HEAD + "2026-03-03,Beer,7,5.00\n", "drinks", overlap="add")
    hand_in(store, restaurant, HEAD + "2026-03-04,Tea,7,2.00\n", "another", overlap="replace")
    tickets = "".join(f"2026-04-0{day},12:{n},T{n},Soup,1,4.60\n" for day in range(1, 4) for n in range(10, 30))
    first = hand_in(store, restaurant, TICKETED + tickets, "tickets")
    hand_in(
        store, restaurant, TICKETED + tickets + "2026-04-04,12:10,T10,Pie,1,3\n" + "2026-04-04,1,T,Pie,x,3\n", "all"
    )
    with store.tenant(restaurant) as tx:
        withdraw_upload(tx, first.id)
    with store.tenant(restaurant) as tx:
        tx.connection.execute(text("UPDATE menu_items SET is_active = false WHERE name = 'Bread'"))
        sync_table(tx, "daily_item_sales")


def contents(store: Store, restaurant: Restaurant) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of the tables without the time of writing and, if nothing refers to it, its own id."""
    found = {}
    for table in TABLES:
        row = "to_jsonb(t) - 'created_at' - 'updated_at'" + (" - 'id'" if table == "upload_days" else "")
        found[table] = ask(store, restaurant, f"SELECT {row} FROM {table} t ORDER BY ({row})::text")
    return found


def test_a_rebuild_ends_with_identical_rows(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    for restaurant in (bistro, cafe):
        fill(store, restaurant)
    before, others = contents(store, bistro), contents(store, cafe)
    done = rebuild_restaurant(store, bistro)
    assert (done.uploads, done.lines_before, done.lines) == (5, len(before["transaction_items"]), done.lines_before)
    after = contents(store, bistro)
    for table in TABLES:
        assert before[table], table
        assert after[table] == before[table], table
    assert contents(store, cafe) == others
    with store.tenant(bistro) as tx:
        assert upload_accounting(tx).wrong == []


def test_rows_that_were_lost_or_changed_by_hand_come_back(store: Store, bistro: Restaurant) -> None:
    fill(store, bistro)
    before = contents(store, bistro)
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("DELETE FROM transaction_items WHERE business_date = '2026-03-02'"))
        tx.connection.execute(text("UPDATE transaction_items SET quantity = 99 WHERE menu_item_name = 'Beer'"))
    rebuild_restaurant(store, bistro)
    assert contents(store, bistro) == before


def test_a_rebuild_that_lacks_a_file_changes_nothing(store: Store, bistro: Restaurant) -> None:
    fill(store, bistro)
    before = contents(store, bistro)
    ((uri,),) = ask(store, bistro, "SELECT storage_uri FROM data_uploads WHERE file_name = 'all'")
    (store.settings.archive / str(uri)).unlink()
    with pytest.raises(PermanentError, match="Restore the archive folder"):
        rebuild_restaurant(store, bistro)
    assert contents(store, bistro) == before
