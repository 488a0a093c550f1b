"""Price ratios: a rise counts for some weeks, rounding and promotions don't count."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.inputs.prices import LEAST_DAYS, USUAL_DAYS, price_ratios

AS_OF = dt.date(2026, 3, 31)
HORIZON = 14
HORIZON_FROM = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
NO_PROMOTION = pd.DataFrame({"item": pd.Series(dtype=object), "date": pd.to_datetime([])})
NO_CHANGE = pd.DataFrame(
    {"item": pd.Series(dtype=object), "date": pd.to_datetime([]), "price": [], "previous_price": []}
)


def sold(prices: list[float], *, quantity: float = 10, item: str = "soup", tickets: float = 8) -> pd.DataFrame:
    """Return days up to AS_OF with these prices; NaN is a day without a sale."""
    dates = pd.date_range(end=AS_OF, periods=len(prices))
    rows = pd.DataFrame({"item": item, "date": dates, "quantity": quantity, "tickets": tickets})
    return rows.assign(amount=np.round(np.array(prices) * quantity, 2)).dropna(ignore_index=True)


def ratios(takings: pd.DataFrame, promoted=NO_PROMOTION, changes=NO_CHANGE, as_of: dt.date = AS_OF) -> pd.Series:
    dates = pd.date_range(takings.date.min(), pd.Timestamp(as_of) + pd.Timedelta(days=HORIZON))
    rows = price_ratios(takings, dates, as_of=as_of, promotion_days=promoted, menu_prices=changes)
    assert list(rows.columns) == ["item", "date", "price_ratio"]
    return rows[rows["item"] == "soup"].set_index("date").price_ratio


def on(days: list[str], item: str = "soup") -> pd.DataFrame:
    return pd.DataFrame({"item": item, "date": pd.to_datetime(days)})


def set_on(*changes: tuple[str, float, float], item: str = "soup") -> pd.DataFrame:
    rows = [(item, pd.Timestamp(day), price, before) for day, price, before in changes]
    return pd.DataFrame(rows, columns=["item", "date", "price", "previous_price"])


def test_a_constant_price_is_the_usual_one_after_a_week() -> None:
    ratio = ratios(sold([4.5] * 40))
    assert ratio[:LEAST_DAYS].isna().all()
    assert (ratio[LEAST_DAYS:] == 1).all()


def test_a_price_rise_becomes_usual_after_half_the_usual_days() -> None:
    ratio = ratios(sold([4.0] * 60 + [5.0] * 30))
    assert (ratio[LEAST_DAYS:60] == 1).all()
    assert (ratio[60 : 60 + USUAL_DAYS // 2] == 1.25).all()
    assert (ratio[60 + USUAL_DAYS // 2 + 1 :] == 1).all()


def test_days_ahead_have_the_last_price() -> None:
    assert (ratios(sold([4.0] * 60 + [5.0] * 3))[HORIZON_FROM:] == 1.25).all()


def test_rounding_is_not_a_move() -> None:
    """Thirds of a pizza, cents rounded on each ticket."""
    rng = np.random.default_rng(1)
    takings = sold([3.333] * 80, quantity=3, tickets=3)
    takings["amount"] += rng.choice([-0.01, 0, 0.01], len(takings))
    assert (ratios(takings)[LEAST_DAYS:] == 1).all()


def test_cent_rounding_of_goods_by_weight_is_not_a_price_move() -> None:
    rng = np.random.default_rng(1)
    takings = sold([20.0] * 80, quantity=0.3, tickets=3)
    takings["amount"] += rng.choice([-0.01, 0, 0.01], len(takings))
    assert (ratios(takings)[LEAST_DAYS:] == 1).all()


def test_an_item_of_two_sizes_moves_only_by_more_than_its_mix_does() -> None:
    rng = np.random.default_rng(1)
    mix = list(3.25 + rng.normal(0, 0.04, 100))
    assert (ratios(sold(mix))[USUAL_DAYS:] != 1).mean() < 0.05
    doubled = ratios(sold(mix[:90] + [2 * price for price in mix[90:]]))
    assert doubled[90:100].between(1.8, 2.2).all()


def test_a_promotion_moves_no_price_while_it_lasts_nor_the_usual_one_after_it() -> None:
    prices = [4.0] * 50 + [2.0] * 14 + [4.0] * 6
    days = pd.date_range(end=AS_OF, periods=len(prices))[50:64]
    assert (ratios(sold(prices), on([f"{day:%F}" for day in days]))[LEAST_DAYS:] == 1).all()
    unannounced = ratios(sold(prices))
    assert (unannounced[50:63] == 0.5).all()


def test_a_promotion_does_not_hide_a_rise_from_before_it() -> None:
    prices = [4.0] * 50 + [5.0] * 3 + [2.5] * 3
    days = pd.date_range(end=AS_OF, periods=len(prices))[53:]
    assert (ratios(sold(prices), on([f"{day:%F}" for day in days]))[50:] == 1.25).all()


def test_a_promotion_of_another_item_does_not_count() -> None:
    prices = [4.0] * 50 + [2.0] * 3
    days = [f"{day:%F}" for day in pd.date_range(end=AS_OF, periods=3)]
    assert (ratios(sold(prices), on(days, item="bread"))[50:53] == 0.5).all()


def test_a_day_without_a_sale_has_the_last_price() -> None:
    ratio = ratios(sold([4.0] * 40 + [5.0, float("nan"), float("nan"), 5.0]))
    assert (ratio[40:44] == 1.25).all()


@pytest.mark.parametrize("amount", [0.0, -12.0])
def test_gifts_and_returns_have_no_price(amount: float) -> None:
    takings = sold([4.0] * 40)
    takings.loc[39, "amount"] = amount
    assert (ratios(takings)[LEAST_DAYS:] == 1).all()


def test_a_price_a_thousand_times_the_usual_is_unknown() -> None:
    ratio = ratios(sold([4.0] * 40 + [4000.0]))
    assert ratio[40:].isna().all()
    assert (ratio[LEAST_DAYS:40] == 1).all()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([("2026-03-31", 5.0, 4.0)], 1.25),
        ([("2026-03-30", 5.0, 4.0)], 1.0),  # it sold on the 31st, and its sales go before the menu
        ([("2026-03-31", 5.0, 4.0), ("2026-04-01", 6.0, 5.0)], 1.5),
        ([("2026-03-31", 5.0, 4.0), ("2026-04-01", 5.0, 4.0)], 1.25),  # listed twice, with old-price sales between
    ],
)
def test_a_menu_that_changed_since_the_last_sale_moves_the_days_ahead_alone(changes, expected: float) -> None:
    ratio = ratios(sold([4.0] * 40), changes=set_on(*changes))
    assert (ratio[HORIZON_FROM:] == expected).all()
    assert (ratio[LEAST_DAYS:40] == 1).all()


def test_a_menu_price_moves_an_item_with_extras_in_proportion() -> None:
    """The menu price is 4.00, guests pay 4.40 with extras; a rise to 5.00 still is one of a quarter."""
    ratio = ratios(sold([4.4] * 40), changes=set_on(("2026-03-31", 5.0, 4.0)))
    assert (ratio[HORIZON_FROM:] == 1.25).all()


def test_a_price_change_of_an_item_that_never_sold_is_ignored() -> None:
    assert (ratios(sold([4.0] * 40), changes=set_on(("2026-03-31", 5.0, 4.0), item="pie"))[LEAST_DAYS:] == 1).all()


def test_sales_after_as_of_are_ignored() -> None:
    early = AS_OF - dt.timedelta(days=10)
    takings = sold([4.0] * 40 + [8.0] * 10)
    seen = ratios(takings[takings.date <= pd.Timestamp(early)], as_of=early)
    pd.testing.assert_series_equal(ratios(takings, as_of=early), seen)


def test_without_sales_there_are_no_ratios() -> None:
    dates = pd.date_range(AS_OF, periods=3)
    empty = sold([4.0]).iloc[:0]
    rows = price_ratios(empty, dates, as_of=AS_OF, promotion_days=NO_PROMOTION, menu_prices=NO_CHANGE)
    assert rows.empty


def test_each_item_has_its_own_usual_price() -> None:
    both = pd.concat([sold([4.0] * 40 + [5.0]), sold([9.0] * 41, item="wine")], ignore_index=True)
    dates = pd.date_range(end=AS_OF, periods=41)
    rows = price_ratios(both, dates, as_of=AS_OF, promotion_days=NO_PROMOTION, menu_prices=NO_CHANGE)
    last = rows[rows.date == pd.Timestamp(AS_OF)].set_index("item").price_ratio
    assert last.to_dict() == {"soup": 1.25, "wine": 1.0}
