"""Final checks on a column map: raise if a required field is missing or a number may be the quantity.

_mapping.py finds the columns, messages.py words the errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns._proposal import propose_columns
from flux_pipeline.ingest.columns._stated import may_be_constant
from flux_pipeline.ingest.columns.column_map import NO_MONEY, ColumnMap
from flux_pipeline.ingest.columns.messages import (
    Choice,
    LacksColumnsError,
    NeedsOptionsError,
    incomplete,
    uncounted,
    unlike_a_list,
    without_money,
)
from flux_pipeline.ingest.columns.samples import NEARLY_ALL, Sample, hold_counts, hold_decimals, never_vary
from flux_pipeline.ingest.columns.wide import FEWEST_ITEMS, find_numbers
from flux_pipeline.ingest.contracts import Contract, Field
from flux_pipeline.wording import option


def check_complete(found: ColumnMap, contract: Contract, sample: Sample) -> None:
    """Raise PermanentError, naming all missing fields, if the columns don't suffice for a file of this kind."""
    needs = [((field.name,),) for field in contract.fields if field.required]
    gaps = [
        choice
        for choice in (*needs, *contract.choices)
        if not any(all(name in found.how for name in way) for way in choice)
    ]
    if not gaps:
        return
    if (refusal := unlike_a_list(found.header, contract, gaps)) is not None:
        raise refusal
    missing = [contract.field(_least_missing(gap, found.headers)[0]) for gap in gaps]
    proposal = propose_columns(found, contract, sample, missing)
    numbers: tuple[str, ...] = ()
    if contract.counts_units and (("item",),) in gaps:
        numbers = find_numbers(found.free_of_rows, sample, totals=True, share=0.5)
    if "item" in proposal.columns and len(numbers) < FEWEST_ITEMS:
        numbers = ()
    question = (
        f"{incomplete(gaps, missing, found, numbers, contract)} {_of_every_row(contract, missing)}{proposal.lead}"
    )
    if all(may_be_constant(contract, field.name) for field in missing):
        # A count sheet with its day in the title lacks nothing that would show another kind.
        raise NeedsOptionsError(question, proposal.columns)
    raise LacksColumnsError(question, proposal.columns)


def _of_every_row(contract: Contract, missing: Sequence[Field]) -> str:
    own = [field for field in missing if may_be_constant(contract, field.name)]
    if not own:
        return ""
    if own[0].form.kind is not Kind.TEXT:
        return f"If it is the same on every row, give it: {option(own[0].name, f'={own[0].example}')}. "
    return f"If it is the same on every row, give its name: {option(own[0].name, '=NAME')}. "


def check_numbers(found: ColumnMap, contract: Contract, sample: Sample) -> None:
    """Raise PermanentError if a column of numbers may be the quantity that the file doesn't name.

    Without a quantity, each line counts as one unit or as its money, but only if nothing in the file looks like a
    count. A column that is equal on all lines of a day (a temperature) counts nothing sold, nor does money that
    depends on the item.
    """
    if not contract.counts_units or "quantity" in found.how:
        return
    money = next((found.headers[name] for name in ("amount", "gross_amount") if name in found.headers), None)
    if money is not None and "price" in found.how:
        return
    numbers = find_numbers(found.free_of_rows, sample, totals=money is not None)
    if money is not None:
        # The money is known, so only a column that looks like units sold would change what is counted.
        numbers = tuple(name for name in numbers if hold_counts(sample.cells(name)))
    doubtful = [name for name in numbers if not _describes_something_else(name, found, sample)]
    if doubtful:
        sentences = uncounted(doubtful, money, found.headers.get("price"))
        proposal = propose_columns(found, contract, sample)
        raise NeedsOptionsError(f"{sentences} {proposal.lead}", proposal.columns)


def check_money(found: ColumnMap, contract: Contract, sample: Sample) -> None:
    """Raise PermanentError if no column is the money of a line or a price, but a column of decimals may be."""
    money = {"price", "amount", "gross_amount"} & found.how.keys()
    if not contract.counts_units or money or found.items or "quantity" not in found.how:
        return
    numbers = find_numbers(found.free_of_rows, sample, share=NEARLY_ALL)
    decimals = [name for name in numbers if hold_decimals(sample.cells(name)) and not _is_of_day(name, found, sample)]
    if decimals:
        proposal = propose_columns(found, contract, sample)
        columns = {"amount": decimals[0] if len(decimals) == 1 else NO_MONEY, **proposal.columns}
        raise NeedsOptionsError(" ".join([*found.notes, without_money(decimals), proposal.lead]), columns)


def _is_of_day(name: str, found: ColumnMap, sample: Sample) -> bool:
    day = [found.headers[part] for part in ("date", "year", "month", "day_of_month") if part in found.headers]
    return never_vary(sample.cells(name)) or bool(day and sample.depends_on(name, day))


def _describes_something_else(name: str, found: ColumnMap, sample: Sample) -> bool:
    cells = sample.cells(name)
    day = [found.headers[part] for part in ("date", "year", "month", "day_of_month") if part in found.headers]
    item = [found.headers["item"]] if "item" in found.headers and not hold_counts(cells) else []
    return never_vary(cells) or any(sample.depends_on(name, by) for by in (day, item) if by)


def _least_missing(choice: Choice, headers: Mapping[str, str]) -> list[str]:
    """Return the missing fields of the way with the fewest missing, which is the one to show."""
    return min(([name for name in way if name not in headers] for way in choice), key=len)
