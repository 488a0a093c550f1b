"""Kinds of the kitchen: ingredients, recipes, conversions of units, prices of vendors, deliveries."""
