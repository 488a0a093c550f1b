"""Values that describe runs: plans, row accounting, proofs and the names of algorithms. No input or output here."""
