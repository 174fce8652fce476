"""Glom: a recurrent part-whole network for video (G. Hinton, arXiv 2102.12627).

State in, state out; the loop over frames is outside. ``Glom.step`` in its order, with the paper's
sections:

1. ``encode``: picture and motion -> an embedding per column ("Some design decisions").
2. ``_carried``: the state of the frame before, moved along the optical flow ("Video").
3. ``_iterate``: iterations of ``Cell``, in each of which a level becomes a weighted mean of its own
   state, bottom-up, top-down and consensus with other columns ("The GLOM architecture").

``read_out`` gives poses ("Representing coordinate transformations"). Islands are found outside
(``glom_video.islands``).
"""

from collections.abc import Callable
from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn

from glom_video.glom.cell import Carried, Cell, ContributionWeights, rescaled, unit_variance
from glom_video.glom.config import GlomConfig
from glom_video.glom.encoder import Encoder
from glom_video.glom.outputs import POSE_NUMBERS, ReadOut, StepOutput, groundness
from glom_video.glom.places import column_places
from glom_video.glom.precision import fastest_type, multiply_in
from glom_video.glom.recorded import StepRecorder, can_record
from glom_video.glom.stored import StoredModel
from glom_video.glom.warp import column_flow, warp
from glom_video.structures import GlomState


class Glom(StoredModel):
    """A grid of columns, one per six working pixels on each axis, with a vector per level. It holds
    weights only; what it remembers is in the GlomState that goes in and out, never changed in
    place."""

    def __init__(self, config: GlomConfig | None = None) -> None:
        super().__init__()
        self.config = config or GlomConfig()
        self.encoder = Encoder(
            self.config.encoder_widths,
            self.config.dim,
            trail=self.config.trail,
            overviews=self.config.overviews,
            trunk=self.config.trunk,
            trunk_deep=self.config.trunk_deep,
        )
        self.cell = Cell(self.config)
        self.ground = nn.Parameter(torch.randn(self.config.dim))
        """The vector that object-level columns of the background agree on, the same for all
        clips."""
        self.pose = nn.Sequential(
            nn.Linear(self.config.dim, 128), nn.GELU(), nn.Linear(128, POSE_NUMBERS)
        )
        self._recorder: StepRecorder | None = None

    def step(
        self,
        image: Float[Tensor, "b 3 H W"],
        motion: Float[Tensor, "b 7 H W"],
        state: GlomState | None = None,
        *,
        iters: int | None = None,
        elapsed: Float[Tensor, " b"] | None = None,
    ) -> GlomState:
        """The state of the columns after one more frame.

        Args:
            image: RGB in [0, 1] at the working size (sides are multiples of 24).
            motion: raw planes of ``motion.motion_array``, same size, from the frame of ``state`` to
                this one.
            state: what came out of the frame before; None begins anew.
            iters: iterations for this frame, default from the config.
            elapsed: frames since ``state`` per stream; 1 unless some were dropped.
        """
        patches = self.encode(image, motion)
        after, _ = self.advance(patches, motion, state, iters=iters, elapsed=elapsed)
        return after

    def encode(
        self, image: Float[Tensor, "b 3 H W"], motion: Float[Tensor, "b 7 H W"]
    ) -> Float[Tensor, "b d h w"]:
        """The encoder's patch embeddings of frames. They need no state, so the frames of a clip can
        be encoded together. Recorded after ``for_inference``."""
        if self._recorder is None:
            patches: Tensor = self.encoder(image, motion)
            return patches

        def encode(image: Tensor, motion: Tensor) -> tuple[Tensor, ...]:
            return (self.encoder(image, motion),)

        with torch.inference_mode():
            return self._recorder(encode, ("encode",), image, motion)[0]

    def advance(
        self,
        patches: Float[Tensor, "b d h w"],
        motion: Float[Tensor, "b 7 H W"],
        state: GlomState | None,
        *,
        iters: int | None = None,
        elapsed: Float[Tensor, " b"] | None = None,
    ) -> tuple[GlomState, ContributionWeights]:
        """As ``step``, but from the encoder's embeddings, and with gradients, for training."""
        # Numbers, where the step is being recorded, too.
        grid = (int(patches.shape[2]), int(patches.shape[3]))
        patch = unit_variance(patches.flatten(2).transpose(1, 2))
        place = column_places(*grid, patch.device).to(patch.dtype)
        if state is not None and state.grid != grid:
            raise ValueError(
                f"a state of grid {state.grid} cannot take a frame of grid {grid}: begin with "
                "state=None"
            )
        if self.config.schedule == "heads":
            levels, weights = self.cell.heads(patch, place)
        else:
            before = self._carried(patch, place, motion, state, elapsed)
            levels, weights = self._iterate(patch, before, place, grid, iters or self.config.iters)
        frames_seen = 1 if state is None else state.frames_seen + 1
        return GlomState(torch.stack(levels, 1), grid, frames_seen), weights

    def _carried(
        self,
        patch: Tensor,
        place: Tensor,
        motion: Tensor,
        state: GlomState | None,
        elapsed: Tensor | None,
    ) -> Carried:
        """The state that this frame's first iteration begins with; bottom-up predictions if there
        is none."""
        elapsed = patch.new_ones(len(patch)) if elapsed is None else elapsed.to(patch)
        if state is None:
            nowhere_valid = patch.new_zeros(*patch.shape[:2], 1)
            return Carried(self.cell.begin(patch, place), nowhere_valid, elapsed)
        flow, validity = column_flow(motion)
        levels = rescaled(warp(state.levels, flow))[0] if self.config.warp else state.levels
        return Carried(self.cell.predict(levels.unbind(1), elapsed), validity, elapsed)

    def _iterate(
        self, patch: Tensor, before: Carried, place: Tensor, grid: tuple[int, int], iters: int
    ) -> tuple[list[Float[Tensor, "b n d"]], ContributionWeights]:
        """``iters`` iterations, each beginning with the levels of the one before."""
        for _ in range(iters):
            levels, weights = self.cell.sweep(patch, before, place, grid)
            before = Carried(
                levels, torch.ones_like(before.validity), torch.ones_like(before.elapsed)
            )
        return levels, weights

    @torch.inference_mode()
    def infer(
        self,
        patches: Float[Tensor, "b d h w"],
        motion: Float[Tensor, "b 7 H W"],
        state: GlomState | None,
        *,
        iters: int | None = None,
        elapsed: Float[Tensor, " b"],
    ) -> StepOutput:
        """As ``advance``, without gradients. Recorded after ``for_inference``, except for a first
        frame."""
        if state is None or self._recorder is None:
            after, weights = self.advance(patches, motion, state, iters=iters, elapsed=elapsed)
            return StepOutput(after, weights.agreement, weights.by_column)
        grid = state.grid

        def step(
            patches: Tensor, motion: Tensor, levels: Tensor, elapsed: Tensor
        ) -> tuple[Tensor, ...]:
            before = GlomState(levels, grid, 1)
            after, weights = self.advance(patches, motion, before, iters=iters, elapsed=elapsed)
            return after.levels, weights.agreement, weights.by_column

        levels, agreement, contributions = self._recorder(
            step, (grid, iters), patches, motion, state.levels, elapsed
        )
        return StepOutput(GlomState(levels, grid, state.frames_seen + 1), agreement, contributions)

    def groundness(self, objects: Float[Tensor, "*b d"]) -> Float[Tensor, "*b"]:
        """Cosine of object vectors to the background's, in [-1, 1]."""
        return groundness(objects, self.ground)

    def read_out(self) -> ReadOut:
        """The background's vector and the pose network, in host memory."""
        is_there = self.ground.device.type == "cpu"
        pose = self.pose if is_there else deepcopy(self.pose).cpu()
        return ReadOut(self.ground.detach().cpu(), pose)

    def for_inference(self, products: torch.dtype | None = None) -> "Glom":
        """This model, ready for inference: encoding and step are recorded, and products are in the
        given type or the fastest on its device. Weights may be rounded to that type, so it can no
        longer be trained, grown, saved or pushed. The state stays in fp32."""
        for part in (self.encoder, self.cell):
            multiply_in(part, products or fastest_type(self.ground.device))
        self._is_for_inference = True
        self._begin_recordings()
        return self.eval().requires_grad_(False)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "Glom":
        """Moved to another device or type, which invalidates the recordings."""
        super()._apply(fn, recurse)
        self._begin_recordings()
        return self

    def _begin_recordings(self) -> None:
        is_recorded = self._is_for_inference and can_record(self.ground.device)
        self._recorder = StepRecorder() if is_recorded else None
