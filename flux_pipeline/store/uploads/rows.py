"""A file's rows on their way in, block by block: each block accounted for, what was rejected kept, the rest handed on.

Where valid rows go, the loader of their kind knows.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.upload import OpenUpload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline.wording import count_of

# Of a file that is refused, or that all restaurants share, so many rejected rows are kept; more would say nothing new.
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
    """Nothing of a file is loaded though all of it was read. The others say what is kept of it."""

    def __init__(
        self, message: str, accounting: Accounting, rejected: pd.DataFrame, detected_format: Mapping[str, Any]
    ) -> None:
        super().__init__(message)
        self.accounting = accounting
        self.rejected = rejected
        self.detected_format = detected_format


class Intake:
    """The blocks of one upload, read once. The counts are whole when the blocks are."""

    def __init__(
        self, tx: Tenant, upload: Upload, opened: OpenUpload, allowed_share: float, correctable: int = 0
    ) -> None:
        """Args: the transaction that loads; the upload; the file; the share of rows that may be rejected; how many rows
        it may be the correction of, one by one, so that no share of so few means that the file isn't understood."""
        self._correctable = correctable
        self._tx, self._upload, self._opened, self._allowed = tx, upload, opened, allowed_share
        self._read = 0
        self._skipped: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._first_rejected: list[pd.DataFrame] = []
        self.notes: list[str] = []
        self.is_read = False
        self.first_date: dt.date | None = None
        self.last_date: dt.date | None = None
        self.contract_version = opened.contract.version
        self.detected_format: Mapping[str, Any] = opened.detected_format

    def parts(self) -> Iterator[ParsedUpload]:
        """Each block, after its rejected rows are kept.

        Raises:
            RefusedUploadError: after the last, where too large a share was rejected.
        """
        for part in self._opened.parts():
            self._count(part)
            keep_rejected(self._tx, self._upload, part.rejected)
            yield part
        self.is_read = True
        self._judge()

    def note(self, sentence: str) -> None:
        """Keep what a person should know of the upload beside its counts."""
        self.notes.append(sentence)

    def whole(self) -> ParsedUpload:
        """All blocks as one, for kinds whose files are small."""
        return merged(list(self.parts()))

    def refused(self, reason: str) -> RefusedUploadError:
        """The refusal of a file that is read to its end, with the counts of all rows and the first rejected ones."""
        valid = self._read - self._skipped.total() - self._rejected.total()
        counts = self.accounting(0, {"upload_refused": valid} if valid else {})
        return RefusedUploadError(reason, counts, self._rows_rejected(), self.detected_format)

    def accounting(self, loaded: int, skipped: Mapping[str, int]) -> Accounting:
        """The accounting of the whole file, of whose valid rows so many were loaded and the rest skipped."""
        reasons = self._skipped + Counter(skipped)
        return Accounting(
            read=self._read,
            loaded=loaded,
            skipped=reasons.total(),
            rejected=self._rejected.total(),
            reasons=dict(reasons + self._rejected),
        )

    def _count(self, part: ParsedUpload) -> None:
        self._read += part.read_count
        self._skipped.update(part.skipped)
        self._rejected.update(part.rejected.reason_code)
        if sum(map(len, self._first_rejected)) < REJECTED_KEPT and len(part.rejected):
            self._first_rejected.append(part.rejected.head(REJECTED_KEPT))
        days = [day for day in (self.first_date, self.last_date, part.first_date, part.last_date) if day is not None]
        self.first_date, self.last_date = min(days, default=None), max(days, default=None)

    def _judge(self) -> None:
        rejected = self._rejected.total()
        refusal = too_many_rejected(self._read, rejected, self._allowed)
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
    """That too large a share of the rows was rejected, in a sentence; None where it was not."""
    if not read or rejected / read <= allowed:
        return None
    return (
        f"{rejected:,} of {count_of(read, 'row')} ({rejected / read:.1%}) can't be read, and {allowed:.1%} are allowed "
        "(setting upload_rejected_share)."
    )


def keep_rejected(tx: Tenant, upload: Upload, rejected: pd.DataFrame) -> None:
    """Keep rejected rows whole, with their reasons.

    Args:
        tx: the transaction that loads the upload, or that notes its failure.
        upload: where they come from.
        rejected: line_number, reason_code, column_name, message, raw, and sheet_name where the file has sheets.
    """
    if rejected.empty:
        return
    driver = tx.connection.connection.driver_connection
    assert driver is not None
    driver.execute(STAGE_REJECTED)
    driver.execute("TRUNCATE upload_rejected")
    sheets = rejected["sheet_name"] if "sheet_name" in rejected else [None] * len(rejected)
    given = (rejected[name] for name in ("line_number", "reason_code", "column_name", "message", "raw"))
    with driver.cursor() as cursor, cursor.copy(COPY_REJECTED) as copy:
        for sheet, line, reason, column, message, raw in zip(sheets, *given, strict=True):
            # PostgreSQL keeps no NUL, in text or in JSON; what stood there is shown as the sign for "unreadable".
            shown = json.dumps(raw, ensure_ascii=False).replace("\\u0000", "\N{REPLACEMENT CHARACTER}")
            texts = (None if pd.isna(text) else str(text).replace("\0", " ") for text in (column, message))
            copy.write_row((sheet, int(line), reason, *texts, shown))
    driver.execute(KEEP_REJECTED, (tx.restaurant.id, upload.id))
