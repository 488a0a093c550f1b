"""Costs from files to published rows: what is valid when, what was known when, and that nothing past is rewritten."""

import datetime as dt
from decimal import Decimal

import pytest

from flux_pipeline.store.costs.rules import recompute_from
from flux_pipeline.store.door import Store
from flux_pipeline.store.menu.merging import merge_items
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.costing import Kitchen, at, day
from flux_pipeline_tests.store.handing_in import hand_in_kind

SOUP = "item,ingredient,quantity,unit\nSoup,Onions,500,g\n"
ONIONS = "name,unit,unit_cost,waste_factor\nOnions,kg,2.00,\n"


def cook(store: Store) -> None:
    """A soup of half a kilo of onions at 2.00, sold every day since the first of March."""
    found = Kitchen(store, store.restaurant("bistro"))
    found.sell("".join(f"2026-03-{number:02},Soup,10,60.00\n" for number in range(1, 29)))
    found.file("ingredients", ONIONS, at(1))
    found.file("recipes", SOUP, at(1))


BEGINNINGS = {"kitchen": cook}


@pytest.fixture
def kitchen(store: Store, bistro: Restaurant) -> Kitchen:
    """The kitchen of `cook`."""
    return Kitchen(store, bistro)


def price(kitchen: Kitchen, cost: str, received_at: dt.datetime, *, valid_from: str = "") -> None:
    kitchen.file("ingredients", f"name,unit,unit_cost,valid_from\nOnions,kg,{cost},{valid_from}\n", received_at)


def test_the_first_recipe_and_cost_hold_since_the_first_sale(kitchen: Kitchen) -> None:
    metadata = kitchen.night(2).metadata
    assert kitchen.costs() == [(1, "1")]
    assert (metadata["items_costed"], metadata["items_without_cost"], metadata["rows_changed"]) == (1, 0, 1)


def test_the_price_is_that_of_most_sales_of_a_week_and_the_margin_follows_from_it(kitchen: Kitchen) -> None:
    kitchen.night(2)
    rows = kitchen.ask("SELECT net_price::float, margin_amount::float, margin_percent::float FROM menu_item_costs")
    assert rows == [(6.0, 5.0, 83.33)]


def test_a_cost_that_rises_on_the_tenth_changes_costs_from_the_tenth(kitchen: Kitchen) -> None:
    price(kitchen, "3.00", at(10))
    kitchen.night(11)
    assert kitchen.costs() == [(1, "1"), (10, "1.5")]


def test_a_cost_that_is_known_later_than_it_is_valid_changes_its_days_once(kitchen: Kitchen) -> None:
    kitchen.night(15)
    price(kitchen, "3.00", at(20), valid_from="2026-03-10")
    assert kitchen.night(20).metadata["rows_changed"] == 1
    assert kitchen.costs() == [(1, "1"), (10, "1.5")]
    assert [kitchen.cost_on(12, known) for known in (at(18), None)] == ["1", "1.5"]
    # A look back finds what was published, and changes nothing.
    kitchen.night(15, begun=at(21))
    assert [kitchen.cost_on(12, known) for known in (at(18), None)] == ["1", "1.5"]
    assert len(kitchen.ask("SELECT 1 FROM menu_item_costs")) == 2


def test_a_look_back_before_the_first_night_knows_the_first_recipe_and_no_later_price(kitchen: Kitchen) -> None:
    price(kitchen, "3.00", at(20), valid_from="2026-03-10")
    kitchen.night(20)
    kitchen.night(15, begun=at(22))
    assert [kitchen.cost_on(12, known) for known in (at(17), None)] == ["1", "1.5"]


def test_an_unchanged_night_writes_nothing_and_no_audit_row(kitchen: Kitchen) -> None:
    first = kitchen.night(11)
    before = kitchen.ask("SELECT * FROM menu_item_costs"), kitchen.ask("SELECT id FROM algorithm_runs")
    again = kitchen.night(12)
    assert again.is_unchanged and again.version == first.version
    assert (kitchen.ask("SELECT * FROM menu_item_costs"), kitchen.ask("SELECT id FROM algorithm_runs")) == before


@pytest.mark.parametrize(
    ("settings", "cost"),
    [
        ({}, "23"),
        ({"costing_waste_rule": "yield"}, "23.529412"),
        ({"waste_factor_enabled": False}, "20"),
    ],
)
def test_ten_kilos_at_two_with_a_loss_of_fifteen_per_cent(
    store: Store, bistro: Restaurant, settings: dict[str, object], cost: str
) -> None:
    kitchen = Kitchen(store, bistro)
    kitchen.sell("2026-03-01,Soup,10,600.00\n")
    kitchen.file("ingredients", "name,unit,unit_cost,waste_factor\nOnions,kg,2.00,15%\n", at(1))
    kitchen.file("recipes", "item,ingredient,quantity,unit\nSoup,Onions,10,kg\n", at(1))
    with store.tenant(bistro) as tx:
        for key, value in settings.items():
            store_setting(tx, key, value)
    kitchen.night(1)
    assert kitchen.costs() == [(1, cost)]


def test_a_changed_rule_changes_no_past_figure_unless_costs_are_computed_again(kitchen: Kitchen) -> None:
    kitchen.file("ingredients", "name,unit,unit_cost,waste_factor\nOnions,kg,2.00,20%\n", at(1, 10))
    kitchen.night(4)
    with kitchen.store.tenant(kitchen.restaurant) as tx:
        store_setting(tx, "costing_waste_rule", "yield")
    kitchen.night(9)
    assert kitchen.costs() == [(1, "1.2"), (10, "1.25")]
    with kitchen.store.tenant(kitchen.restaurant) as tx:
        recompute_from(tx, day(5), at(10))
    kitchen.night(10)
    assert kitchen.costs() == [(1, "1.2"), (5, "1.25")]
    (act,) = kitchen.ask("SELECT action, after ->> 'from' FROM audit_logs WHERE action = 'costs.recompute'")
    assert act == ("costs.recompute", "2026-03-05")
    with kitchen.store.tenant(kitchen.restaurant) as tx:
        recompute_from(tx, None, at(11))
    kitchen.night(11)
    assert kitchen.costs() == [(1, "1.25")]


def test_a_loss_that_changes_counts_from_the_day_on_which_it_came_in(kitchen: Kitchen) -> None:
    kitchen.night(3)
    kitchen.file("ingredients", "name,unit,waste_factor\nOnions,kg,20%\n", at(8))
    kitchen.night(8)
    assert kitchen.costs() == [(1, "1"), (8, "1.2")]


def test_a_recipe_of_a_file_replaces_the_whole_recipe_from_its_day_on(kitchen: Kitchen) -> None:
    kitchen.file("recipes", SOUP + "Soup,Butter,20,g\n", at(6))
    kitchen.file("ingredients", "name,unit,unit_cost\nButter,kg,10.00\n", at(6))
    kitchen.night(6)
    assert kitchen.costs() == [(1, "1"), (6, "1.2")]
    kitchen.file("recipes", SOUP + "\n", at(9))
    kitchen.night(9)
    assert kitchen.costs() == [(1, "1"), (6, "1.2"), (9, "1")]


def test_an_undated_recipe_beside_a_dated_one_holds_from_the_start(store: Store, bistro: Restaurant) -> None:
    kitchen = Kitchen(store, bistro)
    kitchen.sell("2026-03-01,Soup,10,60.00\n")
    kitchen.file("ingredients", ONIONS, at(1))
    both = "item,ingredient,quantity,unit,valid_from\nSoup,Onions,500,g,\nSoup,Onions,600,g,2026-03-05\n"
    for number in (9, 12):
        kitchen.file("recipes", both + "\n" * number, at(number))
        kitchen.night(number)
        assert kitchen.costs() == [(1, "1"), (5, "1.2")]


def test_a_recipe_that_is_corrected_on_its_first_day_was_never_cooked_otherwise(kitchen: Kitchen) -> None:
    kitchen.file("recipes", SOUP.replace("500", "50"), at(1, 15))
    kitchen.night(3)
    assert kitchen.costs() == [(1, "0.1")]


def test_a_recipe_with_a_rejected_row_is_not_loaded_from_the_rest(store: Store, bistro: Restaurant) -> None:
    kitchen = Kitchen(store, bistro)
    lines = "Soup,Onions,500,g\nSoup,Butter,a handful,g\nBread,Flour,300,g\n"
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_rejected_share", 0.5)
    upload = hand_in_kind(store, bistro, "recipes", f"item,ingredient,quantity,unit\n{lines}", received_at=at(1))
    assert upload.status == "completed_with_errors", upload.error
    assert upload.accounting.reasons == {"bad_quantity": 1, "incomplete_recipe": 1}
    found = kitchen.ask("SELECT m.name FROM recipe_versions v JOIN menu_items m ON m.id = v.menu_item_id")
    assert found == [("Bread",)]
    assert any("'Soup'" in note for note in upload.drift), upload.drift


def test_a_part_of_a_batch_costs_its_part(store: Store, bistro: Restaurant) -> None:
    kitchen = Kitchen(store, bistro)
    kitchen.sell("2026-03-01,Dip,10,30.00\n2026-03-01,Spread,10,30.00\n")
    kitchen.file("ingredients", "name,unit,unit_cost\nOil,l,5.00\nEggs,piece,0.50\n", at(1))
    head = "item,ingredient,component_item,quantity,unit,yield_quantity,yield_unit\n"
    for place, factor in enumerate((1, 10)):
        batch = f"Sauce,Oil,,{5 * factor},l,{7.5 * factor},l\nSauce,Eggs,,{10 * factor},piece,,\n"
        kitchen.file("recipes", f"{head}{batch}Dip,,Sauce,6,ml,,\nSpread,,Sauce,42,ml,,\n", at(1 + 4 * place))
        kitchen.night(2 + 4 * place)
        assert (kitchen.costs("Dip"), kitchen.costs("Spread")) == ([(1, "0.024")], [(1, "0.168")])


def test_recipes_that_contain_each_other_have_no_cost_and_their_path_is_named(store: Store, bistro: Restaurant) -> None:
    kitchen = Kitchen(store, bistro)
    kitchen.sell("2026-03-01,Item 1,10,30.00\n")
    circle = "".join(f"Item {number},,Item {number % 7 + 1},1,portion\n" for number in range(1, 8))
    kitchen.file("recipes", f"item,ingredient,component_item,quantity,unit\n{circle}", at(1))
    kitchen.night(1)
    ((cost, reason),) = kitchen.ask("SELECT cost_with_waste, missing -> 0 ->> 'reason' FROM menu_item_costs")
    assert cost is None
    assert reason.count("->") == 7 and "contain each other" in reason


def test_a_missing_conversion_is_refused_with_its_line_until_it_is_entered(kitchen: Kitchen) -> None:
    kitchen.file("recipes", "item,ingredient,quantity,unit\nSoup,Onions,500,g\nSoup,Parsley,1,bunch\n", at(2))
    kitchen.file("ingredients", "name,unit,unit_cost\nParsley,kg,10.00\n", at(2))
    kitchen.night(2)
    assert kitchen.costs() == [(1, "1"), (2, None)]
    ((missing,),) = kitchen.ask("SELECT missing FROM menu_item_costs WHERE cost_with_waste IS NULL")
    (part,) = missing
    assert (part["name"], part["recipe"], part["line"]) == ("Parsley", "Soup", 2)
    assert "Enter a row of unit_conversions: ingredient Parsley, from_quantity 1, from_unit bunch" in part["reason"]
    head = "ingredient,from_quantity,from_unit,to_quantity,to_unit\n"
    kitchen.file("unit_conversions", f"{head}parsley,1,bunch,80,g\n", at(5))
    kitchen.night(5)
    assert kitchen.costs() == [(1, "1"), (2, "1.8")]


def test_a_price_in_a_unit_that_leads_nowhere_is_not_used_and_says_why(kitchen: Kitchen) -> None:
    kitchen.file("recipes", "item,ingredient,quantity,unit\nSoup,Stock powder,5,g\n", at(2))
    kitchen.file("vendor_prices", "vendor,ingredient,unit_price,unit\nMill & Co,Stock powder,4.00,can\n", at(2))
    kitchen.night(2)
    ((reason,),) = kitchen.ask("SELECT missing -> 0 ->> 'reason' FROM menu_item_costs WHERE cost_with_waste IS NULL")
    assert "no cost on this day" in reason and "1 can of 'Stock powder' is how many g?" in reason


def test_deliveries_and_vendors_are_costs_by_the_method_of_the_setting(kitchen: Kitchen) -> None:
    head = "ingredient,quantity,unit,amount,vendor,document,delivered_on\n"
    kitchen.file("deliveries", f"{head}Onions,10,kg,30.00,Green Market,1,2026-03-05\n", at(5))
    prices = "vendor,ingredient,case_price,pack,yield,valid_from\n"
    kitchen.file("vendor_prices", f"{prices}Fields,Onions,18.00,sack 25 kg,0.8,2026-03-07\n", at(7))
    kitchen.night(7)
    assert kitchen.costs() == [(1, "1"), (5, "1.5")]
    with kitchen.store.tenant(kitchen.restaurant) as tx:
        store_setting(tx, "costing_method", "cheapest_vendor")
        recompute_from(tx, None, at(8))
    kitchen.night(8)
    assert kitchen.costs() == [(1, "1"), (5, "1.5"), (7, "0.45")]


def test_a_delivery_that_comes_again_is_no_second_one(kitchen: Kitchen) -> None:
    head = "ingredient,quantity,unit,amount,vendor,document,delivered_on\n"
    line = "Onions,10,kg,30.00,Green Market,{},2026-03-05\n"
    kitchen.file("deliveries", head + line.format(""), at(5))
    assert kitchen.file("deliveries", head + line.format("") + "\n", at(6)).accounting.loaded == 0
    kitchen.file("deliveries", head + line.format(17), at(7))
    kitchen.file("deliveries", head + line.format(17).replace("30.00", "40.00"), at(8))
    rows = kitchen.ask("SELECT document, superseded_at IS NULL FROM deliveries ORDER BY known_at")
    assert rows == [(None, True), ("17", False), ("17", True)]
    costs = kitchen.ask(
        "SELECT unit_cost::float FROM ingredient_cost_history WHERE source = 'delivery' "
        "AND superseded_at IS NULL ORDER BY known_at"
    )
    assert costs == [(3.0,), (4.0,)]


def test_what_a_recipe_calls_an_ingredient_is_a_preparation_once_that_has_a_recipe(kitchen: Kitchen) -> None:
    kitchen.file("recipes", "item,ingredient,quantity,unit\nSoup,Stock,200,ml\n", at(2))
    kitchen.night(2)
    assert kitchen.costs() == [(1, "1"), (2, None)]
    stock = "item,ingredient,quantity,unit,yield_quantity,yield_unit\nStock,Onions,4,kg,2,l\n"
    kitchen.file("recipes", stock, at(4))
    kitchen.night(4)
    assert kitchen.costs() == [(1, "1"), (2, "0.8")]


def test_an_item_that_was_merged_is_costed_by_the_recipe_of_both(kitchen: Kitchen) -> None:
    kitchen.file("recipes", "item,ingredient,quantity,unit\nOnion broth,Onions,700,g\n", at(3))
    with kitchen.store.tenant(kitchen.restaurant) as tx:
        merge_items(tx, "Onion broth", "Soup")
    kitchen.night(5)
    assert [each[1] for each in kitchen.costs()] == ["1.4"]


def test_revenue_less_cost_is_contribution_by_item_by_category_and_in_total(store: Store, bistro: Restaurant) -> None:
    kitchen = Kitchen(store, bistro)
    sold = [
        f"2026-03-{number:02},{item},{quantity},{amount},{category}\n"
        for number in range(1, 16)
        for item, quantity, amount, category in (
            ("Soup", 7, "41.65", "Starters"),
            ("Salad", 3, "26.97", "Starters"),
            ("Stew", 5, "93.33", "Mains"),
        )
    ]
    sold.append("2026-03-15,Tea,1,2.00,Drinks\n")
    kitchen.sell("".join(sold), header="date,item,quantity,amount,category")
    kitchen.file("ingredients", "name,unit,unit_cost\nOnions,kg,2.3333\nBeef,kg,17.7777\n", at(1))
    recipes = "Soup,Onions,333,g\nSalad,Onions,77,g\nStew,Beef,181,g\n"
    kitchen.file("recipes", f"item,ingredient,quantity,unit\n{recipes}", at(1))
    with store.tenant(bistro) as tx:
        store_setting(tx, "tax_rate", "0.10")
        store_setting(tx, "tax_rates_by_category", {"Mains": "0.07"})
    kitchen.night(15)
    kitchen.profits(15)
    rows = kitchen.ask(
        "SELECT m.name, p.week_start, p.quantity, p.revenue, p.theoretical_cost, p.contribution, p.menu_class "
        "FROM menu_profitability p JOIN menu_items m ON m.id = p.menu_item_id ORDER BY p.week_start, m.name"
    )
    weeks = {row[1] for row in rows}
    assert weeks == {dt.date(2026, 2, 23), day(2), day(9)}
    soup = next(row for row in rows if row[:2] == ("Soup", day(2)))
    assert soup[2:6] == (Decimal(49), Decimal("265.05"), Decimal("38.07"), Decimal("226.98"))
    costed = [row for row in rows if row[4] is not None]
    assert {row[0] for row in rows} - {row[0] for row in costed} == {"Tea"}
    assert all(row[3] - row[4] == row[5] for row in costed)
    stew = next(row for row in rows if row[:2] == ("Stew", day(9)))
    assert stew[3] == round(Decimal("93.33") * 7 / Decimal("1.07"), 2)


def test_the_same_night_writes_profits_once(kitchen: Kitchen) -> None:
    kitchen.night(15)
    kitchen.profits(15)
    before = kitchen.ask("SELECT * FROM menu_profitability")
    assert kitchen.profits(16).is_unchanged
    assert kitchen.ask("SELECT * FROM menu_profitability") == before


def test_a_restaurant_without_recipes_is_skipped_without_an_audit_row(store: Store, bistro: Restaurant) -> None:
    kitchen = Kitchen(store, bistro)
    kitchen.sell("2026-03-01,Soup,10,60.00\n")
    assert "no recipe" in kitchen.night(2).metadata["skipped"]
    assert "skipped" in kitchen.profits(2).metadata
    assert kitchen.ask("SELECT 1 FROM algorithm_runs") == []
