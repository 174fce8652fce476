"""Picture and motion -> patch embeddings: the convolutional net below the columns, whose receptive
field is far wider than a patch."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from glom_video.glom import trunk as pretrained
from glom_video.glom.places import PLACE, column_places
from glom_video.glom.trunk import Trunk

STRIDE = 6
"""Working pixels per column, on each axis."""
COLOURS, WITHOUT_TRAIL, WITH_TRAIL = 3, 7, 10
"""Numbers of planes: picture; picture and motion; picture, motion and trail."""
HEADS = 4
"""Heads of the global attention."""


def grid_of(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the grid of a working picture; sides in pixels."""
    return height // STRIDE, width // STRIDE


def motion_features(motion: Float[Tensor, "b 7 H W"]) -> Float[Tensor, "b 4 H W"]:
    """Raw motion planes -> the net's input of this frame's motion: ``_normalised_flow`` and
    validity, in [-3, 3]."""
    return torch.cat(
        [_normalised_flow(motion[:, 2:4].float()), motion[:, 4:5].float() * 2 - 1], 1
    ).clamp_(-3, 3)


def trail_features(motion: Float[Tensor, "b 7 H W"]) -> Float[Tensor, "b 3 H W"]:
    """Raw motion planes -> the net's input of the last frames' motion: ``_normalised_flow``, in
    [-3, 3]."""
    return _normalised_flow(motion[:, 5:7].float()).clamp_(-3, 3)


def _normalised_flow(flow: Float[Tensor, "b 2 H W"]) -> Float[Tensor, "b 3 H W"]:
    """Motion divided by its 95th percentile in the frame + 0.3 pixels (of every fourth pixel),
    which makes slow and fast scenes alike, and the log of that size, which keeps the absolute
    speed."""
    size = (flow[:, :1] ** 2 + flow[:, 1:] ** 2).sqrt()  # a tenth of the time of norm(dim=1)
    scale = _quantile(size[..., 2::4, 2::4].flatten(1), 0.95) + 0.3
    return torch.cat([flow / scale[:, None, None, None], size.log1p() - 0.5], 1)


def _quantile(x: Float[Tensor, "b m"], share: float) -> Float[Tensor, " b"]:
    """As torch.quantile, but it selects the two values it needs, in a tenth of the time of
    sorting."""
    place = share * (int(x.shape[1]) - 1)  # a number, where the step is being recorded, too
    below, above = (
        x.kthvalue(rank + 1, dim=1).values for rank in (math.floor(place), math.ceil(place))
    )
    return torch.lerp(below, above, place - math.floor(place))


class Conv(nn.Conv2d):
    """Products are in the type of its weights, the output in the type of the input: norms and sums
    stay exact, and are faster for it."""

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        # Training, where handing on what was computed is faster.
        if torch.is_autocast_enabled(x.device.type):
            return super().forward(x)
        return super().forward(x.to(self.weight.dtype)).to(x.dtype)


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1) -> Conv:
    return Conv(inputs, outputs, kernel, stride, dilation * (kernel - 1) // 2, dilation)


class ResidualBlock(nn.Module):
    """Norm, GELU, 3x3 convolution, twice, added to its input."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.GroupNorm(8, width),
            nn.GELU(),
            _conv(width, width, 3, dilation=dilation),
            nn.GroupNorm(8, width),
            nn.GELU(),
            _conv(width, width, 3),
        )
        nn.init.zeros_(self.body[-1].weight)  # type: ignore[arg-type]  # a block begins as the identity

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return x + self.body(x)


class GlobalAttention(nn.Module):
    """Attention between all places of a coarse grid, added to its input, because an object may
    exceed the receptive field of the convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.place = nn.GroupNorm(8, width), Conv(PLACE, width, 1, bias=False)
        # ``asked`` (queries, keys, values) is a key of stored weights.
        self.asked, self.out = Conv(width, 3 * width, 1), Conv(width, width, 1, bias=False)
        nn.init.zeros_(self.out.weight)  # begins as the identity

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        grid = (int(x.shape[2]), int(x.shape[3]))  # numbers, where the step is being recorded, too
        place = self.place(column_places(*grid, x.device).to(x.dtype).T.unflatten(1, grid)[None])
        query, key, value = (
            self.asked(self.norm(x) + place)
            .flatten(2)
            .unflatten(1, (3, HEADS, -1))
            .transpose(3, 4)
            .unbind(1)
        )
        attended = F.scaled_dot_product_attention(query, key, value)
        return x + self.out(attended.transpose(2, 3).flatten(1, 2).unflatten(2, grid))


class TrunkFeatures(nn.Module):
    """The trunk's features of a picture, at the widths of strides 12 and 24. ``frozen`` is a key of
    stored weights, from when it was."""

    def __init__(self, middle: int, coarse: int, *, deep: bool) -> None:
        super().__init__()
        self.frozen = Trunk(deep=deep)
        self.middle = _begins_as_nothing(Conv(pretrained.FINE, middle, 1))
        self.coarse = _begins_as_nothing(Conv(pretrained.COARSE, coarse, 1))
        self.deep = _begins_as_nothing(Conv(pretrained.DEEP, coarse, 1)) if deep else None

    def forward(
        self, image: Float[Tensor, "b 3 H W"]
    ) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c2 h2 w2"]]:
        fine, coarse, *deep = self.frozen(image)
        of_coarse = self.coarse(coarse)
        if self.deep is not None:
            of_coarse = of_coarse + F.interpolate(
                self.deep(deep[0]), of_coarse.shape[2:], mode="bilinear"
            )
        return self.middle(fine), of_coarse


def _begins_as_nothing(last: Conv) -> Conv:
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)  # type: ignore[arg-type]  # it has one
    return last


class Encoder(nn.Module):
    """RGB and motion at the working size -> one embedding per six pixels on each axis. A small
    U-Net that does most of its work at strides 12 and 24."""

    def __init__(
        self,
        widths: tuple[int, int, int, int],
        dim: int,
        *,
        trail: bool,
        overviews: int,
        trunk: bool = False,
        trunk_deep: bool = False,
    ) -> None:
        """An encoder with these channels at strides 2, 6, 12 and 24, and ``dim`` numbers per
        column.

        Args:
            trail: the last frames' motion is an input, too.
            overviews: number of blocks of global attention at stride 24. ``self.overviews`` is a
                key of stored weights.
            trunk: features of ``Trunk`` are added at strides 12 and 24.
            trunk_deep: those at stride 48, too, at stride 24.
        """
        super().__init__()
        half, fine, middle, coarse = widths
        self.inputs = WITH_TRAIL if trail else WITHOUT_TRAIL
        self.stem = nn.Sequential(
            _conv(self.inputs, half, 3, 2),
            nn.GroupNorm(8, half),
            nn.GELU(),
            Conv(half, fine, 5, 3, 1),
            ResidualBlock(fine),
        )
        self.to_middle = nn.Sequential(
            _conv(fine, middle, 3, 2), *(ResidualBlock(middle, dilation) for dilation in (1, 2))
        )
        self.to_coarse = nn.Sequential(
            _conv(middle, coarse, 3, 2),
            *(ResidualBlock(coarse, dilation) for dilation in (1, 2, 1)),
        )
        self.trunk = TrunkFeatures(middle, coarse, deep=trunk_deep) if trunk else None
        self.overviews = nn.Sequential(*(GlobalAttention(coarse) for _ in range(overviews)))
        self.from_coarse = Conv(coarse, middle, 1)
        self.merge_middle = ResidualBlock(middle)
        self.from_middle = Conv(middle, fine, 1)
        self.merge_fine = ResidualBlock(fine)
        self.out = Conv(fine, dim, 1)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # as the pictures are: else a sixth of the time reorders weights

    def forward(
        self, image: Float[Tensor, "b 3 H W"], motion: Float[Tensor, "b 7 H W"]
    ) -> Float[Tensor, "b d h w"]:
        """Patch embeddings of frames. ``image`` is RGB in [0, 1]; sides are multiples of 24."""
        shape = (len(image), self.inputs, *image.shape[2:])
        planes = torch.empty(
            shape, dtype=image.dtype, device=image.device, memory_format=torch.channels_last
        )
        # Filled piece by piece: several times as fast as joining, with its changes of order.
        planes[:, :COLOURS] = image * 2 - 1
        planes[:, COLOURS:WITHOUT_TRAIL] = motion_features(motion)
        if self.inputs > WITHOUT_TRAIL:
            planes[:, WITHOUT_TRAIL:] = trail_features(motion)
        fine = self.stem(planes)
        features = (None, None) if self.trunk is None else self.trunk(image)
        middle = _with_features(self.to_middle, fine, features[0])
        coarse = self.overviews(_with_features(self.to_coarse, middle, features[1]))
        middle = self.merge_middle(
            middle + F.interpolate(self.from_coarse(coarse), scale_factor=2.0, mode="nearest")
        )
        fine = self.merge_fine(
            fine + F.interpolate(self.from_middle(middle), scale_factor=2.0, mode="bilinear")
        )
        patches: Tensor = self.out(fine)
        return patches


def _with_features(
    stage: nn.Sequential,
    x: Float[Tensor, "b c h w"],
    features: Float[Tensor, "b c2 h2 w2"] | None,
) -> Float[Tensor, "b c2 h2 w2"]:
    """A stage of the encoder, with trunk features added after its first layer."""
    first = stage[0](x)
    output: Tensor = stage[1:](first if features is None else first + features)
    return output
