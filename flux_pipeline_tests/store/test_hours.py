"""Opening hours and closed days from files: the week is replaced as a whole, closed days one by one."""

import datetime as dt
from collections.abc import Iterable

import holidays
import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from flux_pipeline.cli.main import main
from flux_pipeline.store.door import Store
from flux_pipeline.store.known.closures import closures_known, remove_closure
from flux_pipeline.store.known.hours import opening_hours, opening_hours_known, set_opening_hours
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import Upload, register_upload
from flux_pipeline_tests.store.handing_in import ask

WEEK = "day_of_week,open_time,close_time,is_closed\nmon,,,yes\ntue,11:30,14:30,\ntue,18:00,01:00,\n"
CLOSED = "date,reason\n2026-12-24,Christmas Eve\n2026-12-25,Christmas\n"


def hand_in(store: Store, restaurant: Restaurant, kind: str, content: str) -> Upload:
    kept = Archive(store.settings.archive).keep(content.encode(), restaurant.slug)
    with store.tenant(restaurant) as tx:
        upload, _ = register_upload(tx, kept, kind, f"{kind}.csv", {})
    return load_upload(store, restaurant, upload)


def test_a_file_of_hours_replaces_the_week(store: Store, bistro: Restaurant) -> None:
    assert hand_in(store, bistro, "operating_hours", WEEK).accounting.loaded == 3
    again = hand_in(store, bistro, "operating_hours", WEEK + "wed,9:00,17:00,no\n")
    assert again.accounting.loaded == 4
    with store.tenant(bistro) as tx:
        week = opening_hours(tx)
    assert sorted(week.day_of_week) == [0, 1, 1, 2]


def test_the_same_hours_change_nothing(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, "operating_hours", WEEK)
    same = hand_in(store, bistro, "operating_hours", WEEK.replace("mon", "Monday"))
    assert same.accounting.reasons == {"already_loaded": 3}


def days_open(store: Store, restaurant: Restaurant, moment: dt.datetime) -> list[int]:
    with store.tenant(restaurant) as tx:
        hours = opening_hours_known(tx, moment)
    return sorted(hours.day_of_week[~hours.is_closed])


def declare(store: Store, restaurant: Restaurant, at: dt.datetime, days: Iterable[int]) -> None:
    """Declare a week in which these days are open."""
    hours = {"open_time": dt.time(9), "close_time": dt.time(17), "is_closed": False}
    with store.tenant(restaurant) as tx:
        set_opening_hours(tx, pd.DataFrame({"day_of_week": list(days), **hours}), at)


FIRST = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def test_the_first_hours_of_a_day_apply_before_they_were_declared_and_corrections_do_not(
    store: Store, bistro: Restaurant
) -> None:
    weeks = [[0, 1, 2], [0, 1, 2, 3, 4], [1, 2, 3, 4], [], [6]]
    moments = [dt.datetime(2020, 1, 1, tzinfo=dt.UTC)]
    for number, days in enumerate(weeks):
        declare(store, bistro, FIRST + dt.timedelta(days=2 * number), days)
        moments.append(FIRST + dt.timedelta(days=2 * number + 1))
    known = [days_open(store, bistro, moment) for moment in moments]
    assert known == [[0, 1, 2, 3, 4, 6], *[[0, 1, 2, 3, 4, 6]] * 2, [1, 2, 3, 4, 6], [6], [6]]
    with store.tenant(bistro) as tx:
        assert list(opening_hours(tx).day_of_week) == [6]


def test_corrections_within_a_day_of_the_first_declaration_apply_before_it_too(
    store: Store, bistro: Restaurant
) -> None:
    for hours, days in ((0, range(7)), (2, range(6)), (30, range(5))):
        declare(store, bistro, FIRST + dt.timedelta(hours=hours), days)
    assert days_open(store, bistro, FIRST - dt.timedelta(days=400)) == [0, 1, 2, 3, 4, 5]
    assert days_open(store, bistro, FIRST + dt.timedelta(hours=31)) == [0, 1, 2, 3, 4]


def test_a_day_that_keeps_its_hours_keeps_its_row(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, "operating_hours", WEEK)
    before = ask(store, bistro, "SELECT id, day_of_week FROM operating_hours ORDER BY id")
    hand_in(store, bistro, "operating_hours", WEEK.replace("mon,,,yes", "mon,11:30,14:30,"))
    current = "SELECT id, day_of_week FROM operating_hours WHERE superseded_at IS NULL ORDER BY id"
    kept = set(before) & set(ask(store, bistro, current))
    assert {day for _, day in kept} == {1}


def test_a_week_with_an_unreadable_row_is_refused_as_a_whole(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, "operating_hours", WEEK)
    broken = hand_in(store, bistro, "operating_hours", WEEK + "wed,9:00,late,\n")
    assert broken.status == "failed"
    assert broken.error is not None
    assert "Line 5: 'late' can't be the close_time" in broken.error
    with store.tenant(bistro) as tx:
        assert len(opening_hours(tx)) == 3


def test_closed_days_are_added_and_a_new_reason_replaces_the_old(store: Store, bistro: Restaurant) -> None:
    assert hand_in(store, bistro, "closures", CLOSED).accounting.loaded == 2
    changed = hand_in(store, bistro, "closures", CLOSED.replace("Eve", "Eve at noon"))
    assert (changed.accounting.loaded, changed.accounting.reasons) == (1, {"already_loaded": 1})
    with store.tenant(bistro) as tx:
        known = closures_known(tx, dt.datetime.now(dt.UTC))
    assert list(known.reason) == ["Christmas Eve at noon", "Christmas"]


def test_a_look_back_sees_the_closed_days_that_were_known(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, "closures", CLOSED)
    moments = [dt.datetime.now(dt.UTC)]
    hand_in(store, bistro, "closures", CLOSED.replace("Eve", "Eve at noon"))
    moments.append(dt.datetime.now(dt.UTC))
    with store.tenant(bistro) as tx:
        assert remove_closure(tx, dt.date(2026, 12, 24), dt.datetime.now(dt.UTC))
        assert not remove_closure(tx, dt.date(2026, 12, 26), dt.datetime.now(dt.UTC))
    moments.append(dt.datetime.now(dt.UTC))
    hand_in(store, bistro, "closures", "date,reason\n2026-12-24,after all\n")
    moments.append(dt.datetime.now(dt.UTC))
    with store.tenant(bistro) as tx:
        known = [list(closures_known(tx, moment).reason) for moment in moments]
    assert known == [
        ["Christmas Eve", "Christmas"],
        ["Christmas Eve at noon", "Christmas"],
        ["Christmas"],
        ["after all", "Christmas"],
    ]


@pytest.mark.parametrize(("known_at", "known"), [("2020-01-05", dt.date(2020, 1, 6)), ("", None)])
def test_a_closed_day_is_known_from_the_given_moment_or_its_files_arrival(
    store: Store, bistro: Restaurant, known_at: str, known: dt.date | None
) -> None:
    upload = hand_in(store, bistro, "closures", f"date,reason,known_at\n2020-02-01,repairs,{known_at}\n")
    with store.tenant(bistro) as tx:
        since = tx.connection.scalar(text("SELECT known_at FROM closures"))
    assert since == (upload.received_at if known is None else dt.datetime.combine(known, dt.time(), dt.UTC))


def test_a_closed_holiday_is_suggested_and_announced_once(store: Store, bistro: Restaurant) -> None:
    """Sales of a year lack one public holiday, the last one before now."""
    today = dt.datetime.now(dt.UTC).date()
    days = [today - dt.timedelta(days=n) for n in range(2, 460)]
    passed = [
        day for day in holidays.country_holidays("FR", years=range(today.year - 2, today.year + 1)) if day in days
    ]
    closed = max(day for day in passed if today - day > dt.timedelta(days=60))
    lines = "".join(f"{day},Soup,3,4.50\n" for day in days if day != closed)
    hand_in(store, bistro, "sales", f"date,item,quantity,price\n{lines}")
    with store.tenant(bistro) as tx:
        sync_table(tx, "daily_item_sales")

    def suggest(*options: str) -> str:
        done = CliRunner().invoke(main, ["closures", "suggest", "--restaurant", "bistro", *options])
        assert done.exit_code == 0, done.output
        return done.output

    assert suggest().count("close?") == 1
    assert suggest("--accept").count("announced now") == 1
    assert "close?" not in suggest()
    with store.tenant(bistro) as tx:
        assert len(closures_known(tx, dt.datetime.now(dt.UTC))) == 1
    with store.fleet() as connection:
        assert list_acts(connection, slug="bistro", limit=1)[0].action == "closures.add"


def test_a_closed_day_with_a_later_known_at_can_be_announced_now(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, "closures", "date,reason,known_at\n2099-02-01,Later,2099-01-15\n")

    def run(*words: str) -> str:
        done = CliRunner().invoke(main, ["closures", *words, "--restaurant", "bistro"])
        assert done.exit_code == 0, done.output
        return done.output

    assert "known from 2099-01-16" in run("list")
    run("add", "2099-02-01", "--reason", "Later")
    assert "known from" not in run("list")
    with store.tenant(bistro) as tx:
        assert len(closures_known(tx, dt.datetime.now(dt.UTC))) == 1


def test_showing_suggestions_waits_for_no_lock(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as busy:
        busy.lock()
        done = CliRunner().invoke(main, ["closures", "suggest", "--restaurant", "bistro"])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("days", "intervals", "message"),
    [
        ("mon", ["07:00-09:00", "08:00-10:00"], "runs into the one from 08:00"),
        ("mon", ["07:00-09:00", "07:00-10:00"], "runs into the one from 07:00"),
        ("daily", ["18:00-08:00", "07:00-09:00"], "runs into the one from 07:00"),
        ("mon", ["07:00-07:00"], "ends when it begins"),
        ("mon", ["07:00+02:00-09:00"], "are not opening hours"),
    ],
)
def test_hours_that_contradict_each_other_are_refused(
    store: Store, bistro: Restaurant, days: str, intervals: list[str], message: str
) -> None:
    done = CliRunner().invoke(main, ["hours", "set", days, *intervals, "--restaurant", "bistro"])
    assert done.exit_code == 1
    assert message in done.output


@pytest.mark.parametrize("lines", ["mon,07:00,14:30,\nmon,,,yes\n", "tue,09:00,12:00,\ntue,09:00,13:00,\n"])
def test_a_file_of_hours_that_contradict_each_other_is_refused(store: Store, bistro: Restaurant, lines: str) -> None:
    upload = hand_in(store, bistro, "operating_hours", f"day_of_week,open_time,close_time,is_closed\n{lines}")
    assert upload.status == "failed"


def test_a_place_may_never_close(store: Store, bistro: Restaurant) -> None:
    done = CliRunner().invoke(main, ["hours", "set", "daily", "00:00-24:00", "--restaurant", "bistro"])
    assert done.exit_code == 0, done.output
