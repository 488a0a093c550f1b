"""Files of the menu: new items and categories, changed values of stored ones, and nothing else."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import event, text

from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.menu.file import load_menu
from flux_pipeline.store.menu.history import menu, menu_prices_set
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import register_upload
from flux_pipeline_tests.store.handing_in import hand_in, hand_in_kind
from flux_pipeline_tests.unit.ingest.reading import read_upload

MENU = (
    "item,category,price,sku,active\n"
    "Soup,Starters,4.50,S-1,yes\n"
    "Crème brûlée,Desserts,6.00,D-1,yes\n"
    "Pie,desserts,5,,no\n"
    "Water,,,,\n"
)


def load(store: Store, restaurant: Restaurant, content: str) -> Accounting:
    kept = Archive(store.settings.archive).keep(Source.of(content.encode()), restaurant.slug)
    parsed = read_upload(content.encode(), kind="menu")
    with store.tenant(restaurant) as tx:
        upload, _ = register_upload(tx, kept, "menu", "menu.csv", {})
        return load_menu(tx, upload, parsed)


def ask(store: Store, restaurant: Restaurant, query: str) -> list[tuple[Any, ...]]:
    with store.tenant(restaurant) as tx:
        return [tuple(row) for row in tx.connection.execute(text(query))]


def items(store: Store, restaurant: Restaurant) -> dict[str, tuple[Any, ...]]:
    query = """SELECT m.name, c.name, m.price, m.sku, m.is_active, m.auto_created
               FROM menu_items m LEFT JOIN menu_categories c ON c.id = m.menu_category_id ORDER BY 1"""
    return {name: tuple(rest) for name, *rest in ask(store, restaurant, query)}


def sold(store: Store, restaurant: Restaurant, name: str, *aliases: str) -> None:
    """Create an item as a sales file does, with these spellings."""
    with store.tenant(restaurant) as tx:
        made = (
            "INSERT INTO menu_items (restaurant_id, name, price, auto_created) VALUES (:r, :name, 3, true) RETURNING id"
        )
        here = {"r": restaurant.id}
        item = tx.connection.scalar(text(made), here | {"name": name})
        spelt = "INSERT INTO menu_item_aliases (restaurant_id, menu_item_id, alias) VALUES (:r, :item, :alias)"
        for alias in aliases:
            tx.connection.execute(text(spelt), here | {"item": item, "alias": alias})


def test_a_menu_creates_its_items_and_categories(store: Store, bistro: Restaurant) -> None:
    assert load(store, bistro, MENU).loaded == 4
    assert items(store, bistro) == {
        "Soup": ("Starters", Decimal("4.50"), "S-1", True, False),
        "Crème brûlée": ("Desserts", Decimal("6.00"), "D-1", True, False),
        "Pie": ("Desserts", Decimal("5.00"), None, False, False),
        "Water": (None, None, None, True, False),
    }
    assert ask(store, bistro, "SELECT name, sort_order FROM menu_categories ORDER BY 2") == [
        ("Starters", 1),
        ("Desserts", 2),
    ]
    aliases = ask(store, bistro, "SELECT alias FROM menu_item_aliases ORDER BY 1")
    assert aliases == [("creme brulee",), ("pie",), ("soup",), ("water",)]


@pytest.mark.parametrize("again", [MENU, MENU.replace("Soup", " SOUP ").replace("6.00", "6"), "item\nsoup\npie\n"])
def test_stored_items_with_the_same_values_are_unchanged(store: Store, bistro: Restaurant, again: str) -> None:
    load(store, bistro, MENU)
    before = items(store, bistro)
    accounting = load(store, bistro, again)
    assert (accounting.loaded, accounting.reasons) == (0, {"already_loaded": again.count("\n") - 1})
    assert items(store, bistro) == before


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("item,price\nsoup,4.90\n", ("Starters", Decimal("4.90"), "S-1", True, False)),
        ("item,category\nSoup,Specials\n", ("Specials", Decimal("4.50"), "S-1", True, False)),
        ("item,active\nSoup,no\n", ("Starters", Decimal("4.50"), "S-1", False, False)),
        ("item,category,price,sku\nSoup,,,S-9\n", ("Starters", Decimal("4.50"), "S-9", True, False)),
    ],
    ids=["price", "category", "activity", "number"],
)
def test_only_values_in_the_file_change(store: Store, bistro: Restaurant, row: str, expected: tuple[Any, ...]) -> None:
    load(store, bistro, MENU)
    accounting = load(store, bistro, row)
    assert (accounting.loaded, accounting.reasons) == (1, {})
    assert items(store, bistro)["Soup"] == expected


def test_a_file_without_a_column_active_puts_nothing_back_on_the_menu(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, MENU)
    load(store, bistro, "item,price\nPie,5.50\n")
    assert items(store, bistro)["Pie"] == ("Desserts", Decimal("5.50"), None, False, False)


def test_an_item_that_was_sold_before_is_known_by_its_aliases(store: Store, bistro: Restaurant) -> None:
    sold(store, bistro, "Espresso", "espresso", "single espresso")
    assert load(store, bistro, "item,category,price\nSingle  Espresso,Coffee,2.20\n").loaded == 1
    assert items(store, bistro) == {"Espresso": ("Coffee", Decimal("2.20"), None, True, True)}
    both = load(store, bistro, "item,price\nEspresso,2.30\nSingle espresso,2.40\n")
    assert (both.loaded, both.reasons) == (1, {"repeated_row": 1})
    assert items(store, bistro)["Espresso"][1] == Decimal("2.40")


def test_an_item_without_an_alias_is_known_by_its_name(store: Store, bistro: Restaurant) -> None:
    sold(store, bistro, "Espresso")
    assert load(store, bistro, "item,price\nESPRESSO,2.20\n").loaded == 1
    assert list(items(store, bistro)) == ["Espresso"]
    assert ask(store, bistro, "SELECT alias FROM menu_item_aliases") == [("espresso",)]


def test_every_row_is_accounted_for(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, "item,price\nSoup,4.50\n")
    accounting = load(store, bistro, "item,price\nSoup,4.50\nPie,much\n\nTea,2\n")
    assert (accounting.read, accounting.loaded, accounting.skipped, accounting.rejected) == (4, 1, 2, 1)
    assert accounting.reasons == {"already_loaded": 1, "blank_line": 1, "bad_price": 1}


def test_a_menu_of_only_rejected_rows_creates_nothing(store: Store, bistro: Restaurant) -> None:
    assert load(store, bistro, "item,price\nPie,much\n").rejected == 1
    assert items(store, bistro) == {}


def test_two_restaurants_with_the_same_menu_do_not_mix(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    for restaurant in (bistro, cafe):
        assert load(store, restaurant, MENU).loaded == 4
    load(store, cafe, "item,category,price\nSoup,Lunch,9\n")
    assert items(store, bistro)["Soup"] == ("Starters", Decimal("4.50"), "S-1", True, False)
    assert items(store, cafe)["Soup"] == ("Lunch", Decimal("9.00"), "S-1", True, False)
    for table in ("menu_items", "menu_categories", "menu_item_aliases"):
        ids = [set(ask(store, restaurant, f"SELECT id FROM {table}")) for restaurant in (bistro, cafe)]
        assert not ids[0] & ids[1]


@pytest.mark.parametrize("count", [20, 2000])
def test_a_long_menu_takes_as_many_statements_as_a_short_one(store: Store, bistro: Restaurant, count: int) -> None:
    rows = "".join(f"Dish {n},Group {n % 10},{1 + n % 30}.50\n" for n in range(count))
    statements: list[str] = []
    listening = (store.engine(Role.APP), "before_cursor_execute", lambda *about: statements.append(about[2]))
    event.listen(*listening)
    try:
        assert load(store, bistro, "item,category,price\n" + rows).loaded == count
    finally:
        event.remove(*listening)
    assert len(statements) < 16
    changed = rows.replace("Dish 7,Group 7,8.50", "Dish 7,Group 7,8.90")
    assert load(store, bistro, "item,category,price\n" + changed).loaded == 1


def test_an_item_that_is_spelled_nearly_like_another_is_suggested_and_not_merged(
    store: Store, bistro: Restaurant
) -> None:
    sold(store, bistro, "Croissant", "croissant")
    load(store, bistro, "item,price\nCroissants,2\nBaguette,1\nBaguettes,1\n")
    assert len(items(store, bistro)) == 4
    query = """SELECT a.alias, m.name FROM menu_item_aliases a JOIN menu_items m ON m.id = a.suggested_menu_item_id
               ORDER BY 1"""
    assert ask(store, bistro, query) == [("baguettes", "Baguette"), ("croissants", "Croissant")]


AS_OF = dt.date(2026, 3, 1)
THEN, LATER = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC), dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC)


def known(store: Store, restaurant: Restaurant, known_at: dt.datetime) -> dict[str, str | None]:
    with store.tenant(restaurant) as tx:
        found = menu(tx, AS_OF, known_at)
    return dict(zip(found.name, found.category, strict=True))


def test_a_look_back_sees_the_menu_as_it_was(store: Store, bistro: Restaurant) -> None:
    """On 2 March a file of the 9th is not known yet: a dish more, one less, another category."""
    lines = "2026-02-01,Soup,Starters,3,4\n2026-02-01,Pie,Desserts,1,5\n"
    hand_in(store, bistro, f"date,item,category,quantity,price\n{lines}")
    as_it_was = {"Soup": "Starters", "Pie": "Desserts"}
    assert known(store, bistro, THEN) == as_it_was
    file = "item,category,price,active\nSoup,Lunch,4.80,yes\nPie,Desserts,5,no\nTart,Desserts,6,yes\n"
    hand_in_kind(store, bistro, "menu", file, received_at=LATER)
    assert known(store, bistro, THEN) == as_it_was
    now = dt.datetime.now(dt.UTC)
    assert known(store, bistro, now) == {"Soup": "Lunch", "Tart": "Desserts"}
    hand_in_kind(store, bistro, "menu", "item,category,active\nSoup,Supper,yes\nPie,Desserts,yes\n")
    assert known(store, bistro, THEN) == as_it_was
    assert known(store, bistro, now) == {"Soup": "Lunch", "Tart": "Desserts"}


def test_an_item_of_the_menu_stays_known_when_it_first_sells(store: Store, bistro: Restaurant) -> None:
    hand_in_kind(store, bistro, "menu", "item,category\nTart,Desserts\n")
    now = dt.datetime.now(dt.UTC)
    assert known(store, bistro, now) == {"Tart": "Desserts"}
    hand_in(store, bistro, "date,item,quantity,price\n2026-03-05,Tart,3,4\n")
    assert known(store, bistro, now) == {"Tart": "Desserts"}


def test_an_item_of_a_promotion_is_on_the_menu_once_a_menu_names_it(store: Store, bistro: Restaurant) -> None:
    promotion = "item,starts_on,ends_on,discount\nTart,2026-03-05,2026-03-05,20%\n"
    hand_in_kind(store, bistro, "promotions", promotion)
    assert known(store, bistro, dt.datetime.now(dt.UTC)) == {}
    hand_in_kind(store, bistro, "menu", "item,category\nTart,Desserts\n")
    assert known(store, bistro, dt.datetime.now(dt.UTC)) == {"Tart": "Desserts"}


def test_a_category_from_later_sales_was_not_known_before(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, "date,item,quantity,price\n2026-02-01,Soup,3,4\n")
    hand_in(store, bistro, "date,item,category,quantity,price\n2026-03-05,Soup,Starters,3,4\n", "later.csv")
    assert known(store, bistro, THEN) == {"Soup": None}
    assert known(store, bistro, LATER) == {"Soup": "Starters"}


def test_a_price_change_is_known_from_its_files_arrival_and_keeps_the_previous_price(
    store: Store, bistro: Restaurant
) -> None:
    hand_in(store, bistro, "date,item,quantity,price\n2026-02-01,Soup,3,4\n2026-02-01,Pie,1,5\n")
    hand_in_kind(store, bistro, "menu", "item,price\nSoup,4.80\nPie,5\nTart,6\n", received_at=LATER)
    with store.tenant(bistro) as tx:
        assert menu_prices_set(tx, THEN).empty
        changed = menu_prices_set(tx, LATER)
    assert changed.drop(columns="item").to_dict("records") == [
        {"date": pd.Timestamp("2026-03-09"), "price": 4.8, "previous_price": 4.0}
    ]


def categories(store: Store, restaurant: Restaurant) -> dict[object, object]:
    query = "SELECT m.name, c.name FROM menu_items m JOIN menu_categories c ON c.id = m.menu_category_id"
    return dict(ask(store, restaurant, query))


def test_a_category_is_one_whether_a_menu_or_a_file_of_sales_names_it(store: Store, bistro: Restaurant) -> None:
    hand_in_kind(store, bistro, "menu", "item,category\nSoup,Entrées\nTart,Desserts\nPie,desserts\n")
    hand_in(
        store, bistro, "date,item,category,quantity,price\n2026-03-01,Salad,Entrees,3,4.50\n2026-03-01,Tea,Hot,1,2\n"
    )
    assert categories(store, bistro) == {
        "Soup": "Entrées",
        "Salad": "Entrées",
        "Tart": "Desserts",
        "Pie": "Desserts",
        "Tea": "Hot",
    }
    found = ask(store, bistro, "SELECT name, sort_order FROM menu_categories ORDER BY 2")
    assert found == [("Entrées", 1), ("Desserts", 2), ("Hot", 3)]


def test_a_name_of_several_stored_categories_means_the_first_on_the_menu(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        for name, order in (("Entrees", 2), ("Entrées", 1)):
            insert = "INSERT INTO menu_categories (restaurant_id, name, sort_order) VALUES (:here, :name, :order)"
            tx.connection.execute(text(insert), {"here": bistro.id, "name": name, "order": order})
    hand_in_kind(store, bistro, "menu", "item,category\nSoup,ENTREES\n")
    assert categories(store, bistro) == {"Soup": "Entrées"}
