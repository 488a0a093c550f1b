"""Contents of a single cell: days, times, numbers, yes or no. columns/ finds which column is which field."""
