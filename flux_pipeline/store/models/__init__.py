"""The schema as typed models, one module a subject. Importing this package registers every table on one MetaData."""

from flux_pipeline.store.models.accuracy import Backtest, ForecastAccuracy
from flux_pipeline.store.models.audit import AuditLog, OperatorLog
from flux_pipeline.store.models.base import Base
from flux_pipeline.store.models.employee import (
    Employee,
    EmployeeAvailability,
    EmployeeRole,
    EmployeeSkill,
    ScheduledShift,
    ShiftTemplate,
    Skill,
)
from flux_pipeline.store.models.external import FeedLoad, LocalEvent, RestaurantEvent, WeatherData
from flux_pipeline.store.models.forecast import DemandForecast, DemandPosterior, StaffingForecast
from flux_pipeline.store.models.forecast_total import DemandForecastByCategory, DemandForecastByRestaurant
from flux_pipeline.store.models.ingredient import Ingredient, IngredientCategory, IngredientCostHistory, Recipe
from flux_pipeline.store.models.inventory import Inventory, InventoryMovement
from flux_pipeline.store.models.menu import MenuAliasMove, MenuCategory, MenuItem, MenuItemAlias
from flux_pipeline.store.models.promotion import MenuItemChange, PriceElasticity, Promotion, SoldOutDay
from flux_pipeline.store.models.reservation import Reservation
from flux_pipeline.store.models.restaurant import (
    Closure,
    DataUpload,
    OperatingHours,
    RejectedRow,
    Restaurant,
    UploadDay,
)
from flux_pipeline.store.models.settings import AlgorithmRun, RestaurantSetting
from flux_pipeline.store.models.transaction import DailyItemSales, Transaction, TransactionItem
from flux_pipeline.store.models.user import ReaderLogin, RestaurantMember, User

__all__ = [
    "AlgorithmRun",
    "AuditLog",
    "Backtest",
    "Base",
    "Closure",
    "DailyItemSales",
    "DataUpload",
    "DemandForecast",
    "DemandForecastByCategory",
    "DemandForecastByRestaurant",
    "DemandPosterior",
    "Employee",
    "EmployeeAvailability",
    "EmployeeRole",
    "EmployeeSkill",
    "FeedLoad",
    "ForecastAccuracy",
    "Ingredient",
    "IngredientCategory",
    "IngredientCostHistory",
    "Inventory",
    "InventoryMovement",
    "LocalEvent",
    "MenuAliasMove",
    "MenuCategory",
    "MenuItem",
    "MenuItemAlias",
    "MenuItemChange",
    "OperatingHours",
    "OperatorLog",
    "PriceElasticity",
    "Promotion",
    "ReaderLogin",
    "Recipe",
    "RejectedRow",
    "Reservation",
    "Restaurant",
    "RestaurantEvent",
    "RestaurantMember",
    "RestaurantSetting",
    "ScheduledShift",
    "ShiftTemplate",
    "Skill",
    "SoldOutDay",
    "StaffingForecast",
    "Transaction",
    "TransactionItem",
    "UploadDay",
    "User",
    "WeatherData",
]
