"""Look backs as a job: the forecasts of a range of past days, as they would have been made then."""

import datetime as dt

import dagster as dg
from pydantic import Field

from flux_pipeline.errors import PermanentError
from flux_pipeline.orchestration.acts._entries import DAY, in_launchpad, parsed_day
from flux_pipeline.orchestration.algorithm import Published
from flux_pipeline.orchestration.assets.accuracy import ACCURACY
from flux_pipeline.orchestration.assets.forecasts import DEMAND, STAFFING
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, step
from flux_pipeline.orchestration.work import Work, restaurant_of_run, started_at_of
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.months import make_months

# A day takes a second or two, and Dagster ends a run after an hour (`max_runtime_seconds`).
MOST_DAYS = 400
# The log is kept in Dagster's database, a row a line.
MOST_LINES = 60


class BackfillEntry(dg.Config):
    """A range of business days to forecast from."""

    first_day: str = Field(default=DAY, description="The first day to forecast from, as YYYY-MM-DD.")
    last_day: str = Field(
        default=DAY,
        description=f"The last one, as YYYY-MM-DD; at most {MOST_DAYS} days with the first, all of them over.",
    )


@dg.op(retry_policy=RETRY_TRANSIENT)
def backfill(context: dg.OpExecutionContext, config: BackfillEntry, store: StoreResource) -> None:
    """Forecast demand and staffing from each day of a range, with what was known at its end, then score them.

    These forecasts count as made in hindsight. A day whose forecast has the same inputs is left as it is, so the run
    can be ended and launched again.
    """
    with step():
        opened, started_at = store.open(), started_at_of(context)
        restaurant = restaurant_of_run(context, opened)
        days = _days(config, restaurant, started_at)
        make_months(opened, ("demand_forecasts",), days)
        outcomes = {"forecast": 0, "unchanged": 0, "skipped": 0}
        for number, day in enumerate(days, 1):
            work = Work(opened, restaurant, day, started_at, context.run.run_id)
            outcome = _outcome(DEMAND.run(work))
            STAFFING.run(work)
            outcomes[outcome] += 1
            if number % -(-len(days) // MOST_LINES) == 0 or number == len(days):
                context.log.info(f"Day {number} of {len(days)}: as of {day}, {outcome}.")
        scored = ACCURACY.run(Work(opened, restaurant, days[-1], started_at, context.run.run_id).up_to_now())
        context.add_output_metadata({"days": len(days), **outcomes, "forecasts_scored": scored.rows})


def _outcome(published: Published) -> str:
    if "skipped" in published.metadata:
        return "skipped"
    return "unchanged" if "unchanged_since_run" in published.metadata else "forecast"


def _days(config: BackfillEntry, restaurant: Restaurant, started_at: dt.datetime) -> list[dt.date]:
    """Return the days of the range; raise PermanentError if it is empty, too long or not over."""
    first, last = parsed_day("first_day", config.first_day), parsed_day("last_day", config.last_day)
    count, newest = (last - first).days + 1, restaurant.last_complete_business_day(started_at)
    if last < first:
        raise PermanentError(f"last_day {last} is before first_day {first}.")
    if count > MOST_DAYS:
        raise PermanentError(f"first_day {first} to last_day {last} are {count} days; expected at most {MOST_DAYS}.")
    if last > newest:
        raise PermanentError(f"last_day {last} is not over: the last complete business day is {newest}.")
    return [first + dt.timedelta(days=n) for n in range(count)]


@dg.job(partitions_def=restaurants_partitions, config=in_launchpad("backfill", BackfillEntry()))
def backfill_forecasts() -> None:
    """Forecast one restaurant from each day of a range in the past, for its accuracy. Choose the restaurant first."""
    backfill()
