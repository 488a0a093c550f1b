"""Yields of ingredients over time: the share of what is bought that is left to use, by the prices in force."""

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class PriceYield:
    """The yield of a vendor's price from a day on; `order_code` tells a vendor's packs apart."""

    vendor: Hashable
    order_code: str | None
    valid_from: dt.date
    factor: Decimal


def yields_over_time(
    prices: Iterable[PriceYield], deliveries: Iterable[tuple[dt.date, Hashable]]
) -> list[tuple[dt.date, Decimal]]:
    """Return the yield of an ingredient, by the days on which it changes.

    It is that of the vendor that delivered last, of those with a price in force. Before their first delivery, and of
    several prices of that vendor, the smallest counts, so that rather too much is bought than too little.

    Args:
        prices: of one ingredient; a later one of the same vendor and code replaces an earlier one.
        deliveries: their days and vendors.
    """
    starting: dict[dt.date, list[PriceYield]] = defaultdict(list)
    delivering: dict[dt.date, set[Hashable]] = defaultdict(set)
    for price in prices:
        starting[price.valid_from].append(price)
    for day, vendor in deliveries:
        delivering[day].add(vendor)
    in_force: dict[tuple[Hashable, str | None], Decimal] = {}
    last: set[Hashable] = set()
    found: list[tuple[dt.date, Decimal]] = []
    for day in sorted(starting.keys() | delivering.keys()):
        in_force |= {(each.vendor, each.order_code): each.factor for each in starting.get(day, ())}
        if not in_force:
            continue
        last = {vendor for vendor, _ in in_force} & delivering.get(day, set()) or last
        factor = min([own for (vendor, _), own in in_force.items() if vendor in last] or in_force.values())
        if not found or found[-1][1] != factor:
            found.append((day, factor))
    return found
