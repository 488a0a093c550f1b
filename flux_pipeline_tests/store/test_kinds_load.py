"""Every kind that has a loader is a kind, has one loader, and takes the example of its template in."""

import datetime as dt

import pytest

from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.templates import example_file
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.hand_in import hand_in_feed
from flux_pipeline.store.loading.kinds import LOADERS, SHARED_TABLES, is_loaded
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind

OWN = [kind for kind in KINDS if not KINDS[kind].shared]

# Their rows name people, or things in stock, which must be known.
NEED = {
    "availability": {"employees": example_file("employees")},
    "skills": {"employees": example_file("employees")},
    "inventory_counts": {"ingredients": "name,unit\nFlour type 550,kg\nOnions,kg\nEggs,piece\nPeeled tomatoes,can\n"},
    "waste": {"ingredients": "name,unit\nMilk,l\n", "menu": "item\nCroissant\nOnion soup\n"},
}


def rows_of_example(kind: str) -> int:
    return len(example_file(kind).splitlines()) - 1


def test_nothing_loads_that_is_no_kind_and_shared_kinds_have_shared_tables() -> None:
    assert set(LOADERS) <= set(OWN)
    assert set(SHARED_TABLES) == set(KINDS) - set(OWN)


@pytest.mark.parametrize("kind", OWN)
def test_the_example_of_a_kind_is_loaded_or_checked_and_its_rows_change_nothing_a_second_time(
    store: Store, bistro: Restaurant, kind: str
) -> None:
    for needed, content in NEED.get(kind, {}).items():
        hand_in_kind(store, bistro, needed, content)
    first = hand_in_kind(store, bistro, kind, example_file(kind))
    assert first.status == ("completed" if is_loaded(kind) else "validated"), first.error
    assert first.accounting.loaded == (rows_of_example(kind) if is_loaded(kind) else 0)
    again = hand_in_kind(store, bistro, kind, example_file(kind) + "\n")
    assert (again.id != first.id, again.accounting.loaded) == (True, 0)


@pytest.mark.parametrize("kind", SHARED_TABLES)
def test_the_example_of_a_shared_kind_is_loaded_once(store: Store, kind: str) -> None:
    now = dt.datetime.now(dt.UTC)
    files = [Source.of((example_file(kind) + end).encode(), "feed.csv") for end in ("", "\n")]
    loaded = [hand_in_feed(store, kind, file, known_at=now).accounting.loaded for file in files]
    assert loaded == [rows_of_example(kind), 0]


@pytest.mark.parametrize("kind", ["promotions", "sold_out"])
def test_the_items_of_a_file_are_found_by_their_names(store: Store, bistro: Restaurant, kind: str) -> None:
    hand_in_kind(store, bistro, kind, example_file(kind))
    table = {"promotions": "promotions", "sold_out": "sold_out_days"}[kind]
    query = f"SELECT count(DISTINCT m.name) FROM {table} f JOIN menu_items m ON m.id = f.menu_item_id"
    assert ask(store, bistro, query) == ask(store, bistro, "SELECT count(*) FROM menu_items")
