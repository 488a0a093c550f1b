"""Alerts about stock: which causes make one, at which bounds, how severe it is, and what it says."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from flux_pipeline.inventory.alerts.decide import ALL_INGREDIENTS, decide_alerts
from flux_pipeline.inventory.alerts.facts import (
    AlertKind,
    ExpectedLeft,
    ForecastErrors,
    Ordered,
    PossibleDelivery,
    StockAlert,
    StockedIngredient,
    StockFacts,
)
from flux_pipeline.inventory.settings import StockAlertSettings

TODAY = dt.date(2026, 12, 2)  # a Wednesday
MILL = PossibleDelivery("Mill", dt.date(2026, 12, 5), TODAY, dt.time(16))
ONIONS = StockedIngredient("Onions", "kg", on_hand=Decimal("12.4"), unit_cost=Decimal(2), possible=MILL)


def day(number: int) -> dt.date:
    return dt.date(2026, 12, number)


def alerts(*items: StockedIngredient, **facts: Any) -> list[StockAlert]:
    found = StockFacts("corner", "EUR", TODAY, items, **facts)
    return decide_alerts(found, StockAlertSettings(), Decimal(3))


def only(item: StockedIngredient, **facts: Any) -> tuple[str, str]:
    (alert,) = alerts(item, **facts)
    assert alert.about == item.name
    return alert.severity, alert.message


def test_a_full_pantry_has_no_alert() -> None:
    full = replace(
        ONIONS, threshold=Decimal(12), runs_out_p10=day(9), runs_out_p50=day(11), earlier_unit_cost=Decimal(2)
    )
    assert alerts(full, replace(full, name="Rice", needs_counts=True, last_counted_on=day(1))) == []


@pytest.mark.parametrize(
    ("on_hand", "ordered", "severity", "message"),
    [
        ("5.001", None, None, ""),
        ("5", None, "warning", "5 kg of Onions are in stock, and the reorder threshold is 5 kg. Order today by 16:00"),
        (
            "1",
            "2",
            "warning",
            "1 kg of Onions is in stock, and the reorder threshold is 5 kg. 2 kg are on order for Sat",
        ),
        ("1", "8", "info", "8 kg are on order for Sat 5 Dec."),
        ("0", "8", "critical", "Nothing usable of Onions is in stock, and the reorder threshold is 5 kg."),
        (None, None, None, ""),
    ],
)
def test_stock_is_low_at_the_threshold(
    on_hand: str | None, ordered: str | None, severity: str | None, message: str
) -> None:
    stock = None if on_hand is None else Decimal(on_hand)
    coming = None if ordered is None else Ordered(Decimal(ordered), day(5))
    found = alerts(replace(ONIONS, on_hand=stock, threshold=Decimal(5), ordered=coming))
    assert [each.severity for each in found] == ([] if severity is None else [severity])
    assert all(message in each.message for each in found)


def test_expired_stock_is_no_stock() -> None:
    spoiled = replace(ONIONS, threshold=Decimal(5), expired=Decimal("12.4"), expired_on=day(1))
    assert {each.kind: each.severity for each in alerts(spoiled)} == {
        AlertKind.LOW_STOCK: "critical",
        AlertKind.EXPIRY: "warning",
    }


@pytest.mark.parametrize(
    ("p10", "p50", "changes", "expected"),
    [
        (5, 5, {}, None),
        (
            3,
            5,
            {},
            ("warning", "12.4 kg of Onions may last only until Thu 3 Dec (one chance in ten), 2 days before"),
        ),
        (
            3,
            4,
            {},
            (
                "critical",
                "12.4 kg of Onions are expected to last until Fri 4 Dec, one day before the earliest delivery on Sat 5 "
                "Dec. Order today by 16:00 from Mill, and buy what is needed until then elsewhere.",
            ),
        ),
        (None, None, {}, None),
        (3, 4, {"possible": None}, None),
        (3, 4, {"ordered": Ordered(Decimal(8), day(4))}, ("warning", "one day before what is on order arrives on Fri")),
        (
            3,
            4,
            {"ordered": Ordered(Decimal(8), day(9))},
            ("critical", "arrives on Wed 9 Dec. What is ordered today by 16:00 from Mill arrives on Sat 5 Dec."),
        ),
        (3, 4, {"ordered": Ordered(Decimal(8), day(5))}, ("critical", "Ask the vendor to deliver earlier")),
        (
            2,
            2,
            {"on_hand": Decimal(0)},
            ("critical", "Nothing usable of Onions is in stock until the earliest delivery on Sat"),
        ),
    ],
)
def test_stock_that_runs_out_before_the_next_delivery_is_an_alert(
    p10: int | None, p50: int | None, changes: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    found = alerts(
        replace(ONIONS, runs_out_p10=p10 and day(p10), runs_out_p50=p50 and day(p50), **changes)  # type: ignore[arg-type]
    )
    assert [each.severity for each in found] == ([] if expected is None else [expected[0]])
    assert expected is None or expected[1] in found[0].message


@pytest.mark.parametrize(
    ("left", "severity"),
    [
        ([(5, "1.2", 0.5)], "info"),
        ([(4, "1.2", 0.5)], "warning"),
        ([(5, "1.2", 0.49)], None),
        ([(5, "0", 1.0)], None),
        ([(1, "1.2", 1.0)], None),
    ],
)
def test_what_is_expected_to_be_left_of_a_lot_is_an_alert(
    left: list[tuple[int, str, float]], severity: str | None
) -> None:
    lots = tuple(ExpectedLeft(day(number), Decimal(quantity), share) for number, quantity, share in left)
    assert [each.severity for each in alerts(replace(ONIONS, left=lots))] == ([] if severity is None else [severity])


def test_expiry_says_how_much_is_left_and_what_that_is_worth() -> None:
    lots = (ExpectedLeft(day(5), Decimal("1.2"), 0.9), ExpectedLeft(day(7), Decimal("0.3"), 0.6))
    item = replace(ONIONS, left=lots, expired=Decimal(3), expired_on=day(1))
    assert only(item) == (
        "warning",
        "3 kg of Onions (worth 6.00 EUR) in stock were good until Tue 1 Dec at the latest. Throw it away and note it "
        "with `flux waste add`, or count what is there. 1.5 kg of Onions (worth 3.00 EUR) are expected to be left of 2 "
        "lots, the first of them good until Sat 5 Dec. Offer it by then, and order less.",
    )


def test_what_costs_nothing_has_no_worth() -> None:
    item = replace(ONIONS, unit_cost=Decimal(0), expired=Decimal(3), expired_on=day(1))
    assert only(item)[1].startswith("3 kg of Onions in stock were good until Tue 1 Dec")


def test_old_forecasts_say_nothing_about_what_runs_out_or_spoils() -> None:
    item = replace(ONIONS, runs_out_p50=day(3), left=(ExpectedLeft(day(5), Decimal(1), 1.0),))
    assert {each.kind for each in alerts(item)} == {AlertKind.DEPLETION, AlertKind.EXPIRY}
    facts = StockFacts("corner", "EUR", TODAY, [item], is_foreseen=False)
    assert decide_alerts(facts, StockAlertSettings(), Decimal(3)) == []
    assert not facts.judged & {AlertKind.DEPLETION, AlertKind.EXPIRY} and AlertKind.LOW_STOCK in facts.judged


def test_a_shortfall_says_since_when_and_what_to_enter() -> None:
    assert only(replace(ONIONS, short=Decimal("0.5"), short_since=day(1))) == (
        "warning",
        "0.5 kg of Onions (worth 1.00 EUR) were used since Tue 1 Dec beyond what was in stock. Upload the delivery "
        "that is missing, or a count.",
    )


@pytest.mark.parametrize(
    ("before", "now", "severity"),
    [
        ("2", "2.40", None),
        ("2", "2.41", "warning"),
        ("2", "6", "warning"),
        ("2", "6.01", "critical"),
        ("0", "2", None),
        (None, "2", None),
        ("2", None, None),
        ("3", "2", None),
    ],
)
def test_a_cost_that_rose_by_more_than_a_fifth_is_an_alert(
    before: str | None, now: str | None, severity: str | None
) -> None:
    costs = [None if each is None else Decimal(each) for each in (before, now)]
    found = alerts(replace(ONIONS, earlier_unit_cost=costs[0], unit_cost=costs[1]))
    assert [each.severity for each in found] == ([] if severity is None else [severity])


def test_each_ingredient_without_a_recent_count_is_an_alert_and_many_are_one() -> None:
    late = replace(ONIONS, needs_counts=True, last_counted_on=TODAY - dt.timedelta(days=36))
    assert "The last count of Onions was on Tue 27 Oct, 36 days ago." in only(late)[1]
    assert alerts(replace(late, last_counted_on=TODAY - dt.timedelta(days=35))) == []
    assert alerts(replace(late, needs_counts=False)) == []
    ten = [replace(late, name=f"Ingredient {number}", last_counted_on=None) for number in range(10)]
    assert [each.about for each in alerts(*ten)] == [each.name for each in ten]
    (one,) = alerts(*ten, late)
    assert one.about == ALL_INGREDIENTS and "11 ingredients were not counted" in one.message
    assert "10 of them never" in one.message


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        (ForecastErrors(28, 1000, 151, 5), "15% above what was sold, so orders are probably too large"),
        (ForecastErrors(28, 1000, -200, 5), "20% below what was sold, so orders are probably too small"),
        (ForecastErrors(28, 1000, 150, 5), None),
        # A mean error of 10 is within two standard errors of a spread of 27.
        (ForecastErrors(28, 1000, 280, 27), None),
        (ForecastErrors(13, 1000, 500, 5), None),
        (ForecastErrors(28, 0, 10, 0.1), None),
    ],
)
def test_forecasts_drift_if_their_sum_is_wrong_and_not_by_chance(errors: ForecastErrors, words: str | None) -> None:
    found = alerts(errors=errors)
    assert [each.about for each in found] == ([] if words is None else ["demand"])
    assert words is None or words in found[0].message
