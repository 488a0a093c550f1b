"""A file from the archive into its tables, and out of them again."""
