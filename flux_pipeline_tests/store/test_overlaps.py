"""Files with the same days: repeats are skipped, restated days superseded, and otherwise the sender must choose."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from flux_pipeline.store.diagnosis.proofs import upload_accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import ask, hand_in

HEAD = "date,item,quantity,price\n"
FOOD = HEAD + "2026-03-06,Soup,3,4.50\n2026-03-06,Bread,1,1.20\n"
DRINKS = HEAD + "2026-03-06,Beer,7,5.00\n"
TIMED = "date,time,item,quantity,price\n"
TICKETED = "date,time,ticket,item,quantity,price\n"
A1 = "2026-03-06,12:00,A1,Soup,3,4.50\n"
DAYS = """
SELECT u.file_name, d.business_date::text, d.is_ticketed, d.line_count, d.status, s.file_name
FROM upload_days d JOIN data_uploads u ON u.id = d.data_upload_id
LEFT JOIN data_uploads s ON s.id = d.superseded_by ORDER BY 1, 2, 3
"""
UNITS = "SELECT menu_item_name, sum(quantity)::float FROM transaction_items GROUP BY 1 ORDER BY 1"


def accounted_for(store: Store, restaurant: Restaurant) -> bool:
    with store.tenant(restaurant) as tx:
        return upload_accounting(tx).wrong == []


def test_a_repeated_day_is_skipped_and_a_new_day_is_loaded(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FOOD, "a")
    again = hand_in(store, bistro, FOOD + "2026-03-07,Soup,2,4.50\n", "b")
    assert (again.accounting.loaded, again.accounting.reasons) == (1, {"already_loaded": 2})
    assert [row[:5] for row in ask(store, bistro, DAYS)] == [
        ("a", "2026-03-06", False, 2, "current"),
        ("b", "2026-03-07", False, 1, "current"),
    ]
    assert accounted_for(store, bistro)


@pytest.mark.parametrize(
    ("change", "units"),
    [
        ("2026-03-06,Soup,9,4.50\n2026-03-06,Bread,1,1.20\n", [("Bread", 1.0), ("Soup", 9.0)]),
        ("2026-03-06,Soup,3,4.90\n2026-03-06,Bread,1,1.20\n", [("Bread", 1.0), ("Soup", 3.0)]),
        (
            "2026-03-06,Soup,3,4.50\n2026-03-06,Bread,1,1.20\n2026-03-06,Beer,2,5\n",
            [("Beer", 2.0), ("Bread", 1.0), ("Soup", 3.0)],
        ),
    ],
    ids=["quantity", "price", "another item"],
)
def test_a_corrected_export_supersedes_the_day(
    store: Store, bistro: Restaurant, change: str, units: list[tuple[str, float]]
) -> None:
    hand_in(store, bistro, FOOD + "2026-03-05,Soup,2,4.50\n", "a")
    corrected = hand_in(store, bistro, HEAD + change, "b")
    assert corrected.accounting.loaded == len(units)
    assert ask(store, bistro, UNITS.replace("GROUP", "WHERE business_date = '2026-03-06' GROUP")) == units
    assert ask(store, bistro, DAYS)[:2] == [
        ("a", "2026-03-05", False, 1, "current", None),
        ("a", "2026-03-06", False, 2, "superseded", "b"),
    ]
    assert ask(store, bistro, "SELECT superseded_by FROM data_uploads WHERE file_name = 'a'") == [(None,)]
    assert accounted_for(store, bistro)


def test_an_upload_without_a_current_day_names_the_one_that_superseded_it(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FOOD, "a")
    second = hand_in(store, bistro, FOOD.replace("Soup,3", "Soup,4"), "b")
    third = hand_in(store, bistro, FOOD.replace("Soup,3", "Soup,5"), "c")
    assert ask(store, bistro, "SELECT file_name, superseded_by FROM data_uploads ORDER BY 1") == [
        ("a", second.id),
        ("b", third.id),
        ("c", None),
    ]
    assert accounted_for(store, bistro)


def test_an_item_without_sales_after_a_correction_leaves_the_menu(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, HEAD + "2026-03-05,Soup,1,4\n2026-03-06,Soup,3,4.50\n", "a")
    hand_in(store, bistro, HEAD + "2026-03-06,Soup,2,9\n2026-03-06,Soop,1,4.50\n", "b")
    hand_in(store, bistro, HEAD + "2026-03-06,Soup,3,4.70\n", "c", overlap="replace")
    assert ask(
        store, bistro, "SELECT name, is_active, price, first_sold_on, last_sold_on FROM menu_items ORDER BY 1"
    ) == [
        ("Soop", False, Decimal("4.50"), None, None),
        ("Soup", True, Decimal("4.70"), dt.date(2026, 3, 5), dt.date(2026, 3, 6)),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FOOD, DRINKS),
        (TIMED + "2026-03-06,12:00,Soup,5,4\n", TIMED + "2026-03-06,20:00,Soup,6,4\n"),
        (TIMED + "2026-03-06,12:00,Soup,5,4\n", HEAD + "2026-03-06,Soup,6,4\n"),
        (FOOD, TICKETED + A1),
        (TICKETED + A1, FOOD),
    ],
    ids=["food and drinks", "lunch and dinner", "hours and totals", "totals and tickets", "tickets and totals"],
)
def test_days_that_are_neither_repeated_nor_covered_are_refused(
    store: Store, bistro: Restaurant, first: str, second: str
) -> None:
    hand_in(store, bistro, first, "a")
    before = ask(store, bistro, "SELECT * FROM transaction_items")
    refused = hand_in(store, bistro, second, "b")
    assert refused.status == "failed"
    assert "2026-03-06" in (refused.error or "")
    assert "--add" in (refused.error or "") and "--replace" in (refused.error or "")
    assert dict(refused.accounting.reasons) == {"upload_refused": refused.accounting.read}
    assert ask(store, bistro, "SELECT * FROM transaction_items") == before
    assert accounted_for(store, bistro)


def test_a_refusal_shows_both_totals_of_the_first_days(store: Store, bistro: Restaurant) -> None:
    other = "".join(f"2026-03-{day:02},Tea,1,2\n" for day in range(10, 15))
    hand_in(store, bistro, FOOD + other, "a")
    refused = hand_in(store, bistro, DRINKS + other.replace("Tea", "Rum"), "b")
    assert "On 6 days" in (refused.error or "")
    assert "2026-03-06: 2 items, 4 units, 14.70 stored, the file has 1 item, 7 units, 35.00" in (refused.error or "")
    assert "and 3 more" in (refused.error or "")


def test_a_refused_file_is_added_or_replaces_if_the_sender_chooses_so(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, FOOD, "a")
    assert hand_in(store, bistro, DRINKS, "b").status == "failed"
    assert hand_in(store, bistro, DRINKS, "b", overlap="add").accounting.loaded == 1
    assert ask(store, bistro, UNITS) == [("Beer", 7.0), ("Bread", 1.0), ("Soup", 3.0)]
    assert hand_in(store, bistro, HEAD + "2026-03-06,Tea,1,2\n", "c", overlap="replace").accounting.loaded == 1
    assert ask(store, bistro, UNITS) == [("Tea", 1.0)]
    assert accounted_for(store, bistro)


@pytest.mark.parametrize("choice", ["add", "replace"])
def test_a_repeated_day_is_skipped_whatever_the_sender_chooses(store: Store, bistro: Restaurant, choice: str) -> None:
    hand_in(store, bistro, FOOD, "a")
    again = hand_in(store, bistro, FOOD + "2026-03-07,Soup,2,4.50\n", "b", overlap=choice)
    assert (again.accounting.loaded, again.accounting.reasons) == (1, {"already_loaded": 2})


def test_a_ticket_is_recognised_by_its_number_and_only_replace_changes_it(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, TICKETED + A1, "a")
    corrected = TICKETED + A1.replace("Soup,3", "Soup,4") + "2026-03-06,13:00,A2,Tea,1,2\n"
    again = hand_in(store, bistro, corrected, "b")
    assert (again.accounting.loaded, again.accounting.reasons) == (1, {"already_loaded": 1})
    assert ask(store, bistro, UNITS) == [("Soup", 3.0), ("Tea", 1.0)]
    assert hand_in(store, bistro, corrected + "\n", "c", overlap="replace").accounting.loaded == 2
    assert ask(store, bistro, UNITS) == [("Soup", 4.0), ("Tea", 1.0)]
    assert accounted_for(store, bistro)


def test_conflicting_tickets_are_reported_with_the_choices(store: Store, bistro: Restaurant) -> None:
    tea, pie = "2026-03-06,13:00,A2,Tea,1,2\n", "2026-03-07,13:00,A3,Pie,2,3\n"
    hand_in(store, bistro, TICKETED + A1 + tea + pie, "a")
    corrected = TICKETED + A1.replace("Soup,3", "Soup,5") + tea + pie + pie.replace("A3,Pie", "A4,Pie")
    conflicting = hand_in(store, bistro, corrected, "b")
    assert conflicting.accounting.reasons == {"already_loaded": 3}
    assert conflicting.drift[-1] == (
        "1 ticket is already stored with different lines and was left unchanged (A1 of 2026-03-06: 3 units, 13.50 "
        "before, 5 units, 22.50 in the file). Send the file with --replace if it is right about the whole of these "
        "days, or with --add if its lines are additional."
    )
    assert hand_in(store, bistro, TICKETED + A1 + tea + pie + "\n", "same again").drift == ()
    more_of_it = hand_in(store, bistro, TICKETED + tea + tea.replace("Tea", "Scone"), "c")
    assert "A2 of 2026-03-06: 1 unit, 2.00 before, 2 units, 4.00 in the file" in more_of_it.drift[-1]
    no_prices = "date,ticket,item,quantity\n2026-03-06,A2,Tea,1\n"
    assert not any("different lines" in sentence for sentence in hand_in(store, bistro, no_prices, "d").drift)
    assert accounted_for(store, bistro)


def test_a_days_total_and_its_tickets_are_counted_once(store: Store, bistro: Restaurant) -> None:
    tickets, total = TICKETED + A1 + A1.replace("A1,Soup,3", "A2,Soup,2"), HEAD + "2026-03-06,Soup,5,4.00\n"
    for day, files in (("06", [tickets, total]), ("07", [total, tickets])):
        first, second = (content.replace("-06,", f"-{day},") for content in files)
        hand_in(store, bistro, first, f"a{day}")
        assert set(hand_in(store, bistro, second, f"b{day}").accounting.reasons) == {"already_loaded"}
    assert ask(store, bistro, UNITS) == [("Soup", 10.0)]


def test_a_partly_ticketed_file_can_be_sent_again_with_more_rows(store: Store, bistro: Restaurant) -> None:
    mixed = TICKETED + A1 + "2026-03-06,15:00,,Tea,1,2\n"
    hand_in(store, bistro, mixed, "a")
    more = hand_in(store, bistro, mixed + "2026-03-06,16:00,A2,Tea,1,2\n2026-03-06,17:00,,Tea,2,2\n", "b")
    assert (more.accounting.loaded, more.accounting.reasons) == (3, {"already_loaded": 1})
    assert ask(store, bistro, UNITS) == [("Soup", 3.0), ("Tea", 4.0)]
    assert [row[2:5] for row in ask(store, bistro, DAYS)] == [
        (False, 1, "superseded"),
        (True, 1, "current"),
        (False, 2, "current"),
        (True, 1, "current"),
    ]
    assert accounted_for(store, bistro)


def test_the_file_of_a_whole_day_supersedes_the_one_of_noon(store: Store, bistro: Restaurant) -> None:
    noon = TIMED + "2026-03-06,12:00,Soup,5,4\n"
    hand_in(store, bistro, noon, "a")
    evening = hand_in(store, bistro, noon + "2026-03-06,21:00,Soup,2,4\n", "b")
    assert evening.accounting.loaded == 2
    assert ask(store, bistro, UNITS) == [("Soup", 7.0)]
    assert accounted_for(store, bistro)


def test_another_export_of_the_same_sales_adds_nothing(store: Store, bistro: Restaurant, real_data: Path) -> None:
    folder = real_data / "coffee_vending"
    columns = {"date": "date", "item": "coffee_name", "amount": "money", "price": "money"}
    first = hand_in(store, bistro, (folder / "index_1.csv").read_text(), "a", **columns)
    assert (first.accounting.loaded, first.error) == (3636, None)
    again = hand_in(
        store, bistro, (folder / "index_1_clean.csv").read_text().replace("datetime", "x", 1), "b", **columns
    )
    assert again.accounting.reasons == {"already_loaded": 3636}
    sums = "SELECT sum(line_amount), count(DISTINCT menu_item_id), count(DISTINCT business_date) FROM transaction_items"
    assert ask(store, bistro, sums) == [(Decimal("115431.58"), 8, 381)]
