"""The condition of an upload that is open: nothing of it was loaded, and nobody has dealt with it yet.

It is dealt with once it is dismissed, once the same content is handed in again, or once a file of its kind and name is
read. Some tills give every export the same name, so such a file of sales counts only if it has sales from before the
day on which the refused file was handed in, as a corrected file has and the next day's export has not.
"""

from sqlalchemy import Date, and_, cast, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from flux_pipeline.store.models.tenants import Restaurant
from flux_pipeline.store.models.uploads import WAITING, DataUpload, UploadStatus

_LATER = aliased(DataUpload)
_TIMEZONE = (
    select(Restaurant.timezone)
    .where(Restaurant.id == DataUpload.restaurant_id)
    .correlate(DataUpload, _LATER)
    .scalar_subquery()
)
_READ_INSTEAD = and_(
    _LATER.file_name == DataUpload.file_name,
    _LATER.status != UploadStatus.FAILED,
    or_(
        _LATER.kind != "sales",
        _LATER.first_business_date < cast(func.timezone(_TIMEZONE, DataUpload.received_at), Date),
    ),
)
_HANDED_IN_AGAIN = exists().where(
    _LATER.restaurant_id == DataUpload.restaurant_id,
    _LATER.kind == DataUpload.kind,
    _LATER.received_at > DataUpload.received_at,
    _LATER.status.not_in(WAITING),
    or_(_LATER.content_sha256 == DataUpload.content_sha256, _READ_INSTEAD),
)
IS_OPEN = and_(DataUpload.status == UploadStatus.FAILED, DataUpload.dismissed_at.is_(None), not_(_HANDED_IN_AGAIN))
