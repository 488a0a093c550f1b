"""Texts of every kind: one that is too long rejects its row and no other."""

import csv
import datetime as dt
import io

import pytest

from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.contracts import Contract, Place
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline_tests.unit.ingest.reading import read_upload

# Too many letters, and few letters that are many more in the form in which names are compared.
LONG, EXPANDING = "x" * 2_001, "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 150
NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


def fields_of_text() -> list[tuple[Contract, str]]:
    return [
        (contract, field.name)
        for contract in KINDS.values()
        for field in contract.fields
        if field.form.kind in (Kind.TEXT, Kind.EMAIL) and not field.is_place and field.name in header_of(contract)
        # Its cells are one of two words.
        if (contract.kind, field.name) != ("weather", "kind")
    ]


def header_of(contract: Contract) -> list[str]:
    return contract.example.splitlines()[0].split(",")


def test_most_texts_of_the_kinds_are_tried() -> None:
    tried = {(contract.kind, name) for contract, name in fields_of_text()}
    assert len(tried) > 30
    assert {("menu", "item"), ("promotions", "item"), ("closures", "reason"), ("local_events", "name")} <= tried


@pytest.mark.parametrize(
    ("contract", "field"), fields_of_text(), ids=lambda each: each.kind if isinstance(each, Contract) else each
)
def test_a_text_that_is_too_long_rejects_its_row(contract: Contract, field: str) -> None:
    records = list(csv.reader(io.StringIO(contract.example)))
    place = Place("Europe/Paris", country_code="FR", currency="EUR")
    usual = read_upload(contract.example.encode(), kind=contract.kind, place=place, known_at=NOW)
    for text in (LONG, EXPANDING) if field == "item" else (LONG,):
        page = io.StringIO()
        changed = [*records[1]]
        changed[records[0].index(field)] = text
        csv.writer(page).writerows([records[0], changed, *records[1:]])
        read = read_upload(page.getvalue().encode(), kind=contract.kind, place=place, known_at=NOW)
        assert read.reasons.get(f"{field}_too_long") == 1, read.reasons
        assert len(read.rows) == len(usual.rows)
