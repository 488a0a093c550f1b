"""Intraday profile: how a day's items spread over its periods, from ticket times or, without them, opening hours.

Shares are posterior means of a hierarchy of Dirichlet priors: opening hours -> restaurant -> channel -> weekday ->
category -> category on that weekday. Whatever has little evidence falls back to the level above it. Which of the
periods are staffed is decided in `hours`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing._evidence import SoldByDay, shrink, sold_by_day
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.staffing.week import default_minutes, open_minutes

# A holiday or another day off the rhythm: an eighth day of the week that borrows from the category, not from a weekday.
UNUSUAL_DAY = 7
ANY = "any"


@dataclass(frozen=True, eq=False)
class IntradayProfile:
    """The rhythm of each weekday and of unusual days, by category and channel.

    Attributes:
        share: (8, categories + 1, channels, periods): the part of a category's items of the day that is sold through
            a channel in a period, by weekday (0 = Monday; 7 = an unusual day). Periods of the local clock; those after
            midnight belong to the business day before. An open weekday sums to 1 for each category, a closed one to 0.
            The last category is that of items whose category has no sales of its own.
        categories: names of the categories with sales, in order.
        channels: names of the channels with sales, in order; "any" if files don't say.
        period_minutes: length of a period.
        source: the data that the shares come from.
        history_days: days of ticket times behind each weekday and unusual days.
        closed_hours: (7, 24) bool: the weekday never sold in that hour, though it was seen often. What its share
            borrows from other days is an odd late sale, and no reason to staff the hour.
    """

    share: np.ndarray
    categories: tuple[str, ...]
    channels: tuple[str, ...]
    period_minutes: int
    source: Literal["tickets", "opening_hours"]
    history_days: tuple[int, ...] = (0,) * 8
    closed_hours: np.ndarray = field(default_factory=lambda: np.zeros((7, 24), dtype=bool))

    @property
    def rhythm(self) -> np.ndarray:
        """The share of all items by weekday and period (7, periods)."""
        shares: np.ndarray = self.share[:UNUSUAL_DAY, -1].sum(axis=1)
        return shares

    def shares_of(self, day: int, categories: Sequence[str]) -> np.ndarray:
        """Return the shares (categories, channels, periods) of a weekday or an unusual day."""
        place = {name: at for at, name in enumerate(self.categories)}
        shares: np.ndarray = self.share[day, [place.get(name, -1) for name in categories]]
        return shares

    def as_metadata(self) -> dict[str, Any]:
        """Return the source of the rhythm and its busiest hour, for a run's record."""
        by_hour = self.rhythm.sum(axis=0).reshape(24, -1).sum(axis=1)
        return {
            "profile_source": self.source,
            "profile_history_days": int(sum(self.history_days)),
            "profile_busiest_hour": int(by_hour.argmax()) if by_hour.any() else None,
        }


def intraday_profile(
    ticket_times: pd.DataFrame,
    opening_hours: pd.DataFrame,
    settings: StaffingSettings,
    unusual_days: Collection[Any] = (),
) -> IntradayProfile:
    """Learn the rhythm of each weekday, category and channel.

    A level's share of a period is (e + k p) / (sum of e + k): e is its evidence in the period, p the share of the level
    above, k = `labor_profile_prior_parties`. It is the posterior mean under a Dirichlet prior with the parameters k p.
    Evidence is in parties, loses half its weight in `labor_profile_half_life_days`, and a day is worth less than its
    parties, because they come for the same reasons (see `_evidence`).

    Args:
        ticket_times: columns business_date, minute (of the local clock, 0 to 1439, at which the sale or its period
            begins), quantity, and category and channel if they are known; empty if files have no times.
        opening_hours: columns day_of_week, open_time, close_time, is_closed; may be empty.
        settings: length of a period, how far back to look, how much a level borrows.
        unusual_days: business dates, such as holidays, that say nothing about their weekday.

    Raises:
        PermanentError: a minute is outside 0..1439, a quantity isn't a number, or the opening hours are wrong.
    """
    declared = open_minutes(opening_hours, settings.labor_period_minutes)
    sold = sold_by_day(_checked(ticket_times), settings, unusual_days)
    if len(sold.day) < settings.labor_profile_minimum_days:
        return _profile_of_hours(declared if declared.any() else default_minutes(settings), settings)
    share = _shrunk_shares(sold, declared, settings)
    days = np.bincount(sold.day, minlength=8)
    if declared.any():
        share[:UNUSUAL_DAY][(days[:UNUSUAL_DAY] == 0) & ~declared.any(axis=1)] = 0.0
    return IntradayProfile(
        share=share,
        categories=sold.categories,
        channels=sold.channels,
        period_minutes=settings.labor_period_minutes,
        source="tickets",
        history_days=tuple(days.tolist()),
        closed_hours=_closed_hours(sold, settings),
    )


def _checked(ticket_times: pd.DataFrame) -> pd.DataFrame:
    """Return the ticket times with floats for numbers, and names for what isn't known."""
    minute = pd.to_numeric(ticket_times["minute"])
    outside = ~minute.between(0, 1439)
    if outside.any():
        raise PermanentError(f"Ticket times name the minute {minute[outside].iloc[0]}; expected 0 to 1439.")
    # Exact numbers from a database are Decimal, which has no vectorised arithmetic.
    quantity = ticket_times["quantity"].astype(float)
    if not np.isfinite(quantity).all():
        raise PermanentError("Ticket times have a quantity that isn't a number; expected every line to have one.")
    named = {
        name: ticket_times[name].fillna(ANY).astype(str) if name in ticket_times else ANY
        for name in ("category", "channel")
    }
    date = pd.to_datetime(ticket_times["business_date"])
    return pd.DataFrame({"date": date, "minute": minute.astype(np.int64), "quantity": quantity, **named})


def _shrunk_shares(sold: SoldByDay, declared: np.ndarray, settings: StaffingSettings) -> np.ndarray:
    """Return the shares (8, categories + 1, channels, periods) of the hierarchy."""
    prior = settings.labor_profile_prior_parties
    restaurant = shrink(sold.evidence(), _root(sold, declared), prior)
    channel = shrink(sold.evidence(by_channel=True), restaurant, prior)
    weekday = shrink(sold.evidence(by_channel=True, by_day=True), channel, prior)
    category = shrink(sold.evidence(by_channel=True, by_category=True), weekday[:, None], prior)
    both = shrink(sold.evidence(by_channel=True, by_category=True, by_day=True), category, prior)
    periods = np.concatenate([both, weekday[:, None]], axis=1)
    # A category's channels are shrunk to those of all items.
    channels = sold.parties_by_channel()
    total = channels.sum(axis=0) / channels.sum()
    split = np.concatenate([shrink(channels, total, prior), total[None]])
    shares: np.ndarray = periods * split[None, :, :, None]
    return shares


def _root(sold: SoldByDay, declared: np.ndarray) -> np.ndarray:
    """Return what the restaurant falls back to: even over its open minutes, or over the hours with any sale."""
    if declared.any():
        minutes = declared.sum(axis=0)
    else:
        minutes = np.repeat(sold.sold_in_hour().any(axis=0).astype(float), sold.quantity.shape[-1] // 24)
    shares: np.ndarray = minutes / minutes.sum()
    return shares


def _closed_hours(sold: SoldByDay, settings: StaffingSettings) -> np.ndarray:
    """Return the hours (7, 24) in which a weekday that was seen often never sold, however busy they are on others."""
    days = np.bincount(sold.day, minlength=8)[:UNUSUAL_DAY]
    never: np.ndarray = (days >= settings.labor_profile_closed_days)[:, None] & ~sold.sold_in_hour()[:UNUSUAL_DAY]
    return never


def _profile_of_hours(minutes: np.ndarray, settings: StaffingSettings) -> IntradayProfile:
    """Return a profile in which every open minute has the same share."""
    unusual = minutes.sum(axis=0, keepdims=True)
    share = _to_one(np.concatenate([minutes, unusual])[:, None, None, :])
    return IntradayProfile(share, (), (ANY,), settings.labor_period_minutes, "opening_hours")


def _to_one(amounts: np.ndarray) -> np.ndarray:
    """Divide the amounts of each day and category by their sum; without any they remain zero."""
    totals = amounts.sum(axis=(2, 3), keepdims=True)
    shares: np.ndarray = np.divide(amounts, totals, out=np.zeros_like(amounts), where=totals > 0)
    return shares
