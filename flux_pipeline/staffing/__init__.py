"""From a day's items to heads per hour and role: the restaurant's own rhythm, its roles, its opening hours.

Pure: frames, arrays and frozen settings in, named values out. Shifts and people belong to later modules of this room.
"""

from flux_pipeline.staffing.forecast import StaffingForecast, forecast_staffing
from flux_pipeline.staffing.hours import open_hours
from flux_pipeline.staffing.profile import IntradayProfile, intraday_profile
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import DEFAULT_ROLES, RoleDefaults, StaffingSettings
from flux_pipeline.staffing.week import check_week

__all__ = [
    "DEFAULT_ROLES",
    "IntradayProfile",
    "Role",
    "RoleDefaults",
    "StaffingForecast",
    "StaffingSettings",
    "check_week",
    "forecast_staffing",
    "intraday_profile",
    "open_hours",
]
