"""Sales files: their contract and its rules."""
