"""Which column of a table is which field of a contract, and which are a person's and nobody's business."""
