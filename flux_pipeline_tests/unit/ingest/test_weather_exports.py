"""Weather as services export it: facts about the place above the table, units in the headers, local times."""

import datetime as dt

import numpy as np
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.personal.redaction import rewrite_without
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import merged
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload
from flux_pipeline_tests.unit.ingest.workbooks import workbook

FACTS = "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation\n"
DAILY = "time,temperature_2m_max (°C),temperature_2m_min (°C),temperature_2m_mean (°C),precipitation_sum (mm),"
DAILY += "wind_speed_10m_max (km/h),weather_code (wmo code)\n"
HOURLY = "time,temperature_2m (°C),precipitation (mm),wind_speed_10m (km/h),cloud_cover (%),weather_code (wmo code)\n"


def read(text, known_at=None):
    parsed = read_upload(text.encode(), kind="weather", known_at=known_at)
    assert parsed.read_count == parsed.loaded_count + parsed.skipped_count + parsed.rejected_count
    return parsed


def valid(rows):
    return rows.valid_at.dt.strftime("%m-%d %H:%M").tolist()


def measured(rows):
    return rows[["temperature_c", "precipitation_mm", "wind_mps"]].to_numpy(float).round(3).tolist()


def test_days_have_the_place_and_the_zone_above_the_table():
    parsed = read(
        f"{FACTS}48.25,11.75,500.0,7200,Europe/Berlin,GMT+2\n\n{DAILY}2026-07-01,28.4,17.0,23.1,0.00,18.0,1\n"
        "2026-07-02,31.2,18.5,25.0,12.30,36.0,95\n2026-07-03,,,,,,\n2026-07-04,NaN,NaN,NaN,NaN,NaN,NaN\n"
    )
    assert measured(parsed.rows) == [[23.1, 0, 5], [25, 12.3, 10]]
    assert parsed.rows.place.tolist() == ["48.2,11.8"] * 2
    assert valid(parsed.rows) == ["07-01 10:00", "07-02 10:00"]
    assert parsed.rows.issued_at.dt.strftime("%m-%d %H:%M").tolist() == ["07-01 22:00", "07-02 22:00"]
    assert parsed.rows.weather_code.tolist() == [1, 95]
    assert parsed.rows.line_number.tolist() == [5, 6]
    assert (dict(parsed.skipped), parsed.rejected_count) == ({"no_values": 2}, 0)


def test_hours_are_local_and_kept_in_utc():
    parsed = read(
        f"{FACTS}48.25,11.75,500.0,-14400,America/New_York,GMT-4\n\n{HOURLY}2026-07-01T00:00,18.4,0.00,7.2,20,1\n"
        "2026-07-01T23:00,21.2,0.30,3.6,10,0\n"
    )
    assert valid(parsed.rows) == ["07-01 04:00", "07-02 03:00"]
    assert parsed.rows.issued_at.dt.strftime("%m-%d %H:%M").tolist() == ["07-02 04:00"] * 2
    assert measured(parsed.rows) == [[18.4, 0, 2], [21.2, 0.3, 1]]
    assert parsed.rows.cloud_pct.tolist() == [20, 10]


def test_several_places_are_joined_by_their_number():
    parsed = read(
        f"location_id,{FACTS}0,48.25,11.75,500.0,7200,Europe/Berlin,GMT+2\n1,-37.85,145.05,20.0,36000,Australia/Melbourne,"
        "GMT+10\n\nlocation_id,time,temperature_2m (°C),precipitation (mm)\n0,2026-07-01T12:00,28.4,0.00\n"
        "1,2026-07-01T12:00,9.5,1.20\n1,2026-07-01T13:00,9.9,0.00\n2,2026-07-01T13:00,9.9,0.00\n"
    )
    assert parsed.rows.place.tolist() == ["48.2,11.8", "-37.9,145.1", "-37.9,145.1"]
    assert valid(parsed.rows) == ["07-01 10:00", "07-01 02:00", "07-01 03:00"]
    assert parsed.reasons == {"missing_place": 1}


def test_the_day_of_a_place_far_east_is_its_own_day():
    parsed = read(f"{FACTS}-36.85,174.75,50.0,46800,Pacific/Auckland,GMT+13\n\n{DAILY}2026-01-05,24,16,20,0,36,1\n")
    assert valid(parsed.rows) == ["01-04 23:00"]


def test_seconds_since_1970_are_utc():
    parsed = read(f"{FACTS}48.25,11.75,500.0,7200,Europe/Berlin,GMT+2\n\n{HOURLY}1782900000,18.4,0.00,7.2,20,1\n")
    assert valid(parsed.rows) == ["07-01 10:00"]


def test_a_workbook_has_the_same_layout():
    rows = [line.split(",") for line in f"{FACTS}48.25,11.75,500.0,7200,Europe/Berlin,GMT+2\n\n{DAILY}".splitlines()]
    width = max(map(len, rows))
    rows = [[cell or None for cell in row] + [None] * (width - len(row)) for row in rows]
    rows.append([dt.date(2026, 7, 1), 28.4, 17.0, 23.1, 0.0, 18.0, 1])
    parsed = read_upload(workbook({"weather": rows}), kind="weather")
    assert measured(parsed.rows) == [[23.1, 0, 5]]
    assert parsed.rows.place.tolist() == ["48.2,11.8"]


SECOND = {
    "days_below_hours": (
        f"{HOURLY}2026-07-01T00:00,18.4,0.00,7.2,20,1\n2026-07-01T12:00,27.2,0.30,14.4,80,61\n\n"
        "time,temperature_2m_max (°C)\n2026-07-01,28.4\n2026-07-02,30.0\n",
        ["06-30 22:00", "07-01 10:00"],
        {"blank_line": 1, "other_table": 3},
        "^3 rows from line 8 on left out",
    ),
    "the_present_above_hours": (
        f"time,temperature_2m (°C)\n2026-07-01T12:15,27.0\n\n{HOURLY}2026-07-01T01:00,18.4,0.00,7.2,20,1\n",
        ["06-30 23:00"],
        {},
        "^1 row between the facts above the table and its header left out",
    ),
    "the_present_with_the_same_columns": (
        f"{HOURLY}2026-07-01T12:15,27.0,0.00,7.2,20,1\n\n{HOURLY}2026-07-01T01:00,18.4,0.00,7.2,20,1\n",
        ["06-30 23:00"],
        {},
        "^1 row between",
    ),
}


@pytest.mark.parametrize("defect", SECOND)
def test_a_second_table_is_left_out_and_named(defect):
    tables, times, skipped, note = SECOND[defect]
    parsed = read(f"{FACTS}48.25,11.75,500.0,7200,Europe/Berlin,GMT+2\n\n{tables}")
    assert (valid(parsed.rows), dict(parsed.skipped), parsed.rejected_count) == (times, skipped, 0)
    notes = parsed.detected_format["notes"]
    assert any(each.startswith(note.removeprefix("^")) for each in notes), notes


def test_two_exports_in_one_file_are_each_of_their_place():
    one = f"{FACTS}48.25,11.75,500.0,0,GMT,GMT\n\n{HOURLY}2026-07-01T12:00,18.4,0.00,7.2,20,1\n\n"
    assert read(one + one.replace("48.25", "52.25")).rows.place.tolist() == ["48.2,11.8", "52.2,11.8"]


@pytest.mark.parametrize("second", [HOURLY, DAILY], ids=["far_below", "of_other_columns"])
def test_two_exports_are_refused_where_the_second_place_cannot_be_taken(second):
    hours = "".join(f"2026-07-{1 + hour // 24:02}T{hour % 24:02}:00,18.4,0.00,7.2,20,1\n" for hour in range(168))
    facts = f"{FACTS}48.25,11.75,500.0,0,GMT,GMT\n\n"
    first = f"{facts}{HOURLY}{hours if second is HOURLY else hours[:120]}\n"
    with pytest.raises(PermanentError, match="facts about its rows twice"):
        read(f"{first}{facts}{second}2026-07-01T12:00,18.4,0.00,7.2,20,1\n")


def test_a_kept_export_reads_the_same_without_its_other_table():
    text = f"{FACTS}48.25,11.75,500.0,7200,Europe/Berlin,GMT+2\n\n{SECOND['days_below_hours'][0]}"
    opened = open_upload(Source.of(text.encode()), kind="weather")
    kept = b"".join(rewrite_without(Source.of(text.encode()), [(opened.tables[0][0], ("elevation",))]))
    again = read_upload(kept, kind="weather")
    assert again.rows.equals(merged(list(opened.parts())).rows)
    assert (dict(again.skipped), again.rejected_count) == ({"blank_line": 4}, 0)


UNITS = {
    "fahrenheit": ("temperature_2m (°F)", "50", "temperature_c", 10),
    "fahrenheit_in_the_name": ("temp_f", "23", "temperature_c", -5),
    "fahrenheit_spelled_out": ("Temperature Fahrenheit", "23", "temperature_c", -5),
    "kelvin": ("temperature (K)", "293.15", "temperature_c", 20),
    "celsius_spelled_out": ("Temperature (degrees Celsius)", "20.5", "temperature_c", 20.5),
    "inches": ("precipitation (inch)", "0.5", "precipitation_mm", 12.7),
    "inches_in_the_name": ("precip_in", "1", "precipitation_mm", 25.4),
    "centimetres": ("rain_sum (cm)", "1.2", "precipitation_mm", 12),
    "litres_on_a_square_metre": ("Niederschlag (l/m²)", "3", "precipitation_mm", 3),
    "kilometres_an_hour": ("windspeed_10m (km/h)", "36", "wind_mps", 10),
    "kilometres_an_hour_in_the_name": ("wind_kph", "36", "wind_mps", 10),
    "miles_an_hour": ("wind_speed_10m (mp/h)", "10", "wind_mps", 4.4704),
    "miles_an_hour_of_another_spelling": ("Wind speed (mph)", "10", "wind_mps", 4.4704),
    "knots": ("wind_speed_10m (kn)", "10", "wind_mps", 5.144444),
    "metres_a_second": ("wind_speed_10m (m/s)", "3.2", "wind_mps", 3.2),
    "the_most_wind_of_the_day": ("wind_speed_10m_max (m/s)", "3.2", "wind_mps", 3.2),
    "per_cent": ("cloud_cover (%)", "75", "cloud_pct", 75),
    "oktas": ("cloud cover (okta)", "6", "cloud_pct", 75),
    "own_names": ("wind_mps", "3.2", "wind_mps", 3.2),
}


@pytest.mark.parametrize("defect", UNITS)
def test_the_unit_in_a_header_counts(defect):
    header, written, field, value = UNITS[defect]
    rows = read(f"place,date,{header}\nparis,2026-07-01,{written}\n").rows
    np.testing.assert_allclose(rows[field], [value], rtol=1e-6)


@pytest.mark.parametrize(
    "header",
    [
        *("temperature (°R)", "wind speed (bft)", "precipitation (mm/h)", "cloud cover (0-1)", "weather_code (owm)"),
        *("precipitation (km)", "temperature_c (°F/10)"),
    ],
)
def test_an_unknown_unit_is_refused(header):
    with pytest.raises(PermanentError, match="no unit of it"):
        read(f"place,date,{header}\nparis,2026-07-01,1\n")


def test_wind_without_a_unit_is_named_and_not_used():
    parsed = read("place,date,temperature_c,windspeed\nparis,2026-07-01,20,14\n")
    assert parsed.rows.wind_mps.isna().all()
    assert parsed.detected_format["notes"] == [
        "The wind in 'windspeed' has no unit and is not used. Write, say, 'windspeed (m/s)'."
    ]


def test_heat_without_a_unit_is_asked_about():
    with pytest.raises(PermanentError, match=r"too hot for degrees Celsius.*'temp \(°F\)'"):
        read("place,date,temp\nparis,2026-07-01,71\nparis,2026-07-02,68\nparis,2026-07-03,44\n")


def test_the_highest_and_the_lowest_give_the_temperature():
    parsed = read(
        "place,time,temperature_2m_max (°F),temperature_2m_min (°F)\nparis,2026-07-01,68,50\nparis,2026-07-02,68,\n"
    )
    assert parsed.rows.temperature_c.tolist() == [15]
    assert dict(parsed.skipped) == {"no_values": 1}
    assert parsed.detected_format["notes"][0].startswith("The temperature is the middle of")


def test_all_precipitation_is_preferred_to_rain():
    parsed = read("place,time,rain_sum (mm),precipitation_sum (mm),snowfall_sum (cm)\nparis,2026-01-01,1.0,4.5,5\n")
    assert parsed.rows.precipitation_mm.tolist() == [4.5]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "GMT+2", "CET"])
def test_a_zone_without_its_offset_is_refused(zone):
    with pytest.raises(PermanentError, match="how far that is from UTC"):
        read(f"place,time,timezone,temperature_c\nparis,2026-07-01T12:00,{zone},20\n")
    with pytest.raises(PermanentError, match="how far that is from UTC"):
        read(f"place,time ({zone}),temperature_c\nparis,2026-07-01T12:00,20\n")


@pytest.mark.parametrize("header", ["time (UTC)", "time", "datetime (iso8601)"])
def test_utc_needs_no_offset(header):
    assert valid(read(f"place,{header},timezone,temperature_c\nparis,2026-07-01T12:00,GMT,20\n").rows) == [
        "07-01 12:00"
    ]


def test_a_time_with_its_own_zone_keeps_it():
    parsed = read(
        "place,time,utc_offset_seconds,temperature_c\nparis,2026-07-01T12:00Z,7200,20\nparis,2026-07-01T12:00,7200,20\n"
    )
    assert valid(parsed.rows) == ["07-01 12:00", "07-01 10:00"]


@pytest.mark.parametrize("offset", ["two", "720000", "+02:00"])
def test_an_offset_that_is_no_number_of_seconds_is_rejected(offset):
    parsed = read(f"place,time,utc_offset_seconds,temperature_c\nparis,2026-07-01T12:00,{offset},20\n")
    assert parsed.reasons == {"bad_number": 1}


def test_what_is_ahead_of_the_file_is_a_forecast():
    days = "2026-07-01,28,17,23,0,18,1\n2026-07-02,31,18,25,1,36,95\n"
    text = f"{FACTS}48.25,11.75,500.0,7200,Europe/Berlin,GMT+2\n\n{DAILY}{days}"
    known_at = dt.datetime(2026, 7, 2, 9, tzinfo=dt.UTC)
    rows = read(text, known_at).rows
    assert rows.kind.tolist() == ["observed", "forecast"]
    assert rows.issued_at.dt.strftime("%m-%d %H:%M").tolist() == ["07-01 22:00", "07-02 09:00"]


def test_a_file_without_any_measurement_is_refused():
    with pytest.raises(PermanentError, match="recognised as a measurement"):
        read("place,date,humidity\nparis,2026-07-01,80\n")


@pytest.mark.parametrize(
    "facts", ["", "elevation,timezone\n500,GMT\n\n", "lat,lng\n\n", "latitude,longitude\n2026-07-01,1\n\n"]
)
def test_without_a_place_the_file_is_refused(facts):
    with pytest.raises(PermanentError, match="needs place"):
        read(f"{facts}{HOURLY}2026-07-01T00:00,18.4,0.00,7.2,20,1\n")
