"""Benchmark of a night: restaurants with 50 items and 18 months of sales, run by `flux ui` as the schedule does.

The sales are loaded before. Each restaurant gets one run, then one more, in which nothing has changed.
It prints the whole time and what it consists of: waiting for a worker and its start, Flux's own steps, the rest of the
run (Dagster's), and the CPU time of PostgreSQL and of all processes. A run's events and the most connections are
counted too, and what `flux ui` takes when nothing happens.
"""

import argparse
import datetime as dt
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean

import dagster as dg
import psutil
import psycopg

from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.commands import _handed_over as handed_over
from flux_pipeline.orchestration.commands.launch import load_uploads
from flux_pipeline.orchestration.instance import open_instance
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.settings import load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres import server
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.schema.migrate import upgrade
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.conftest import folder_for_servers

ITEMS, DAYS = 50, 545
IDLE_SECONDS = 60


class Night:
    """A home with restaurants, and the measures of its runs."""

    def __init__(self, home: Path, restaurants: int) -> None:
        self.slugs = [f"r{number:03d}" for number in range(restaurants)]
        self.store = Store.connect(load_settings(home=home))
        bootstrap(self.store.admin_url)
        upgrade(self.store)
        self.instance = open_instance(self.store)
        self.last = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)

    def prepare(self) -> None:
        """Add the restaurants with their sales."""
        for slug in self.slugs:
            add_restaurant(self.store, NewRestaurant(slug, slug, "UTC", "EUR", "DE", 52.5, 13.4))
            self.drop(slug)
            assert load_uploads(self.instance, slug).succeeded
        add_partitions(self.instance, self.slugs)

    def drop(self, slug: str) -> None:
        """Put a file with simulated sales into a restaurant's landing folder."""
        rng = random.Random(slug)
        lines = ["date,item,quantity,price"]
        for n in range(DAYS):
            day = self.last - dt.timedelta(days=n)
            busy = 1.6 if day.weekday() > 3 else 1.0
            lines += [
                f"{day},Item {i:02d},{int(busy * rng.gammavariate(4, 1 + i / 8)) + 1},{3 + i / 10:.2f}"
                for i in range(ITEMS)
            ]
        folder = self.store.settings.landing / slug / "sales"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "till.csv").write_text("\n".join(lines) + "\n")

    def run_all(self) -> list[dg.RunRecord]:
        """Queue a run for each restaurant, and return them when all have ended."""
        job = build_defs().resolve_job_def("refresh_restaurant")
        ids = [handed_over.run_for(self.instance, job, {}, slug, None) for slug in self.slugs]
        filters = dg.RunsFilter(run_ids=ids)
        while True:
            records = list(self.instance.get_run_records(filters))
            if all(record.dagster_run.is_finished for record in records):
                assert all(record.dagster_run.is_success for record in records)
                return records
            time.sleep(0.2)

    def own_seconds(self, run_id: str) -> float:
        """Return the seconds that a run's steps spent in Flux's own code and in waiting for its tables."""
        kind = {dg.DagsterEventType.ASSET_MATERIALIZATION}
        events = [entry.get_dagster_event() for entry in self.instance.all_logs(run_id, of_type=kind)]
        return sum(float(event.step_materialization_data.materialization.metadata["seconds"].value) for event in events)

    def event_bytes(self, run_id: str) -> int:
        """Return the bytes of a run's events in Dagster's database."""
        with psycopg.connect(self.dagster_url()) as connection:
            found = connection.execute("SELECT sum(length(event)) FROM event_logs WHERE run_id = %s", [run_id])
            return int((found.fetchone() or [0])[0])

    def dagster_url(self) -> str:
        """Return the URL of Dagster's database."""
        url = self.store.admin_url.set(drivername="postgresql", database="flux_dagster")
        return url.render_as_string(hide_password=False)


class Connections(threading.Thread):
    """A thread that counts the server's connections until it is stopped."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.most, self.stopped = url, 0, threading.Event()

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.stopped.wait(0.5):
                query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                # Without this connection.
                self.most = max(self.most, connection.execute(query).fetchone()[0] - 1)  # type: ignore[index]


@contextmanager
def flux_ui(home: Path) -> Iterator[psutil.Process]:
    """Run `flux ui` without schedules' own runs, and wait for its daemon."""
    environment = {**os.environ, "FLUX_HOME": str(home), "FLUX_LANDING_QUIET_SECONDS": "0"}
    command = [sys.executable, "-m", "flux_pipeline", "ui", "--port", "3999"]
    with (home / "ui.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(90)


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all below it."""
    return [process, *process.children(recursive=True)]


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU time of a process and of all below it, ended ones too."""
    return sum(sum(each.cpu_times()[:4]) for each in family(process))


def report(title: str, night: Night, ui: psutil.Process, postgres: psutil.Process) -> None:
    """Run all restaurants and print what it took."""
    connections = Connections(night.dagster_url())
    connections.start()
    before = cpu_seconds(ui), cpu_seconds(postgres)
    began = time.perf_counter()
    records = night.run_all()
    whole = time.perf_counter() - began
    after = cpu_seconds(ui), cpu_seconds(postgres)
    connections.stopped.set()
    count = len(records)
    taken = [(record.end_time or 0) - (record.start_time or 0) for record in records]
    own = [night.own_seconds(record.dagster_run.run_id) for record in records]
    events = [night.event_bytes(record.dagster_run.run_id) for record in records]
    print(f"{title}: {whole:.0f} s for {count} restaurants, {whole / count:.2f} s each (two at a time)")
    print(
        f"  a run takes {mean(taken):.2f} s: Flux's steps {mean(own):.2f} s, Dagster {mean(taken) - mean(own):.2f} s;"
    )
    print(f"  queue and process start {2 * whole / count - mean(taken):.2f} s a run")
    ours, of_server = (after[0] - before[0]) / count, (after[1] - before[1]) / count
    print(f"  CPU a restaurant: PostgreSQL {of_server:.2f} s, all other processes {ours:.2f} s")
    print(f"  events of a run: {mean(events) / 1000:.0f} kB; most connections: {connections.most}")


def main() -> None:
    """Print the measures of a night with new sales, of one without, and of a quiet minute."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restaurants", type=int, default=50)
    arguments = parser.parse_args()
    home = folder_for_servers("flux-night-")
    os.environ["FLUX_HOME"], os.environ["FLUX_LANDING_QUIET_SECONDS"] = str(home), "0"
    try:
        night = Night(home, arguments.restaurants)
        night.prepare()
        postgres = server.running_process(home)
        assert postgres is not None
        with flux_ui(home) as ui:
            while not handed_over.daemon_runs(night.instance):
                time.sleep(1)
            time.sleep(5)
            report("a night", night, ui, postgres)
            report("the same night once more", night, ui, postgres)
            began = cpu_seconds(ui)
            time.sleep(IDLE_SECONDS)
            idle = (cpu_seconds(ui) - began) / IDLE_SECONDS
            memory = sum(each.memory_full_info().pss for each in family(ui))
            print(f"idle: {idle:.1%} of a core, {memory / 1e6:.0f} MB")
        night.store.dispose()
    finally:
        server.stop(home)
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
