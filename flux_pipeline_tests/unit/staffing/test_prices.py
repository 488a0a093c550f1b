import math

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.staffing.prices import category_prices

ITEMS = ["soup", "pie", "tea", "cake"]
CATEGORIES = ["Mains", "Mains", "Drinks", "Desserts"]
MENU = pd.Series({"soup": 99.0, "tea": 2.0})
TAKINGS = pd.DataFrame(
    [("soup", 10.0, 50.0), ("soup", 10.0, 30.0), ("pie", 5.0, 40.0), ("pie", 3.0, 0.0), ("soup", -2.0, -10.0)],
    columns=["item", "quantity", "amount"],
)


def prices(expected, menu=MENU):
    return category_prices(TAKINGS, menu, ITEMS, CATEGORIES, np.array(expected))


def test_a_price_is_what_items_brought_weighed_by_how_many_are_expected():
    found = prices([30.0, 10.0, 5.0, 1.0])
    assert found["Mains"] == pytest.approx((30 * 4.0 + 10 * 8.0) / 40)
    assert list(found) == ["Desserts", "Drinks", "Mains"]


def test_an_item_that_was_not_sold_lately_has_the_price_of_the_menu():
    assert prices([1.0, 1.0, 1.0, 1.0])["Drinks"] == 2.0


def test_a_category_without_a_price_has_none():
    found = prices([1.0, 1.0, 1.0, 1.0], menu=pd.Series(dtype=float))
    assert math.isnan(found["Desserts"]) and math.isnan(found["Drinks"])


def test_a_category_of_which_nothing_is_expected_keeps_its_price():
    assert prices([0.0, 0.0, 0.0, 0.0])["Mains"] == pytest.approx(6.0)
