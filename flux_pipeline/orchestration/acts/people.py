"""Acts of people as jobs: decide on forecasts, and withdraw an upload. Each is logged in the person's name.

What is typed into the launchpad stays in Dagster's database as the configuration of the run. Nothing else of a
restaurant gets there: messages count rows and name none of them.
"""

import datetime as dt
from enum import Enum

import dagster as dg
from pydantic import Field

from flux_pipeline.errors import PermanentError
from flux_pipeline.orchestration.acts._entries import DAY, PERSON, UPLOAD, filled_in, in_launchpad, parsed_day
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, step
from flux_pipeline.orchestration.work import restaurant_of_run
from flux_pipeline.store.forecasts import decisions
from flux_pipeline.store.loading import withdraw as withdrawals
from flux_pipeline.store.uploads.log import find_by_prefix
from flux_pipeline.wording import count_of


class Verdict(Enum):
    """What a person decides."""

    approve = "approved"
    reject = "rejected"


class DecisionEntry(dg.Config):
    """The decision of a person on published forecasts."""

    date: str = Field(
        default=DAY,
        description="The day that was forecast, as YYYY-MM-DD; empty: every day of the newest forecast that is not "
        "over.",
    )
    item: str = Field(default="", description="The name of the item; empty: every item.")
    decision: Verdict = Field(default=Verdict.approve, description="approve or reject.")
    by: str = Field(default=PERSON, description="The address of the person who decides (`flux users`).")
    again: bool = Field(default=False, description="Also change rows on which a person decided the opposite.")


class WithdrawalEntry(dg.Config):
    """The upload that a person withdraws."""

    upload: str = Field(default=UPLOAD, description="The id, or its first characters, as `flux uploads list` shows it.")
    by: str = Field(default=PERSON, description="Who withdraws it, for the audit log.")


@dg.op(retry_policy=RETRY_TRANSIENT)
def decide(context: dg.OpExecutionContext, config: DecisionEntry, store: StoreResource) -> None:
    """Approve or reject forecasts of one restaurant in a person's name, as `flux forecast approve` does."""
    with step():
        restaurant = restaurant_of_run(context, store.open())
        by = filled_in("by", config.by, "the address of the person who decides")
        days = [parsed_day("date", config.date)] if config.date else []
        status, now = config.decision.value, dt.datetime.now(dt.UTC)
        item = filled_in("item", config.item, "the name of an item") if config.item else None
        choice = decisions.Choice(item=item, dates=days)
        try:
            done = decisions.decide_forecasts(
                store.open().acting_as(by), restaurant.slug, status, by, choice, now=now, again=config.again
            )
        except decisions.RowsRefusedError as exc:
            raise PermanentError(exc.without_names) from None
        as_of = ", ".join(day.isoformat() for day in done.as_of)
        context.log.info(f"{count_of(done.decided, 'forecast')} as of {as_of}: {status}.")
        context.add_output_metadata(
            {"as_of": as_of, status: done.decided, "already": done.unchanged, "decided_the_opposite": done.left}
        )


@dg.op(retry_policy=RETRY_TRANSIENT)
def withdraw(context: dg.OpExecutionContext, config: WithdrawalEntry, store: StoreResource) -> None:
    """Withdraw an upload of one restaurant in a person's name; `new_upload_sensor` then starts its run."""
    with step():
        restaurant = restaurant_of_run(context, store.open())
        upload = filled_in("upload", config.upload, "the id of an upload (`flux uploads list` shows them)")
        by = filled_in("by", config.by, "the person who withdraws it")
        acting = store.open().acting_as(by)
        _, upload_id = find_by_prefix(acting, upload, restaurant.slug)
        with acting.tenant(restaurant) as tx:
            done = withdrawals.withdraw_upload(tx, upload_id)
        context.log.info(done.message)
        context.add_output_metadata(
            {
                "file": done.upload.file_name,
                "was_withdrawn_before": done.was_withdrawn,
                "days": done.days,
                "lines_removed": done.lines_removed,
                "lines_returned": done.lines_returned,
            }
        )


@dg.job(partitions_def=restaurants_partitions, config=in_launchpad("decide", DecisionEntry()))
def decide_forecasts() -> None:
    """Approve or reject forecasts of one restaurant. Choose the restaurant first, then fill in the keys."""
    decide()


@dg.job(partitions_def=restaurants_partitions, config=in_launchpad("withdraw", WithdrawalEntry()))
def withdraw_upload() -> None:
    """Withdraw an upload of one restaurant, as if it had never been loaded. Choose the restaurant first."""
    withdraw()
