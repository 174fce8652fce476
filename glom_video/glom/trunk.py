"""Appearance features of a network trained on photographs of a thousand classes: EfficientNet-lite0
(Tan and Le, arXiv 1905.11946, the version without squeeze and excitation) up to stride 16 or 32,
norms folded into convolutions."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

STAGES = ((1, 16, 3, 1, 1), (6, 24, 3, 2, 2), (6, 40, 5, 2, 2), (6, 80, 3, 2, 3), (6, 112, 5, 1, 3))
"""Stages of blocks: expansion, channels, kernel, stride of the first block, number of blocks."""
DEEP_STAGE = (6, 192, 5, 2, 4)
"""The stage after those, for features of what a place shows as a whole."""
STEM = 32
"""Channels of the first convolution."""
FINE, COARSE, DEEP = 40, 112, 192
"""Channels of its features at strides 8, 16 and 32 of its own input."""
FINE_BLOCKS, COARSE_BLOCKS = 5, 11
"""Blocks up to strides 8 and 16."""
NORM_EPSILON = 1e-3
"""Of its batch norms, as it was trained."""
SPREAD = 6.0
"""Approximate standard deviation of its features, which are divided by it."""


class Block(nn.Module):
    """Expanded by 1x1, filtered per channel, reduced by 1x1; added to its input if shapes allow."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.widen = nn.Conv2d(inputs, hidden, 1) if expansion > 1 else None
        self.each = nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden)
        self.narrow = nn.Conv2d(hidden, outputs, 1)
        self.is_residual = inputs == outputs and stride == 1

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        wide = x if self.widen is None else _relu6(self.widen(x))
        narrow: Tensor = self.narrow(_relu6(self.each(wide)))
        return narrow.add_(x) if self.is_residual else narrow


def _relu6(x: Tensor) -> Tensor:
    """In place: memory just written is still cached, and no gradient needs what was there."""
    return F.relu6(x, inplace=True)


class Trunk(nn.Module):
    """The network. It has no gradients unless a training run lets it learn: on rendered clips alone
    it would forget photographs."""

    def __init__(self, *, deep: bool = False) -> None:
        """``deep``: with the features at stride 48 of the picture."""
        super().__init__()
        self.stem = nn.Conv2d(3, STEM, 3, 2, 1)
        blocks, width = [], STEM
        stages = (*STAGES, DEEP_STAGE) if deep else STAGES
        for expansion, channels, kernel, stride, count in stages:
            for place in range(count):
                blocks.append(
                    Block(width, channels, expansion, kernel, stride if place == 0 else 1)
                )
                width = channels
        self.blocks = nn.Sequential(*blocks)
        self.requires_grad_(False)

    def load_published(self, state: dict[str, Tensor]) -> None:
        """Take the weights of EfficientNet-lite0 as published.

        Raises:
            KeyError, RuntimeError: they are of another network.
        """
        self.load_state_dict(folded(state, len(self.blocks)))

    def forward(self, image: Float[Tensor, "b 3 H W"]) -> list[Float[Tensor, "b c h w"]]:
        """Features at strides 12, 24 and, if it is deep, 48 of ``image``, RGB in [0, 1]."""
        side = [int(s) * 2 // 3 for s in image.shape[2:]]
        small = F.interpolate(image, side, mode="bilinear", align_corners=False)
        x = _relu6(self.stem((small * 2 - 1).to(self.stem.weight.dtype)))
        features = [self.blocks[:FINE_BLOCKS](x)]
        features.append(self.blocks[FINE_BLOCKS:COARSE_BLOCKS](features[-1]))
        if len(self.blocks) > COARSE_BLOCKS:
            features.append(self.blocks[COARSE_BLOCKS:](features[-1]))
        return [each.to(image.dtype) / SPREAD for each in features]


def folded(state: dict[str, Tensor], blocks: int) -> dict[str, Tensor]:
    """Weights of EfficientNet-lite0 as published -> those of a Trunk of so many blocks."""

    def of(convolution: str, norm: str) -> tuple[Tensor, Tensor]:
        scale = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + NORM_EPSILON).sqrt()
        weight = state[f"{convolution}.weight"] * scale[:, None, None, None]
        return weight, state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale

    taken = {}
    taken["stem.weight"], taken["stem.bias"] = of("_conv_stem", "_bn0")
    for place in range(blocks):
        block = f"_blocks.{place}"
        for ours, theirs, norm in (
            ("widen", "_expand_conv", "_bn0"),
            ("each", "_depthwise_conv", "_bn1"),
            ("narrow", "_project_conv", "_bn2"),
        ):
            if f"{block}.{theirs}.weight" in state:
                weight, bias = of(f"{block}.{theirs}", f"{block}.{norm}")
                taken |= {
                    f"blocks.{place}.{ours}.weight": weight,
                    f"blocks.{place}.{ours}.bias": bias,
                }
    return taken
