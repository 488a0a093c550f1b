"""List of what is sold as it is bought, from names that are typed and from CSV files."""

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from flux_pipeline.errors import PermanentError
from flux_pipeline.names import fold_name
from flux_pipeline.wording import shown_name

if TYPE_CHECKING:
    from flux_pipeline.store.kitchen.sold_as_bought import Bought

COLUMNS = ("name", "sku", "barcode", "unit_cost")
DELIMITERS = ",;\t"
# The longest number under bars, that of a shipping unit, has 14 digits.
LONGEST_BARCODE = 14
# A bottle that costs more than this is one whose decimal mark was lost.
MOST = Decimal(1_000_000)


def read_list(words: Sequence[str]) -> "list[Bought]":
    """Return the items of names and of files whose names end with .csv.

    Raises:
        PermanentError: a file can't be read, lacks its heading, or a cell of it is not valid. Nothing is done then.
    """
    from flux_pipeline.store.kitchen.sold_as_bought import Bought

    found = []
    for word in words:
        if word.lower().endswith(".csv"):
            found += list(_read_file(Path(word)))
        else:
            found.append(Bought(word))
    return found


def _read_file(path: Path) -> "Iterator[Bought]":
    from flux_pipeline.store.kitchen.sold_as_bought import Bought

    name = shown_name(path.name)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise PermanentError(f"{name} can't be read ({exc}); expected a CSV file in UTF-8.") from exc
    head = lines[0] if lines else ""
    rows = csv.DictReader(lines, delimiter=max(DELIMITERS, key=head.count))
    headings = {fold_name(heading).replace(" ", "_"): heading for heading in rows.fieldnames or ()}
    if "name" not in headings or not headings.keys() <= {*COLUMNS}:
        raise PermanentError(
            f"The first line of {name} is {head[:80]!r}; expected the headings name and, if they are known, sku, "
            "barcode and unit_cost."
        )
    for number, row in enumerate(rows, start=2):
        cells = {column: (row[heading] or "").strip() for column, heading in headings.items()}
        if any(cells.values()):
            yield _bought(Bought, cells, f"{name}, line {number}")


def _bought(make: "type[Bought]", cells: dict[str, str], where: str) -> "Bought":
    if not cells["name"]:
        raise PermanentError(f"{where}: the name is empty; expected that of a menu item.")
    barcode, cost = cells.get("barcode", ""), cells.get("unit_cost", "")
    if barcode and not (barcode.isdecimal() and len(barcode) <= LONGEST_BARCODE):
        raise PermanentError(
            f"{where}: the barcode is {barcode[:40]!r}; expected up to {LONGEST_BARCODE} digits. If a spreadsheet "
            "wrote it like 4.01E+12, format the column as text."
        )
    return make(cells["name"], cells.get("sku") or None, barcode or None, _cost(cost, where) if cost else None)


def _cost(text: str, where: str) -> Decimal:
    try:
        cost = round(Decimal(text.replace(",", ".")), 6)
    except InvalidOperation:
        cost = Decimal(-1)
    if not 0 <= cost < MOST:
        raise PermanentError(f"{where}: the unit_cost is {text[:40]!r}; expected what one costs, like 0.38.")
    return cost
