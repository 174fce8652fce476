"""Truth of several objects leaves out what has the label 255, as davis2017-evaluation does; binary
truth has one object of that label."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glom_video.formats import write_davis
from glom_video_pipelines.evaluate import find_clips, find_truth, score_clip


def write(root: Path, ids: np.ndarray) -> Path:
    for t in range(4):
        path = root / "Annotations" / "object" / "clip" / f"{t:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(ids).save(path)
    return root


def figures(predicted: Path, truth: Path) -> dict[str, float]:
    (clip,) = find_clips([predicted], truth)
    (score,) = score_clip(clip, find_truth(truth, "clip"))
    return dict(score.figures)


@pytest.mark.parametrize(
    "said", [0, 2, 3], ids=["background", "another object", "an object of its own"]
)
def test_void_counts_for_nothing_whatever_is_said_of_it(tmp_path: Path, said: int) -> None:
    true = np.zeros((40, 60), np.uint8)
    true[5:20, 5:20], true[5:20, 35:50] = 1, 2
    predicted = true.copy()
    true[25:35, 20:40], predicted[25:35, 20:40] = 255, said
    found = figures(write(tmp_path / "predicted", predicted), write(tmp_path / "truth", true))
    for name in ("J", "F", "HOTA", "AQ", "fg_ari_video", "mbo_video", "IDF1"):
        assert found[name] == 1.0, name


def test_in_binary_truth_255_is_the_object(tmp_path: Path) -> None:
    true = np.zeros((40, 60), np.uint8)
    true[5:20, 5:25] = 255
    half = np.zeros_like(true)
    half[5:20, 5:15] = 1
    assert figures(write(tmp_path / "predicted", half), write(tmp_path / "truth", true))[
        "J_best"
    ] == pytest.approx(0.5)


@pytest.mark.parametrize("ids", [(1, 2), (255, 2), (255, 300)])
def test_an_object_of_id_255_is_no_void(tmp_path: Path, ids: tuple[int, int]) -> None:
    """Ids of a long clip pass 255; the first frame tells that 255 is void in masks of 8 bits."""
    masks = np.zeros((2, 40, 60), np.int32)
    masks[:, 5:20, 5:20], masks[:, 5:20, 35:50] = np.array([(1, 2), ids])[
        :, :, None, None
    ].swapaxes(0, 1)
    pictures = np.zeros((2, 40, 60, 3), np.uint8)
    write_davis(tmp_path, "clip", pictures, {"object": masks}, {})
    truth = find_truth(tmp_path, "clip")
    assert truth.with_void
    for t in range(2):
        np.testing.assert_array_equal(truth.labels(f"{t:05d}")["object"], masks[t])
