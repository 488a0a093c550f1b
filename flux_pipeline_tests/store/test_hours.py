"""Opening hours and closed days from files: the week as a whole, the days one by one, the same file once."""

import datetime as dt

import pytest
from sqlalchemy import text

from flux_pipeline.store.archive import Archive
from flux_pipeline.store.hours import closures_known, opening_hours
from flux_pipeline.store.loading import load_upload
from flux_pipeline.store.restaurants import Restaurant
from flux_pipeline.store.store import Store
from flux_pipeline.store.uploads import Upload, register_upload

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


def test_hours_that_stand_already_change_nothing(store: Store, bistro: Restaurant) -> None:
    hand_in(store, bistro, "operating_hours", WEEK)
    same = hand_in(store, bistro, "operating_hours", WEEK.replace("mon", "Monday"))
    assert same.accounting.reasons == {"already_loaded": 3}


def test_a_week_with_a_row_that_can_not_be_read_is_refused_whole(store: Store, bistro: Restaurant) -> None:
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


@pytest.mark.parametrize(("said", "known"), [("2020-01-05", dt.date(2020, 1, 6)), ("", None)])
def test_a_closed_day_is_known_since_the_file_says_or_since_it_came(
    store: Store, bistro: Restaurant, said: str, known: dt.date | None
) -> None:
    upload = hand_in(store, bistro, "closures", f"date,reason,known_at\n2020-02-01,repairs,{said}\n")
    with store.tenant(bistro) as tx:
        since = tx.connection.scalar(text("SELECT known_at FROM closures"))
    assert since == (upload.received_at if known is None else dt.datetime.combine(known, dt.time(), dt.UTC))
