"""Check that a file is of one restaurant, by all rows of its column of places.

The contract defines that column (`Field.is_place`); the sender chooses among several places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flux_pipeline.ingest.columns.column_map import EVERY_PLACE, ColumnMap
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Tally, Texts
from flux_pipeline.names import fold_name
from flux_pipeline.wording import listed, option


def tally_places(blocks: Iterable[MappedTable], contract: Contract, tallies: dict[str, Tally]) -> Iterator[MappedTable]:
    """Yield the same blocks, counting the places of their rows in `tallies`, by field."""
    fields = [field.name for field in contract.fields if field.is_place]
    for block in blocks:
        rows = is_data(block)
        for field in fields:
            if field in block.headers:
                texts = block.texts(field)
                tallies.setdefault(field, Tally()).add(Texts(texts.distinct, texts.codes[rows]))
        yield block


def settle_places(tallies: Mapping[str, Tally], columns: ColumnMap, contract: Contract) -> dict[str, str]:
    """Return the one place of a file by field, as written; none if the sender takes all places for one restaurant.

    Raises:
        NeedsOptionsError: the file has several places and the sender names none of them.
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
            raise NeedsOptionsError(
                f"No row has '{wanted}' in '{header}', which holds {listed(places.values())}. Choose one of these:",
                {field: f"{header}={next(iter(places.values()), wanted)}"},
            )
        if wanted is None and len(places) > 1:
            first = next(iter(places.values()))
            raise NeedsOptionsError(
                f"The file has {len(places):,} places in '{header}': {listed(places.values())}; expected the "
                f"{contract.kind} of one restaurant. If all of them are this restaurant: "
                f"{option(field, f'{header}={EVERY_PLACE}')}. Otherwise choose one, such as the first:",
                {field: f"{header}={first}"},
            )
        if places:
            found[field] = next(iter(places.values())) if wanted is None else places[fold_name(wanted)]
    return found
