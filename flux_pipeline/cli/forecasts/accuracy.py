"""Commands `flux accuracy` and `flux backtest`: the errors of forecasts beside those of the four-week rule."""

from typing import Any

import click
import pandas as pd

from flux_pipeline.cli.console import RESTAURANT, as_csv, emit, note, parse_day, ready_store, say, show_table
from flux_pipeline.errors import PermanentError

# The columns that managers compare; programs get every column.
SHOWN = {
    "row_count": "forecasts",
    "actual_quantity": "sold",
    "wape": "WAPE",
    "four_week_wape": "rule's WAPE",
    "bias": "bias",
    "coverage_p10_p90": "in p10-p90",
    "coverage_p99": "under p99",
    "skill": "skill",
}
# Where a share is further from its nominal one than chance explains.
VERDICTS = {"coverage_p10_p90": "coverage_verdict", "coverage_p99": "p99_verdict"}
HEADINGS = {"days_ahead": "days ahead", "item": "item", "weekday": "weekday"}
SALES_KNOWN = {
    "as known then": "Sales are as they were known then.",
    "as corrected since": "Sales include all later corrections.",
}
ITEMS_SHOWN = 25
MEANING = (
    "WAPE: the error of the p50 as a share of what was sold. Bias: above 0, too much was forecast. Skill: by how much "
    "the quantiles were nearer than the rule's (the last four same weekdays); below 0, the rule was better."
)
BOUNDS = (
    'p10 to p90 should contain 80% of what was sold, p99 99%. "Too few" and "too many" are marked if the share is '
    "further off than chance explains on so many days."
)


@click.command()
@RESTAURANT
@click.option("--by", type=click.Choice(list(HEADINGS)), help="Show a line for each instead of one for all.")
@click.option("--item", help="Only the items whose name contains this.")
@click.option(
    "--days", type=click.IntRange(1, 3660), default=56, show_default=True, help="How many of the newest days to sum up."
)
@click.option("--csv", "as_text", is_flag=True, help="Every column, as CSV.")
def accuracy(slug: str, by: Any, item: str | None, days: int, as_text: bool) -> None:
    """Show how right the published forecasts were, once their days are over.

    For each day and number of days ahead, the forecast that was published first, before that day, counts. Look backs
    (flux run --as-of) are shown only until there are such forecasts. A share within p10 to p90 or under p99 that chance
    does not explain is marked.
    """
    from flux_pipeline.store.forecasts.measures import measured, measured_totals, scored_window

    with ready_store() as store, store.tenant(slug) as tx:
        window = scored_window(tx, days)
        if window is None:
            raise PermanentError(
                f"No forecast of {slug} has been judged yet: the first run after the sales of its day are loaded does "
                f"that. To judge the model by past sales: flux backtest --restaurant {slug}."
            )
        rows = measured(tx, window, by, item=item)
        totals = pd.DataFrame() if item else measured_totals(tx, window, by)
    if rows.empty:
        raise PermanentError(f"No item of {slug} with {item!r} in its name has been judged.")
    if as_text:
        frame = pd.concat([rows.assign(scope="items"), totals.assign(scope="total")] if len(totals) else [rows])
        emit(as_csv(list(frame.columns), _records(frame)))
        return
    title = f"{slug}: {window.days} days judged, {window.first} to {window.last}"
    if by is None:
        lines = [("each item", rows.iloc[0]), *([("the day's total", totals.iloc[0])] if len(totals) else [])]
        _show(title, "", lines)
    else:
        _show(f"{title}, each item", HEADINGS[by], [(row[by], row) for _, row in rows.head(ITEMS_SHOWN).iterrows()])
        if len(totals) and by != "item":
            _show(f"{title}, the day's total", HEADINGS[by], [(row[by], row) for _, row in totals.iterrows()])
    if window.look_backs:
        note(
            "These are look backs: forecasts made in hindsight, from sales up to their day. None was published in time."
        )
    note(f"{MEANING} {BOUNDS}")


@click.command()
@RESTAURANT
@click.option(
    "--weeks",
    type=click.IntRange(1, 52),
    help="How many forecasts, a week apart; default: the setting backtest_weeks, 8.",
)
@click.option("--as-of", help="YYYY-MM-DD: the last day that is judged; default: the last complete one.")
@click.option("--items", is_flag=True, help="Show a line for each item too.")
@click.option("--csv", "as_text", is_flag=True, help="Every row and column, as CSV.")
def backtest(slug: str, weeks: int | None, as_of: str | None, items: bool, as_text: bool) -> None:
    """Compare the model's forecasts week by week with actual sales and the average of the last four same weekdays.

    This runs Dagster's job backtest_restaurant. If nothing has changed, the stored result is shown.
    """
    day = parse_day(as_of)
    with ready_store() as store:
        from flux_pipeline.orchestration.commands.launch import run_backtest
        from flux_pipeline.orchestration.instance import open_instance
        from flux_pipeline.store.forecasts.backtests import read_backtest

        store.restaurant(slug)
        with open_instance(store) as instance:
            result = run_backtest(instance, slug, day, weeks=weeks)
        if not result.succeeded:
            raise PermanentError("; ".join(result.failures))
        metadata = result.metadata["backtests"]
        if "skipped" in metadata:
            raise PermanentError(f"{slug} has too few days with sales: {metadata['skipped']}.")
        with store.tenant(slug) as tx:
            rows = read_backtest(tx, str(metadata["algorithm_run_id"]))
    if as_text:
        frame = rows.drop(columns=["origins", "reliability"])
        emit(as_csv(list(frame.columns), _records(frame)))
        return
    first = rows.iloc[0]
    title = (
        f"{slug}: {len(first.origins)} forecasts from {first.origins[0]} to {first.origins[-1]}, judged on "
        f"{first.day_count} days up to {first.last_date}"
    )
    names = {"items": "each item", "total": "the day's total"}
    shown = rows if items else rows[rows.scope != "item"]
    _show(title, "", [(names.get(row.scope, row["item"]), row) for _, row in shown.iterrows()])
    _say_who_is_better(slug, rows[rows.scope == "items"].iloc[0])
    note(f"{SALES_KNOWN[first.sales_known]} {MEANING}")


def _show(title: str, heading: str, lines: list[tuple[Any, pd.Series]]) -> None:
    headings = list(SHOWN.values())
    table = [(label, *(_cell(name, row) for name in SHOWN)) for label, row in lines]
    show_table(title, [heading, *headings], table, right=headings)


def _cell(name: str, row: pd.Series) -> Any:
    """Return a count as it is, a share in per cent with what is wrong with it, None for a missing value."""
    value = row[name]
    if pd.isna(value):
        return None
    if name in ("row_count", "actual_quantity"):
        return int(value) if float(value).is_integer() else float(value)
    share = f"{value:+.1%}" if name in ("bias", "skill") else f"{value:.1%}"
    return f"{share} {row.get(VERDICTS.get(name), '')}".rstrip()


def _say_who_is_better(slug: str, row: pd.Series) -> None:
    if pd.isna(row.skill):
        return
    better = f"Over all items the model's quantiles were {row.skill:.1%} nearer than the rule's."
    worse = (
        f"Over all items the model's quantiles were {-row.skill:.1%} further off than the rule's. Beyond the margin of "
        f"the setting forecast_fallback_margin `flux run --restaurant {slug}` publishes the rule's forecast, until the "
        "model is the better one again."
    )
    say(better if row.skill >= 0 else worse)


def _records(frame: pd.DataFrame) -> list[list[Any]]:
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
