"""Very wide and very tall pictures have motion too."""

import numpy as np
import pytest

from glom_video.motion import estimate_motion, grey, working_image


@pytest.mark.parametrize(
    ("height", "width"), [(2, 320), (10, 800), (8, 1000), (4, 2000), (1000, 8)]
)
def test_motion_of_a_thin_picture(height: int, width: int) -> None:
    image = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    small = grey(working_image(image))
    motion = estimate_motion(small, small)
    assert motion.flow.shape == (*small.shape, 2)
    assert np.abs(motion.residual).max() < 0.5
