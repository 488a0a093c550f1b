"""New restaurants."""
