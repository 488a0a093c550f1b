"""Bars of a day: heads rostered as a filled shape, heads needed as a line, and missing heads in black."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from flux_pipeline.rosters.shown.cover import QUARTER, Cover


@dataclass(frozen=True)
class Scale:
    """What all bars of a role share: the first and last quarter hour of a day, from its midnight on, and most heads."""

    first: int
    last: int
    most: int


def quarter_of(cover: Cover) -> int:
    """Return how many quarter hours after the midnight of its day a quarter hour begins, by instants."""
    midnight = dt.datetime.combine(cover.date, dt.time(), cover.starts_at.tzinfo)
    return int(cover.starts_at.timestamp() - midnight.timestamp()) // (QUARTER * 60)


def scale_of(cover: Iterable[Cover]) -> tuple[int, int]:
    """Return the first and the last quarter hour, exclusive, of all days; (0, 1) without any."""
    quarters = [quarter_of(each) for each in cover]
    return (min(quarters), max(quarters) + 1) if quarters else (0, 1)


def draw_bars(cover: Sequence[Cover], scale: Scale, css_class: str) -> str:
    """Return the SVG of a day of a role."""
    heads = {quarter_of(each): (each.needed, each.rostered) for each in cover}
    runs = []
    for pair, run in groupby(range(scale.first, scale.last), key=lambda quarter: heads.get(quarter, (0, 0))):
        quarters = [*run]
        runs.append((quarters[0] - scale.first, len(quarters), *pair))
    parts, line = [], []
    for at, length, needed, rostered in runs:
        if rostered:
            parts.append(f'<rect class="{css_class}" {_box(at, length, scale.most - rostered, rostered)}/>')
        if needed > rostered:
            parts.append(f"<rect {_box(at, length, scale.most - needed, needed - rostered)}/>")
        line.append(f"V{scale.most - needed}H{at + length}")
    path = f'<path class="needed" d="M0 {scale.most}{"".join(line)}V{scale.most}"/>'
    box = f"0 -0.15 {scale.last - scale.first} {scale.most + 0.3:g}"
    return f'<svg viewBox="{box}" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}{path}</svg>'


def _box(x: int, width: int, y: int, height: int) -> str:
    return f'x="{x}" y="{y}" width="{width}" height="{height}"'
