"""Chunks of items: what a fit computes of each item by itself takes the memory of one chunk, however many items are.

A chunk changes a figure of an item by rounding at most, so the sizes matter for memory and speed alone.
"""

from __future__ import annotations

# Arrays of three years and some twenty numbers for each item and day take 50 MB; smaller ones would only take longer.
ITEMS_AT_ONCE = 256


def item_chunks(count: int) -> list[slice]:
    """Return consecutive slices of `count` items, of nearly the same size; one slice if they are few."""
    chunks = max(1, -(-count // ITEMS_AT_ONCE))
    return [slice(at * count // chunks, (at + 1) * count // chunks) for at in range(chunks)]
