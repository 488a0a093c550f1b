"""Filling of columns that have a text only in the first line of a group, as in a sheet with merged cells.

The module of a kind finds out whether a file is written in this way; here the gaps are filled, block by block.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np

from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts


def is_data(table: MappedTable) -> np.ndarray:
    """Return the rows that are records and not overlong: (n,) bool."""
    data: np.ndarray = ~(table.table.left_out | table.table.overlong)
    return data


def fill_down(tables: Iterable[MappedTable], fields: Collection[str]) -> Iterator[MappedTable]:
    """Yield the blocks of one table, with the empty cells of these fields filled from the last filled cell above."""
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
    """Return the column with its gaps among `data` filled, and its last text; it begins with the text `before`."""
    distinct = np.concatenate([texts.distinct, np.array([before], dtype=object)])
    # The row of the last filled cell at or above each row; -1 is the text from the block before.
    source = np.where(data & ~texts.blank, np.arange(len(texts)), -1)
    source = np.maximum.accumulate(source) if len(source) else source
    codes = np.append(texts.codes, len(texts.distinct))[source]
    last = str(distinct[codes[-1]]) if len(codes) else before
    return Texts(distinct, np.where(data & texts.blank, codes, texts.codes)), last
