"""Decisions about feeds: when an answer is due, when an event is gone."""

import datetime as dt

import pytest

from flux_pipeline.records.feeds import Gone, events_gone, vintage_of


@pytest.mark.parametrize(
    ("clock", "begins"), [("00:00", 0), ("05:59", 0), ("06:00", 6), ("11:59", 6), ("12:00", 12), ("23:59", 18)]
)
def test_one_answer_is_enough_for_a_quarter_of_a_day(clock: str, begins: int) -> None:
    now = dt.datetime.combine(dt.date(2026, 3, 1), dt.time.fromisoformat(clock), dt.UTC)
    assert vintage_of(now) == dt.datetime(2026, 3, 1, begins, tzinfo=dt.UTC)


def test_the_quarter_is_that_of_the_day_in_utc_wherever_the_clock_is() -> None:
    in_new_york = dt.datetime(2026, 3, 1, 20, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    assert vintage_of(in_new_york) == dt.datetime(2026, 3, 2, 0, tzinfo=dt.UTC)
    assert vintage_of(in_new_york, hours=24) == dt.datetime(2026, 3, 2, 0, tzinfo=dt.UTC)


def test_an_event_that_one_answer_lacks_is_missing_and_stays() -> None:
    assert events_gone({"fair", "match"}, {"fair"}, ()) == Gone(frozenset(), frozenset({"match"}))


def test_an_event_that_two_answers_lack_is_gone() -> None:
    assert events_gone({"fair", "match"}, {"fair"}, {"match"}) == Gone(frozenset({"match"}), frozenset())


def test_an_event_that_came_back_is_not_missing_any_more() -> None:
    back = events_gone({"match"}, {"match"}, {"match"})
    assert back == Gone(frozenset(), frozenset())
    assert events_gone({"match"}, (), back.missing).gone == frozenset()
