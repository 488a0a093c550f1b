"""Tables of the kitchen: recipes, purchases, stock, and what items cost."""
