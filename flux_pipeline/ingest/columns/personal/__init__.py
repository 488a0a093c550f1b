"""Personal data in columns: recognised, and dropped before a file is kept."""
