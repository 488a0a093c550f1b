"""Preview of a file before anything is written: its format, its columns and its first rows as Flux understands them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from flux_pipeline.business_day import days_in_words
from flux_pipeline.cli.console import say, show_table, unrounded
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.upload import OpenUpload
from flux_pipeline.wording import count_of, listed, shortened

# Columns that tell a person nothing.
LEFT_OUT = {"line_number"}
FOUND_BY = {
    "stated": "as given",
    "known": "as in the last file with these columns",
    "name": "by its name",
    "content": "by its content",
}


def show_preview(opened: OpenUpload, first_rows: pd.DataFrame) -> None:
    """Show the format, the columns and the first valid rows of a file."""
    _show_format(opened)
    for table, columns in opened.tables:
        _show_columns(columns, f"Columns of {table.name}" if table.name else "Columns")
    if len(first_rows):
        _show_rows(first_rows)


def columns_in_words(found: Mapping[str, Any]) -> str:
    """Return one line with the column of each field, for people who loaded the file without a preview."""
    # The stored JSON keeps no order, so fields are sorted by column; a field without a column comes last.
    places = {name: place for place, name in enumerate(found["header"])}
    fields = sorted(found["columns"].items(), key=lambda pair: places.get(pair[1], len(places)))
    columns = ", ".join(f"{field} from {shortened(header, 40)!r}" for field, header in fields)
    unused = found.get("unused_columns")
    return f"Columns: {columns}{f'; not used: {listed(unused)}' if unused else ''}."


def dropped_in_words(found: Mapping[str, Any]) -> list[str]:
    """Return sentences about the columns that are not kept, with their numbers of filled cells."""
    reasons = (
        ("personal_columns", "because these columns are about people", ""),
        ("dropped_columns", "because these columns are not used and may name people", " --keep-column keeps one."),
    )
    sentences = []
    for key, why, hint in reasons:
        cells = ", ".join(f"{name} ({count_of(number, 'cell')})" for name, number in found.get(key, {}).items())
        if cells:
            sentences.append(f"Dropped, {why}: {cells}.{hint}")
    return sentences


def _show_format(opened: OpenUpload) -> None:
    found = opened.detected_format
    words = [f"{found['encoding']}, {_delimiter(found['delimiter'])}"]
    if found.get("preset"):
        words.append(f"an export of {found['preset']}")
    if found.get("date_order"):
        words.append(f"dates with the {found['date_order'].split('_')[-2]} first ({found['date_order_by']})")
    if found.get("decimals"):
        words.append(_decimals(found))
    if found.get("sheets"):
        words.append(f"sheets {', '.join(found['sheets'])}")
    say(f"Format: {'; '.join(words)}.")
    for sentence in found["notes"]:
        say(f"Note: {sentence}")
    for sentence in dropped_in_words(found):
        say(sentence)


def _decimals(found: dict[str, Any]) -> str:
    names = {",": "comma", ".": "point"}
    if found["decimal"] in names:
        return f"decimal {names[found['decimal']]}"
    return f"decimal {', '.join(f'{names[mark]} in {field}' for field, mark in found['decimals'].items())}"


def _show_columns(columns: ColumnMap, title: str) -> None:
    rows: list[tuple[str, str, str]] = [
        (field, header, _found_by(columns.how.get(field, ""))) for field, header in columns.stated.items()
    ]
    rows += [("", header, "not used") for header in columns.unused]
    show_table(title, ["field", "column", "found"], rows)


def _found_by(how: str) -> str:
    return FOUND_BY.get(how, f"by the export of {how.removeprefix('preset:')}" if how else "")


def _show_rows(rows: pd.DataFrame) -> None:
    shown = [name for name in rows.columns if name not in LEFT_OUT and rows[name].notna().any()]
    cells = [[_cell(value) for value in row] for row in rows[shown].itertuples(index=False)]
    show_table("The first rows as understood", shown, cells)


def _cell(value: Any) -> Any:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, float):
        return unrounded(value)
    if isinstance(value, tuple):
        return days_in_words(value)
    return (
        value.date() if isinstance(value, pd.Timestamp) and value == value.normalize() and value.tz is None else value
    )


def _delimiter(delimiter: str) -> str:
    return {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}.get(delimiter, "a workbook")
