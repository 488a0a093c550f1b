"""Flux: a batch data pipeline that tells restaurants what they will sell, whom to roster and what to buy."""
