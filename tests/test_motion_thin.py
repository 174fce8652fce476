"""Very wide and very tall pictures have motion too, and cost no more than others."""

import numpy as np
import pytest

from glom_video.motion import estimate_motion, grey, working_image, working_size
from glom_video.motion.working import WORKING_PIXELS


@pytest.mark.parametrize(
    ("height", "width"), [(2, 320), (10, 800), (8, 1000), (4, 2000), (1000, 8)]
)
def test_motion_of_a_thin_picture(height: int, width: int) -> None:
    image = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    small = grey(working_image(image))
    motion = estimate_motion(small, small)
    assert motion.flow.shape == (*small.shape, 2)
    assert np.abs(motion.residual).max() < 0.5


@pytest.mark.parametrize(
    ("height", "width"), [(2, 8000), (8000, 2), (1, 30000), (8, 1000), (48, 2640), (264, 480)]
)
def test_no_picture_is_larger_to_the_model_than_others(height: int, width: int) -> None:
    h, w = working_size(height, width)
    assert min(h, w) >= 48
    assert h * w == pytest.approx(WORKING_PIXELS, rel=0.1)
    assert (h > w) == (height > width)
