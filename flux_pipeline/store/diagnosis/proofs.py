"""Proofs about stored rows: each reads them, and returns what it compared and what is wrong.

A sentence may name files, days and counts, but no item and no cell, because Dagster keeps it.
"""

import datetime as dt

from sqlalchemy import text

from flux_pipeline.demand.judging.losses import NOMINAL_COVERAGE, coverage_margin
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.records.proof import Proof
from flux_pipeline.store.diagnosis import _proof_statements as statements
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.uploads import LOADED, UploadStatus
from flux_pipeline.store.records.runs import skip_reason
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.uploads.registry import Upload, open_refusals
from flux_pipeline.wording import count_of, shown_name

COVERAGE_DAYS = 28
# On fewer days the bounds are so wide that a forecast which is wrong every other day would pass.
LEAST_COVERAGE_DAYS = 14


def refused_files(tx: Tenant) -> Proof:
    """Check that each file that was handed in could be read, or has been dealt with."""
    refused = [upload for upload in open_refusals(tx) if not upload.storage_uri]
    return Proof({"files_refused": len(refused)}, [_refusal(tx, upload) for upload in refused])


def failed_loads(tx: Tenant) -> Proof:
    """Check that the rows of each file that was kept could be loaded, or that the file has been dealt with."""
    failed = [upload for upload in open_refusals(tx) if upload.storage_uri]
    return Proof({"files_failed": len(failed)}, [_refusal(tx, upload) for upload in failed])


def _refusal(tx: Tenant, upload: Upload) -> str:
    """Name a file and the category of its error; the error itself may quote the file."""
    reasons = ", ".join(upload.accounting.reasons)
    if not upload.accounting.read:
        category = f"could not be read as {upload.kind}"
    else:
        category = f"was read and refused as a whole ({reasons or 'no row was rejected'})"
    return (
        f"{shown_name(upload.file_name)} {category}. `flux uploads show {upload.short_id}` shows why. Correct it and "
        f"hand it in again, or `flux uploads dismiss {upload.short_id}`."
    )


def upload_accounting(tx: Tenant) -> Proof:
    """Check that the stored lines are those that each upload brought and no later one superseded."""
    counted = {"counted": [*LOADED, UploadStatus.WITHDRAWN]}
    rows = tx.connection.execute(text(statements.UPLOAD_ACCOUNTING), counted).all()
    wrong = [
        f"{r.file_name}: {r.loaded_count} loaded but {r.brought} counted by day; {r.current} of them current but "
        f"{r.lines} lines stored; {r.rejected_count} rejected, {r.kept} rejected rows stored"
        for r in rows
        if (r.loaded_count, r.current, r.rejected_count) != (r.brought, r.lines, r.kept)
    ]
    return Proof({"uploads": len(rows), "lines": sum(r.lines for r in rows)}, wrong)


def sales_freshness(tx: Tenant, now: dt.datetime) -> Proof:
    """Check that sales are missing of no more open days, up to the last complete one, than `upload_stale_days`.

    Args:
        tx: the restaurant's transaction.
        now: the moment (aware) whose last complete business day counts.
    """
    until = tx.restaurant.last_complete_business_day(now)
    row = tx.connection.execute(text(statements.MISSING_DAYS), {"until": until}).one()
    allowed = read_settings(tx, UploadSettings).upload_stale_days
    how = f"`flux upload FILE --restaurant {tx.restaurant.slug} --kind sales`"
    if row.newest is None:
        return Proof({"newest_sales": "none", "until": str(until)}, [f"There are no sales yet. Upload them: {how}."])
    looked_at = {"newest_sales": str(row.newest), "until": str(until), "open_days_missing": row.missing}
    if row.missing <= allowed:
        return Proof(looked_at, [])
    found = f"The newest sales are from {row.newest}: {count_of(row.missing, 'open day')} up to {until} are missing"
    return Proof(looked_at, [f"{found}; at most {allowed} may be. Upload newer sales: {how}."])


def forecast_coverage(tx: Tenant) -> Proof:
    """Check that the newest forecast has exactly one current row for every active item on each day of its horizon."""
    parameters = {"algorithm": AlgorithmName.DEMAND}
    row = tx.connection.execute(text(statements.FORECAST_COVERAGE), parameters).mappings().one_or_none()
    if row is None:
        # Without sales there is nothing to forecast, and the run says so.
        is_skipped = skip_reason(tx, AlgorithmName.DEMAND) is not None
        return Proof({"rows": 0}, [] if is_skipped else ["No demand forecast was published yet."])
    found = (
        f"As of {row['as_of']} there are {count_of(row['rows'], 'current row')}; expected {row['items']} items on "
        f"{row['days']} days. `flux run --restaurant {tx.restaurant.slug}` forecasts again."
    )
    is_complete = row["rows"] == row["items"] * row["days"]
    return Proof({str(key): value for key, value in row.items()}, [] if is_complete else [found])


def quantile_order(tx: Tenant) -> Proof:
    """Check that 0, p10, p50, p90 and p99 of the newest forecasts are in order, of items, categories and total."""
    rows = tx.connection.execute(text(statements.UNORDERED_QUANTILES)).all()
    wrong = [f"{r.unordered} of {count_of(r.rows, 'forecast')} of {r.of} have quantiles out of order." for r in rows]
    return Proof(
        {"rows": sum(r.rows for r in rows)}, [line for line, r in zip(wrong, rows, strict=True) if r.unordered]
    )


def quantile_coverage(tx: Tenant) -> Proof:
    """Check that p10 to p90 of forecasts published in time contained about 80 % of the actuals of the last 28 days.

    The bounds are those of `coverage_margin`, 65 % to 95 % on 28 days.
    """
    row = tx.connection.execute(text(statements.COVERAGE), {"days": COVERAGE_DAYS}).one()
    if row.days < LEAST_COVERAGE_DAYS:
        note = f"{count_of(row.days, 'day')} scored in time; needed are {LEAST_COVERAGE_DAYS}"
        return Proof({"days": row.days, "note": note}, [])
    margin = coverage_margin(row.days)
    low, high = NOMINAL_COVERAGE - margin, NOMINAL_COVERAGE + margin
    within, inside = float(row.within), float(row.inside)
    shares = {"share_with_bounds": round(within, 3), "share_without_bounds": round(inside, 3)}
    looked_at = {"days": row.days, "window_from": row.window_from, "window_to": row.window_to, **shares}
    bounds = {"expected_from": round(low, 3), "expected_to": round(high, 3)}
    share = within if within < low else inside
    wrong = (
        f"On {count_of(row.days, 'day')} up to {row.window_to}, {share:.0%} of the actuals were within p10 to p90; "
        f"expected {low:.0%} to {high:.0%}. `flux accuracy --restaurant {tx.restaurant.slug}` shows where."
    )
    return Proof(looked_at | bounds, [] if within >= low and inside <= high else [wrong])


def staffing_coverage(tx: Tenant) -> Proof:
    """Check that the newest staffing forecast has heads of each role for every open period of a day with demand."""
    row = tx.connection.execute(text(statements.UNSTAFFED_PERIODS)).mappings().one()
    if row["as_of"] is None:
        return Proof({"days": 0, "note": "no staffing forecast was published yet"}, [])
    wrong = (
        f"As of {row['as_of']}, {row['unstaffed']} of {count_of(row['open_periods'], 'open period')} lack heads of a "
        f"role. "
        f"`flux run --restaurant {tx.restaurant.slug}` forecasts them again."
    )
    return Proof({str(key): value for key, value in row.items()}, [wrong] if row["unstaffed"] else [])
