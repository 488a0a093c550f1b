"""Vendors' calendars and lead times."""

import datetime as dt

import numpy as np
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.vendors import LeadTime, VendorCalendar

MONDAY = dt.date(2026, 11, 30)
MON_AND_THU = VendorCalendar(frozenset({0, 3}), cut_off=dt.time(14), closed=frozenset({dt.date(2026, 12, 3)}))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (dt.datetime(2026, 11, 30, 14, 0), MONDAY),
        (dt.datetime(2026, 11, 30, 14, 1), dt.date(2026, 12, 7)),
        (dt.datetime(2026, 12, 1, 8, 0), dt.date(2026, 12, 7)),
        (dt.datetime(2026, 12, 9, 23, 0), dt.date(2026, 12, 10)),
    ],
    ids=["at the cut-off", "a minute later, and Thursday is closed", "between the days", "the evening before"],
)
def test_an_order_goes_to_the_first_day_that_still_takes_it(moment: dt.datetime, day: dt.date) -> None:
    assert MON_AND_THU.first_order_day(moment) == day


def test_the_usual_gap_is_the_shortest_of_the_week() -> None:
    assert MON_AND_THU.usual_gap == 3
    assert VendorCalendar().usual_gap == 1
    assert VendorCalendar(frozenset({2})).usual_gap == 7


def test_a_vendor_without_order_days_is_refused() -> None:
    with pytest.raises(PermanentError, match="no valid order day"):
        VendorCalendar(frozenset())
    closed = frozenset(MONDAY + dt.timedelta(days=each) for each in range(500))
    with pytest.raises(PermanentError, match="takes no order in the year"):
        VendorCalendar(closed=closed).next_order_day(MONDAY)


def test_a_lead_time_learns_from_deliveries() -> None:
    assert LeadTime.observed([], promised=2, prior=3) == LeadTime.of(2)
    assert LeadTime.observed([], promised=2, prior=0) == LeadTime.of(2)
    learned = LeadTime.observed([1, 1, 2, 3, 1], promised=1, prior=3)
    assert learned.shares == (0, 6 / 8, 1 / 8, 1 / 8)
    assert learned.mean == pytest.approx(1.375)
    assert learned.sd == pytest.approx(np.sqrt(6 / 8 * 1 + 4 / 8 + 9 / 8 - 1.375**2))


def test_what_has_not_come_yet_comes_later() -> None:
    lead = LeadTime((0.0, 0.6, 0.3, 0.1))
    assert lead.after(1).shares == pytest.approx((0, 0, 0.75, 0.25))
    assert lead.after(5) == LeadTime.of(6)


def test_lead_times_of_samples_have_their_shares_and_are_independent() -> None:
    lead = LeadTime((0.0, 0.6, 0.3, 0.1))
    first, second = lead.spread(500, MONDAY), lead.spread(500, MONDAY + dt.timedelta(days=1))
    for days, share in enumerate(lead.shares):
        assert np.mean(first == days) == pytest.approx(share, abs=0.006)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05
    assert np.array_equal(first, lead.spread(500, MONDAY))


def test_shares_that_are_no_distribution_are_refused() -> None:
    for shares in ((), (0.5,), (1.5, -0.5)):
        with pytest.raises(PermanentError, match="sum up to 1"):
            LeadTime(shares)
