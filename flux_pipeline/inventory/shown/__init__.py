"""Orders as people see them, on a screen, on paper and in a spreadsheet."""
