"""Mean prices of categories, which turn forecast items into forecast sales."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def category_prices(
    takings: pd.DataFrame,
    menu_prices: pd.Series,
    items: Sequence[str],
    categories: Sequence[str],
    expected: np.ndarray,
) -> dict[str, float]:
    """Return what an item of each category is sold for, as the mean over its items by how many are expected.

    An item's price is what it brought lately over how many were sold; without such sales it is that of the menu. Items
    without either don't count.

    Args:
        takings: columns item, quantity, amount: recent sales by day, returns included.
        menu_prices: the price on the menu, by item; an item without one is left out or NaN.
        items: the items that are forecast.
        categories: the category of each of them.
        expected: (items,) how many are expected.

    Returns:
        The mean price by category, by name; NaN for a category none of whose items has a price.
    """
    # Gifts, returns and files without money have no price.
    sold = takings[(takings.quantity > 0) & (takings.amount > 0)].groupby("item")[["quantity", "amount"]].sum()
    price = (sold.amount / sold.quantity).reindex(list(items))
    priced = pd.DataFrame(
        {
            "category": list(categories),
            "price": price.fillna(menu_prices.reindex(list(items)).astype(float)).to_numpy(),
            # An item of which none is expected still tells what its category costs.
            "weight": np.maximum(expected, 1e-9),
        }
    )
    priced.loc[priced.price.isna(), "weight"] = 0.0
    priced["sales"] = (priced.price * priced.weight).fillna(0.0)
    sums = priced.groupby("category", sort=True)[["sales", "weight"]].sum()
    means = sums.sales / sums.weight.where(sums.weight > 0)
    return {str(name): float(mean) for name, mean in means.items()}
