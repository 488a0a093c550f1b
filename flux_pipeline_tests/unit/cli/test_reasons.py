"""Reasons for which rows are left out: each code that Flux gives has words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import flux_pipeline
from flux_pipeline.cli.files._reasons import REASONS, reasons_in_words

# The calls that set rows aside, with the place of the reason among their arguments.
CALLS = {"skip": 1, "reject": 1, "RowRule": 0, "SentenceRule": 0, "known_rows_skipped": 2}
FIXED = {
    "combo",
    "combo_part",
    "discount_line",
    "repeated_line",
    "not_used_yet",
    "upload_refused",
    "already_loaded",
    "other_location",
}
WORDED = ("bad_", "missing_")


def codes() -> Iterator[str]:
    for path in Path(flux_pipeline.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = CALLS.get(name)
            given = [each.value for each in node.keywords if each.arg == "reason"]
            given += node.args[place : place + 1] if place is not None else []
            for each in given:
                if (
                    isinstance(each, ast.Constant)
                    and isinstance(each.value, str)
                    and each.value.replace("_", "").isalpha()
                ):
                    yield each.value


def test_every_reason_for_which_rows_are_left_out_has_words() -> None:
    found = set(codes()) | FIXED
    assert {"void", "totals_line", "ends_before_start"} <= found
    without = {code for code in found if code not in REASONS and not code.startswith(WORDED)}
    assert without == set()


@pytest.mark.parametrize(
    ("reason", "count", "words"),
    [
        ("void", 1, "1 void line"),
        ("void", 5, "5 void lines"),
        ("zero_quantity", 27892, "27,892 rows whose quantity is 0"),
        ("bad_quantity", 2, "2 rows whose quantity can't be read"),
        ("missing_item", 1, "1 row without item"),
        ("item_too_long", 1, "1 row whose item is too long"),
        ("eaten_by_the_dog", 3, "3 eaten_by_the_dog"),
    ],
)
def test_a_reason_is_read_in_words(reason: str, count: int, words: str) -> None:
    assert reasons_in_words({reason: count}, {}) == [words]


def test_the_money_of_rows_that_are_left_out_is_beside_their_count() -> None:
    amounts = {"void": 23.4, "voucher": -1002.0}
    found = reasons_in_words({"voucher": 1, "void": 5, "blank_line": 9}, amounts)
    assert found == ["9 blank lines", "5 void lines (23.40)", "1 coupon or voucher (-1,002.00)"]
