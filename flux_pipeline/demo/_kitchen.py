"""Kitchens of the demo restaurants: recipes, ingredients, vendors whose prices rise, and what was delivered.

Everything is invented. The tables are in `kitchens/`, in the columns of uploads, with prices of the middle of
PRICE_YEAR and the cases used in a week. Prices depend on the calendar alone, so that overlapping windows agree; but
one ingredient rises by 40 % shortly before the end, and the margins of several dishes fall with it.
"""

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files

import pandas as pd

from flux_pipeline.demo._prices import PRICE_YEAR
from flux_pipeline.demo._seeds import rng_for
from flux_pipeline.demo.calendar import demo_window, is_open
from flux_pipeline.demo.restaurants import DemoRestaurant
from flux_pipeline.kitchen.packs import read_pack
from flux_pipeline.kitchen.units import plain

PRICE_COLUMNS = [
    *("vendor", "ingredient", "order_code", "unit_price", "unit", "case_price", "case_quantity", "pack_quantity"),
    *("pack_unit", "pack", "yield", "lead_time_days", "valid_from", "known_at"),
]
DELIVERY_COLUMNS = [
    *("document", "vendor", "delivered_on", "ingredient", "quantity", "unit", "unit_cost", "amount", "expires_on")
]
# Vendors change their lists in these months, each on the first, and send them three weeks before.
LIST_MONTHS = (2, 5, 8, 11)
LIST_NOTICE = dt.timedelta(days=21)
# A price rises every year or every other year. Around the trend of the menu's prices it scatters by this share, which
# keeps single rises between 3 and 12 %.
SCATTER = {1: 0.003, 2: 0.014}
# The ingredient whose price jumps: it is in several dishes, one vendor sells it, and it is delivered on the day itself.
JUMPING = {"bistro-quai-nord": "Beef shoulder", "hearth-and-crumb": "Butter", "canteen-westhafen": "Pork leg"}
JUMP, JUMP_NOTICE = Decimal("1.40"), dt.timedelta(days=3)
DELIVERY_WEEKS = 3
# What keeps for at most so many days comes twice a week, if two cases of it are used.
PERISHABLE_DAYS, LATER_IN_THE_WEEK = 8, dt.timedelta(days=3)
# What keeps for longer is delivered without a last day.
FRESH_DAYS = 30
CENT = Decimal("0.01")

_Row = Mapping[str, str]


def simulate_kitchen(restaurant: DemoRestaurant, today: dt.date) -> dict[str, pd.DataFrame]:
    """Return the files of the kitchen by their kind, with texts as cells, in the order in which they load.

    They change only with the calendar: the day of the jump is the Tuesday of the week before that of `today`.
    """
    ingredients, prices = _table(restaurant.slug, "ingredients"), _table(restaurant.slug, "vendor_prices")
    vendor_prices = [row for price in prices for row in _history(restaurant, price, today)]
    lines = _deliveries(restaurant, ingredients, prices, today)
    return {
        "ingredients": pd.DataFrame(ingredients),
        "unit_conversions": pd.DataFrame(_table(restaurant.slug, "unit_conversions")),
        "recipes": pd.DataFrame(_table(restaurant.slug, "recipes")),
        "vendor_prices": pd.DataFrame(vendor_prices)[PRICE_COLUMNS].sort_values(
            ["valid_from", "vendor"], kind="stable", ignore_index=True
        ),
        "deliveries": pd.DataFrame(lines)[DELIVERY_COLUMNS].sort_values(
            ["delivered_on", "document"], kind="stable", ignore_index=True
        ),
    }


def day_of_jump(today: dt.date) -> dt.date:
    """Return the Tuesday of the week before: 6 to 12 days before `today`."""
    return today - dt.timedelta(days=today.weekday() + 6)


def _table(slug: str, kind: str) -> list[dict[str, str]]:
    text = files("flux_pipeline.demo").joinpath("kitchens", slug, f"{kind}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _history(restaurant: DemoRestaurant, price: _Row, today: dt.date) -> Iterator[dict[str, str]]:
    """Yield a vendor's price on the first day, and on each day from which another one holds, as far as known."""
    first, last = demo_window(today)
    known_on = {first: first}
    known_on |= {
        day: day - LIST_NOTICE
        for year in range(first.year, last.year + 2)
        for day in _rises_in(restaurant.slug, price, year)
        if first < day and day - LIST_NOTICE <= last
    }
    if price["ingredient"] == JUMPING[restaurant.slug]:
        known_on.setdefault(day_of_jump(today), day_of_jump(today) - JUMP_NOTICE)
    for day, known_at in sorted(known_on.items()):
        dated = {"valid_from": day.isoformat(), "known_at": known_at.isoformat()}
        yield {**price, **_priced(restaurant, price, day, today), **dated}


def _priced(restaurant: DemoRestaurant, price: _Row, day: dt.date, today: dt.date) -> dict[str, str]:
    """Return the price of a unit or of a case on a day, in the column of the row that has it."""
    column = "unit_price" if price["unit_price"] else "case_price"
    amount = Decimal(price[column]) * Decimal(str(_level(restaurant, price, day)))
    if price["ingredient"] == JUMPING[restaurant.slug] and day >= day_of_jump(today):
        amount *= JUMP
    return {column: str(amount.quantize(CENT, ROUND_HALF_UP))}


def _level(restaurant: DemoRestaurant, price: _Row, day: dt.date) -> float:
    """Return a price relative to that of the table: it follows the trend of the menu's prices, in steps."""
    rises = (rise for back in range(3) for rise in _rises_in(restaurant.slug, price, day.year - back))
    risen = next(rise for rise in rises if rise <= day)
    period = _period(restaurant.slug, price)
    # In the middle between two rises a price is on the trend.
    passed = risen.year - PRICE_YEAR + (risen.month - 7) / 12 + period / 2
    share: float = rng_for("price level", *_named(restaurant.slug, price), risen).uniform(-1, 1) * SCATTER[period]
    level: float = (1 + restaurant.temper.price_rise) ** passed * (1 + share)
    return level


def _rises_in(slug: str, price: _Row, year: int) -> list[dt.date]:
    """Return the day of a year on which this price rises, if it does in this year."""
    rng = rng_for("price rises", *_named(slug, price))
    month, turn = LIST_MONTHS[rng.integers(len(LIST_MONTHS))], int(rng.integers(2))
    return [dt.date(year, month, 1)] if (year + turn) % _period(slug, price) == 0 else []


def _period(slug: str, price: _Row) -> int:
    return int(rng_for("price period", *_named(slug, price)).integers(1, 3))


def _named(slug: str, price: _Row) -> tuple[str, str, str]:
    return slug, price["vendor"], price["ingredient"]


def _deliveries(
    restaurant: DemoRestaurant, ingredients: list[dict[str, str]], prices: list[dict[str, str]], today: dt.date
) -> Iterator[dict[str, str]]:
    """Yield the lines of the documents of the last weeks: two a week of each vendor, and one with what jumped.

    The second one of a week has only what does not keep for a week.
    """
    keeps = {row["name"]: int(row["shelf_life_days"]) for row in ingredients}
    vendors = list(dict.fromkeys(row["vendor"] for row in prices))
    monday = today - dt.timedelta(days=today.weekday())
    jumped = _first_open(restaurant, day_of_jump(today))
    for back in range(DELIVERY_WEEKS + 1):
        for place, vendor in enumerate(vendors):
            planned = monday - dt.timedelta(weeks=back) + dt.timedelta(days=1 + 2 * place)
            sold_by = [each for each in prices if each["vendor"] == vendor]
            usual = [each for each in sold_by if each["ingredient"] != JUMPING[restaurant.slug]]
            twice = [each for each in usual if _comes_twice(each, keeps)]
            first, second = (_first_open(restaurant, each) for each in (planned, planned + LATER_IN_THE_WEEK))
            for day, listed in ((first, usual), *([(second, twice)] if second > first else [])):
                for price in listed if day < today else ():
                    document = f"{place + 1}{day:%y%m%d}"
                    yield from _line(restaurant, price, keeps, document, day, today, 0.5 if price in twice else 1.0)
    for price in prices if jumped < today else ():
        if price["ingredient"] == JUMPING[restaurant.slug]:
            yield from _line(restaurant, price, keeps, f"9{jumped:%y%m%d}", jumped, today)


def _comes_twice(price: _Row, keeps: Mapping[str, int]) -> bool:
    return keeps[price["ingredient"]] <= PERISHABLE_DAYS and float(price["cases_per_week"] or 0) >= 2


def _first_open(restaurant: DemoRestaurant, day: dt.date) -> dt.date:
    """Return the first open day of the two weeks from a day on."""
    days = pd.date_range(day, periods=14)
    found: dt.date = days[is_open(restaurant, days)][0].date()
    return found


def _line(
    restaurant: DemoRestaurant,
    price: _Row,
    keeps: Mapping[str, int],
    document: str,
    day: dt.date,
    today: dt.date,
    share: float = 1.0,
) -> Iterator[dict[str, str]]:
    """Yield the line of an ingredient on a document with this share of its week, if it was ordered in this week.

    What has a yield below 1 is not delivered here: a delivery doesn't say which share of it can be used.
    """
    if not price["cases_per_week"]:
        return
    weekly, named = share * float(price["cases_per_week"]), _named(restaurant.slug, price)
    # Of what is used in three weeks, a case comes every third week; of what lasts longer there is enough.
    weeks = max(1, round(1 / weekly))
    turn = int(rng_for("delivery week", *named).integers(weeks))
    if weeks > DELIVERY_WEEKS or (day.toordinal() // 7 + turn) % weeks:
        return
    ordered: float = weekly * weeks * rng_for("delivery", *named, day).uniform(0.8, 1.2)
    cases, cost = max(1, round(ordered)), _priced(restaurant, price, day, today)
    content, unit = _content(price)
    expires = (day + dt.timedelta(days=keeps[price["ingredient"]])).isoformat()
    yield {
        "document": document,
        "vendor": price["vendor"],
        "delivered_on": day.isoformat(),
        "ingredient": price["ingredient"],
        "quantity": plain(content * cases),
        "unit": unit,
        "unit_cost": cost.get("unit_price", ""),
        "amount": str(Decimal(cost["case_price"]) * cases) if "case_price" in cost else "",
        "expires_on": expires if keeps[price["ingredient"]] <= FRESH_DAYS else "",
    }


def _content(price: _Row) -> tuple[Decimal, str]:
    """Return what is in a case, and its unit: one unit of what is not sold in cases."""
    if price["unit_price"]:
        return Decimal(1), price["unit"]
    if price["case_quantity"]:
        return Decimal(price["case_quantity"]) * Decimal(price["pack_quantity"]), price["pack_unit"]
    pack = read_pack(price["pack"])
    return pack.quantity, pack.unit.name
