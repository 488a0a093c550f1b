"""Files of which nothing was loaded: open until they are handed in again or dismissed."""

import datetime as dt

import pytest

from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.registry import Upload, open_refusals
from flux_pipeline_tests.store.commands import output_of, refused
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind

# The business day on which the refused file is handed in, in Paris.
HANDED_IN = dt.datetime(2026, 3, 9, 22, 30, tzinfo=dt.UTC)
UNREADABLE = "a,b\n1,2\n"


def sales_of(day: str) -> str:
    return f"date,item,quantity,price\n{day},Soup,3,4.50\n"


def refuse(store: Store, restaurant: Restaurant, name: str = "export.csv", content: str = UNREADABLE) -> Upload:
    upload = hand_in_kind(store, restaurant, "sales", content, name, received_at=HANDED_IN)
    assert upload.status == "failed"
    return upload


def still_open(store: Store, restaurant: Restaurant) -> list[str]:
    with store.tenant(restaurant) as tx:
        return [upload.file_name for upload in open_refusals(tx)]


@pytest.mark.parametrize(
    ("name", "content", "is_open"),
    [
        ("export.csv", sales_of("2026-03-08"), False),
        ("other.csv", sales_of("2026-03-08"), True),
        # A till that gives every export the same name sends the next day's sales.
        ("export.csv", sales_of("2026-03-09"), True),
        ("export.csv", "c,d\n3,4\n", True),
    ],
    ids=["corrected", "another name", "the next export", "wrong again"],
)
def test_a_refused_file_is_open_until_it_is_read(
    store: Store, bistro: Restaurant, cafe: Restaurant, name: str, content: str, is_open: bool
) -> None:
    refuse(store, bistro)
    hand_in_kind(store, cafe, "sales", sales_of("2026-03-08"), "export.csv")
    assert still_open(store, bistro) == ["export.csv"]
    hand_in_kind(store, bistro, "sales", content, name)
    assert ("export.csv" in still_open(store, bistro)) is is_open
    assert still_open(store, cafe) == []


def test_the_same_content_that_is_refused_twice_is_open_once(store: Store, bistro: Restaurant) -> None:
    refuse(store, bistro)
    hand_in_kind(store, bistro, "sales", UNREADABLE, "again.csv")
    assert still_open(store, bistro) == ["again.csv"]


def test_a_dismissed_file_is_not_open_and_its_dismissal_is_logged_once(
    store: Store, bistro: Restaurant, cafe: Restaurant
) -> None:
    ours, theirs = refuse(store, bistro, "ours.csv"), refuse(store, cafe, "theirs.csv")
    listed = output_of("uploads", "list")
    assert "failed, open" in listed and "2 files open" in listed
    assert output_of("uploads", "dismiss", ours.short_id) == "ours.csv is dismissed.\n"
    assert "nothing changed" in output_of("uploads", "dismiss", ours.short_id)
    assert (still_open(store, bistro), still_open(store, cafe)) == ([], ["theirs.csv"])
    listed = output_of("uploads", "list")
    assert "dismissed" in listed and theirs.short_id in listed and "1 file open" in listed
    acts = ask(store, bistro, "SELECT action, subject FROM audit_logs WHERE action LIKE 'uploads.%'")
    assert acts == [("uploads.dismiss", "ours.csv")]


def test_a_loaded_file_cannot_be_dismissed(store: Store, bistro: Restaurant) -> None:
    upload = hand_in_kind(store, bistro, "sales", sales_of("2026-03-08"))
    assert "only a failed file can be dismissed" in refused("uploads", "dismiss", upload.short_id)
