"""A simulated restaurant group whose true demand is known: for the demo, and to see whether a forecast is right.

Everything is made from its name and date; no clock, and only write.py touches the disk.
"""

from flux_pipeline.demo.calendar import DemoWindow, demo_window, simulate_closures
from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import DemoRestaurant, demo_restaurants
from flux_pipeline.demo.sales import SimulatedSales, simulate_sales
from flux_pipeline.demo.weather import simulate_weather
from flux_pipeline.demo.write import WrittenFile, write_upload_files

__all__ = [
    "DemoRestaurant",
    "DemoWindow",
    "SimulatedSales",
    "WrittenFile",
    "demo_restaurants",
    "demo_window",
    "simulate_closures",
    "simulate_events",
    "simulate_sales",
    "simulate_weather",
    "write_upload_files",
]
