"""Registry of the asset checks: a row says which asset a check belongs to, what it proves and what its failure means.

A check of this table looks at the restaurant of its run only, and its result belongs to that restaurant's partition.
A transaction refuses by itself what must not be stored; the checks are for what only the whole shows.
"""

import datetime as dt
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from flux_pipeline.orchestration.assets.accuracy import backtests, forecast_accuracy
from flux_pipeline.orchestration.assets.costs import menu_item_costs
from flux_pipeline.orchestration.assets.forecasts import demand_forecasts, staffing_forecasts
from flux_pipeline.orchestration.assets.inventory import inventory_movements
from flux_pipeline.orchestration.assets.purchases import ORDERS
from flux_pipeline.orchestration.assets.rosters import weekly_rosters
from flux_pipeline.orchestration.assets.uploads import data_uploads, transactions
from flux_pipeline.orchestration.checks.fleet import FLEET_CHECKS
from flux_pipeline.orchestration.checks.landing import not_taken
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, step
from flux_pipeline.orchestration.work import restaurant_of_run
from flux_pipeline.records.alerts import Severity
from flux_pipeline.records.proof import Proof
from flux_pipeline.store.costs.proofs import costed_recipes
from flux_pipeline.store.diagnosis.proofs import (
    failed_loads,
    forecast_coverage,
    quantile_coverage,
    quantile_order,
    refused_files,
    sales_freshness,
    staffing_coverage,
    upload_accounting,
)
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.backtests import model_beats_the_rule
from flux_pipeline.store.inventory.alerts import open_stock_alerts, sync_stock_alerts
from flux_pipeline.store.inventory.proofs import stock_sums
from flux_pipeline.store.records.alerts import close_alert, open_alert
from flux_pipeline.store.rosters.proofs import roster_rules

ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


@dataclass(frozen=True)
class Check:
    """A check of one restaurant's rows.

    Attributes:
        name: the sentence that is true when it passes.
        asset: the asset whose table it is about; one of several that a step fills by its name.
        prove: reads the rows, in a transaction of the restaurant; the first line of its docstring is the description.
        severity: ERROR if somebody must act, WARN if somebody should look.
        is_blocking: whether a failure keeps the assets downstream from running, because they would publish nonsense.
        opens_alert: whether a failure is an alert of its own; not if the check is about alerts.
    """

    name: str
    asset: dg.AssetsDefinition | str
    prove: Callable[[Tenant], Proof]
    severity: dg.AssetCheckSeverity = ERROR
    is_blocking: bool = False
    opens_alert: bool = True

    @property
    def key(self) -> dg.AssetCheckKey:
        """Its key in Dagster: two assets may have checks of one name."""
        return dg.AssetCheckKey(self.asset_key, self.name)

    @property
    def asset_key(self) -> dg.AssetKey:
        """The key of its asset."""
        return dg.AssetKey(self.asset) if isinstance(self.asset, str) else self.asset.key

    def spec(self) -> dg.AssetCheckSpec:
        """Return Dagster's definition of the check, which is partitioned by restaurant."""
        with warnings.catch_warnings():
            # The dependency on Dagster ends before the next series, so a change of the preview can't come by itself.
            warnings.filterwarnings(
                "ignore", "Specifying a partitions_def on an AssetCheckSpec", category=dg.PreviewWarning
            )
            return dg.AssetCheckSpec(
                self.name,
                asset=self.asset_key,
                description=(self.prove.__doc__ or "").partition("\n")[0],
                blocking=self.is_blocking,
                partitions_def=restaurants_partitions,
            )


def _handed_in(tx: Tenant) -> Proof:
    """Check that each file that was handed in could be read, and that none is left in the landing folder."""
    refused, left = refused_files(tx), not_taken(tx.settings.landing, tx.restaurant.slug)
    return Proof(refused.looked_at | {"files_left_in_landing": len(left)}, refused.wrong + left)


def _fresh(tx: Tenant) -> Proof:
    """Check that sales are missing of no more open days, up to the last complete one, than `upload_stale_days`."""
    return sales_freshness(tx, dt.datetime.now(dt.UTC))


def _stock_alerts(tx: Tenant) -> Proof:
    """Check that no alert about stock is open, after those whose causes are gone were closed and new ones opened."""
    sync_stock_alerts(tx, dt.datetime.now(dt.UTC))
    return open_stock_alerts(tx)


# The checks of a step run together, after all its assets, because each step costs time and rows of Dagster's. The files
# are looked at once `transactions` has read them: only then a corrected file is known to be readable.
CHECKS: Mapping[str, Sequence[Check]] = {
    "check_uploads": (
        Check("every_file_was_read", data_uploads, _handed_in),
        Check("every_file_was_read", transactions, failed_loads),
        Check("rows_are_accounted_for", transactions, upload_accounting, is_blocking=True),
        Check("sales_are_fresh", transactions, _fresh, WARN),
    ),
    "check_results": (
        Check("recipes_have_costs", menu_item_costs, costed_recipes, WARN),
        Check("stock_is_the_sum_of_its_movements", inventory_movements, stock_sums),
        Check("no_stock_alert_is_open", ORDERS, _stock_alerts, WARN, opens_alert=False),
        Check("forecasts_cover_the_horizon", demand_forecasts, forecast_coverage),
        Check("quantiles_are_ordered", demand_forecasts, quantile_order),
        Check("staffing_covers_the_open_hours", staffing_forecasts, staffing_coverage, WARN),
        Check("coverage_is_within_bounds", forecast_accuracy, quantile_coverage, WARN),
    ),
    "check_rosters": (Check("shifts_keep_the_rules", weekly_rosters, roster_rules, WARN),),
    # If the errors are larger by more than a margin, demand_forecasts publishes the rule's forecast.
    "check_backtests": (Check("model_beats_the_four_week_rule", backtests, model_beats_the_rule, WARN),),
}


def _step(name: str, checks: Sequence[Check]) -> dg.AssetChecksDefinition:
    """Return the step that runs these checks, or those of them that a run selects."""

    @dg.multi_asset_check(
        name=name, specs=[check.spec() for check in checks], can_subset=True, retry_policy=RETRY_TRANSIENT
    )
    def evaluate(context: dg.AssetCheckExecutionContext, store: StoreResource) -> Iterator[dg.AssetCheckResult]:
        selected = context.selected_asset_check_keys
        with step():
            opened = store.open()
            with opened.tenant(restaurant_of_run(context.op_execution_context, opened)) as tx:
                results = [(_result(context, tx, check), check) for check in checks if check.key in selected]
        yield from (result for result, _ in results)
        broken = [str(result.description) for result, check in results if check.is_blocking and not result.passed]
        if broken:
            # Dagster would fail the step too, but name only the check. Another attempt would find the same rows.
            raise dg.Failure(description=" ".join(broken), allow_retries=False)

    return evaluate


def _result(context: dg.AssetCheckExecutionContext, tx: Tenant, check: Check) -> dg.AssetCheckResult:
    """Run a proof in the restaurant's transaction, open or close its alert there, and return its outcome."""
    proof = check.prove(tx)
    if not proof.passed:
        # A warning is printed on terminals too, where advice would drown what somebody must act on.
        log = context.log.warning if check.severity == ERROR else context.log.info
        log(f"{check.name} is not true: {proof.message}")
        severity = Severity.CRITICAL if check.severity == ERROR else Severity.WARNING
        if check.opens_alert:
            open_alert(tx, check.name, check.asset_key.to_user_string(), proof.message, severity)
    else:
        close_alert(tx, check.name, check.asset_key.to_user_string())
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=proof.passed,
        severity=check.severity,
        description=proof.message or None,
        metadata=proof.as_metadata(),
    )


ASSET_CHECKS = [*(_step(name, checks) for name, checks in CHECKS.items()), *FLEET_CHECKS]
