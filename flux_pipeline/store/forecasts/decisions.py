"""What a person decides on published forecasts: approved or rejected, once, and noted.

A decision changes no figure. The row on which a person decided stays the current one of its day, whatever runs later.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.access.people import User, find_user
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.models.access import RestaurantMember
from flux_pipeline.store.models.access import User as UserRow
from flux_pipeline.store.models.forecasts import DemandForecast
from flux_pipeline.store.records.acts import note_act

VERBS = {"approved": "approve", "rejected": "reject"}
# A sentence and a note name so many items; beyond that their number says more.
NAMED = 5
# Of `COLUMNS`.
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


@dataclass(frozen=True)
class Choice:
    """Which rows: by id, or the current ones as of a day (None: the newest), of one item and of some days."""

    ids: Sequence[uuid.UUID] = ()
    as_of: dt.date | None = None
    item: str | None = None
    dates: Sequence[dt.date] = ()

    @property
    def is_all(self) -> bool:
        """Whether it is everything of a day, and nothing of it is meant in particular."""
        return not (self.ids or self.item or self.dates)


@dataclass(frozen=True)
class Decision:
    """What became of the chosen rows: decided now, decided so before, and left as a person decided differently."""

    as_of: Sequence[dt.date]
    decided: int
    unchanged: int
    left: int = 0


def decide_forecasts(
    store: Store, slug: str, status: str, email: str | None, choice: Choice, *, now: dt.datetime, again: bool = False
) -> Decision:
    """Approve or reject forecasts in a person's name: all of the chosen rows, or, where one is refused, none.

    Who decides on everything decides on the rest: a row on which a person decided differently is then left.

    Idempotent: a row on which a person decided the same stays as it was, with who decided first and when.

    Args:
        store: the store.
        slug: the restaurant's.
        status: "approved" or "rejected".
        email: who decides; None: FLUX_ACTOR, where that is an address.
        choice: which rows; days that are over are left out unless they are named.
        now: the moment (aware); a business day that has ended then is over.
        again: decide also where a person decided differently.

    Raises:
        PermanentError: nobody of that address may decide here; a chosen row is not there, superseded, of a day that is
            over, or decided differently.
    """
    person = _who_decides(store, slug, email)
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
    """Decide, and note it, in one transaction."""
    of_days = {row.as_of for row in rows}
    query = update(DemandForecast).where(
        DemandForecast.as_of.in_(of_days), DemandForecast.id.in_([row.id for row in rows])
    )
    values = {"status": status, "decided_by": person.id, "decided_at": func.clock_timestamp()}
    tx.connection.execute(query.values(**values))
    subject = f"{len(rows)} as of {', '.join(_days(of_days))}"
    note_act(tx, f"forecasts.{VERBS[status]}", subject, _before(rows, emails), _after(rows, status, person))


def _who_decides(store: Store, slug: str, email: str | None) -> User:
    """An active person who works at the restaurant, or an admin of the group."""
    said = email or (store.settings.actor if "@" in store.settings.actor else None)
    if said is None:
        raise PermanentError(
            "A decision is a person's: say whose with --by EMAIL, or set FLUX_ACTOR to the address. `flux users list` "
            "shows who there is."
        )
    with store.fleet() as fleet:
        person = find_user(fleet, said)
    if not person.is_active:
        raise PermanentError(f"{person.email} is not active and decides nothing; `flux users activate` changes that.")
    with store.tenant(slug) as tx:
        works_here = select(RestaurantMember.id).where(RestaurantMember.user_id == person.id)
        if person.role != "admin" and tx.connection.scalar(works_here) is None:
            raise PermanentError(
                f"{person.email} does not work at {slug}, so the decision is not theirs. "
                f"`flux users join {person.email} --restaurant {slug}` says that they do."
            )
    return person


def _chosen(tx: Tenant, choice: Choice) -> Rows:
    """The rows, locked until the transaction ends: no run supersedes them meanwhile."""
    query = select(*COLUMNS).order_by(DemandForecast.forecast_date).with_for_update()
    if choice.ids:
        rows = tx.connection.execute(query.where(DemandForecast.id.in_(choice.ids))).all()
        missing = set(choice.ids) - {row.id for row in rows}
        if missing:
            raise PermanentError(
                f"{tx.restaurant.slug} has no forecast of the id {', '.join(sorted(map(str, missing))[:NAMED])}. "
                "`flux forecast --csv` shows the ids."
            )
        return rows
    newest = select(func.max(DemandForecast.as_of)).where(DemandForecast.is_current).scalar_subquery()
    of_day = DemandForecast.is_current, DemandForecast.as_of == (newest if choice.as_of is None else choice.as_of)
    rows = tx.connection.execute(query.where(*of_day)).all()
    if not rows:
        day = f" as of {choice.as_of}" if choice.as_of else ""
        raise PermanentError(f"{tx.restaurant.slug} has no forecast{day}. Run `flux run` first.")
    if choice.item is not None:
        rows = _of_item(rows, choice.item)
    if choice.dates:
        missing_days = set(choice.dates) - {row.forecast_date for row in rows}
        if missing_days:
            raise PermanentError(
                f"The forecast as of {rows[0].as_of} has no row of {', '.join(_days(missing_days))}; it looks from "
                f"{rows[0].forecast_date} to {rows[-1].forecast_date}."
            )
        rows = [row for row in rows if row.forecast_date in choice.dates]
    return rows


def _of_item(rows: Rows, item: str) -> Rows:
    """The rows of the item of that name, whatever the case. A part of a name decides nothing."""
    found = [row for row in rows if row.menu_item_name.casefold() == item.casefold()]
    if not found:
        close = sorted({row.menu_item_name for row in rows if item.casefold() in row.menu_item_name.casefold()})
        meant = f" Did you mean: {_some(close)}?" if close else ""
        raise PermanentError(f"The forecast as of {rows[0].as_of} has no item called {item!r}.{meant}")
    return found


def _open_rows(rows: Rows, last_day: dt.date, choice: Choice) -> Rows:
    """The rows that can still be decided on."""
    superseded = [row for row in rows if not row.is_current]
    if superseded:
        raise PermanentError(
            f"{len(superseded)} of these rows were superseded by a later run, like {superseded[0].menu_item_name} on "
            f"{superseded[0].forecast_date}. Decide on the current ones: `flux forecast --csv` shows their ids."
        )
    ahead = [row for row in rows if row.forecast_date > last_day]
    if len(ahead) < len(rows) and (choice.ids or choice.dates or not ahead):
        over = _days(row.forecast_date for row in rows if row.forecast_date <= last_day)
        raise PermanentError(
            f"Nothing is left to decide on days that are over: {_some(over)}. What was published for them is compared "
            "with what was sold."
        )
    return ahead


def _emails(store: Store, rows: Rows) -> dict[uuid.UUID, str]:
    """The addresses of those who decided on the rows; only the fleet sees them."""
    ids = {row.decided_by for row in rows} - {None}
    if not ids:
        return {}
    with store.fleet() as fleet:
        return {
            row.id: row.email for row in fleet.execute(select(UserRow.id, UserRow.email).where(UserRow.id.in_(ids)))
        }


def _decided_differently(rows: Rows, status: str, emails: Mapping[uuid.UUID, str]) -> PermanentError:
    first = rows[0]
    return PermanentError(
        f"{len(rows)} of these rows were {first.status} by {_some(sorted(emails.values()))}, like "
        f"{first.menu_item_name} on {first.forecast_date}. Nothing was changed; with --again they are {status} all the "
        "same."
    )


def _before(rows: Rows, emails: Mapping[uuid.UUID, str]) -> dict[str, int]:
    """How many rows of each status, those that a person had decided apart."""
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
