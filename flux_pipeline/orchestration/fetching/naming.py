"""New feeds: what a person gives for a source, checked against its kind and the settings before it is stored."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from flux_pipeline.errors import PermanentError
from flux_pipeline.records.feeds import Feed, FeedKind, FeedOptions
from flux_pipeline.settings import Settings
from flux_pipeline.store.door import Store
from flux_pipeline.wording import listed

# An address of the simulated world, which is served for as long as it is asked: `demo:/calendars/bistro.ics`.
DEMO = "demo:"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
SCHEMES = ("http", "https", "webcal")
# The options that each kind of source reads.
OF_A_FILE = {"category", "timezone", "latitude", "longitude", "attendance"}
READ_BY = {
    FeedKind.OPEN_METEO: set[str](),
    FeedKind.CALENDAR: OF_A_FILE,
    FeedKind.CSV: OF_A_FILE,
    FeedKind.TICKETMASTER: {"radius_km"},
    FeedKind.PREDICTHQ: {"radius_km"},
}


def new_feed(
    store: Store, kind: FeedKind, name: str | None, url: str | None, slug: str | None, given: Mapping[str, Any]
) -> Feed:
    """Return a source as a person describes it.

    Args:
        store: Flux's database and settings.
        kind: the kind of service.
        name: what it is called; None: its kind.
        url: its address.
        slug: the restaurant whose own events it has.
        given: fields of `FeedOptions`.

    Raises:
        PermanentError: something is missing, wrong, or not read by a source of this kind; no address is quoted.
    """
    named = name or kind.value
    if not NAME.fullmatch(named):
        raise PermanentError(
            f"The name {named!r} has other characters than a to z, 0 to 9 and -. Choose one like city-fair."
        )
    _check_address(kind, url)
    if unread := sorted(set(given) - READ_BY[kind]):
        options = listed(f"--{each.replace('_', '-')}" for each in unread)
        raise PermanentError(f"A source of the kind {kind} has no use for {options}. Leave it out.")
    if ("latitude" in given) != ("longitude" in given):
        raise PermanentError("Only one of --latitude and --longitude was given. Give both, in degrees, or none.")
    if slug is not None and kind.is_by_place:
        raise PermanentError(
            f"The answers of {kind} are about a place, so all restaurants there share them. Leave --restaurant out."
        )
    if slug is not None and "latitude" in given:
        raise PermanentError("A restaurant's own events are where it is. Leave --latitude and --longitude out.")
    require_key(kind, store.settings)
    if slug is None:
        return Feed(named, kind, url, _options(given))
    owner = store.restaurant(slug)
    return Feed(named, kind, url, _options({"timezone": owner.timezone, **given}), owner.id, slug)


def _check_address(kind: FeedKind, url: str | None) -> None:
    if url is None:
        if kind in (FeedKind.CALENDAR, FeedKind.CSV):
            raise PermanentError(f"A source of the kind {kind} is a file on the web. Give its address with --url.")
        return
    if url.startswith(DEMO):
        return
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    if not is_address:
        raise PermanentError("The --url is not a web address; expected one like https://city.example/events.ics.")


def _options(given: Mapping[str, Any]) -> FeedOptions:
    try:
        options = FeedOptions(**given)
        ZoneInfo(options.timezone)
    except ValidationError as exc:
        found = "; ".join(f"--{str(each['loc'][0]).replace('_', '-')}: {each['msg']}" for each in exc.errors())
        raise PermanentError(f"An option is out of bounds. {found}. Correct it.") from None
    except (ValueError, OSError, KeyError):
        raise PermanentError(
            f"{given['timezone']!r} is not a time zone. Give an IANA name, like Europe/Paris."
        ) from None
    return options


def demo_feeds(cities: Iterable[tuple[str, str, float, float]]) -> list[Feed]:
    """Return the feeds of the simulated world: its weather, and each city's events and school holidays.

    A city is a restaurant's slug, its country and its coordinates.
    """
    feeds = [Feed("demo-weather", FeedKind.OPEN_METEO, DEMO, FeedOptions())]
    calendars = f"{DEMO}/calendars"
    for slug, country_code, latitude, longitude in cities:
        country = country_code.lower()
        feeds.append(Feed(f"demo-{slug}", FeedKind.CALENDAR, f"{calendars}/{slug}.ics", FeedOptions()))
        there = FeedOptions(category="school_holiday", latitude=latitude, longitude=longitude)
        school = f"{calendars}/school-holidays-{country}.ics"
        feeds.append(Feed(f"demo-school-{country}", FeedKind.CALENDAR, school, there))
    return feeds


def require_key(kind: FeedKind, settings: Settings) -> None:
    """Raise PermanentError if the settings lack the key without which a service refuses every question."""
    if kind is FeedKind.TICKETMASTER and settings.ticketmaster_api_key is None:
        raise PermanentError(_missing("Ticketmaster", "an API key", "FLUX_TICKETMASTER_API_KEY"))
    if kind is FeedKind.PREDICTHQ and settings.predicthq_token is None:
        raise PermanentError(_missing("PredictHQ", "an access token", "FLUX_PREDICTHQ_TOKEN"))


def _missing(service: str, key: str, setting: str) -> str:
    return f"{service} answers only with {key}. Set {setting} in the environment or the .env file."
