"""Checks report on what is stored; each is named by the sentence that is true when it passes.

Partitioned checks are still a preview in Dagster: a check looks at the restaurant of its run, or, run alone, at all of
them. They guard nothing: what must not be stored is refused inside the transaction that would store it.
"""

from collections.abc import Callable

import dagster as dg

from flux_pipeline.orchestration.assets.forecasts import demand_forecasts
from flux_pipeline.orchestration.assets.uploads import transactions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.store.proofs import Proof, forecast_coverage, upload_accounting
from flux_pipeline.store.restaurants import list_restaurants
from flux_pipeline.store.store import Tenant

PARTITION_TAG = "dagster/partition"


@dg.asset_check(asset=transactions)
def rows_are_accounted_for(context: dg.AssetCheckExecutionContext, store: StoreResource) -> dg.AssetCheckResult:
    """Every upload's loaded rows stand in transaction_items, its rejected ones in rejected_rows, and the sums agree."""
    return _result(context, store, upload_accounting)


@dg.asset_check(asset=demand_forecasts)
def forecasts_cover_the_horizon(context: dg.AssetCheckExecutionContext, store: StoreResource) -> dg.AssetCheckResult:
    """The newest forecast has every item on every day of its horizon, once."""
    return _result(context, store, forecast_coverage)


def _result(
    context: dg.AssetCheckExecutionContext, store: StoreResource, prove: Callable[[Tenant], Proof]
) -> dg.AssetCheckResult:
    """Prove it for the run's restaurant, or for every one; the metadata name the restaurant where it fails."""
    with step():
        opened = store.open()
        slug = context.run.tags.get(PARTITION_TAG)
        with opened.fleet() as connection:
            slugs = [slug] if slug else [restaurant.slug for restaurant in list_restaurants(connection)]
        proofs = {}
        for one in slugs:
            with opened.tenant(one) as tx:
                proofs[one] = prove(tx)
    metadata = {one: dg.MetadataValue.json(proof.as_metadata()) for one, proof in proofs.items()}
    return dg.AssetCheckResult(passed=not any(proof.wrong for proof in proofs.values()), metadata=metadata)
