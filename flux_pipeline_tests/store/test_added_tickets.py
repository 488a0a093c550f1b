"""Rejected rows, corrected and sent again with --add: stored beside the other lines of their tickets, each once."""

import csv
import io

from flux_pipeline.store.diagnosis.proofs import upload_accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.replay import rebuild_restaurant
from flux_pipeline.store.loading.withdraw import withdraw_upload
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline.store.uploads.log import rejected_as_sent
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline_tests.store.handing_in import ask, hand_in
from flux_pipeline_tests.store.test_rebuild import TABLES, contents

HEAD = "date,time,ticket,item,quantity,price\n"
SOUP, TEA = "2026-03-06,12:00,A1,Soup,3,4.50\n", "2026-03-06,13:00,A2,Tea,1,2.00\n"
BREAD, PIE = "2026-03-06,12:00,A1,Bread,x,1.20\n", "2026-03-06,13:00,A2,Pie,y,3.00\n"
STORED = """
SELECT t.source_ticket_id, u.file_name, i.menu_item_name, i.quantity::float, t.total_amount::float
FROM transactions t JOIN transaction_items i ON i.transaction_id = t.id JOIN data_uploads u ON u.id = t.data_upload_id
ORDER BY 1, 3
"""
FIRST = [("A1", "a", "Soup", 3.0, 13.5), ("A2", "a", "Tea", 1.0, 2.0)]


def as_sent(store: Store, restaurant: Restaurant, upload: Upload) -> str:
    """Return the rejected rows, as `flux uploads rejected` prints them."""
    with store.tenant(restaurant) as tx:
        sent = rejected_as_sent(tx, upload.id)
    page = io.StringIO()
    csv.writer(page, lineterminator="\n").writerows([sent.header, *(row.cells for row in sent.rows)])
    return page.getvalue()


def accounted_for(store: Store, restaurant: Restaurant) -> bool:
    with store.tenant(restaurant) as tx:
        return upload_accounting(tx).wrong == []


def test_a_corrected_row_of_a_stored_ticket_is_added_and_withdrawn_alone(store: Store, bistro: Restaurant) -> None:
    first = hand_in(store, bistro, HEAD + SOUP + BREAD + TEA, "a")
    assert first.accounting.rejected == 1
    corrected = as_sent(store, bistro, first).replace(",x,", ",2,")
    assert corrected == HEAD + BREAD.replace(",x,", ",2,")
    kept_out = hand_in(store, bistro, corrected, "b")
    assert dict(kept_out.accounting.reasons) == {"already_loaded": 1}
    added = hand_in(store, bistro, corrected.replace(",2,", ",2.0,"), "c", overlap="add")
    assert (added.accounting.read, added.accounting.loaded) == (1, 1)
    bread = (f"A1 (added {added.short_id})", "c", "Bread", 2.0, 2.4)
    assert ask(store, bistro, STORED) == [FIRST[0], bread, FIRST[1]]
    assert accounted_for(store, bistro)

    with store.tenant(bistro) as tx:
        sync_table(tx, "daily_item_sales")
    before = contents(store, bistro)
    rebuild_restaurant(store, bistro)
    after = contents(store, bistro)
    for table in TABLES:
        assert after[table] == before[table], table

    with store.tenant(bistro) as tx:
        assert withdraw_upload(tx, added.id).lines_removed == 1
    assert ask(store, bistro, STORED) == FIRST
    assert accounted_for(store, bistro)


def test_rejected_rows_sent_again_mean_what_they_meant_in_their_file(store: Store, bistro: Restaurant) -> None:
    head, whole = "Date;Item;Qty;Total\n", "".join(f"03/{day}/2024;Tea;2;1.234,50\n" for day in range(13, 23))
    first = hand_in(store, bistro, f"{head}{whole}03/04/2024;Tea;two;1.234\n03/05/2024;Pie;y;7,125\n", "a")
    printed = as_sent(store, bistro, first)
    assert printed == "Date,Item,Qty,Total\n2024-03-04,Tea,two,1234\n2024-03-05,Pie,y,7.1250\n"
    added = hand_in(store, bistro, printed.replace(",two,", ",2,").replace(",y,", ",1,"), "b", overlap="add")
    assert added.accounting.loaded == 2
    late = "SELECT business_date::text, line_amount::float FROM transaction_items WHERE business_date < '2024-03-13'"
    assert ask(store, bistro, late + " ORDER BY 1") == [("2024-03-04", 1234.0), ("2024-03-05", 7.13)]


def test_rows_of_a_refused_file_are_shown_as_they_are_in_it(store: Store, bistro: Restaurant) -> None:
    rows = "03/13/2024;Tea;two;1.234,50\n03/14/2024;Tea;2;1.234,50\n"
    refused = hand_in(store, bistro, "Date;Item;Qty;Total\n" + rows, "a", rejected_share=0.0)
    assert refused.status == "failed"
    assert "03/13/2024" in as_sent(store, bistro, refused)


def test_without_the_first_upload_the_added_row_is_the_ticket(store: Store, bistro: Restaurant) -> None:
    first = hand_in(store, bistro, HEAD + SOUP + BREAD, "a")
    hand_in(store, bistro, HEAD + BREAD.replace(",x,", ",2,"), "b", overlap="add")
    with store.tenant(bistro) as tx:
        withdraw_upload(tx, first.id)
    assert ask(store, bistro, STORED) == [("A1", "b", "Bread", 2.0, 2.4)]
    assert accounted_for(store, bistro)


def test_a_ticket_that_is_repeated_with_all_its_lines_is_not_added_twice(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, HEAD + SOUP + BREAD + TEA, "a")
    whole = HEAD + SOUP + BREAD.replace(",x,", ",2,") + TEA
    again = hand_in(store, bistro, whole, "b", overlap="add")
    assert (again.accounting.loaded, dict(again.accounting.reasons)) == (1, {"already_loaded": 2})
    third = hand_in(store, bistro, whole + "\n", "c", overlap="add")
    assert third.accounting.loaded == 0
    assert accounted_for(store, bistro)


def test_successive_corrections_count_once(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, HEAD + SOUP + TEA + BREAD + PIE, "a")
    bread, pie = BREAD.replace(",x,", ",2,"), PIE.replace(",y,", ",1,")
    assert hand_in(store, bistro, HEAD + bread + PIE, "b", overlap="add").accounting.loaded == 1
    assert hand_in(store, bistro, HEAD + bread + pie, "c", overlap="add").accounting.loaded == 1
    assert [row[1:4] for row in ask(store, bistro, STORED)] == [
        ("a", "Soup", 3.0),
        ("b", "Bread", 2.0),
        ("a", "Tea", 1.0),
        ("c", "Pie", 1.0),
    ]
    longer = hand_in(store, bistro, HEAD + SOUP + TEA + bread + pie + SOUP.replace("A1", "A3"), "d")
    assert (longer.accounting.loaded, longer.accounting.skipped) == (1, 4)
    assert accounted_for(store, bistro)


def test_added_lines_of_a_ticket_do_not_count_its_guests_again(store: Store, bistro: Restaurant) -> None:
    head = HEAD.replace("price", "price,covers")
    first = hand_in(store, bistro, head + SOUP.replace("\n", ",4\n") + BREAD.replace("\n", ",4\n"), "a")
    corrected = as_sent(store, bistro, first).replace(",x,", ",2,")
    hand_in(store, bistro, corrected, "b", overlap="add")
    assert ask(store, bistro, "SELECT covers FROM transactions ORDER BY 1") == [(4,), (None,)]
