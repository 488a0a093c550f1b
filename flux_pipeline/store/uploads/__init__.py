"""Files that were handed in: registered, archived, opened and logged."""
