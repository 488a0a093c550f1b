"""The demand model: its design and its fit."""
