"""Input and output of the commands: the store that they open, tables for people, CSV and JSON for programs.

All that commands print goes through this module, so that no character of a file is obeyed by a terminal.
"""

import contextlib
import csv
import datetime as dt
import io
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.schema.ready import make_ready
from flux_pipeline.wording import printable, without_formula

# An option that most commands have.
RESTAURANT = click.option("--restaurant", "slug", required=True, help="Which restaurant.")
PIPE_WIDTH = 160
# A log needs a line of progress only now and then.
NOTE_SECONDS = 5.0


@contextlib.contextmanager
def ready_store(*, stay: bool = False) -> Iterator[Store]:
    """Open the store of the settings and bring its schema to the revision that this code needs."""
    store = Store.connect(load_settings(), stay=stay)
    try:
        make_ready(store)
        yield store
    finally:
        store.dispose()


def say(text: str = "") -> None:
    """Print a line of the result."""
    click.echo(printable(text))


def note(text: str) -> None:
    """Print a line about progress to standard error, so that results can be piped."""
    click.echo(printable(text), err=True)


def emit(text: str) -> None:
    """Print data for programs: unchanged into a file or a pipe, printable on a terminal."""
    # Else click would leave out what looks like a colour.
    click.echo(printable(text) if sys.stdout.isatty() else text, color=True)


def confirm(question: str) -> None:
    """Ask for a yes on standard error; anything else ends the command."""
    click.confirm(printable(question), abort=True, err=True)


def ask_hidden(question: str) -> str:
    """Ask for a text that is not shown, such as a password; an empty answer is one."""
    # Without a default, click would repeat the question after an empty answer.
    return str(click.prompt(printable(question), hide_input=True, default="", show_default=False))


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Report progress on standard error: one changing line for people, a line now and then for a log."""
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status("") as status:
            yield lambda text: status.update(Text(printable(text)))
        return
    noted_at = -NOTE_SECONDS

    def report(text: str) -> None:
        nonlocal noted_at
        if time.monotonic() - noted_at >= NOTE_SECONDS:
            note(f"{text} ...")
            noted_at = time.monotonic()

    yield report


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[str] = ()) -> None:
    """Print a table for people.

    Args:
        title: the line above the table.
        columns: the headings.
        rows: cells in the order of the headings; numbers are written with separators.
        right: the headings of columns of figures.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(Text(printable(column)), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(_cell(value))) for value in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        # A pipe has no width, and lines that are folded at 80 characters would be hard to read.
        console = Console(highlight=False, width=PIPE_WIDTH)
    console.print(Text(printable(title), style="bold"))
    console.print(table)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return CSV for programs; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_neutral(column) for column in columns])
    writer.writerows([_neutral(value) for value in row] for row in rows)
    return buffer.getvalue().rstrip("\n")


def as_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a JSON list of objects for programs."""
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    return json.dumps(records, default=str, ensure_ascii=False, indent=1)


def as_text(rows: Sequence[NamedTuple], style: str) -> str:
    """Return every field of one or more rows for programs; `style` is "csv" or "json"."""
    columns = rows[0]._fields
    return as_csv(columns, rows) if style == "csv" else as_json(columns, rows)


def parse_day(text: str | None) -> dt.date | None:
    """Return the date of YYYY-MM-DD, None for None; raise PermanentError for anything else."""
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise PermanentError(f"{text!r} is not a date; expected YYYY-MM-DD, like 2022-09-01.") from None


def parse_time(text: str | None) -> dt.time | None:
    """Return the time of day of HH:MM, None for None; raise PermanentError for anything else."""
    try:
        return None if text is None else dt.datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise PermanentError(f"{text!r} is not a time; expected HH:MM, like 14:30.") from None


def unrounded(value: float) -> str:
    """Format a number with all its places, for people to check: 3 as "3", 12.5 as "12.50", 0.125 as "0.125"."""
    if value == round(value):
        return f"{value:,.0f}"
    whole, _, places = f"{value:,.6f}".partition(".")
    return f"{whole}.{places[:2]}{places[2:].rstrip('0')}"


def _neutral(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    return without_formula(value) if isinstance(value, str) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    return str(value)
