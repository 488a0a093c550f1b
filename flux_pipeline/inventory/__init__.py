"""Inventory: what dishes take from stock, when it runs out, and what to order from whom, with the reason.

Pure: lots, joint samples of demand, vendors' terms and frozen settings in, named values out.
"""
