"""Presets of DSFinV-K, the export for tax audits that every till in Germany must have.

Its tables and columns are laid down in "Digitale Schnittstelle der Finanzverwaltung für Kassensysteme" of the
Bundeszentralamt für Steuern; the package pretix/python-dsfinvk quotes its descriptions of lines.csv (Bonpos) and
transactions.csv (Bonkopf). reading/bundles.py joins the two.

* `Z_ERSTELLUNG` is when the till was closed. `BON_START` is when a sale began, which is when it was ordered.
* `BON_ID` may be given again by another till or after another closing.
* Only lines of the `GV_TYP` Umsatz on receipts of the `BON_TYP` Beleg are sales: orders (AVBestellung) have the same
  lines once more, and training and aborted receipts sold nothing.
* A line with `P_STORNO` takes back another one, with a quantity below 0; a receipt with `BON_STORNO` is cancelled.
* `STK_BR` is the price of one unit with tax. For a pack, whose `FAKTOR` is not 1, the text does not say which unit that
  is, so only `POS_BRUTTO`, the money of the line from lines_vat.csv, is used for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from flux_pipeline.ingest.columns.tills._preset import Preset

_SALE, _NO_SALE = "Umsatz", "no sale"
_RECEIPT = "Beleg"
_EAT_IN = {"1": "im Haus", "0": "Mitnahme"}


def _number_of_receipt(till: str, closing: str, receipt: str) -> str:
    return "/".join(filter(None, (till, closing, receipt))) if receipt else ""


def _type_of_line(line: str, receipt: str = _RECEIPT) -> str:
    return line if (line, receipt) == (_SALE, _RECEIPT) else _NO_SALE


def _is_cancelled(*marks: str) -> str:
    return "1" if "1" in marks else "0"


def _moment(start: str, end: str) -> str:
    """Return when a sale began or ended; for a line without a receipt, a text that is not a date, to be rejected."""
    return start or end or "no receipt"


def _quantity(quantity: str, factor: str, money: str = "") -> str:
    """Return the quantity; for a pack without its money, a text that is not a number, to be rejected."""
    try:
        is_single = not factor or Decimal(factor.replace(",", ".")) == 1
    except InvalidOperation:
        is_single = False
    return quantity if is_single or money else f"{quantity} x {factor}"


_FIELDS = {
    "ticket": ("BON_ID",),
    "line_id": ("POS_ZEILE",),
    "item": ("ARTIKELTEXT",),
    "quantity": ("MENGE",),
    "price": ("STK_BR",),
    "category": ("WARENGR",),
    "channel": ("INHAUS",),
    "event": ("GV_TYP",),
    "void": ("P_STORNO",),
}
_COMBINED: Mapping[str, tuple[tuple[str, ...], Callable[..., str]]] = {
    "ticket": (("Z_KASSE_ID", "Z_NR", "BON_ID"), _number_of_receipt),
    "channel": (("INHAUS",), lambda mark: _EAT_IN.get(mark, "")),
}
_REQUIRED = ("Z_KASSE_ID", "Z_ERSTELLUNG", "Z_NR", "BON_ID", "POS_ZEILE", "GV_TYP", "MENGE", "STK_BR")

LINES = Preset(
    "dsfinvk_lines",
    _REQUIRED,
    {"date": ("Z_ERSTELLUNG",), **_FIELDS},
    combined={
        **_COMBINED,
        "event": (("GV_TYP",), _type_of_line),
        "quantity": (("MENGE", "FAKTOR"), _quantity),
    },
    day_only=frozenset({"date"}),
    note=(
        "This is lines.csv of a DSFinV-K export without its other files. The day of a sale is that of the till's "
        "closing, and no times of day are known. Lines of orders, training and aborted receipts count, because only "
        "transactions.csv tells them from sales; lines with a FAKTOR other than 1 are rejected. Send the whole export "
        "as one zip file to have times and to leave these lines out."
    ),
)

JOINED = Preset(
    "dsfinvk",
    (*_REQUIRED, "BON_TYP", "BON_STORNO", "BON_START", "BON_ENDE", "POS_BRUTTO"),
    {"date": ("BON_START",), "amount": ("POS_BRUTTO",), **_FIELDS},
    combined={
        **_COMBINED,
        "date": (("BON_START", "BON_ENDE"), _moment),
        "event": (("GV_TYP", "BON_TYP"), _type_of_line),
        "quantity": (("MENGE", "FAKTOR", "POS_BRUTTO"), _quantity),
        "void": (("P_STORNO", "BON_STORNO"), _is_cancelled),
    },
)
