"""Sources that Flux asks for weather and events: added, removed and listed with the state of their answers.

Nothing outside is called for a source that is not here.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import RowMapping, delete, insert, select, text
from sqlalchemy.engine import Connection

from flux_pipeline.errors import PermanentError
from flux_pipeline.records.feeds import Feed, FeedKind, FeedOptions
from flux_pipeline.store.door import Store
from flux_pipeline.store.feeds.calls import forget_alerts
from flux_pipeline.store.models.feeds import FeedSource
from flux_pipeline.store.models.tenants import Restaurant as RestaurantRow
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.acts import note_operator_act
from flux_pipeline.wording import listed

SOURCES = select(
    FeedSource.name,
    FeedSource.kind,
    FeedSource.url,
    FeedSource.options,
    FeedSource.owner_id,
    FeedSource.created_at,
    RestaurantRow.slug,
).join(RestaurantRow, RestaurantRow.id == FeedSource.owner_id, isouter=True)
# Of each place and product the newest answer counts; what fails fails for some of them. A place that is not asked about
# any more is left out half a day after the others were.
STATES = text("""
WITH calls AS (
    SELECT f.name, c.* FROM feeds f JOIN feed_calls c ON c.feed = f.name AND c.created_at >= f.created_at
),
newest AS (
    SELECT DISTINCT ON (name, product, about) name, answered_at, status, sentence
    FROM calls ORDER BY name, product, about, answered_at DESC
),
failed AS (
    SELECT DISTINCT ON (name) name, answered_at AS bad_at, sentence
    FROM newest n
    WHERE status = 'failed'
        AND answered_at > (SELECT max(answered_at) FROM newest o WHERE o.name = n.name) - interval '12 hours'
    ORDER BY name, answered_at DESC
)
SELECT f.name, failed.bad_at, coalesce(failed.sentence, remark.sentence) AS sentence,
    (SELECT max(answered_at) FROM calls c WHERE c.name = f.name AND c.status = 'stored') AS good_at,
    (SELECT coalesce(sum(written_count), 0) FROM calls c WHERE c.name = f.name) AS row_count
FROM feeds f
LEFT JOIN failed ON failed.name = f.name
LEFT JOIN LATERAL (
    SELECT sentence FROM newest n WHERE n.name = f.name AND status = 'stored'
    ORDER BY answered_at DESC, sentence NULLS LAST LIMIT 1
) AS remark ON true
""")


@dataclass(frozen=True)
class FeedState:
    """When a feed was last stored, since when it fails and why, or what its last answer lacked, and its rows."""

    feed: Feed
    good_at: dt.datetime | None
    bad_at: dt.datetime | None
    sentence: str | None
    row_count: int


def add_feed(store: Store, feed: Feed) -> None:
    """Add a source and log the act; nothing is asked yet.

    Raises:
        PermanentError: another source has the name.
    """
    with store.transaction(Role.OWNER) as owner:
        if owner.scalar(select(FeedSource.id).where(FeedSource.name == feed.name)) is not None:
            raise PermanentError(
                f"A feed is called {feed.name!r} already. Choose another name with --name, or remove it with "
                f"`flux feeds remove {feed.name}`."
            )
        options = feed.options.model_dump(exclude_defaults=True)
        row = {
            "name": feed.name,
            "kind": feed.kind,
            "url": feed.url,
            "options": options,
            "owner_id": feed.restaurant_id,
        }
        owner.execute(insert(FeedSource).values(row))
        # The address may be a secret, and the log is for many eyes.
        after = {"kind": feed.kind, **options, **({"restaurant": feed.slug} if feed.slug else {})}
        note_operator_act(owner, store.settings, "feeds.add", feed.name, after=after)


def remove_feed(store: Store, name: str) -> Feed:
    """Remove a source and log the act; what it answered stays stored.

    Raises:
        PermanentError: no source has that name.
    """
    with store.transaction(Role.OWNER) as owner:
        feed = find_feed(owner, name)
        owner.execute(delete(FeedSource).where(FeedSource.name == name))
        forget_alerts(owner, feed)
        note_operator_act(owner, store.settings, "feeds.remove", name, before={"kind": feed.kind})
    return feed


def list_feeds(fleet: Connection) -> list[Feed]:
    """List the sources by name; needs a role that may read them."""
    return [_feed(row) for row in fleet.execute(SOURCES.order_by(FeedSource.name)).mappings()]


def find_feed(fleet: Connection, name: str) -> Feed:
    """Return the source of that name; raise PermanentError, which lists the names, if there is none."""
    feeds = {feed.name: feed for feed in list_feeds(fleet)}
    if name in feeds:
        return feeds[name]
    choices = f"Choose one of: {listed(feeds)}." if feeds else "Add one with `flux feeds add`."
    raise PermanentError(f"No feed is called {name!r}. {choices}")


def feed_states(fleet: Connection) -> list[FeedState]:
    """List the sources by name with the state of their answers."""
    states = {row["name"]: row for row in fleet.execute(STATES).mappings()}
    return [_state(feed, states[feed.name]) for feed in list_feeds(fleet)]


def _feed(row: RowMapping) -> Feed:
    options = FeedOptions.model_validate(row["options"])
    kind, owner = FeedKind(row["kind"]), row["owner_id"]
    return Feed(row["name"], kind, row["url"], options, owner, row["slug"], row["created_at"])


def _state(feed: Feed, row: RowMapping) -> FeedState:
    return FeedState(feed, row["good_at"], row["bad_at"], row["sentence"], row["row_count"])
