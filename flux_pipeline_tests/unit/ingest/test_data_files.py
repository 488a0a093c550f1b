"""Words and examples that are part of the package: their form, and that code and files name the same fields."""

import csv
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import flux_pipeline.ingest
from flux_pipeline.ingest.kinds.registry import KINDS

ROOM = Path(flux_pipeline.ingest.__file__).parent
WORDS = sorted((ROOM / "words").iterdir())
EVERY_LIST = pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@EVERY_LIST
def test_a_list_of_words_has_three_columns_and_no_empty_field_or_word(path: Path) -> None:
    header, *words = rows(path)
    assert path.suffix == ".csv" and header == ["field", "language", "word"]
    for field, language, word in words:
        assert re.fullmatch("[a-z_]+", field) and re.fullmatch("([a-z]{2})?", language)
        assert word and word == word.strip()


@EVERY_LIST
def test_a_list_of_words_is_sorted_and_has_no_word_twice_in_a_field(path: Path) -> None:
    _, *words = rows(path)
    assert all(one < other for one, other in pairwise(words))
    folded = [(field, word.casefold()) for field, _, word in words]
    assert len(folded) == len(set(folded))


def test_every_list_of_words_is_used_and_every_list_that_is_used_is_there() -> None:
    there = {f"{path.stem}.{field}" for path in WORDS for field, _, _ in rows(path)[1:]}
    fields = [field for contract in KINDS.values() for field in contract.fields]
    used = {name for field in fields for name in f"{field.first_words} {field.words} {field.else_words}".split()}
    source = "".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py"))
    used |= set(re.findall(r'words_of\("([a-z_.]+)"\)', source))
    used |= {f"personal.{field}" for field in re.findall(r'_names\("([a-z_]+)"\)', source)}
    assert used == there


def test_every_example_is_of_a_kind_and_in_ascii() -> None:
    assert {path.stem for path in (ROOM / "examples").iterdir()} <= set(KINDS)
    assert all(contract.example.isascii() for contract in KINDS.values())


def test_a_kind_without_a_file_of_its_own_has_the_examples_of_its_fields() -> None:
    new = replace(KINDS["closures"], kind="brand_new")
    assert new.example == "date,reason,known_at\n" + ",".join(field.example for field in new.fields) + "\n"
