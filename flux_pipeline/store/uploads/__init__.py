"""Files that came in: registered, archived, opened, logged."""
