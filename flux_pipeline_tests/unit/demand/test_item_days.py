"""Promotions, prices and stock-outs on one grid of items and days, without columns or rows that hold no fact."""

import datetime as dt

import numpy as np
import pandas as pd

from flux_pipeline.demand.inputs.item_days import build_item_days

AS_OF = dt.date(2026, 3, 3)
DATES = pd.date_range("2026-03-01", "2026-03-06")
NONE = pd.DataFrame({"item": pd.Series(dtype=object), "date": pd.to_datetime([])})
NO_RATIO = NONE.assign(price_ratio=pd.Series(dtype=float))


def on(item: str, *days: str) -> pd.DataFrame:
    return pd.DataFrame({"item": item, "date": pd.to_datetime(list(days))})


def build(promoted=NONE, price_ratio=NO_RATIO, sold_out=NONE) -> pd.DataFrame:
    return build_item_days(DATES, as_of=AS_OF, promoted=promoted, price_ratio=price_ratio, sold_out=sold_out)


def test_without_any_fact_there_is_no_row_and_no_driver() -> None:
    usual = pd.DataFrame({"item": "soup", "date": DATES, "price_ratio": [np.nan, 1, 1, 1, 1, 1]})
    rows = build(price_ratio=usual)
    assert rows.empty
    assert list(rows.columns) == ["item", "date"]


def test_an_item_has_a_row_for_every_day_with_all_its_facts() -> None:
    ratio = pd.DataFrame({"item": "soup", "date": DATES, "price_ratio": [np.nan, 1, 1, 1.2, 1.2, 1.2]})
    rows = build(on("soup", "2026-03-02", "2026-03-05"), ratio, on("soup", "2026-03-03"))
    assert list(rows.columns) == ["item", "date", "is_promo", "is_sold_out", "price_ratio"]
    assert rows.is_promo.tolist() == [0, 1, 0, 0, 1, 0]
    assert rows.is_sold_out.tolist() == [0, 0, 1, 0, 0, 0]
    np.testing.assert_array_equal(rows.price_ratio, ratio.price_ratio)


def test_an_item_with_one_fact_has_a_value_in_every_column() -> None:
    rows = build(on("soup", "2026-03-02"), sold_out=on("pie", "2026-03-01"))
    assert len(rows) == 2 * len(DATES)
    assert rows.groupby("item").is_promo.sum().to_dict() == {"pie": 0, "soup": 1}
    assert rows.groupby("item").is_sold_out.sum().to_dict() == {"pie": 1, "soup": 0}


def test_nothing_runs_out_ahead_and_days_outside_are_left_out() -> None:
    rows = build(on("soup", "2026-02-01", "2026-03-02"), sold_out=on("soup", "2026-03-05"))
    assert set(rows.date) == set(DATES)
    assert "is_sold_out" not in rows
