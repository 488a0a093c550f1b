"""Decisions of people on published forecasts: they approve or reject rows, and each act is logged.

A decision changes no figure. A row on which a person decided stays the current one of its day, whatever runs later.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.access.people import User, deciding_person
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.models.access import User as UserRow
from flux_pipeline.store.models.forecasts import DemandForecast
from flux_pipeline.store.records.acts import note_act

VERBS = {"approved": "approve", "rejected": "reject"}
# A message and an audit row name at most this many items; above that, they give the number of items.
NAMED = 5
# Rows of `COLUMNS`.
Rows = Sequence[Any]

COLUMNS = (
    DemandForecast.id,
    DemandForecast.as_of,
    DemandForecast.menu_item_name,
    DemandForecast.forecast_date,
    DemandForecast.status,
    DemandForecast.decided_by,
    DemandForecast.decided_at,
    DemandForecast.is_current,
)


class RowsRefusedError(PermanentError):
    """A refusal that names rows; `without_names` says the same for logs that must not have them."""

    def __init__(self, message: str, without_names: str) -> None:
        """Args: the message for a terminal; the message for a log."""
        super().__init__(message)
        self.without_names = without_names


@dataclass(frozen=True)
class Choice:
    """The rows to decide on: by id, or the current ones as of a day (None: the newest), of an item and of some days."""

    ids: Sequence[uuid.UUID] = ()
    as_of: dt.date | None = None
    item: str | None = None
    dates: Sequence[dt.date] = ()

    @property
    def is_all(self) -> bool:
        """Whether it is all rows of a day, with none singled out."""
        return not (self.ids or self.item or self.dates)


@dataclass(frozen=True)
class Decision:
    """The result for the chosen rows: decided now, decided the same before, and left because decided differently."""

    as_of: Sequence[dt.date]
    decided: int
    unchanged: int
    left: int = 0


def decide_forecasts(
    store: Store, slug: str, status: str, email: str | None, choice: Choice, *, now: dt.datetime, again: bool = False
) -> Decision:
    """Approve or reject forecasts in a person's name: all chosen rows or, if one is refused, none.

    If no rows are singled out, rows that a person decided differently are skipped.

    Idempotent: a row that a person decided the same way keeps its first decision, with its person and time.

    Args:
        store: the store.
        slug: the restaurant's slug.
        status: "approved" or "rejected".
        email: the address of the person who decides; None for FLUX_ACTOR, if that is an address.
        choice: the rows. Days that are over are left out unless they are named.
        now: the moment (aware). Business days that have ended by then are over.
        again: also decide rows that a person decided differently.

    Raises:
        PermanentError: no person of that address may decide here, or a chosen row is unknown, superseded, of a day that
            is over, or decided differently.
    """
    person = deciding_person(store, slug, email)
    with store.tenant(slug) as tx:
        rows = _open_rows(_chosen(tx, choice), tx.restaurant.last_complete_business_day(now), choice)
        differently = [row for row in rows if row.decided_by is not None and row.status != status]
        if differently and not again and not choice.is_all:
            raise _decided_differently(differently, status, _emails(store, differently))
        left = set() if again else {row.id for row in differently}
        wanted = [row for row in rows if row.id not in left and (row.decided_by is None or row.status != status)]
        if wanted:
            _write(tx, wanted, status, person, _emails(store, wanted))
    days = sorted({row.as_of for row in rows})
    return Decision(days, len(wanted), len(rows) - len(wanted) - len(left), len(left))


def _write(tx: Tenant, rows: Rows, status: str, person: User, emails: Mapping[uuid.UUID, str]) -> None:
    """Write the decision and log it, in one transaction."""
    of_days = {row.as_of for row in rows}
    query = update(DemandForecast).where(
        DemandForecast.as_of.in_(of_days), DemandForecast.id.in_([row.id for row in rows])
    )
    values = {"status": status, "decided_by": person.id, "decided_at": func.clock_timestamp()}
    tx.connection.execute(query.values(**values))
    subject = f"{len(rows)} as of {', '.join(_days(of_days))}"
    note_act(tx, f"forecasts.{VERBS[status]}", subject, _before(rows, emails), _after(rows, status, person))


def _chosen(tx: Tenant, choice: Choice) -> Rows:
    """Read the chosen rows and lock them until the transaction ends, so that no run supersedes them meanwhile."""
    query = select(*COLUMNS).order_by(DemandForecast.forecast_date).with_for_update()
    if choice.ids:
        rows = tx.connection.execute(query.where(DemandForecast.id.in_(choice.ids))).all()
        missing = set(choice.ids) - {row.id for row in rows}
        if missing:
            raise PermanentError(
                f"{tx.restaurant.slug} has no forecast with the id {', '.join(sorted(map(str, missing))[:NAMED])}. "
                "`flux forecast --csv` shows the ids."
            )
        return rows
    newest = select(func.max(DemandForecast.as_of)).where(DemandForecast.is_current).scalar_subquery()
    of_day = DemandForecast.is_current, DemandForecast.as_of == (newest if choice.as_of is None else choice.as_of)
    rows = tx.connection.execute(query.where(*of_day)).all()
    if not rows:
        slug = tx.restaurant.slug
        day, option = (f" as of {choice.as_of}", f" --as-of {choice.as_of}") if choice.as_of else ("", "")
        raise PermanentError(f"{slug} has no forecast{day}. Run `flux run --restaurant {slug}{option}` first.")
    if choice.item is not None:
        rows = _of_item(rows, choice.item)
    if choice.dates:
        missing_days = set(choice.dates) - {row.forecast_date for row in rows}
        if missing_days:
            raise PermanentError(
                f"The forecast as of {rows[0].as_of} has no row for {', '.join(_days(missing_days))}. It goes from "
                f"{rows[0].forecast_date} to {rows[-1].forecast_date}."
            )
        rows = [row for row in rows if row.forecast_date in choice.dates]
    return rows


def _of_item(rows: Rows, item: str) -> Rows:
    """Select the rows of the item of that name, upper or lower case alike. A part of a name is not enough to decide."""
    found = [row for row in rows if row.menu_item_name.casefold() == item.casefold()]
    if not found:
        close = sorted({row.menu_item_name for row in rows if item.casefold() in row.menu_item_name.casefold()})
        suggestion = f" Did you mean: {_some(close)}?" if close else ""
        missing = f"The forecast as of {rows[0].as_of} has no item called {item!r}."
        raise RowsRefusedError(f"{missing}{suggestion}", f"{missing} `flux forecast` shows its items.")
    return found


def _open_rows(rows: Rows, last_day: dt.date, choice: Choice) -> Rows:
    """Select the rows that can still be decided on; raise PermanentError if a named row can't."""
    superseded = [row for row in rows if not row.is_current]
    if superseded:
        raise PermanentError(
            f"{len(superseded)} of these rows were superseded by a later run, for example "
            f"{superseded[0].menu_item_name} on {superseded[0].forecast_date}. Decide on the current ones: "
            "`flux forecast --csv` shows their ids."
        )
    ahead = [row for row in rows if row.forecast_date > last_day]
    if len(ahead) < len(rows) and (choice.ids or choice.dates or not ahead):
        over = _days(row.forecast_date for row in rows if row.forecast_date <= last_day)
        raise PermanentError(
            f"Nothing can be decided for days that are over: {_some(over)}. Their published forecasts are compared "
            "with what was sold."
        )
    return ahead


def _emails(store: Store, rows: Rows) -> dict[uuid.UUID, str]:
    """Return the addresses of the people who decided on the rows; only the fleet role sees them."""
    ids = {row.decided_by for row in rows} - {None}
    if not ids:
        return {}
    with store.fleet() as fleet:
        return {
            row.id: row.email for row in fleet.execute(select(UserRow.id, UserRow.email).where(UserRow.id.in_(ids)))
        }


def _decided_differently(rows: Rows, status: str, emails: Mapping[uuid.UUID, str]) -> RowsRefusedError:
    first = rows[0]
    return RowsRefusedError(
        f"{len(rows)} of these rows were {first.status} by {_some(sorted(emails.values()))}, for example "
        f"{first.menu_item_name} on {first.forecast_date}. Nothing was changed. To mark them {status} anyway, add "
        "--again.",
        f"{len(rows)} of these rows were {first.status} by a person. Nothing was changed. To mark them {status} "
        "anyway, set `again` to true.",
    )


def _before(rows: Rows, emails: Mapping[uuid.UUID, str]) -> dict[str, int]:
    """Count the rows of each status; those that a person decided are counted for each person."""
    return dict(Counter(f"{row.status}{f' by {emails[row.decided_by]}' if row.decided_by else ''}" for row in rows))


def _after(rows: Rows, status: str, person: User) -> dict[str, Any]:
    names = sorted({row.menu_item_name for row in rows})
    days = _days(row.forecast_date for row in rows)
    items = names if len(names) <= NAMED else f"{len(names)} items"
    return {status: len(rows), "by": person.email, "items": items, "from": days[0], "to": days[-1]}


def _days(days: Iterable[dt.date]) -> list[str]:
    return [day.isoformat() for day in sorted(set(days))]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
