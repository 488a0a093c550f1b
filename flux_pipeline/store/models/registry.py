"""All tables of the schema on one MetaData, for migrations, the tenancy proof and `schema.tables`."""

from flux_pipeline.store.models import (  # noqa: F401  (importing a module registers its tables)
    access,
    accuracy,
    feeds,
    forecasts,
    known,
    menu,
    priors,
    records,
    sales,
    staff,
    tenants,
    uploads,
)
from flux_pipeline.store.models.base import Base
from flux_pipeline.store.models.kitchen import costs, orders, purchases, recipes, stock  # noqa: F401

METADATA = Base.metadata
