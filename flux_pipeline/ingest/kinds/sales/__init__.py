"""Sales files: the contract and its rules."""
