"""Tests of the audit logs: commands log each act with its change, and nobody can rewrite the log."""

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from flux_pipeline.cli.main import main
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.acts import list_acts, note_act, note_operator_act
from flux_pipeline.store.restaurant import Restaurant

HERE = ("--restaurant", "bistro")


@pytest.fixture(autouse=True)
def maria(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUX_ACTOR", "maria")


def flux(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def noted(store: Store, slug: str | None = "bistro") -> list[tuple[str, str, Any, Any]]:
    """The logged acts, the oldest first, without those that created the restaurant."""
    with store.fleet() as fleet:
        acts = list_acts(fleet, slug=slug)
    kept = [act for act in reversed(acts) if act.action not in {"restaurants.add", "schema.upgrade"}]
    return [(act.action, act.subject, act.before, act.after) for act in kept]


def test_a_changed_setting_is_logged_once_with_its_old_value(store: Store, bistro: Restaurant) -> None:
    for value in ("7", "7", "21"):
        flux("settings", "set", "forecast_horizon_days", value, *HERE)
    for _ in range(2):
        flux("settings", "unset", "forecast_horizon_days", *HERE)
    assert noted(store) == [
        ("settings.set", "forecast_horizon_days", None, 7),
        ("settings.set", "forecast_horizon_days", 7, 21),
        ("settings.unset", "forecast_horizon_days", 21, None),
    ]


def test_a_refused_change_is_not_logged(store: Store, bistro: Restaurant) -> None:
    refused = CliRunner().invoke(main, ["settings", "set", "forecast_horizon_days", "99", *HERE])
    assert refused.exit_code == 1 and noted(store) == []


def test_changed_hours_are_logged_once_in_words(store: Store, bistro: Restaurant) -> None:
    for _ in range(2):
        flux("hours", "set", "mon-wed", "07:00-14:30", "18:00-01:00", *HERE)
    flux("hours", "set", "sun", "closed", *HERE)
    for _ in range(2):
        flux("hours", "clear", *HERE)
    week = ["mon-wed 07:00-14:30 18:00-01:00"]
    assert noted(store) == [
        ("hours.set", "opening hours", None, week),
        ("hours.set", "opening hours", week, [*week, "sun closed"]),
        ("hours.clear", "opening hours", [*week, "sun closed"], None),
    ]


def test_a_closed_day_is_logged_once_with_its_reason(store: Store, bistro: Restaurant) -> None:
    for reason in ("repairs", "repairs", "holiday"):
        flux("closures", "add", "2026-12-24", "--reason", reason, *HERE)
    for _ in range(2):
        flux("closures", "remove", "2026-12-24", *HERE)
    assert noted(store) == [
        ("closures.add", "2026-12-24", None, {"reason": "repairs"}),
        ("closures.add", "2026-12-24", {"reason": "repairs"}, {"reason": "holiday"}),
        ("closures.remove", "2026-12-24", {"reason": "holiday"}, None),
    ]


def test_a_new_restaurant_is_logged_as_its_first_act(store: Store) -> None:
    flux("restaurants", "add", "corner", "--name", "Corner", "--timezone", "Europe/Berlin", "--currency", "EUR")
    with store.fleet() as fleet:
        (act,) = list_acts(fleet, slug="corner")
    assert (act.actor, act.action, act.subject, act.before) == ("maria", "restaurants.add", "corner", None)
    assert act.after == {"name": "Corner", "timezone": "Europe/Berlin", "currency": "EUR"}


def test_a_file_handed_in_repeatedly_is_logged_once(
    store: Store, dagster_database: None, bistro: Restaurant, tmp_path: Path
) -> None:
    sales = tmp_path / "sales.csv"
    sales.write_text("date,item,quantity,price\n2026-03-06,Soup,3,4.50\n")
    for _ in range(2):
        flux("upload", str(sales), *HERE)
    ((action, subject, before, after),) = noted(store)
    assert (action, subject, before, after["kind"]) == ("uploads.add", "sales.csv", None, "sales")
    with store.tenant(bistro) as tx:
        kept = tx.connection.scalar(text("SELECT content_sha256 FROM data_uploads"))
    assert kept is not None and kept[:12] == after["sha256"]


def test_a_shared_file_is_logged_once_as_an_act_of_the_operator(store: Store, tmp_path: Path) -> None:
    weather = tmp_path / "w.csv"
    weather.write_text("latitude,longitude,date,temperature_c\n48.86,2.35,2026-03-01,9.5\n")
    for _ in range(2):
        flux("upload", str(weather), "--kind", "weather")
    ((action, subject, _, after),) = noted(store, None)
    assert (action, subject, after["kind"]) == ("uploads.add", "w.csv", "weather")


def test_a_rolled_back_act_is_not_logged(store: Store, bistro: Restaurant) -> None:
    with pytest.raises(RuntimeError), store.tenant(bistro) as tx:
        note_act(tx, "settings.set", "forecast_horizon_days", None, 7)
        raise RuntimeError
    assert noted(store) == []


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_logs SET actor = 'nobody'", "DELETE FROM audit_logs", "TRUNCATE audit_logs"]
)
def test_a_restaurants_log_is_append_only(store: Store, bistro: Restaurant, statement: str) -> None:
    with pytest.raises(PermanentError, match="permission denied"), store.tenant(bistro) as tx:
        tx.connection.execute(text(statement))
    # FORCE hides the rows from the owner; without it, the trigger still refuses.
    with pytest.raises(PermanentError, match="append-only"), store.transaction(Role.OWNER) as owner:
        owner.execute(text("ALTER TABLE audit_logs NO FORCE ROW LEVEL SECURITY"))
        owner.execute(text(statement))
    with store.fleet() as fleet:
        assert [act.action for act in list_acts(fleet, slug="bistro")] == ["restaurants.add"]


@pytest.mark.parametrize(
    "statement", ["UPDATE operator_logs SET actor = 'nobody'", "DELETE FROM operator_logs", "TRUNCATE operator_logs"]
)
def test_the_operators_log_is_append_only(store: Store, statement: str) -> None:
    with store.transaction(Role.OWNER) as owner:
        note_operator_act(owner, store.settings, "users.add", "kim@bistro.example")
    with pytest.raises(PermanentError, match="append-only"), store.transaction(Role.OWNER) as owner:
        owner.execute(text(statement))
    for role in (Role.APP, Role.FLEET, Role.FEEDS):
        with pytest.raises(PermanentError, match="permission denied"), store.transaction(role) as connection:
            connection.execute(text(statement))


def test_truncating_restaurants_does_not_empty_a_log(store: Store, bistro: Restaurant) -> None:
    with pytest.raises(PermanentError, match="audit_logs is append-only"), store.transaction(Role.OWNER) as owner:
        owner.execute(text("TRUNCATE restaurants CASCADE"))


def test_a_restaurant_sees_only_its_own_log(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        assert tx.connection.scalar(text("SELECT array_agg(subject) FROM audit_logs")) == ["bistro"]
    with store.fleet() as fleet:
        assert {act.slug for act in list_acts(fleet)} >= {"bistro", "cafe"}
        assert [act.slug for act in list_acts(fleet, slug="cafe")] == ["cafe"]


def test_the_log_is_shown_newest_first_and_back_to_the_requested_day(store: Store, bistro: Restaurant) -> None:
    for days in (7, 21):
        flux("settings", "set", "forecast_horizon_days", str(days), *HERE)
    with store.tenant(bistro) as tx:
        tx.connection.execute(
            text(
                "INSERT INTO audit_logs (restaurant_id, occurred_at, actor, action, subject)"
                " VALUES (:r, now() - interval '40 days', 'old', 'hours.clear', 'opening hours')"
            ),
            {"r": bistro.id},
        )
    shown = flux("audit", *HERE)
    assert shown.index(" 7 → 21 ") < shown.index(" → 7 ") < shown.index("restaurants.add")
    assert "maria" in shown and "old" not in shown.split()
    assert "old" in flux("audit", *HERE, "--days", "41").split()


def test_the_log_as_csv_has_every_value_and_an_aware_time(store: Store, bistro: Restaurant) -> None:
    flux("settings", "set", "forecast_horizon_days", "7", *HERE)
    flux("closures", "add", "2026-12-24", "--reason", "=1+1", *HERE)
    flux("users", "add", "kim@bistro.example", "--name", "Kim", "--no-password")
    rows = list(csv.DictReader(io.StringIO(flux("audit", "--csv"))))
    user, closure, setting = rows[:3]
    assert (user["restaurant"], user["action"]) == ("", "users.add") and '"has_password": false' in user["after"]
    assert (closure["restaurant"], closure["after"]) == ("bistro", '{"reason": "=1+1"}')
    assert (setting["actor"], setting["before"], setting["after"]) == ("maria", "", "7")
    assert dt.datetime.fromisoformat(setting["occurred_at"]).utcoffset() is not None


def test_the_log_of_an_unknown_restaurant_is_refused_with_the_known_ones(store: Store, bistro: Restaurant) -> None:
    refused = CliRunner().invoke(main, ["audit", "--restaurant", "bisto"])
    assert refused.exit_code == 1 and "Choose one of: bistro" in refused.output
