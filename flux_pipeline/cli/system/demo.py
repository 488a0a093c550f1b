"""Command `flux demo`: three simulated restaurants in the whole pipeline, with the results."""

import datetime as dt
import time

import click

from flux_pipeline.cli.console import note, ready_store, say, show_table
from flux_pipeline.cli.files.feeds import show_feeds
from flux_pipeline.cli.files.upload import show_uploads
from flux_pipeline.cli.forecasts.forecast import of_day, show_day, tomorrow_or_first
from flux_pipeline.cli.forecasts.staffing import show_heads
from flux_pipeline.cli.forecasts.weeks import show_week
from flux_pipeline.cli.kitchen.costs import show_changes, show_costs
from flux_pipeline.cli.stock.orders import show_orders
from flux_pipeline.cli.system.alerts import show_alerts
from flux_pipeline.demand.settings import LONGEST_HORIZON_DAYS
from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.shown.vendor_orders import OPEN
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.wording import count_of

ITEMS_SHOWN, REASONS_SHOWN, ALERTS_SHOWN = 10, 3, 6


@click.command()
def demo() -> None:
    """Simulate three restaurants and run the nightly job on them. A second run changes nothing."""
    began = time.monotonic()
    note("Starting the database ...")
    with ready_store() as store:
        from flux_pipeline.demo.restaurants import demo_restaurants
        from flux_pipeline.demo.write import write_upload_files

        slugs = [restaurant.slug for restaurant in demo_restaurants()]
        today = dt.datetime.now(dt.UTC).date()
        _add_missing(store, today)
        _add_feeds(store)
        note("Simulating 18 months of sales ...")
        written = write_upload_files(store.settings.landing, today)
        rows = count_of(sum(file.rows for file in written), "row")
        note(f"Wrote {count_of(len(written), 'file')} with {rows} into the landing folder.")
        changed = _run_everything(store, slugs)
        _show_results(store, slugs)
        _show_roster(store, slugs[0])
        _show_margins(store, slugs[0])
        _show_stock(store, slugs[0])
    seconds = time.monotonic() - began
    say()
    if changed:
        say(f"Done in {seconds:.0f} s.")
    else:
        say(f"Nothing changed: these files and forecasts were already stored ({seconds:.0f} s).")
    say("Next:  make ui       the asset graph, runs and schedules in the browser")
    say("       flux upload   load a file of your own, after flux restaurants add")


def _add_missing(store: Store, today: dt.date) -> None:
    """Add the missing restaurants, and their closed days within the period of the demo."""
    from flux_pipeline.demo.calendar import demo_window, simulate_closures
    from flux_pipeline.demo.restaurants import demo_restaurants
    from flux_pipeline.store.known.closures import add_closures
    from flux_pipeline.store.restaurant import list_restaurants
    from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant

    first, last = demo_window(today)
    ahead = dt.timedelta(days=LONGEST_HORIZON_DAYS)
    with store.fleet() as connection:
        stored = {restaurant.slug for restaurant in list_restaurants(connection)}
    for r in demo_restaurants():
        if r.slug not in stored:
            new = NewRestaurant(r.slug, r.name, r.timezone, r.currency, r.country_code, r.latitude, r.longitude)
            add_restaurant(store, new, r.opening_hours, r.roles)
        with store.tenant(r.slug) as tx:
            _add_vendors(tx, r.slug)
            add_closures(tx, simulate_closures(r, first, last + ahead), dt.datetime.now(dt.UTC))


def _add_vendors(tx: Tenant, slug: str) -> None:
    """Add the vendors with their contacts and order days, which no file says."""
    from flux_pipeline.demo.restaurants import demo_vendors
    from flux_pipeline.store.inventory.vendor_acts import change_vendor
    from flux_pipeline.store.kitchen.vendors import find_vendors

    vendors = demo_vendors(slug)
    find_vendors(tx, vendors)
    for name, terms in vendors.items():
        change_vendor(tx, name, terms)


def _add_feeds(store: Store) -> None:
    """Name the services of the simulated world, which are served on this machine while they are asked."""
    from flux_pipeline.demo.restaurants import demo_restaurants
    from flux_pipeline.orchestration.fetching.naming import demo_feeds
    from flux_pipeline.store.feeds.registry import add_feed, list_feeds

    with store.fleet() as connection:
        known = {feed.name for feed in list_feeds(connection)}
    cities = [(each.slug, each.country_code, each.latitude, each.longitude) for each in demo_restaurants()]
    for feed in demo_feeds(cities):
        if feed.name not in known:
            add_feed(store, feed)


def _run_everything(store: Store, slugs: list[str]) -> bool:
    """Run both jobs and return whether anything changed."""
    from flux_pipeline.orchestration.commands.launch import run_feeds, run_restaurant, run_roster
    from flux_pipeline.orchestration.instance import open_instance

    changed = False
    with open_instance(store) as instance:
        note("Dagster runs refresh_feeds, which asks the services of the simulated world for weather and events ...")
        results = [run_feeds(instance)]
        for slug in slugs:
            note(f"Dagster runs refresh_restaurant for {slug} ...")
            results.append(run_restaurant(instance, slug, None))
            note(f"Dagster runs plan_rosters for {slug}: next week's shifts ...")
            results.append(run_roster(instance, slug, None))
    failures = [failure for result in results for failure in result.failures]
    if failures:
        raise PermanentError("; ".join(failures))
    for result in results:
        for metadata in result.metadata.values():
            changed |= any(metadata.get(key, 0) for key in ("new_files", "rows_loaded", "rows_written", "files_read"))
        demand = result.metadata.get("demand_forecasts")
        changed |= demand is not None and "unchanged_since_run" not in demand
    return changed


def _show_results(store: Store, slugs: list[str]) -> None:
    from flux_pipeline.store.feeds.registry import feed_states
    from flux_pipeline.store.forecasts.heads import list_staffing
    from flux_pipeline.store.forecasts.published import list_forecasts
    from flux_pipeline.store.records.runs import list_runs
    from flux_pipeline.store.uploads.registry import list_uploads

    with store.fleet() as fleet:
        uploads = [found for slug in slugs for found in list_uploads(fleet, slug)]
    runs = []
    for slug in slugs:
        with store.tenant(slug) as tx:
            runs += [(slug, run) for run in list_runs(tx)]
    say()
    show_uploads("Uploads", uploads)
    with store.fleet() as connection:
        show_feeds(feed_states(connection))
    for slug in slugs:
        with store.tenant(slug) as tx:
            rows, heads = list_forecasts(tx), list_staffing(tx)
            restaurant = tx.restaurant
        tomorrow = tomorrow_or_first(restaurant, {row.date for row in rows})
        next_open = min((row.date for row in rows if row.p99 > 0 and row.date >= tomorrow), default=tomorrow)
        # If a restaurant is closed tomorrow, show that and the next open day.
        for date in sorted({tomorrow, next_open}):
            show_day(slug, of_day(date, rows), limit=ITEMS_SHOWN)
        if on_duty := [row for row in heads if row.date == next_open]:
            show_heads(slug, on_duty)
    show_table(
        "Audit rows (algorithm_runs)",
        ["restaurant", "algorithm", "as of", "status", "rows", "seconds"],
        [(slug, r.algorithm, r.as_of, r.status, r.row_count, f"{r.seconds or 0:.2f}") for slug, r in runs],
        right=["rows", "seconds"],
    )


def _show_margins(store: Store, slug: str) -> None:
    """Show what each dish of a restaurant costs and leaves, and which margins moved in four weeks, and why."""
    from flux_pipeline.store.costs.current import today_of
    from flux_pipeline.store.costs.published import costs_on

    with store.tenant(slug) as tx:
        today = today_of(tx, dt.datetime.now(dt.UTC))
        say()
        show_costs(f"{slug}: what dishes cost on {today}, in {tx.restaurant.currency}", costs_on(tx, today))
        show_changes(tx)


def _show_stock(store: Store, slug: str) -> None:
    """Show the next orders of a restaurant, what left its stock that nothing explains, and the alerts about it."""
    from flux_pipeline.cli.stock.stock import show_drifts
    from flux_pipeline.store.inventory.published_orders import list_orders
    from flux_pipeline.store.records.alerts import list_alerts

    say()
    with store.tenant(slug) as tx:
        found, currency, zone = list_orders(tx, OPEN, None), tx.restaurant.currency, tx.restaurant.clock.timezone
        show_drifts(tx)
    say()
    show_orders(found, currency, zone, dt.datetime.now(dt.UTC), reasons=REASONS_SHOWN)
    with store.fleet() as fleet:
        alerts = list_alerts(fleet, slug=slug)
    show_alerts(alerts, slug, most=ALERTS_SHOWN)


def _show_roster(store: Store, slug: str) -> None:
    """Show next week's roster of a restaurant, and why one hour of it could not be covered."""
    from flux_pipeline.store.rosters.weeks import find_week

    with store.tenant(slug) as tx:
        week = find_week(tx, None)
    say()
    show_week(week)
