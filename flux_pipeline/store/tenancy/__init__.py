"""The proof, on any database, that restaurants are kept apart."""
