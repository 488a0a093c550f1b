"""Cells read by the forms of fields: units in many languages, percentages, whole numbers, words for yes and no."""

import numpy as np
import pytest

from flux_pipeline.ingest.cells.forms import Form, choice, money, number, share, whole
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline_tests.unit.ingest.reading import read_upload


def read(text: str, kind: str) -> ParsedUpload:
    return read_upload(text.encode(), kind=kind, place=Place("Europe/Berlin"))


def waste_factors(*cells: str, header: str = "waste_factor") -> ParsedUpload:
    lines = [f'Thing {place},kg,"{cell}"' for place, cell in enumerate(cells)]
    return read("\n".join([f"name,unit,{header}", *lines]), "ingredients")


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        *[("g", "g"), ("Gramm", "g"), ("GR.", "g"), ("Kilo", "kg"), ("kg.", "kg"), ("chilogrammi", "kg")],
        *[("L", "l"), ("litros", "l"), ("ml", "ml"), ("fl. oz.", "fl_oz"), ("fl_oz", "fl_oz"), ("lbs", "lb")],
        *[("Stück", "piece"), ("STUECK", None), ("Stk.", "piece"), ("pcs", "piece"), ("pièces", "piece")],
        *[("uds", "piece"), ("stuks", "piece"), ("peças", "piece"), ("Portionen", "portion"), ("raciones", "portion")],
        *[
            ("Flasche", "bottle"),
            ("bouteilles", "bottle"),
            ("Kiste", "case"),
            ("EL", "metric_tbsp"),
            ("c.à.s.", "metric_tbsp"),
        ],
        *[("Dose", None), ("dosen", "can"), ("doses", "portion"), ("parsec", None)],
    ],
)
def test_a_unit_is_known_by_its_names(written: str, unit: str | None) -> None:
    parsed = read(f"name,unit\nFlour,{written}\n", "ingredients")
    assert list(parsed.rows.unit) == ([unit] if unit else [])
    assert parsed.reasons == ({} if unit else {"bad_unit": 1})


def test_a_word_of_two_choices_is_refused() -> None:
    with pytest.raises(ValueError, match="'dose' means both 'can' and 'portion'"):
        choice({"can": "dose", "portion": "Dose"})


@pytest.mark.parametrize(
    ("cell", "share"),
    [("15%", 0.15), ("15 %", 0.15), ("0.15", 0.15), ("0%", 0), ("0", 0), ("60%", 0.6), ("12.34%", 0.123), ("", None)],
)
def test_a_share_is_a_percentage_or_a_fraction(cell: str, share: float | None) -> None:
    parsed = waste_factors(cell)
    assert parsed.reasons == {}
    assert [None if np.isnan(value) else value for value in parsed.rows.waste_factor] == [share]


def test_bare_numbers_above_one_are_per_cent() -> None:
    assert list(waste_factors("15", "20", "0", "3%").rows.waste_factor) == [0.15, 0.2, 0, 0.03]


def test_a_share_that_may_be_either_is_rejected() -> None:
    parsed = waste_factors("15", "0.5", "20")
    assert list(parsed.rows.waste_factor) == [0.15, 0.2]
    assert parsed.reasons == {"bad_waste_factor": 1}
    assert parsed.rejected.message[0] == (
        "'0.5' can't be the waste_factor; expected what is lost, as a percentage from 0% to 60% with its sign, such as "
        "2%."
    )


@pytest.mark.parametrize("cell", ["61%", "-1%", "%", "0.61", "15%%", "%15", "a", "1", "1e9"])
def test_a_text_that_is_not_a_share_within_bounds_is_rejected(cell: str) -> None:
    assert waste_factors(cell).reasons == {"bad_waste_factor": 1}


def test_a_share_may_have_a_decimal_comma() -> None:
    parsed = read("Zutat;Einheit;Schwund\nMehl;kg;2,5%\nSalz;kg;0,5 %\n", "ingredients")
    assert list(parsed.rows.waste_factor) == [0.025, 0.005]


@pytest.mark.parametrize(("cell", "days"), [("28", 28), ("28.0", 28), ("", None), ("n/a", None), ("-", None)])
def test_a_whole_number_is_kept_whole_and_a_dash_is_nothing(cell: str, days: int | None) -> None:
    parsed = read(f"name,unit,shelf_life_days\nEggs,pcs,{cell}\n", "ingredients")
    found = parsed.rows.shelf_life_days
    assert found.dtype == "Int64"
    assert found.to_numpy(dtype=object, na_value=None).tolist() == [days]


def test_half_a_day_is_rejected() -> None:
    parsed = read("name,unit,shelf_life_days\nEggs,pcs,2.5\n", "ingredients")
    assert parsed.rejected.message[0] == (
        "'2.5' can't be the shelf_life_days; expected a whole number from 1 to 3,650, such as 180."
    )


@pytest.mark.parametrize(
    ("cell", "active"),
    [
        *[("", True), ("yes", True), ("JA", True), ("Sí", True), ("aktiv", True), ("vrai", True)],
        *[("no", False), ("Nein", False), ("NÃO", False), ("inactive", False), ("0", False), ("faux", False)],
    ],
)
def test_an_item_is_active_unless_the_menu_has_no(cell: str, active: bool) -> None:
    assert list(read(f"item,is_active\nSoup,{cell}\n", "menu").rows.is_active) == [active]


def test_a_menu_without_the_column_sells_everything() -> None:
    assert list(read("item,price\nSoup,3\nBread,2\n", "menu").rows.is_active) == [True, True]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (whole(1, 2000), "a whole number from 1 to 2,000"),
        (number(0.000001, 10**6, 6), "a number from 0.000001 to 1,000,000"),
        (money(), "an amount of money from 0 to 99,999,999"),
        (share(high=0.6), "a percentage from 0% to 60%"),
        (share(low=0.001), "a percentage from 0.1% to 100%"),
        (choice({"no_show": "absent", "seated": "arrived"}), "one of no_show, seated"),
    ],
)
def test_the_expected_content_is_given_in_words(form: Form, expected: str) -> None:
    assert form.expected == expected
