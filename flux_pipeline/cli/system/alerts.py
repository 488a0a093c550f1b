"""Command `flux alerts`: what is wrong and not over, and that somebody knows of it."""

import click

from flux_pipeline.cli.console import ready_store, say, show_table
from flux_pipeline.records.alerts import Alert, AlertStatus, Severity
from flux_pipeline.wording import count_of

HEADINGS = ["severity", "what is wrong", "alert", "since", "status"]
# Each is worse than the one before.
WORSE = list(Severity)


@click.group()
def alerts() -> None:
    """List what is wrong, and note that somebody knows of it."""


@alerts.command("list")
@click.option("--restaurant", "slug", help="Only alerts of this restaurant.")
@click.option("--kind", help="Only alerts of this kind, such as low_stock, expiry or run_failed.")
@click.option("--all", "with_closed", is_flag=True, help="Also those whose cause is gone.")
def list_them(slug: str | None, kind: str | None, with_closed: bool) -> None:
    """List the alerts whose cause is not gone, the worst and newest first. An id's first characters are enough."""
    from flux_pipeline.store.records.alerts import list_alerts
    from flux_pipeline.store.restaurant import find_restaurant

    with ready_store() as store, store.fleet() as fleet:
        if slug is not None:
            find_restaurant(fleet, slug)
        found = list_alerts(fleet, slug=slug, kind=kind, with_closed=with_closed)
    if not found:
        alert = "no alert" if kind is None else f"no alert of kind {kind}"
        nothing = f"{alert} was ever opened" if with_closed else f"{alert} is open"
        say(f"{slug}: {nothing}." if slug else f"{nothing.capitalize()}.")
        return
    show_alerts(found, slug)


def show_alerts(found: list[Alert], slug: str | None, most: int | None = None) -> None:
    """Print alerts of a restaurant, or of all (None), the worst first, at most so many."""
    title = f"{slug}: {count_of(len(found), 'alert')}" if slug else count_of(len(found), "alert")
    worst_first = sorted(found, key=lambda alert: (alert.status is AlertStatus.CLOSED, -WORSE.index(alert.severity)))
    shown = worst_first[:most]
    if slug:
        show_table(title, HEADINGS, [_row(alert) for alert in shown])
    else:
        show_table(title, ["restaurant", *HEADINGS], [(alert.slug or "", *_row(alert)) for alert in shown])
    if len(shown) < len(found):
        say(f"And {len(found) - len(shown)} more: flux alerts list{f' --restaurant {slug}' if slug else ''}")


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
    return alert.severity, f"{alert.message}{unsent}", alert.short_id, since, status
