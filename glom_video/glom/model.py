"""Glom: a recurrent part-whole network for video (Hinton, arXiv 2102.12627). State in, state out; the loop over frames is outside."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from glom_video.glom.cell import Carried, Cell, Shares, unit_variance
from glom_video.glom.config import GlomConfig
from glom_video.glom.encoder import STRIDE, Encoder, Evidence
from glom_video.glom.field import Field, asked, column_places
from glom_video.glom.precision import fastest_type, multiply_in
from glom_video.glom.recorded import Recorder, can_record
from glom_video.glom.warp import column_flow, warp
from glom_video.structures import FINER, REACH, GlomState, InvalidInput

POSE_NUMBERS = 7
"""Centre x, y, log scale, cos and sin of twice the orientation, velocity x, y."""
FIELD_HIDDEN = 48
SURELY_GROUND = 0.5
"""Columns whose groundness is above this belong to no island."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step was made of, for monitors, agreement maps and the field between columns."""

    shares: Shares
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class StepOutput:
    """The state after a frame, and what is read from it to find islands."""

    state: GlomState
    agreement: Float[Tensor, "b l n"]
    """As ``Shares.agreement``."""
    between: Mapping[str, Float[Tensor, "b m d"]]
    """Vectors between the columns by named level, where only background is near interpolated ones; empty where the model has no field."""

    def on_host(self) -> "StepOutput":
        """The same in the computer's own memory, brought there by one copy."""
        if self.state.levels.device.type == "cpu":
            return self
        tensors = (self.state.levels, self.agreement, *self.between.values())
        pieces = torch.cat([x.flatten() for x in tensors]).cpu().split([x.numel() for x in tensors])
        levels, agreed, *between = (piece.view(x.shape) for piece, x in zip(pieces, tensors, strict=True))
        return replace(self, state=replace(self.state, levels=levels), agreement=agreed, between=dict(zip(self.between, between, strict=True)))


@dataclass(frozen=True, slots=True)
class ReadOut:
    """What is asked of vectors once islands are found; in the computer's own memory."""

    ground: Float[Tensor, " d"]
    """The background's vector."""
    pose: nn.Module
    """(k d) -> (k POSE_NUMBERS)."""

    def groundness(self, objects: Float[Tensor, "*b d"]) -> Float[Tensor, "*b"]:
        """As ``Glom.groundness``."""
        return groundness(objects, self.ground)


class Glom(nn.Module):
    """Columns of levels over a grid of one column per six working pixels, updated once or twice a frame.

    The module holds weights only; all memory is in the GlomState that is handed in and out, and that is never changed in place.
    """

    def __init__(self, config: GlomConfig | None = None) -> None:
        super().__init__()
        self.config = config or GlomConfig()
        self.encoder = Encoder(self.config.encoder_widths, self.config.dim, trail=self.config.trail, overviews=self.config.overviews)
        self.cell = Cell(self.config)
        self.ground = nn.Parameter(torch.randn(self.config.dim))
        """The vector that object-level columns of the background agree on, in every clip."""
        self.field = nn.ModuleDict({name: Field(self.config.dim, self.config.encoder_widths[0], FIELD_HIDDEN) for name in self.config.named_levels})
        self.pose = nn.Sequential(nn.Linear(self.config.dim, 128), nn.GELU(), nn.Linear(128, POSE_NUMBERS))
        self._is_for_inference = False
        self._recorder: Recorder | None = None

    @classmethod
    def from_pretrained(cls, source: str | None = None, *, for_training: bool = False) -> "Glom":
        """A model with the weights of a file, a folder or a hub id; of the package where None.

        It is ready for inference. ``for_training``: as stored in fp32 instead, to be trained,
        grown, saved or pushed.

        Raises InvalidInput where there are no weights or they do not fit.
        """
        from glom_video.glom.pretrained import load_pretrained

        glom = load_pretrained(cls, source)
        return glom if for_training else glom.for_inference()

    def grown(self, config: GlomConfig) -> "Glom":
        """A model of ``config`` with these weights, to be trained on. What these lack is new; inputs that they lack count for nothing at first.

        Raises InvalidInput where they do not fit into it.
        """
        from glom_video.glom.pretrained import take_over

        self._refuse_rounded("grown")
        model = Glom(config)
        take_over(model, self.state_dict())
        return model

    def for_inference(self, products: torch.dtype | None = None) -> "Glom":
        """This model, made ready for inference: encoding and step are recorded, and products are
        computed in the type that is fastest on its device, or the given one. Its weights may be
        rounded to that type, so that it can no longer be trained, grown, saved or pushed. Its
        state stays in fp32.
        """
        for part in (self.encoder, self.cell, self.field):
            multiply_in(part, products or fastest_type(self.ground.device))
        self._is_for_inference = True
        self._begin_recordings()
        return self.eval().requires_grad_(False)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "Glom":
        """Moved to another device or type: what was recorded before no longer holds."""
        super()._apply(fn, recurse)
        self._begin_recordings()
        return self

    def _begin_recordings(self) -> None:
        is_recorded = self._is_for_inference and can_record(self.ground.device)
        self._recorder = Recorder() if is_recorded else None

    def _refuse_rounded(self, action: str) -> None:
        if self._is_for_inference:
            cause = f"a model made ready for inference cannot be {action}: its weights may be rounded"
            raise InvalidInput(cause, "load it with Glom.from_pretrained(source, for_training=True)")

    def save_pretrained(self, path: str) -> None:
        """Write a safetensors file with the config in its metadata: ``path``, or the file
        ``glom.safetensors`` in the folder ``path``. Raises InvalidInput after ``for_inference``."""
        from glom_video.glom.pretrained import save_pretrained

        self._refuse_rounded("saved")
        save_pretrained(self, path)

    def push_to_hub(self, repository: str, *, private: bool | None = None) -> str:
        """Upload what ``save_pretrained`` writes, so that ``from_pretrained(repository)`` finds it. Returns the address of the commit.

        ``repository``: a hub id, made where it does not exist; ``private``: whether it is then, None for the account's default. The login is that
        of huggingface_hub. Raises InvalidInput where the hub refuses or cannot be reached, and after ``for_inference``.
        """
        from glom_video.glom.pretrained import push_to_hub

        self._refuse_rounded("pushed")
        return push_to_hub(self, repository, private)

    def step(
        self,
        image: Float[Tensor, "b 3 H W"],
        motion: Float[Tensor, "b 7 H W"],
        state: GlomState | None = None,
        *,
        iters: int | None = None,
        elapsed: Float[Tensor, " b"] | None = None,
    ) -> GlomState:
        """Take in one frame.

        Args:
            image: RGB in [0, 1] at the working size (sides are multiples of 24).
            motion: raw planes of ``motion.motion_array``, same size, from the frame of ``state`` to this one.
            state: what came out of the frame before; None begins anew.
            iters: sweeps for this frame, default from the config.
            elapsed: frames since ``state`` per stream; 1 unless some were dropped.
        """
        return self.step_with_report(image, motion, state, iters=iters, elapsed=elapsed)[0]

    def step_with_report(
        self,
        image: Float[Tensor, "b 3 H W"],
        motion: Float[Tensor, "b 7 H W"],
        state: GlomState | None = None,
        *,
        iters: int | None = None,
        elapsed: Float[Tensor, " b"] | None = None,
    ) -> tuple[GlomState, StepReport]:
        """As ``step``, and what the step was made of."""
        return self.advance(self.encode(image, motion), motion, state, iters=iters, elapsed=elapsed)

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
        """As ``advance``, without gradients; after ``for_inference`` all frames but the first go through a recording."""
        if state is None or self._recorder is None:
            return self._output(*self.advance(evidence, motion, state, iters=iters, elapsed=elapsed))
        grid = state.grid

        def step(patches: Tensor, detail: Tensor, motion: Tensor, levels: Tensor, elapsed: Tensor) -> tuple[Tensor, ...]:
            output = self._output(*self.advance(Evidence(patches, detail), motion, GlomState(levels, grid, 1), iters=iters, elapsed=elapsed))
            return output.state.levels, output.agreement, *output.between.values()

        levels, agreed, *between = self._recorder(step, (grid, iters), evidence.patches, evidence.detail, motion, state.levels, elapsed)
        names = self.config.named_levels if between else ()
        return StepOutput(GlomState(levels, grid, state.frames_seen + 1), agreed, dict(zip(names, between, strict=True)))

    def _output(self, state: GlomState, report: StepReport) -> StepOutput:
        if not self.config.field:
            return StepOutput(state, report.shares.agreement, {})
        cells = None if state.levels.is_cuda else self._near_objects(state)  # a GPU asks everywhere in less time than it takes to count them
        between = {name: self.between(state, report.evidence, name, cells) for name in self.config.named_levels}
        return StepOutput(state, report.shares.agreement, between)

    def encode(self, image: Float[Tensor, "b 3 H W"], motion: Float[Tensor, "b 7 H W"]) -> Evidence:
        """The encoder's features of a frame. They need no state, so that the frames of a clip can
        be encoded together. Through a recording after ``for_inference``."""
        if self._recorder is None:
            return self.encoder(image, motion)

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
        """Update the columns with a frame that is already encoded."""
        grid = (int(evidence.patches.shape[2]), int(evidence.patches.shape[3]))  # numbers, where the step is being recorded, too
        patch = unit_variance(evidence.patches.flatten(2).transpose(1, 2))
        place = column_places(*grid, patch.device).to(patch.dtype)
        if state is not None and state.grid != grid:
            raise ValueError(f"a state of grid {state.grid} cannot take a frame of grid {grid}: begin with state=None")
        if self.config.schedule == "heads":
            levels, shares = self.cell.heads(patch, place)
        else:
            before = self._carried(patch, place, motion, state, elapsed)
            levels, shares = self._iterate(patch, before, place, grid, iters or self.config.iters)
        seen = 1 if state is None else state.frames_seen + 1
        return GlomState(torch.stack(levels, 1), grid, seen), StepReport(shares, evidence)

    def _carried(self, patch: Tensor, place: Tensor, motion: Tensor, state: GlomState | None, elapsed: Tensor | None) -> Carried:
        """What the columns begin this frame with: their own past where there is one."""
        elapsed = patch.new_ones(len(patch)) if elapsed is None else elapsed.to(patch)
        if state is None:
            return Carried(self.cell.begin(patch, place), patch.new_zeros(*patch.shape[:2], 1), elapsed)
        flow, kept = column_flow(motion)
        levels = unit_variance(warp(state.levels, flow)) if self.config.warp else state.levels
        return Carried(self.cell.expect(levels.unbind(1), elapsed), kept, elapsed)

    def _iterate(self, patch: Tensor, before: Carried, place: Tensor, grid: tuple[int, int], iters: int) -> tuple[list[Float[Tensor, "b n d"]], Shares]:
        """So many sweeps; from the second on each begins with the state of the one before."""
        for _ in range(iters):
            levels, shares = self.cell.sweep(patch, before, place, grid)
            before = Carried(levels, torch.ones_like(before.kept), torch.ones_like(before.elapsed))
        return levels, shares

    def _near_objects(self, state: GlomState) -> Int64[Tensor, " k"]:
        """Cells of the finer grid, counted through all streams, that an island may reach: others are background, whatever the field says of them."""
        objects = self.groundness(state.levels[:, self.config.object_level]) < SURELY_GROUND
        reached = F.max_pool2d(objects.to(state.levels.dtype).unflatten(1, state.grid), 2 * REACH + 1, 1, REACH) > 0
        return reached.repeat_interleave(FINER, 1).repeat_interleave(FINER, 2).flatten().nonzero()[:, 0]

    def between(self, state: GlomState, evidence: Evidence, level: str, cells: Int64[Tensor, " k"] | None = None) -> Float[Tensor, "b m d"]:
        """Vectors of a named level on a grid FINER times finer than the columns, row by row: interpolated, and corrected by the field.

        ``cells``: where they are corrected, counted through all streams; everywhere without.
        """
        h, w = state.grid
        vectors = state.levels[:, self.config.named_levels[level]]
        finer = (h * FINER, w * FINER)
        # Rows, columns, channels: seen so, each vector stays in one piece, and all that follows takes a third of the time.
        between = asked(vectors.unflatten(1, state.grid).permute(0, 3, 1, 2), finer)
        if not self.config.field:
            return between
        detail, place = asked(evidence.detail, finer).to(between.dtype), column_places(*finer, between.device).to(between.dtype)
        if cells is None:
            return self.field[level](between, detail, place.expand(len(between), -1, -1))
        interpolated = between.flatten(0, 1)
        corrected = self.field[level](interpolated[cells], detail.flatten(0, 1)[cells], place[cells % len(place)])
        return interpolated.index_copy_(0, cells, corrected).view_as(between)

    def groundness(self, objects: Float[Tensor, "*b d"]) -> Float[Tensor, "*b"]:
        """Cosine of object vectors to the background's, in [-1, 1]; above a half the column belongs to the background."""
        return groundness(objects, self.ground)

    def read_out(self) -> ReadOut:
        """What is asked of this model's vectors once they are in the computer's own memory."""
        is_there = self.ground.device.type == "cpu"
        return ReadOut(self.ground.detach().cpu(), self.pose if is_there else deepcopy(self.pose).cpu())


def groundness(objects: Float[Tensor, "*b d"], ground: Float[Tensor, " d"]) -> Float[Tensor, "*b"]:
    """Cosine of object vectors to the background's."""
    objects, ground = objects.float(), F.normalize(ground.float(), dim=0)
    return (objects @ ground) * (objects * objects).sum(-1).clamp(min=1e-12).rsqrt()


def grid_of(height: int, width: int) -> tuple[int, int]:
    """Columns of a working picture."""
    return height // STRIDE, width // STRIDE
