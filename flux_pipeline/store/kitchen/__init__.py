"""Kitchen: ingredients, conversions, recipes, vendors, prices and deliveries of a restaurant, as stored and as read."""
