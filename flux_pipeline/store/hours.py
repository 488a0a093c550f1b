"""When a restaurant is open: its weekly hours and its irregular closed days, in and out."""

import datetime as dt
from typing import Any

import pandas as pd
from sqlalchemy import delete, func, insert, or_, select, text
from sqlalchemy.dialects import postgresql

from flux_pipeline.audit import Accounting
from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest import ParsedUpload
from flux_pipeline.ingest.wording import count_of
from flux_pipeline.staffing import check_week
from flux_pipeline.store.models import Closure, OperatingHours
from flux_pipeline.store.store import Tenant
from flux_pipeline.store.uploads import Upload, accounting_of

HOURS = ["day_of_week", "open_time", "close_time", "is_closed"]


def opening_hours(tx: Tenant) -> pd.DataFrame:
    """The declared hours: day_of_week (0 = Monday), open_time, close_time (may cross midnight), is_closed."""
    query = select(*[getattr(OperatingHours, name) for name in HOURS]).order_by(
        OperatingHours.day_of_week, OperatingHours.open_time
    )
    return pd.DataFrame(tx.connection.execute(query).all(), columns=HOURS)


def closures_known(tx: Tenant, known_at: dt.datetime) -> pd.DataFrame:
    """The irregular closed days that were known at a moment: date, reason."""
    query = select(Closure.date, Closure.reason).where(Closure.known_at <= known_at).order_by(Closure.date)
    frame = pd.DataFrame(tx.connection.execute(query).all(), columns=["date", "reason"])
    return frame.assign(date=pd.to_datetime(frame.date))


def announced_closures(tx: Tenant) -> pd.DataFrame:
    """All irregular closed days, those included that are to be known only later: date, reason, known_at."""
    query = select(Closure.date, Closure.reason, Closure.known_at).order_by(Closure.date)
    return pd.DataFrame(tx.connection.execute(query).all(), columns=["date", "reason", "known_at"])


def add_closures(tx: Tenant, closures: pd.DataFrame) -> int:
    """Note irregular closed days (date, reason, known_at); returns how many changed anything.

    Idempotent by day. A day keeps the earliest moment at which it is said to be known.
    """
    rows = [{"restaurant_id": tx.restaurant.id, **row} for row in _records(closures)]
    if not rows:
        return 0
    new = postgresql.insert(Closure).values(rows)
    changed = new.on_conflict_do_update(
        index_elements=["restaurant_id", "date"],
        set_={"reason": new.excluded.reason, "known_at": func.least(Closure.known_at, new.excluded.known_at)},
        where=or_(Closure.reason != new.excluded.reason, Closure.known_at > new.excluded.known_at),
    )
    return len(tx.connection.execute(changed.returning(Closure.id)).all())


def remove_closures(tx: Tenant, day: dt.date) -> bool:
    """Take an irregular closed day back; whether there was one."""
    return tx.connection.execute(delete(Closure).where(Closure.date == day)).rowcount > 0


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
