"""Checks report on what is stored; each is named by the sentence that is true when it passes.

Partitioned checks are still a preview in Dagster: a check looks at the restaurant of its run, or, run alone, at all of
them. They guard nothing: what must not be stored is refused inside the transaction that would store it.
"""

from collections.abc import Callable

import dagster as dg

from flux_pipeline.orchestration.assets.accuracy import backtests
from flux_pipeline.orchestration.assets.forecasts import demand_forecasts
from flux_pipeline.orchestration.assets.uploads import transactions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.records.proof import Proof
from flux_pipeline.store.diagnosis.proofs import forecast_coverage, upload_accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.backtests import model_beats_the_rule
from flux_pipeline.store.restaurant import list_restaurants

PARTITION_TAG = "dagster/partition"


@dg.asset_check(asset=transactions)
def rows_are_accounted_for(context: dg.AssetCheckExecutionContext, store: StoreResource) -> dg.AssetCheckResult:
    """Every upload's loaded rows stand in transaction_items, its rejected ones in rejected_rows, and the sums agree."""
    return _result(context, store, upload_accounting)


@dg.asset_check(asset=demand_forecasts)
def forecasts_cover_the_horizon(context: dg.AssetCheckExecutionContext, store: StoreResource) -> dg.AssetCheckResult:
    """The newest forecast has every item on every day of its horizon, once."""
    return _result(context, store, forecast_coverage)


@dg.asset_check(asset=backtests)
def model_beats_the_four_week_rule(context: dg.AssetCheckExecutionContext, store: StoreResource) -> dg.AssetCheckResult:
    """In the newest backtest the model is no worse than the mean of the last four same weekdays, item by item.

    Only a warning: where it is worse by more than a margin, the rule is what demand_forecasts publishes.
    """
    return _result(context, store, model_beats_the_rule, severity=dg.AssetCheckSeverity.WARN)


def _result(
    context: dg.AssetCheckExecutionContext,
    store: StoreResource,
    prove: Callable[[Tenant], Proof],
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
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
    passed = not any(proof.wrong for proof in proofs.values())
    return dg.AssetCheckResult(passed=passed, severity=severity, metadata=metadata)
