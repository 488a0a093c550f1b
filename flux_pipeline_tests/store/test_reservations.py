"""Reservations in versions: the bookings as known at any moment can be read."""

import datetime as dt

import pytest

from flux_pipeline.store.door import Store
from flux_pipeline.store.known.reservations import bookings_known
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind

HEAD = "date,time,party_size,status,booked_at,external_id\n"
FEBRUARY = dt.datetime(2026, 2, 10, tzinfo=dt.UTC)
MARCH = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def soon(days: int) -> str:
    return f"{now() + dt.timedelta(days=days):%Y-%m-%d}"


def books(store: Store, restaurant: Restaurant, known_at: dt.datetime) -> list[tuple[str, int, bool]]:
    """Return (day, covers, whether they come) of each reservation as known at a moment."""
    with store.tenant(restaurant) as tx:
        found = bookings_known(tx, known_at)
    return sorted(
        (f"{each.business_date:%m-%d}", each.party_size, each.gone_at is None or each.gone_at != each.gone_at)
        for each in found.itertuples()
    )


def test_a_reservation_is_known_from_its_booking(store: Store, bistro: Restaurant) -> None:
    upload = hand_in_kind(
        store, bistro, "reservations", f"{HEAD}2026-03-01,19:30,4,,2026-02-01,\n2026-03-01,20:00,2,,2026-02-28 12:00,\n"
    )
    assert upload.accounting.loaded == 2
    assert books(store, bistro, FEBRUARY) == [("03-01", 4, True)]
    assert books(store, bistro, MARCH) == [("03-01", 2, True), ("03-01", 4, True)]


def test_the_final_status_in_a_later_file_is_known_from_the_visit(store: Store, bistro: Restaurant) -> None:
    hand_in_kind(
        store,
        bistro,
        "reservations",
        f"{HEAD}2026-03-01,19:30,4,cancelled,2026-02-01,A\n2026-03-01,19:30,2,no show,2026-02-01,B\n"
        "2026-03-01,19:30,3,completed,2026-02-01,C\n",
    )
    assert books(store, bistro, FEBRUARY) == [("03-01", 2, True), ("03-01", 3, True), ("03-01", 4, True)]
    assert books(store, bistro, MARCH) == [("03-01", 2, False), ("03-01", 3, True), ("03-01", 4, False)]


def test_equal_rows_are_different_parties_but_a_repeated_file_adds_none(store: Store, bistro: Restaurant) -> None:
    line = "2026-03-01,19:30,4,,2026-02-01,\n"
    assert hand_in_kind(store, bistro, "reservations", HEAD + line * 2).accounting.loaded == 2
    more = hand_in_kind(store, bistro, "reservations", HEAD + line * 3)
    assert (more.accounting.loaded, more.accounting.reasons) == (1, {"already_loaded": 2})
    assert len(books(store, bistro, MARCH)) == 3


@pytest.mark.parametrize("booked", ["2026-02-01", ""])
@pytest.mark.parametrize("number", ["R-1", ""])
def test_a_cancellation_counts_since_its_file(store: Store, bistro: Restaurant, booked: str, number: str) -> None:
    line = f"{soon(30)},19:30,4,booked,{booked},{number}\n"
    hand_in_kind(store, bistro, "reservations", HEAD + line)
    before = now()
    assert (
        hand_in_kind(store, bistro, "reservations", HEAD + line.replace("booked", "cancelled")).accounting.loaded == 1
    )
    assert [comes for *_, comes in books(store, bistro, before)] == [True]
    assert [comes for *_, comes in books(store, bistro, now())] == [False]


def test_a_reservation_is_recognised_by_its_number_when_day_and_party_change(store: Store, bistro: Restaurant) -> None:
    hand_in_kind(store, bistro, "reservations", f"{HEAD}2026-03-01,19:30,4,,2026-02-01,R-1\n")
    before = now()
    hand_in_kind(store, bistro, "reservations", f"{HEAD}2026-03-02,20:30,6,,2026-02-01,R-1\n")
    assert books(store, bistro, before) == [("03-01", 4, True)]
    assert books(store, bistro, now()) == [("03-02", 6, True)]


def test_a_cancelled_and_renewed_reservation_was_cancelled_in_between(store: Store, bistro: Restaurant) -> None:
    line = f"{soon(30)},19:30,4,booked,2026-02-01,R-1\n"
    moments = []
    for text in (line, line.replace("booked", "cancelled"), f"{line}{soon(31)},19:30,2,,,R-2\n"):
        hand_in_kind(store, bistro, "reservations", HEAD + text)
        moments.append(now())
    assert [[comes for _, size, comes in books(store, bistro, at) if size == 4] for at in moments] == [
        [True],
        [False],
        [True],
    ]


def test_a_reservation_without_a_booking_time_is_known_from_its_files_arrival(store: Store, bistro: Restaurant) -> None:
    hand_in_kind(store, bistro, "reservations", f"{HEAD}2026-03-01,19:30,4,,,\n{soon(30)},19:30,2,,,\n")
    assert books(store, bistro, MARCH) == []
    assert sorted(size for _, size, _ in books(store, bistro, now())) == [2, 4]


def test_no_column_is_about_a_guest(store: Store, bistro: Restaurant) -> None:
    hand_in_kind(
        store,
        bistro,
        "reservations",
        "date,time,party_size,name,phone,notes\n2026-03-01,19:30,4,Ada Kok,+49 170 1234567,allergic to nuts\n",
    )
    (row,) = ask(store, bistro, "SELECT to_jsonb(r)::text FROM reservations r")
    assert not any(word in str(row[0]) for word in ("Ada", "170", "nuts"))


def test_many_reservations_take_few_seconds(store: Store, bistro: Restaurant) -> None:
    """They are handed in twice, as by a system that sends all of them every night."""
    lines = "".join(
        f"2026-{1 + n % 9:02d}-{1 + n % 28:02d},{12 + n % 9}:00,{1 + n % 8},completed,2025-12-{1 + n % 31:02d},R{n}\n"
        for n in range(20_000)
    )
    began = now()
    hand_in_kind(store, bistro, "reservations", HEAD + lines)
    again = hand_in_kind(store, bistro, "reservations", HEAD + lines + "2026-03-01,19:30,4,,,NEW\n")
    assert again.accounting.loaded == 1
    assert (now() - began).total_seconds() < 30


def test_restaurants_do_not_see_each_others_guests(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    hand_in_kind(store, bistro, "reservations", f"{HEAD}2026-03-01,19:30,4,,,R-1\n")
    hand_in_kind(store, cafe, "reservations", f"{HEAD}2026-03-01,19:30,2,,,R-1\n")
    assert [size for _, size, _ in books(store, bistro, now())] == [4]
