"""Days and times in the forms that people and programs write them."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.dates._days import parse_days
from flux_pipeline.ingest.cells.dates._order import DateEvidence, find_order
from flux_pipeline.ingest.cells.dates.clocks import NONE, _clock, parse_clock_texts
from flux_pipeline.ingest.cells.dates.halves import split_moments
from flux_pipeline.ingest.cells.dates.moments import END_OF_DAY, parse_moments
from flux_pipeline.ingest.cells.dates.parts import DAY_FIRST, MONTH_FIRST
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.table.texts import Tally, Texts
from flux_pipeline_tests.unit.ingest.reading import read_upload

THIRD_OF_MARCH = dt.date(2024, 3, 3)


def texts_of(*cells: str) -> Texts:
    return Texts.of(np.array(cells, dtype=object))


def tallied(texts: Texts) -> DateEvidence:
    tally = Tally()
    tally.add(texts)
    return DateEvidence.of([tally])


@pytest.mark.parametrize(
    "text",
    [
        *("2024-03-03", "20240303", "2024/3/3", "2024.03.03", "2024-3-03", "2024. 03. 03.", "2024年3月3日"),
        *(
            "2024년 3월 3일",
            "2024년3월3일",
            "2024-03-03(일)",
            "2024-03-03 (日)",
            "2024년 3월 3일 일요일",
            "2024年3月3日(日)",
        ),
        *("3 Mar 2024", "3 March 2024", "03-Mar-24", "03/Mar/2024", "3Mar2024", "3rd March 2024", "3rd of March, 2024"),
        *("March 3, 2024", "Mar 3 2024", "March 3rd, 2024", "Mar. 3, 2024", "MAR-03-2024", "2024-Mar-03"),
        *("3. März 2024", "3. Mrz. 24", "03. MÄR 2024", "3 mars 2024", "le 3 mars 2024", "3 de marzo de 2024"),
        *("3 marzo 2024", "3 maart 2024", "3 mrt. 2024", "3 de março de 2024", "3 mar. 2024", "3 Mar '24"),
        *("Sun, 3 Mar 2024", "Sunday, March 3, 2024", "Sonntag, den 3. März 2024", "dim. 3 mars 2024", "So 2024-03-03"),
        *("domingo, 3 de março de 2024", "2024-03-03 (Sun)", "mar. 3 mars 2024", "zo 3 mrt 2024"),
    ],
)
def test_a_date_that_its_form_settles_is_read_in_every_order(text):
    for order in (None, DAY_FIRST, MONTH_FIRST):
        assert parse_days(texts_of(text), order).tolist() == [THIRD_OF_MARCH]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        *(("4/3/2024", MONTH_FIRST), ("04-03-24", MONTH_FIRST), ("Wed 4/3/24", MONTH_FIRST)),
        *(("3.4.2024", DAY_FIRST), ("03/04/24", DAY_FIRST), ("3. 4. 2024", DAY_FIRST), ("Mi., 03.04.2024", DAY_FIRST)),
    ],
)
def test_numbers_alone_are_read_in_the_order_of_the_file(text, order):
    assert str(parse_days(texts_of(text), order)[0]) == "2024-04-03"
    assert np.isnat(parse_days(texts_of(text), None)[0])


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-30", "31/04/2024", "0/1/2024", "1-2/2024", "2024-1", "March 2024", "Marsh 3 2024", "jui 3 2024"),
        *("1989-12-31", "0024-01-01", "22024-01-01", "33 March 2024", "soon", "3 March", "3/4", "x" * 10_000),
        *("\uff11\uff12/03/2024", "Foo, 3 Mar 2024", "Mar 3 2024 2024", "2024-03-03-"),
    ],
)
def test_a_text_that_is_not_a_day_reads_as_none(text):
    assert np.isnat(parse_days(texts_of(text), DAY_FIRST)).all()


FORMS = {
    "day": ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d.%m.%y", "{d}/{m}/%Y", "{d}.{m}.%y", "{d}-{m}-%y"],
    "month": ["%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y", "{m}/{d}/%Y", "{m}-{d}-%y", "{m}/%d/%y"],
    "none": [
        "%Y-%m-%d",
        "%Y%m%d",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%Y/{m}/{d}",
        "%d %B %Y",
        "%b {d}, %Y",
        "%d-%b-%y",
        "%A, {d} %B %Y",
    ],
}
CLOCKS = ["", " %H:%M", " %H:%M:%S", "T%H:%M:%SZ", " %I:%M %p", " %I:%M:%S%p", ", %I:%M %p"]


@given(
    days=st.lists(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2068, 12, 31)), min_size=1, max_size=20),
    telling=st.integers(13, 28),
    order=st.sampled_from(["day", "month"]),
    data=st.data(),
)
def test_any_date_in_any_form_reads_back_if_one_day_settles_the_order(days, telling, order, data):
    days = [dt.datetime(2024, 5, telling), *days]
    forms = [
        FORMS[order][0],
        *data.draw(
            st.lists(st.sampled_from(FORMS[order] + FORMS["none"]), min_size=len(days) - 1, max_size=len(days) - 1)
        ),
    ]
    clock = data.draw(st.sampled_from(CLOCKS))
    cells = [
        (day.strftime(form.replace("{d}", str(day.day)).replace("{m}", str(day.month))) + day.strftime(clock))
        for day, form in zip(days, forms, strict=True)
    ]
    halves = split_moments(texts_of(*cells))
    found = parse_moments(halves, find_order(tallied(halves.days)).order)
    assert not found.bad.any()
    assert found.day.tolist() == [day.date() for day in days]
    if clock:
        exact = 1 if "%S" in clock else 60
        seconds = [(day.hour * 3600 + day.minute * 60 + day.second) // exact * exact for day in days]
        assert (found.clock.astype("timedelta64[s]").astype(int)).tolist() == seconds


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("2024-03-01 10:15", "2024-03-01", "10:15"),
        ("2024-03-01T10:15:30.5Z", "2024-03-01", "10:15:30.5Z"),
        ("20240301T101530Z", "20240301", "10:15:30Z"),
        ("3/1/2024, 9:05 PM", "3/1/2024", "9:05 PM"),
        ("3/1/2024 9 PM", "3/1/2024", "9 PM"),
        ("Mar 1, 2024 at 9:05\u202fPM", "Mar 1, 2024", "9:05\u202fPM"),
        ("Fri, 1 Mar 2024 21:05:00 +0100", "Fri, 1 Mar 2024", "21:05:00 +0100"),
        ("01.03.2024 21:05 Uhr", "01.03.2024", "21:05 Uhr"),
        ("01/03/2024 21h05", "01/03/2024", "21h05"),
        ("2024-03-01 1015", "2024-03-01", "1015"),
        ("2024-03-01 오후 2:10", "2024-03-01", "오후 2:10"),
        ("01.03.2024 21.30", "01.03.2024", "21.30"),
        ("10:15", "", "10:15"),
        ("9 pm", "", "9 pm"),
        ("2024-03-01", "2024-03-01", ""),
        ("2024-03-01 noon", "2024-03-01 noon", ""),
        ("", "", ""),
    ],
)
def test_days_and_times_are_taken_apart(text, day, clock):
    # Beside others: what joins them is looked for in the whole column first.
    for others in ((), ("2024-03-01 10:15",), ("2024-03-01T10:15",)):
        halves = split_moments(texts_of(*others, text))
        assert (halves.days.rows[-1], halves.clocks.rows[-1]) == (day, clock)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        *(
            ("9:05 PM", 21 + 5 / 60),
            ("9:05:36pm", 21.0 + 0.09333333333333334),
            ("9 PM", 21),
            ("12 a.m.", 0),
            ("12:30 p. m.", 12.5),
        ),
        *(
            ("0:30", 0.5),
            ("23:59", 24 - 1 / 60),
            ("18h30", 18.5),
            ("18h", 18),
            ("18:30 Uhr", 18.5),
            ("18:30:00,000", 18.5),
        ),
        *(("21.30", 21.5), ("9.30pm", 21.5), ("21.30 Uhr", 21.5), ("21.30.36", 21.51), ("2130", 21.5), ("930", 9.5)),
        *(("오후 2:30", 14.5), ("오전 12:30", 0.5), ("下午2:30", 14.5), ("午前 9:30:00", 9.5)),
        *(("24:00", 24), ("24:30", 24.5), ("25:10", 25 + 1 / 6), ("29:59", 30 - 1 / 60)),
    ],
)
def test_a_time_of_day_is_read(text, hours):
    since_midnight, offset = parse_clock_texts(np.array([text], dtype=object))[0]
    assert since_midnight == round(hours * 3600) * 1_000_000
    assert offset == NONE


@pytest.mark.parametrize(
    "text",
    [
        *(
            "30:00",
            "24:30Z",
            "9:60",
            "13:00 PM",
            "0:30 am",
            "15:50.5",
            "9",
            "9:5",
            "10:15:61",
            "10:15 +99:00",
            "10:15x",
        ),
        *(":15", "9.3", "9.75", "1375", "21300", "오후 14:30"),
    ],
)
def test_a_text_that_is_not_a_time_of_day_reads_as_none(text):
    assert parse_clock_texts(np.array([text], dtype=object)).tolist() == [[NONE, NONE]]


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [("Z", 0), ("UTC", 0), ("+05:30", 330), ("-0300", -180), ("GMT+0545 (Nepal Time)", 345), ("+14", 840)],
)
def test_a_zone_is_read_as_minutes_east_of_utc(zone, minutes):
    for clock in ("10:15", "10:15:30.5", "10:15 am"):
        found = parse_clock_texts(np.array([clock + zone], dtype=object))
        assert found[0, 1] == minutes * 60_000_000


CLOCK = st.from_regex(
    r"[0-9]{1,2}:[0-6][0-9](:[0-6][0-9]([.,][0-9]{1,7})?)?( ?[AaPp][Mm])?(Z|z|[+-][01][0-9]:[0-9]{2})?", fullmatch=True
)


@given(st.lists(CLOCK | st.text(alphabet="0123456789:.,+-ZAPMapm h", max_size=26), min_size=1, max_size=20))
def test_all_at_once_and_one_by_one_give_the_same_times(texts):
    assert parse_clock_texts(np.array(texts, dtype=object)).tolist() == [list(_clock(text)) for text in texts]


def test_an_offset_of_half_an_hour_moves_the_instant():
    halves = split_moments(texts_of("2024-03-01 00:15+05:30", "2024-03-01"))
    instants = parse_moments(halves, None).utc(END_OF_DAY)
    assert [str(each) for each in instants] == ["2024-02-29T18:45:00.000000", "2024-03-02T00:00:00.000000"]


def test_minutes_that_lost_their_hour_are_not_times_of_day():
    lines = ["date,datetime,item,quantity", "3/13/2024,15:50.5,Tea,1", "3/14/2024,59:22.5,Tea,1", "3/15/2024,,Tea,1"]
    parsed = read_upload("\n".join(lines).encode(), kind="sales", place=Place("Europe/Kyiv"))
    assert parsed.reasons == {}
    assert parsed.rows["sold_at"].isna().all()
    assert parsed.detected_format["untimed"] == ["time"]


def test_minutes_without_an_hour_among_real_times_are_rejected():
    lines = ["date,time,item,quantity", "2024-03-13,15:50.5,Tea,1", "2024-03-14,18:30,Tea,1"]
    parsed = read_upload("\n".join(lines).encode(), kind="sales", place=Place("Europe/Kyiv"))
    assert parsed.reasons == {"bad_time": 1}


def test_a_time_with_points_is_not_a_date_without_a_year():
    lines = ["date,time,item,quantity", *["2024-03-13,9.30,Tea,1"] * 3, "2024-03-13,9.3,Tea,1"]
    parsed = read_upload("\n".join(lines).encode(), kind="sales", place=Place("Europe/Rome"))
    assert parsed.rows["sold_at"].dt.strftime("%H:%M").tolist() == ["08:30"] * 3
    assert parsed.reasons == {"bad_time": 1}


@pytest.mark.parametrize("late", ["24:00", "24:30", "25:10", "29:00"])
def test_an_hour_from_24_on_counts_for_the_date_beside_it(late):
    lines = ["date,time,item,quantity", f"2024-03-13,{late},Tea,1"]
    rows = read_upload("\n".join(lines).encode(), kind="sales", place=Place("UTC")).rows
    hours, minutes = map(int, late.split(":"))
    assert str(rows["business_date"][0].date()) == "2024-03-13"
    assert rows["sold_at"][0].strftime("%d %H:%M") == f"14 {hours - 24:02d}:{minutes:02d}"


@pytest.mark.parametrize(
    ("header", "time", "sold_at"),
    [
        ("Business Date", "01:30", "03-02 01:30"),
        ("Geschäftstag", "01:30", "03-02 01:30"),
        ("Business Date", "04:00", "03-01 04:00"),
        ("Business Date", "2024-03-02 05:30", "03-02 05:30"),
    ],
)
def test_a_business_day_that_the_till_states_is_not_moved(header, time, sold_at):
    content = f"{header},Time,item,quantity\n2024-03-01,{time},Beer,1\n".encode()
    rows = read_upload(content, kind="sales", place=Place("UTC"), columns={"date": header}).rows
    assert str(rows["business_date"][0].date()) == "2024-03-01"
    assert rows["sold_at"][0].strftime("%m-%d %H:%M") == sold_at


@pytest.mark.parametrize("written", ["1709287200", "1709287200000", "1709287200.0"])
def test_unix_times_are_read_where_they_are_the_custom_of_the_column(written):
    content = f"date,item,quantity\n{written},Tea,1\n".encode()
    rows = read_upload(content, kind="sales", place=Place("Asia/Tokyo")).rows
    assert (str(rows["business_date"][0].date()), str(rows["sold_at"][0])) == (
        "2024-03-01",
        "2024-03-01 10:00:00+00:00",
    )


def test_a_long_number_among_dates_is_not_a_unix_time():
    lines = ["date,item,quantity", *["2024-03-01,Tea,1"] * 150, "1709287200,Tea,1"]
    assert read_upload("\n".join(lines).encode(), kind="sales", place=Place("UTC")).reasons == {"bad_date": 1}


def test_a_coffee_machines_file_with_lost_hours_loads_by_day(real):
    columns = {"item": "coffee_name", "amount": "money", "price": "money"}
    parsed = read_upload(
        real("coffee_vending/index_1_clean.csv"), kind="sales", columns=columns, place=Place("Europe/Kyiv")
    )
    assert (parsed.loaded_count, parsed.rows["business_date"].nunique()) == (3_636, 381)
    assert (str(parsed.first_date), str(parsed.last_date)) == ("2024-03-01", "2025-03-23")
    assert parsed.rows["sold_at"].isna().all()


def test_a_hint_of_an_unknown_order_is_refused():
    with pytest.raises(PermanentError, match=r"Unknown date order 'dayfirst'\. Choose one of: day-first, month-first"):
        find_order(DateEvidence(), "dayfirst")
