"""All tables of the schema on one MetaData, for migrations, the tenancy proof and `schema.tables`."""

from flux_pipeline.store.models import (  # noqa: F401  (importing a module registers its tables)
    access,
    accuracy,
    feeds,
    forecasts,
    kitchen,
    known,
    menu,
    records,
    sales,
    staff,
    stock,
    tenants,
    uploads,
)
from flux_pipeline.store.models.base import Base

METADATA = Base.metadata
