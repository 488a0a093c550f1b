"""`flux recipes` and `flux ingredients`: suggestions that people confirm or reject, and what ingredients cost."""

import datetime as dt
import json

import pytest

from flux_pipeline.store.access.people import add_user, join_restaurant
from flux_pipeline.store.door import Store
from flux_pipeline.store.menu.merging import merge_items
from flux_pipeline.store.records.acts import Act, list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.commands import flux, output_of, refused
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind

KIM = "kim@bistro.example"
MENU = (
    "name,category,price\nOnion soup,Starters,8.50\nTomato soup,Starters,8.00\nBeef stew,Mains,18.50\n"
    "Pork belly,Mains,19.00\nTrout,Mains,40.00\n"
)
HEAD = "item,ingredient,component_item,quantity,unit,yield_quantity,yield_unit\n"
RECIPES = (
    f"{HEAD}Onion soup,Onions,,220,g,,\nOnion soup,,Stock,0.2,l,,\nStock,Bones,,3,kg,7.5,l\nBeef stew,Beef,,0.3,kg,,\n"
)
STATES = """
SELECT m.name, v.status, v.source, v.valid_from, v.confirmed_by, v.rejected_by
FROM recipe_versions v JOIN menu_items m ON m.id = v.menu_item_id WHERE v.source <> 'upload' ORDER BY v.known_at
"""


def begin(store: Store) -> None:
    """A menu with three recipes, and Kim, who works here."""
    add_user(store, KIM, "Kim", "staff", None)
    join_restaurant(store, KIM, "bistro", "manager")
    for kind, content in (("menu", MENU), ("recipes", RECIPES)):
        upload = hand_in_kind(store, store.restaurant("bistro"), kind, content)
        assert upload.status == "completed", (upload.error, upload.accounting)


BEGINNINGS = {"bistro": begin}


@pytest.fixture(autouse=True)
def kitchen(bistro: Restaurant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kitchen of `begin`, where Kim acts."""
    monkeypatch.setenv("FLUX_ACTOR", KIM)


def recipes(*words: object) -> str:
    return output_of("recipes", *words, "--restaurant", "bistro")


def no_recipes(*words: object) -> str:
    return refused("recipes", *words, "--restaurant", "bistro")


def acts(store: Store) -> list[Act]:
    with store.fleet() as fleet:
        return [act for act in list_acts(fleet) if act.action.startswith("recipes.")]


def today(bistro: Restaurant) -> dt.date:
    return bistro.last_complete_business_day(dt.datetime.now(dt.UTC)) + dt.timedelta(days=1)


def test_recipes_are_listed_with_what_they_make_and_dishes_without_one_are_named() -> None:
    lines = recipes("list").splitlines()
    soup = next(line for line in lines if "Onion soup" in line)
    assert soup.split()[:-1] == ["Onion", "soup", "Starters", "counts", "1", "portion", "2", "a", "file"]
    stock = next(line for line in lines if line.strip().startswith("Stock"))
    assert "(off the menu)" in stock and "7.5 l" in stock
    assert "bistro: 3 recipes that count" in lines[0]
    assert "On the menu without a recipe: 'Pork belly', 'Trout', 'Tomato soup'." in lines


def test_a_recipe_is_shown_with_its_lines() -> None:
    shown = recipes("show", "onion SOUP")
    assert "Onion soup: counts, 1 portion" in shown
    assert [line.split() for line in shown.splitlines() if line.strip()[:1].isdigit()] == [
        ["1", "220", "g", "Onions"],
        ["2", "0.2", "l", "Stock", "its", "own", "recipe"],
    ]
    assert "Trout has no recipe." in recipes("show", "trout")
    assert "Did you mean 'Onion soup'?" in no_recipes("show", "Onion sop")


def test_a_suggestion_is_that_of_the_most_similar_dish_and_does_not_count(store: Store, bistro: Restaurant) -> None:
    said = recipes("suggest", "tomato soup")
    assert "is that of Onion soup, because both names have 'soup', and both are Starters." in said
    assert "both are Mains, at 18.50 and 19.00" in recipes("suggest", "Pork belly")
    assert "No dish with a recipe is similar to 'Trout'" in no_recipes("suggest", "Trout")
    assert "Trout is that of Beef stew, because you named it" in recipes("suggest", "Trout", "--like", "beef stew")
    assert [row[:2] for row in ask(store, bistro, STATES)] == [
        ("Tomato soup", "suggested"),
        ("Pork belly", "suggested"),
        ("Trout", "suggested"),
    ]
    assert "Suggested, not counting until confirmed: 'Pork belly', 'Trout', 'Tomato soup'." in recipes("list")
    assert [(act.action, act.subject, act.after["like"], act.after["by"]) for act in acts(store)][::-1] == [
        ("recipes.suggest", "Tomato soup", "Onion soup", KIM),
        ("recipes.suggest", "Pork belly", "Beef stew", KIM),
        ("recipes.suggest", "Trout", "Beef stew", KIM),
    ]


def test_the_same_suggestion_again_changes_nothing_and_another_one_replaces_it(
    store: Store, bistro: Restaurant
) -> None:
    recipes("copy", "Onion soup", "Tomato soup")
    assert "was already suggested" in recipes("copy", "Onion soup", "Tomato soup")
    recipes("copy", "Stock", "Tomato soup")
    rows = [(*row[:3], row[5]) for row in ask(store, bistro, STATES)]
    assert rows == [("Tomato soup", "rejected", "copy", KIM), ("Tomato soup", "suggested", "copy", None)]
    assert "Tomato soup: suggested, 7.5 l" in recipes("show", "Tomato soup")
    assert len(acts(store)) == 2


def test_a_first_recipe_is_confirmed_since_ever_and_a_second_one_from_today(store: Store, bistro: Restaurant) -> None:
    recipes("suggest", "Tomato soup")
    said = recipes("confirm", "Tomato soup")
    assert f"The recipe of Tomato soup is confirmed by {KIM} and counts from the start." in said
    assert "Nothing changed." in recipes("confirm", "Tomato soup")
    recipes("copy", "Beef stew", "Tomato soup")
    assert f"counts from {today(bistro)} on" in recipes("confirm", "Tomato soup")
    recipes("copy", "Stock", "Tomato soup")
    assert "counts from 2030-01-01 on" in recipes("confirm", "Tomato soup", "--from", "2030-01-01")
    states = [row[1:5] for row in ask(store, bistro, STATES)]
    days = [None, today(bistro), dt.date(2030, 1, 1)]
    assert states == [
        ("confirmed", source, day, KIM) for source, day in zip(("similar", "copy", "copy"), days, strict=True)
    ]
    shown = recipes("show", "Tomato soup")
    assert f"counts from {today(bistro)} on" in shown and "will count from 2030-01-01 on, 7.5 l" in shown
    newest = acts(store)[0]
    assert (newest.action, newest.subject) == ("recipes.confirm", "Tomato soup")
    assert newest.before == {"recipe": ["0.3 kg Beef"]}
    assert newest.after == {"from": "2030-01-01", "by": KIM, "recipe": ["3 kg Bones"]}


def test_without_a_suggestion_there_is_nothing_to_confirm_or_reject(store: Store) -> None:
    assert "No recipe is suggested for 'Trout'." in no_recipes("confirm", "Trout")
    assert "Trout has no suggested recipe; nothing changed." in recipes("reject", "Trout")
    assert "Trout has no recipe that counts; nothing changed." in recipes("reject", "Trout", "--confirmed")
    assert acts(store) == []


def test_a_rejected_suggestion_is_gone_and_the_recipe_that_counts_stays(store: Store, bistro: Restaurant) -> None:
    recipes("copy", "Beef stew", "Onion soup")
    assert f"The suggested recipe of Onion soup is rejected by {KIM}." in recipes("reject", "Onion soup")
    assert [row[1] for row in ask(store, bistro, STATES)] == ["rejected"]
    assert "Onion soup: counts" in recipes("show", "Onion soup")


def test_a_confirmed_recipe_can_be_rejected_and_then_the_one_before_counts(store: Store, bistro: Restaurant) -> None:
    recipes("copy", "Beef stew", "Onion soup")
    recipes("confirm", "Onion soup")
    assert "the one before it counts again" in recipes("reject", "Onion soup", "--confirmed")
    assert "Onions" in recipes("show", "Onion soup")
    said = recipes("reject", "Stock", "--confirmed")
    assert "it has none now" in said and "Dishes that take it have no cost either: 'Onion soup'." in said
    assert acts(store)[0].before == {"recipe": ["3 kg Bones"], "status": "confirmed"}


def test_a_recipe_that_would_contain_itself_is_refused_whenever_that_shows(store: Store) -> None:
    assert "takes 'Stock' itself" in no_recipes("suggest", "Stock", "--like", "Onion soup")
    recipes("copy", "Onion soup", "Trout")
    # Trout is to take the stock; meanwhile the stock comes to take Trout.
    hand_in_kind(store, store.restaurant("bistro"), "recipes", f"{HEAD}Stock,,Trout,1,portion,7.5,l\n")
    refusal = no_recipes("confirm", "Trout")
    assert "would contain each other" in refusal and refusal.count("->") == 2


def test_a_merged_items_recipe_is_that_of_the_item_it_was_merged_into(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        merge_items(tx, "Beef stew", "Pork belly")
    assert "Pork belly: counts" in recipes("show", "Beef stew")
    assert "Beef stew" not in recipes("list")
    recipes("copy", "Onion soup", "Beef stew")
    assert f"The recipe of Pork belly is confirmed by {KIM} and counts from" in recipes("confirm", "Beef stew")


def test_a_decision_needs_a_person_who_works_here(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    monkeypatch.setenv("FLUX_ACTOR", "root")
    for words in (
        ("suggest", "Tomato soup"),
        ("copy", "Beef stew", "Trout"),
        ("confirm", "Trout"),
        ("reject", "Trout"),
    ):
        assert "A decision needs a person." in no_recipes(*words)
    add_user(store, "ada@group.example", "Ada", "staff", None)
    assert "does not work at bistro" in no_recipes("suggest", "Tomato soup", "--by", "ada@group.example")
    assert "Onion soup" in recipes("suggest", "Tomato soup", "--by", KIM)


def prices(store: Store, bistro: Restaurant) -> None:
    for kind, content in (
        ("ingredients", "name,unit,unit_cost,waste_factor\nOnions,kg,1.50,10%\nOnion,kg,1.60,\nSaffron,g,0.0625,\n"),
        ("vendor_prices", "vendor,ingredient,unit_price,unit,valid_from\nMill & Co,Beef,12.00,kg,2026-02-01\n"),
        ("deliveries", "ingredient,quantity,unit,amount,vendor,delivered_on\nBones,10,kg,14,Green,2026-03-05\n"),
    ):
        upload = hand_in_kind(store, bistro, kind, content)
        assert upload.status == "completed", (upload.error, upload.accounting)


def test_ingredients_are_listed_with_cost_loss_use_and_source(store: Store, bistro: Restaurant) -> None:
    assert "Used in recipes without a cost: 'Beef', 'Bones', 'Onions'." in output_of(
        "ingredients", "list", "--restaurant", "bistro"
    )
    prices(store, bistro)
    shown = output_of("ingredients", "list", "--restaurant", "bistro")
    lines = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.strip()}
    assert lines["Beef"] == ["kg", "12.00", "1", "2026-02-01", "price", "list", "of", "Mill", "&", "Co"]
    assert lines["Bones"] == ["kg", "1.40", "1", "2026-03-05", "delivery", "of", "Green"]
    assert lines["Onions"][:4] == ["kg", "1.50", "10.0%", "1"] and lines["Onions"][-2:] == ["ingredient", "file"]
    assert lines["Saffron"][:3] == ["g", "0.0625", "0"]
    assert "Stock" not in shown and "without a cost" not in shown
    assert "'Onion' may be 'Onions'." in shown


def test_ingredients_are_listed_for_programs_and_before_any_recipe(store: Store, cafe: Restaurant) -> None:
    assert "cafe has no ingredients yet." in output_of("ingredients", "list", "--restaurant", "cafe")
    hand_in_kind(store, cafe, "ingredients", "name,unit,unit_cost\nBeans,kg,20.00\n")
    (row,) = json.loads(output_of("ingredients", "list", "--json", "--restaurant", "cafe"))
    assert (row["ingredient"], row["unit"], float(row["unit_cost"])) == ("Beans", "kg", 20.0)
    csv = output_of("ingredients", "list", "--csv", "--restaurant", "cafe").splitlines()
    assert csv[0] == "ingredient,unit,unit_cost,loss,recipes,priced_on,source" and len(csv) == 2
    assert "cafe has no recipes yet." in output_of("recipes", "list", "--restaurant", "cafe")
    assert flux("costs", "check", "--restaurant", "cafe").exit_code == 0
