"""Days and times of day in cells: their forms, orders, names, and missing parts."""
