"""Which restaurants have uploads that wait, over the whole fleet: one query on a partial index."""

import uuid

from sqlalchemy import select
from sqlalchemy.engine import Connection

from flux_pipeline.store.models.tenants import Restaurant
from flux_pipeline.store.models.uploads import WAITING, DataUpload


def waiting_by_restaurant(fleet: Connection) -> dict[str, uuid.UUID]:
    """The newest waiting upload of each restaurant that has one, by slug; needs the fleet role."""
    query = (
        select(Restaurant.slug, DataUpload.id)
        .join(DataUpload, DataUpload.restaurant_id == Restaurant.id)
        .where(DataUpload.status.in_(WAITING))
        .order_by(DataUpload.received_at)
    )
    return {row.slug: row.id for row in fleet.execute(query)}
