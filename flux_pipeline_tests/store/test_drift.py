"""A file that differs from the last one of its kind: reported, left out or refused, by the setting upload_drift."""

import pytest

from flux_pipeline.store.door import Store
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import ask, hand_in, hand_in_kind
from flux_pipeline_tests.store.test_added_tickets import as_sent

PLAIN = "date,item,quantity,price\n"
FIRST = PLAIN + "2026-03-06,Soup,3,4.50\n2026-03-06,Bread,1,1.20\n"
MORE = "date,item,quantity,price,category,weather\n2026-03-07,Soup,3,4.50,Starters,rain\n"
LESS = "date,item,quantity\n2026-03-07,Soup,3\n"
CATEGORIES = "SELECT count(*) FROM menu_categories WHERE name = 'Starters'"


def set_drift(store: Store, restaurant: Restaurant, value: str) -> None:
    with store.tenant(restaurant) as tx:
        store_setting(tx, "upload_drift", value)


def test_the_first_file_and_a_similar_one_have_no_changes(store: Store, bistro: Restaurant) -> None:
    assert hand_in(store, bistro, FIRST, "a").drift == ()
    assert hand_in(store, bistro, FIRST.replace("-06", "-07"), "b").drift == ()


def test_a_new_column_and_its_field_are_reported_and_loaded(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FIRST, "a")
    changed = hand_in(store, bistro, MORE, "b")
    assert changed.status == "completed"
    assert changed.drift[:3] == (
        "The column 'category' is new.",
        "The column 'weather' is new.",
        "The category is new, in 'category'.",
    )
    assert ask(store, bistro, CATEGORIES) == [(1,)]
    assert ask(store, bistro, "SELECT drift FROM data_uploads WHERE file_name = 'b'") == [(list(changed.drift),)]


def test_a_field_in_another_column_is_reported(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FIRST, "a")
    moved = hand_in(store, bistro, "date,product,quantity,price\n2026-03-07,Soup,3,4.50\n", "b")
    assert moved.status == "completed"
    assert "The item was in 'item' and is now in 'product'." in moved.drift


def test_a_file_is_compared_with_the_last_one_that_was_loaded(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FIRST, "a")
    assert hand_in(store, bistro, "x,y\n1,2\n", "b").status == "failed"
    assert hand_in(store, bistro, MORE, "c").drift != ()
    assert hand_in(store, bistro, MORE.replace("-07", "-08"), "d").drift == ()


def test_frozen_columns_leave_out_new_fields(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FIRST, "a")
    set_drift(store, bistro, "freeze")
    taken = hand_in(store, bistro, MORE, "b")
    assert (taken.status, taken.accounting.loaded) == ("completed", 1)
    assert "The category is new, in 'category'." in taken.drift
    assert ask(store, bistro, CATEGORIES) == [(0,)]


@pytest.mark.parametrize(("setting", "content"), [("freeze", LESS), ("refuse", LESS), ("refuse", MORE)])
def test_a_change_that_the_setting_forbids_is_refused(
    store: Store, bistro: Restaurant, setting: str, content: str
) -> None:
    hand_in(store, bistro, FIRST, "a")
    set_drift(store, bistro, setting)
    before = ask(store, bistro, "SELECT * FROM transaction_items")
    refused = hand_in(store, bistro, content, "b")
    assert refused.status == "failed"
    assert f"the setting upload_drift is '{setting}'" in (refused.error or "")
    assert "set upload_drift to evolve" in (refused.error or "")
    assert ask(store, bistro, "SELECT * FROM transaction_items") == before
    assert hand_in(store, bistro, FIRST.replace("-06", "-08"), "c").status == "completed"


@pytest.mark.parametrize("setting", ["freeze", "refuse"])
@pytest.mark.parametrize("column", ["note", "Customer Name"])
def test_rejected_rows_may_be_sent_again_where_changes_are_forbidden(
    store: Store, bistro: Restaurant, column: str, setting: str
) -> None:
    content = f"date,item,quantity,price,{column}\n2026-03-06,Soup,3,4.50,hot\n2026-03-06,Bread,x,1.20,\n"
    first = hand_in(store, bistro, content, "a")
    set_drift(store, bistro, setting)
    again = hand_in(store, bistro, as_sent(store, bistro, first).replace(",x,", ",1,"), "b", overlap="add")
    assert (again.error, again.accounting.loaded) == (None, 1)


ODD = "Datum;Artikel;Menge;Preis\n"
GERMAN = ODD + "06.03.2026;Suppe;3;4,50\n06.03.2026;Brot;x;1,20\n06.03.2026;Tee;y;2,10\n"


@pytest.mark.parametrize("setting", ["evolve", "freeze", "refuse"])
def test_corrected_rows_that_are_sent_again_are_no_change(store: Store, bistro: Restaurant, setting: str) -> None:
    first = hand_in(store, bistro, GERMAN, "a", rejected_share=0.7)
    set_drift(store, bistro, setting)
    half = as_sent(store, bistro, first).replace(",x,", ",1,")
    again = hand_in(store, bistro, half, "b", overlap="add", rejected_share=0.05)
    assert (again.error, again.accounting.loaded, again.accounting.rejected) == (None, 1, 1)
    assert again.drift == ()
    after = hand_in(store, bistro, ODD + "07.03.2026;Suppe;3;4,50\n", "c")
    assert (after.error, after.drift) == (None, ())


def test_a_file_with_more_rows_than_were_rejected_is_not_a_correction(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, GERMAN, "a", rejected_share=0.7)
    more = ODD + "06.03.2026;Brot;1;1,20\n" + "06.03.2026;Tee;y;2,10\n" * 2
    refused = hand_in(store, bistro, more, "b", overlap="add", rejected_share=0.05)
    assert refused.status == "failed" and "66.7%" in (refused.error or "")


@pytest.mark.parametrize("setting", ["freeze", "refuse"])
def test_columns_of_personal_data_may_change_where_changes_are_forbidden(
    store: Store, bistro: Restaurant, setting: str
) -> None:
    set_drift(store, bistro, setting)
    # Only its cells show that the second of these columns is of a person, and they are not kept.
    for day, personal in enumerate(("Guest Name,To", "Guest Name", "", "To", "Guest Name,To"), start=10):
        names = personal.split(",") if personal else []
        header = ",".join(["date,item,quantity,price", *names])
        row = ",".join([f"2026-03-{day},Soup,3,4.50", *("ada@kok.example" for _ in names)])
        done = hand_in_kind(store, bistro, "sales", f"{header}\n{row}\n", f"{day}.csv")
        assert (done.error, done.accounting.loaded, done.drift) == (None, 1, ())


def test_far_more_sales_a_day_than_in_the_previous_file_are_reported(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FIRST, "a")
    usual = hand_in(store, bistro, FIRST.replace("-06", "-07").replace("Soup,3", "Soup,4"), "b")
    assert usual.drift == ()
    rush = hand_in(store, bistro, FIRST.replace("-06", "-08").replace("Soup,3", "Soup,30"), "c")
    assert rush.drift == ("A day has 31 units on average; in the previous file it had 5.",)


def test_a_header_that_was_explained_once_is_understood_the_next_time(
    store: Store, bistro: Restaurant, cafe: Restaurant
) -> None:
    odd = "date,Produkt X,Y,Z\n2026-03-06,Soup,3,4.50\n"
    columns = {"item": "Produkt X", "quantity": "Y", "price": "Z"}
    assert hand_in(store, bistro, odd).status == "failed"
    assert hand_in(store, bistro, odd, **columns).accounting.loaded == 1
    again = hand_in(store, bistro, odd.replace("-06", "-07"))
    assert (again.error, again.accounting.loaded) == (None, 1)
    found = "SELECT detected_format -> 'columns' ->> 'item' FROM data_uploads WHERE status = 'completed'"
    assert ask(store, bistro, found) == [("Produkt X",)] * 2
    assert hand_in(store, cafe, odd).status == "failed"


def test_a_doubtful_decision_is_reported_with_the_changes(store: Store, bistro: Restaurant) -> None:
    content = "date,item,quantity,price,total\n2026-03-06,Soup,2,4.50,900.00\n"
    assert "the amount in 'total' is far from quantity x price" in hand_in(store, bistro, content, "a").drift[0]


def test_frozen_columns_still_leave_out_other_places(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FIRST, "a")
    set_drift(store, bistro, "freeze")
    content = "date,item,quantity,price,store\n2026-03-07,Soup,3,4.50,North\n2026-03-07,Soup,5,4.50,South\n"
    taken = hand_in(store, bistro, content, "b", location="store=South")
    assert (taken.accounting.loaded, taken.accounting.reasons) == (1, {"other_location": 1})


def test_a_file_of_another_place_than_the_last_is_pointed_out(store: Store, bistro: Restaurant) -> None:
    content = "date,store,item,quantity\n2026-03-06,North,Soup,3\n"
    assert hand_in(store, bistro, content, "a").drift == ()
    other = hand_in(store, bistro, content.replace("North", "South").replace("-06", "-07"), "b")
    assert other.drift == ("The restaurant named in the file was 'North' and is now 'South'.",)
