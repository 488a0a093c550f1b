"""Marks of a sales line besides its numbers: void, refund, tip or fee, dine in or delivery."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flux_pipeline.ingest.cells.forms import FLAG, parse_cells
from flux_pipeline.ingest.kinds.measures import MISSING
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.ingest.verdicts import Verdicts
from flux_pipeline.names import fold_name

CHANNELS = ("dine_in", "takeaway", "delivery", "unknown")

# Words are compared folded (names.fold_name): without case, accents and doubled spaces.
_VOID = frozenset(
    (
        *("void", "voided", "cancel", "cancelled", "canceled", "cancellation", "deleted", "geloscht", "loschung"),
        *("annule", "annulee", "annulation", "anulado", "anulada", "anulacion", "annullato", "annullata"),
        *("annullamento", "geannuleerd", "annulering", "cancelado", "cancelada", "cancelamento", "annulleret"),
        *("annullerad", "makulerad", "anulowano", "anulowane", "취소", "取消"),
    )
)
# Part of any such word of a German, Italian or Polish till: Storno, storniert, Sofortstorno, stornato.
_VOID_STEM = "storn"
_REFUND = frozenset(
    (
        *("refund", "refunded", "return", "returned", "exchange return", "credit note", "chargeback", "erstattung"),
        *("erstattet", "ruckerstattung", "ruckzahlung", "ruckvergutung", "ruckgabe", "gutschrift", "retoure", "retour"),
        *("remboursement", "rembourse", "remboursee", "avoir", "reembolso", "reembolsado", "devolucion", "devuelto"),
        *("abono", "nota de credito", "rimborso", "rimborsato", "reso", "terugbetaling", "terugbetaald", "devolucao"),
        *("devolvido", "estorno", "refunderet", "refundering", "returnering", "retur", "aterbetalning", "aterbetald"),
        *("zwrot", "zwrocono", "환불", "반품", "返金", "返品", "退款", "退货"),
    )
)
_NOT_A_SALE = frozenset(
    (
        *("no sale", "payout", "pay out", "pay in", "paid in", "paid out", "deposit", "cash drawer", "open drawer"),
        *("training", "einzahlung", "auszahlung", "einlage", "entnahme", "kassenoffnung", "trainingsbuchung"),
    )
)
# Words for a plain sale.
_SALE = frozenset(
    (
        *("", "sale", "sales", "sold", "payment", "paid", "order", "item", "product", "charge", "purchase", "normal"),
        *("regular", "standard", "ok", "completed", "complete", "closed", "settled", "comp", "comped", "exchange"),
        *("verkauf", "umsatz", "bon", "beleg", "rechnung", "zahlung", "barverkauf", "bezahlt", "abgeschlossen"),
        *("vente", "ventes", "paiement", "commande", "encaissement", "paye", "venta", "ventas", "pago", "pagado"),
        *("pedido", "vendita", "vendite", "pagamento", "pagato", "ordine", "verkoop", "betaling", "bestelling"),
        *("venda", "vendas", "pago", "salg", "forsaljning", "kop", "sprzedaz", "판매", "결제", "売上", "销售"),
    )
)
# A line with one of these words reduces the bill, and gives nothing back.
_DISCOUNT_WORDS = (
    *("discount", "rabatt", "rabat", "nachlass", "remise", "reduction", "descuento", "desconto", "sconto", "korting"),
    *("coupon", "voucher", "gutschein", "promo", "ermassigung", "znizka", "% off", "할인", "割引"),
)
# Searched anywhere in the text: tills write "For Here", "DINE-IN (Table 4)", "Uber Eats Delivery".
_CHANNEL_WORDS = (
    ("delivery", ("deliver", "liefer", "livraison", "domicilio", "consegna", "bezorg", "uber", "doordash", "wolt")),
    ("takeaway", ("take", "to go", "togo", "pick", "carry", "abhol", "mitnahme", "emporter", "llevar", "asporto")),
    ("dine_in", ("dine", "for here", "eat in", "table", "im haus", "vor ort", "sur place", "salle", "sala", "tavolo")),
)


@dataclass(frozen=True, eq=False)
class Marks:
    """The marks of each line, each (n,) bool; `bad` maps a flag's field to the lines where it can't be read."""

    void: np.ndarray
    refund: np.ndarray
    not_a_sale: np.ndarray
    bad: Mapping[str, np.ndarray]


def read_marks(table: MappedTable) -> Marks:
    """Read the flags and events of each line."""
    events = table.texts("event").map(fold_name)
    flags, bad = {}, {}
    for field, is_meant in (("void", is_void), ("refund", is_refund)):
        flags[field], bad[field] = _read_flag(table, field, is_meant)
    return Marks(
        void=flags["void"] | _where(events, is_void),
        refund=flags["refund"] | _where(events, is_refund),
        not_a_sale=_where(events, _NOT_A_SALE.__contains__),
        bad=bad,
    )


def judge_marks(marks: Marks, verdicts: Verdicts, takes_back: np.ndarray) -> None:
    """Set void lines aside, except for the lines of `takes_back` (n,) bool, which cancel another line of the file."""
    for field, bad in marks.bad.items():
        verdicts.reject(bad, f"bad_{field}", field, f"'{{found}}' is not a valid {field} mark; expected yes or no.")
    verdicts.skip(marks.void & ~takes_back, "void")
    verdicts.skip(marks.not_a_sale, "not_a_sale")


def is_void(folded: str) -> bool:
    """Return whether a till's word means that the line was cancelled."""
    return folded in _VOID or (_VOID_STEM in folded and folded not in _REFUND)


def is_refund(folded: str) -> bool:
    """Return whether a till's word means that the line was paid back."""
    return folded in _REFUND


def is_known_event(folded: str) -> bool:
    """Return whether the meaning of a till's word for a line is known."""
    return is_void(folded) or folded in _REFUND | _NOT_A_SALE | _SALE


def takes_off(items: Texts) -> np.ndarray:
    """Return the lines whose item is a discount or a voucher by its name: (n,) bool."""
    return _where(items.map(fold_name), lambda name: any(word in name for word in _DISCOUNT_WORDS))


def ignored_items(items: Texts, patterns: Sequence[str]) -> np.ndarray:
    """Return the lines whose item matches one of `patterns` (* is any text; case and accents are ignored): (n,)."""
    folded = [fold_name(pattern) for pattern in patterns]
    names = [fold_name(name) for name in items.distinct]
    matches = np.array([any(fnmatch.fnmatchcase(name, each) for each in folded) for name in names], dtype=bool)
    return items.spread(matches)


def channel_of(text: str) -> str:
    """Return the one of CHANNELS that a till's text about the order means."""
    folded = fold_name(text).replace("-", " ")
    return next((name for name, words in _CHANNEL_WORDS if any(word in folded for word in words)), "unknown")


def _read_flag(table: MappedTable, field: str, is_meant: Callable[[str], bool]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lines that a flag marks, and those where it can't be read.

    The flag's own name also means yes, such as `Storno` in a column of that name.
    """
    texts = table.texts(field)
    values, bad = parse_cells(texts, FLAG, ".")
    if not bad.any():
        return values.astype(bool), bad
    name = fold_name(table.headers.get(field, field))
    words = texts.map(fold_name)
    means_yes = _where(words, lambda word: is_meant(word) or (bool(word) and word == name))
    means_no = _where(words, lambda word: word in _SALE or word in MISSING)
    return values.astype(bool) | (bad & means_yes), bad & ~means_yes & ~means_no


def _where(texts: Texts, test: Callable[[str], bool]) -> np.ndarray:
    return texts.spread(np.array([test(text) for text in texts.distinct], dtype=bool))
