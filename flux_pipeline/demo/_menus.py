"""Menus of the three demo restaurants: names, prices and the true level of each item. Every name is invented.

How demand moves from day to day is defined in `_temper` and `_truth`.
"""

import pandas as pd

MENU_COLUMNS = ["item", "category", "price", "base_per_day", "dispersion", "heat", "weekend", "rotation"]
# price: in the year 2026, in the restaurant's currency.
# base_per_day: pieces on an average open day.
# dispersion: variance over mean of a day's pieces, without the shared shock; menus with real sales show 1.6 to 5.3.
# heat: change of the log mean for each 10 °C more.
# weekend: change of the log mean on Friday to Sunday, in addition to the restaurant's weekday.
# rotation: 0 to 3 for an item that joins the menu every fourth year and leaves it two years later; -1 for the others.

_BISTRO = [
    ("Onion soup", "Starters", 8.50, 5.0, 1.8, -0.30, 0.00, -1),
    ("Green lentil salad", "Starters", 9.00, 4.0, 1.6, 0.20, -0.05, -1),
    ("Warm goat cheese toast", "Starters", 9.80, 5.0, 1.7, 0.00, 0.05, -1),
    ("Charcuterie board", "Starters", 15.50, 4.0, 2.2, 0.00, 0.20, -1),
    ("Plat du jour", "Mains", 14.90, 16.5, 2.6, 0.00, -0.25, -1),
    ("Steak frites", "Mains", 21.50, 11.5, 2.0, -0.05, 0.15, -1),
    ("Mussels and fries", "Mains", 18.90, 6.0, 2.8, 0.10, 0.20, -1),
    ("Quenelles in crayfish sauce", "Mains", 19.50, 5.5, 2.0, -0.15, 0.10, -1),
    ("Roast half chicken", "Mains", 17.50, 7.0, 1.9, -0.05, 0.05, -1),
    ("Mushroom risotto", "Mains", 16.50, 5.5, 1.8, -0.10, 0.00, -1),
    ("Grilled sea bream", "Mains", 22.50, 4.0, 2.0, 0.25, 0.15, -1),
    ("Beef stew", "Mains", 18.50, 4.0, 2.1, -0.45, 0.05, -1),
    ("Lemon tart", "Desserts", 7.80, 6.0, 1.7, 0.10, 0.10, -1),
    ("Chocolate mousse", "Desserts", 7.20, 6.5, 1.8, -0.05, 0.10, -1),
    ("Praline brioche", "Desserts", 7.50, 3.5, 1.8, -0.05, 0.15, -1),
    ("Glass of red", "Drinks", 5.90, 16.5, 3.0, -0.10, 0.25, -1),
    ("Glass of white", "Drinks", 5.90, 11.5, 2.8, 0.25, 0.25, -1),
    ("Draught beer", "Drinks", 5.20, 12.5, 3.4, 0.35, 0.30, -1),
    ("Sparkling water", "Drinks", 4.80, 9.0, 2.0, 0.15, 0.05, -1),
    ("Espresso", "Drinks", 2.60, 15.0, 2.0, -0.05, -0.05, -1),
    ("Pork belly with plums", "Mains", 19.90, 5.0, 2.1, -0.10, 0.10, 0),
    ("Spelt and squash gratin", "Mains", 16.90, 4.5, 1.9, -0.10, 0.00, 1),
    ("Trout with almonds", "Mains", 20.50, 5.0, 2.0, 0.10, 0.10, 2),
    ("Duck parmentier", "Mains", 18.90, 5.0, 2.0, -0.20, 0.10, 3),
]

_BAKERY = [
    ("Sourdough loaf", "Bread", 4.60, 13.0, 1.9, -0.05, 0.35, -1),
    ("Seeded loaf", "Bread", 4.90, 7.0, 1.8, -0.05, 0.30, -1),
    ("Baguette", "Bread", 2.40, 11.5, 2.0, 0.05, 0.25, -1),
    ("Rye loaf", "Bread", 4.80, 4.0, 1.6, -0.05, 0.20, -1),
    ("Focaccia slice", "Bread", 3.60, 5.0, 2.2, 0.10, 0.00, -1),
    ("Butter croissant", "Pastry", 2.60, 16.0, 2.4, 0.00, 0.45, -1),
    ("Pain au chocolat", "Pastry", 2.90, 9.5, 2.2, -0.05, 0.40, -1),
    ("Almond croissant", "Pastry", 3.60, 5.5, 2.0, -0.05, 0.40, -1),
    ("Cinnamon bun", "Pastry", 3.40, 9.0, 2.6, -0.15, 0.35, -1),
    ("Cardamom knot", "Pastry", 3.50, 5.0, 2.0, -0.10, 0.30, -1),
    ("Fruit scone", "Pastry", 3.10, 5.0, 1.9, -0.05, 0.20, -1),
    ("Sausage roll", "Savoury", 4.20, 8.5, 2.1, -0.10, 0.10, -1),
    ("Cheese and leek pasty", "Savoury", 4.60, 5.0, 1.9, -0.15, 0.00, -1),
    ("Ham and mustard sandwich", "Savoury", 5.80, 6.0, 2.0, 0.05, -0.20, -1),
    ("Roast vegetable sandwich", "Savoury", 5.60, 4.5, 1.9, 0.10, -0.20, -1),
    ("Soup of the day", "Savoury", 5.90, 4.0, 2.2, -0.55, -0.15, -1),
    ("Carrot cake slice", "Cakes", 3.90, 4.5, 1.9, -0.05, 0.20, -1),
    ("Brownie", "Cakes", 3.30, 6.0, 2.0, -0.05, 0.10, -1),
    ("Victoria sponge slice", "Cakes", 3.80, 3.5, 1.9, 0.00, 0.30, -1),
    ("Flat white", "Drinks", 3.50, 17.0, 2.3, -0.15, 0.10, -1),
    ("Filter coffee", "Drinks", 2.80, 9.0, 2.0, -0.15, -0.05, -1),
    ("Pot of tea", "Drinks", 3.00, 6.0, 1.9, -0.25, 0.15, -1),
    ("Hot chocolate", "Drinks", 3.80, 4.0, 2.3, -0.55, 0.20, -1),
    ("Iced latte", "Drinks", 4.20, 3.5, 3.0, 0.85, 0.10, -1),
    ("Pistachio swirl", "Pastry", 3.90, 5.5, 2.3, 0.00, 0.35, 0),
    ("Miso caramel cookie", "Cakes", 3.20, 5.0, 2.1, 0.00, 0.15, 1),
    ("Rhubarb custard bun", "Pastry", 3.80, 5.0, 2.3, 0.05, 0.30, 2),
    ("Black sesame bun", "Pastry", 3.70, 5.0, 2.2, 0.00, 0.30, 3),
]

_CANTEEN = [
    ("Daily meat dish", "Mains", 7.40, 88.0, 2.2, -0.05, 0.00, -1),
    ("Daily vegetarian dish", "Mains", 6.60, 71.0, 2.0, 0.00, 0.00, -1),
    ("Daily vegan bowl", "Mains", 6.90, 46.0, 2.0, 0.10, 0.00, -1),
    ("Pasta counter", "Mains", 5.90, 52.0, 2.4, -0.05, 0.05, -1),
    ("Fish of the day", "Mains", 8.20, 22.0, 3.4, 0.00, 0.85, -1),
    ("Schnitzel", "Mains", 7.90, 30.0, 2.6, -0.05, -0.10, -1),
    ("Lentil stew", "Mains", 4.90, 24.0, 2.2, -0.40, 0.00, -1),
    ("Side salad", "Sides", 2.40, 63.0, 2.0, 0.25, 0.00, -1),
    ("Fries", "Sides", 2.60, 41.0, 2.2, 0.00, 0.10, -1),
    ("Soup", "Sides", 2.90, 34.0, 2.2, -0.45, 0.00, -1),
    ("Fruit yoghurt", "Desserts", 1.90, 36.0, 1.8, 0.15, -0.05, -1),
    ("Semolina pudding", "Desserts", 1.90, 25.0, 1.9, -0.15, 0.00, -1),
    ("Apple spritzer", "Drinks", 2.20, 45.0, 2.0, 0.30, 0.00, -1),
    ("Coffee", "Drinks", 1.60, 82.0, 2.0, -0.10, -0.05, -1),
]


def bistro_menu() -> pd.DataFrame:
    """Return the bistro's items, with MENU_COLUMNS: 22 on sale on any day, 24 in all."""
    return pd.DataFrame(_BISTRO, columns=MENU_COLUMNS)


def bakery_menu() -> pd.DataFrame:
    """Return the bakery-café's items, with MENU_COLUMNS: 26 on sale on any day, 28 in all."""
    return pd.DataFrame(_BAKERY, columns=MENU_COLUMNS)


def canteen_menu() -> pd.DataFrame:
    """Return the canteen's 14 items, with MENU_COLUMNS."""
    return pd.DataFrame(_CANTEEN, columns=MENU_COLUMNS)
