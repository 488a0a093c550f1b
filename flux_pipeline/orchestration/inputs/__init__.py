"""What each algorithm reads, gathered in one transaction."""
