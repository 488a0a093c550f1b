"""Kitchen: units, packs, conversions and recipes, the arithmetic that costing and inventory share.

Pure: texts, decimals and frozen values in, named values or refusals out. No conversion is ever guessed.
"""
