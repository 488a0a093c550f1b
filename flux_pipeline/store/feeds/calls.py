"""Calls of feeds: which answers are stored, so that none is asked for twice, and which are owed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.engine import Connection

from flux_pipeline.records.alerts import Severity
from flux_pipeline.records.feeds import LONG_AGO, Feed
from flux_pipeline.store.models.feeds import FeedCall
from flux_pipeline.store.records.alerts import close_operator_alert, open_operator_alert
from flux_pipeline.wording import duration, printable, shortened

if TYPE_CHECKING:
    # It brings pandas, for which a command that lists feeds need not wait.
    from flux_pipeline.ingest.services.answers import SetAside

STORED, FAILED = "stored", "failed"
# Parts of an answer that are not stored are counted; so many of them are kept to be looked at.
SET_ASIDE_KEPT = 50
LONGEST_SENTENCE = 600
# The kind of the alert about a feed that does not answer.
UNANSWERED = "feed_does_not_answer"


@dataclass(frozen=True)
class Call:
    """An answer that is asked for: of which feed and product, about what, of which vintage."""

    feed: Feed
    product: str
    about: str
    vintage: dt.datetime

    @property
    def in_words(self) -> str:
        """Its name in sentences, which is what an alert is about: a feed may fail for one place and not for another."""
        what = self.product if self.about == self.feed.name else f"{self.product} of {self.about}"
        return f"{self.feed.name}, {what}"


def stored_answers(connection: Connection, feed: Feed, product: str, vintage: dt.datetime) -> set[str]:
    """Return what the answers of a vintage that are stored are about."""
    query = select(FeedCall.about).where(*_answered(feed), FeedCall.product == product, FeedCall.vintage == vintage)
    return set(connection.scalars(query))


def newest_stored(connection: Connection, call: Call) -> dt.datetime | None:
    """Return when the newest answer like this that is stored came; None if there is none."""
    query = select(func.max(FeedCall.answered_at)).where(
        *_answered(call.feed), FeedCall.product == call.product, FeedCall.about == call.about
    )
    return connection.scalar(query)


def missing_before(connection: Connection, feed: Feed, about: str) -> set[str]:
    """Return the ids of stored events that the newest full answer lacked."""
    query = (
        select(FeedCall.missing)
        .where(*_answered(feed), FeedCall.about == about, FeedCall.is_full)
        .order_by(FeedCall.answered_at.desc())
        .limit(1)
    )
    return set(connection.scalar(query) or ())


def record_stored(
    connection: Connection,
    call: Call,
    answered_at: dt.datetime,
    *,
    rows: int,
    written: int,
    set_aside: Sequence[SetAside] = (),
    sentence: str | None = None,
    is_full: bool = True,
    missing: Sequence[str] = (),
) -> None:
    """Record an answer in the transaction that stores its rows, and close the feed's alert."""
    values: Mapping[str, Any] = {
        "row_count": rows,
        "written_count": written,
        "set_aside_count": sum(part.count for part in set_aside),
        "set_aside": [_printable(part) for part in set_aside[:SET_ASIDE_KEPT]],
        "is_full": is_full,
        "missing": sorted(missing),
    }
    _record(connection, call, answered_at, STORED, sentence, values)
    close_operator_alert(connection, UNANSWERED, call.in_words)


def record_failed(connection: Connection, call: Call, answered_at: dt.datetime, sentence: str) -> str:
    """Record why nothing of an answer is stored, and open the feed's alert; return the sentence with the values' age.

    The last good values stay, and forecasts go on with them or, where they end, with the usual weather of the date.
    """
    good_at = newest_stored(connection, call)
    if good_at is None:
        rest = "Nothing of it is stored yet."
    else:
        rest = f"Its last good answer is {duration(answered_at - good_at)} old and stays in use."
    _record(connection, call, answered_at, FAILED, sentence, {})
    message = f"The feed {call.in_words}: {shortened(printable(sentence), LONGEST_SENTENCE)} {rest}"
    open_operator_alert(connection, UNANSWERED, call.in_words, message, Severity.WARNING)
    return message


def forget_alerts(connection: Connection, feed: Feed) -> None:
    """Close the alerts of a feed that is not asked any more."""
    query = select(FeedCall.product, FeedCall.about).distinct().where(FeedCall.feed == feed.name)
    for product, about in connection.execute(query).all():
        close_operator_alert(connection, UNANSWERED, Call(feed, product, about, LONG_AGO).in_words)


def _answered(feed: Feed) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the stored answers of a feed; one that was removed may have had its name before."""
    return FeedCall.feed == feed.name, FeedCall.created_at >= feed.added_at, FeedCall.status == STORED


def _record(
    connection: Connection,
    call: Call,
    answered_at: dt.datetime,
    status: str,
    sentence: str | None,
    values: Mapping[str, Any],
) -> None:
    connection.execute(
        insert(FeedCall).values(
            feed=call.feed.name,
            product=call.product,
            about=call.about,
            vintage=call.vintage,
            answered_at=answered_at,
            status=status,
            sentence=None if sentence is None else shortened(printable(sentence), LONGEST_SENTENCE),
            **values,
        )
    )


def _printable(part: SetAside) -> dict[str, Any]:
    return {key: printable(value) if isinstance(value, str) else value for key, value in asdict(part).items()}
