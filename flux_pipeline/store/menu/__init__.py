"""Menu items: their names, files of the menu, merges, and first and last sales."""
