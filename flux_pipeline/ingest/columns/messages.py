"""Error messages for columns that could not be identified. _mapping.py finds the columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.dates.names import month_of
from flux_pipeline.ingest.columns.column_map import EVERY_COLUMN, NO_MONEY, ONE_EACH, ColumnMap
from flux_pipeline.ingest.columns.header_names import normalised_name
from flux_pipeline.ingest.columns.samples import hold_dates
from flux_pipeline.ingest.contracts import Contract, Field
from flux_pipeline.wording import listed, option

# The ways in which a requirement can be met: all fields of one of them must be there.
Choice = tuple[tuple[str, ...], ...]

# Names of periods, such as the first quarter or the third week.
_PERIOD = re.compile(r"(?:[qt]|kw|cw|week|woche|semaine|semana)[0-9]{1,2}(?:20[0-9]{2})?|(?:20[0-9]{2})?[q][1-4]")


class NeedsOptionsError(PermanentError):
    """Error for a file that is read once its sender gives options.

    Attributes:
        question: what was found and what is asked, ending in a colon; the options follow.
        columns: header by field, those that are most likely meant; HEADER where none is likely.
        kind: the kind that is most likely meant, if it is not the one that the sender named.
        others: other hints that are most likely meant, such as money: cents.
    """

    def __init__(
        self,
        question: str,
        columns: Mapping[str, str],
        kind: str | None = None,
        others: Mapping[str, str] | None = None,
    ) -> None:
        self.others = others or {}
        options = [f"--kind {kind}"] if kind else [option(field, header) for field, header in columns.items()]
        options += [f"--{name} {value}" for name, value in self.others.items()]
        super().__init__(f"{question} {' '.join(options)}.")
        self.question = question
        self.columns = columns
        self.kind = kind


class LacksColumnsError(NeedsOptionsError):
    """Error for required fields without a column: the file may be of another kind."""


def ambiguous(field: str, found: list[str], why: str) -> PermanentError:
    """Return the error for several columns that could all be one field."""
    return NeedsOptionsError(
        f"Several columns {why} the {field}: {listed(found)}; expected one. Name the right one:", {field: found[0]}
    )


def incomplete(
    gaps: Sequence[Choice], missing: Sequence[Field], found: ColumnMap, numbers: Sequence[str], contract: Contract
) -> str:
    """Return the sentences on required fields without a column; they name all of these `gaps` at once.

    `missing` is a field of each gap. `numbers` are the columns of numbers of a file without an item, which may be one
    item each.
    """
    names = " or as ".join(f"the {field.name} ({field.description})" for field in missing)
    problem = f"No column of the file is recognised as {names}"
    if len(gaps) == 1 and len(gaps[0]) > 1:
        problem = _of_several_ways(contract, gaps[0], found.headers)
    items = ""
    if numbers:
        one = f"{listed(numbers)} holds" if len(numbers) == 1 else f"Each of {listed(numbers)} holds"
        items = f" {one} numbers; if they count the sales of an item of that name: --column item={EVERY_COLUMN}."
    return f"{problem}; its columns are {listed(found.header)}.{items}"


def uncounted(doubtful: Sequence[str], money: str | None, price: str | None) -> str:
    """Return the sentences on columns of numbers that may be the quantity.

    `money` and `price` are the headers of the line's money and the price, if known.
    """
    one = len(doubtful) == 1
    holds = f"{listed(doubtful)} {'holds' if one else 'hold'} numbers and {'was' if one else 'were'}"
    quantity = f"{option('quantity', doubtful[0])} (how many were sold)"
    if money is not None:
        return (
            f"{holds} not recognised, and the file has the money of a line ('{money}') but no quantity. Give a "
            f"meaning: {quantity}; or {option('quantity', money)} {option('amount', money)} to count the money itself."
        )
    names = "a price but no quantity or amount" if price else "no quantity, price or amount"
    ways = [quantity, f"{option('amount', doubtful[0])} (the money of the line)"]
    if price is None:
        ways.insert(1, f"{option('price', doubtful[0])} (the price of one)")
    return (
        f"{holds} not recognised, and the file has {names}. Give a meaning: {', or '.join(ways)}; or "
        f"{option('quantity', ONE_EACH)} to count one for each line."
    )


def without_money(decimals: Sequence[str]) -> str:
    """Return the sentences on columns of decimals in a file with quantities and no money."""
    first = decimals[0]
    return (
        f"{listed(decimals)} {'holds' if len(decimals) == 1 else 'hold'} numbers with decimals, and no column is "
        f"recognised as money. Give a meaning: {option('amount', first)} (the money of the line), or "
        f"{option('price', first)} (the price of one); or {option('amount', NO_MONEY)} if the file has no money."
    )


def unlike_a_list(names: Sequence[str], contract: Contract, gaps: Sequence[Choice]) -> PermanentError | None:
    """Return the error for a file that is not a list of records, whatever its columns are called; None for others."""
    first = names[0].lstrip()
    if first.startswith("<"):
        return PermanentError(
            "The file is a web page, whatever its name; expected a table. Open it in a spreadsheet and save it as "
            "CSV or XLSX."
        )
    if re.match(r"[\[{]", first):
        return PermanentError(
            "The file is JSON; expected a table with a header and a row for each record. Export it as CSV."
        )
    days = [name for name in names if hold_dates([name])]
    spans = [name for name in names if _PERIOD.fullmatch(normalised_name(name)) or month_of(name)]
    if any(gap[0] == ("date",) for gap in gaps) and max(len(days), len(spans)) > 1:
        if len(days) > 1:
            return PermanentError(
                f"The days are columns ({listed(days)}); expected a row for each item and day, with the columns "
                f"{listed(_needed(contract))}. Unpivot the table in a spreadsheet, or export it as a list."
            )
        return PermanentError(
            f"The columns {listed(spans)} are sums over longer periods; expected the {contract.kind} of each day, in a "
            "row for each item and day. Export them by day."
        )
    return None


def _needed(contract: Contract) -> list[str]:
    needed = [choice[0][0] for choice in contract.choices] + [field.name for field in contract.fields if field.required]
    return [*needed, "quantity"] if contract.counts_units else needed


def _of_several_ways(contract: Contract, choice: Choice, headers: Mapping[str, str]) -> str:
    ways = ", or ".join(" and ".join(way) for way in choice)
    present = sorted({name for way in choice for name in way if name in headers})
    found = f"only {listed(headers[name] for name in present)} ({', '.join(present)})" if present else "none of it"
    return f"A {contract.kind} file needs {ways}; found {found}"
