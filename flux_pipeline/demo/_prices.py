"""Prices and availability of the demo items by day: yearly rises, price cuts, items that join or leave the menu.

Everything depends on the calendar and never on the simulated window, so overlapping windows agree.
"""

import datetime as dt

import numpy as np
import pandas as pd

from flux_pipeline.demo.restaurants import DemoRestaurant

# The year for which the menus give prices.
PRICE_YEAR = 2026
# Menus are priced in tenths.
PRICE_STEP = 0.10
# An item of the rotation is on the menu for two of four years, so that one joins and one leaves at each yearly change.
ROTATION_YEARS, YEARS_ON_MENU = 4, 2


def on_menu(restaurant: DemoRestaurant, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return whether each item is on the menu on each date, (items, dates) bool."""
    month, day = restaurant.temper.menu_change
    changed = (dates.month > month) | ((dates.month == month) & (dates.day >= day))
    menu_year = np.asarray(dates.year) - ~changed
    rotation = restaurant.items["rotation"].to_numpy()[:, None]
    listed: np.ndarray = (rotation < 0) | ((menu_year - rotation) % ROTATION_YEARS < YEARS_ON_MENU)
    return listed


def discounts(restaurant: DemoRestaurant, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return the share taken off each price, (items, dates)."""
    cut = np.zeros((len(restaurant.items), len(dates)))
    names = restaurant.items["item"].tolist()
    for promotion in restaurant.temper.promotions:
        for year in sorted(set(dates.year)):
            begin = pd.Timestamp(dt.date(year, promotion.month, promotion.day))
            within = (dates >= begin) & (dates < begin + pd.Timedelta(days=promotion.days))
            cut[names.index(promotion.item), within] = promotion.discount
    return cut


def unit_prices(restaurant: DemoRestaurant, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return the price of a piece after discounts, (items, dates), in the restaurant's currency, to the cent."""
    years = np.asarray(dates.year) - PRICE_YEAR
    raised = restaurant.items["price"].to_numpy()[:, None] * (1.0 + restaurant.temper.price_rise) ** years
    # Adding 1e-9 keeps a price halfway between two tenths from depending on the last bit.
    listed = np.round(raised / PRICE_STEP + 1e-9) * PRICE_STEP
    prices: np.ndarray = np.round(listed * (1.0 - discounts(restaurant, dates)), 2)
    return prices
