"""Contents of vendors' cases: packs in a case, units in a pack, from their columns or from a text: `6 x 2.5 kg`."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.units import PACK
from flux_pipeline.ingest.columns.header_names import header_words
from flux_pipeline.ingest.contracts import ReadContext
from flux_pipeline.ingest.kinds.measures import MISSING
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.kitchen.packs import Pack, PackError, read_pack
from flux_pipeline.kitchen.units import Dimension, units
from flux_pipeline.wording import shortened

# "per kg" is a pack of one.
_PER = re.compile(r"^(?:per|je|pro|par|por|al|/)\s+", re.IGNORECASE)
# Words for one pack in the header of a price, which is then not that of a case of several.
_OF_PACK = frozenset({"pack", "package", "packung", "paquet", "paquete", "confezione", "verpakking"})
_BARE = re.compile(r"\d+(?:[.,]\d+)?")
_CONTENT = ("case_quantity", "pack_quantity", "pack_unit")
# Vendors round what is in a pack.
_ONE_PER_CENT = 0.01


def with_content(rows: pd.DataFrame, table: MappedTable, _context: ReadContext) -> pd.DataFrame:
    """Fill in what a case or a pack holds from its text, which may be that of one of the packs in the case.

    The price of one package whose content is known, such as a bag, is that of a case.
    """
    rows = rows.assign(pack=pd.Series([pack_text(text) for text in rows.pack], dtype=object))
    columns = {name: rows[name].to_numpy(dtype=object, copy=True) for name in _CONTENT}
    packs_of = (rows[name] for name in ("pack", "unit", "case_quantity", "pack_quantity", "pack_unit"))
    for place, (text, unit, packs, size, measure) in enumerate(zip(*packs_of, strict=True)):
        content = None
        if text is not None and np.isnan(size) and (measure is None or is_bare(text)):
            content = _content_of(text, unit if measure is None else measure)
        if content is None or (packs > 1 and content[0] not in (1, packs)):
            continue
        columns["case_quantity"][place] = content[0] if np.isnan(packs) else max(content[0], packs)
        columns["pack_quantity"][place], columns["pack_unit"][place] = content[1:]
    numbers = {name: pd.Series(columns[name], dtype="float64") for name in _CONTENT[:2]}
    if _OF_PACK & {*header_words(table.headers.get("case_price", ""))}:
        numbers["case_quantity"] = numbers["case_quantity"].fillna(1.0).where(numbers["pack_quantity"].notna())
    rows = rows.assign(**numbers, pack_unit=pd.Series(columns["pack_unit"], dtype=object))
    return _with_prices_of_packages(rows)


def _with_prices_of_packages(rows: pd.DataFrame) -> pd.DataFrame:
    is_moved = rows.unit_price.notna() & rows.case_price.isna() & rows[list(_CONTENT)].notna().all(axis=1)
    is_one = (rows.case_quantity * rows.pack_quantity == 1).to_numpy(dtype=bool) & has_doubt(rows)
    is_moved &= np.array([is_package(unit) for unit in rows.unit], dtype=bool) | is_one
    return rows.assign(
        unit_price=rows.unit_price.mask(is_moved), case_price=rows.case_price.mask(is_moved, rows.unit_price)
    )


def has_doubt(rows: pd.DataFrame) -> np.ndarray:
    """Return which prices may be of a unit or of the pack, as their rows lack the unit that others have: (n,) bool."""
    in_words = np.array([text is not None and not is_bare(text) for text in rows.pack], dtype=bool)
    has_price = rows.unit_price.notna() & rows.case_price.isna() & rows.unit.isna()
    doubtful: np.ndarray = has_price.to_numpy(dtype=bool) & in_words & bool(rows.unit.notna().any())
    return doubtful


def unclear_prices(rows: pd.DataFrame) -> list[str | None]:
    """Say which prices may be of a unit or of a pack."""
    return [
        f"The price {price:g} may be that of the pack '{shortened(text, 40)}' or of a unit; expected a unit, such as "
        "case or kg, or the price as case_price."
        if is_unclear
        else None
        for is_unclear, price, text in zip(has_doubt(rows), rows.unit_price, rows.pack, strict=True)
    ]


def pack_text(text: str | None) -> str | None:
    """Return the text of a pack, None for one that says that there is none."""
    return None if text is None or text.casefold() in MISSING else text


def is_package(unit: str | None) -> bool:
    """Return whether a unit is a package, such as a case or a bag, whose content differs from one to the next."""
    return unit is not None and units()[unit].dimension is Dimension.PACKAGE


def is_bare(text: str) -> bool:
    """Return whether the text of a pack is a number, without a unit."""
    return _BARE.fullmatch(text) is not None


def content_of_pack(text: str) -> Pack:
    """Return what a pack of this text holds.

    Raises:
        PackError: the text is not a pack, or has two meanings; the message says what to enter.
    """
    return read_pack(_PER.sub("1 ", text, count=1))


def opened_pack(text: str | None, unit: str | None, *, counts_packs: bool) -> Pack | None:
    """Return what a pack holds, if a quantity of this unit counts packs; None if it doesn't, or can't be read.

    A quantity without a unit is one of packs if it `counts_packs`.
    """
    if text is None or is_bare(text) or not (is_package(unit) or (unit is None and counts_packs)):
        return None
    try:
        return content_of_pack(text)
    except PackError:
        return None


def _content_of(text: str, unit: str | None) -> tuple[float, float, str] | None:
    """Return packs, units in each and the unit of a text; a bare number counts units. None if it can't be read."""
    if is_bare(text):
        if is_package(unit):
            return None
        count, size = 1.0, float(text.replace(",", "."))
    else:
        try:
            pack = content_of_pack(text)
        except PackError:
            return None
        count, size, unit = float(pack.count), float(pack.size), pack.unit.name
    is_possible = all(PACK.low <= number <= PACK.high for number in (count, size))
    return (count, size, unit) if unit is not None and is_possible else None


def faulty_packs(rows: pd.DataFrame) -> list[str | None]:
    """Say what is wrong with the text of a pack. The price of a unit depends on the text only if a case is priced."""
    sentences: list[str | None] = []
    columns = (rows[name] for name in ("pack", "unit", "case_price", *_CONTENT))
    for text, unit, price, packs, size, measure in zip(*columns, strict=True):
        if text is None:
            sentences.append(None)
        elif np.isnan(size) and measure is None:
            is_read = _content_of(text, unit) is not None
            fault = _pack_fault(text, unit, is_of_case=not np.isnan(price) or is_package(unit))
            sentences.append(_two_counts(text, packs) if is_read else fault)
        else:
            sentences.append(_contradiction(text, _content_of(text, unit), (packs, size, measure)))
    return sentences


def _two_counts(text: str, packs: float) -> str:
    return (
        f"The pack '{shortened(text, 40)}' has a count, and so has the column of packs in a case, {packs:g}; expected "
        "the pack of one of them, such as '2.5 kg', or no case_quantity."
    )


def _contradiction(
    text: str, read: tuple[float, float, str] | None, given: tuple[float, float, str | None]
) -> str | None:
    """Say that a text has another content than the columns beside it; texts that can't be read say nothing."""
    packs = given[0] if read is None or read[0] == 1 else 1
    if read is None or read[2] != given[2] or np.isnan(given[0] * given[1]):
        return None
    if any(abs(read[0] * read[1] * each / (given[0] * given[1]) - 1) <= _ONE_PER_CENT for each in (1, packs)):
        return None
    columns = f"{given[0]:g} x {given[1]:g} {given[2]}"
    return f"The pack '{shortened(text, 40)}' is not the {columns} of the columns beside it; expected one of the two."


def _pack_fault(text: str, unit: str | None, *, is_of_case: bool) -> str | None:
    if is_bare(text):
        if PACK.low <= float(text.replace(",", ".")) <= PACK.high:
            return None if not is_of_case or (unit and not is_package(unit)) else _content_sentence(text, "has no unit")
        return f"The pack is {text}; expected how many units it has, such as 25, or a text as '6 x 2.5 kg'."
    if not is_of_case:
        return None
    try:
        content_of_pack(text)
    except PackError as exc:
        return str(exc)
    return _content_sentence(text, "is not a possible quantity")


def _content_sentence(text: str, fault: str) -> str:
    return f"The pack '{shortened(text, 40)}' {fault}; expected a count, a size and a unit, such as '6 x 2.5 kg'."


def are_bare(cells: Sequence[str]) -> bool:
    """Return whether all texts of packs are numbers, without a unit."""
    return all(map(is_bare, cells))


def count_more(cells: Sequence[str]) -> bool:
    """Return whether some quantities are other than 0 and 1."""
    return any(not (is_bare(cell) and float(cell.replace(",", ".")) in (0, 1)) for cell in cells)
