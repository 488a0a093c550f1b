"""Bounds at the door: what would fill the menu with order numbers, or no column could add up, is refused at once."""

import pytest

from flux_pipeline.store.door import Store
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline_tests.store.handing_in import ask, hand_in, hand_in_kind

HEAD = "date,item,quantity,price\n"


def test_order_numbers_in_the_place_of_items_are_refused_and_leave_no_item(store: Store, bistro: Restaurant) -> None:
    orders = "".join(f"2026-03-{n % 28 + 1:02},Nr {n},1,4.50\n" for n in range(5_000))
    refused = hand_in(store, bistro, "date,Bon,quantity,price\n" + orders, item="Bon")
    assert refused.status == "failed"
    assert refused.accounting.reasons == {"upload_refused": 5_000}
    assert refused.error is not None
    assert refused.error.startswith(
        "The column 'Bon' looks like order numbers: 5,000 items would be new, such as 'nr 0'"
    )
    assert "expected at most 2,000 in one file. Name the column of the items: --column item=HEADER." in refused.error
    assert "flux settings set upload_new_items 5000 --restaurant bistro" in refused.error
    assert ask(store, bistro, "SELECT count(*) FROM menu_items") == [(0,)]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("sales", "date,item,quantity\n{}"),
        ("sales", "date,{}\n2026-03-06,1,2,3,4\n"),
        ("menu", "Produit,price\n{}"),
        ("promotions", "Produit,starts_on,ends_on,discount\n{}"),
        ("sold_out", "Produit,date\n{}"),
    ],
    ids=["sales", "a column for each item", "menu", "promotions", "sold out"],
)
def test_every_kind_brings_no_more_new_items_than_the_setting_says(
    store: Store, bistro: Restaurant, kind: str, content: str
) -> None:
    hand_in(store, bistro, f"{HEAD}2026-03-01,Soup,1,4.50\n")
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_new_items", 2)
    items = ("Soup", "Bread", "Beer", "Wine")
    rows = {
        "sales": "".join(f"2026-03-06,{item},1\n" for item in items),
        "menu": "".join(f"{item},4.50\n" for item in items),
        "promotions": "".join(f"{item},2026-03-06,2026-03-07,10%\n" for item in items),
        "sold_out": "".join(f"{item},2026-03-06\n" for item in items),
    }
    content = content.format(",".join(items) if content.startswith("date,{}") else rows[kind])
    refused = hand_in_kind(store, bistro, kind, content)
    assert refused.status == "failed"
    assert "3 items would be new, such as 'beer', 'bread', 'wine'; expected at most 2" in str(refused.error)
    assert ask(store, bistro, "SELECT name FROM menu_items") == [("Soup",)]
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_new_items", 3)
    assert hand_in_kind(store, bistro, kind, content).status.startswith("completed")


def test_a_day_that_no_column_can_add_up_is_refused_with_its_line_and_item(store: Store, bistro: Restaurant) -> None:
    most = "".join(f"2026-03-06,Soup,{999_999_999 - n},0\n" for n in range(10))
    assert hand_in(store, bistro, HEAD + most, "most.csv").status == "completed"
    more = hand_in(store, bistro, f"{HEAD}2026-03-05,Soup,2,0\n2026-03-06,Soup,200,0\n", "more.csv", overlap="add")
    assert more.status == "failed"
    assert str(more.error).startswith(
        "Line 3 of 'more.csv': 'Soup' on 2026-03-06 has the quantity 200.00, and with it and what is stored the "
        "quantity of that day is 10,000,000,145.00; expected less than 10,000,000,000 on a day."
    )
    dear = "".join(f"2026-03-07,T{n},Wine,1,{999_999_998 - n}.50\n" for n in range(101))
    money = hand_in(store, bistro, "date,ticket,item,quantity,price\n" + dear, "dear.csv")
    assert str(money.error).startswith("Line 2 of 'dear.csv': 'Wine' on 2026-03-07 has the amount 999,999,998.50")
    # Returns of one item don't hide the sales of another.
    both = "".join(f"2026-03-08,Soup,{999_999_999 - n},0\n2026-03-08,Wine,-{999_999_999 - n},0\n" for n in range(6))
    assert "expected less than 10,000,000,000 on a day" in str(hand_in(store, bistro, HEAD + both, "both.csv").error)
    with store.tenant(bistro) as tx:
        sync_table(tx, "daily_item_sales")
    assert ask(store, bistro, "SELECT quantity FROM daily_item_sales") == [(9_999_999_945,)]
