"""Weather files: their contract and its rules."""
