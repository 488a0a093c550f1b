"""Which rows look like a line of totals: `Total,,,1234.50`. What becomes of such a row, verdicts.py says."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from flux_pipeline.ingest.cells.dates.names import is_weekday, month_of
from flux_pipeline.ingest.cells.dates.parts import read_day
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.names import fold_name

# As fold_name writes them: no accents, no capitals.
_WORDS = frozenset(
    (
        *("total", "totals", "grand total", "subtotal", "sub total", "sub-total", "sum", "overall total"),
        *("summe", "gesamt", "gesamtsumme", "gesamtbetrag", "zwischensumme", "endsumme", "insgesamt"),
        *("total general", "sous-total", "sous total", "total ttc", "total ht", "totale", "totale generale", "totali"),
        *("subtotale", "somma", "suma", "suma total", "soma", "total geral", "totais", "totales", "totaal"),
        *("eindtotaal", "subtotaal", "totalt", "i alt", "summa", "yhteensa", "razem", "celkem", "toplam"),
        *(
            "daily total",
            "day total",
            "total for",
            "total for the day",
            "total of the day",
            "weekly total",
            "week total",
        ),
        *("monthly total", "month total", "tagessumme", "tagesgesamt", "tagestotal", "tagesumsatz", "wochensumme"),
        *("monatssumme", "summe tag", "gesamt tag", "total jour", "total du jour", "total journalier", "total du"),
        *("total journee", "total de la journee", "total mois", "total du mois", "total dia", "total del dia"),
        *("total diario", "total del", "total giorno", "totale giorno", "totale giornaliero", "totale del giorno"),
        *(
            "dagtotaal",
            "totaal dag",
            "total do dia",
            "dagssumma",
            "dagstotal",
            "suma dnia",
            "suma dzienna",
            "일계",
            "소계",
        ),
        *("小計", "小计", "日計", "日计"),
        *("genel toplam", "итого", "всего", "συνολο", "合計", "总计", "總計", "합계", "총계"),
    )
)

# A word of totals and a date with its weekday are no longer than this, and begin so: most texts needn't be folded.
_LONGEST = max(map(len, _WORDS)) + 30
_STARTS = frozenset(word[:2] for word in _WORDS)
_BETWEEN = " :=-\u2013.,("

_AMOUNT = re.compile(
    r"[-+(]?[^\w\s]{0,2} ?(?:[A-Za-z]{3} )?[0-9][0-9.,'\u2019 \u00a0\u202f]*(?: ?[^\w\s]|[A-Za-z]{3})?\)?"
)


def find_totals(columns: Sequence[Texts]) -> np.ndarray:
    """Rows whose first text is a word of totals, alone or with a day, which lack a cell and hold nothing but numbers
    beside it: (n,).

    So an item named "Total" in a full row, or in one with a date, is none.
    """
    rows = len(columns[0])
    candidates = np.zeros(rows, dtype=bool)
    before = np.zeros(rows, dtype=bool)
    word_in = np.full(rows, -1)
    for place, column in enumerate(columns):
        is_word = np.array([names_total(text) for text in column.distinct], dtype=bool)
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


def names_total(text: str) -> bool:
    """Whether a text is a word of totals, alone or with the day that it is of: `Tagessumme`, `Total 2024-03-01`."""
    if not 2 <= len(text) <= _LONGEST or text[0].isdigit() or not _may_begin(text[:2]):
        return False
    folded = fold_name(text).rstrip(_BETWEEN)
    if folded in _WORDS:
        return True
    words = folded.split(" ")
    for count in range(len(words) - 1, 0, -1):
        if " ".join(words[:count]).rstrip(_BETWEEN) in _WORDS:
            return _is_day(" ".join(words[count:]).strip(_BETWEEN + ")"))
    return False


def _may_begin(start: str) -> bool:
    return (start.casefold() if start.isascii() else fold_name(start)[:2]) in _STARTS


def _is_day(text: str) -> bool:
    return read_day(text) is not None or is_weekday(text) or month_of(text) is not None
