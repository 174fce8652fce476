"""One-to-one matching."""

import numpy as np
from jaxtyping import Num


def best_matching(scores: Num[np.ndarray, "a b"]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the one-to-one matching with the highest total score (Crouse, IEEE TAES
    2016, by SciPy). As many pairs as the shorter side has; rows in order."""
    # A quarter of a second to load, which nobody need wait for who matches nothing yet.
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(scores, maximize=True)
    return rows, columns
