"""The accounting: every row is counted once."""

import dataclasses
import datetime as dt
import json

import numpy as np
import pytest

from flux_pipeline.ingest.columns.header_names import normalised_name
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.result import known_rows_skipped
from flux_pipeline_tests.unit.ingest.reading import read_upload


@pytest.fixture
def parsed(tiny):
    return read_upload(tiny("sales_plain.csv"), kind="sales")


def test_rows_that_do_not_add_up_are_refused(parsed):
    with pytest.raises(ValueError, match="4 rows read, but 3 valid"):
        dataclasses.replace(parsed, read_count=4)


def test_known_rows_move_to_skipped(parsed):
    fewer = known_rows_skipped(parsed, np.array([True, False, True]))
    assert fewer.rows["item_name"].tolist() == ["Baguette"]
    assert fewer.reasons == {"already_loaded": 2}
    assert (fewer.read_count, fewer.loaded_count) == (3, 1)
    assert parsed.loaded_count == 3
    none_left = known_rows_skipped(fewer, np.array([True]))
    assert (none_left.reasons, none_left.first_date) == ({"already_loaded": 3}, None)


@pytest.mark.parametrize("mask", [np.array([True]), np.array([1, 0, 1])])
def test_a_mask_that_does_not_fit_is_a_mistake_of_the_caller(parsed, mask):
    with pytest.raises(ValueError, match="expected one bool for each of 3 rows"):
        known_rows_skipped(parsed, mask)


def test_a_result_has_the_counts_of_rows_by_outcome_and_their_days(parsed):
    assert (parsed.read_count, parsed.loaded_count, parsed.skipped_count, parsed.rejected_count) == (3, 3, 0, 0)
    assert (parsed.kind, parsed.contract_version, parsed.reasons) == ("sales", "1", {})
    assert (parsed.first_date, parsed.last_date) == (dt.date(2024, 3, 1), dt.date(2024, 3, 2))


def test_format_and_rejected_rows_are_json(tiny):
    parsed = read_upload(tiny("sales_extra_cells.csv"), kind="sales")
    assert json.loads(json.dumps(parsed.detected_format)) == parsed.detected_format
    assert json.dumps(parsed.rejected["raw"].tolist())


@pytest.mark.parametrize("contract", KINDS.values(), ids=lambda contract: contract.kind)
def test_a_synonym_is_never_another_fields_own_name(contract):
    own = {normalised_name(name): name for name in contract.field_names}
    for field in contract.fields:
        claimed = {own.get(normalised_name(synonym), field.name) for synonym in field.synonyms}
        assert claimed <= {field.name}
