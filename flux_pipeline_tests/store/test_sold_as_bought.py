"""`flux ingredients sold-as-bought`: bottles and the like, which are ingredients with a recipe of one."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from flux_pipeline.costing.oneday import KitchenDay
from flux_pipeline.store.costs.current import asked_day, kitchen_asked
from flux_pipeline.store.costs.facts import Moment
from flux_pipeline.store.door import Store
from flux_pipeline.store.inventory.usage import read_stock_kitchen
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.commands import flux, output_of, refused
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind

MENU = "name,category,price\nWater,Drinks,3.50\nCola,Drinks,3.80\nBeer,Drinks,4.20\nLemonade,Drinks,4\nSoup,Mains,9\n"
RECIPES = "item,ingredient,quantity,unit\nSoup,Water,0.3,piece\nLemonade,Lemons,2,piece\n"
INGREDIENTS = "name,unit,unit_cost,barcode\nLager 0.5,bottle,0.80,40123\nBeer,l,2.00,\n"
LIST = "Name;SKU;Barcode;Unit cost\nwater;W-1;40999;0,38\nBeer;;40123;\nLemonade;;;\nWine;;;\n"
ACTED = "ingredients.sold_as_bought"


def bought(*words: object) -> str:
    return output_of("ingredients", "sold-as-bought", *words, "--restaurant", "bistro")


@pytest.fixture(autouse=True)
def kitchen(store: Store, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUX_ACTOR", "kim@bistro.example")
    for kind, content in (("menu", MENU), ("recipes", RECIPES), ("ingredients", INGREDIENTS)):
        upload = hand_in_kind(store, bistro, kind, content)
        assert upload.status == "completed", (upload.error, upload.accounting)


def day_of(store: Store, bistro: Restaurant) -> KitchenDay:
    with store.tenant(bistro) as tx:
        asked = asked_day(tx, None, None, dt.datetime.now(dt.UTC))
        return KitchenDay(kitchen_asked(tx, asked).facts, asked.day)


def used(store: Store, bistro: Restaurant) -> set[tuple[str, str, Decimal]]:
    """What one of each item takes from stock, by the names of both."""
    now = dt.datetime.now(dt.UTC)
    named = dict(ask(store, bistro, "SELECT id, name FROM menu_items UNION ALL SELECT id, name FROM ingredients"))
    with store.tenant(bistro) as tx:
        taken = read_stock_kitchen(tx, Moment(now, now.date())).taken()
    return {(str(named[each.item]), str(named[each.ingredient]), each.quantity) for each in taken}


def test_a_list_makes_ingredients_with_recipes_of_one_and_says_what_it_cannot_do(
    store: Store, bistro: Restaurant, tmp_path: Path
) -> None:
    file = tmp_path / "bought.csv"
    file.write_text(LIST)
    done = flux("ingredients", "sold-as-bought", file, "Cola", "--restaurant", "bistro")
    said = " ".join(done.output.split())
    assert done.exit_code == 1
    assert "Water: its recipe is now 1 piece of the ingredient Water." in said
    assert "Cola: its recipe is now 1 piece of the ingredient Cola." in said
    # The number under the bars says which beer it is; the ingredient of the same name is counted in litres.
    assert "Beer: its recipe is now 1 bottle of the ingredient Lager 0.5." in said
    assert "Lemonade: not done. 'Lemonade' has another recipe, which was left unchanged." in said
    assert "Wine: not done. No menu item of bistro is called 'Wine'." in said
    assert "bistro: 3 items changed, 0 unchanged, 2 not done." in said
    # The water of the soup, which only a recipe had named, and the bottle are one ingredient and no recipe of itself.
    day = day_of(store, bistro)
    costs = {name: day.cost(name).cost_with_waste for name in ("Water", "Soup", "Beer")}
    assert costs == {"Water": Decimal("0.38"), "Soup": Decimal("0.114"), "Beer": Decimal("0.80")}
    assert day.cost("Cola").cost_with_waste is None
    assert used(store, bistro) == {
        ("Beer", "Lager 0.5", 1),
        ("Cola", "Cola", 1),
        ("Lemonade", "Lemons", 2),
        ("Soup", "Water", Decimal("0.3")),
        ("Water", "Water", 1),
    }
    stored = ask(store, bistro, "SELECT name, unit, sku, barcode, auto_created FROM ingredients ORDER BY name")
    assert ("Water", "piece", "W-1", "40999", False) in stored and ("Cola", "piece", None, None, False) in stored
    query = "SELECT status, confirmed_by, valid_from FROM recipe_versions WHERE source = 'bought'"
    assert ask(store, bistro, query) == [("confirmed", "kim@bistro.example", None)] * 3
    assert "sold as bought" in output_of("recipes", "list", "--restaurant", "bistro")
    listed = output_of("ingredients", "list", "--restaurant", "bistro")
    assert "Water (ingredient)" in listed

    # The same list again changes nothing; a new cost changes only that.
    again = flux("ingredients", "sold-as-bought", file, "Cola", "--restaurant", "bistro").output
    assert "bistro: 0 items changed, 3 unchanged, 2 not done." in again
    file.write_text("name,unit_cost\nCola,0.55\n")
    assert "bistro: 1 item changed, 0 unchanged, 0 not done." in bought(file)
    assert day_of(store, bistro).cost("Cola").cost_with_waste == Decimal("0.55")
    with store.fleet() as fleet:
        acts = [act for act in list_acts(fleet) if act.action == ACTED]
    assert [act.subject for act in acts] == ["Cola", "Cola", "Beer", "Water"]
    assert acts[-1].after == {
        "ingredient": "Water",
        "recipe": "1 piece",
        "changed": ["auto_created", "barcode", "sku", "unit_cost"],
    }


def test_a_list_that_cannot_be_read_and_numbers_of_others_are_refused(
    store: Store, bistro: Restaurant, tmp_path: Path
) -> None:
    file = tmp_path / "bought.csv"
    for content, sentence in (
        ("item,sku\nWater,1\n", "expected the headings name and, if they are known, sku, barcode and unit_cost."),
        ("name,unit_cost\nWater,free\n", "bought.csv, line 2: the unit_cost is 'free'; expected what one costs"),
        ("name,unit_cost\nWater,-1\n", "the unit_cost is '-1'"),
        ("name,barcode\nWater,4.01E+12\n", "the barcode is '4.01E+12'; expected up to 14 digits."),
        ("name,sku\nCola,1\n,2\n", "line 3: the name is empty"),
        ("", "expected the headings name"),
    ):
        file.write_text(content)
        assert sentence in refused("ingredients", "sold-as-bought", file, "--restaurant", "bistro")
    missing = refused("ingredients", "sold-as-bought", tmp_path / "no.csv", "--restaurant", "bistro")
    assert "no.csv can't be read" in missing
    file.write_text("name,sku,barcode\nWater,W-1,\nCola,W-1,40123\nBeer,,\n")
    said = refused("ingredients", "sold-as-bought", file, "--restaurant", "bistro")
    assert "Cola: not done. The sku is that of 'Water' and the barcode that of 'Lager 0.5'" in said
    assert "Beer: not done. The ingredient 'Beer' is counted in l" in said
    file.write_text("name,sku\nWater,W-2\n")
    said = refused("ingredients", "sold-as-bought", file, "--restaurant", "bistro")
    assert "The ingredient 'Water' has the sku W-1, and the list says W-2." in said
