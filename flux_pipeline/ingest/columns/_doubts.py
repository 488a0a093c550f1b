"""What of a file's columns is still in doubt when all that can be found is found; then the file isn't read.

How the columns are found stands in mapping.py, the sentences in refusals.py.
"""

from __future__ import annotations

from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.messages import incomplete, uncounted, unlike_a_list
from flux_pipeline.ingest.columns.samples import Sample, hold_counts, never_vary
from flux_pipeline.ingest.columns.wide import find_numbers
from flux_pipeline.ingest.contracts import Contract


def check_complete(found: ColumnMap, contract: Contract, sample: Sample) -> None:
    """Raises PermanentError, with all that lacks, where the columns aren't enough for a file of this kind."""
    needs = [((field.name,),) for field in contract.fields if field.required]
    gaps = [
        choice
        for choice in (*needs, *contract.choices)
        if not any(all(name in found.how for name in way) for way in choice)
    ]
    if not gaps:
        return
    numbers: tuple[str, ...] = ()
    if contract.counts_units and (("item",),) in gaps:
        numbers = find_numbers(found.free, sample, totals=True, share=0.5)
    raise unlike_a_list(found.header, contract, gaps) or incomplete(contract, gaps, found, numbers)


def check_numbers(found: ColumnMap, contract: Contract, sample: Sample) -> None:
    """Raises PermanentError where a column of numbers may be the quantity that the file doesn't name.

    Without a quantity each line counts one, or its money; only if nothing in the file looks like a count. A column that
    is the same on all lines of a day (a temperature) counts nothing sold, nor does money that goes by the item.
    """
    if not contract.counts_units or "quantity" in found.how:
        return
    money = next((found.headers[name] for name in ("amount", "gross_amount") if name in found.headers), None)
    if money is not None and "price" in found.how:
        return
    numbers = find_numbers(found.free, sample, totals=money is not None)
    if money is not None:
        # Money is known: only what looks like units sold can change what is counted.
        numbers = tuple(name for name in numbers if hold_counts(sample.cells(name)))
    doubtful = [name for name in numbers if not _tells_of_other_things(name, found, sample)]
    if doubtful:
        raise uncounted(doubtful, money, found.headers.get("price"))


def _tells_of_other_things(name: str, found: ColumnMap, sample: Sample) -> bool:
    cells = sample.cells(name)
    day = [found.headers[part] for part in ("date", "year", "month", "day_of_month") if part in found.headers]
    item = [found.headers["item"]] if "item" in found.headers and not hold_counts(cells) else []
    return never_vary(cells) or any(sample.tells_of(name, by) for by in (day, item) if by)
