"""The pool of rendered clips: which clips a step is given depends on the step alone, and pictures, motion and truth of a clip belong together."""

import numpy as np
import pytest
import torch
from test_train import LaterHere

from pipelines import clip_pool
from pipelines.clip_pool import ClipPool, Phase


@pytest.fixture(autouse=True)
def without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_pool, "ProcessPoolExecutor", LaterHere)


def test_batches_depend_on_the_step_alone() -> None:
    """A pool that begins at step 4 gives what one that began at step 0 gives from there on, without drawing clips that are gone by then."""
    phase = Phase(steps=6, height=48, width=48, frames=2, batch=3, fresh=1, pool=4, rendered_frames=4)

    def batches(first_step: int) -> list[torch.Tensor]:
        with ClipPool(phase, first_seed=20, first_step=first_step, folders=(), workers=1) as pool:
            return [pool.next_batch().images for _ in range(first_step, 6)]

    whole = batches(0)
    LaterHere.drawn.clear()
    later = batches(4)
    assert set(LaterHere.drawn) <= {21, 22, 23, 24, 25}
    assert all(torch.equal(one, other) for one, other in zip(whole[4:], later, strict=True))
    assert not torch.equal(whole[4], whole[5])


def test_a_pool_that_gets_nothing_new_is_dealt_out_differently_at_each_step() -> None:
    phase = Phase(steps=6, height=48, width=48, frames=2, batch=3, fresh=0, pool=4, rendered_frames=4)
    with ClipPool(phase, first_seed=20, first_step=0, folders=(), workers=1) as pool:
        batches = [pool.next_batch().images.numpy().tobytes() for _ in range(6)]
    assert len(set(batches)) > 3


def test_a_prepared_clip_keeps_picture_motion_and_truth_together() -> None:
    """Truth of a column is that of its middle pixel, and motion leads from each frame to the one before."""
    phase = Phase(steps=1, height=96, width=144, frames=2, batch=1, fresh=1, pool=1, rendered_frames=3)
    clip = LaterHere.prepared(4, phase, ())
    assert clip.images.shape == (3, 96, 144, 3)
    assert clip.motion.shape == (3, 5, 96, 144)
    assert clip.parts.shape == clip.objects.shape == (3, 16, 24)
    assert clip.objects.any()
    assert np.array_equal(clip.parts == 0, clip.objects == 0)
    assert not clip.motion[0].any()
    batch = clip_pool.assemble([(clip, 1)], 2)
    assert torch.equal(batch.images[0, 0], torch.from_numpy(clip.images[1]).permute(2, 0, 1) / 255)
    assert torch.equal(batch.objects[0], torch.from_numpy(clip.objects[1:]).long())
    y, x = np.mgrid[10:86, 10:134]
    flow = clip.motion[1, :2, 10:86, 10:134].astype(np.float32)
    moves = np.hypot(*flow) > 1
    now, before = (image.astype(int).mean(-1) for image in (clip.images[1], clip.images[0]))

    def difference(sign: int) -> float:
        source_y, source_x = (np.rint(place + sign * step).clip(0, most).astype(int) for place, step, most in ((y, flow[1], 95), (x, flow[0], 143)))
        return float(np.abs(now[10:86, 10:134] - before[source_y, source_x])[moves].mean())

    assert moves.mean() > 0.3
    assert difference(1) < 0.5 * difference(-1)
