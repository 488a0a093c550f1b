"""`flux vendors`: contacts and order days that people set, and vendors that differ by a letter."""

import datetime as dt
import json

import pytest

from flux_pipeline.store.door import Store
from flux_pipeline.store.records.acts import Act, list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.commands import flux, output_of, refused
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind

PRICES = (
    "vendor,ingredient,order_code,case_price,case_quantity,pack,unit_price,unit\n"
    "Mill & Co,Flour,DG-550,24.00,1,25 kg,,\nMill & Co,Oats,,,,,1.20,kg\nMil & Co,Oats,,,,,1.10,kg\n"
    "Dairy,Milk,,,,,0.90,l\n"
)
DELIVERIES = (
    "vendor,document,ingredient,quantity,unit,amount,delivered_on\n"
    "Mill & Co,77,Flour,25,kg,25,2026-03-02\nMil & Co,77,Flour,25,kg,26,2026-03-02\n"
    "Mil & Co,78,Oats,5,kg,6,2026-03-03\n"
    "Mill & Co,,Oats,3,kg,3,2026-03-04\nMil & Co,,Oats,3,kg,3,2026-03-04\n"
)

REFUSED = (
    (("Mill & Cp", "--phone", 1), "bistro has no vendor 'Mill & Cp'. Did you mean 'Mill & Co'"),
    (("airy", "--phone", 1), "Did you mean 'Dairy'?"),
    (("Dairy",), "Nothing to change was given"),
    (("Dairy", "--order-days", "Moonday"), "'Moonday' is not a list of days; expected days like 'Mon, Thu'"),
    (("Dairy", "--cut-off", "2 pm"), "'2 pm' is not a time; expected HH:MM"),
    (("Dairy", "--email", "dairy"), "'dairy' is not a valid email address."),
    (("Dairy", "--lead-time", "soon"), "The lead time is 'soon'; expected a whole number of days"),
    (("Dairy", "--lead-time", "400"), "The lead time is 400 days; expected"),
    (("Dairy", "--phone", " "), "The phone is ''; expected 1 to 200"),
    (("Dairy", "--closed", "24.12.2026"), "'24.12.2026' is not a date"),
    (("Dairy", "--closed", "2026-12-24", "--open", "2026-12-24"), "2026-12-24 is both closed and open"),
    (("Dairy", "--name", "mill & co"), "bistro has the vendor 'Mill & Co' already. If both are one, merge them"),
)


@pytest.fixture(autouse=True)
def kitchen(store: Store, bistro: Restaurant) -> None:
    for kind, content in (("vendor_prices", PRICES), ("deliveries", DELIVERIES)):
        upload = hand_in_kind(store, bistro, kind, content)
        assert upload.status == "completed", (upload.error, upload.accounting)


def vendors(*words: object) -> str:
    return output_of("vendors", *words, "--restaurant", "bistro")


def no_vendors(*words: object) -> str:
    return refused("vendors", *words, "--restaurant", "bistro")


def acts(store: Store) -> list[Act]:
    with store.fleet() as fleet:
        return [act for act in list_acts(fleet) if act.action.startswith("vendors.")]


def test_a_vendor_is_changed_shown_and_listed_and_each_change_is_logged(store: Store) -> None:
    words = ("--contact", "Ada Lund", "--email", "Orders@Mill.example", "--phone", "+49 431 1")
    days = ("--order-days", "Thu, mon", "--cut-off", "14:30", "--lead-time", 2, "--closed", "2026-12-24")
    said = vendors("set", "mill & CO", *words, *days)
    assert "it takes orders on Mon, Thu; its cut-off is now 14:30; its lead time is now 2 days" in " ".join(
        said.split()
    )
    assert "Mill & Co: no change." in vendors("set", "Mill & Co", *words, *days)
    shown = vendors("show", "Mill & Co")
    assert "Ada Lund, orders@mill.example, +49 431 1" in shown and "Mon, Thu until 14:30" in shown
    assert "Thu 24 Dec 2026" in shown and "24.00 EUR for 25 kg" in shown and "1.20 EUR per kg" in shown
    line = next(line for line in vendors("list").splitlines() if line.strip().startswith("Mill & Co"))
    assert line.split()[-6:] == ["Mon,", "Thu", "14:30", "2", "days", "2"]
    vendors("set", "Mill & Co", "--order-days", "every day", "--cut-off", "none", "--open", "2026-12-24")
    (row,) = (each for each in json.loads(vendors("list", "--json")) if each["name"] == "Mill & Co")
    assert (row["order_days"], row["order_cut_off"], row["closed_on"]) == (None, None, [])
    assert row["phone"] == "+49 431 1"
    newest, first = acts(store)
    assert newest.before == {"order_days": [0, 3], "order_cut_off": "14:30", "closed_on": ["2026-12-24"]}
    assert newest.after == {"order_days": None, "order_cut_off": None, "closed_on": []}
    assert first.subject == "Mill & Co" and first.before["email"] is None and first.after["lead_time_days"] == 2


def test_a_value_that_is_not_valid_is_refused_with_what_is_expected(store: Store) -> None:
    for words, sentence in REFUSED:
        assert sentence in no_vendors("set", *words)
    assert acts(store) == []


def test_vendors_that_differ_by_a_letter_are_hinted_at_and_merged(store: Store, bistro: Restaurant) -> None:
    assert "'Mil & Co' may be 'Mill & Co'. If so: flux vendors merge 'Mil & Co' --into 'Mill & Co'" in vendors("list")
    vendors("set", "Mil & Co", "--phone", "0431", "--closed", "2026-12-24")
    assert flux("vendors", "merge", "Mil & Co", "--into", "Mill & Co", "--restaurant", "bistro").exit_code == 1
    said = vendors("merge", "mil & co", "--into", "Mill & Co", "--yes")
    assert "Mil & Co is now Mill & Co; moved: 1 prices, 3 deliveries" in said
    assert "may be" not in vendors("list") and "Mil & Co" not in vendors("list")
    own = "vendor_id = (SELECT id FROM vendors WHERE name = 'Mill & Co')"
    current = "superseded_at IS NULL"
    # Of two prices and of two deliveries of one number the last known one counts, and so does one of two equal ones.
    prices = ask(
        store, bistro, f"SELECT unit_price, case_price FROM vendor_prices WHERE {own} AND {current} ORDER BY 1"
    )
    assert len(prices) == 2 and len(ask(store, bistro, f"SELECT id FROM deliveries WHERE {own} AND {current}")) == 3
    costs = f"SELECT quantity FROM ingredient_cost_history WHERE {own} AND {current} AND delivery_line_id IS NOT NULL"
    assert sorted(int(str(row[0])[:2].rstrip(".")) for row in ask(store, bistro, costs)) == [3, 5, 25]
    assert ask(store, bistro, "SELECT phone, closed_on FROM vendors WHERE name = 'Mill & Co'") == [
        ("0431", [dt.date(2026, 12, 24)])
    ]
    (act,) = (act for act in acts(store) if act.action == "vendors.merge")
    assert act.subject == "Mil & Co" and act.before["phone"] == "0431" and act.after["into"] == "Mill & Co"
    assert "are the same vendor already" in no_vendors("merge", "Dairy", "--into", "dairy", "--yes")
