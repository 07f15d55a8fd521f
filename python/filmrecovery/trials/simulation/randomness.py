"""Random numbers that depend on the seed, the purpose and the frame alone, so that frames can be made in any order."""

import zlib

import numpy as np


def generator(seed: int, purpose: str, number: int = 0) -> np.random.Generator:
    """The generator for one purpose ("faded print, grain") in frame `number`; 0 for what stays the same."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), number])
