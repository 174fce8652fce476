"""Picture and motion -> patch embeddings: the convolutional net below the columns (A7: its receptive field is far wider than a patch)."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

STRIDE = 6
"""Pixels of the working grid per column, each way."""
MOTION_CHANNELS = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one frame (or many, along ``b``) shows, before any column has thought about it."""

    patches: Float[Tensor, "b d h w"]
    """One embedding per column."""
    detail: Float[Tensor, "b c h2 w2"]
    """Small features at every second working pixel, for asking between columns."""

    def frames(self, clips: int) -> list["Evidence"]:
        """Evidence of frames that were encoded together, clip by clip, as one value per time step."""
        steps = zip(self.patches.unflatten(0, (clips, -1)).unbind(1), self.detail.unflatten(0, (clips, -1)).unbind(1), strict=True)
        return [Evidence(patches, detail) for patches, detail in steps]


DETAIL_LAYERS = 3
"""Of the stem: convolution, norm, GELU."""


def motion_features(motion: Float[Tensor, "b 5 H W"]) -> Float[Tensor, "b 4 H W"]:
    """Raw motion planes -> what the net sees: direction relative to the frame's own scale of motion, log magnitude, validity.

    The residual is divided by its 95th percentile + 0.3 pixels (every fourth pixel is counted), so that slow and fast scenes look alike;
    the logarithm keeps the absolute size. Clipped to [-3, 3].
    """
    residual, validity = motion[:, 2:4].float(), motion[:, 4:5].float()
    size = (residual[:, :1] ** 2 + residual[:, 1:] ** 2).sqrt()  # a tenth of the time of norm(dim=1)
    scale = _quantile(size[..., 2::4, 2::4].flatten(1), 0.95) + 0.3
    return torch.cat([residual / scale[:, None, None, None], size.log1p() - 0.5, validity * 2 - 1], 1).clamp(-3, 3)


def _quantile(x: Float[Tensor, "b m"], share: float) -> Float[Tensor, " b"]:
    """As torch.quantile, which sorts: selecting the two values in question takes a tenth of the time."""
    place = share * (int(x.shape[1]) - 1)  # a number, where the step is being recorded, too
    below, above = (x.kthvalue(rank + 1, dim=1).values for rank in (math.floor(place), math.ceil(place)))
    return torch.lerp(below, above, place - math.floor(place))


class Conv(nn.Conv2d):
    """Multiplies in the type of its weights and hands back the type that it was given: norms and sums stay exact, and are faster for it."""

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        if torch.is_autocast_enabled(x.device.type):  # training, where handing on what was computed is faster
            return super().forward(x)
        return super().forward(x.to(self.weight.dtype)).to(x.dtype)


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1) -> Conv:
    return Conv(inputs, outputs, kernel, stride, dilation * (kernel - 1) // 2, dilation)


class ResidualBlock(nn.Module):
    """Norm, GELU, 3x3 convolution, twice, added to its input."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.GroupNorm(8, width), nn.GELU(), _conv(width, width, 3, dilation=dilation), nn.GroupNorm(8, width), nn.GELU(), _conv(width, width, 3)
        )
        nn.init.zeros_(self.body[-1].weight)  # type: ignore[arg-type]  # a block begins as the identity

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return x + self.body(x)


class Encoder(nn.Module):
    """RGB + motion at the working size -> embeddings at one column in six pixels. A small U-Net: most work is done at strides 12 and 24."""

    def __init__(self, widths: tuple[int, int, int, int], dim: int) -> None:
        super().__init__()
        half, fine, middle, coarse = widths
        self.stem = nn.Sequential(
            _conv(3 + MOTION_CHANNELS, half, 3, 2), nn.GroupNorm(8, half), nn.GELU(), Conv(half, fine, 5, 3, 1), ResidualBlock(fine)
        )
        self.to_middle = nn.Sequential(_conv(fine, middle, 3, 2), *(ResidualBlock(middle, dilation) for dilation in (1, 2)))
        self.to_coarse = nn.Sequential(_conv(middle, coarse, 3, 2), *(ResidualBlock(coarse, dilation) for dilation in (1, 2, 1)))
        self.from_coarse = Conv(coarse, middle, 1)
        self.merge_middle = ResidualBlock(middle)
        self.from_middle = Conv(middle, fine, 1)
        self.merge_fine = ResidualBlock(fine)
        self.out = Conv(fine, dim, 1)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # as the pictures are: else a sixth of the time reorders weights

    def forward(self, image: Float[Tensor, "b 3 H W"], motion: Float[Tensor, "b 5 H W"]) -> Evidence:
        """``image`` in [0, 1]; sides are multiples of 24."""
        planes = torch.empty(
            (len(image), 3 + MOTION_CHANNELS, *image.shape[2:]), dtype=image.dtype, device=image.device, memory_format=torch.channels_last
        )
        planes[:, :3], planes[:, 3:] = image * 2 - 1, motion_features(motion)  # several times as fast as joining, with its changes of order
        detail = self.stem[:DETAIL_LAYERS](planes)
        fine = self.stem[DETAIL_LAYERS:](detail)
        middle = self.to_middle(fine)
        coarse = self.to_coarse(middle)
        middle = self.merge_middle(middle + F.interpolate(self.from_coarse(coarse), scale_factor=2.0, mode="nearest"))
        fine = self.merge_fine(fine + F.interpolate(self.from_middle(middle), scale_factor=2.0, mode="bilinear"))
        return Evidence(self.out(fine), detail)
