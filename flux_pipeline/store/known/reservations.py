"""Reservations: stored in versions, so that the bookings as known at any moment can be read."""

import datetime as dt
import hashlib

import pandas as pd
from sqlalchemy import case, select, text

from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.store.models.known import Reservation
from flux_pipeline.store.postgres.copying import stage
from flux_pipeline.store.uploads.registry import Upload, accounting_of

RESERVATIONS = Versioned(Reservation, ("external_id",), ("business_date", "at", "party_size", "status"))
# The party doesn't come.
GONE = ("cancelled", "no_show")

SUPERSEDE = """
UPDATE reservations r SET superseded_at = greatest(:received_at, r.known_at + interval '1 microsecond')
FROM reservation_rows n
WHERE r.external_id = n.external_id AND r.superseded_at IS NULL
  AND (r.business_date, r.at, r.party_size, r.status)
      IS DISTINCT FROM (n.business_date, n.at, n.party_size, n.status)
"""
# A file that is handed in after the visit has only the final status of a reservation. It was booked from its booking
# until the visit, or until the file was handed in if that was earlier.
BOOKED_FIRST = """
INSERT INTO reservations
    (restaurant_id, external_id, business_date, at, party_size, status, booked_at, known_at, superseded_at)
SELECT :restaurant_id, n.external_id, n.business_date, n.at, n.party_size, 'booked',
       n.booked_at, n.booked_at, least(:received_at, n.at)
FROM reservation_rows n
WHERE n.status <> 'booked' AND n.booked_at < least(:received_at, n.at)
  AND NOT EXISTS (SELECT FROM reservations r WHERE r.external_id = n.external_id)
"""
ADD = """
INSERT INTO reservations (restaurant_id, external_id, business_date, at, party_size, status, booked_at, known_at)
SELECT :restaurant_id, n.external_id, n.business_date, n.at, n.party_size, n.status,
       coalesce(n.booked_at, earlier.booked_at),
       coalesce(earlier.superseded_at, n.booked_at, :received_at)
FROM reservation_rows n
LEFT JOIN (
    SELECT external_id, max(superseded_at) AS superseded_at, min(booked_at) AS booked_at
    FROM reservations GROUP BY external_id
) earlier USING (external_id)
WHERE NOT EXISTS (SELECT FROM reservations r WHERE r.external_id = n.external_id AND r.superseded_at IS NULL)
"""


def bookings_known(tx: Tenant, known_at: dt.datetime) -> pd.DataFrame:
    """Return the reservations as known at `known_at`, one row each.

    Returns:
        business_date, party_size, booked_at (UTC; NaT: unknown), gone_at (UTC: since when it is known that the party
        doesn't come; NaT: it comes), known_at.
    """
    query = (
        select(
            Reservation.business_date,
            Reservation.party_size,
            Reservation.booked_at,
            case((Reservation.status.in_(GONE), Reservation.known_at)).label("gone_at"),
            Reservation.known_at,
        )
        .where(RESERVATIONS.as_known_at(known_at))
        .order_by(Reservation.business_date, Reservation.external_id)
    )
    result = tx.connection.execute(query)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    moments = {name: pd.to_datetime(frame[name], utc=True) for name in ("booked_at", "gone_at", "known_at")}
    return frame.assign(business_date=pd.to_datetime(frame.business_date), **moments)


def load_reservations(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Store a file's reservations, and new versions of those that changed.

    Idempotent: a reservation is recognised by its number; without one by visit, party, booking and its place among
    equal ones, so that only its status can change. One that a file leaves out is kept: files may be parts. A
    reservation without a time of booking, and a change, is known since the file was handed in; what was known before
    stays on record.
    """
    if parsed.rows.empty:
        return accounting_of(parsed)
    rows = parsed.rows.assign(external_id=_external_ids(parsed.rows))
    columns = RESERVATIONS.table.c
    staged = (*RESERVATIONS.key, *RESERVATIONS.values, "booked_at")
    stage(tx.connection, "reservation_rows", {name: columns[name].type for name in staged}, rows)
    when = {"received_at": upload.received_at}
    tx.connection.execute(text(SUPERSEDE), when)
    added = {**when, "restaurant_id": tx.restaurant.id}
    tx.connection.execute(text(BOOKED_FIRST), added)
    return accounting_of(parsed, written=tx.connection.execute(text(ADD), added).rowcount)


def _external_ids(rows: pd.DataFrame) -> pd.Series:
    """Return the number of each reservation; without one, a digest that is the same in every file."""
    numbers = rows.external_id.copy()
    without = numbers.isna()
    identity = rows.loc[without, ["at", "party_size", "booked_at"]]
    place = identity.fillna({"booked_at": pd.Timestamp(0, tz="UTC")}).groupby(list(identity.columns)).cumcount()
    numbers[without] = [
        hashlib.sha256(repr((str(at), int(size), str(booked), int(number))).encode()).hexdigest()[:32]
        for (at, size, booked), number in zip(identity.itertuples(index=False, name=None), place, strict=True)
    ]
    return numbers
