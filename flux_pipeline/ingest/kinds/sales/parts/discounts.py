"""Discounts that a till writes as lines: their money is taken off the other lines of the ticket, and they are no unit.

"Promo burger" may be a dish. So an item is a discount if its name has a word for it and its money is below zero, or if
its name says nothing else and it has no money. Without tickets, a day is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.numbers import has_minus, is_not_zero
from flux_pipeline.ingest.contracts import Reading
from flux_pipeline.ingest.kinds.sales.discount_names import is_only_discount, mentions_discount, mentions_voucher
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import count_of, listed

DISCOUNT_LINE = "discount_line"
# A refund gives a discount back, so a few of its lines may be above zero.
_MOST_ABOVE = 0.1
_CENTS = 100
_NUMBERS = ("quantity", "price", "amount", "gross_amount")
_WEIGHT = np.uint64(1_000_003)


@dataclass
class _Lines:
    """Lines of an item: the first of them, and how many have money below zero, above zero, or none."""

    first: int
    below: int = 0
    above: int = 0
    none: int = 0
    below_once: int = 0

    @property
    def are_paid(self) -> bool:
        """Whether they have money above zero, unlike what takes off."""
        return self.above > _MOST_ABOVE * self.below

    @property
    def take_off(self) -> bool:
        """Whether their money is below zero, and not because some are given back."""
        return self.below > 0 and self.below_once == self.below and not self.are_paid


@dataclass(frozen=True)
class TakenOff:
    """Money that discounts take off other lines: `places` of these, sorted, and `cents` of each, signed like it."""

    places: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    cents: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    notes: tuple[str, ...] = ()


class DiscountScan:
    """Lines of items whose name has a word for discounts, by the sign of their money."""

    def __init__(self) -> None:
        self._items: dict[str, _Lines] = {}

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        items = table.texts("item")
        named = np.array([_is_named(text) for text in items.distinct], dtype=bool)
        if not named.any():
            return
        rows = np.flatnonzero(items.spread(named) & is_data(table))
        below = {name: table.texts(name).where(has_minus)[rows] for name in _NUMBERS}
        is_below = np.any([*below.values()], axis=0)
        # A dish that is given back has a quantity below zero; of a discount, the money is.
        once = is_below & ~below["quantity"]
        paid = np.any([table.texts(name).where(is_not_zero)[rows] for name in _NUMBERS[1:]], axis=0)
        for place, row in enumerate(rows.tolist()):
            lines = self._items.setdefault(items.distinct[items.codes[row]], _Lines(int(table.line_numbers[row])))
            lines.below += bool(is_below[place])
            lines.below_once += bool(once[place])
            lines.above += bool(paid[place] and not is_below[place])
            lines.none += bool(not paid[place] and not is_below[place])

    def discounts(self) -> frozenset[str]:
        """Return the items that are discounts."""
        return frozenset(item for item, lines in self._items.items() if _is_discount(item, lines))

    def vouchers(self) -> frozenset[str]:
        """Return the items that are vouchers with money below zero."""
        return frozenset(item for item, lines in self._items.items() if mentions_voucher(item) and lines.take_off)

    def notes(self) -> tuple[str, ...]:
        """Return a sentence on the items that are named like a discount and nothing else, and are none."""
        found = {
            item: lines
            for item, lines in self._items.items()
            if is_only_discount(item) and not _is_discount(item, lines)
        }
        if not found:
            return ()
        item, first = min(found.items(), key=lambda pair: pair[1].first)
        count = sum(lines.below + lines.above + lines.none for lines in found.values())
        return (
            f"{count_of(count, 'line')} named like a discount ({listed([item])} on line {first.first}) with money "
            "above 0: counted as sales. If they are discounts, write their money with a minus and send the file again.",
        )


def _is_named(item: str) -> bool:
    return bool(item) and (mentions_discount(item) or mentions_voucher(item))


def _is_discount(item: str, lines: _Lines) -> bool:
    if mentions_voucher(item) and not is_only_discount(item):
        return False
    return lines.take_off or (is_only_discount(item) and not lines.are_paid)


def take_off(blocks: Iterable[MappedTable], read: Callable[[MappedTable], Reading]) -> TakenOff:
    """Divide the money of discount lines among the other lines of their tickets, in proportion to their money."""
    keys, cents, is_discount, kept = ([] for _ in range(4))
    for table in blocks:
        reading = read(table)
        rows, ticket = reading.rows, reading.rows["ticket"].to_numpy(dtype=object)
        hashed = pd.util.hash_array(np.where(rows["ticket"].isna(), "", ticket), categorize=True)
        keys.append(hashed * _WEIGHT + rows["business_date"].to_numpy().astype("int64").astype("uint64"))
        cents.append((rows["line_amount"] * _CENTS).round().to_numpy().astype(np.int64))
        is_discount.append(reading.verdicts.decided(DISCOUNT_LINE))
        kept.append(reading.verdicts.kept)
    discounts = np.concatenate(is_discount)
    if not discounts.any():
        return TakenOff()
    return _divide(np.concatenate(keys), np.concatenate(cents), discounts, np.concatenate(kept))


def _divide(keys: np.ndarray, cents: np.ndarray, discounts: np.ndarray, kept: np.ndarray) -> TakenOff:
    _, ticket = np.unique(keys, return_inverse=True)
    off = np.bincount(ticket, np.where(discounts, cents, 0))
    taking = kept & (np.sign(cents) == -np.sign(off[ticket])) & (off[ticket] != 0)
    full = np.bincount(ticket, np.where(taking, np.abs(cents), 0), minlength=len(off))
    fits = (off != 0) & (full >= np.abs(off))
    places = np.flatnonzero(taking & fits[ticket])
    places = places[np.argsort(ticket[places], kind="stable")]
    of, own = ticket[places], np.abs(cents[places]).astype(float)
    begins = np.ones(len(of), dtype=bool)
    begins[1:] = of[1:] != of[:-1]
    running = np.cumsum(own)
    start = np.maximum.accumulate(np.where(begins, running - own, 0))
    # Rounded sums, so that the parts add up to the whole discount.
    sums = np.floor(np.abs(off[of]) * ((running - start) / full[of]) + 0.5)
    parts = np.where(begins, sums, np.diff(sums, prepend=0)).astype(np.int64)
    order = np.argsort(places)
    return TakenOff(
        places[order],
        (parts * np.sign(cents[places]))[order],
        _notes(int(discounts.sum()), cents[discounts].sum(), off[~fits & (off != 0)]),
    )


def _notes(count: int, cents: int, left_out: np.ndarray) -> tuple[str, ...]:
    but = f", except for {left_out.sum() / _CENTS:,.2f}, which is more than these" if len(left_out) else ""
    return (
        f"{count_of(count, 'line')} of discounts ({cents / _CENTS:,.2f}): no units; their money is taken off the other "
        f"lines of the ticket, or of the day if there are no tickets{but}.",
    )
