"""Durations, distances, quantities and amounts in messages and decisions."""

import datetime as dt
import math
from decimal import Decimal

import pytest

from flux_pipeline.distance import distance_km
from flux_pipeline.wording import amount_of, duration, money


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(-5, "0 minutes"), (1, "1 minute"), (119, "119 minutes"), (120, "2 hours"), (2879, "47 hours"), (2880, "2 days")],
)
def test_a_duration_is_said_in_the_largest_unit_of_which_there_are_two(minutes: int, words: str) -> None:
    assert duration(dt.timedelta(minutes=minutes)) == words


def test_a_distance_is_that_of_the_great_circle() -> None:
    assert distance_km(48.8566, 2.3522, 52.52, 13.405) == pytest.approx(877.5, abs=0.5)
    assert distance_km(0.0, 179.9, 0.0, -179.9) == pytest.approx(22.24, abs=0.01)
    assert distance_km(90.0, 0.0, -90.0, 0.0) == pytest.approx(math.pi * 6371)


def test_a_distance_from_an_unknown_place_is_unknown() -> None:
    assert math.isnan(distance_km(math.nan, 2.0, 52.0, 13.0))


@pytest.mark.parametrize(
    ("quantity", "unit", "text"),
    [
        (Decimal("25.000000"), "kg", "25 kg"),
        (Decimal("12345.6"), "g", "12,345.6 g"),
        (Decimal(1), "bottle", "1 bottle"),
        (Decimal(24), "bottle", "24 bottles"),
        (Decimal("0.029345"), "bunch", "0.0293 bunch"),
        (Decimal("0.000125"), "kg", "0.000125 kg"),
        (2.0004, "l", "2 l"),
        (Decimal("-0.5"), "l", "-0.5 l"),
        (1e-9, "kg", "0 kg"),
    ],
)
def test_quantities_have_the_decimals_that_say_something(quantity: Decimal | float, unit: str, text: str) -> None:
    assert amount_of(quantity, unit) == text


def test_amounts_have_two_decimals_or_more_where_these_say_something() -> None:
    assert [money(Decimal(each), 6) for each in ("1.2", "0.0125", "1234")] == ["1.20", "0.0125", "1,234.00"]
    assert money(None) == ""
