"""Reasons for an hour's heads, as data and as one sentence for a manager.

The forecast itself is computed in `forecast`.
"""

from typing import Any

import pandas as pd

from flux_pipeline.staffing.profile import IntradayProfile
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import StaffingSettings

PROFILE_WORDS = {"tickets": "by its own ticket times", "opening_hours": "spread evenly over its opening hours"}


def explain(
    rows: pd.DataFrame, share: pd.Series, role: Role, profile: IntradayProfile, settings: StaffingSettings
) -> pd.Series:
    """Return the driver of each row: share, items, minutes, what limits the heads, profile source, one sentence.

    Args:
        rows: columns date, hour, expected_items, labor_minutes, recommended_heads of one role.
        share: the hour's share of the day, by row.
        role: the role of these rows.
        profile: the rhythm that the share comes from.
        settings: utilization and service level.
    """
    weekday = rows["date"].dt.day_name()
    columns = (rows["hour"], weekday, share, rows["expected_items"], rows["labor_minutes"], rows["recommended_heads"])
    drivers: list[dict[str, Any]] = [
        {
            "share": round(float(part), 4),
            "expected_items": round(float(items), 2),
            "minutes_per_item": round(role.minutes_per_item, 3),
            "fixed_minutes": round(role.minutes_per_open_hour, 2),
            "labor_minutes": round(float(minutes), 2),
            "utilization": settings.labor_utilization,
            "service_level": settings.labor_service_level,
            "minimum_heads": role.minimum_heads,
            "profile_source": profile.source,
            "sentence": (
                f"{day} {hour:02d}:00 has {part:.0%} of the day {PROFILE_WORDS[profile.source]}: "
                f"{items:.0f} items and {minutes:.0f} min of work for {role.name}; "
                f"{heads} {'head' if heads == 1 else 'heads'} {_why(heads, role, settings)}."
            ),
        }
        for hour, day, part, items, minutes, heads in zip(*columns, strict=True)
    ]
    return pd.Series(drivers, index=rows.index, dtype=object)


def _why(heads: int, role: Role, settings: StaffingSettings) -> str:
    if heads <= role.minimum_heads:
        return "is the minimum" if heads == 1 else "are the minimum"
    covers = "covers" if heads == 1 else "cover"
    return f"{covers} {settings.labor_service_level:.0%} of such days"
