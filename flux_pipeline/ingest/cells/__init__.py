"""What one cell says: days, times, numbers, yes or no. Which column it stands in is not known here."""
