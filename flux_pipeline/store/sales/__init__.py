"""Sales: staged, compared with stored days, written, and read by the algorithms."""
