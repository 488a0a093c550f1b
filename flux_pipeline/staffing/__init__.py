"""Staffing: heads per period and role, computed from a day's items, the restaurant's rhythm, roles and opening hours.

Pure: frames, arrays and frozen settings in, named values out.
"""
