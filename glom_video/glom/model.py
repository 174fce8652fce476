"""Glom: a recurrent part-whole network for video (G. Hinton, arXiv 2102.12627).

State in, state out; the loop over frames is outside. ``Glom.step`` in its order, with the paper's
sections:

1. ``encode``: picture and motion -> an embedding per column ("Some design decisions").
2. ``_carried``: the state of the frame before, moved along the optical flow ("Video").
3. ``_iterate``: iterations of ``Cell``, in each of which a level becomes a weighted mean of its own
   state, bottom-up, top-down and consensus with other columns ("The GLOM architecture").

``between`` reads levels between the columns (a neural field), ``read_out`` gives poses
("Representing coordinate transformations"). Islands are found outside (``glom_video.islands``).
"""

from collections.abc import Callable
from copy import deepcopy

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from glom_video.glom.cell import Carried, Cell, ContributionWeights, rescaled, unit_variance
from glom_video.glom.config import GlomConfig
from glom_video.glom.encoder import Encoder, Evidence
from glom_video.glom.field import Field, between_columns, cells_near, column_places
from glom_video.glom.outputs import POSE_NUMBERS, ReadOut, StepOutput, StepReport, groundness
from glom_video.glom.precision import fastest_type, multiply_in
from glom_video.glom.recorded import StepRecorder, can_record
from glom_video.glom.stored import StoredModel
from glom_video.glom.warp import column_flow, warp
from glom_video.structures import GlomState

FIELD_HIDDEN = 48
FIELD_BACKGROUND = 0.5
"""Columns whose groundness is above this belong to no island."""


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
        )
        self.cell = Cell(self.config)
        self.ground = nn.Parameter(torch.randn(self.config.dim))
        """The vector that object-level columns of the background agree on, the same for all
        clips."""
        self.field = nn.ModuleDict(
            {
                name: Field(self.config.dim, self.config.encoder_widths[0], FIELD_HIDDEN)
                for name in self.config.named_levels
            }
        )
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
        return self.advance(
            self.encode(image, motion), motion, state, iters=iters, elapsed=elapsed
        )[0]

    def encode(self, image: Float[Tensor, "b 3 H W"], motion: Float[Tensor, "b 7 H W"]) -> Evidence:
        """The encoder's features of a frame. They need no state, so the frames of a clip can be
        encoded together. Recorded after ``for_inference``."""
        if self._recorder is None:
            evidence: Evidence = self.encoder(image, motion)
            return evidence

        def encode(image: Tensor, motion: Tensor) -> tuple[Tensor, ...]:
            evidence = self.encoder(image, motion)
            return evidence.patches, evidence.detail

        with torch.inference_mode():
            return Evidence(*self._recorder(encode, ("encode",), image, motion))

    def advance(
        self,
        evidence: Evidence,
        motion: Float[Tensor, "b 7 H W"],
        state: GlomState | None,
        *,
        iters: int | None = None,
        elapsed: Float[Tensor, " b"] | None = None,
    ) -> tuple[GlomState, StepReport]:
        """As ``step``, but from the encoder's features, and with gradients, for training."""
        # Numbers, where the step is being recorded, too.
        grid = (
            int(evidence.patches.shape[2]),
            int(evidence.patches.shape[3]),
        )
        patch = unit_variance(evidence.patches.flatten(2).transpose(1, 2))
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
        return GlomState(torch.stack(levels, 1), grid, frames_seen), StepReport(weights, evidence)

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
            return Carried(
                self.cell.begin(patch, place), patch.new_zeros(*patch.shape[:2], 1), elapsed
            )
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
        evidence: Evidence,
        motion: Float[Tensor, "b 7 H W"],
        state: GlomState | None,
        *,
        iters: int | None = None,
        elapsed: Float[Tensor, " b"],
    ) -> StepOutput:
        """As ``advance``, without gradients. Recorded after ``for_inference``, except for a first
        frame."""
        if state is None or self._recorder is None:
            return self._output(
                *self.advance(evidence, motion, state, iters=iters, elapsed=elapsed)
            )
        grid = state.grid

        def step(
            patches: Tensor, detail: Tensor, motion: Tensor, levels: Tensor, elapsed: Tensor
        ) -> tuple[Tensor, ...]:
            output = self._output(
                *self.advance(
                    Evidence(patches, detail),
                    motion,
                    GlomState(levels, grid, 1),
                    iters=iters,
                    elapsed=elapsed,
                )
            )
            return (
                output.state.levels,
                output.agreement,
                output.contributions,
                *output.between.values(),
            )

        levels, agreed, weights, *between = self._recorder(
            step, (grid, iters), evidence.patches, evidence.detail, motion, state.levels, elapsed
        )
        names = self.config.named_levels if between else ()
        return StepOutput(
            GlomState(levels, grid, state.frames_seen + 1),
            agreed,
            weights,
            dict(zip(names, between, strict=True)),
        )

    def _output(self, state: GlomState, report: StepReport) -> StepOutput:
        found = report.contributions.agreement, report.contributions.by_column
        if not self.config.field:
            return StepOutput(state, *found, {})
        # A GPU computes all cells in less time than it counts these.
        cells = None if state.levels.is_cuda else self._near_objects(state)
        between = {
            name: self.between(state, report.evidence, name, cells)
            for name in self.config.named_levels
        }
        return StepOutput(state, *found, between)

    def _near_objects(self, state: GlomState) -> Int64[Tensor, " k"]:
        """Cells that an island may reach. All others are background, with or without the field."""
        return cells_near(
            self.groundness(state.levels[:, self.config.object_level]) < FIELD_BACKGROUND,
            state.grid,
        )

    def between(
        self,
        state: GlomState,
        evidence: Evidence,
        level: str,
        cells: Int64[Tensor, " k"] | None = None,
    ) -> Float[Tensor, "b m d"]:
        """Vectors of a named level on a grid FINER times finer than the columns, row by row:
        interpolated, and corrected by the field.

        Args:
            cells: cells to correct, numbered through all streams; all without.
        """
        vectors = state.levels[:, self.config.named_levels[level]]
        field = self.field[level] if self.config.field else None
        return between_columns(field, vectors, evidence.detail, state.grid, cells)

    def groundness(self, objects: Float[Tensor, "*b d"]) -> Float[Tensor, "*b"]:
        """Cosine of object vectors to the background's, in [-1, 1]; above FIELD_BACKGROUND a column
        is background."""
        return groundness(objects, self.ground)

    def read_out(self) -> ReadOut:
        """The background's vector and the pose network, in host memory."""
        is_there = self.ground.device.type == "cpu"
        return ReadOut(
            self.ground.detach().cpu(), self.pose if is_there else deepcopy(self.pose).cpu()
        )

    def for_inference(self, products: torch.dtype | None = None) -> "Glom":
        """This model, ready for inference: encoding and step are recorded, and products are in the
        given type or the fastest on its device. Weights may be rounded to that type, so it can no
        longer be trained, grown, saved or pushed. The state stays in fp32."""
        for part in (self.encoder, self.cell, self.field):
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
