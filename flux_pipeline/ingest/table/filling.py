"""Columns that stand in the first line of a group only, as in a sheet with merged cells: the other lines take the text.

Whether a file is written so, its kind finds out; here it is done, block by block.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np

from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts


def is_data(table: MappedTable) -> np.ndarray:
    """The rows that are neither blank nor a header, of another table or a line of totals: (n,) bool."""
    read = table.table
    data: np.ndarray = ~(read.blank | read.repeated_header | read.totals | read.overlong)
    return data if read.other is None else data & ~read.other


def fill_down(tables: Iterable[MappedTable], fields: Collection[str]) -> Iterator[MappedTable]:
    """The blocks of one table with the empty cells of these fields as the last filled one above them."""
    last = dict.fromkeys(fields, "")
    for table in tables:
        if not fields:
            yield table
            continue
        data, filled = is_data(table), {}
        for name in fields:
            filled[name], last[name] = _filled(table.texts(name), data, last[name])
        yield replace(table, filled=filled)


def _filled(texts: Texts, data: np.ndarray, before: str) -> tuple[Texts, str]:
    """The column with its gaps among `data` filled, beginning with the text from `before`; and its last text."""
    distinct = np.concatenate([texts.distinct, np.array([before], dtype=object)])
    # The place of the last filled cell at or above each row; -1 stands for what came before.
    source = np.where(data & ~texts.blank, np.arange(len(texts)), -1)
    source = np.maximum.accumulate(source) if len(source) else source
    codes = np.append(texts.codes, len(texts.distinct))[source]
    last = str(distinct[codes[-1]]) if len(codes) else before
    return Texts(distinct, np.where(data & texts.blank, codes, texts.codes)), last
