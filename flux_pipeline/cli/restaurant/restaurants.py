"""Command `flux restaurants`: the restaurants that Flux knows."""

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
@click.option("--currency", required=True, help="ISO 4217 code, like EUR.")
@click.option("--country", "country_code", help="ISO 3166 code, like FR, for its public holidays.")
@click.option("--latitude", type=float, help="Degrees north, for weather and events near it.")
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
    """Add the restaurant SLUG, a short name (like french-bakery) that can't change."""
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
    say(f"Files of sales can also be dropped into {folder}")


@restaurants.command()
@click.argument("slug")
@click.option("--name", help="What people call it.")
@click.option("--country", "country_code", help="ISO 3166 code, like FR.")
@click.option("--latitude", type=float, help="Degrees north.")
@click.option("--longitude", type=float, help="Degrees east.")
@click.option("--active/--inactive", "is_active", default=None, help="Include it in the nightly run or not.")
def change(
    slug: str,
    name: str | None,
    country_code: str | None,
    latitude: float | None,
    longitude: float | None,
    is_active: bool | None,
) -> None:
    """Change the name, country or place of the restaurant SLUG, or leave it out of the nightly run.

    Stored days and amounts depend on its time zone and currency, so these can't change: add the restaurant again under
    another name instead.
    """
    from flux_pipeline.store.tenants.onboarding import change_restaurant

    options = {
        "name": name,
        "country_code": country_code,
        "latitude": latitude,
        "longitude": longitude,
        "is_active": is_active,
    }
    with ready_store() as store:
        changed = change_restaurant(store, slug, {key: value for key, value in options.items() if value is not None})
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
