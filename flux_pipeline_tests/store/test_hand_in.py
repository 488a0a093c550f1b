"""Handing in of files: each is registered and noted once, and so is what a resubmission or a rebuild changes."""

from typing import Any

import pytest
from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.loading import hand_in as door
from flux_pipeline.store.loading.hand_in import HandedIn, hand_in
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.loading.replay import rebuild_restaurant
from flux_pipeline.store.loading.withdraw import withdraw_upload
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import ask

SALES = "date,item,quantity,price\n2026-03-06,Soup,3,4.50\n2026-03-06,Bread,1,1.20\n"
TICKETED = "date,ticket,item,quantity,price\n2026-03-06,A1,Tea,2,2.50\n2026-03-06,A2,Bread,1,3.00\n"
UNREADABLE = "a,b,c\n2026-03-06,Soup,3\n"


def hand_over(
    store: Store, restaurant: Restaurant, content: str, name: str = "sales.csv", *, kind: str = "sales", **hints: Any
) -> HandedIn:
    """Hand in a file as `flux upload` does it, and load it."""
    done = hand_in(store, restaurant, Source.of(content.encode(), name), kind, Hints(**hints))
    load_upload(store, restaurant, done.upload)
    return done


def noted(store: Store) -> list[tuple[str, str, Any, Any]]:
    """Return the acts on bistro, oldest first, without its creation."""
    with store.fleet() as fleet:
        acts = [act for act in list_acts(fleet, slug="bistro") if act.action != "restaurants.add"]
    return [(act.action, act.subject, act.before, act.after) for act in reversed(acts)]


def actions(store: Store) -> list[tuple[str, str]]:
    return [(action, subject) for action, subject, *_ in noted(store)]


def test_the_same_file_twice_is_one_upload_and_one_row_in_the_log(store: Store, bistro: Restaurant) -> None:
    first, again = hand_over(store, bistro, SALES), hand_over(store, bistro, SALES, "other.csv")
    assert (first.is_new, again.is_new, again.upload.id) == (True, False, first.upload.id)
    assert actions(store) == [("uploads.add", "sales.csv")]


def test_a_resubmitted_file_leaves_the_withdrawal_and_the_new_upload_in_the_log(
    store: Store, bistro: Restaurant
) -> None:
    hand_over(store, bistro, TICKETED, "first.csv")
    corrected = TICKETED.replace("Tea,2", "Tea,5")
    kept_out = hand_over(store, bistro, corrected, "corrected.csv")
    replacing = hand_over(store, bistro, corrected, "corrected.csv", overlap="replace")
    assert replacing.is_new and replacing.upload.id != kept_out.upload.id
    assert not hand_over(store, bistro, corrected, "corrected.csv", overlap="replace").is_new
    assert actions(store)[1:] == [
        ("uploads.add", "corrected.csv"),
        ("uploads.withdraw", "corrected.csv"),
        ("uploads.add", "corrected.csv"),
    ]
    assert noted(store)[2][3] == {"upload": str(kept_out.upload.id)}


def test_a_resubmitted_file_of_another_kind_leaves_both_in_the_log(store: Store, bistro: Restaurant) -> None:
    content = "item,price\nTea,2.00\n"
    hand_over(store, bistro, content, "menu.csv", kind="menu")
    # Its rows are those of the first file, so that nothing needs to be taken back before it is read again.
    hand_over(store, bistro, content + "\n", "again.csv", kind="menu")
    again = hand_over(store, bistro, content + "\n", "again.csv", kind="menu", columns={"item": "item"})
    assert again.is_new
    assert actions(store)[1:] == [
        ("uploads.add", "again.csv"),
        ("uploads.withdraw", "again.csv"),
        ("uploads.add", "again.csv"),
    ]


def test_a_withdrawal_is_noted_once(store: Store, bistro: Restaurant) -> None:
    upload = hand_over(store, bistro, SALES).upload
    for _ in range(2):
        with store.tenant(bistro) as tx:
            withdraw_upload(tx, upload.id)
    assert noted(store)[1:] == [("uploads.withdraw", "sales.csv", None, {"upload": str(upload.id)})]


def test_a_rebuild_is_noted_with_what_was_stored_before_and_after(store: Store, bistro: Restaurant) -> None:
    hand_over(store, bistro, SALES)
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("DELETE FROM transaction_items WHERE menu_item_name = 'Bread'"))
    rebuild_restaurant(store, bistro)
    before, after = {"lines": 1, "transactions": 1}, {"files": 1, "lines": 2, "transactions": 1}
    assert noted(store)[1:] == [("sales.rebuild", "sales", before, after)]


def test_a_rebuild_that_lacks_a_file_is_not_noted(store: Store, bistro: Restaurant) -> None:
    upload = hand_over(store, bistro, SALES).upload
    assert not isinstance(store.settings.archive, str)
    (store.settings.archive / upload.storage_uri).unlink()
    with pytest.raises(PermanentError, match="Restore the archive folder"):
        rebuild_restaurant(store, bistro)
    assert actions(store) == [("uploads.add", "sales.csv")]


@pytest.mark.parametrize("recorded", [False, True])
def test_an_unreadable_file_is_not_noted_and_nothing_of_it_is_kept(
    store: Store, bistro: Restaurant, recorded: bool
) -> None:
    source = Source.of(UNREADABLE.encode(), "odd.csv")
    if recorded:
        done = hand_in(store, bistro, source, "sales", record_refusal=True)
        assert done.refusal and "--column" in done.refusal and done.is_new
    else:
        with pytest.raises(PermanentError, match="--column"):
            hand_in(store, bistro, source, "sales")
    failed: list[tuple[object, ...]] = [("failed", "")] if recorded else []
    assert ask(store, bistro, "SELECT status, storage_uri FROM data_uploads") == failed
    assert noted(store) == []


def test_a_registration_that_fails_leaves_neither_upload_nor_row_in_the_log(
    store: Store, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = door.register_again

    def register_and_fail(tx: Tenant, *given: Any) -> Any:
        register(tx, *given)
        raise PermanentError("The database is full.")

    monkeypatch.setattr(door, "register_again", register_and_fail)
    with pytest.raises(PermanentError, match="full"):
        hand_in(store, bistro, Source.of(SALES.encode(), "sales.csv"), "sales")
    assert ask(store, bistro, "SELECT count(*) FROM data_uploads") == [(0,)]
    assert noted(store) == []


def test_a_file_whose_rows_are_stored_is_not_resubmitted(store: Store, bistro: Restaurant) -> None:
    content = "date,item,sold,stock\n2026-03-06,Tea,2,30\n"
    hand_over(store, bistro, content, columns={"quantity": "stock"})
    with pytest.raises(PermanentError, match="loaded without '--column quantity=sold'"):
        hand_over(store, bistro, content, columns={"quantity": "sold"})
    assert actions(store) == [("uploads.add", "sales.csv")]
