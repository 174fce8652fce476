"""Draws by chance."""

import numpy as np

Random = np.random.Generator
"""What a clip is drawn from: the same seed gives the same clip."""


def log_uniform(random: Random, least: float | int, most: float | int) -> np.float64:
    """A number from ``least`` to ``most``, both above 0, uniform in its logarithm: of small and
    large ones as many."""
    return np.float64(np.exp(random.uniform(np.log(least), np.log(most))))
