"""Similar dishes: by name first, then by category and price."""

from decimal import Decimal

import pytest

from flux_pipeline.kitchen.similar import Dish, Similar, most_similar


def dish(name: str, category: str | None = None, price: str | None = None) -> Dish:
    return Dish(name, category, None if price is None else Decimal(price))


OTHERS = [
    dish("Beef stew", "Mains", "18.50"),
    dish("Chocolate mousse", "Desserts", "7.20"),
    dish("Onion soup", "Starters", "8.50"),
    dish("Trout", "Mains", "20.50"),
]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (dish("Onion soups"), Similar("Onion soup", "the names are nearly the same")),
        (dish("Tomato soup", "Mains", "18.00"), Similar("Onion soup", "both names have 'soup'")),
        (dish("Soup of the day", "Mains"), Similar("Onion soup", "both names have 'soup'")),
        (dish("Pork belly", "Mains", "20.00"), Similar("Trout", "both are Mains, at 20.50 and 20.00")),
        (dish("Lobster", "Mains", "48.00"), None),
        (dish("Lobster", None, "18.50"), None),
        (dish("Lobster", "Mains"), None),
    ],
)
def test_the_most_similar_dish_is_chosen_and_said_why(one: Dish, expected: Similar | None) -> None:
    assert most_similar(one, OTHERS) == expected


def test_of_two_with_the_same_words_the_one_of_the_same_category_is_chosen() -> None:
    others = [dish("Chicken wrap", "Snacks"), dish("Chicken stew", "Mains")]
    found = most_similar(dish("Chicken curry", "Mains"), others)
    assert found == Similar("Chicken stew", "both names have 'chicken', and both are Mains")
