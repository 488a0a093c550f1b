"""Menu items: their names, their file, merges, and when they sold."""
