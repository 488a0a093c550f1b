"""A file is of one restaurant: what its column of places says, on all rows.

Which column that is, the contract says (`Field.is_place`); which rows of it are wanted, the sender.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.column_map import EVERY_PLACE, ColumnMap
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Tally, Texts
from flux_pipeline.names import fold_name
from flux_pipeline.wording import listed, option


def tally_places(blocks: Iterable[MappedTable], contract: Contract, tallies: dict[str, Tally]) -> Iterator[MappedTable]:
    """The same blocks, while the places of their rows are counted in `tallies`, by field."""
    fields = [field.name for field in contract.fields if field.is_place]
    for block in blocks:
        rows = is_data(block)
        for field in fields:
            if field in block.headers:
                texts = block.texts(field)
                tallies.setdefault(field, Tally()).add(Texts(texts.distinct, texts.codes[rows]))
        yield block


def settle_places(tallies: Mapping[str, Tally], columns: ColumnMap, contract: Contract) -> dict[str, str]:
    """The one place of a file by field, as written; none where the sender takes all for one.

    Raises:
        PermanentError: the file is of several and the sender names none of them.
    """
    found = {}
    for field, tally in tallies.items():
        header, wanted = columns.headers.get(field, field), columns.only.get(field)
        places: dict[str, str] = {}
        for text, count in zip(tally.distinct, tally.counts, strict=True):
            if text and count:
                places.setdefault(fold_name(text), text)
        if wanted == EVERY_PLACE:
            continue
        if wanted is not None and fold_name(wanted) not in places:
            raise PermanentError(
                f"No row has '{wanted}' in '{header}', which holds {listed(places.values())}. Say which of these is "
                f"meant: {option(field, f'{header}={next(iter(places.values()), wanted)}')}."
            )
        if wanted is None and len(places) > 1:
            first = next(iter(places.values()))
            raise PermanentError(
                f"The file is of {len(places):,} places, by '{header}': {listed(places.values())}; expected the "
                f"{contract.kind} of one restaurant. Say which is meant, such as {option(field, f'{header}={first}')}, "
                f"or {option(field, f'{header}={EVERY_PLACE}')} if all of them are this restaurant."
            )
        if places:
            found[field] = next(iter(places.values())) if wanted is None else places[fold_name(wanted)]
    return found
