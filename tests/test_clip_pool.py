"""The pool of rendered clips: which clips a step is given depends on the step alone, and pictures,
motion and truth of a clip belong together."""

import tempfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from renderers_here import RenderersHere

from glom_video.motion import no_motion
from glom_video.structures import Motion
from glom_video_pipelines.training.clips.drawing import kept_frames, motion_planes, pace_of
from glom_video_pipelines.training.clips.files import ClipTensors
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.pool import ClipPool, assemble
from glom_video_pipelines.training.clips.renderers import renderers


def test_batches_depend_on_the_step_alone() -> None:
    """A pool that begins at step 4 gives what one that began at step 0 gives from there on, without
    drawing clips that are gone by then."""
    phase = Phase(
        steps=6, height=48, width=48, frames=2, batch=3, fresh=1, pool=4, rendered_frames=4
    )

    def batches(first_step: int) -> list[torch.Tensor]:
        with ClipPool(
            phase,
            first_seed=20,
            first_step=first_step,
            folders=(),
            executor=RenderersHere(),
        ) as pool:
            return [pool.next_batch().images for _ in range(first_step, 6)]

    whole = batches(0)
    RenderersHere.drawn.clear()
    later = batches(4)
    assert set(RenderersHere.drawn) <= {21, 22, 23, 24, 25}
    assert all(torch.equal(one, other) for one, other in zip(whole[4:], later, strict=True))
    assert not torch.equal(whole[4], whole[5])


def test_a_pool_that_gets_nothing_new_is_dealt_out_differently_at_each_step() -> None:
    phase = Phase(
        steps=6, height=48, width=48, frames=2, batch=3, fresh=0, pool=4, rendered_frames=4
    )
    with ClipPool(phase, first_seed=20, first_step=0, folders=(), executor=RenderersHere()) as pool:
        batches = [pool.next_batch().images.numpy().tobytes() for _ in range(6)]
    assert len(set(batches)) > 3


def test_every_second_step_has_frames_that_go_before() -> None:
    phase = Phase(
        steps=4, height=48, width=48, frames=2, lead=2, batch=1, fresh=1, pool=1, rendered_frames=5
    )
    with ClipPool(phase, first_seed=20, first_step=0, folders=(), executor=RenderersHere()) as pool:
        assert [pool.next_batch().frames for _ in range(4)] == [2, 4, 2, 4]
    with pytest.raises(ValueError, match="4 frames needs at least one more"):
        replace(phase, rendered_frames=4)


def test_a_prepared_clip_keeps_picture_motion_and_truth_together() -> None:
    """Truth of a column is that of its middle pixel, and motion leads from each frame to the one
    before."""
    phase = Phase(
        steps=1, height=96, width=144, frames=2, batch=1, fresh=1, pool=1, rendered_frames=3
    )
    clip = RenderersHere.prepared(9, phase, ())
    assert clip.images.shape == (3, 96, 144, 3)
    assert clip.motion.shape == (3, 7, 96, 144)
    assert clip.parts.shape == clip.objects.shape == (3, 16, 24)
    assert clip.objects.any()
    assert np.array_equal(clip.parts == 0, clip.objects == 0)
    assert not clip.motion[0].any()
    batch = assemble([(ClipTensors.of(clip), 1)], 2)
    assert torch.equal(batch.images[0, 0], torch.from_numpy(clip.images[1]).permute(2, 0, 1) / 255)
    assert torch.equal(batch.objects[0], torch.from_numpy(clip.objects[1:]).long())
    y, x = np.mgrid[10:86, 10:134]
    flow = clip.motion[1, :2, 10:86, 10:134].astype(np.float32)
    moves = np.hypot(*flow) > 1
    now, before = (image.astype(int).mean(-1) for image in (clip.images[1], clip.images[0]))

    def difference(sign: int) -> float:
        source_y, source_x = (
            np.rint(place + sign * step).clip(0, most).astype(int)
            for place, step, most in ((y, flow[1], 95), (x, flow[0], 143))
        )
        return float(np.abs(now[10:86, 10:134] - before[source_y, source_x])[moves].mean())

    assert moves.mean() > 0.3
    assert difference(1) < 0.5 * difference(-1)


def test_in_some_clips_a_burst_is_dropped_and_the_time_step_says_so() -> None:
    """The frames that remain are those of the whole clip: nothing is rendered anew, and the state
    is told how long it has waited."""
    kept = [kept_frames(seed, 6) for seed in range(100)]
    dropped = [seed for seed, frames in enumerate(kept) if frames[-1] > 5]
    assert 10 <= len(dropped) <= 30
    assert all(frames[:2].tolist() == [0, 1] and len(frames) == 6 for frames in kept)
    phase = Phase(
        steps=1, height=48, width=48, frames=2, batch=1, fresh=1, pool=1, rendered_frames=6
    )
    clip = RenderersHere.prepared(dropped[0], phase, ())
    steps = np.diff(kept[dropped[0]], prepend=-1)
    assert clip.elapsed.tolist() == steps.tolist()
    assert sorted(set(steps.tolist()))[0] == 1 < steps.max() <= 4


def test_hurried_clips_show_every_second_or_third_frame_and_call_each_the_next() -> None:
    """They are clips filmed at fewer frames a second: what moves goes further, and no time is
    missing."""
    phase = Phase(
        steps=1,
        height=48,
        width=96,
        frames=2,
        batch=1,
        fresh=1,
        pool=1,
        rendered_frames=5,
        hurried=0.5,
    )
    paces = {
        seed: pace_of(seed, phase)
        for seed in range(200)
        if (np.diff(kept_frames(seed, 5)) == 1).all()
    }
    assert {1, 2, 3} == set(paces.values())
    assert 0.35 < np.mean([pace > 1 for pace in paces.values()]) < 0.65
    seed = next(seed for seed, pace in paces.items() if pace == 3)
    hurried, calm = (
        RenderersHere.prepared(seed, phase, ()),
        RenderersHere.prepared(seed, replace(phase, hurried=0.0, rendered_frames=13), ()),
    )
    assert hurried.elapsed.tolist() == [1.0] * 5
    np.testing.assert_array_equal(hurried.objects, calm.objects[::3])
    assert (
        np.abs(hurried.motion[1:, :2].astype(float)).mean()
        > 1.5 * np.abs(calm.motion[1:, :2].astype(float)).mean()
    )


def test_examples_begin_with_the_first_frame_now_and_then() -> None:
    """There no motion is known: weights that never saw that would be lost at the beginning of every
    video."""
    phase = Phase(
        steps=40, height=48, width=48, frames=2, batch=3, fresh=0, pool=3, rendered_frames=5
    )
    with ClipPool(phase, first_seed=20, first_step=0, folders=(), executor=RenderersHere()) as pool:
        without_motion = torch.cat(
            [~pool.next_batch().motion[:, 0].flatten(1).any(1) for _ in range(40)]
        )
    assert 0.15 < without_motion.float().mean() < 0.45


def test_motion_beyond_all_bounds_stays_finite_where_clips_are_kept() -> None:
    """Clips are kept in half precision, in which large numbers become infinite, and an infinite
    motion ends a run."""
    shape = (24, 24, 2)
    lost = Motion(
        np.zeros(shape, np.float32),
        np.full(shape, -1e6, np.float32),
        np.zeros(shape[:2], np.float32),
        np.eye(3),
    )
    planes = motion_planes([no_motion(24, 24), lost])
    assert planes.dtype == np.float16
    assert np.isfinite(planes).all()
    assert planes[1].min() < -1e4


def test_a_clip_comes_from_its_worker_as_it_was_drawn_and_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    phase = Phase(
        steps=1, height=48, width=48, frames=2, batch=1, fresh=1, pool=1, rendered_frames=3
    )
    with renderers(1) as executor:
        path = executor.draw(9, phase, ()).result()
        taken = executor.take(path, None)
        assert not path.exists()
        assert list(tmp_path.iterdir()) == [path.parent]
    assert not list(tmp_path.iterdir())
    drawn = ClipTensors.of(RenderersHere.prepared(9, phase, ()))
    assert all(
        torch.equal(getattr(taken, item.name), getattr(drawn, item.name)) for item in fields(drawn)
    )
