"""Merges of menu items: a person decides, all sales move, and a rebuild ends with identical rows."""

import pytest
from click.testing import CliRunner

from flux_pipeline.cli.main import main
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.diagnosis.proofs import upload_accounting
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.replay import rebuild_restaurant
from flux_pipeline.store.loading.withdraw import withdraw_upload
from flux_pipeline.store.menu.merging import Moved, keep_apart, merge_items, split_item
from flux_pipeline.store.menu.moves import merged_items
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline_tests.store.handing_in import ask, hand_in

HEAD = "date,item,quantity,price\n"
BOTH = HEAD + "2026-03-06,Soup,3,4\n2026-03-06,Soups,2,4\n"
TICKETED = "date,ticket,item,quantity,price\n"
SOLD = "SELECT m.name, sum(i.quantity)::float FROM transaction_items i JOIN menu_items m ON m.id = i.menu_item_id"
SOLD += " GROUP BY 1 ORDER BY 1"
DAILY = "SELECT m.name, sum(d.quantity)::float FROM daily_item_sales d JOIN menu_items m ON m.id = d.menu_item_id"
DAILY += " GROUP BY 1 ORDER BY 1"
MENU = "SELECT name, is_active, price::float, first_sold_on::text, last_sold_on::text FROM menu_items ORDER BY 1"
SUGGESTED = "SELECT alias FROM menu_item_aliases WHERE suggested_menu_item_id IS NOT NULL ORDER BY 1"
EVERYTHING = (
    "SELECT to_jsonb(t) - 'created_at' - 'updated_at' FROM transactions t ORDER BY id",
    "SELECT to_jsonb(t) - 'created_at' - 'updated_at' FROM transaction_items t"
    " ORDER BY business_date, transaction_id, line_number",
    "SELECT to_jsonb(t) - 'created_at' - 'updated_at' FROM daily_item_sales t ORDER BY business_date, menu_item_id",
    "SELECT to_jsonb(t) - 'created_at' - 'updated_at' - 'id' FROM upload_days t"
    " ORDER BY data_upload_id, business_date, is_ticketed",
    "SELECT to_jsonb(t) - 'created_at' - 'updated_at' FROM data_uploads t ORDER BY id",
    "SELECT to_jsonb(t) - 'created_at' - 'updated_at' FROM menu_items t ORDER BY id",
    "SELECT to_jsonb(t) - 'created_at' - 'updated_at' FROM menu_item_aliases t ORDER BY id",
)


def merge(store: Store, restaurant: Restaurant, name: str, into: str) -> Moved:
    with store.tenant(restaurant) as tx:
        return merge_items(tx, name, into)


def split(store: Store, restaurant: Restaurant, name: str) -> Moved:
    with store.tenant(restaurant) as tx:
        return split_item(tx, name)


def contents(store: Store, restaurant: Restaurant) -> list[list[tuple[object, ...]]]:
    with store.tenant(restaurant) as tx:
        assert upload_accounting(tx).wrong == []
        sync_table(tx, "daily_item_sales")
    return [ask(store, restaurant, query) for query in EVERYTHING]


def assert_a_rebuild_changes_nothing(store: Store, restaurant: Restaurant) -> None:
    before = contents(store, restaurant)
    rebuild_restaurant(store, restaurant)
    for stored, rebuilt in zip(before, contents(store, restaurant), strict=True):
        assert rebuilt == stored


def test_a_merged_item_counts_for_the_other_and_so_does_the_next_file(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, HEAD + "2026-03-06,Cola 0.3,3,2.00\n2026-03-07,Cola 0.3,2,2.50\n", "a")
    hand_in(store, bistro, HEAD + '2026-03-08,"Cola 0,33",4,2.80\n', "b")
    assert merge(store, bistro, "cola 0.3", "Cola 0,33") == Moved("Cola 0.3", "Cola 0,33", 2)
    assert ask(store, bistro, SOLD) == ask(store, bistro, DAILY) == [("Cola 0,33", 9.0)]
    assert ask(store, bistro, MENU) == [
        ("Cola 0,33", True, 2.8, "2026-03-06", "2026-03-08"),
        ("Cola 0.3", False, 2.5, None, None),
    ]
    hand_in(store, bistro, HEAD + "2026-03-09,COLA 0.3,1,2.90\n", "c")
    assert ask(store, bistro, SOLD) == [("Cola 0,33", 10.0)]
    assert ask(store, bistro, "SELECT DISTINCT menu_item_name FROM transaction_items ORDER BY 1") == [
        ("COLA 0.3",),
        ("Cola 0,33",),
        ("Cola 0.3",),
    ]
    assert_a_rebuild_changes_nothing(store, bistro)


def test_a_repeated_merge_changes_nothing_and_a_split_undoes_it(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, HEAD + "2026-03-06,Soup,3,4\n2026-03-06,Soups,2,4\n2026-03-07,Soups,1,5\n")
    before = contents(store, bistro)[:6]
    merge(store, bistro, "Soups", "Soup")
    merged = contents(store, bistro)
    assert not merge(store, bistro, "Soups", "Soup").is_new
    assert not merge(store, bistro, "Soup", "Soups").is_new
    assert contents(store, bistro) == merged
    assert split(store, bistro, "SOUPS") == Moved("Soup", "Soups", 2)
    assert not split(store, bistro, "Soups").is_new
    assert contents(store, bistro)[:6] == before
    acts = "SELECT action, subject, after ->> 'item' FROM audit_logs WHERE action LIKE 'menu.%' ORDER BY occurred_at"
    assert ask(store, bistro, acts) == [("menu.merge", "Soups", "Soup"), ("menu.split", "Soups", "Soups")]
    assert_a_rebuild_changes_nothing(store, bistro)


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (HEAD + "2026-03-06,Soup,3,4\n", HEAD + "2026-03-06,Soups,3,4\n", "add"),
        (TICKETED + "2026-03-06,A1,Soup,1,4\n", TICKETED + "2026-03-06,A1,Soups,1,4\n", "add"),
        (HEAD + "2026-03-06,Soup,3,4\n", HEAD + "2026-03-06,Soups,3,4\n", "replace"),
        (BOTH, BOTH.replace("Soup,3", "Soup,4").replace("Soups,2", "Soups,1"), None),
    ],
    ids=["days added", "tickets added", "replaced", "superseded"],
)
def test_rows_that_were_no_repeats_when_loaded_are_none_in_a_rebuild(
    store: Store, bistro: Restaurant, first: str, second: str, overlap: str | None
) -> None:
    hand_in(store, bistro, first, "a")
    hand_in(store, bistro, second, "b", overlap=overlap)
    (total,) = ask(store, bistro, "SELECT sum(quantity)::float FROM transaction_items")
    merge(store, bistro, "Soups", "Soup")
    assert ask(store, bistro, SOLD) == [("Soup", *total)]
    assert_a_rebuild_changes_nothing(store, bistro)


def test_a_day_repeated_under_the_new_name_is_recognised_after_a_merge_and_its_split(
    store: Store, bistro: Restaurant
) -> None:
    hand_in(store, bistro, HEAD + "2026-03-06,Cola,3,2\n2026-03-06,Bread,1,1\n", "a")
    hand_in(store, bistro, HEAD + "2026-03-07,Cola big,4,2\n", "b")
    merge(store, bistro, "Cola", "Cola big")
    again = hand_in(store, bistro, HEAD + "2026-03-06,Cola big,3,2\n2026-03-06,Bread,1,1\n", "c")
    assert again.accounting.reasons == {"already_loaded": 2}
    split(store, bistro, "Cola")
    assert ask(store, bistro, SOLD) == [("Bread", 1.0), ("Cola", 3.0), ("Cola big", 4.0)]
    assert_a_rebuild_changes_nothing(store, bistro)


def test_a_withdrawal_and_chains_of_merges_keep_every_line(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, HEAD + "2026-03-06,Soup,3,4\n2026-03-06,Soups,2,4\n2026-03-06,Soupe,1,4\n", "a")
    hand_in(store, bistro, HEAD + "2026-03-07,Soups,5,4\n", "b")
    merge(store, bistro, "Soups", "Soupe")
    replaced = hand_in(store, bistro, HEAD + "2026-03-06,Tea,9,4\n", "c", overlap="replace")
    merge(store, bistro, "Soupe", "Soup")
    split(store, bistro, "Soups")
    assert ask(store, bistro, SOLD) == [("Soups", 5.0), ("Tea", 9.0)]
    with store.tenant(bistro) as tx:
        assert withdraw_upload(tx, replaced.id).lines_returned == 3
    assert ask(store, bistro, SOLD) == [("Soup", 4.0), ("Soups", 7.0)]
    assert [row[:2] for row in ask(store, bistro, MENU)] == [
        ("Soup", True),
        ("Soupe", False),
        ("Soups", True),
        ("Tea", False),
    ]
    assert_a_rebuild_changes_nothing(store, bistro)


def test_an_item_that_a_person_took_off_the_menu_stays_off_through_merges_and_rebuilds(
    store: Store, bistro: Restaurant
) -> None:
    hand_in(store, bistro, BOTH, "a")
    merge(store, bistro, "Soups", "Soup")
    split(store, bistro, "Soups")
    with store.tenant(bistro) as tx:
        tx.connection.exec_driver_sql("UPDATE menu_items SET is_active = false WHERE name = 'Soups'")
    assert_a_rebuild_changes_nothing(store, bistro)


def test_a_dismissed_suggestion_is_not_made_again(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, HEAD + "2026-03-06,Croissant,30,1\n2026-03-06,Croissants,2,1\n", "a")
    assert ask(store, bistro, SUGGESTED) == [("croissants",)]
    with store.tenant(bistro) as tx:
        assert keep_apart(tx, "Croissant", "croissants")
    hand_in(store, bistro, HEAD + "2026-03-07,Croissants,3,1\n2026-03-07,CROISSANT,3,1\n", "b")
    assert ask(store, bistro, SUGGESTED) == []
    with store.tenant(bistro) as tx:
        assert not keep_apart(tx, "Croissants", "Croissant")
    assert ask(store, bistro, "SELECT count(*) FROM audit_logs WHERE action = 'menu.keep'") == [(1,)]


def test_a_merge_leaves_no_suggestion_of_its_items(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, HEAD + "2026-03-06,Croissant,30,1\n2026-03-06,Croissants,2,1\n", "a")
    merge(store, bistro, "Croissants", "Croissant")
    assert ask(store, bistro, SUGGESTED) == []


def test_two_merges_in_one_transaction_keep_the_daily_sums(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, BOTH + "2026-03-06,Soupe,1,4\n", "a")
    with store.tenant(bistro) as tx:
        merge_items(tx, "Soupe", "Soups")
        merge_items(tx, "Soups", "Soup")
    assert ask(store, bistro, SOLD) == ask(store, bistro, DAILY) == [("Soup", 6.0)]


def test_a_merge_changes_no_other_restaurant(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    for restaurant in (bistro, cafe):
        hand_in(store, restaurant, BOTH, "a")
    merge(store, bistro, "Soups", "Soup")
    assert ask(store, cafe, SOLD) == [("Soup", 3.0), ("Soups", 2.0)]


def test_names_without_an_item_or_a_merge_are_refused(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, HEAD + "2026-03-06,Croissant,3,4\n", "a")
    with pytest.raises(PermanentError, match="Did you mean 'Croissant'"):
        merge(store, bistro, "Croisant", "Croissant")
    with pytest.raises(PermanentError, match="flux menu items --restaurant bistro"):
        merge(store, bistro, "Croissant", "Pie")
    with pytest.raises(PermanentError, match="was never merged"):
        split(store, bistro, "Croissant")


def flux(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_the_commands_show_suggest_merge_split_and_keep(store: Store, bistro: Restaurant) -> None:
    here = ("--restaurant", "bistro")
    assert "no undecided items whose names are nearly alike" in flux("menu", "suggestions", *here)
    lines = "2026-03-06,Crème brûlée,5,6\n2026-03-06,Crème brulées,1,6\n2026-03-06,Tea & milk,1,6\n"
    hand_in(store, bistro, HEAD + lines, "a")
    printed = flux("menu", "suggestions", *here)
    command = "flux menu merge --restaurant bistro 'Crème brulées' --into 'Crème brûlée'"
    assert "1 pair" in printed and "96%" in printed and command in printed
    assert "--apart-from 'Crème brûlée'" in printed
    assert "Crème brulées now counts as Crème brûlée, with 1 line of sales." in flux(
        "menu", "merge", *here, "Crème brulées", "--into", "Crème brûlée"
    )
    printed = flux("menu", "items", *here)
    assert "2 items" in printed and "6.00 2026-03-06 2026-03-06 6 yes creme brulees" in printed
    assert "are one item already; nothing changed" in flux(
        "menu", "merge", *here, "Crème brulées", "--into", "Crème brûlée"
    )
    assert "is separate from Crème brûlée again" in flux("menu", "split", *here, "Crème brulées")
    assert "was not suggested; nothing changed" in flux(
        "menu", "keep", *here, "Crème brulées", "--apart-from", "Crème brûlée"
    )


def test_facts_about_a_merged_item_apply_to_the_one_it_was_merged_into(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, HEAD + "2026-03-06,Soup,3,4\n2026-03-06,Soups,2,4\n2026-03-06,Broth,1,4\n")
    with store.tenant(bistro) as tx:
        assert merged_items(tx) == {}
    merge(store, bistro, "Soups", "Soup")
    merge(store, bistro, "Soup", "Broth")
    ids = dict(ask(store, bistro, "SELECT name, id FROM menu_items"))
    with store.tenant(bistro) as tx:
        assert merged_items(tx) == {ids["Soups"]: ids["Broth"], ids["Soup"]: ids["Broth"]}
        split_item(tx, "Soups")
    with store.tenant(bistro) as tx:
        assert merged_items(tx) == {ids["Soup"]: ids["Broth"]}
