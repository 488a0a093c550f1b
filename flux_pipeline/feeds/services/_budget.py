"""Bounds of one answer: how many requests it may take, with all its pages and repeated requests, and how long."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_REQUESTS = 6
# More than the waits of an ordinary answer take, and short enough that a run is not held up by one service.
MOST_SECONDS = 180.0


@dataclass(frozen=True)
class Timing:
    """Time and chance, as arguments for tests: seconds of a clock that never goes back, a pause, chance."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: random.Random = field(default_factory=random.Random)


class Budget:
    """What is left for one answer."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.requests = MOST_REQUESTS
        self._clock = clock
        self._end = clock() + MOST_SECONDS

    @property
    def used(self) -> int:
        """How many requests were sent."""
        return MOST_REQUESTS - self.requests

    def seconds_left(self) -> float:
        """Return the time that is left, negative once it is over."""
        return self._end - self._clock()


class Pace:
    """At most so many calls in any minute, by all threads together."""

    def __init__(self, calls_per_minute: int, timing: Timing) -> None:
        self._calls: deque[float] = deque(maxlen=calls_per_minute)
        self._timing = timing
        self._lock = threading.Lock()

    def keep(self) -> None:
        """Wait until a call is due, and count it."""
        # The lock is held during the pause, because whoever waits behind has to wait at least as long.
        with self._lock:
            if len(self._calls) == self._calls.maxlen:
                pause = self._calls[0] + 60.0 - self._timing.clock()
                if pause > 0:
                    self._timing.sleep(pause)
            self._calls.append(self._timing.clock())
