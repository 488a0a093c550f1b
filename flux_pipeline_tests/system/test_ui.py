"""Command `flux ui`: the graph over HTTP, a partition materialized from the UI, and a clean end on Ctrl-C."""

import datetime as dt
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from flux_pipeline.store.postgres import server
from flux_pipeline_tests.readme import SHARED, WEEKLY, graph_of_the_readme
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
# Polls of half a second, so four minutes: usually seconds are enough, but not on a busy machine.
PATIENCE = 480
pytestmark = pytest.mark.timeout(900)
LOCATION = {"repositoryLocationName": "flux_pipeline.definitions", "repositoryName": "__repository__"}


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


@pytest.fixture(scope="module")
def ui(demo: subprocess.CompletedProcess[str], folder: Path) -> Iterator[Ui]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "ui.log").open("w+")
    process = subprocess.Popen(
        [FLUX, "ui", "--port", str(port)],
        cwd=folder,
        env=clean_environment(),
        stdout=log,
        stderr=subprocess.STDOUT,
        text=True,
    )
    started = Ui(process, port)
    for _ in range(PATIENCE):
        if process.poll() is not None:
            pytest.fail((folder / "ui.log").read_text())
        try:
            requests.get(f"{started.url}/server_info", timeout=2).raise_for_status()
            break
        except requests.RequestException:
            time.sleep(0.5)
    else:
        process.kill()
        pytest.fail(f"the UI does not answer: {(folder / 'ui.log').read_text()}")
    yield started
    process.kill()
    log.close()


def test_the_graph_is_shown_in_groups(ui: Ui) -> None:
    nodes = ui.ask(GRAPH)["assetNodes"]
    groups = {node["assetKey"]["path"][0]: node["groupName"] for node in nodes}
    assert groups == {asset: group for asset, (group, _) in graph_of_the_readme().items()}


def test_a_restaurants_partition_is_materialized_from_the_ui(ui: Ui) -> None:
    parameters = {
        "selector": {**LOCATION, "pipelineName": "refresh_restaurant"},
        "runConfigData": json.dumps({}),
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": "canteen-westhafen"}]},
    }
    launched = ui.ask(LAUNCH, params=parameters)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    for _ in range(PATIENCE):
        run = ui.ask(STATUS, id=run_id)["runOrError"]
        if run["status"] in ("SUCCESS", "FAILURE", "CANCELED"):
            break
        time.sleep(0.5)
    assert run["status"] == "SUCCESS"
    assert {event["partition"] for event in run["assetMaterializations"]} == {"canteen-westhafen"}
    materialized = {event["assetKey"]["path"][0] for event in run["assetMaterializations"]}
    assert materialized == set(graph_of_the_readme()) - SHARED - WEEKLY


def test_a_dropped_file_is_noticed_and_becomes_a_forecast(ui: Ui, flux: Flux, folder: Path) -> None:
    added = flux("restaurants", "add", "dropped", "--name", "Dropped", "--timezone", "UTC", "--currency", "EUR")
    assert added.returncode == 0, added.stderr
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    lines = [f"{yesterday - dt.timedelta(days=n)},Soup,{5 + n % 3},4.50" for n in range(40)]
    landing = folder / ".flux" / "landing" / "dropped" / "sales"
    (landing / "till.csv").write_text("date,item,quantity,price\n" + "\n".join(lines) + "\n")
    statuses: list[str] = []
    for _ in range(PATIENCE):
        runs = ui.ask(RUNS_OF, tags=[{"key": "dagster/partition", "value": "dropped"}])["runsOrError"]["results"]
        statuses = [run["status"] for run in runs]
        if statuses and set(statuses) <= {"SUCCESS", "FAILURE"}:
            break
        time.sleep(0.5)
    assert set(statuses) == {"SUCCESS"}
    assert list(landing.iterdir()) == []
    assert "Soup" in flux("forecast", "--restaurant", "dropped").stdout


def test_ctrl_c_stops_everything_cleanly(ui: Ui, folder: Path) -> None:
    children = psutil.Process(ui.process.pid).children(recursive=True)
    assert children
    ui.process.send_signal(signal.SIGINT)
    assert ui.process.wait(60) == 0, (folder / "ui.log").read_text()
    _gone, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, [child.cmdline()[:6] for child in alive]
    assert server.running_process(folder / ".flux") is None
    assert "Traceback" not in (folder / "ui.log").read_text()
