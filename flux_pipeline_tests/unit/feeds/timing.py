"""Time that passes only in pauses, so that tests of waiting are quick."""

import random
from dataclasses import dataclass, field

from flux_pipeline.feeds.services._budget import Timing


@dataclass
class Pauses:
    """A clock that a pause moves on, and the seconds of each pause."""

    now: float = 1_000.0
    seconds: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.now += seconds

    def timing(self) -> Timing:
        return Timing(lambda: self.now, self.sleep, random.Random(7))
