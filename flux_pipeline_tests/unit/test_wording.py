"""Durations and distances in messages and decisions."""

import datetime as dt
import math

import pytest

from flux_pipeline.distance import distance_km
from flux_pipeline.wording import duration


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
