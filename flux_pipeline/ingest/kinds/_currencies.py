"""Money of lists that is not in the restaurant's currency: by its cell, its header or a column of currencies."""

from __future__ import annotations

import numpy as np

from flux_pipeline.ingest.cells.currencies import (
    CURRENCY_HEADERS,
    is_in_other_currency,
    other_codes,
    other_currencies,
)
from flux_pipeline.ingest.columns.header_names import header_words
from flux_pipeline.ingest.contracts import Field, ReadContext
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.ingest.verdicts import Verdicts


def reject_other_currencies(
    table: MappedTable, context: ReadContext, field: Field, cells: Texts, verdicts: Verdicts
) -> None:
    """Reject, as `bad_currency`, rows whose money is in another currency than the restaurant's, if that is known."""
    own = context.place.currency if context.place else None
    if own is None or not table.has(field.name):
        return
    expected = f"which is not the restaurant's ({own}); expected an amount in {own}, such as {field.example}."
    in_cell = other_currencies(cells, own)
    verdicts.reject(in_cell, "bad_currency", field.name, f"The {field.name} '{{found}}' is in a currency {expected}")
    header = table.headers.get(field.name, "")
    beside = np.full(table.row_count, is_in_other_currency(header, own))
    for name in table.table.header:
        if CURRENCY_HEADERS & {*header_words(name)}:
            beside |= other_codes(table.table.texts(name), own)
    found = f"The {field.name} '{{found}}' is, by the header or the column of currencies, in a currency {expected}"
    verdicts.reject(beside & ~cells.blank, "bad_currency", field.name, found)
