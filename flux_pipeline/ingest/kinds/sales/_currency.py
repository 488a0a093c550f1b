"""Money that may be written in cents, and money that a file seems not to have: both are asked about before a load."""

from __future__ import annotations

import re
from collections import Counter

from flux_pipeline.ingest.cells.currencies import CURRENCY_HEADERS
from flux_pipeline.ingest.cells.numbers import is_not_zero, may_be_thousands, read_number
from flux_pipeline.ingest.columns.column_map import NO_MONEY
from flux_pipeline.ingest.columns.header_names import CURRENCIES, header_words, normalised_name, says_cents
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.columns.wide import is_not_sold
from flux_pipeline.ingest.contracts import ReadContext
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import listed, option

MONEY = ("price", "amount", "gross_amount")
# Currencies in which no dish costs hundreds.
_WITH_CENTS = frozenset(
    (
        *("EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD", "BRL", "PLN", "ILS", "MYR", "BGN"),
        *("RON", "AED", "SAR"),
        *("QAR", "KWD", "BHD", "OMR", "JOD", "GEL", "PEN", "TND"),
    )
)
# Half of the units cost at least so much if they are written in cents.
_LEAST_CENTS = 100
_DECIMALS = re.compile(r"(?<![0-9.,:/-])[0-9]+[.,][0-9]{1,2}(?![0-9.,:/-])")


class MoneyScan:
    """Money and units of a file, and its columns of decimals that no field has."""

    def __init__(self) -> None:
        self._texts: dict[str, Counter[str]] = {}
        self._headers: dict[str, str] = {}
        self._decimals: Counter[str] = Counter()
        self._currencies: dict[str, Counter[str]] = {}

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        self._add_currencies(table)
        for name in (*MONEY, "quantity"):
            if name in table.headers:
                self._headers[name] = table.headers[name]
                texts = table.texts(name)
                self._texts.setdefault(name, Counter()).update(
                    dict(zip(texts.distinct, texts.counts.tolist(), strict=True))
                )
        if any(map(is_not_zero, (text for name in MONEY for text in self._texts.get(name, ())))):
            return
        used = {*table.headers.values(), *table.personal, *table.layout.headers}
        for name in table.table.header:
            if name not in used and not is_not_sold(name, totals=False):
                cells = table.table.texts(name).distinct
                self._decimals[name] += sum(bool(_DECIMALS.fullmatch(text)) and is_not_zero(text) for text in cells)

    def check(self, context: ReadContext) -> None:
        """Raise NeedsOptionsError if all money is zero beside decimals, or far too large for one unit."""
        money = [name for name in MONEY if name in self._headers]
        if not money:
            return
        texts = [text for name in money for text in self._texts[name] if is_not_zero(text)]
        decimals = [name for name, count in self._decimals.items() if count]
        if not texts and decimals:
            raise NeedsOptionsError(
                f"All money in {listed(self._headers[name] for name in money)} is 0 or empty, but {listed(decimals)} "
                f"{'holds' if len(decimals) == 1 else 'hold'} numbers with decimals. Name the money of the line, "
                f"or {option('amount', NO_MONEY)} if the file has no money. Most likely:",
                {"amount": decimals[0]},
            )
        each = self._money_of_one(money[0], context)
        header = self._headers[money[0]]
        by_name = bool(texts) and says_cents(header)
        if each < _LEAST_CENTS and not by_name:
            return
        costs = "its name says so" if by_name else f"one unit costs about {each:,.0f}"
        if context.hints.money is None and {*money} <= context.survey.whole_numbers:
            raise NeedsOptionsError(
                f"The money in '{header}' has no decimals, and {costs}: {texts[0]} may be in cents. Add --money cents "
                "or --money whole. Most likely:",
                {},
                others={"money": "cents"},
            )
        has_currency = context.place is not None and context.place.currency is not None
        if has_currency and context.hints.decimal is None and all(map(may_be_thousands, texts)):
            raise NeedsOptionsError(
                f"The money in '{header}' is read with thousands, and {costs}: {texts[0]} may have three decimals. Add "
                "--decimal point or --decimal comma. Most likely:",
                {},
                others={"decimal": "point" if context.survey.mark(money[0]) == "," else "comma"},
            )

    def notes(self) -> list[str]:
        """Return a sentence on each column that gives more than one currency."""
        return [
            f"The column {listed([name])} holds several currencies: "
            f"{', '.join(f'{text} ({count:,})' for text, count in found.most_common())}; their amounts are added up as "
            "they are."
            for name, found in self._currencies.items()
            if len(found) > 1 and all(normalised_name(text) in CURRENCIES for text in found)
        ]

    def _add_currencies(self, table: MappedTable) -> None:
        for name in table.table.header:
            if CURRENCY_HEADERS & {*header_words(name)}:
                texts = table.table.texts(name)
                found = {text: count for text, count in zip(texts.distinct, texts.counts.tolist(), strict=True) if text}
                self._currencies.setdefault(name, Counter()).update(found)

    def _money_of_one(self, field: str, context: ReadContext) -> float:
        """Return about what one unit costs; 0 if it isn't known, or if hundreds are usual in the currency."""
        currency = context.place.currency if context.place else None
        if "quantity" not in self._headers or (currency is not None and currency not in _WITH_CENTS):
            return 0
        units = 1.0 if field == "price" else self._middle("quantity", context)
        return self._middle(field, context) / units if units else 0

    def _middle(self, field: str, context: ReadContext) -> float:
        """Return the median of the numbers of a field other than zero, without their sign; 0 if there are none."""
        numbers = []
        for text, lines in self._texts[field].items():
            number = read_number(text, context.survey.mark(field), money=True)
            if number:
                numbers.append((abs(number), lines))
        left = sum(lines for _, lines in numbers) / 2
        for number, lines in sorted(numbers):
            left -= lines
            if left <= 0:
                return float(number)
        return 0.0
