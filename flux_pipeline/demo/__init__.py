"""A simulated restaurant group whose true demand is known: for the demo, and to see whether a forecast is right.

Everything is made from its name and date; no clock, and only write.py touches the disk.
"""
