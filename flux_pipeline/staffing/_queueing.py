"""Queues of guests by Erlang's formulas: how many servers keep nearly all of them from waiting long.

Guests arrive at random (Poisson), wait until a server is free, and are served in the order in which they came. The
offered load A, in erlang, is arrivals per minute times minutes of handling: the servers that are busy on average.

Sources: A. K. Erlang, Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges (1917); the recursion of Erlang B and the form of Erlang C are those of R. B. Cooper, Introduction to Queueing
Theory (1981), chapter 3.
"""

from dataclasses import dataclass

import numpy as np

from flux_pipeline.errors import PermanentError

# A load that exactly fills its servers must not need one more because of a rounding error in the last decimal.
ROUNDING_SLACK = 1e-9


@dataclass(frozen=True)
class QueueRule:
    """What a queue has to achieve.

    Attributes:
        service_level: share of guests that wait at most `wait_minutes`, below 1.
        wait_minutes: the longest wait of those guests, >= 0.
        occupancy_cap: largest share of their time that servers are busy, above 0 and at most 1.
    """

    service_level: float
    wait_minutes: float
    occupancy_cap: float


@dataclass(frozen=True)
class QueueMeasures:
    """A queue in its steady state.

    Attributes:
        wait_probability: share of guests that wait at all (Erlang C).
        service_level: share of guests that wait at most as long as was asked.
        mean_wait_minutes: mean wait of all guests; infinite if the queue never empties.
        occupancy: share of their time that servers are busy, at most 1.
        never_empties: more work arrives than the servers get done.
    """

    wait_probability: float
    service_level: float
    mean_wait_minutes: float
    occupancy: float
    never_empties: bool

    @property
    def sentence(self) -> str:
        """The queue in words."""
        if self.never_empties:
            return "the queue never empties"
        return f"{self.service_level:.0%} are served in time, the mean wait is {self.mean_wait_minutes:.1f} min"


def erlang_b(load: float, servers: int) -> float:
    """Return the share of guests that find all servers busy if nobody waits (Erlang B).

    B(0) = 1, B(n) = A B(n-1) / (n + A B(n-1)): every term is between 0 and 1, so none overflows, whereas A^n / n! does
    from 171 servers on.

    Args:
        load: offered load A in erlang, >= 0.
        servers: number of servers, >= 0.

    Raises:
        PermanentError: the load isn't a number of zero or more, or there are fewer than no servers.
    """
    if not np.isfinite(load) or load < 0 or servers < 0:
        raise PermanentError(f"A queue has a load of {load} and {servers} servers; expected numbers of zero or more.")
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Return the share of guests that wait: C = N B / (N - A (1 - B)); 1 if N <= A, as the queue never empties."""
    blocked = erlang_b(load, servers)
    if servers <= load:
        return 1.0
    return servers * blocked / (servers - load * (1.0 - blocked))


def measure_queue(load: float, servers: int, handle_minutes: float, within_minutes: float) -> QueueMeasures:
    """Return the measures of a queue with N servers.

    Of those that wait, exp(-(N - A) t / h) wait longer than t, and their mean wait is h / (N - A).

    Args:
        load: offered load A in erlang, >= 0.
        servers: N.
        handle_minutes: mean minutes h that a guest is served for, above 0.
        within_minutes: the wait t that the service level is asked for.
    """
    waits = erlang_c(load, servers)
    if servers <= load:
        return QueueMeasures(waits, 0.0, float("inf"), 1.0, never_empties=True)
    spare = servers - load
    late = waits * float(np.exp(-spare * within_minutes / handle_minutes))
    return QueueMeasures(waits, 1.0 - late, waits * handle_minutes / spare, load / servers, never_empties=False)


def servers_for_wait(load: np.ndarray, handle_minutes: np.ndarray, rule: QueueRule) -> np.ndarray:
    """Return the fewest servers that keep the service level; always more than the load, and none for no load.

    Args:
        load: offered loads in erlang, finite and >= 0, any shape.
        handle_minutes: minutes that a guest is served for, above 0 where there is a load; broadcasts to `load`.
        rule: service level and wait.
    """
    flat = np.asarray(load, dtype=float).ravel()
    handle = np.broadcast_to(handle_minutes, np.shape(load)).ravel()
    found = np.zeros(len(flat), dtype=np.int64)
    waiting = np.flatnonzero(flat > 0)
    a, blocked, n = flat[waiting], np.ones(len(waiting)), 0
    patience = rule.wait_minutes / handle[waiting]
    # All loads go through the recursion together; those that have enough servers leave it.
    while len(waiting):
        n += 1
        blocked = a * blocked / (n + a * blocked)
        spare = np.maximum(n - a, 0.0)
        waits = np.where(spare > 0, n * blocked / np.maximum(n - a * (1.0 - blocked), 1e-300), 1.0)
        enough = (spare > 0) & (1.0 - waits * np.exp(-spare * patience) >= rule.service_level)
        found[waiting[enough]] = n
        waiting, a, blocked, patience = (each[~enough] for each in (waiting, a, blocked, patience))
    return found.reshape(np.shape(load))


def servers_for_occupancy(load: np.ndarray, rule: QueueRule) -> np.ndarray:
    """Return the fewest servers that are busy for at most the cap's share of their time."""
    servers: np.ndarray = np.ceil(load / rule.occupancy_cap - ROUNDING_SLACK).astype(np.int64)
    return servers
