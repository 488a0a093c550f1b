"""Counts and waste: loaded, handed in again, corrected and withdrawn, as if each file were the only one or the last."""

import datetime as dt

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.withdraw import Withdrawal, withdraw_upload
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.log import rejected_as_sent
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind

INGREDIENTS = "name,unit\nFlour,kg\nMilk,l\nRum,bottle\n"
MENU = "item\nMayonnaise\nSoup\nMilk\n"
COUNTED = "SELECT coalesce(i.name, m.name), c.location, c.lot, c.quantity::float, c.unit, u.file_name"
COUNTED += " FROM inventory_counts c LEFT JOIN ingredients i ON i.id = c.ingredient_id"
COUNTED += " LEFT JOIN menu_items m ON m.id = c.menu_item_id LEFT JOIN data_uploads u ON u.id = c.data_upload_id"
COUNTED += " WHERE c.superseded_at IS NULL ORDER BY 1, 2, 3"
WASTED = "SELECT coalesce(i.name, m.name), w.quantity::float, w.unit, w.reason, w.note, w.occurrence, u.file_name"
WASTED += " FROM waste_records w LEFT JOIN ingredients i ON i.id = w.ingredient_id"
WASTED += " LEFT JOIN menu_items m ON m.id = w.menu_item_id LEFT JOIN data_uploads u ON u.id = w.data_upload_id"
WASTED += " WHERE w.superseded_at IS NULL ORDER BY 1, 2, 3, 6"


@pytest.fixture
def kitchen(store: Store, bistro: Restaurant) -> Restaurant:
    """A restaurant whose ingredients and items are known."""
    hand_in_kind(store, bistro, "ingredients", INGREDIENTS)
    hand_in_kind(store, bistro, "menu", MENU)
    return bistro


def withdraw(store: Store, restaurant: Restaurant, upload: Upload) -> Withdrawal:
    with store.tenant(restaurant) as tx:
        return withdraw_upload(tx, upload.id)


def rejections(store: Store, restaurant: Restaurant, upload: Upload) -> dict[str, str]:
    with store.tenant(restaurant) as tx:
        return {row.why[1]: row.why[2] for row in rejected_as_sent(tx, upload.id).rows}


HEAD = "ingredient,quantity,unit,counted_on,location,lot\n"
FIRST = HEAD + "Flour,10,,2026-03-06,Store,\nFlour,2000,g,2026-03-06,Bar,\nMayonnaise,1.5,l,2026-03-06,,\n"
SECOND = HEAD + "FLOUR,8,kg,2026-03-06,store,\nRum,0,,2026-03-06,,\nMayonnaise,1.5,l,2026-03-06,,\n"


def test_counts_are_stored_corrected_and_withdrawn(store: Store, kitchen: Restaurant) -> None:
    a = hand_in_kind(store, kitchen, "inventory_counts", FIRST, "a")
    first = [
        ("Flour", "Bar", None, 2000.0, "g", "a"),
        ("Flour", "Store", None, 10.0, "kg", "a"),
        ("Mayonnaise", None, None, 1.5, "l", "a"),
    ]
    assert ask(store, kitchen, COUNTED) == first
    again = hand_in_kind(store, kitchen, "inventory_counts", FIRST + "\n", "again")
    assert (again.accounting.loaded, ask(store, kitchen, COUNTED)) == (0, first)
    withdraw(store, kitchen, again)
    b = hand_in_kind(store, kitchen, "inventory_counts", SECOND, "b")
    assert b.accounting.reasons == {"already_loaded": 1}
    corrected = [first[0], ("Flour", "Store", None, 8.0, "kg", "b"), first[2], ("Rum", None, None, 0.0, "bottle", "b")]
    assert ask(store, kitchen, COUNTED) == corrected
    # What both files say stays with either.
    assert withdraw(store, kitchen, a).lines_removed == 2
    assert ask(store, kitchen, COUNTED) == [corrected[1], ("Mayonnaise", None, None, 1.5, "l", "b"), corrected[3]]
    a = hand_in_kind(store, kitchen, "inventory_counts", FIRST + "\n\n", "a")
    done = withdraw(store, kitchen, b)
    assert done.message == "b is withdrawn, and with it 2 lines. 1 line came back from a."
    assert ask(store, kitchen, COUNTED) == first
    before = ask(store, kitchen, "SELECT count(*) FROM inventory_counts")
    assert withdraw(store, kitchen, b).was_withdrawn
    assert ask(store, kitchen, "SELECT count(*) FROM inventory_counts") == before


def test_a_count_that_a_person_had_entered_comes_back(store: Store, kitchen: Restaurant) -> None:
    hand_in_kind(store, kitchen, "inventory_counts", FIRST, "a")
    by_hand = "UPDATE inventory_counts SET superseded_at = now() WHERE location = 'Store'"
    entered = """
        INSERT INTO inventory_counts (restaurant_id, ingredient_id, counted_on, location, quantity, unit, known_at)
        SELECT restaurant_id, ingredient_id, counted_on, location, 9, unit, superseded_at FROM inventory_counts
        WHERE location = 'Store'
    """
    with store.tenant(kitchen) as tx:
        tx.connection.exec_driver_sql(by_hand)
        tx.connection.exec_driver_sql(entered)
    b = hand_in_kind(store, kitchen, "inventory_counts", SECOND, "b")
    assert "from what was entered by hand" in withdraw(store, kitchen, b).message
    assert ("Flour", "Store", None, 9.0, "kg", None) in ask(store, kitchen, COUNTED)


def test_rows_of_counts_that_cannot_be_right_are_rejected_and_no_other(store: Store, kitchen: Restaurant) -> None:
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
    rows = [
        "Flour,-1,kg,2026-03-06,,",
        f"Flour,1,kg,{tomorrow},,",
        "Flour,1,handful,2026-03-06,,",
        "Flours,1,kg,2026-03-06,,",
        "Mayonnaise,2,,2026-03-06,,",
        "Flour,2,bottle,2026-03-06,,",
        "Rum,,,2026-03-06,,",
    ]
    with store.tenant(kitchen) as tx:
        store_setting(tx, "upload_rejected_share", 0.9)
    upload = hand_in_kind(store, kitchen, "inventory_counts", HEAD + "\n".join(rows) + "\n")
    assert upload.accounting.reasons == {
        "bad_quantity": 1,
        "future_date": 1,
        "bad_unit": 1,
        "unknown_name": 1,
        "missing_unit": 1,
        "not_counted": 1,
    }
    assert "Did you mean 'Flour'?" in rejections(store, kitchen, upload)["unknown_name"]
    # A unit without a conversion is refused where it is booked.
    assert ask(store, kitchen, COUNTED) == [("Flour", None, None, 2.0, "bottle", "inventory_counts.csv")]
    assert ask(store, kitchen, "SELECT count(*) FROM ingredients") == [(3,)]


def test_a_file_without_a_known_name_is_refused(store: Store, kitchen: Restaurant) -> None:
    upload = hand_in_kind(store, kitchen, "inventory_counts", HEAD + "Salt,1,kg,2026-03-06,,\n")
    assert upload.status == "failed"
    assert "No ingredient and no item is called 'Salt'" in (upload.error or "")


LOG = "date,item,quantity,unit,reason\n"
PLATES = "2026-03-06,Soup,1,,dropped\n2026-03-06,Soup,1,,dropped\n"


def test_waste_is_stored_once_added_to_and_withdrawn(store: Store, kitchen: Restaurant) -> None:
    hand_in_kind(store, kitchen, "waste", LOG + PLATES, "a")
    plates = [("Soup", 1.0, "portion", "dropped", None, number, "a") for number in (1, 2)]
    assert ask(store, kitchen, WASTED) == plates
    more = "2026-03-06,Soup,1,,dropped\n2026-03-06,milk,0.5,,Sour - left out\n2026-03-06,Soap,1,,\n"
    b = hand_in_kind(store, kitchen, "waste", LOG + PLATES + more, "b")
    assert b.accounting.reasons == {"already_loaded": 2, "unknown_name": 1}
    milk = ("Milk", 0.5, "l", "other", "Sour - left out", 1, "b")
    stored = [milk, *plates, ("Soup", 1.0, "portion", "dropped", None, 3, "b")]
    assert ask(store, kitchen, WASTED) == stored
    assert hand_in_kind(store, kitchen, "waste", LOG + PLATES + more + "\n").accounting.loaded == 0
    assert hand_in_kind(store, kitchen, "waste", LOG + PLATES[:27], "part").accounting.loaded == 0
    assert ask(store, kitchen, WASTED) == stored


def test_waste_that_differs_needs_a_word_of_its_sender(store: Store, kitchen: Restaurant) -> None:
    a = hand_in_kind(store, kitchen, "waste", LOG + "2026-03-06,Soup,3,,dropped\n2026-03-06,Milk,1,l,expired\n", "a")
    other = LOG + "2026-03-06,Soup,2,,dropped\n2026-03-06,Rum,1,,broken\n"
    refused = hand_in_kind(store, kitchen, "waste", other, "b")
    assert refused.accounting.reasons == {"stored_otherwise": 1}
    assert "(3 portion dropped)" in rejections(store, kitchen, refused)["stored_otherwise"]
    with pytest.raises(PermanentError, match=r"loaded without '--replace'.*flux uploads withdraw"):
        hand_in_kind(store, kitchen, "waste", other, "b", hints=Hints(overlap="replace"))
    corrected = LOG + "2026-03-06,Soup,2,,dropped\n"
    replacing = hand_in_kind(store, kitchen, "waste", corrected, "c", hints=Hints(overlap="replace"))
    added = hand_in_kind(
        store, kitchen, "waste", LOG + "2026-03-06,Soup,2,,dropped\n\n", "d", hints=Hints(overlap="add")
    )
    rest = [("Milk", 1.0, "l", "expired", None, 1, "a"), ("Rum", 1.0, "bottle", "damaged", None, 1, "b")]
    assert ask(store, kitchen, WASTED) == [
        *rest,
        ("Soup", 2.0, "portion", "dropped", None, 1, "c"),
        ("Soup", 2.0, "portion", "dropped", None, 2, "d"),
    ]
    withdraw(store, kitchen, replacing)
    assert ask(store, kitchen, WASTED) == [
        *rest,
        ("Soup", 2.0, "portion", "dropped", None, 2, "d"),
        ("Soup", 3.0, "portion", "dropped", None, 1, "a"),
    ]
    withdraw(store, kitchen, added)
    withdraw(store, kitchen, a)
    assert ask(store, kitchen, WASTED) == [rest[1]]


DELIVERIES = "ingredient,quantity,unit_cost,vendor,document,delivered_on\n"
NOTES = "SELECT d.document, l.quantity::float, h.unit_cost::float, u.file_name FROM deliveries d"
NOTES += " JOIN delivery_lines l ON l.delivery_id = d.id JOIN data_uploads u ON u.id = d.data_upload_id"
NOTES += " JOIN ingredient_cost_history h ON h.delivery_line_id = l.id AND h.superseded_at IS NULL"
NOTES += " WHERE d.superseded_at IS NULL ORDER BY 1 NULLS FIRST, 2"


def test_a_delivery_that_a_withdrawn_file_had_replaced_comes_back_with_its_costs(
    store: Store, kitchen: Restaurant
) -> None:
    note = DELIVERIES + "Flour,{},Mill,D1,{day}\nMilk,9,1,Mill,D1,{day}\nMilk,5,1.1,Dairy,,2026-03-06\n"
    hand_in_kind(store, kitchen, "deliveries", note.format("25,0.9", day="2026-03-06"), "a")
    before = [(None, 5.0, 1.1, "a"), ("D1", 9.0, 1.0, "a"), ("D1", 25.0, 0.9, "a")]
    assert ask(store, kitchen, NOTES) == before
    b = hand_in_kind(store, kitchen, "deliveries", note.format("20,0.8", day="2026-03-07"), "b")
    assert ask(store, kitchen, NOTES) == [before[0], ("D1", 9.0, 1.0, "b"), ("D1", 20.0, 0.8, "b")]
    done = withdraw(store, kitchen, b)
    assert (done.lines_removed, done.lines_returned, done.returned_from) == (2, 2, ("a",))
    assert ask(store, kitchen, NOTES) == before


def test_a_file_of_another_kind_cannot_be_withdrawn(store: Store, kitchen: Restaurant) -> None:
    menu = hand_in_kind(store, kitchen, "menu", "item\nTea\n")
    with pytest.raises(PermanentError, match="only loaded files of sales, deliveries, inventory_counts, waste can be"):
        withdraw(store, kitchen, menu)
