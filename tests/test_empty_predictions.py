"""A prediction in which nothing was found scores nothing: it is never answered for by the model."""

import json
from pathlib import Path

import numpy as np
import pytest
from labels import runs
from PIL import Image

from glom_video.structures import InvalidInput
from glom_video_pipelines.evaluate import find_clips, find_truth, score_clip

FRAMES, HEIGHT, WIDTH = 4, 24, 32
CLIPS = ("full", "empty")


def labels(t: int) -> np.ndarray:
    ids = np.zeros((HEIGHT, WIDTH), np.uint8)
    ids[4:14, 4 + t : 16 + t] = 1
    return ids


def save(ids: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(ids).save(path)


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Two clips of one square, with pictures on which a model could be run."""
    root = tmp_path / "truth"
    for clip in CLIPS:
        for t in range(FRAMES):
            save(labels(t), root / "Annotations" / "object" / clip / f"{t:05d}.png")
            save(
                np.repeat(labels(t)[..., None] * 200, 3, 2),
                root / "JPEGImages" / "24p" / clip / f"{t:05d}.jpg",
            )
    return root


def write_ytvis(path: Path, *, nulls: bool) -> None:
    videos = [
        {
            "id": i,
            "height": HEIGHT,
            "width": WIDTH,
            "length": FRAMES,
            "file_names": [f"{clip}/{t:05d}.jpg" for t in range(FRAMES)],
        }
        for i, clip in enumerate(CLIPS)
    ]
    full = {
        "id": 1,
        "video_id": 0,
        "category_id": 2,
        "segmentations": [runs(labels(t) == 1) for t in range(FRAMES)],
    }
    empty = {"id": 2, "video_id": 1, "category_id": 2, "segmentations": [None] * FRAMES}
    categories = [{"id": 1, "name": "part"}, {"id": 2, "name": "object"}]
    path.write_text(
        json.dumps(
            {
                "videos": videos,
                "annotations": [full, empty] if nulls else [full],
                "categories": categories,
            }
        )
    )


def write_tree(path: Path) -> None:
    for t in range(FRAMES):
        save(labels(t), path / "Annotations" / "object" / "full" / f"{t:05d}.png")
    (path / "Annotations" / "object" / "empty").mkdir()


@pytest.mark.parametrize("kind", ["nulls", "no annotations", "tree"])
@pytest.mark.parametrize("with_pictures", [True, False])
def test_a_clip_in_which_nothing_was_found_scores_0_and_the_others_their_own(
    tmp_path: Path, truth: Path, kind: str, with_pictures: bool
) -> None:
    prediction = tmp_path / ("other" if kind == "tree" else "other.json")
    if kind == "tree":
        write_tree(prediction)
    else:
        write_ytvis(prediction, nulls=kind == "nulls")
    if not with_pictures:
        (truth / "JPEGImages").rename(tmp_path / "elsewhere")
    clips = {clip.name: clip for clip in find_clips([prediction], truth)}
    assert set(clips) == set(CLIPS)
    figures = {}
    for name, clip in clips.items():
        assert clip.is_prediction
        assert clip.method == "other"
        # No model at hand: it is not asked for.
        (score,) = score_clip(clip, find_truth(truth, name))
        figures[name] = score.figures
    assert figures["full"]["J_best"] == 1.0
    assert figures["full"]["HOTA"] == 1.0
    assert figures["empty"]["J_best"] == 0.0
    assert figures["empty"]["HOTA"] == 0.0


def test_a_list_of_results_without_any_mask_scores_0(tmp_path: Path, truth: Path) -> None:
    prediction = tmp_path / "results.json"
    prediction.write_text(
        json.dumps(
            [
                {
                    "video_id": "empty",
                    "category_id": 1,
                    "score": 0.5,
                    "segmentations": [None] * FRAMES,
                }
            ]
        )
    )
    (clip,) = find_clips([prediction], truth)
    (score,) = score_clip(clip, find_truth(truth, "empty"))
    assert score.figures["J_best"] == 0.0


def test_an_empty_prediction_without_truth_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path / "other")
    clips = {clip.name: clip for clip in find_clips([tmp_path / "other"], None)}
    with pytest.raises(InvalidInput, match="no mask of empty"):
        score_clip(clips["empty"], None)
