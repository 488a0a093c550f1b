"""Tests of alerts: one row for each cause until it is gone, kept apart by restaurant, acknowledged by people."""

import pytest
from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.records.alerts import Alert, AlertStatus, Channel, Severity
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.records.alerts import (
    claim_attempt,
    close_alert,
    close_operator_alert,
    due_alerts,
    list_alerts,
    open_alert,
    open_operator_alert,
    record_attempt,
)
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.commands import output_of, refused

FAILED = ("run_failed", "demand_forecasts")
BOTH = tuple(Channel)


def open_one(store: Store, restaurant: Restaurant | None, message: str = "It failed.") -> None:
    if restaurant is None:
        with store.feeds() as feeds:
            open_operator_alert(feeds, *FAILED, message, Severity.WARNING)
        return
    with store.tenant(restaurant) as tx:
        open_alert(tx, *FAILED, message, Severity.CRITICAL)


def close_one(store: Store, restaurant: Restaurant | None) -> None:
    if restaurant is None:
        with store.feeds() as feeds:
            close_operator_alert(feeds, *FAILED)
        return
    with store.tenant(restaurant) as tx:
        close_alert(tx, *FAILED)


def alerts(store: Store, *, with_closed: bool = False) -> list[Alert]:
    with store.fleet() as fleet:
        return list_alerts(fleet, with_closed=with_closed)


def due(store: Store, *channels: Channel) -> list[Alert]:
    with store.fleet() as fleet:
        return due_alerts(fleet, channels or BOTH)


def let_it_be_due(store: Store, restaurant: Restaurant) -> None:
    with store.tenant(restaurant) as tx:
        tx.connection.execute(text("UPDATE alerts SET next_attempt_at = now()"))


@pytest.mark.parametrize("is_operators", [False, True], ids=["of a restaurant", "of no restaurant"])
def test_a_cause_is_one_alert_until_it_is_gone(store: Store, bistro: Restaurant, is_operators: bool) -> None:
    whose = None if is_operators else bistro
    close_one(store, whose)
    assert alerts(store, with_closed=True) == []
    for message in ("It failed.", "It failed\nagain. \x1b[31m"):
        open_one(store, whose, message)
    (found,) = alerts(store)
    assert (found.slug, found.status) == (None if is_operators else "bistro", AlertStatus.OPEN)
    assert found.message == "It failed again. \\u001b[31m"
    for _ in range(2):
        close_one(store, whose)
    assert alerts(store) == []
    open_one(store, whose)
    newest, oldest = alerts(store, with_closed=True)
    assert (newest.status, oldest.status) == (AlertStatus.OPEN, AlertStatus.CLOSED)
    assert oldest.id == found.id != newest.id and oldest.closed_at is not None


def test_a_restaurant_sees_and_closes_only_its_own_alerts(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    for whose in (bistro, cafe, None):
        open_one(store, whose)
    close_one(store, bistro)
    assert {alert.slug for alert in alerts(store)} == {"cafe", None}
    with store.tenant(bistro) as tx:
        assert tx.connection.scalars(text("SELECT status FROM alerts")).all() == ["closed"]
    with pytest.raises(PermanentError, match="permission denied"), store.tenant(bistro) as tx:
        tx.connection.execute(text("SELECT 1 FROM operator_alerts"))


def test_an_alert_of_a_rolled_back_transaction_does_not_exist(store: Store, bistro: Restaurant) -> None:
    with pytest.raises(RuntimeError), store.tenant(bistro) as tx:
        open_alert(tx, *FAILED, "It failed.", Severity.INFO)
        raise RuntimeError
    assert alerts(store, with_closed=True) == []


def test_an_attempt_is_claimed_once_and_repeated_later_and_later_until_every_channel_has_it(
    store: Store, bistro: Restaurant
) -> None:
    open_one(store, bistro)
    (alert,) = due(store)
    assert [claim_attempt(store, alert) for _ in range(2)] == [True, False]
    assert due(store) == []
    waits = []
    for _ in range(8):
        let_it_be_due(store, bistro)
        assert claim_attempt(store, alert)
        with store.tenant(bistro) as tx:
            waits.append(
                tx.connection.scalar(text("SELECT EXTRACT(epoch FROM next_attempt_at - updated_at) FROM alerts"))
            )
    assert waits == [120, 240, 480, 960, 1920, 3600, 3600, 3600]
    record_attempt(store, alert, [Channel.WEBHOOK], "The mail server refused it.")
    let_it_be_due(store, bistro)
    (half,) = due(store)
    assert half.unsent == {Channel.EMAIL} and half.delivery_error == "The mail server refused it."
    assert due(store, Channel.WEBHOOK) == []
    record_attempt(store, alert, [Channel.EMAIL], None)
    open_one(store, bistro, "It failed again.")
    assert due(store) == [] and alerts(store)[0].unsent == frozenset()


@pytest.mark.parametrize("end", ["close", "acknowledge"])
def test_what_is_over_or_known_is_not_sent(store: Store, bistro: Restaurant, end: str) -> None:
    open_one(store, bistro)
    (alert,) = due(store)
    if end == "close":
        close_one(store, bistro)
    else:
        output_of("alerts", "acknowledge", alert.short_id)
    assert due(store) == [] and not claim_attempt(store, alert)


def test_the_command_lists_what_is_wrong_and_all_on_request(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    assert output_of("alerts", "list") == "No alert is open.\n"
    assert output_of("alerts", "list", "--restaurant", "cafe") == "cafe: no alert is open.\n"
    open_one(store, bistro, "No forecast was made.")
    open_one(store, None, "The weather was not read.")
    shown = output_of("alerts", "list")
    assert "2 alerts" in shown and "No forecast was made." in shown and "The weather was not read." in shown
    assert "weather" not in output_of("alerts", "list", "--restaurant", "bistro")
    close_one(store, bistro)
    assert "No forecast" not in output_of("alerts", "list")
    assert "closed" in output_of("alerts", "list", "--all", "--restaurant", "bistro")
    assert "Choose one of" in refused("alerts", "list", "--restaurant", "bisto")


@pytest.mark.parametrize("is_operators", [False, True], ids=["of a restaurant", "of no restaurant"])
def test_an_acknowledged_alert_stays_listed_with_the_person_and_is_logged_once(
    store: Store, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch, is_operators: bool
) -> None:
    monkeypatch.setenv("FLUX_ACTOR", "maria")
    whose = None if is_operators else bistro
    open_one(store, whose)
    (alert,) = alerts(store)
    assert "is acknowledged" in output_of("alerts", "acknowledge", alert.short_id)
    assert "was already acknowledged by maria" in output_of("alerts", "acknowledge", alert.short_id)
    open_one(store, whose, "It failed again.")
    assert "acknowledged by maria" in output_of("alerts", "list")
    with store.fleet() as fleet:
        acts = [(act.slug, act.actor, act.subject) for act in list_acts(fleet) if act.action == "alerts.acknowledge"]
    assert acts == [(alert.slug, "maria", "run_failed: demand_forecasts")]
    assert "No alert has an id" in refused("alerts", "acknowledge", "0000")
    close_one(store, whose)
    assert "is closed" in output_of("alerts", "acknowledge", alert.short_id)
