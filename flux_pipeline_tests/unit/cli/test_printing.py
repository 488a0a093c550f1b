"""Printing: nothing of a file is obeyed by a terminal, whichever way it gets there."""

import ast
import io
import json
import logging
import sys
from pathlib import Path

import click
import dagster as dg
import pytest
from click.testing import CliRunner

import flux_pipeline
from flux_pipeline.cli import console
from flux_pipeline.cli.main import FluxGroup, show_defect
from flux_pipeline.errors import PermanentError
from flux_pipeline.orchestration.progress import ProgressHandler, console_logger
from flux_pipeline.orchestration.step import step
from flux_pipeline.wording import printable

CLI = Path(flux_pipeline.__file__).parent / "cli"
# A window's title, a cleared screen, reversed text, hidden text, an end of line, and a byte that is not a character.
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\x08\u202egnp\u2066\u061c\u200f\u2028\U000e0041\udcfc\r"
OBEYED = frozenset(HOSTILE) - frozenset("]0;owned[2J31mgnp")


def assert_harmless(printed: str) -> None:
    assert "owned" in printed
    assert not OBEYED & frozenset(printed), sorted(OBEYED & frozenset(printed))


def test_what_is_written_is_as_in_json_and_names_of_all_languages_are_unchanged() -> None:
    assert_harmless(printable(HOSTILE))
    assert json.loads(f'"{printable(HOSTILE)}"').encode("utf-16", "surrogatepass") == HOSTILE.encode(
        "utf-16", "surrogatepass"
    )
    for name in ("Crème brûlée", "קפה הפוך", "قهوة", "می‌خواهم", "焼き鳥", "👨‍👩‍👧 menu", "two\nlines\tand a tab"):
        assert printable(name) == name


@pytest.mark.parametrize("raised", [PermanentError, click.UsageError, click.ClickException])
def test_lines_tables_and_errors_print_nothing_that_a_terminal_obeys(raised: type[Exception]) -> None:
    class Group(FluxGroup):
        get_command = click.Group.get_command

    @click.group(cls=Group)
    def group() -> None:
        """Print and fail."""

    @group.command()
    def go() -> None:
        console.say(f"said {HOSTILE}")
        console.note(f"noted {HOSTILE}")
        console.show_table(f"title {HOSTILE}", [f"[red]{HOSTILE}"], [(HOSTILE,), ({"key": HOSTILE},)])
        with console.progress() as report:
            report(HOSTILE)
        raise raised(f"raised {HOSTILE}")

    done = CliRunner().invoke(group, ["go"])
    for word in ("said", "noted", "title", "[red]", "raised", "..."):
        assert word in done.output
    assert_harmless(done.output)
    assert sys.excepthook is show_defect


def test_a_defect_and_the_logs_of_a_run_print_nothing_that_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        with step():
            raise KeyError(HOSTILE) from ValueError(HOSTILE)
    except dg.Failure:
        pass
    show_defect(ValueError, ValueError(HOSTILE), None)
    lines = io.StringIO()
    handler = ProgressHandler(lines)
    handler.emit(logging.LogRecord("flux", logging.ERROR, "", 0, f"left: {HOSTILE}", (), None))
    with dg.DagsterInstance.ephemeral():
        logger = console_logger.logger_fn(
            dg.build_init_logger_context(logger_config={"name": "dagster", "log_level": "INFO"})
        )
        logger.error("left: %s", HOSTILE)
    printed = capsys.readouterr()
    assert "KeyError" in printed.err and "left" in printed.err + printed.out
    assert_harmless(lines.getvalue())
    # Colours are those of the logger.
    assert_harmless((printed.err + printed.out).replace("\x1b[", "["))


def test_csv_is_unchanged_in_a_pipe_and_its_headers_are_no_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    page = console.as_csv(["=HYPERLINK(1)", "@x", "-", "item"], [["+1+1", "-2", f"{HOSTILE}é", None]])
    header, row = page.split("\n")
    assert header == "'=HYPERLINK(1),'@x,'-,item"
    assert row.startswith("'+1+1,-2,")
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stdout", printed)
    console.emit(page)
    assert printed.getvalue() == page + "\n"
    monkeypatch.setattr(printed, "isatty", lambda: True)
    console.emit(page)
    assert_harmless(printed.getvalue().removeprefix(page))


def test_commands_print_through_the_console_only() -> None:
    printing = {f"click.{name}" for name in ("echo", "secho", "confirm", "prompt", "progressbar", "echo_via_pager")}
    printing |= {"print", "Console", "sys.stdout.write", "sys.stderr.write", "traceback.print_exc"}
    others = [path for path in sorted(CLI.rglob("*.py")) if path.name not in {"console.py", "main.py"}]
    assert len(others) > 20
    assert not [
        f"{path.relative_to(CLI)}:{node.lineno}"
        for path in others
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in printing
    ]
