"""Which column of a file is which field of its contract: the steps, and their order.

As the sender says, as in the restaurant's last file of the same header, by a till's preset, by the header's names, and
only for what is then still missing by what the cells hold. Nothing overrides what comes before it, but that the total
of a ticket is no amount of its lines. Each step gives a map with more in it; what is in doubt at the end is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns._doubts import check_complete, check_numbers
from flux_pipeline.ingest.columns._line_totals import without_ticket_totals
from flux_pipeline.ingest.columns._naming import missing_fields, take_names
from flux_pipeline.ingest.columns._presets import find_preset
from flux_pipeline.ingest.columns._stated import asks_for_every_column, take_known, take_stated
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.messages import ambiguous
from flux_pipeline.ingest.columns.personal.free_text import find_free_text
from flux_pipeline.ingest.columns.personal.recognise import find_personal
from flux_pipeline.ingest.columns.samples import Sample
from flux_pipeline.ingest.columns.wide import find_items, is_total, share_days
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.table.table import Table

_TIMED = (Kind.DAY, Kind.INSTANT, Kind.MOMENT)

_COUNTING = ("quantity", "price", "amount", "gross_amount")


def map_header(
    header: tuple[str, ...],
    contract: Contract,
    stated: Mapping[str, str],
    *,
    sample: Table | None = None,
    known: Mapping[str, str] | None = None,
) -> ColumnMap:
    """The columns of a table of `contract`.

    Args:
        header: the names of its columns, each once.
        contract: what is looked for.
        stated: header by field, as the sender says; a header may serve two fields (a date and time in one column).
            `quantity=1` counts one for each line, `item=*` takes every column of numbers that is left as an item,
            `location=Store=North` wants only the rows with North in the column Store (`location=Store=*` all).
        sample: the table's first rows; without them only names are looked at.
        known: the mapping of the restaurant's last file of the same header (`ColumnMap.stated`).

    Raises:
        PermanentError: `stated` names a field or header that doesn't exist, two headers claim one field, a required
            field isn't found, or numbers are left over that may be what is counted.
    """
    cells, before = Sample(sample), known or {}
    found = ColumnMap(header, {}, {}, keeps_people=contract.keeps_people)
    found = take_stated(found, contract, stated)
    found = take_known(found, contract, before)
    found = _take_preset(found, contract)
    found = take_names(found, contract, cells)
    found = _take_contents(found, contract, cells)
    found = without_ticket_totals(found, cells)
    if not contract.keeps_people:
        found = replace(found, personal=find_personal(found.free, sample))
    found = _take_items(found, contract, cells, every=asks_for_every_column(found, contract, stated, before))
    check_complete(found, contract, cells)
    check_numbers(found, contract, cells)
    if contract.counts_units:
        found = replace(found, personal=(*found.personal, *find_free_text(found, cells)))
    found = replace(found, lines_are_tickets=bool(found.items) and share_days(found.headers, sample))
    return replace(_in_order(found, contract), unused=found.free)


def _take_preset(found: ColumnMap, contract: Contract) -> ColumnMap:
    """With what a till's export is known to hold."""
    preset = find_preset(found.header) if contract.counts_units else None
    if preset is None:
        return found
    by, free, columns = f"preset:{preset.name}", set(found.free), preset.columns(found.header)
    for field, header in columns.items():
        if field not in found.how and header in free:
            found = found.with_column(field, header, by)
    for field, text in preset.constants.items():
        if field not in found.how:
            found = found.with_constant(field, text, by)
    # A mapping of an earlier file knows the item's column and not that its sizes stand beside it.
    if found.headers.get("item") == columns.get("item") and found.how["item"] in (by, "known"):
        found = replace(found, variation=preset.variation_in(found.free))
    return found


def _take_contents(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """With days alone: a number may be a price, a quantity or a telephone, but a date can hardly be anything else."""
    for field in missing_fields(found, contract):
        if field.form.kind not in _TIMED:
            continue
        dates = [name for name in found.free if sample.fits(name, Kind.MOMENT)]
        if len(dates) > 1:
            raise ambiguous(field.name, dates, "hold dates and could be")
        if dates:
            found = found.with_column(field.name, dates[0], "content")
    return found


def _take_items(found: ColumnMap, contract: Contract, sample: Sample, *, every: bool) -> ColumnMap:
    """With the columns of a wide table that are an item each; none where the table isn't wide.

    `every` says that all columns of numbers are.
    """
    if not contract.counts_units or "item" in found.how:
        return found
    # The sum of a line of items is called like the amount of a sale.
    counting = [field for field in _COUNTING if field in found.how]
    sums = [field for field in counting if found.how[field] == "name" and is_total(found.headers[field])]
    has_day = "date" in found.how or {"day_of_month", "month"} <= found.how.keys()
    if counting != sums or not has_day:
        return found
    items = find_items(found.free, sample, stated=every)
    if not items:
        return found
    by = "stated" if every else "content"
    found = found.without(*sums)
    return replace(found, items=items, how={**found.how, "item": by, "quantity": by})


def _in_order(found: ColumnMap, contract: Contract) -> ColumnMap:
    """The same, with the fields in the order of the contract."""
    headers, how = (
        {name: texts[name] for name in contract.field_names if name in texts} for texts in (found.headers, found.how)
    )
    return replace(found, headers=headers, how=how)
