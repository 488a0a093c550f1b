"""Booked covers: those that were kept on past days, and those that a day ahead will have in the end."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.inputs.reservations import PICKUP_DAYS, SILENT_DAYS, reserved_covers

AS_OF = dt.date(2026, 3, 31)  # a Tuesday
KNOWN_AT = dt.datetime(2026, 4, 1, 2, tzinfo=dt.UTC)
HORIZON = pd.date_range(AS_OF + dt.timedelta(days=1), periods=14)


def booking(day: dt.date, covers: int, days_before: float, gone_before: float | None = None) -> dict[str, object]:
    """Return a party at 19:00 of a day, booked and perhaps cancelled so many days before."""
    at = pd.Timestamp(day, tz="UTC") + pd.Timedelta(hours=19)
    booked = at - pd.Timedelta(days=days_before)
    gone = pd.NaT if gone_before is None else at - pd.Timedelta(days=gone_before)
    known = booked if gone_before is None else gone
    return {
        "business_date": pd.Timestamp(day),
        "party_size": covers,
        "booked_at": booked,
        "gone_at": gone,
        "known_at": known,
    }


def frame(rows: list[dict[str, object]], known_at: dt.datetime = KNOWN_AT) -> pd.DataFrame:
    """Return the bookings as known at a moment."""
    bookings = pd.DataFrame(rows)
    for name in ("booked_at", "gone_at", "known_at"):
        bookings[name] = pd.to_datetime(bookings[name], utc=True)
    later = bookings.gone_at > known_at
    bookings.loc[later, "known_at"] = bookings.booked_at[later]
    bookings.loc[later, "gone_at"] = pd.NaT
    return bookings[bookings.known_at <= known_at].reset_index(drop=True)


def steady(first: dt.date, last: dt.date) -> list[dict[str, object]]:
    """Return bookings of every day: 10 covers three weeks before, 6 ten days before, 4 on the day; Saturdays twice."""
    return [
        booking(day.date(), covers * (2 if day.day_of_week == 5 else 1), before)
        for day in pd.date_range(first, last)
        for covers, before in ((10, 21), (6, 10), (4, 0.2))
    ]


ALWAYS = steady(dt.date(2025, 12, 1), dt.date(2026, 5, 31))


def covers(rows: list[dict[str, object]], **changes: object) -> pd.Series:
    arguments = {
        "dates": pd.date_range("2025-12-01", HORIZON[-1]),
        "open_days": pd.date_range("2025-12-01", AS_OF),
        "as_of": AS_OF,
        "known_at": KNOWN_AT,
    } | changes
    return reserved_covers(frame(rows, arguments["known_at"]), arguments.pop("dates"), **arguments)


def test_a_steady_restaurant_is_expected_as_full_as_it_will_be_at_every_lead_time() -> None:
    reserved = covers(ALWAYS)
    assert (reserved["2025-12-01" : AS_OF.isoformat()][:5] == 20).all()
    usual = np.where(HORIZON.day_of_week == 5, 40, 20)
    np.testing.assert_allclose(reserved[HORIZON], usual)


def test_a_party_that_is_already_booked_is_added() -> None:
    wedding = booking(dt.date(2026, 4, 11), 60, 100)
    assert covers([*ALWAYS, wedding])["2026-04-11"] == 100


def test_bookings_after_known_at_are_ignored() -> None:
    rows = [*ALWAYS, booking(dt.date(2026, 4, 5), 80, 2)]
    pd.testing.assert_series_equal(covers(rows), covers(ALWAYS))


def test_a_cancellation_counts_in_the_past_and_lowers_the_pickup() -> None:
    """Every day a party of 5 that was booked a month before cancels on the day itself."""
    off = [booking(day.date(), 5, 30, 0.5) for day in pd.date_range("2025-12-01", "2026-05-01")]
    reserved = covers([*ALWAYS, *off])
    assert reserved["2026-03-30"] == 20
    np.testing.assert_allclose(reserved[HORIZON], np.where(HORIZON.day_of_week == 5, 40, 20))


def test_a_known_cancellation_for_a_day_ahead_removes_its_covers() -> None:
    rows = [*ALWAYS, booking(dt.date(2026, 4, 11), 60, 100, 15)]
    assert covers(rows)["2026-04-11"] == 40


@pytest.mark.parametrize(("weeks", "expected"), [(3, 40), (2, 40)])
def test_a_young_history_borrows_from_other_weekdays(weeks: int, expected: int) -> None:
    """With fewer than three Saturdays all days are averaged, so a Saturday is expected emptier than it will be."""
    first = AS_OF - dt.timedelta(weeks=weeks) + dt.timedelta(days=1)
    rows = steady(first, dt.date(2026, 5, 31))
    reserved = covers(rows, open_days=pd.date_range(first, AS_OF))
    assert reserved[: pd.Timestamp(first)].iloc[:-1].isna().all()
    # 4 April: a day gains 4 covers in its last four days, a Saturday 8.
    assert expected - 4 <= reserved["2026-04-04"] <= expected


def test_too_few_days_show_no_pickup() -> None:
    first = AS_OF - dt.timedelta(days=5)
    reserved = covers(steady(first, dt.date(2026, 5, 31)), open_days=pd.date_range(first, AS_OF))
    assert reserved[HORIZON].isna().all()
    assert (reserved[first.isoformat() : AS_OF.isoformat()] >= 20).all()


def test_without_the_time_of_booking_days_ahead_are_unknown() -> None:
    rows = [row | {"booked_at": pd.NaT} for row in ALWAYS]
    reserved = covers(rows)
    assert reserved[HORIZON].isna().all()
    assert reserved["2026-03-30"] == 20


def test_only_the_newest_days_of_a_weekday_count() -> None:
    """Until two months ago some parties booked on the day itself; since then none did."""
    since = pd.Timestamp(AS_OF) - pd.Timedelta(weeks=PICKUP_DAYS)
    late = [row for row in ALWAYS if row["party_size"] in (4, 8)]
    rows = [row for row in ALWAYS if row not in late or row["business_date"] <= since]
    np.testing.assert_allclose(covers(rows)[HORIZON], np.where(HORIZON.day_of_week == 5, 32, 16))


def test_closed_days_do_not_count_for_pickup() -> None:
    """A closed Saturday changes nothing."""
    closed = pd.Timestamp("2026-03-14")
    rows = [row for row in ALWAYS if row["business_date"] != closed]
    open_days = pd.date_range("2025-12-01", AS_OF).drop(closed)
    assert covers(rows, open_days=open_days)["2026-04-04"] == 40


@pytest.mark.parametrize("silent_days", [SILENT_DAYS - 2, SILENT_DAYS + 2])
def test_covers_are_unknown_once_reservations_are_no_longer_handed_in(silent_days: int) -> None:
    end = KNOWN_AT - dt.timedelta(days=silent_days)
    rows = [row for row in ALWAYS if row["known_at"] <= end]
    reserved = covers(rows)
    is_silent = silent_days > SILENT_DAYS
    assert reserved[HORIZON].isna().all() == is_silent
    assert np.isnan(reserved["2026-03-31"]) == is_silent


def test_a_restaurant_without_reservations_has_none() -> None:
    empty = frame([booking(AS_OF, 2, 1)]).iloc[:0]
    reserved = reserved_covers(
        empty, HORIZON, open_days=pd.date_range("2026-03-01", AS_OF), as_of=AS_OF, known_at=KNOWN_AT
    )
    assert reserved.isna().all()


def test_covers_are_never_negative() -> None:
    """A large party was booked early and cancelled late every day, but nothing is booked for tomorrow."""
    off = [booking(day.date(), 50, 30, 0.2) for day in pd.date_range("2025-12-01", "2026-03-31")]
    assert (covers(off)[HORIZON] == 0).all()
