"""The schema as typed models, one module a subject. Importing this package registers every table on one MetaData."""

from flux_pipeline.store.models.base import Base
from flux_pipeline.store.models.employee import EmployeeRole
from flux_pipeline.store.models.external import FeedLoad, LocalEvent, WeatherData
from flux_pipeline.store.models.forecast import DemandForecast, DemandPosterior, StaffingForecast
from flux_pipeline.store.models.menu import MenuCategory, MenuItem, MenuItemAlias
from flux_pipeline.store.models.restaurant import Closure, DataUpload, OperatingHours, RejectedRow, Restaurant
from flux_pipeline.store.models.settings import AlgorithmRun, RestaurantSetting
from flux_pipeline.store.models.transaction import DailyItemSales, Transaction, TransactionItem
from flux_pipeline.store.models.user import RestaurantMember, User

__all__ = [
    "AlgorithmRun",
    "Base",
    "Closure",
    "DailyItemSales",
    "DataUpload",
    "DemandForecast",
    "DemandPosterior",
    "EmployeeRole",
    "FeedLoad",
    "LocalEvent",
    "MenuCategory",
    "MenuItem",
    "MenuItemAlias",
    "OperatingHours",
    "RejectedRow",
    "Restaurant",
    "RestaurantMember",
    "RestaurantSetting",
    "StaffingForecast",
    "Transaction",
    "TransactionItem",
    "User",
    "WeatherData",
]
