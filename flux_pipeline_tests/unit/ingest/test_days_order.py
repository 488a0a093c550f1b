"""Date order of a file: from the evidence of its dates, a hint or the country; else the file is refused."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload


def opened(*days: str, hint: str | None = None, country: str | None = None):
    lines = ["date,item,quantity", *(f'"{day}",Tea,1' for day in days)]
    place = Place("Europe/Paris", country_code=country)
    return open_upload(Source.of("\n".join(lines).encode()), kind="sales", hints=Hints(date_order=hint), place=place)


def found(*days: str, **said: str | None) -> tuple[str | None, str | None]:
    detected = opened(*days, **said).detected_format
    return detected["date_order"], detected["date_order_by"]


def read(*days: str, **said: str | None) -> list[str]:
    [part] = opened(*days, **said).parts()
    return part.rows["business_date"].astype(str).tolist()


@pytest.mark.parametrize(
    ("days", "order"),
    [
        (["2024-03-04"], "year_first"),
        (["03/04/2024", "13/04/2024"], "day_first"),
        (["03/04/2024", "04/13/2024"], "month_first"),
        (["01/01/12", "01-13-2012"], "month_first"),
        (["01/02/12", "13-01-2012", "2012-01-03"], "day_first"),
        (["05/05/2024"], "day_first"),
    ],
)
def test_the_files_evidence_goes_before_the_country(days, order):
    for country in (None, "US", "DE"):
        assert found(*days, country=country) == (order, "evidence")


def test_months_by_name_need_no_order():
    assert found("3 Mar 2024", "March 4, 2024") == (None, None)
    assert read("3 Mar 2024", "March 4, 2024") == ["2024-03-03", "2024-03-04"]


@pytest.mark.parametrize(
    ("country", "order", "first_day"),
    [("US", "month_first", "2024-03-04"), ("PH", "month_first", "2024-03-04"), ("DE", "day_first", "2024-04-03")],
)
def test_the_country_settles_what_the_file_leaves_open(country, order, first_day):
    assert found("03/04/2024", "05/06/2024", country=country) == (order, "country")
    assert read("03/04/2024", "05/06/2024", country=country)[0] == first_day


@pytest.mark.parametrize("country", [None, "CA", "ZA", "JP", "GH"])
def test_without_evidence_hint_or_custom_both_readings_are_shown(country):
    with pytest.raises(
        PermanentError, match="03/04/2024 is 3 April 2024 with the day first and 4 March 2024"
    ) as refusal:
        opened("03/04/2024", "05/06/2024", country=country)
    assert "--date-order day-first or --date-order month-first" in str(refusal.value)


@pytest.mark.parametrize(("hint", "first_day"), [("day_first", "2024-04-03"), ("month_first", "2024-03-04")])
def test_a_hint_goes_before_the_country(hint, first_day):
    assert found("03/04/2024", hint=hint, country="US") == (hint, "hint")
    assert read("03/04/2024", hint=hint, country="FR") == [first_day]


@pytest.mark.parametrize(
    ("hint", "says"),
    [
        (
            "month_first",
            "--date-order month-first was given, but 1 date such as 13/04/2024 can only be read",
        ),
        (
            "year_first",
            "--date-order year-first was given, but 2 dates such as 03/04/2024 can't be read",
        ),
    ],
)
def test_a_hint_that_the_file_contradicts_is_refused(hint, says):
    with pytest.raises(PermanentError, match=says):
        opened("03/04/2024", "13/04/2024", hint=hint)


def test_a_hint_agrees_with_dates_that_need_none():
    assert found("2024-03-04", hint="day_first") == ("year_first", "evidence")


def test_two_orders_in_one_file_are_refused_whatever_the_hint():
    for hint in (None, "day_first", "month_first"):
        with pytest.raises(PermanentError, match="The file mixes two orders of dates: 1 can only be read with the day"):
            opened("13/04/2024", "04/13/2024", hint=hint)


def test_a_few_strays_are_rejected_and_turn_neither_the_others_nor_a_hint():
    days = [*["05/06/2024"] * 300, "13/06/2024"]
    assert found(*days, hint="month_first") == ("month_first", "hint")
    [part] = opened(*days, hint="month_first").parts()
    assert part.reasons == {"bad_date": 1}


@pytest.mark.parametrize("said", [{"hint": "year_first"}, {"country": "JP"}])
def test_a_year_of_two_digits_comes_first_only_by_hint_or_country(said):
    days = ["24/03/11", "24/03/12", "24/03/28"]
    assert found(*days, **said)[0] == "short_year_first"
    assert read(*days, **said) == ["2024-03-11", "2024-03-12", "2024-03-28"]
    assert read(*days, country="FR") == ["2011-03-24", "2012-03-24", "2028-03-24"]


def test_a_few_strays_do_not_hide_that_the_year_comes_first():
    days = [*(f"24/03/{day}" for day in range(10, 30)), *["24/03/30"] * 180, "2/2/2024"]
    assert found(*days, hint="year_first") == ("short_year_first", "hint")
    assert len(read(*days, hint="year_first")) == 200


def test_numbers_that_vary_like_days_are_not_taken_for_years():
    assert read("11/03/24", "12/03/24", "28/03/24", country="JP") == ["2024-03-11", "2024-03-12", "2024-03-28"]
    with pytest.raises(PermanentError, match="24/03/28 is 24 March 2028 with the day first and 28 March 2024"):
        opened("24/03/28", country="JP")


def test_real_dates_of_two_forms_are_month_first_throughout(real):
    source = Source.of(real("cafe_burger/Cafe+-+Transaction+-+Store.csv"))
    hints = Hints(columns={"date": "CALENDAR_DATE", "item": "SELL_ID"})
    upload = open_upload(source, kind="sales", hints=hints, place=Place("Europe/Paris", country_code="FR"))
    assert (upload.detected_format["date_order"], upload.detected_format["date_order_by"]) == (
        "month_first",
        "evidence",
    )
    assert sum(part.loaded_count for part in upload.parts()) == 5_404
