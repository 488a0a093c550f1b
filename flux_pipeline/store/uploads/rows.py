"""Intake of a file's rows, block by block: rows are counted, rejected ones kept, valid ones handed to the loader.

The loader of each kind (loading/kinds.py) writes the valid rows.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.kinds.plain import SentenceRule
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.upload import OpenUpload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.uploads.registry import Outcome, Upload
from flux_pipeline.wording import count_of

# At most this many rejected rows of a refused file, or of a shared feed's file, are kept; more would add nothing.
REJECTED_KEPT = 1000

STAGE_REJECTED = """
CREATE TEMPORARY TABLE IF NOT EXISTS upload_rejected
    (sheet_name text, line_number integer, reason_code text, column_name text, message text, raw jsonb)
ON COMMIT DROP
"""
COPY_REJECTED = "COPY upload_rejected FROM STDIN"
KEEP_REJECTED = """
INSERT INTO rejected_rows
    (restaurant_id, data_upload_id, sheet_name, line_number, reason_code, column_name, message, raw)
SELECT %s, %s, sheet_name, line_number, reason_code, column_name, message, raw FROM upload_rejected
"""


class RefusedUploadError(PermanentError):
    """A file that was read to its end and refused. The attributes hold what to record of it.

    Attributes:
        outcome: of the file, with no row loaded.
        rejected: its first rejected rows, at most REJECTED_KEPT, in the form `keep_rejected` takes.
    """

    def __init__(self, message: str, outcome: Outcome, rejected: pd.DataFrame) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.rejected = rejected


class Intake:
    """Blocks of one upload, read once, with the counts over all of them.

    Attributes:
        is_read: whether all blocks were read, so that the counts and dates are those of the whole file.
        notes: what a person should know about the upload beside its counts, in sentences.
    """

    def __init__(
        self, tx: Tenant, upload: Upload, opened: OpenUpload, allowed_share: float, correctable: int = 0
    ) -> None:
        """Begin with no block read.

        Args:
            tx: the transaction that loads.
            upload: the upload.
            opened: its file.
            allowed_share: the share of its rows that may be rejected.
            correctable: files of at most this many rows are exempt from the limit, as they may hold corrections.
        """
        self.is_read = False
        self.notes: list[str] = []
        self._tx, self._upload, self._opened = tx, upload, opened
        self._allowed, self._correctable = allowed_share, correctable
        self._read = 0
        self._skipped: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._by_rules: set[str] = set()
        self._first_rejected: list[pd.DataFrame] = []
        self._first_date: dt.date | None = None
        self._last_date: dt.date | None = None

    def parts(self, rules: Sequence[SentenceRule] = ()) -> Iterator[ParsedUpload]:
        """Yield each block, after its rejected rows are kept.

        Args:
            rules: further reasons to reject rows, which the restaurant's other data show. As they don't mean that the
                file was misunderstood, any share of its rows may be rejected for them, but not all.

        Raises:
            RefusedUploadError: after the last, if too large a share was rejected.
        """
        self._by_rules = {rule.reason for rule in rules}
        for part in self._opened.parts(rules):
            self._count(part)
            keep_rejected(self._tx, self._upload, part.rejected)
            yield part
        self.is_read = True
        self._check_share()

    def note(self, sentence: str) -> None:
        """Keep a sentence that a person should read about the upload beside its counts."""
        self.notes.append(sentence)

    def column_of(self, field: str) -> str:
        """Return the column that has a field of the contract, as the file calls it."""
        found: str = self._opened.detected_format["columns"].get(field, field)
        return found

    def read_all(self, rules: Sequence[SentenceRule] = ()) -> ParsedUpload:
        """Return all blocks as one, for kinds whose files are small; `rules` are as in `parts`."""
        return merged(list(self.parts(rules)))

    def refused(self, reason: str) -> RefusedUploadError:
        """Return the error for a file that was read to its end, with its counts and its first rejected rows."""
        valid = self._read - self._skipped.total() - self._rejected.total()
        counts = self.accounting(0, {"upload_refused": valid} if valid else {})
        return RefusedUploadError(reason, self.outcome(counts), self._rows_rejected())

    def accounting(self, loaded: int, skipped: Mapping[str, int]) -> Accounting:
        """Return the accounting of the whole file: `loaded` valid rows, and the skipped ones by reason."""
        reasons = self._skipped + Counter(skipped)
        return Accounting(
            read=self._read,
            loaded=loaded,
            skipped=reasons.total(),
            rejected=self._rejected.total(),
            reasons=dict(reasons + self._rejected),
        )

    def outcome(self, accounting: Accounting, drift: Iterable[str] = ()) -> Outcome:
        """Return the outcome of the whole file; `drift` holds what is new in it, in sentences."""
        version, found = self._opened.contract.version, self._opened.detected_format
        return Outcome(accounting, version, found, (*drift, *self.notes), self._first_date, self._last_date)

    def _count(self, part: ParsedUpload) -> None:
        self._read += part.read_count
        self._skipped.update(part.skipped)
        self._rejected.update(part.rejected.reason_code)
        if sum(map(len, self._first_rejected)) < REJECTED_KEPT and len(part.rejected):
            self._first_rejected.append(part.rejected.head(REJECTED_KEPT))
        days = [day for day in (self._first_date, self._last_date, part.first_date, part.last_date) if day is not None]
        self._first_date, self._last_date = min(days, default=None), max(days, default=None)

    def _check_share(self) -> None:
        rejected, unfit = self._rejected.total(), sum(self._rejected[reason] for reason in self._by_rules)
        refusal = too_many_rejected(self._read, rejected - unfit, self._allowed)
        if unfit and rejected + self._skipped.total() == self._read:
            refusal = "No row of the file can be loaded."
        if refusal is None or self._read <= self._correctable:
            return
        reason, count = self._rejected.most_common(1)[0]
        rows = self._rows_rejected()
        first = rows[rows.reason_code == reason].iloc[0] if (rows.reason_code == reason).any() else rows.iloc[0]
        raise self.refused(
            f"{refusal} Most often {reason} ({count:,}). Line {first.line_number}: {first.message} Correct the file "
            "and send it again."
        )

    def _rows_rejected(self) -> pd.DataFrame:
        rows = self._first_rejected
        return pd.concat(rows, ignore_index=True).head(REJECTED_KEPT) if rows else pd.DataFrame()


def too_many_rejected(read: int, rejected: int, allowed: float) -> str | None:
    """Report in a sentence that too large a share of the rows was rejected; return None if it was not."""
    if not read or rejected / read <= allowed:
        return None
    return (
        f"{rejected:,} of {count_of(read, 'row')} ({rejected / read:.1%}) can't be read; at most {allowed:.1%} may be "
        "rejected (setting upload_rejected_share)."
    )


def keep_rejected(tx: Tenant, upload: Upload, rejected: pd.DataFrame) -> None:
    """Keep rejected rows whole, with their reasons.

    Args:
        tx: the transaction that loads the upload, or that records its failure.
        upload: the upload whose rows they are.
        rejected: line_number, reason_code, column_name, message, raw, and sheet_name if the file has sheets.
    """
    if rejected.empty:
        return
    driver = tx.connection.connection.driver_connection
    assert driver is not None
    driver.execute(STAGE_REJECTED)
    driver.execute("TRUNCATE upload_rejected")
    sheets = rejected["sheet_name"] if "sheet_name" in rejected else [None] * len(rejected)
    columns = (rejected[name] for name in ("line_number", "reason_code", "column_name", "message", "raw"))
    with driver.cursor() as cursor, cursor.copy(COPY_REJECTED) as copy:
        for sheet, line, reason, column, message, raw in zip(sheets, *columns, strict=True):
            # PostgreSQL can't store NUL in text or JSON; the replacement character shows where it was.
            shown = json.dumps(raw, ensure_ascii=False).replace("\\u0000", "\N{REPLACEMENT CHARACTER}")
            texts = (None if pd.isna(text) else str(text).replace("\0", " ") for text in (column, message))
            copy.write_row((sheet, int(line), reason, *texts, shown))
    driver.execute(KEEP_REJECTED, (tx.restaurant.id, upload.id))
