"""`flux costs` and `flux menu engineering` on costs that were published by nightly runs."""

import datetime as dt
import json
from decimal import Decimal

import pytest

from flux_pipeline.store.door import Store
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.costing import Kitchen, at
from flux_pipeline_tests.store.commands import flux, output_of, refused

HEAD = "item,ingredient,component_item,quantity,unit,yield_quantity,yield_unit\n"
RECIPES = (
    f"{HEAD}Mayonnaise,Oil,,6.5,l,7.5,l\nMayonnaise,Eggs,,60,piece,,\nBurger,Beef,,150,g,,\nBurger,,Mayonnaise,42,ml,,\n"
    "Burger,Buns,,1,piece,,\nSoup,Onions,,500,g,,\nTart,Butter,,1,can,,\n"
)
INGREDIENTS = (
    "name,unit,unit_cost,waste_factor\nOil,l,3.00,\nEggs,piece,0.175,\nBeef,kg,12.00,10%\n"
    "Onions,kg,2.00,\nButter,kg,9,\nBuns,piece,0.40,\n"
)
# What a can of butter weighs, which the tart needs.
CAN = "ingredient,from_quantity,from_unit,to_quantity,to_unit\nButter,1,can,250,g\n"
SOLD = (("Burger", 10, 11, "Mains"), ("Soup", 20, 6, "Mains"), ("Tart", 5, 6, "Sweets"), ("Tea", 1, 2, "Drinks"))


def cook(store: Store) -> Kitchen:
    """Burgers with a mayonnaise of which 7.5 l cost 30.00, soups, and a tart that lacks a conversion, since 1 March."""
    found = Kitchen(store, store.restaurant("bistro"))
    lines = (
        f"2026-03-{day:02},{item},{quantity},{price},{price * quantity},{category}\n"
        for day in range(1, 16)
        for item, quantity, price, category in SOLD
    )
    found.sell("".join(lines), header="date,item,quantity,price,amount,category")
    found.file("ingredients", INGREDIENTS, at(1))
    found.file("recipes", RECIPES, at(1))
    return found


def publish(store: Store) -> None:
    kitchen = cook(store)
    kitchen.night(15)
    kitchen.profits(15)


BEGINNINGS = {"published": publish, "kitchen": cook}


@pytest.fixture
def kitchen(store: Store, bistro: Restaurant) -> Kitchen:
    """The kitchen of `cook`."""
    return Kitchen(store, bistro)


@pytest.fixture
def published(kitchen: Kitchen) -> Kitchen:
    """The same kitchen after a night."""
    return kitchen


def dearer_beef(kitchen: Kitchen) -> None:
    """Beef at 20.00 from the 10th on, which becomes known on the 20th."""
    price = "name,unit,unit_cost,waste_factor,valid_from\nBeef,kg,20.00,10%,2026-03-10\n"
    kitchen.file("ingredients", price, at(20))
    kitchen.night(20)


def costs(*words: object) -> str:
    return output_of("costs", *words, "--restaurant", "bistro")


def cells(text: str, item: str) -> list[str]:
    """The words of the first line that begins with an item."""
    return next(line for line in text.splitlines() if line.strip().startswith(item)).split()


@pytest.mark.usefixtures("published")
def test_the_table_shows_costs_and_margins_and_what_has_none_and_why() -> None:
    shown = costs("--day", "2026-03-15")
    assert cells(shown, "Burger") == ["Burger", "Mains", "11.00", "2.55", "8.45", "76.8"]
    assert shown.index("Burger") < shown.index("Soup")
    assert "bistro: what dishes cost on 2026-03-15, in EUR" in shown
    assert "costing_method last_paid" in shown and "costing_waste_rule markup" in shown and "tax_rate 0" in shown
    assert "Without a cost: 1 item" in shown
    assert "  Tart: 1 can of 'Butter' is how many kg? Enter a row of unit_conversions" in shown
    assert "Without a recipe: 1 item on the menu: 'Tea'." in shown


@pytest.mark.usefixtures("published")
def test_costs_are_shown_for_programs() -> None:
    rows = json.loads(costs("--json"))
    assert [(row["item"], row["cost"]) for row in rows] == [
        ("Burger", "2.548000"), ("Soup", "1.000000"), ("Tart", None),
    ]  # fmt: skip
    assert costs("--csv").splitlines()[0] == "item,category,net_price,cost,margin,margin_percent,missing"


def test_more_than_ten_gaps_are_counted(store: Store, bistro: Restaurant) -> None:
    kitchen = Kitchen(store, bistro)
    kitchen.sell("".join(f"2026-03-01,Dish {place:02},1,9.00\n" for place in range(13)))
    lines = "".join(f"Dish {place:02},Spice,1,g\n" for place in range(13))
    kitchen.file("recipes", f"item,ingredient,quantity,unit\n{lines}", at(1))
    kitchen.night(1)
    shown = costs("--day", "2026-03-01")
    assert "Without a cost: 13 items" in shown and shown.count("'Spice' has no cost") == 10 and "  and 3 more" in shown


def test_rounded_figures_that_seem_not_to_add_up_are_explained(kitchen: Kitchen) -> None:
    with kitchen.store.tenant(kitchen.restaurant) as tx:
        store_setting(tx, "tax_rate", "0.19")
    kitchen.file("recipes", "item,ingredient,quantity,unit\nSoup,Onions,501.5,g\n", at(1))
    kitchen.night(15)
    shown = costs("--day", "2026-03-15")
    assert "Tax taken off prices: 19% (tax_rate)" in shown
    assert "some differ by a cent" in shown


def test_costs_as_of_a_day_are_those_that_were_published_then(published: Kitchen) -> None:
    dearer_beef(published)
    then, now = costs("--day", "2026-03-12", "--as-of", "2026-03-16"), costs("--day", "2026-03-12")
    assert (cells(then, "Burger")[3], cells(now, "Burger")[3]) == ("2.55", "3.87")
    assert "as published at the end of 2026-03-16" in then
    assert cells(costs("--as-of", "2026-03-16"), "Burger")[3] == "2.55"
    assert "No cost of 2026-03-10 was published at bistro" in refused(
        "costs", "--as-of", "2026-03-10", "--restaurant", "bistro"
    )
    assert "is in the future" in refused("costs", "--as-of", "2099-01-01", "--restaurant", "bistro")


def test_without_costs_it_is_said_what_to_load(store: Store, bistro: Restaurant, published: Kitchen) -> None:
    assert "the first are of a later day" in refused("costs", "--day", "2020-01-01", "--restaurant", "bistro")


def test_a_restaurant_without_costs_is_answered_with_what_to_load(cafe: Restaurant) -> None:
    for words in (("costs",), ("costs", "changes")):
        assert "Load recipes and what ingredients cost" in refused(*words, "--restaurant", "cafe")
    assert "No week's profits are published at cafe" in refused("menu", "engineering", "--restaurant", "cafe")
    assert "no confirmed recipe yet" in output_of("costs", "check", "--restaurant", "cafe")
    assert json.loads(output_of("costs", "--json", "--restaurant", "cafe")) == []


@pytest.mark.usefixtures("published")
def test_a_dish_is_a_tree_of_ingredients_through_its_preparations() -> None:
    shown = costs("--item", "burger", "--day", "2026-03-15")
    assert cells(shown, "Beef") == ["Beef", "150", "g", "12.00", "per", "kg", "10.0%", "1.9800", "77.7%"]
    assert cells(shown, "Mayonnaise") == ["Mayonnaise", "42", "ml", "0.1680", "6.6%"]
    assert "   Eggs" in shown and cells(shown, "Eggs")[:3] == ["Eggs", "0.336", "pieces"]
    assert "One Burger costs 2.548." in shown
    assert "Price without tax 11.00 - cost 2.548 = margin 8.45, 76.8% of the price." in shown


@pytest.mark.usefixtures("published")
def test_a_preparation_off_the_menu_is_shown_by_its_batch_and_by_one_unit_of_it() -> None:
    shown = costs("--item", "Mayonnaise")
    assert "A batch of 7.5 l costs 30.00; 1 l costs 4.00." in shown and "margin" not in shown


@pytest.mark.usefixtures("published")
def test_a_dish_without_a_cost_shows_why_and_one_without_a_recipe_what_to_do() -> None:
    shown = costs("--item", "Tart")
    assert "Tart has no cost:" in shown and "1 can of 'Butter' is how many kg?" in shown
    assert "flux recipes suggest Tea --restaurant bistro" in refused("costs", "--item", "tea", "--restaurant", "bistro")


def test_a_tree_is_of_what_is_known_and_says_what_was_published(published: Kitchen) -> None:
    price = "name,unit,unit_cost,waste_factor,valid_from\nBeef,kg,20.00,10%,2026-03-10\n"
    published.file("ingredients", price, at(20))
    shown = costs("--item", "Burger", "--day", "2026-03-12")
    assert "One Burger costs 3.868." in shown and "Published for this day: 2.548." in shown
    then = costs("--item", "Burger", "--as-of", "2026-03-16")
    assert "One Burger costs 2.548." in then and "as known at the end of 2026-03-16" in then


def test_margins_that_moved_are_shown_with_the_ingredient_that_moved_them(published: Kitchen) -> None:
    days = (dt.datetime.now(dt.UTC).date() - dt.date(2026, 3, 8)).days
    assert "no margin of 2 dishes moved by a cent or more" in costs("changes", "--days", days)
    dearer_beef(published)
    shown = costs("changes", "--days", days)
    burger = cells(shown, "Burger")
    assert burger == ["Burger", "Mains", "2.55", "3.87", "8.45", "7.13", "-1.32", "Beef", "+1.32"]
    assert "1 of 2 dishes moved" in shown and "Soup" not in shown


def test_the_check_finds_nothing_in_a_plain_kitchen(published: Kitchen) -> None:
    published.file("unit_conversions", CAN, at(16))
    assert "nothing looks wrong in 4 recipes" in costs("check")


def test_the_check_names_the_line_at_fault(published: Kitchen) -> None:
    published.file("recipes", f"{HEAD}Soup,Onions,,500,kg,,\nRoll,,Bun,1,portion,,\nBun,,Roll,1,portion,,\n", at(16))
    published.file("vendor_prices", "vendor,ingredient,unit_price,unit\nMill,Oil,0.004,l\nMill,Eggs,1,can\n", at(16))
    found = flux("costs", "check", "--restaurant", "bistro")
    assert found.exit_code == 1
    for sentence in (
        "'Soup' costs more than its net price.",
        "Look at the unit, pack and conversion of 500 kg of 'Onions' in the recipe of 'Soup', line 1.",
        "'Soup' went from 1 to 1000 on 2026-03-16.",
        "'Oil' went from 3 (ingredient file) to 0.004 (Mill). Look at",
        "'Eggs': Its cost by Mill can't be used: 1 can of 'Eggs' is how many piece?",
        "'Bun' -> 'Roll' -> 'Bun'",
    ):
        assert sentence in found.output, found.output


@pytest.mark.usefixtures("dagster_database", "no_pictures")
def test_recomputing_uses_the_settings_of_now_and_says_how_many_rows_changed(published: Kitchen) -> None:
    with published.store.tenant(published.restaurant) as tx:
        store_setting(tx, "waste_factor_enabled", False)
    said = costs("recompute", "--from", "2026-03-09")
    assert "1 row of menu_item_costs (costs of dishes) changed." in said
    assert "1 row of menu_profitability (weeks of dishes) changed." in said
    assert published.costs("Burger") == [(1, "2.548"), (9, "2.368")]
    assert "0 rows of menu_item_costs" in costs("recompute", "--from", "2026-03-09")
    ((subject,),) = published.ask("SELECT DISTINCT subject FROM audit_logs WHERE action = 'costs.recompute'")
    assert subject == "costs of items"
    assert "is in the future" in refused("costs", "recompute", "--from", "2099-01-01", "--restaurant", "bistro")


@pytest.mark.usefixtures("published")
def test_the_menu_is_placed_over_weeks_whose_sums_add_up_to_the_cent() -> None:
    shown = output_of("menu", "engineering", "--weeks", 2, "--restaurant", "bistro")
    # 14 days: 140 burgers at 11.00 that cost 2.548, 280 soups at 6.00 that cost 1.00.
    assert "the menu from 2026-03-02 to 2026-03-15" in shown
    assert cells(shown, "Burger")[2:] == ["140", "1,540.00", "1,183.28", "8.45", "33.3%", "puzzle", "77%"]
    assert cells(shown, "Soup")[2:8] == ["280", "1,680.00", "1,400.00", "5.00", "66.7%", "plowhorse"]
    assert "Mains: popular from 35.0%, earns well from 6.15 per piece" in shown
    assert "menu_popularity_share" in shown and "menu_margin_mean weighted" in shown
    assert "All 2 items with a cost: revenue 3,220.00 - cost 636.72 = contribution 2,583.28" in shown
    assert "Left out, because they have no cost: Tart, Tea, with a revenue of 448.00" in shown


@pytest.mark.usefixtures("published")
def test_the_menu_of_one_earlier_week_is_placed_by_any_of_its_days() -> None:
    words = ("menu", "engineering", "--weeks", 1, "--restaurant", "bistro")
    assert "from 2026-03-02 to 2026-03-08" in output_of(*words, "--week", "2026-03-04")
    assert "the newest week begins on 2026-03-09" in refused(*words, "--week", "2020-01-06")
    rows = json.loads(output_of(*words, "--json"))
    burger = next(row for row in rows if row["item"] == "Burger")
    assert Decimal(burger["revenue"]) - Decimal(burger["cost"]) == Decimal(burger["contribution"])
    assert next(row for row in rows if row["item"] == "Tea")["menu_class"] is None


def test_an_item_with_a_cost_in_some_weeks_only_is_left_out_and_said_so(published: Kitchen) -> None:
    published.file("unit_conversions", CAN, at(16))
    published.file("recipes", "item,ingredient,quantity,unit,valid_from\nTea,Leaves,2,g,2026-03-09\n", at(16))
    published.file("ingredients", "name,unit,unit_cost\nLeaves,kg,20.00\n", at(16))
    published.night(16)
    published.profits(16)
    shown = output_of("menu", "engineering", "--weeks", 2, "--restaurant", "bistro")
    assert "Left out, because they have no cost: Tea (in 1 of 2 weeks), with a revenue of 28.00" in shown


@pytest.mark.usefixtures("published")
def test_options_that_contradict_each_other_are_refused() -> None:
    assert flux("costs").exit_code == 2
    assert flux("costs", "--day", "2026-03-01", "check", "--restaurant", "bistro").exit_code == 2
    assert flux("costs", "--item", "Soup", "--csv", "--restaurant", "bistro").exit_code == 2
    assert "not a date" in refused("costs", "--day", "1.3.", "--restaurant", "bistro")
