"""The files that the soak test drops: the tests' own, an example of each kind, damaged ones, and sales of many days."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.templates import example_file

DATA = Path(__file__).parents[1] / "data"
# Hand-written files are dropped whatever they are; their names begin with their kind.
KINDS_OF_DATA = ("sales", "weather", "local_events")
MENU = [("Soup", 4.5), ("Bread", 1.2), ("Tea", 2.0), ("Cake", 3.8), ("Salad", 6.9)]
DAYS_OF_SALES = 90


@dataclass(frozen=True)
class Dropped:
    """A file to drop: its kind, its name, its bytes, and whether it belongs to all restaurants."""

    kind: str
    name: str
    content: bytes

    @property
    def is_shared(self) -> bool:
        return KINDS[self.kind].shared


def files(rng: random.Random, today: dt.date) -> Iterator[Dropped]:
    """Yield files without end, chosen at random."""
    written = list(written_files())
    for number in range(1_000_000):
        chance = rng.random()
        if chance < 0.5:
            yield Dropped("sales", f"till_{number}.csv", sales(rng, today))
        elif chance < 0.9:
            yield rng.choice(written)
        else:
            yield damaged(rng, rng.choice(written), number)


def written_files() -> Iterator[Dropped]:
    """Yield the files of the tests' data folder and the example of each kind."""
    for path in sorted(DATA.iterdir()):
        kind = next((kind for kind in KINDS_OF_DATA if path.name.startswith(kind)), None)
        if kind:
            yield Dropped(kind, path.name, path.read_bytes())
    for kind in KINDS:
        yield Dropped(kind, f"{kind}.csv", example_file(kind).encode())


def sales(rng: random.Random, today: dt.date) -> bytes:
    """Return some days of sales of the last months, with tickets or without; some days come in other files too."""
    first = today - dt.timedelta(days=rng.randint(1, DAYS_OF_SALES))
    days = [first + dt.timedelta(days=n) for n in range(rng.randint(1, 30))]
    with_tickets = rng.random() < 0.3
    lines = ["date,ticket,item,quantity,price"]
    for day in (day for day in days if day < today):
        for place, (item, price) in enumerate(MENU):
            # The same on each day in each file, so that files that overlap agree on most days.
            amount = 1 + (day.toordinal() * (place + 3)) % 9 + (rng.random() < 0.02)
            ticket = f"T{day.toordinal()}-{place % 2}" if with_tickets else ""
            lines.append(f"{day},{ticket},{item},{amount},{price}")
    return "\n".join([*lines, ""]).encode()


def damaged(rng: random.Random, file: Dropped, number: int) -> Dropped:
    """Return a file cut off or with bytes changed."""
    content = bytearray(file.content[: rng.randint(0, len(file.content))] if rng.random() < 0.5 else file.content)
    for _ in range(rng.randint(0, 5) if content else 0):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return Dropped(file.kind, f"damaged_{number}_{file.name}", bytes(content))
