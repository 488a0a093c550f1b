"""Prep that is done earlier on the same day, spread so that the busiest period is as calm as it can be."""

import numpy as np


def level_prep(other_work: np.ndarray, due: np.ndarray) -> np.ndarray:
    """Return when prep is done: its minutes by period.

    What is due in a period may be done in it or before. Periods are taken in order, and what is due is poured over the
    periods up to it like water, into the calmest first. Because the periods that may be used only become more, no other
    way has a lower peak (this is the greedy algorithm on nested sets).

    Args:
        other_work: (periods,) minutes of work that can't be moved.
        due: (periods,) minutes of prep that each period needs to be done by its end, >= 0.

    Returns:
        (periods,) minutes >= 0 that sum to those that are due.
    """
    done = np.zeros(len(due))
    for period in np.flatnonzero(due > 0):
        until = slice(0, period + 1)
        done[until] += _pour(other_work[until] + done[until], float(due[period]))
    return done


def _pour(work: np.ndarray, amount: float) -> np.ndarray:
    """Return what each period takes of an amount that fills the calmest periods to one level."""
    ordered = np.sort(work)
    levels = (amount + np.cumsum(ordered)) / np.arange(1, len(work) + 1)
    # The level over the k calmest periods holds as long as it isn't below the k-th.
    level = levels[np.flatnonzero(levels >= ordered)[-1]]
    poured: np.ndarray = np.maximum(level - work, 0.0)
    if not poured.any():
        # An amount below the last digit of the work.
        poured[work.argmin()] = amount
    return poured
