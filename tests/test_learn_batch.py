"""Batches are varied without parting pictures from their motion and truth."""

from dataclasses import fields, replace

import numpy as np
import torch
from test_motion import texture
from torch import Tensor

from glom_video.learn import Batch, augmented
from glom_video.learn.batch import Chances
from glom_video.motion import estimate_motion, motion_array
from glom_video.structures import Motion


def fresh() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def batch_of(count: int, frames: int = 2, height: int = 48, width: int = 48) -> Batch:
    """Squares of their own colour on grey noise, as truth and picture; the second frame's squares
    have moved by a column."""
    random = fresh()
    images = 0.4 + 0.2 * torch.rand(count, frames, 3, height, width, generator=random)
    ids = torch.zeros(count, frames, height // 6, width // 6, dtype=torch.long)
    motion = torch.zeros(count, frames, 7, height, width)
    motion[:, :, 4] = 1
    for clip in range(count):
        for t in range(frames):
            for number, (top, left) in enumerate(((1, 1), (4, 3)), 1):
                rows, columns = slice(top, top + 3), slice(left + t, left + t + 3)
                ids[clip, t, rows, columns] = number
                colour = (
                    torch.tensor([1.0, 0.1, 0.1]) if number == 1 else torch.tensor([0.1, 0.1, 1.0])
                )
                images[
                    clip, t, :, rows.start * 6 : rows.stop * 6, columns.start * 6 : columns.stop * 6
                ] = colour[:, None, None]
                motion[
                    clip,
                    t,
                    [0, 2],
                    rows.start * 6 : rows.stop * 6,
                    columns.start * 6 : columns.stop * 6,
                ] = -6
    return given_truth(images, motion, ids, (ids > 0).long())


def given_truth(images: Tensor, motion: Tensor, parts: Tensor, objects: Tensor) -> Batch:
    """A batch of frames of which each follows the one before."""
    steps = torch.ones(images.shape[:2])
    return Batch(images, motion, steps, steps, parts, objects)


NONE = Chances(mirror=0.0, grey=0.0, no_colour=0.0, no_motion=0.0)


def planes_of(motion: Motion) -> np.ndarray:
    """With a trail of one frame."""
    return motion_array(motion, motion.residual)


def test_mirrored_motion_is_the_motion_of_mirrored_pictures() -> None:
    """A patch moves right and down by itself while the camera pans; the mirrored clip's motion is
    computed from its mirrored pictures."""
    ground, patch = texture(0, 130, 180), texture(9, 40, 40)
    previous, current = ground[8:128, 8:152].copy(), ground[7:127, 5:149].copy()
    previous[30:70, 40:80], current[34:74, 46:86] = patch, patch
    planes = planes_of(estimate_motion(previous, current))
    pictures = torch.from_numpy(current).float().div(255).expand(1, 1, 3, -1, -1)
    ids = torch.arange(20 * 24).view(1, 1, 20, 24)
    given = given_truth(pictures.contiguous(), torch.from_numpy(planes)[None, None], ids, ids + 1)
    mirrored = augmented(given, fresh(), replace(NONE, mirror=1.0))
    expected = planes_of(estimate_motion(previous[:, ::-1].copy(), current[:, ::-1].copy()))
    assert np.abs(expected[0]).mean() > 2
    np.testing.assert_allclose(
        np.median(np.abs(mirrored.motion[0, 0].numpy() - expected), (1, 2)), 0, atol=0.1
    )
    assert (
        np.corrcoef(mirrored.images[0, 0, 0].numpy().ravel(), current[:, ::-1].ravel())[0, 1] > 0.99
    )
    assert torch.equal(mirrored.parts, ids.flip(-1))
    assert torch.equal(mirrored.objects, ids.flip(-1) + 1)
    inside = mirrored.motion[0, 0, 2:4, 40:68, 144 - 80 : 144 - 52].mean((1, 2))
    torch.testing.assert_close(inside, torch.tensor([3.0, -3.0]), atol=0.5, rtol=0)


def test_colour_and_motion_are_dropped_as_wholes() -> None:
    given = batch_of(3)
    grey = augmented(given, fresh(), replace(NONE, grey=1.0))
    assert (grey.images - grey.images[:, :, :1]).abs().max() < 1e-5
    assert grey.images.std() > 0.05
    colourless = augmented(given, fresh(), replace(NONE, no_colour=1.0))
    assert (colourless.images == 0.5).all()
    assert torch.equal(colourless.motion, given.motion)
    still = augmented(given, fresh(), replace(NONE, no_motion=1.0))
    assert not still.motion[:, :, [0, 1, 2, 3, 5, 6]].any()
    assert (still.motion[:, :, 4] == 1).all()
    assert still.images.std() > 0.05
    for varied in (grey, colourless, still):
        assert torch.equal(varied.parts, given.parts)


def test_augmentation_repeats_and_leaves_the_batch_alone() -> None:
    given = batch_of(8)
    kept = {item.name: getattr(given, item.name).clone() for item in fields(given)}
    one, other = augmented(given, fresh()), augmented(given, fresh())
    for name, value in kept.items():
        assert torch.equal(getattr(given, name), value)
        assert torch.equal(getattr(one, name), getattr(other, name))
    assert not torch.equal(one.images, given.images)


def test_no_clip_loses_both_colour_and_motion() -> None:
    varied = augmented(batch_of(400, 1, 24, 24), fresh())
    colourless = (varied.images == 0.5).flatten(1).all(1)
    still = ~varied.motion[:, :, :4].flatten(1).any(1)
    assert not (colourless & still).any()
    assert 0.08 < colourless.float().mean() < 0.22
    assert 0.05 < still.float().mean() < 0.16
