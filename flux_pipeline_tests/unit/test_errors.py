"""Errors of the system: real shortages are transient and end in a sentence, everything else is let through."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import psycopg2
import pytest
from click.testing import CliRunner

from flux_pipeline.cli.main import FluxGroup
from flux_pipeline.errors import TransientError, shortages_in_words
from flux_pipeline.orchestration.step import step


def fill_a_full_disk() -> None:
    Path("/dev/full").write_text("x")


def take_more_memory_than_there_is() -> None:
    np.empty(2**60, dtype=np.uint8)


def ask_a_database_that_is_not_there() -> None:
    psycopg2.connect("host=/nowhere dbname=flux")


def meet_one_as_the_cause_of_another_error() -> None:
    try:
        fill_a_full_disk()
    except OSError as exc:
        raise RuntimeError("the run can't be recorded") from exc


@pytest.mark.parametrize(
    ("shortage", "words"),
    [
        (fill_a_full_disk, "No space left on device. Make room"),
        (take_more_memory_than_there_is, "There is not enough memory"),
        (ask_a_database_that_is_not_there, "The database can't do it now"),
        (meet_one_as_the_cause_of_another_error, "No space left on device"),
    ],
)
def test_a_shortage_is_a_transient_error_in_a_step_and_a_sentence_in_a_command(
    shortage: Callable[[], None], words: str
) -> None:
    with pytest.raises(TransientError, match=words), step():
        shortage()
    done = CliRunner().invoke(FluxGroup(callback=shortage, invoke_without_command=True), [])
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {words}") and done.output.count("\n") == 1


def test_another_error_is_let_through() -> None:
    with pytest.raises(FileNotFoundError), shortages_in_words():
        Path("/nowhere/at all").read_text()
