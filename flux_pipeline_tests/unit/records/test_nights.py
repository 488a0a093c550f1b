"""A night is due when a restaurant's business day has ended, and is caught up once if it was missed."""

import datetime as dt

import pytest

from flux_pipeline.business_day import BusinessClock
from flux_pipeline.records.nights import CAUGHT_UP_DAYS, Attempt, Nights, due_runs, keys_of

UTC = dt.UTC
HOUR = dt.timedelta(hours=1)
TICK = dt.timedelta(minutes=15)
TIMEZONES = {
    "berlin": "Europe/Berlin",
    "la": "America/Los_Angeles",
    "new-york": "America/New_York",
    "tokyo": "Asia/Tokyo",
    "sydney": "Australia/Sydney",
}
JULY_1 = dt.date(2026, 7, 1)
AFTER = dt.datetime(2026, 7, 2, 2, tzinfo=UTC)  # 04:00 in Berlin


def nights(
    slug: str = "berlin",
    recorded: tuple[dt.date, ...] = (),
    *,
    first: dt.date | None = None,
    delay: int = 0,
    cutoff: dt.time = dt.time(4),
) -> Nights:
    clock = BusinessClock(TIMEZONES[slug], cutoff)
    return Nights(slug, clock, dt.timedelta(minutes=delay), frozenset(recorded), first or min(recorded, default=None))


def days_before(day: dt.date, *backs: int) -> tuple[dt.date, ...]:
    return tuple(day - dt.timedelta(days=back) for back in backs)


@pytest.mark.parametrize(
    ("delay", "cutoff", "starts"),
    [
        (0, dt.time(4), "2026-07-02T02:00"),
        (90, dt.time(4), "2026-07-02T03:30"),
        (0, dt.time(0), "2026-07-01T22:00"),
        (0, dt.time(5, 30), "2026-07-02T03:30"),
    ],
)
def test_a_run_is_due_from_the_cutoff_and_the_delay_on(delay: int, cutoff: dt.time, starts: str) -> None:
    start = dt.datetime.fromisoformat(starts).replace(tzinfo=UTC)
    before, recorded = start - dt.timedelta(seconds=1), days_before(JULY_1, 1, 2, 3, 4)
    berlin = nights(recorded=recorded, delay=delay, cutoff=cutoff)
    assert berlin.next_start(before) == start
    assert not due_runs([berlin], {}, before).due
    assert [(due.key, due.as_of) for due in due_runs([berlin], {}, start).due] == [("berlin 2026-07-01", JULY_1)]


def test_a_night_is_requested_once_whatever_happens_to_its_run() -> None:
    berlin = nights()
    keys = keys_of([berlin], AFTER)
    assert {due.key for due in due_runs([berlin], {}, AFTER).due} <= set(keys)
    for moment in (AFTER, AFTER + TICK, AFTER + 8 * HOUR):
        decided = due_runs([berlin], {"berlin 2026-07-01": Attempt()}, moment)
        assert (list(decided.due), list(decided.under_way)) == ([], ["berlin"])
    assert keys_of([nights(recorded=(JULY_1,))], AFTER) == []


def test_a_failed_night_is_tried_a_second_time_after_an_hour_and_then_waits_for_a_person() -> None:
    berlin, failed = nights(), {"berlin 2026-07-01": Attempt(failed_at=AFTER)}
    assert not due_runs([berlin], failed, AFTER + HOUR - TICK).due
    [again] = due_runs([berlin], failed, AFTER + HOUR).due
    assert (again.key, again.as_of) == ("berlin 2026-07-01 again", JULY_1)
    assert again.key in keys_of([berlin], AFTER + HOUR)
    later = AFTER + 5 * HOUR
    assert due_runs([berlin], failed | {again.key: Attempt()}, later).under_way == ["berlin"]
    over = due_runs([berlin], failed | {again.key: Attempt(failed_at=later)}, later)
    assert (list(over.due), list(over.given_up)) == ([], ["berlin"])


def test_missed_nights_are_caught_up_once_newest_first_and_no_further_back_than_a_weekend() -> None:
    first, *_ = days_before(JULY_1, 30)
    berlin, tokyo = nights(first=first), nights("tokyo", first=first)
    due = due_runs([berlin, tokyo], {}, AFTER).due
    # The days that people wait for come first.
    assert [(each.slug, each.as_of) for each in due[:2]] == [("berlin", JULY_1), ("tokyo", JULY_1)]
    older = [each.as_of for each in due if each.slug == "berlin"][1:]
    assert older == list(days_before(JULY_1, *range(1, CAUGHT_UP_DAYS + 1)))
    tried = {each.key: Attempt(failed_at=AFTER - 9 * HOUR) for each in due}
    assert {each.as_of for each in due_runs([berlin, tokyo], tried, AFTER).due} == {JULY_1}


def test_days_before_the_first_run_were_not_missed() -> None:
    assert [each.as_of for each in due_runs([nights()], {}, AFTER).due] == [JULY_1]
    yesterday, *_ = days_before(JULY_1, 1)
    assert nights(recorded=(yesterday,)).missing(AFTER) == [JULY_1]


@pytest.mark.parametrize("slug", TIMEZONES)
@pytest.mark.parametrize("cutoff", [dt.time(0), dt.time(2, 30), dt.time(4), dt.time(6)])
@pytest.mark.parametrize("change", ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"])
def test_each_day_is_requested_once_within_a_tick_of_its_end_when_clocks_change(
    slug: str, cutoff: dt.time, change: str
) -> None:
    start = dt.datetime.fromisoformat(change).replace(tzinfo=UTC) - dt.timedelta(days=2)
    before = BusinessClock(TIMEZONES[slug], cutoff).last_complete_day(start)
    recorded, requested = days_before(before, 0, 1, 2, 3), []
    for tick in range(4 * 24 * 4):
        now = start + tick * TICK
        restaurant = nights(slug, recorded, cutoff=cutoff)
        for due in due_runs([restaurant], {}, now).due:
            late = now - restaurant.clock.end_of(due.as_of)
            assert dt.timedelta(0) <= late < TICK
            requested.append(due.as_of)
            recorded = (*recorded, due.as_of)
    assert requested == [before + dt.timedelta(days=n) for n in range(1, 5)]
