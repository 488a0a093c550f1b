"""Files of people and guests: employees, availability, reservations, and promotions."""

import datetime as dt

import pandas as pd
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline_tests.unit.ingest.reading import read_upload


def read(text: str, kind: str) -> ParsedUpload:
    return read_upload(text.encode(), kind=kind, place=Place("Europe/Berlin"))


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def test_a_german_list_of_staff_is_read_with_its_defaults() -> None:
    head = "Mitarbeiter;Funktion;E-Mail;Stundenlohn;Wochenstunden;Leistung;geschult\n"
    rows = read(f"{head}Ada Kok;Küche;Ada@Example.com;18,50 €;38,5;90%;ja\nBen Reis;Service;;;;;\n", "employees").rows
    assert list(rows.role) == ["Küche", "Service"]
    assert list(rows.email) == ["ada@example.com", None]
    assert (rows.hourly_rate[0], rows.max_weekly_hours[0], rows.performance_score[0]) == (18.5, 38.5, 0.9)
    assert list(rows.training_completed) == [True, False]
    assert list(rows.is_active) == [True, True]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",Kitchen,a@b.org,15,20,40,", "missing_name"),
        ("Ada,,a@b.org,15,20,40,", "missing_role"),
        ("Ada,Kitchen,at home,15,20,40,", "bad_email"),
        ("Ada,Kitchen,a@b,15,20,40,", "bad_email"),
        ("Ada,Kitchen,a@b.org,-1,20,40,", "bad_hourly_rate"),
        ("Ada,Kitchen,a@b.org,15,20,169,", "bad_max_weekly_hours"),
        ("Ada,Kitchen,a@b.org,15,20,40,101%", "bad_performance_score"),
        ("Ada,Kitchen,a@b.org,15,41,40,", "min_above_max_hours"),
    ],
)
def test_a_person_is_rejected_for_the_first_fault(line: str, reason: str) -> None:
    head = "name,role,email,hourly_rate,min_weekly_hours,max_weekly_hours,performance_score\n"
    parsed = read(f"{head}{line}\nBen,Service,ben@b.org,14,40,40,1\n", "employees")
    assert parsed.reasons == {reason: 1}
    assert list(parsed.rows.name) == ["Ben"]


def test_a_person_is_known_by_the_address_else_by_the_name() -> None:
    parsed = read(
        "name,role,email\nAda Kok,Kitchen,a@b.org\nAda de Wit,Kitchen,A@B.org\n"
        "Ana Silva,Bar,ana@b.org\nAna Silva,Bar,silva@b.org\nBen,Bar,\nBEN,Kitchen,\n",
        "employees",
    )
    assert list(parsed.rows.name) == ["Ada de Wit", "Ana Silva", "Ana Silva", "BEN"]
    assert parsed.reasons == {"repeated_row": 2}


def test_people_whose_names_differ_by_accents_only_need_an_address() -> None:
    head = "name,role,email\n"
    parsed = read(f"{head}José Pérez,Kitchen,\nJose Perez,Service,\nAda Kok,Bar,\nADA  KOK,Bar,\n", "employees")
    assert parsed.reasons == {"unclear_person": 2, "repeated_row": 1}
    both = read(f"{head}José Pérez,Kitchen,jose@b.org\nJose Perez,Service,\n", "employees")
    assert not both.reasons


def test_no_personal_data_is_in_the_description_of_a_file() -> None:
    parsed = read("name,role,email\nAda Kok,Kitchen,ada@example.com\nBen,,ben@b.org\n", "employees")
    said = f"{parsed.detected_format} {parsed.reasons} {list(parsed.rejected.message)}"
    assert not {"Ada", "ada", "Ben", "ben@"} & set(said.replace("'", " ").split())


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("Ada,Monday,09:00,17:00,preferred", {}),
        ("Ada,Mo,,,", {}),
        ("Ada,sat,18:00,02:00,no", {}),
        ("Ada,sat,00:00,24:00,ja", {}),
        (",Monday,09:00,17:00,", {"missing_employee": 1}),
        ("Ada,1,09:00,17:00,", {"bad_day_of_week": 1}),
        ("Ada,Monday,09:00,,", {"missing_time": 1}),
        ("Ada,Monday,,17:00,", {"missing_time": 1}),
        ("Ada,Monday,09:00,09:00,", {"no_time_between": 1}),
        ("Ada,Monday,09:00,17:00,perhaps", {"bad_preference": 1}),
    ],
)
def test_availability_is_a_day_with_both_times_or_none(line: str, reasons: dict[str, int]) -> None:
    parsed = read(f"employee,day_of_week,start_time,end_time,preference\n{line}\n", "availability")
    assert parsed.reasons == reasons


def test_people_are_available_when_they_give_a_time() -> None:
    rows = read("name,day,from,to,availability\nAda,Mon,9:00,17:00,\nAda,Tue,,,Nicht verfügbar\n", "availability").rows
    assert list(rows.preference) == ["available", "unavailable"]
    assert list(rows.start_time) == [dt.time(9), None]


def test_reservations_are_local_times_and_equal_ones_are_different_parties() -> None:
    line = "2024-07-01,19:30,4,2024-06-20 10:15"
    parsed = read(f"date,time,party_size,booked_at\n{line}\n{line}\n", "reservations")
    assert list(parsed.rows["at"]) == [utc("2024-07-01 17:30")] * 2
    assert list(parsed.rows.booked_at) == [utc("2024-06-20 08:15")] * 2
    assert list(parsed.rows.status) == ["booked", "booked"]
    assert (parsed.reasons, parsed.first_date) == ({}, dt.date(2024, 7, 1))


def test_a_reservation_after_midnight_is_of_the_evening_before() -> None:
    rows = read("Datum;Uhrzeit;Personen\n02.07.2024;00:30;2\n15.07.2024;19:00;2\n", "reservations").rows
    assert list(rows.business_date.dt.date) == [dt.date(2024, 7, 1), dt.date(2024, 7, 15)]


@pytest.mark.parametrize(
    ("booked", "known"),
    [
        ("2024-06-20", "2024-06-20 22:00"),
        ("2024-07-01", "2024-07-01 17:30"),
        ("2024-07-01 17:00", "2024-07-01 15:00"),
        ("2024-07-01T15:00Z", "2024-07-01 15:00"),
        ("", None),
    ],
)
def test_a_reservation_is_known_from_its_booking_but_from_the_visit_at_the_latest(
    booked: str, known: str | None
) -> None:
    rows = read(f"date,time,party_size,booked_at\n2024-07-01,19:30,4,{booked}\n", "reservations").rows
    assert list(rows.booked_at.astype(object).where(rows.booked_at.notna(), None)) == [known and utc(known)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",19:30,4,,", "missing_date"),
        ("soon,19:30,4,,", "bad_date"),
        ("2024-07-01,,4,,", "missing_time"),
        ("2024-07-01,30:00,4,,", "bad_time"),
        ("2024-07-01,19:30,,,", "missing_party_size"),
        ("2024-07-01,19:30,0,,", "bad_party_size"),
        ("2024-07-01,19:30,2.5,,", "bad_party_size"),
        ("2024-07-01,19:30,3012345678,,", "bad_party_size"),
        ("2024-07-01,19:30,4,maybe,", "bad_status"),
        ("2024-07-01,19:30,4,,someday", "bad_booked_at"),
        ("2024-07-01,19:30,4,,2024-07-02", "booked_after_visit"),
        ("2024-07-01,19:30,4,,2024-07-01 19:31", "booked_after_visit"),
    ],
)
def test_a_reservation_is_rejected_for_its_first_fault(line: str, reason: str) -> None:
    parsed = read(f"date,time,party_size,status,booked_at\n{line}\n2024-07-01,19:30,4,No-Show,\n", "reservations")
    assert parsed.reasons == {reason: 1}
    assert list(parsed.rows.status) == ["no_show"]


def test_reservations_without_a_place_are_refused() -> None:
    with pytest.raises(PermanentError, match="the restaurant's timezone is unknown"):
        read_upload(b"date,time,party_size\n2024-07-01,19:30,4\n", kind="reservations")


def test_no_name_of_a_guest_is_among_the_rows() -> None:
    rows = read("date,time,party_size,name,phone\n2024-07-01,19:30,4,Ada Kok,0123\n", "reservations").rows
    said = ["line_number", "business_date", "at", "party_size", "status", "booked_at", "external_id"]
    assert list(rows.columns) == said
    assert rows.external_id.isna().all()


def test_of_two_rows_with_one_number_the_last_one_counts_and_rows_without_are_like_no_other() -> None:
    line = "2024-07-01,19:30,4,"
    parsed = read(
        f"date,time,party_size,status,Booking number\n{line}booked,R1\n{line}cancelled,R1\n{line},\n{line},\n",
        "reservations",
    )
    assert list(parsed.rows.external_id) == ["R1", None, None]
    assert list(parsed.rows.status) == ["cancelled", "booked", "booked"]
    assert parsed.reasons == {"repeated_row": 1}


def test_every_real_reservation_is_read(real) -> None:
    content = real("recruit/air_reserve.csv")
    parsed = read_upload(content, kind="reservations", place=Place("Asia/Tokyo"))
    assert (parsed.read_count, parsed.loaded_count) == (40_487, 40_487)
    assert parsed.rows["at"][0] == utc("2016-01-01 10:00")
    assert parsed.rows.party_size.dtype == "Int64"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",2024-03-01,2024-03-07,20%,", "missing_item"),
        ("Latte,,2024-03-07,20%,", "missing_starts_on"),
        ("Latte,2024-03-07,2024-03-01,20%,", "ends_before_start"),
        ("Latte,2024-03-01,2024-03-07,,", "missing_discount"),
        ("Latte,2024-03-01,2024-03-07,0%,", "bad_discount"),
        ("Latte,2024-03-01,2024-03-07,120%,", "bad_discount"),
        ("Latte,2024-03-01,2024-03-07,20%,0.50", "two_discounts"),
        ("Latte,2024-03-01,2024-03-07,,0", "bad_discount_amount"),
    ],
)
def test_a_promotion_needs_a_period_and_one_discount(line: str, reason: str) -> None:
    head = "item,starts_on,ends_on,discount,discount_amount\n"
    parsed = read(f"{head}{line}\nMocha,2024-03-01,2024-03-01,,$0.50\n", "promotions")
    assert parsed.reasons == {reason: 1}
    assert list(parsed.rows.discount_amount) == [0.5]


def test_discounts_in_per_cent_are_kept_as_shares() -> None:
    head = "Artikel;von;bis;Rabatt %\n"
    parsed = read(f"{head}Latte;01.03.2024;31.03.2024;20\nMocha;01.03.2024;31.03.2024;12,5\n", "promotions")
    assert list(parsed.rows.discount) == [0.2, 0.125]


def test_a_sold_out_item_has_a_day_and_may_have_a_time() -> None:
    head = "Artikel;Datum;ausverkauft um;bekannt seit\n"
    parsed = read(f"{head}Latte;21.03.2024;14:30;21.03.2024\nMocha;21.03.2024;;\nlatte;21.03.2024;15:00;\n", "sold_out")
    assert list(parsed.rows["item"]) == ["Mocha", "latte"]
    assert list(parsed.rows.time) == [None, dt.time(15)]
    assert parsed.reasons == {"repeated_row": 1}
    assert (parsed.first_date, parsed.last_date) == (dt.date(2024, 3, 21), dt.date(2024, 3, 21))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",2024-03-01,", "missing_item"),
        ("Latte,,", "missing_date"),
        ("Latte,one day,", "bad_date"),
        ("Latte,2024-03-01,30:00", "bad_time"),
    ],
)
def test_a_mark_that_something_ran_out_is_rejected_for_its_first_fault(line: str, reason: str) -> None:
    assert read(f"item,date,time\n{line}\nMocha,2024-03-01,\n", "sold_out").reasons == {reason: 1}
