"""Costing: what each dish costs on the day it is sold, its margin, its place in the menu, and costs to look at.

Pure: exploded recipes, unit costs and frozen settings in, named values out.
"""
