"""Command `flux ui`: the graph over HTTP, runs from the UI and the sensor, what is refused, and how it stops."""

import contextlib
import datetime as dt
import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from flux_pipeline.store.postgres import server
from flux_pipeline_tests.ports import free_port
from flux_pipeline_tests.readme import OF_THE_FLEET, PLANNED, SHARED, WEEKLY, graph_of_the_readme
from flux_pipeline_tests.system.conftest import FLUX, Flux, clean_environment

GRAPH = "{ assetNodes { assetKey { path } groupName dependencyKeys { path } partitionDefinition { name } } }"
LAUNCH = """
mutation($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
STATUS = """
query($id: ID!) {
  runOrError(runId: $id) { ... on Run { status assetMaterializations { partition assetKey { path } } } }
}
"""
RUNS_OF = """
query($tags: [ExecutionTag!]) { runsOrError(filter: {tags: $tags}) { ... on Runs { results { status } } } }
"""
RUNS_OF_JOB = """
query($job: String!, $tags: [ExecutionTag!]) {
  runsOrError(filter: {pipelineName: $job, tags: $tags}) {
    ... on Runs { results { runId status repositoryOrigin { repositoryLocationName } } }
  }
}
"""
# Polls of half a second, so four minutes: usually seconds are enough, but not on a busy machine.
PATIENCE = 480
pytestmark = pytest.mark.timeout(900)
LOCATION = {"repositoryLocationName": "flux_pipeline.definitions", "repositoryName": "__repository__"}
REFRESH = {
    "selector": {**LOCATION, "pipelineName": "refresh_restaurant"},
    "runConfigData": json.dumps({}),
    "executionMetadata": {"tags": [{"key": "dagster/partition", "value": "corner"}]},
}


class Ui:
    """A running UI."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, query: str, **variables: object) -> dict:
        answer = requests.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60)
        answer.raise_for_status()
        body = answer.json()
        assert "errors" not in body, body
        return body["data"]

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/server_info", timeout=2).ok
        except requests.RequestException:
            return False


@contextlib.contextmanager
def started(folder: Path, *options: str, log: str = "ui.log") -> Iterator[Ui]:
    """Start `flux ui` and wait until it answers."""
    port = free_port()
    command = [FLUX, "ui", "--port", str(port), *options]
    with (folder / log).open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=clean_environment(), stdout=output, stderr=subprocess.STDOUT, text=True
        )
    ui = Ui(process, port)
    try:
        until(lambda: process.poll() is not None or ui.answers(), f"{log}: the UI does not answer")
        assert process.poll() is None, (folder / log).read_text()
        yield ui
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def sales_until_yesterday() -> str:
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    lines = [f"{yesterday - dt.timedelta(days=n)},Soup,{5 + n % 3},4.50" for n in range(40)]
    return "\n".join(["date,item,quantity,price", *lines, ""])


def until(condition: Callable[[], bool], otherwise: str) -> None:
    """Wait until a condition holds."""
    for _ in range(PATIENCE):
        if condition():
            return
        time.sleep(0.5)
    pytest.fail(otherwise)


@pytest.fixture(scope="module")
def ui(flux: Flux, folder: Path) -> Iterator[Ui]:
    """Start the UI over a restaurant with sales."""
    added = flux("restaurants", "add", "corner", "--name", "Corner", "--timezone", "UTC", "--currency", "EUR")
    assert added.returncode == 0, added.stderr
    (folder / "corner.csv").write_text(sales_until_yesterday())
    assert flux("upload", "corner.csv", "--restaurant", "corner").returncode == 0
    with started(folder) as ui:
        yield ui


def test_the_graph_is_shown_in_groups(ui: Ui) -> None:
    nodes = ui.ask(GRAPH)["assetNodes"]
    groups = {node["assetKey"]["path"][0]: node["groupName"] for node in nodes}
    assert groups == {asset: group for asset, (group, _) in graph_of_the_readme().items()}


def test_a_restaurants_partition_is_materialized_from_the_ui(ui: Ui) -> None:
    launched = ui.ask(LAUNCH, params=REFRESH)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    ended = ("SUCCESS", "FAILURE", "CANCELED")
    until(lambda: ui.ask(STATUS, id=run_id)["runOrError"]["status"] in ended, "the run does not end")
    run = ui.ask(STATUS, id=run_id)["runOrError"]
    assert run["status"] == "SUCCESS"
    assert {event["partition"] for event in run["assetMaterializations"]} == {"corner"}
    materialized = {event["assetKey"]["path"][0] for event in run["assetMaterializations"]}
    assert materialized == set(graph_of_the_readme()) - SHARED - OF_THE_FLEET - WEEKLY - PLANNED


def test_a_page_of_another_site_can_neither_read_nor_start_anything(ui: Ui) -> None:
    query = {"query": GRAPH}
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert requests.post(f"{ui.url}/graphql", json=query, headers=headers, timeout=60).status_code == 403
        assert requests.get(f"{ui.url}/graphql", params=query, headers=headers, timeout=60).status_code == 403
    assert requests.get(ui.url.replace("127.0.0.1", "localhost"), timeout=60).status_code == 200


def test_read_only_pages_beside_the_others_start_nothing(ui: Ui, folder: Path) -> None:
    with started(folder, "--read-only", "--no-daemon", log="read-only.log") as read_only:
        assert len(read_only.ask(GRAPH)["assetNodes"]) == len(graph_of_the_readme())
        assert read_only.ask(LAUNCH, params=REFRESH)["launchRun"]["__typename"] == "UnauthorizedError"


def test_a_daemon_that_dies_is_reported_and_started_again(ui: Ui, folder: Path) -> None:
    (killed,) = daemons(ui)
    killed.kill()
    until(lambda: [daemon.pid for daemon in daemons(ui)] not in ([], [killed.pid]), "no daemon is started")
    said = "Dagster's daemon ended (killed by SIGKILL). It is started again in 1 s."
    assert said in (folder / "ui.log").read_text()


def daemons(ui: Ui) -> list[psutil.Process]:
    """Return the running daemons of a UI."""
    children = [child for child in psutil.Process(ui.process.pid).children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in children if "daemon" in child.cmdline()]


def test_a_dropped_file_is_noticed_and_becomes_a_forecast(ui: Ui, flux: Flux, folder: Path) -> None:
    added = flux("restaurants", "add", "dropped", "--name", "Dropped", "--timezone", "UTC", "--currency", "EUR")
    assert added.returncode == 0, added.stderr
    landing = folder / ".flux" / "landing" / "dropped" / "sales"
    (landing / "till.csv").write_text(sales_until_yesterday())

    def statuses() -> set[str]:
        runs = ui.ask(RUNS_OF, tags=[{"key": "dagster/partition", "value": "dropped"}])["runsOrError"]["results"]
        return {run["status"] for run in runs}

    until(lambda: bool(statuses()) and statuses() <= {"SUCCESS", "FAILURE"}, "no run ends")
    assert statuses() == {"SUCCESS"}
    assert list(landing.iterdir()) == []
    assert "Soup" in flux("forecast", "--restaurant", "dropped").stdout


def test_a_command_beside_the_daemon_hands_it_the_run_and_follows_it(ui: Ui, flux: Flux, folder: Path) -> None:
    added = flux("restaurants", "add", "handed", "--name", "Handed", "--timezone", "UTC", "--currency", "EUR")
    assert added.returncode == 0, added.stderr
    (folder / "handed.csv").write_text(sales_until_yesterday())
    uploaded = flux("upload", "handed.csv", "--restaurant", "handed")
    assert uploaded.returncode == 0, uploaded.stderr
    named = re.search(r"Dagster's run (\w{8}) goes on and forecasts with it", uploaded.stdout)
    ran = flux("run", "--restaurant", "handed")
    assert ran.returncode == 0 and "handed: " in ran.stdout, ran.stderr
    assert "done  demand_forecasts" in ran.stderr
    runs = ui.ask(RUNS_OF_JOB, job="refresh_restaurant", tags=[{"key": "dagster/partition", "value": "handed"}])
    found = runs["runsOrError"]["results"]
    assert [run["status"] for run in found] == ["SUCCESS", "SUCCESS"]
    assert named and found[-1]["runId"].startswith(named.group(1))
    assert all(run["repositoryOrigin"]["repositoryLocationName"] == "flux_pipeline.definitions" for run in found)


def test_ctrl_c_stops_everything_cleanly(ui: Ui, folder: Path) -> None:
    children = psutil.Process(ui.process.pid).children(recursive=True)
    assert children
    ui.process.send_signal(signal.SIGINT)
    assert ui.process.wait(60) == 0, (folder / "ui.log").read_text()
    _gone, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, [child.cmdline()[:6] for child in alive]
    assert server.running_process(folder / ".flux") is None
    assert "Traceback" not in (folder / "ui.log").read_text()
