"""Who changed what is noted with the change, by the commands themselves, and can't be rewritten."""

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
from flux_pipeline.store.postgres.bootstrap import bootstrap
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
    """What was noted, the oldest first, without the restaurant's own beginning."""
    with store.fleet() as fleet:
        acts = list_acts(fleet, slug=slug)
    kept = [act for act in reversed(acts) if act.action not in {"restaurants.add", "schema.upgrade"}]
    return [(act.action, act.subject, act.before, act.after) for act in kept]


def test_a_change_of_settings_is_noted_once_with_what_stood_before(store: Store, bistro: Restaurant) -> None:
    for value in ("7", "7", "21"):
        flux("settings", "set", "forecast_horizon_days", value, *HERE)
    for _ in range(2):
        flux("settings", "unset", "forecast_horizon_days", *HERE)
    assert noted(store) == [
        ("settings.set", "forecast_horizon_days", None, 7),
        ("settings.set", "forecast_horizon_days", 7, 21),
        ("settings.unset", "forecast_horizon_days", 21, None),
    ]


def test_a_change_that_is_refused_is_not_noted(store: Store, bistro: Restaurant) -> None:
    refused = CliRunner().invoke(main, ["settings", "set", "forecast_horizon_days", "99", *HERE])
    assert refused.exit_code == 1 and noted(store) == []


def test_a_change_of_hours_is_noted_once_in_words(store: Store, bistro: Restaurant) -> None:
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


def test_a_closed_day_is_noted_once_with_its_reason(store: Store, bistro: Restaurant) -> None:
    for reason in ("repairs", "repairs", "holiday"):
        flux("closures", "add", "2026-12-24", "--reason", reason, *HERE)
    for _ in range(2):
        flux("closures", "remove", "2026-12-24", *HERE)
    assert noted(store) == [
        ("closures.add", "2026-12-24", None, {"reason": "repairs"}),
        ("closures.add", "2026-12-24", {"reason": "repairs"}, {"reason": "holiday"}),
        ("closures.remove", "2026-12-24", {"reason": "holiday"}, None),
    ]


def test_a_new_restaurant_is_noted_as_its_first_act(store: Store) -> None:
    flux("restaurants", "add", "corner", "--name", "Corner", "--timezone", "Europe/Berlin", "--currency", "EUR")
    with store.fleet() as fleet:
        (act,) = list_acts(fleet, slug="corner")
    assert (act.actor, act.action, act.subject, act.before) == ("maria", "restaurants.add", "corner", None)
    assert act.after == {"name": "Corner", "timezone": "Europe/Berlin", "currency": "EUR"}


def test_a_file_is_noted_once_however_often_it_comes(store: Store, bistro: Restaurant, tmp_path: Path) -> None:
    bootstrap(store.admin_url)  # the load is a run of Dagster's, which has a database of its own
    sales = tmp_path / "sales.csv"
    sales.write_text("date,item,quantity,price\n2026-03-06,Soup,3,4.50\n")
    for _ in range(2):
        flux("upload", str(sales), *HERE)
    ((action, subject, before, after),) = noted(store)
    assert (action, subject, before, after["kind"]) == ("uploads.add", "sales.csv", None, "sales")
    with store.tenant(bistro) as tx:
        kept = tx.connection.scalar(text("SELECT content_sha256 FROM data_uploads"))
    assert kept is not None and kept[:12] == after["sha256"]


def test_a_file_that_all_share_is_noted_once_as_an_act_of_the_operator(store: Store, tmp_path: Path) -> None:
    weather = tmp_path / "w.csv"
    weather.write_text("latitude,longitude,date,temperature_c\n48.86,2.35,2026-03-01,9.5\n")
    for _ in range(2):
        flux("upload", str(weather), "--kind", "weather")
    ((action, subject, _, after),) = noted(store, None)
    assert (action, subject, after["kind"]) == ("uploads.add", "w.csv", "weather")


def test_what_is_rolled_back_is_not_noted(store: Store, bistro: Restaurant) -> None:
    with pytest.raises(RuntimeError), store.tenant(bistro) as tx:
        note_act(tx, "settings.set", "forecast_horizon_days", None, 7)
        raise RuntimeError
    assert noted(store) == []


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_logs SET actor = 'nobody'", "DELETE FROM audit_logs", "TRUNCATE audit_logs"]
)
def test_a_restaurants_log_is_only_added_to(store: Store, bistro: Restaurant, statement: str) -> None:
    with pytest.raises(PermanentError, match="permission denied"), store.tenant(bistro) as tx:
        tx.connection.execute(text(statement))
    # FORCE hides the rows from the owner; where it lifts that, the trigger still refuses.
    with pytest.raises(PermanentError, match="append-only"), store.transaction(Role.OWNER) as owner:
        owner.execute(text("ALTER TABLE audit_logs NO FORCE ROW LEVEL SECURITY"))
        owner.execute(text(statement))
    with store.fleet() as fleet:
        assert [act.action for act in list_acts(fleet, slug="bistro")] == ["restaurants.add"]


@pytest.mark.parametrize(
    "statement", ["UPDATE operator_logs SET actor = 'nobody'", "DELETE FROM operator_logs", "TRUNCATE operator_logs"]
)
def test_the_operators_log_is_only_added_to(store: Store, statement: str) -> None:
    with store.transaction(Role.OWNER) as owner:
        note_operator_act(owner, store.settings, "users.add", "kim@bistro.example")
    with pytest.raises(PermanentError, match="append-only"), store.transaction(Role.OWNER) as owner:
        owner.execute(text(statement))
    for role in (Role.APP, Role.FLEET, Role.FEEDS):
        with pytest.raises(PermanentError, match="permission denied"), store.transaction(role) as connection:
            connection.execute(text(statement))


def test_a_log_is_not_emptied_with_the_restaurants(store: Store, bistro: Restaurant) -> None:
    with pytest.raises(PermanentError, match="audit_logs is append-only"), store.transaction(Role.OWNER) as owner:
        owner.execute(text("TRUNCATE restaurants CASCADE"))


def test_a_restaurant_sees_its_own_log_only(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        assert tx.connection.scalar(text("SELECT array_agg(subject) FROM audit_logs")) == ["bistro"]
    with store.fleet() as fleet:
        assert {act.slug for act in list_acts(fleet)} >= {"bistro", "cafe"}
        assert [act.slug for act in list_acts(fleet, slug="cafe")] == ["cafe"]


def test_the_log_is_told_newest_first_and_as_far_back_as_was_asked(store: Store, bistro: Restaurant) -> None:
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
    told = flux("audit", *HERE)
    assert told.index(" 7 → 21 ") < told.index(" → 7 ") < told.index("restaurants.add")
    assert "maria" in told and "old" not in told.split()
    assert "old" in flux("audit", *HERE, "--days", "41").split()


def test_the_log_for_programs_has_every_figure_and_an_aware_time(store: Store, bistro: Restaurant) -> None:
    flux("settings", "set", "forecast_horizon_days", "7", *HERE)
    flux("closures", "add", "2026-12-24", "--reason", "=1+1", *HERE)
    flux("users", "add", "kim@bistro.example", "--name", "Kim", "--no-password")
    rows = list(csv.DictReader(io.StringIO(flux("audit", "--csv"))))
    user, closure, setting = rows[:3]
    assert (user["restaurant"], user["action"]) == ("", "users.add") and '"has_password": false' in user["after"]
    assert (closure["restaurant"], closure["after"]) == ("bistro", '{"reason": "=1+1"}')
    assert (setting["actor"], setting["before"], setting["after"]) == ("maria", "", "7")
    assert dt.datetime.fromisoformat(setting["occurred_at"]).utcoffset() is not None


def test_a_log_of_nobody_is_a_sentence(store: Store, bistro: Restaurant) -> None:
    refused = CliRunner().invoke(main, ["audit", "--restaurant", "bisto"])
    assert refused.exit_code == 1 and "Choose one of: bistro" in refused.output
