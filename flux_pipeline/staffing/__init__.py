"""From a day's items to heads per hour and role: the restaurant's own rhythm, its roles, its opening hours.

Pure: frames, arrays and frozen settings in, named values out. Shifts and people belong to later modules of this room.
"""
