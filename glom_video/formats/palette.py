"""The colours of ids in indexed PNGs."""

import numpy as np
from jaxtyping import UInt8


def palette() -> UInt8[np.ndarray, "256 3"]:
    """RGB colours of indexed PNGs: Pascal VOC's, of which DAVIS shares the first 22. An index's
    bits are dealt out to red, green and blue in turn, the first ones weighing most."""
    colours = np.zeros((256, 3), np.uint8)
    for bit in range(8):
        place, channel = divmod(bit, 3)
        colours[:, channel] |= ((np.arange(256) >> bit & 1) << (7 - place)).astype(np.uint8)
    return colours
