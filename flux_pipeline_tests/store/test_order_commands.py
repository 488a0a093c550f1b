"""`flux orders`: what is recommended, and what people make of it."""

import csv
import json
import uuid
from pathlib import Path

import pytest

from flux_pipeline.store.door import Store
from flux_pipeline.store.records.acts import Act, list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.commands import flux, output_of, refused
from flux_pipeline_tests.store.handing_in import ask
from flux_pipeline_tests.store.ordering import write_orders

KIM = "kim@bistro.example"
FLOUR = ("Flour", "3", "25", "kg", "75", "kg", "0.96/kg", "72.00", "recommended")


@pytest.fixture
def ids(store: Store, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch) -> dict[str, uuid.UUID]:
    monkeypatch.setenv("FLUX_ACTOR", KIM)
    return write_orders(store, bistro)


def orders(*words: object) -> str:
    return output_of("orders", *words, "--restaurant", "bistro")


def no_orders(*words: object) -> str:
    return refused("orders", *words, "--restaurant", "bistro")


def statuses(store: Store, bistro: Restaurant) -> dict[str, str]:
    query = "SELECT i.name, p.status FROM purchase_recommendations p JOIN ingredients i ON i.id = p.ingredient_id"
    return {str(name): str(status) for name, status in ask(store, bistro, query)}


def acts(store: Store) -> list[Act]:
    with store.fleet() as fleet:
        return [act for act in list_acts(fleet) if act.action.startswith("orders.")]


def test_orders_are_listed_by_vendor_and_order_day_with_their_reasons(ids: dict[str, uuid.UUID]) -> None:
    shown = orders("list")
    # 13:00 UTC is 14:00 in Paris in winter.
    assert "Mill & Co: order on Mon 2 Mar 2026 until 14:00 (that is over), delivery Tue 3 Mar 2026" in shown
    assert "Mill & Co: order on Thu 5 Mar 2026, delivery Thu 5 Mar 2026" in shown
    flour = next(line for line in shown.splitlines() if " Flour " in line and "25 kg" in line)
    assert flour.split() == [str(ids["Flour"])[:8], *FLOUR]
    totals = [line.split()[-1] for line in shown.splitlines() if "total in EUR" in line]
    assert sorted(totals) == ["11.00", "21.60", "84.00"]
    assert f"{str(ids['Flour'])[:8]} Flour: 3 packs are enough until the delivery of Thu 5 Mar" in shown
    details = orders("list", "--vendor", "mill & co", "--details")
    assert "4 kg in stock and 0 kg on order" in details and "Milk" not in details
    assert "This quantity is enough with a probability of 96%." in details
    less = next(line for line in details.splitlines() if "one pack less" in line and "50 kg" in line)
    assert less.split()[3:] == ["50", "kg", "2", "kg", "6.00", "2", "kg", "3.00", "0.25", "9.25"]
    rows = json.loads(orders("list", "--json"))
    assert {row["ingredient"] for row in rows} == set(ids) and rows[0]["currency"] == "EUR"


def test_an_order_goes_from_recommended_to_ordered_and_each_step_is_logged(
    store: Store, bistro: Restaurant, ids: dict[str, uuid.UUID], tmp_path: Path
) -> None:
    flour, oats = str(ids["Flour"])[:8], str(ids["Oats"])
    said = orders("approve", flour, "--packs", 2)
    assert f"{flour} Flour from Mill & Co on 2026-03-02, 2 packs of 25 kg: approved." in said
    assert "The cut-off of Mill & Co is over: ask whether it still takes the order." in said
    assert "approved already by kim@bistro.example; nothing changed." in orders("approve", flour)
    query = "SELECT packs, quantity, amount, reason, decided_by FROM purchase_recommendations WHERE status = 'approved'"
    ((packs, quantity, amount, reason, decided_by),) = ask(store, bistro, query)
    assert (packs, float(str(quantity)), float(str(amount)), decided_by) == (2, 50.0, 48.0, KIM)
    assert reason == (
        "2 packs of 25 kg, set by kim@bistro.example. Recommended were 3: 3 packs are enough until the delivery of Thu "
        "5 Mar with a probability of 96%; packs are whole."
    )
    orders("approve", flour, "--packs", 4)
    assert "4 packs of 25 kg, set by kim@bistro.example. Recommended were 3: 3 packs are" in orders("list")
    assert "The recommended quantity is enough with a probability of 96%." in orders("list", "--details")
    drafts = orders("export", "--to", tmp_path, "--draft")
    assert (
        "draft-mill-co-2026-03-02.html" in drafts.replace("\n", "") and statuses(store, bistro)["Flour"] == "approved"
    )
    assert "Draft" in (tmp_path / "draft-mill-co-2026-03-02.html").read_text()
    orders("approve", oats)
    said = orders("export", "--to", tmp_path, "--vendor", "Mill & Co")
    assert "bistro: 2 lines noted as ordered." in said
    assert statuses(store, bistro) == {
        "Flour": "ordered",
        "Oats": "ordered",
        "Rye": "recommended",
        "=Milk & more": "recommended",
    }
    assert "bistro: no order is approved, so nothing was written." in orders("export", "--to", tmp_path)
    orders("export", "--to", tmp_path, "--again")
    with (tmp_path / "mill-co-2026-03-02-2.csv").open() as file:
        again = list(csv.DictReader(file))
    assert [(row["article"], row["packs"], row["unit_price"], row["amount"]) for row in again] == [
        ("Flour", "4", "0.96", "96.00"),
        ("Oats", "1", "1.20", "12.00"),
    ]
    said = no_orders("approve", str(ids["Rye"]), flour)
    assert (
        f"{flour}, Flour from Mill & Co on 2026-03-02, is ordered and can't be approved; nothing was changed." in said
    )
    assert statuses(store, bistro)["Rye"] == "recommended"
    said = orders("cancel", oats, "--because", "the vendor has none")
    assert "cancelled." in said and "Let Mill & Co know: it has the order." in said
    assert "Oats" not in orders("list") and "cancelled by kim@bistro.example: the vendor has none" in orders(
        "list", "--all"
    )
    assert "cancelled already: the vendor has none; nothing changed." in orders("cancel", oats, "--because", "again")
    steps = [(act.action, act.before["status"], act.after["status"]) for act in acts(store) if "Oats" in act.subject]
    assert steps[::-1] == [
        ("orders.approve", "recommended", "approved"),
        ("orders.place", "approved", "ordered"),
        ("orders.cancel", "ordered", "cancelled"),
    ]
    packs_set = [act.after["packs"] for act in acts(store) if "packs" in (act.after or {})]
    assert packs_set[::-1] == [2, 4]


def test_what_cannot_be_decided_is_refused_with_what_to_do(
    store: Store, bistro: Restaurant, ids: dict[str, uuid.UUID], tmp_path: Path
) -> None:
    flour, milk = str(ids["Flour"]), str(ids["=Milk & more"])
    assert "expected at least 4 of its characters" in no_orders("approve", "abc")
    assert "No order has an id that begins with 'ffffffff'" in no_orders("approve", "ffffffff")
    assert "--packs is for one order, and 2 were named" in no_orders("approve", flour, milk, "--packs", 2)
    for packs in (0, -1, 10_000_000):
        assert "expected a whole number from 1 to 3,999,999" in no_orders("approve", flour, "--packs", packs)
    assert flux("orders", "approve", flour, "--packs", "1.5", "--restaurant", "bistro").exit_code == 2
    assert flux("orders", "approve", "--restaurant", "bistro").exit_code == 2
    assert "The reason is empty" in no_orders("cancel", flour, "--because", " ")
    assert "bistro has no vendor 'Mil'. Did you mean 'Mill & Co'?" in no_orders("approve", "--vendor", "Mil")
    assert set(statuses(store, bistro).values()) == {"recommended"} and acts(store) == []
    with store.tenant(bistro) as tx:
        tx.connection.exec_driver_sql("UPDATE purchase_recommendations SET status = 'received' WHERE unit_price = 0.9")
        by_a_run = "status = 'cancelled', cancelled_because = 'no longer needed'"
        tx.connection.exec_driver_sql(f"UPDATE purchase_recommendations SET {by_a_run} WHERE unit_price = 1.1")
    assert "cancelled: no longer needed" in orders("list", "--all")
    assert "is cancelled and can't be approved" in no_orders("approve", str(ids["Rye"]))
    assert "is received and can't be cancelled" in no_orders("cancel", milk, "--because", "late")
    assert "=Milk" in orders("list", "--all") and "=Milk" not in orders("list")
    said = orders("approve", "--all-recommended")
    assert said.count(": approved.") == 2
    assert "bistro: nothing is recommended, so nothing was approved." in orders("approve", "--all-recommended")
    assert not list(tmp_path.iterdir())


def test_orders_of_merged_vendors_move_and_nothing_is_recommended_twice(
    store: Store, bistro: Restaurant, ids: dict[str, uuid.UUID]
) -> None:
    with store.tenant(bistro) as tx:
        same = "(SELECT ingredient_id FROM purchase_recommendations WHERE id = %s)"
        query = f"UPDATE purchase_recommendations SET ingredient_id = {same} WHERE id = %s"
        tx.connection.exec_driver_sql(query, (ids["Flour"], ids["=Milk & more"]))
    orders("approve", str(ids["Rye"]))
    output_of("vendors", "merge", "Mill & Co", "--into", "=dairy <b>", "--yes", "--restaurant", "bistro")
    rows = json.loads(orders("list", "--json"))
    assert {row["vendor"] for row in rows} == {"=Dairy <b>"}
    found = sorted((row["ingredient"], row["packs"], row["status"]) for row in rows)
    assert found == [("Flour", 2, "recommended"), ("Oats", 1, "recommended"), ("Rye", 2, "approved")]
