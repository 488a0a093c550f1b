"""Files of when a restaurant is open: its weekly hours, and its irregular closed days."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import CLOCK, DAY, FLAG, INSTANT, TEXT, WEEKDAY
from flux_pipeline.ingest.contracts import Field, words
from flux_pipeline.ingest.kinds import synonyms
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract


def _lacks_hours(rows: pd.DataFrame) -> np.ndarray:
    lacks: np.ndarray = (~rows.is_closed & (rows.open_time.isna() | rows.close_time.isna())).to_numpy(dtype=bool)
    return lacks


def _is_both(rows: pd.DataFrame) -> np.ndarray:
    both: np.ndarray = (rows.is_closed & (rows.open_time.notna() | rows.close_time.notna())).to_numpy(dtype=bool)
    return both


OPERATING_HOURS = plain_contract(
    "operating_hours",
    "When a restaurant is open: a line for each day of the week and interval; the file replaces what was declared.",
    (
        Field(
            "day_of_week",
            "the day by its name",
            "Monday",
            required=True,
            synonyms=synonyms.WEEKDAY,
            form=WEEKDAY,
        ),
        Field(
            "open_time",
            "when it opens, local time",
            "11:30",
            synonyms=(
                *synonyms.START,
                *words("open, opens, opening time, opening, öffnet, Öffnung, ouverture, apertura, abre, apre, opent"),
            ),
            form=CLOCK,
        ),
        Field(
            "close_time",
            "when it closes, local time; may be after midnight",
            "14:30",
            synonyms=(
                *synonyms.END,
                *words(
                    "close, closes, closing time, closing, schließt, Schließung, fermeture, cierre, cierra, chiusura"
                ),
                *words("chiude, sluit, sluiting, fechamento, fecha às"),
            ),
            form=CLOCK,
        ),
        Field(
            "is_closed",
            "yes on a day off",
            "no",
            synonyms=words(
                "closed, day off, geschlossen, zu, Ruhetag, fermé, repos, cerrado, chiuso, riposo, gesloten, fechado"
            ),
            form=FLAG,
        ),
    ),
    key=("day_of_week", "open_time", "close_time"),
    rules=(
        RowRule(
            "missing_hours",
            "open_time",
            "The row has neither both times nor a yes under is_closed; expected when it opens and closes.",
            _lacks_hours,
        ),
        RowRule(
            "closed_with_hours",
            "is_closed",
            "The row says closed and has opening hours; expected one of the two.",
            _is_both,
        ),
    ),
)

CLOSURES = plain_contract(
    "closures",
    "Irregular closed days of a restaurant: holidays, repairs.",
    (
        Field(
            "date",
            "the closed day",
            "2024-12-24",
            required=True,
            synonyms=(*synonyms.DATE[1:], "closed on"),
            form=DAY,
        ),
        Field(
            "reason",
            "what the forecast says of the day",
            "Christmas Eve",
            synonyms=words(
                "why, name, holiday, Grund, Anlass, Feiertag, motif, raison, jour férié, motivo, razón, festivo, "
                "festività, reden, feestdag, feriado"
            ),
            form=TEXT,
        ),
        Field(
            "known_at",
            "since when it is known, in UTC; default: when the file came in",
            "2024-11-01",
            synonyms=synonyms.KNOWN_AT,
            form=INSTANT,
        ),
    ),
    key=("date",),
    day_column="date",
)
