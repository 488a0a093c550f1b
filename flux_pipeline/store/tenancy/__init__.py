"""The proof that restaurants are kept apart, on any database."""
