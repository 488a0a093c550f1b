"""Descriptions of contracts: an example that reads back, an unambiguous header, the table in docs/files.md."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns.header_names import normalised_name
from flux_pipeline.ingest.contracts import Contract, Field, Place
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.templates import MARKERS, example_file, kinds_table, may_bring, needs
from flux_pipeline.store.loading.kinds import is_loaded
from flux_pipeline_tests.unit.ingest.reading import read_upload

PAGE = Path(__file__).parents[3] / "docs" / "files.md"
EVERY_KIND = pytest.mark.parametrize("contract", KINDS.values(), ids=list(KINDS))


def names(field: Field) -> set[str]:
    return {normalised_name(name) for name in (field.name, *field.synonyms)}


@EVERY_KIND
def test_an_example_file_is_read_without_a_rejected_or_skipped_row(contract: Contract) -> None:
    parsed = read_upload(example_file(contract.kind).encode(), kind=contract.kind, place=Place("Europe/Berlin"))
    lines = len(contract.example.splitlines()) - 1
    assert parsed.rejected.empty
    assert (parsed.read_count, parsed.loaded_count) == (lines, lines)


@EVERY_KIND
def test_the_header_of_an_example_file_names_fields_in_the_order_of_the_contract(contract: Contract) -> None:
    header = example_file(contract.kind).split("\n", maxsplit=1)[0].split(",")
    assert header == [name for name in contract.field_names if name in header]
    assert not set(contract.field_names) - set(header) or contract.kind in {
        "sales",
        "waste",
        "weather",
        "local_events",
        "restaurant_events",
    }


@EVERY_KIND
def test_a_header_can_mean_one_field_only_but_for_a_day_and_its_time(contract: Contract) -> None:
    for one, other in combinations(contract.fields, 2):
        if {one.form.kind, other.form.kind} != {Kind.MOMENT}:
            assert not names(one) & names(other), (one.name, other.name)


@EVERY_KIND
def test_the_example_of_a_field_is_one_that_it_takes(contract: Contract) -> None:
    content = "\n".join([",".join(contract.field_names), ",".join(f'"{field.example}"' for field in contract.fields)])
    parsed = read_upload(content.encode(), kind=contract.kind, place=Place("Europe/Berlin"))
    # A row with everything may break a rule across fields: it names an item and an ingredient, is closed and open.
    assert not [reason for reason in parsed.rejected.reason_code if reason.startswith(("bad_", "missing_"))]


@EVERY_KIND
def test_every_field_has_a_description(contract: Contract) -> None:
    for field in contract.fields:
        assert field.description and field.example
        assert field.description[-1] != "."


@EVERY_KIND
def test_required_and_optional_fields_are_all_fields(contract: Contract) -> None:
    said = re.findall(r"\w+", f"{needs(contract)}, {may_bring(contract)}")
    assert sorted(set(said) - {"or", "and"}) == sorted(contract.field_names)


def test_alternatives_are_joined_with_or() -> None:
    assert needs(KINDS["weather"]) == "place or (latitude and longitude), date or valid_at"


def test_a_template_of_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PermanentError, match=r"Unknown kind 'sale'\. Choose one of: sales, menu"):
        example_file("sale")


def test_the_page_on_files_has_the_table_of_the_contracts() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = text[text.index(MARKERS[0]) : text.index(MARKERS[1]) + len(MARKERS[1])]
    # `flux template --readme` prints the table to put there.
    assert found == kinds_table(is_loaded)
