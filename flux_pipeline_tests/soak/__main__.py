"""The soak test: `python -m flux_pipeline_tests.soak --minutes 20 --restaurants 30`.

People drop files, good and bad, run, withdraw and back up, and Dagster's daemon runs what it notices, while every 20
seconds a random process is killed. Afterwards each row is compared with those of a clean rebuild. It prints the kills
and the rows compared, and ends with code 1 if anything differs.
"""

import argparse
import contextlib
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from flux_pipeline.errors import FluxError
from flux_pipeline.settings import load_settings
from flux_pipeline.store.backup.backup import back_up
from flux_pipeline.store.backup.restore import restore
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres import server
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.restaurant import list_restaurants
from flux_pipeline.store.schema.migrate import upgrade
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.conftest import folder_for_servers
from flux_pipeline_tests.ports import free_port
from flux_pipeline_tests.soak.files import files
from flux_pipeline_tests.soak.killer import Killer
from flux_pipeline_tests.soak.rebuild import differences, files_in_use, load_again, rows_of, run_all, sha256_of

KILL_SECONDS = 20
STAFF = 2
TODAY = dt.datetime.now(dt.UTC).date()
AS_OFS = (TODAY - dt.timedelta(days=40), TODAY - dt.timedelta(days=1))


class Soak:
    """A home with restaurants, the files dropped into it, and what its commands ended with."""

    def __init__(self, home: Path, restaurants: int, seed: int) -> None:
        self.home, self.rng = home, random.Random(seed)
        self.slugs = [f"r{number:02d}" for number in range(restaurants)]
        self.contents: dict[str, tuple[str, bytes]] = {}
        self.ended: Counter[str] = Counter()
        self.is_over = threading.Event()
        self.environment = os.environ | {"FLUX_HOME": str(home), "FLUX_LANDING_QUIET_SECONDS": "0.2"}
        self.settings = load_settings(home=home)

    def open(self, database: str = "flux") -> Store:
        """Open a store of this home, whose server may have been killed."""
        return Store(self.settings, server.start(self.home).set(database=database))

    def add_restaurants(self) -> None:
        """Add the restaurants, and keep a backup of the database as it is before any file."""
        store = self.open()
        bootstrap(store.admin_url)
        upgrade(store)
        for slug in self.slugs:
            add_restaurant(store, NewRestaurant(slug, slug, "UTC", "EUR", "DE", 52.5, 13.4))
        back_up(store, self.home / "empty.backup", lambda _line: None)
        store.dispose()

    def work(self, number: int) -> None:
        """Drop files, run, withdraw and back up, until it is over."""
        rng = random.Random(f"{self.rng.random()} {number}")
        dropped = files(rng, TODAY)
        while not self.is_over.is_set():
            slug = rng.choice(self.slugs)
            for file in (next(dropped) for _ in range(rng.randint(1, 3))):
                self.contents[sha256_of(file.content)] = (file.name, file.content)
                folder = self.home / "landing" / ("shared" if file.is_shared else slug) / file.kind
                folder.mkdir(parents=True, exist_ok=True)
                (folder / file.name).write_bytes(file.content)
            self.flux("run", "--restaurant", slug, "--as-of", str(rng.choice(AS_OFS)))
            if rng.random() < 0.15 and (upload := self.any_loaded(slug)):
                self.flux("uploads", "withdraw", upload)
            if rng.random() < 0.03:
                self.flux("db", "backup", str(self.home / f"{number}.backup"), "--force")

    def flux(self, *arguments: str) -> None:
        """Run a command, and count how it ended."""
        done = subprocess.run(
            [sys.executable, "-m", "flux_pipeline", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        how = "killed" if done.returncode == -signal.SIGKILL else f"code {done.returncode}"
        self.ended[f"flux {arguments[0]}: {how}"] += 1
        if "Traceback" in done.stderr and done.returncode >= 0:
            self.ended[f"flux {arguments[0]}: a traceback"] += 1
            print(done.stderr[-3000:], file=sys.stderr)

    def any_loaded(self, slug: str) -> str | None:
        """Return the id of a loaded sales file of a restaurant; None if there is none or no server."""
        query = (
            "SELECT u.id::text FROM data_uploads u JOIN restaurants r ON r.id = u.restaurant_id WHERE r.slug = :slug"
            " AND u.kind = 'sales' AND u.status = 'completed' ORDER BY random() LIMIT 1"
        )
        with contextlib.suppress(FluxError, SQLAlchemyError, psycopg.Error, OSError):
            store = self.open()
            with store.fleet() as connection:
                found = connection.execute(text(query), {"slug": slug}).scalar()
            store.dispose()
            return found
        return None

    def keep_the_ui_running(self) -> None:
        """Start `flux ui` again whenever it is gone, until it is over."""
        with (self.home / "ui.log").open("a") as log:
            while not self.is_over.is_set():
                command = [sys.executable, "-m", "flux_pipeline", "ui", "--port", str(free_port())]
                process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
                while process.poll() is None and not self.is_over.wait(1):
                    pass
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)
                self.ended["flux ui: killed" if process.wait() else "flux ui: stopped"] += 1


def main() -> int:
    """Run the soak test; return 1 if a row differs from the rebuild's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--restaurants", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    soak = Soak(folder_for_servers("flux-soak-"), given.restaurants, given.seed)
    print(f"home {soak.home}, seed {given.seed}, load {os.getloadavg()[0]:.1f}", flush=True)
    soak.add_restaurants()
    killer = Killer(soak.home, KILL_SECONDS, random.Random(given.seed))
    threads = [threading.Thread(target=soak.work, args=(number,)) for number in range(STAFF)]
    threads.append(threading.Thread(target=soak.keep_the_ui_running))
    for thread in [killer, *threads]:
        thread.start()
    time.sleep(given.minutes * 60)
    killer.stopped.set()
    soak.is_over.set()
    for thread in threads:
        thread.join()
    for what, counts in (("kills", killer.killed), ("commands", soak.ended)):
        print(f"{what}: {counts.total()}; " + ", ".join(f"{name} {n}" for name, n in sorted(counts.items())))
    return compare(soak)


def compare(soak: Soak) -> int:
    """Finish what waits, rebuild everything in another database, and print the differences."""
    old = soak.open()
    failed = run_all(old, AS_OFS)
    new = soak.open("flux_rebuilt")
    bootstrap(new.admin_url)
    restore(new, soak.home / "empty.backup", lambda _line: None)
    files = files_in_use(old)
    load_again(new, files, soak.contents)
    failed_too = run_all(new, AS_OFS)
    with old.fleet() as connection:
        restaurants = list_restaurants(connection)
        left = connection.execute(text("SELECT status, count(*) FROM data_uploads GROUP BY 1 ORDER BY 1")).all()
    print("uploads:", ", ".join(f"{status} {count}" for status, count in left), f"; {len(files)} files loaded again")
    compared: Counter[str] = Counter()
    differing: Counter[str] = Counter()
    for restaurant in [None, *restaurants]:
        # Without sales by a day, as after a withdrawal, a run fails and leaves the earlier forecasts as they are.
        without = [as_of for slug, as_of in failed if restaurant and slug == restaurant.slug]
        before, after = rows_of(old, restaurant, without), rows_of(new, restaurant, without)
        compared.update({table: rows.total() for table, rows in before.items()})
        for table, rows_differing, shown in differences(before, after):
            differing[table] += rows_differing
            print(*(f"{restaurant.slug if restaurant else 'shared'} {line}" for line in shown), sep="\n")
    print(*(f"{table}: {count} rows, {differing[table]} differ" for table, count in compared.items()), sep="\n")
    other_failures = [f"{key}: {failed.get(key)}, {failed_too.get(key)}" for key in failed.keys() ^ failed_too.keys()]
    print(f"rows compared: {compared.total()}, differing: {differing.total()}")
    print(f"runs that failed in both: {len(failed.keys() & failed_too.keys())}, in one: {len(other_failures)}")
    print(*other_failures, sep="\n")
    print(f"load {os.getloadavg()[0]:.1f}")
    return 1 if differing.total() or other_failures else 0


if __name__ == "__main__":
    sys.exit(main())
