"""Mapping of a file's columns to the fields of its contract: the steps, and their order.

A column is taken from the sender's hints, then from the restaurant's last file with the same header, then from a till's
preset, then by its name, first among columns that a prefix marks as those of an order's lines, and only for fields
still missing by its contents. No step overrides an earlier one, except that numbers decide what a column of money is.
Each step returns a fuller map; open doubts at the end are
refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns._doubts import check_complete, check_money, check_numbers
from flux_pipeline.ingest.columns._line_columns import (
    names_in_lines,
    take_line_columns,
    take_parts,
    take_units_in_cells,
)
from flux_pipeline.ingest.columns._money import settle_money
from flux_pipeline.ingest.columns._naming import missing_fields, take_names
from flux_pipeline.ingest.columns._stated import asks_for_every_column, take_known, take_stated
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import normalised_name, split_remark
from flux_pipeline.ingest.columns.messages import ambiguous
from flux_pipeline.ingest.columns.personal.full_names import join_names
from flux_pipeline.ingest.columns.personal.recognise import find_personal
from flux_pipeline.ingest.columns.samples import Sample, hold_rounded
from flux_pipeline.ingest.columns.tills.presets import find_preset
from flux_pipeline.ingest.columns.tills.variants import take_variant
from flux_pipeline.ingest.columns.wide import find_items, is_total, share_days
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.table.table import Table
from flux_pipeline.wording import listed

_TIMED = (Kind.DAY, Kind.INSTANT, Kind.MOMENT)

# One column could be anything.
_FEWEST_IN_MATRIX = 2

_COUNTING = ("quantity", "price", "amount", "gross_amount")


def map_header(
    header: tuple[str, ...],
    contract: Contract,
    stated: Mapping[str, str],
    *,
    sample: Table | None = None,
    known: Mapping[str, str] | None = None,
    outer: tuple[str, ...] = (),
) -> ColumnMap:
    """Return the columns of a table, as fields of `contract`.

    Args:
        header: the names of its columns, each once.
        contract: of the kind of file.
        stated: header by field, from the sender; a header may serve two fields (a date and time in one column).
            `quantity=1` counts one for each line, `item=*` takes every remaining column of numbers as an item,
            `location=Store=North` takes only the rows with North in the column Store (`location=Store=*` all), and
            `vendor==Mill & Co` holds for every row.
        sample: the table's first rows; without them only names count.
        known: the mapping of the restaurant's last file with the same header (`ColumnMap.stated`).
        outer: the columns whose cells hold for several rows.

    Raises:
        PermanentError: `stated` names a field or header that doesn't exist, two headers claim one field, a required
            field isn't found, or columns of numbers are left over that may be the quantity.
    """
    cells, before = Sample(sample), known or {}
    found = ColumnMap(header, {}, {}, outer=outer, keeps_people=contract.keeps_people)
    found = take_stated(found, contract, stated)
    found = _without_rounded(found, contract, cells)
    found = take_known(found, contract, before)
    found = _take_preset(found, contract)
    found = take_line_columns(found, contract, cells)
    found = take_parts(found, contract, cells)
    found = join_names(found, contract, cells)
    found = take_names(found, contract, cells)
    found = take_units_in_cells(found, contract, cells)
    found = _take_matrix(found, contract, cells)
    found = _take_contents(found, contract, cells)
    found = settle_money(found, cells)
    if contract.counts_units:
        found = take_variant(found, cells, names_in_lines(found))
    if not contract.keeps_people:
        found = replace(found, personal=find_personal(found.free, sample))
    found = _take_items(found, contract, cells, every=asks_for_every_column(found, contract, stated, before))
    check_complete(found, contract, cells)
    check_numbers(found, contract, cells)
    check_money(found, contract, cells)
    if contract.doubts:
        contract.doubts(found, cells)
    if contract.keeps_people:
        found = replace(found, personal=find_personal(found.free, sample))
    is_wide = bool(found.items) and found.matrix is None
    found = replace(found, lines_are_tickets=is_wide and share_days(found.headers, sample))
    return replace(_in_order(found, contract), unused=(*found.free, *found.rounded))


def _without_rounded(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map without the columns of identifiers that a spreadsheet rounded, which name nothing any more.

    Those whose cells the contract judges one by one stay.
    """
    judged = [each for each in contract.fields if each.judges_rounded]
    names = {normalised_name(word) for each in judged for word in (each.name, *each.synonyms)}
    free = [name for name in found.free if split_remark(name)[0] not in names]
    rounded = tuple(name for name in free if hold_rounded(sample.cells(name)))
    if not rounded:
        return found
    shown = f"{sample.cells(rounded[0])[0]} in {listed(rounded[:1])}"
    return replace(found, rounded=rounded).noting(
        f"The numbers in {listed(rounded)} were rounded by a spreadsheet ({shown}) and are not used. Export the file "
        "again and send it without opening it in a spreadsheet."
    )


def _take_preset(found: ColumnMap, contract: Contract) -> ColumnMap:
    """Return the map with the columns of a till's export, if the header is that of one."""
    preset = find_preset(found.header, contract.kind)
    if preset is None:
        return found
    usable = [name for name in found.header if name not in found.rounded]
    by, free, columns = f"preset:{preset.name}", set(found.free_of_rows), preset.columns(usable)
    for field, header in columns.items():
        if field not in found.how and header in free:
            found = found.with_column(field, header, by)
    for field, text in preset.constants.items():
        if field not in found.how:
            found = found.with_constant(field, text, by)
    # The mapping of an earlier file has a field's column, but not the others that give the field with it.
    ours = {field for field, header in columns.items() if found.headers.get(field) == header}
    ours = {field for field in ours if found.how[field] in (by, "known")}
    for field, combined in preset.combinations(usable).items():
        if field in ours:
            found = found.with_combined(field, combined)
    layout = replace(found.layout, once_per_order=preset.once_per_order & ours, day_only=preset.day_only & ours)
    found = replace(found, layout=layout)
    return found.noting(preset.note) if preset.note else found


def _take_contents(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map with date columns found by content.

    Only dates: a number may be a price, a quantity or a telephone, but a date can hardly be anything else.
    """
    for field in missing_fields(found, contract):
        if field.form.kind not in _TIMED:
            continue
        dates = [name for name in found.free if sample.fits(name, Kind.MOMENT)]
        time = found.headers.get("time", "")
        if not dates and field.name == "date" and found.how.get("time") == "name" and sample.fits(time, Kind.MOMENT):
            # A column "Time" of days with times is both.
            found = found.without("time")
            dates = [time]
        if len(dates) > 1:
            raise ambiguous(field.name, dates, "hold dates and could be")
        if dates:
            found = found.with_column(field.name, dates[0], "content")
    return found


def _take_items(found: ColumnMap, contract: Contract, sample: Sample, *, every: bool) -> ColumnMap:
    """Return the map with the columns of a wide table that are one item each; unchanged if the table isn't wide.

    `every` takes all columns of numbers as items.
    """
    if not contract.counts_units or "item" in found.how:
        return found
    # The sum of a line of items is named like the amount of a sale.
    counting = [field for field in _COUNTING if field in found.how]
    sums = [field for field in counting if found.how[field] == "name" and is_total(found.headers[field])]
    has_day = "date" in found.how or {"day_of_month", "month"} <= found.how.keys()
    if counting != sums or not has_day:
        return found
    items = find_items(found.free_of_rows, sample, stated=every)
    if not items:
        return found
    by = "stated" if every else "content"
    found = found.without(*sums)
    return replace(found, items=items, how={**found.how, "item": by, "quantity": by})


def _take_matrix(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map with the columns of a matrix, such as one for each day of the week; unchanged without them."""
    matrix = contract.matrix
    if matrix is None or {matrix.names, "date"} & found.how.keys():
        return found
    columns = tuple(name for name in found.free_of_rows if matrix.is_column(name, sample.cells(name)))
    if len(columns) < _FEWEST_IN_MATRIX:
        return found
    how = {**found.how, matrix.names: "content", matrix.cells: "content"}
    return replace(found.without(matrix.cells), items=columns, matrix=matrix, how=how)


def _in_order(found: ColumnMap, contract: Contract) -> ColumnMap:
    """Return the same map, with the fields in the order of the contract."""
    headers, how = (
        {name: texts[name] for name in contract.field_names if name in texts} for texts in (found.headers, found.how)
    )
    return replace(found, headers=headers, how=how)
