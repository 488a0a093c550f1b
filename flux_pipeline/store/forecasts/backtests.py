"""Backtests, written and read, and the comparison of the model with the four-week rule that they and forecasts give."""

import datetime as dt
import uuid
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, insert, select, text

from flux_pipeline.demand.forecast import MODEL_NAME
from flux_pipeline.demand.judging.backtest import Backtest
from flux_pipeline.demand.judging.choice import Comparison
from flux_pipeline.records.proof import Proof
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.accuracy import Backtest as BacktestRow
from flux_pipeline.store.models.menu import MenuItem
from flux_pipeline.store.models.records import AlgorithmRun

MEASURES = ["wape", "bias", "wql", "coverage_p10_p90", "coverage_p99"]
MEASURED = [*MEASURES, *(f"four_week_{name}" for name in MEASURES), "skill"]

# Item by item and not the total, because published forecasts are scored item by item. Model and rule on the same days.
PUBLISHED_DAYS = """
SELECT forecast_date AS date, sum(pinball_loss) AS pinball_loss, sum(four_week_pinball_loss) AS four_week_pinball_loss
FROM forecast_accuracy
WHERE NOT is_retrospective AND menu_item_id IS NOT NULL AND model_name = :model_name AND forecast_date < :before
GROUP BY forecast_date ORDER BY forecast_date
"""


def publish_backtest(tx: Tenant, backtest: Backtest, run_id: uuid.UUID) -> int:
    """Add a backtest's rows (all items, the day's total, and each item); return how many.

    Idempotent because its caller, a run, publishes once, in the transaction that closes its audit row.
    """
    window = {
        "first_date": pd.Timestamp(backtest.totals.date.min()).date(),
        "last_date": backtest.last_day,
        "day_count": int(backtest.totals.date.nunique()),
        "origins": backtest.origins,
        "sales_known": backtest.sales_known,
        "model_name": backtest.model_name,
        "restaurant_id": tx.restaurant.id,
        "algorithm_run_id": run_id,
    }
    rows = []
    for row in backtest.measures().to_dict("records"):
        numbers = {name: None if pd.isna(row[name]) else float(row[name]) for name in (*MEASURED, "actual_quantity")}
        scope = str(row["scope"])
        shares = backtest.reliability.get(scope)
        rows.append(
            {
                **window,
                **numbers,
                "scope": scope,
                "menu_item_id": uuid.UUID(row["item"]) if scope == "item" else None,
                "row_count": int(row["row_count"]),
                "reliability": None if shares is None else _records(shares),
            }
        )
    tx.connection.execute(insert(BacktestRow), rows)
    return len(rows)


def read_backtest(tx: Tenant, run_id: str | None = None) -> pd.DataFrame:
    """Read the rows of a backtest, of the newest if no run is named; empty if there is none.

    Returns:
        scope ("items", "total", "item"), item (its name), first_date, last_date, day_count, origins, sales_known,
        model_name, row_count, actual_quantity, the measures, reliability; items ordered by quantity sold.
    """
    newest = None if run_id is None else uuid.UUID(run_id)
    if newest is None:
        newest = tx.connection.scalar(
            select(BacktestRow.algorithm_run_id)
            .join(AlgorithmRun, AlgorithmRun.id == BacktestRow.algorithm_run_id)
            .where(BacktestRow.scope == "items")
            .order_by(BacktestRow.last_date.desc(), AlgorithmRun.finished_at.desc())
            .limit(1)
        )
    columns = [
        BacktestRow.scope,
        MenuItem.name.label("item"),
        *[getattr(BacktestRow, name) for name in ("first_date", "last_date", "day_count", "origins", "sales_known")],
        *[getattr(BacktestRow, name) for name in ("model_name", "row_count", "actual_quantity", *MEASURED)],
        BacktestRow.reliability,
    ]
    query = (
        select(*columns)
        .join(MenuItem, MenuItem.id == BacktestRow.menu_item_id, isouter=True)
        .where(BacktestRow.algorithm_run_id == newest)
        .order_by(BacktestRow.scope == "item", BacktestRow.scope, BacktestRow.actual_quantity.desc(), MenuItem.name)
    )
    rows = pd.DataFrame(tx.connection.execute(query).all(), columns=[column.key for column in columns])
    return rows.assign(**{name: rows[name].astype(float) for name in (*MEASURED, "actual_quantity")})


def backtest_comparisons(tx: Tenant, until: dt.date) -> list[Comparison]:
    """Compare model and rule over all items, in every backtest of this model that scored no day after `until`."""
    query = select(BacktestRow.last_date, BacktestRow.day_count, BacktestRow.wql, BacktestRow.four_week_wql).where(
        BacktestRow.scope == "items",
        BacktestRow.model_name == MODEL_NAME,
        BacktestRow.last_date <= until,
        BacktestRow.wql.is_not(None),
    )
    newest_last = query.join(AlgorithmRun, AlgorithmRun.id == BacktestRow.algorithm_run_id).order_by(
        BacktestRow.last_date, AlgorithmRun.finished_at
    )
    return [
        Comparison(row.last_date, "backtest", row.day_count, row.wql, row.four_week_wql)
        for row in tx.connection.execute(newest_last)
    ]


def published_losses(tx: Tenant, before: dt.date) -> pd.DataFrame:
    """Sum the losses, on each day before `before`, of the model's forecasts published in time, and of the rule.

    Returns:
        date, pinball_loss, four_week_pinball_loss: sums over items and days ahead, in units.
    """
    rows = tx.connection.execute(
        text(PUBLISHED_DAYS).bindparams(bindparam("before"), bindparam("model_name")),
        {"before": before, "model_name": MODEL_NAME},
    ).all()
    frame = pd.DataFrame(rows, columns=["date", "pinball_loss", "four_week_pinball_loss"])
    return frame.assign(date=pd.to_datetime(frame.date))


def model_beats_the_rule(tx: Tenant) -> Proof:
    """Check that in the newest backtest the model is no worse than the four-week rule."""
    rows = read_backtest(tx)
    over_items = rows[rows.scope == "items"]
    if over_items.empty or not np.isfinite(over_items.skill.iloc[0]):
        return Proof({"backtests": 0}, [])
    row = over_items.iloc[0]
    metadata = {"up_to": row.last_date.isoformat(), "days": int(row.day_count), "skill": round(float(row.skill), 4)}
    wrong = (
        f"{tx.restaurant.slug}: up to {row.last_date} the model's weighted quantile loss was {row.wql:.3f}, the "
        f"four-week rule's {row.four_week_wql:.3f}"
    )
    return Proof(metadata, [wrong] if row.skill < 0 else [])


def reliability_frame(tx: Tenant, scope: str = "total") -> pd.DataFrame:
    """Read nominal and observed shares of the newest backtest, of the "total" or of "items"; empty if there is none.

    Returns:
        nominal, observed_low, observed_high, observed, is_reliable (see `demand.judging._reliability`).
    """
    rows = read_backtest(tx)
    shares = rows[rows.scope == scope].reliability
    columns = ["nominal", "observed_low", "observed_high", "observed", "is_reliable"]
    return pd.DataFrame(shares.iloc[0] if len(shares) else [], columns=columns)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.round(6).to_dict("records")]
