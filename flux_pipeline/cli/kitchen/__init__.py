"""Commands about the kitchen: costs, recipes and ingredients."""
