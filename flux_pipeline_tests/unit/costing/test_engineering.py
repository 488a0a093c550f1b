"""Menu engineering: classes within categories, thresholds, and how sure they are."""

from decimal import Decimal

import pytest

from flux_pipeline.costing.engineering import MenuClass, PlacedItem, SoldItem, place_items
from flux_pipeline.costing.settings import CostingSettings, MarginMean

WEIGHTED = CostingSettings()
SIMPLE = CostingSettings(menu_margin_mean=MarginMean.SIMPLE)


def sold(item: str, quantity: int, margin: str | None, category: str | None = "Mains") -> SoldItem:
    return SoldItem(item, category, Decimal(quantity), None if margin is None else Decimal(margin))


MENU = [sold("steak", 100, "9"), sold("pasta", 100, "3"), sold("lobster", 5, "12"), sold("tripe", 5, "1")]


def placed(items: list[SoldItem], settings: CostingSettings = WEIGHTED) -> dict[str, PlacedItem]:
    return {each.item: each for each in place_items(items, settings).items}


def test_popular_and_dear_makes_a_star_and_so_on() -> None:
    classes = {name: item.menu_class for name, item in placed(MENU).items()}
    assert classes == {
        "steak": MenuClass.STAR,
        "pasta": MenuClass.PLOWHORSE,
        "lobster": MenuClass.PUZZLE,
        "tripe": MenuClass.DOG,
    }


def test_an_item_is_popular_from_70_per_cent_of_an_equal_share() -> None:
    items = [sold("a", 70, "1"), sold("b", 130, "1")]
    assert placed(items)["a"].menu_class is MenuClass.STAR
    assert placed(items)["a"].least_popularity == Decimal("0.35")
    assert placed([sold("a", 69, "1"), sold("b", 131, "1")])["a"].menu_class is MenuClass.PUZZLE


def test_the_mean_margin_is_weighted_by_sales_or_simple() -> None:
    items = [sold("a", 90, "2"), sold("b", 10, "10"), sold("c", 100, "4")]
    assert placed(items)["a"].mean_margin == Decimal("3.4")
    assert round(placed(items, SIMPLE)["a"].mean_margin, 4) == Decimal("5.3333")
    assert placed(items)["c"].menu_class is MenuClass.STAR
    assert placed(items, SIMPLE)["c"].menu_class is MenuClass.PLOWHORSE


def test_items_are_compared_within_their_category() -> None:
    drinks = [sold("cola", 1000, "2", "Drinks"), sold("water", 1000, "1.5", "Drinks")]
    assert placed([*MENU, *drinks])["steak"] == placed(MENU)["steak"]


def test_items_without_cost_or_sales_have_no_class() -> None:
    menu = place_items([*MENU, sold("soup", 50, None), sold("goose", 0, "8")], WEIGHTED)
    assert menu.without_class == ("soup", "goose")
    assert menu.items[0].least_popularity == Decimal("0.7") / 5, "the goose is on the menu, the soup can't be compared"
    assert place_items([sold("goose", 0, "8")], WEIGHTED).items == ()


def test_the_thresholds_are_printed_with_the_result() -> None:
    menu = place_items(MENU, SIMPLE)
    assert (menu.popularity_share, menu.margin_mean) == (Decimal("0.7"), MarginMean.SIMPLE)


def test_a_class_is_the_surer_the_more_was_sold() -> None:
    few = placed([sold("a", 8, "3"), sold("b", 6, "2"), sold("c", 2, "2.4")])
    many = placed([sold("a", 800, "3"), sold("b", 600, "2"), sold("c", 200, "2.4")])
    for name in few:
        assert few[name].menu_class is many[name].menu_class
        assert 0.25 <= few[name].sureness < many[name].sureness <= 1


@pytest.mark.parametrize("settings", [WEIGHTED, SIMPLE])
def test_one_item_alone_is_no_more_sure_than_a_coin(settings: CostingSettings) -> None:
    assert placed([sold("a", 100, "3")], settings)["a"].sureness <= 0.51
