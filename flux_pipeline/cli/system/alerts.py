"""Command `flux alerts`: what is wrong and not over, and that somebody knows of it."""

import click

from flux_pipeline.cli.console import ready_store, say, show_table
from flux_pipeline.records.alerts import Alert, AlertStatus
from flux_pipeline.wording import count_of

HEADINGS = ["alert", "since", "restaurant", "severity", "status", "what is wrong"]


@click.group()
def alerts() -> None:
    """List what is wrong, and note that somebody knows of it."""


@alerts.command("list")
@click.option("--restaurant", "slug", help="Only alerts of this restaurant.")
@click.option("--all", "with_closed", is_flag=True, help="Also those whose cause is gone.")
def list_them(slug: str | None, with_closed: bool) -> None:
    """List the alerts whose cause is not gone, newest first. The first characters of an id are enough."""
    from flux_pipeline.store.records.alerts import list_alerts
    from flux_pipeline.store.restaurant import find_restaurant

    with ready_store() as store, store.fleet() as fleet:
        if slug is not None:
            find_restaurant(fleet, slug)
        found = list_alerts(fleet, slug=slug, with_closed=with_closed)
    if not found:
        nothing = "no alert was ever opened" if with_closed else "no alert is open"
        say(f"{slug}: {nothing}." if slug else f"{nothing.capitalize()}.")
        return
    title = f"{slug}: {count_of(len(found), 'alert')}" if slug else count_of(len(found), "alert")
    show_table(title, HEADINGS, [_row(alert) for alert in found])


@alerts.command()
@click.argument("alert_id", metavar="ID")
def acknowledge(alert_id: str) -> None:
    """Note that you know of the alert ID: it is not sent any more, and stays listed until its cause is gone."""
    from flux_pipeline.store.records.alerts import acknowledge

    with ready_store() as store:
        alert, changed = acknowledge(store, alert_id)
    if changed:
        say(f"Alert {alert.short_id} is acknowledged. It is closed by the run that finds its cause gone.")
    elif alert.status is AlertStatus.CLOSED:
        say(f"Alert {alert.short_id} is closed: its cause is gone.")
    else:
        say(f"Alert {alert.short_id} was already acknowledged by {alert.acknowledged_by}.")


def _row(alert: Alert) -> tuple[object, ...]:
    since = f"{alert.opened_at.astimezone():%Y-%m-%d %H:%M}"
    status = f"acknowledged by {alert.acknowledged_by}" if alert.status is AlertStatus.ACKNOWLEDGED else alert.status
    unsent = f" (It could not be sent: {alert.delivery_error})" if alert.delivery_error else ""
    return alert.short_id, since, alert.slug or "", alert.severity, status, f"{alert.message}{unsent}"
