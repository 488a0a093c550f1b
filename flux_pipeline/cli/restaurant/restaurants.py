"""`flux restaurants`: who the tenants are."""

import click

from flux_pipeline.cli.console import note, ready_store, say, show_table
from flux_pipeline.wording import count_of


@click.group()
def restaurants() -> None:
    """Add, change and list restaurants."""


@restaurants.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="What people call it.")
@click.option("--timezone", required=True, help="IANA name, like Europe/Paris.")
@click.option("--currency", required=True, help="ISO 4217, like EUR.")
@click.option("--country", "country_code", help="ISO 3166, like FR: its public holidays are then known.")
@click.option("--latitude", type=float, help="Degrees north: weather and events near it are then used.")
@click.option("--longitude", type=float, help="Degrees east.")
def add(
    slug: str,
    name: str,
    timezone: str,
    currency: str,
    country_code: str | None,
    latitude: float | None,
    longitude: float | None,
) -> None:
    """Add the restaurant SLUG, its short name for good (like french-bakery)."""
    from flux_pipeline.demand.inputs.days import knows_holidays
    from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant

    new = NewRestaurant(slug, name, timezone, currency, country_code, latitude, longitude)
    with ready_store() as store:
        added = add_restaurant(store, new)
        folder = store.settings.landing / slug / "sales"
        folder.mkdir(parents=True, exist_ok=True)
    if country_code and not knows_holidays(country_code):
        note(f"warning: no public holidays are known for {country_code!r}; ISO 3166 codes are like FR.")
    say(f"Added {added.name} as {added.slug}. Next: flux upload FILE --restaurant {added.slug}")
    say(f"People without a terminal drop sales files into {folder}")


@restaurants.command()
@click.argument("slug")
@click.option("--name", help="What people call it.")
@click.option("--country", "country_code", help="ISO 3166, like FR.")
@click.option("--latitude", type=float, help="Degrees north.")
@click.option("--longitude", type=float, help="Degrees east.")
@click.option("--active/--inactive", "is_active", default=None, help="Whether the nightly run takes it along.")
def change(slug: str, **given: str | float | bool | None) -> None:
    """Change what is known of the restaurant SLUG. Its days and money stay as they were counted, so time zone and
    currency can't change: add it anew for that, under another name."""
    from flux_pipeline.store.tenants.onboarding import change_restaurant

    with ready_store() as store:
        changed = change_restaurant(store, slug, {key: value for key, value in given.items() if value is not None})
    say(f"{slug}: {', '.join(f'{key} is now {value}' for key, value in changed.items())}." if changed else "No change.")


@restaurants.command("list")
def list_them() -> None:
    """List every restaurant."""
    from flux_pipeline.store.restaurant import list_restaurants

    with ready_store() as store, store.fleet() as connection:
        found = list_restaurants(connection)
    if not found:
        say("There is no restaurant yet. Add one with `flux restaurants add`, or try `flux demo`.")
        return
    show_table(
        count_of(len(found), "restaurant"),
        ["slug", "name", "time zone", "currency", "country", "active"],
        [(r.slug, r.name, r.timezone, r.currency, r.country_code, "yes" if r.is_active else "no") for r in found],
    )
