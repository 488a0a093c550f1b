"""What a till says about a line beside its numbers: void, refund, tip or fee, dine in or delivery."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

import numpy as np

from flux_pipeline.ingest.cells.forms import FLAG, parse_cells
from flux_pipeline.ingest.cells.texts import Texts
from flux_pipeline.ingest.columns.mapped import MappedTable
from flux_pipeline.ingest.names import fold_name
from flux_pipeline.ingest.verdicts import Verdicts

CHANNELS = ("dine_in", "takeaway", "delivery", "unknown")

# Words are compared folded (names.py): without case, accents and doubled spaces.
_VOID = frozenset({"void", "voided", "cancel", "cancelled", "canceled", "storno", "storniert", "annule", "annulation"})
_REFUND = frozenset(
    {"refund", "refunded", "return", "returned", "exchange return", "erstattung", "ruckgabe", "retour", "remboursement"}
    | {"rembourse", "reembolso", "devolucion", "rimborso", "reso", "terugbetaling"}
)
_NOT_A_SALE = frozenset(
    {"no sale", "payout", "pay out", "pay in", "paid in", "paid out", "deposit", "cash drawer", "open drawer"}
    | {"training", "einzahlung", "auszahlung", "kassenoffnung"}
)
# Found anywhere in the text: tills write "For Here", "DINE-IN (Table 4)", "Uber Eats Delivery".
_CHANNEL_WORDS = (
    ("delivery", ("deliver", "liefer", "livraison", "domicilio", "consegna", "bezorg", "uber", "doordash", "wolt")),
    ("takeaway", ("take", "to go", "togo", "pick", "carry", "abhol", "mitnahme", "emporter", "llevar", "asporto")),
    ("dine_in", ("dine", "for here", "eat in", "table", "im haus", "vor ort", "sur place", "salle", "sala", "tavolo")),
)


def judge_marks(table: MappedTable, verdicts: Verdicts) -> np.ndarray:
    """Sets voids aside; which lines are marked as refunds: (n,) bool."""
    flags = {}
    for field in ("void", "refund"):
        flags[field], bad = parse_cells(table.texts(field), FLAG, ".")
        verdicts.reject(
            bad, f"bad_{field}", field, f"'{{found}}' says neither yes nor no of the {field}; expected one."
        )
    events = table.texts("event").map(fold_name)
    verdicts.skip(flags["void"].astype(bool) | _among(events, _VOID), "void")
    verdicts.skip(_among(events, _NOT_A_SALE), "not_a_sale")
    is_refund: np.ndarray = flags["refund"].astype(bool) | _among(events, _REFUND)
    return is_refund


def ignored_items(items: Texts, patterns: Sequence[str]) -> np.ndarray:
    """The lines whose item one of `patterns` names (with * for anything; case and accents are of no account): (n,)."""
    folded = [fold_name(pattern) for pattern in patterns]
    names = [fold_name(name) for name in items.distinct]
    answers = np.array([any(fnmatch.fnmatchcase(name, each) for each in folded) for name in names], dtype=bool)
    return items.spread(answers)


def channel_of(text: str) -> str:
    """One of CHANNELS for what a till says of the order."""
    folded = fold_name(text).replace("-", " ")
    return next((name for name, words in _CHANNEL_WORDS if any(word in folded for word in words)), "unknown")


def _among(texts: Texts, words: frozenset[str]) -> np.ndarray:
    return texts.spread(np.array([text in words for text in texts.distinct], dtype=bool))
