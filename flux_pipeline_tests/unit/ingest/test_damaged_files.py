"""A file damaged in any way is refused in a sentence or accounted for to the row; it never ends in a traceback."""

import datetime as dt
from collections import Counter

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.mutations import GOOD, mutated

MUTATIONS = 300
KNOWN_AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def parts_of(content: bytes) -> list[ParsedUpload]:
    opened = open_upload(Source.of(content), kind="sales", place=Place("Europe/Paris"), known_at=KNOWN_AT)
    return list(opened.parts())


def test_the_file_that_is_damaged_is_good() -> None:
    (part,) = parts_of(GOOD.encode())
    assert (part.read_count, part.loaded_count) == (72, 72)


def test_damaged_files_are_refused_in_a_sentence_or_accounted_for_to_the_row() -> None:
    refused, seen = 0, Counter[str]()
    for number in range(MUTATIONS):
        try:
            parts = parts_of(mutated(number))
        except PermanentError as exc:
            assert str(exc).endswith((".", ")")), str(exc)
            refused += 1
            continue
        except Exception as exc:
            raise AssertionError(f"mutation {number} ends in {exc!r}") from exc
        read = sum(part.read_count for part in parts)
        counts = [
            sum(len(part.rows) for part in parts),
            sum(sum(part.skipped.values()) for part in parts),
            sum(len(part.rejected) for part in parts),
        ]
        assert read == sum(counts), number
        assert all(part.rows.line_number.is_unique for part in parts), number
        seen.update(rows=counts[0], skipped=counts[1], rejected=counts[2])
    assert 0 < refused < MUTATIONS
    assert min(seen["rows"], seen["skipped"], seen["rejected"]) > 0
