"""Which rows look like a line of totals: `Total,,,1234.50`. What becomes of such a row, verdicts.py says."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from flux_pipeline.ingest.cells.texts import Texts
from flux_pipeline.ingest.names import fold_name

# As fold_name writes them: no accents, no capitals.
_WORDS = frozenset(
    (
        *("total", "totals", "grand total", "subtotal", "sub total", "sub-total", "sum", "overall total"),
        *("summe", "gesamt", "gesamtsumme", "gesamtbetrag", "zwischensumme", "endsumme", "insgesamt"),
        *("total general", "sous-total", "sous total", "total ttc", "total ht", "totale", "totale generale", "totali"),
        *("subtotale", "somma", "suma", "suma total", "soma", "total geral", "totais", "totales", "totaal"),
        *("eindtotaal", "subtotaal", "totalt", "i alt", "summa", "yhteensa", "razem", "celkem", "toplam"),
        *("genel toplam", "итого", "всего", "συνολο", "合計", "总计", "總計", "합계", "총계"),
    )
)

# A word of totals is no longer than this, so that most texts needn't be folded.
_LONGEST = max(map(len, _WORDS)) + 6

_AMOUNT = re.compile(
    r"[-+(]?[^\w\s]{0,2} ?(?:[A-Za-z]{3} )?[0-9][0-9.,'\u2019 \u00a0\u202f]*(?: ?[^\w\s]|[A-Za-z]{3})?\)?"
)


def find_totals(columns: Sequence[Texts]) -> np.ndarray:
    """Rows whose first text is a word of totals alone, which lack a cell and hold nothing but numbers beside it: (n,).

    So an item named "Total" in a full row, or in one with a date, is none.
    """
    rows = len(columns[0])
    candidates = np.zeros(rows, dtype=bool)
    before = np.zeros(rows, dtype=bool)
    word_in = np.full(rows, -1)
    for place, column in enumerate(columns):
        is_word = np.array([_is_word(text) for text in column.distinct], dtype=bool)
        if is_word.any():
            found = column.spread(is_word) & ~before
            candidates |= found
            word_in[found] = place
        before |= ~column.blank
        if before.all():
            break
    totals = np.zeros(rows, dtype=bool)
    for row in np.flatnonzero(candidates).tolist():
        others = [column.distinct[column.codes[row]] for place, column in enumerate(columns) if place != word_in[row]]
        filled = [text for text in others if text]
        totals[row] = (not others or len(filled) < len(others)) and all(map(_AMOUNT.fullmatch, filled))
    return totals


def _is_word(text: str) -> bool:
    return 2 <= len(text) <= _LONGEST and not text[-1].isdigit() and fold_name(text).rstrip(": =") in _WORDS
