"""The ledger of stock: facts about one ingredient in, movements by lot and balances out.

Pure. Each function is about one ingredient in its own unit; whoever stores the movements groups facts by ingredient.
"""
