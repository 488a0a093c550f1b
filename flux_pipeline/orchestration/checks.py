"""Asset checks: reports on stored rows, each named by the sentence that is true when it passes.

Partitioned checks are still a preview in Dagster, so a check looks at the restaurant of its run or, if it runs without
a partition, at all restaurants. Checks don't prevent anything: a transaction refuses by itself what must not be stored.
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
    """Every upload's loaded rows are in transaction_items, its rejected rows in rejected_rows, and the sums agree."""
    return _result(context, store, upload_accounting)


@dg.asset_check(asset=demand_forecasts)
def forecasts_cover_the_horizon(context: dg.AssetCheckExecutionContext, store: StoreResource) -> dg.AssetCheckResult:
    """Each item has exactly one row on each day of the newest forecast's horizon."""
    return _result(context, store, forecast_coverage)


@dg.asset_check(asset=backtests)
def model_beats_the_four_week_rule(context: dg.AssetCheckExecutionContext, store: StoreResource) -> dg.AssetCheckResult:
    """In the newest backtest the model's errors, item by item, are no larger than those of the four-week rule.

    A failure is only a warning: if the errors are larger by more than a margin, demand_forecasts publishes the rule's
    forecast.
    """
    return _result(context, store, model_beats_the_rule, severity=dg.AssetCheckSeverity.WARN)


def _result(
    context: dg.AssetCheckExecutionContext,
    store: StoreResource,
    prove: Callable[[Tenant], Proof],
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    """Run a proof for the run's restaurant, or for each one, and return the outcome with metadata by restaurant."""
    with step():
        opened = store.open()
        slug = context.run.tags.get(PARTITION_TAG)
        with opened.fleet() as connection:
            slugs = [slug] if slug else [restaurant.slug for restaurant in list_restaurants(connection)]
        proofs = {}
        for each in slugs:
            with opened.tenant(each) as tx:
                proofs[each] = prove(tx)
    metadata = {each: dg.MetadataValue.json(proof.as_metadata()) for each, proof in proofs.items()}
    passed = not any(proof.wrong for proof in proofs.values())
    return dg.AssetCheckResult(passed=passed, severity=severity, metadata=metadata)
