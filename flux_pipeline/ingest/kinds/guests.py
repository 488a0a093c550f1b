"""Files of reservations. Nothing is read about the guests themselves, not even a name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.ingest.cells.dates.moments import END_OF_DAY, Moments
from flux_pipeline.ingest.cells.forms import MOMENT, choice, parse_cells, whole
from flux_pipeline.ingest.contracts import Contract, Field, Place, ReadContext, Reading
from flux_pipeline.ingest.kinds.sales.days import SoldWhen, find_business_days
from flux_pipeline.ingest.kinds.texts import judge_text
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts

# The largest wedding; a larger number is a telephone number.
_PARTY_SIZE = whole(1, 2000)

_STATUS = choice(
    {
        "booked": "reserved,confirmed,pending,new,open,waiting,gebucht,reserviert,bestätigt,offen,réservé,confirmé,"
        "reservado,confirmado,prenotato,confermato,geboekt,gereserveerd,bevestigd",
        "seated": "arrived,checked in,platziert,eingetroffen,installé,arrivé,sentado,llegado,seduto,arrivato,"
        "geplaatst,aangekomen,chegou",
        "completed": "done,finished,left,closed,abgeschlossen,erledigt,gegangen,terminé,parti,completado,terminado,"
        "completato,terminato,afgerond,voltooid,concluído",
        "cancelled": "canceled,storniert,abgesagt,annulé,cancelado,anulado,annullato,cancellato,disdetto,geannuleerd",
        "no_show": "noshow,did not show,nicht erschienen,non présenté,absent,no presentado,non presentato,"
        "niet verschenen,não compareceu",
    },
    default="booked",
)

_FIELDS = (
    Field(
        "date",
        "the day of the visit, alone or with the time; local time",
        "2024-03-01",
        MOMENT,
        required=True,
        words="shared.date reservations.date",
    ),
    Field(
        "time",
        "the time of the visit, if it has its own column; local time",
        "19:30",
        MOMENT,
        words="reservations.time",
    ),
    Field("party_size", "how many guests", "4", _PARTY_SIZE, required=True, words="reservations.party_size"),
    Field(
        "status",
        "booked, seated, completed, cancelled or no_show; default: booked",
        "booked",
        _STATUS,
        words="reservations.status",
    ),
    Field(
        "booked_at",
        "when it was booked, a day or a local time",
        "2024-02-20 10:15",
        MOMENT,
        words="reservations.booked_at",
    ),
    Field(
        "external_id",
        "the reservation's number in the booking system; a later file with the same number replaces it",
        "R-1042",
        words="reservations.external_id",
        is_code=True,
    ),
)

_FRAME = pa.DataFrameSchema(
    {
        "line_number": pa.Column("int64", pa.Check.ge(2), unique=True),
        "business_date": pa.Column("datetime64[s]"),
        "at": pa.Column(pd.DatetimeTZDtype("us", "UTC")),
        "party_size": _PARTY_SIZE.column(required=True),
        "status": _STATUS.column(required=True),
        "booked_at": pa.Column(pd.DatetimeTZDtype("us", "UTC"), nullable=True),
        "external_id": pa.Column(object, pa.Check.ne(""), nullable=True),
    },
    checks=pa.Check(
        lambda rows: rows["booked_at"].isna() | (rows["booked_at"] <= rows["at"]), name="booked before the visit"
    ),
    strict=True,
    ordered=True,
)


def read_reservations(table: MappedTable, context: ReadContext) -> Reading:
    """Read every row of a file of reservations; equal rows are different parties, unless they have the same number.

    A time without a zone is local time of the place; a visit before its cutoff counts for the business day before. A
    booking on a bare day is known at the end of that day, or at the visit if that is earlier. The rules, first to last:
    blank_line (skipped), too_many_fields, missing_date, bad_date, bad_time, missing_time, missing_party_size,
    bad_party_size, bad_status, bad_booked_at, booked_after_visit, bad_external_id, external_id_too_long,
    repeated_row (skipped: a later row has the same number; the last one counts).
    """
    verdicts = Verdicts(table)
    verdicts.set_aside_malformed()
    survey, place = context.survey, context.place
    dates, times, booked = (survey.moments(table, name) for name in ("date", "time", "booked_at"))
    _check_visit(table, dates, times, verdicts)
    visit = find_business_days(dates, times, place)
    size, status = _read_party(table, survey.mark("party_size"), verdicts)
    booked_at = _read_booking(booked, visit, place, verdicts)
    judge_text(table, verdicts, "external_id")
    rows = pd.DataFrame(
        {
            "line_number": table.line_numbers,
            "business_date": visit.business_date,
            "at": visit.sold_at,
            "party_size": size,
            "status": status,
            "booked_at": booked_at,
            "external_id": pd.Series(table.texts("external_id").rows_or(None), dtype=object),
        }
    )
    # A row without a number differs from all others.
    verdicts.skip_repeated(pd.DataFrame({"key": rows.external_id.fillna(rows.line_number)}))
    return Reading(rows, verdicts)


def _check_visit(table: MappedTable, dates: Moments, times: Moments, verdicts: Verdicts) -> None:
    verdicts.reject(dates.blank, "missing_date", "date", "The row has no date; expected the day of the visit.")
    verdicts.reject(dates.bad, "bad_date", "date", "'{found}' is not a date; expected one such as 2024-03-01.")
    verdicts.reject(
        times.bad_clock | times.bad_day, "bad_time", "time", "'{found}' is not a time; expected one such as 19:30."
    )
    verdicts.reject(
        np.isnat(dates.clock) & np.isnat(times.clock),
        "missing_time",
        "time" if table.has("time") else "date",
        "The row has no time for the visit; expected one such as 19:30.",
    )


def _read_party(table: MappedTable, mark: str, verdicts: Verdicts) -> tuple[object, pd.Series]:
    sizes = table.texts("party_size")
    verdicts.reject(sizes.blank, "missing_party_size", "party_size", "The row has no number of guests; expected one.")
    size, bad_size = parse_cells(sizes, _PARTY_SIZE, mark)
    verdicts.reject(
        bad_size, "bad_party_size", "party_size", f"'{{found}}' can't be a party size; expected {_PARTY_SIZE.expected}."
    )
    status, bad_status = parse_cells(table.texts("status"), _STATUS, mark)
    verdicts.reject(bad_status, "bad_status", "status", f"'{{found}}' is not a status; expected {_STATUS.expected}.")
    return pd.array(size, dtype="Int64"), pd.Series(status, dtype=object)


def _read_booking(booked: Moments, visit: SoldWhen, place: Place | None, verdicts: Verdicts) -> pd.DatetimeIndex:
    verdicts.reject(
        booked.bad,
        "bad_booked_at",
        "booked_at",
        "'{found}' is not a day or time; expected one such as 2024-02-20 10:15.",
    )
    is_bare = ~np.isnat(booked.day) & np.isnat(booked.clock)
    ends_with_day = replace(booked, clock=np.where(is_bare, END_OF_DAY.astype("timedelta64[us]"), booked.clock))
    booked_at = find_business_days(ends_with_day, _no_times(booked), place).sold_at
    # A bare day ends after a visit on its evening; both are on the same business day then.
    on_same_day = is_bare & (booked.day <= visit.business_date.astype("datetime64[D]"))
    booked_at = booked_at.where(~on_same_day | (booked_at <= visit.sold_at), visit.sold_at)
    verdicts.reject(
        np.asarray(booked_at > visit.sold_at),
        "booked_after_visit",
        "booked_at",
        "The booking ('{found}') is after the visit; expected an earlier day or time.",
    )
    return booked_at


def _no_times(like: Moments) -> Moments:
    none = np.full(len(like.day), np.timedelta64("NaT", "us"))
    nothing = np.zeros(len(like.day), dtype=bool)
    return Moments(np.full(len(like.day), np.datetime64("NaT", "D")), none, none, ~nothing, nothing, nothing)


RESERVATIONS = Contract(
    kind="reservations",
    version="2",
    description="Who comes when: a line for each party; equal lines are different parties, and names are not kept.",
    shared=False,
    fields=_FIELDS,
    choices=(),
    frame=_FRAME,
    day_column="business_date",
    read=read_reservations,
)
