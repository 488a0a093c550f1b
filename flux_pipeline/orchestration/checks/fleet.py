"""Checks of all restaurants together, without a partition. Sensors report them; the UI can run them at any time.

No job runs them, because a run is one restaurant: its check would be skipped exactly when the restaurant fails.
"""

import datetime as dt
import hashlib
from typing import Any

import dagster as dg

from flux_pipeline.orchestration.assets.records import algorithm_runs
from flux_pipeline.orchestration.assets.uploads import data_uploads
from flux_pipeline.orchestration.checks.landing import survey_landing
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.records.alerts import Severity
from flux_pipeline.records.proof import Proof
from flux_pipeline.store.diagnosis.fleet import restaurants_left_failed
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.alerts import close_operator_alert, open_operator_alert
from flux_pipeline.store.restaurant import list_restaurants

FOLDERS = dg.AssetCheckKey(data_uploads.key, "every_folder_is_known")
FAILED = dg.AssetCheckKey(algorithm_runs.key, "no_restaurant_left_failed")


@dg.asset_check(asset=data_uploads)
def every_folder_is_known(store: StoreResource) -> dg.AssetCheckResult:
    """Every file in the landing folder is in the folder of a known restaurant, or of the feeds, and of a known kind."""
    with step():
        opened = store.open()
        with opened.fleet() as connection:
            slugs = {restaurant.slug for restaurant in list_restaurants(connection, active_only=True)}
        proof = survey_landing(opened.settings.landing, slugs).as_proof()
    return dg.AssetCheckResult(severity=dg.AssetCheckSeverity.WARN, **_outcome(proof))


@dg.asset_check(asset=algorithm_runs)
def no_restaurant_left_failed(store: StoreResource) -> dg.AssetCheckResult:
    """Each active restaurant's last run of each algorithm succeeded, and its forecast is of last night."""
    with step():
        proof = prove_none_failed(store.open())
    return dg.AssetCheckResult(**_outcome(proof))


FLEET_CHECKS = (every_folder_is_known, no_restaurant_left_failed)


def prove_none_failed(store: Store) -> Proof:
    """Prove that no restaurant is left failed now."""
    with store.fleet() as connection:
        return restaurants_left_failed(connection, dt.datetime.now(dt.UTC))


def report(
    store: Store, key: dg.AssetCheckKey, proof: Proof, severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR
) -> dg.AssetCheckEvaluation:
    """Open or close the alert of a proof, and return its outcome as an event that a sensor reports."""
    with store.feeds() as feeds:
        if proof.passed:
            close_operator_alert(feeds, key.name, key.asset_key.to_user_string())
        else:
            matters = Severity.CRITICAL if severity == dg.AssetCheckSeverity.ERROR else Severity.WARNING
            open_operator_alert(feeds, key.name, key.asset_key.to_user_string(), proof.message, matters)
    return dg.AssetCheckEvaluation(asset_key=key.asset_key, check_name=key.name, severity=severity, **_outcome(proof))


def _outcome(proof: Proof) -> dict[str, Any]:
    return {"passed": proof.passed, "description": proof.message or None, "metadata": proof.as_metadata()}


def outcome_digest(proof: Proof) -> str:
    """Return a text that changes with the outcome and not with the figures; without a space, for a sensor's cursor."""
    return hashlib.sha256("\n".join(proof.wrong).encode()).hexdigest()[:16]
