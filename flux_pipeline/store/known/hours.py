"""When a restaurant is open: its weekly hours and its irregular closed days, in and out."""

import datetime as dt
from typing import Any

import pandas as pd
from sqlalchemy import insert, or_, select, text, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.staffing.week import check_week
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.known import Closure, OperatingHours
from flux_pipeline.store.postgres.copying import stage
from flux_pipeline.store.uploads.registry import Upload, accounting_of
from flux_pipeline.wording import count_of

HOURS = ["day_of_week", "open_time", "close_time", "is_closed"]
CLOSURE_ROWS = {"date": "date", "reason": "text", "known_at": "timestamp"}

FROM_NOW_ON = "greatest(now(), closures.known_at + interval '1 microsecond')"
KNOWN_EARLIER = """
UPDATE closures SET known_at = r.known_at AT TIME ZONE 'UTC'
FROM closure_rows r
WHERE closures.date = r.date AND closures.superseded_at IS NULL AND closures.reason = r.reason
  AND r.known_at AT TIME ZONE 'UTC' < closures.known_at
  AND NOT EXISTS (SELECT FROM closures earlier WHERE earlier.date = r.date AND earlier.superseded_at IS NOT NULL)
"""
SUPERSEDE = f"""
UPDATE closures SET superseded_at = {FROM_NOW_ON}
FROM closure_rows r
WHERE closures.date = r.date AND closures.superseded_at IS NULL AND closures.reason <> r.reason
"""  # noqa: S608
ADD = """
INSERT INTO closures (restaurant_id, date, reason, known_at)
SELECT :restaurant_id, r.date, r.reason, greatest(r.known_at AT TIME ZONE 'UTC', earlier.superseded_at)
FROM closure_rows r
LEFT JOIN (SELECT date, max(superseded_at) AS superseded_at FROM closures GROUP BY date) earlier USING (date)
WHERE NOT EXISTS (SELECT FROM closures c WHERE c.date = r.date AND c.superseded_at IS NULL)
"""


def opening_hours(tx: Tenant) -> pd.DataFrame:
    """The declared hours: day_of_week (0 = Monday), open_time, close_time (may cross midnight), is_closed."""
    query = select(*[getattr(OperatingHours, name) for name in HOURS]).order_by(
        OperatingHours.day_of_week, OperatingHours.open_time
    )
    return pd.DataFrame(tx.connection.execute(query).all(), columns=HOURS)


def closures_known(tx: Tenant, known_at: dt.datetime) -> pd.DataFrame:
    """The irregular closed days that were known at a moment: date, reason."""
    is_known = (Closure.known_at <= known_at, or_(Closure.superseded_at.is_(None), Closure.superseded_at > known_at))
    query = select(Closure.date, Closure.reason).where(*is_known).order_by(Closure.date)
    frame = pd.DataFrame(tx.connection.execute(query).all(), columns=["date", "reason"])
    return frame.assign(date=pd.to_datetime(frame.date))


def announced_closures(tx: Tenant) -> pd.DataFrame:
    """All irregular closed days, those included that are to be known only later: date, reason, known_at."""
    stands = Closure.superseded_at.is_(None)
    query = select(Closure.date, Closure.reason, Closure.known_at).where(stands).order_by(Closure.date)
    return pd.DataFrame(tx.connection.execute(query).all(), columns=["date", "reason", "known_at"])


def add_closures(tx: Tenant, closures: pd.DataFrame) -> int:
    """Note irregular closed days (date, reason, known_at); returns how many changed anything.

    Idempotent by day. A day keeps the earliest moment at which it is said to be known; another reason counts from now
    on, and what was known until then stays on record.
    """
    moments = pd.to_datetime(closures.known_at, utc=True)
    stage(tx.connection, "closure_rows", CLOSURE_ROWS, closures.assign(known_at=moments))
    written = tx.connection.execute(text(KNOWN_EARLIER)).rowcount
    tx.connection.execute(text(SUPERSEDE))
    written += tx.connection.execute(text(ADD), {"restaurant_id": tx.restaurant.id}).rowcount
    tx.connection.execute(text("DROP TABLE closure_rows"))
    return written


def remove_closures(tx: Tenant, day: dt.date) -> bool:
    """Take an irregular closed day back from now on; whether there was one. That it was known stays on record."""
    standing = update(Closure).where(Closure.date == day, Closure.superseded_at.is_(None))
    return tx.connection.execute(standing.values(superseded_at=text(FROM_NOW_ON))).rowcount > 0


def set_opening_hours(tx: Tenant, hours: pd.DataFrame) -> None:
    """Replace the declared hours by `hours` (day_of_week, open_time, close_time, is_closed).

    Raises:
        PermanentError: they contradict each other.
    """
    check_week(hours)
    tx.lock()
    tx.connection.execute(text("DELETE FROM operating_hours"))
    rows = [{"restaurant_id": tx.restaurant.id, **row} for row in _records(hours)]
    if rows:
        tx.connection.execute(insert(OperatingHours), rows)


def load_opening_hours(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Replace the declared hours by a file's; a file that says what stands changes nothing.

    Raises:
        PermanentError: a row was rejected. A week with a row missing would close that day.
    """
    if parsed.rejected_count:
        first = parsed.rejected.iloc[0]
        raise PermanentError(
            f"{parsed.rejected_count} of {count_of(parsed.read_count, 'row')} can't be read, and opening hours are "
            f"replaced as a whole. Line {first.line_number}: {first.message} Correct the file and send it again."
        )
    rows = parsed.rows[HOURS]
    if _week(rows) == _week(opening_hours(tx)):
        return accounting_of(parsed, written=0)
    set_opening_hours(tx, rows)
    return accounting_of(parsed)


def load_closures(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Note a file's closed days; what it doesn't say since when it is known became known with the file."""
    rows = parsed.rows.assign(
        date=parsed.rows.date.dt.date,
        reason=parsed.rows.reason.fillna("closed"),
        known_at=parsed.rows.known_at.fillna(pd.Timestamp(upload.received_at)),
    )
    return accounting_of(parsed, written=add_closures(tx, rows[["date", "reason", "known_at"]]))


def _week(hours: pd.DataFrame) -> set[tuple[Any, ...]]:
    return {tuple(row.values()) for row in _records(hours)}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dictionaries, missing values as None."""
    return [
        {str(key): value for key, value in row.items()}
        for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
    ]
