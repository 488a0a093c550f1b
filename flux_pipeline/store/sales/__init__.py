"""Sales: staged, compared with stored days, written, read back."""
