"""Random generators seeded by a name.

A day's figures must not change because another day was simulated before it, in another process or on another machine;
so every day has a generator of its own, seeded by its name.
"""

import hashlib

import numpy as np


def rng_for(*name: object) -> np.random.Generator:
    """Return the generator of this name: the same parts, as text, always give the same stream.

    The seed comes from SHA-256, because Python's hash() differs from process to process.
    """
    digest = hashlib.sha256("|".join(str(part) for part in name).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
