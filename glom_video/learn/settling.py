"""What islands will make of the vectors: columns that settle with those near them should settle on their own island's vector, and not between two."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

VOICES = 256
"""Columns of true islands that settle in a frame."""
SWEEPS = 3
SHARPNESS, NEAR = 25.0, 4.0
"""Inverse temperature of cosines, and standard deviation of distances in columns: what islands are founded with."""
UNHEARD = -1e4
"""Logit of a column that is of no island."""


def settled(
    vectors: Float[Tensor, "b t n d"], ids: Int64[Tensor, "b t h w"], generator: torch.Generator
) -> tuple[Float[Tensor, "bt m d"], Int64[Tensor, "bt m"]]:
    """Unit vectors on which columns of true islands settle, frame by frame, and their ids: 0 where a frame has fewer of them than are drawn.

    This is what islands do before they are founded (``islands.founding.settle``), as a function that can be learnt through.
    """
    h, w = ids.shape[2:]
    labels = ids.flatten(0, 1).flatten(1)
    lots = torch.rand(labels.shape, generator=generator).to(labels.device)
    drawn = (lots + (labels > 0)).topk(min(VOICES, h * w)).indices
    label = labels.gather(1, drawn)
    unit = F.normalize(vectors.flatten(0, 1).gather(1, drawn[..., None].expand(-1, -1, vectors.shape[-1])), dim=-1)
    places = torch.stack([drawn // w, drawn % w], -1).to(unit)
    nearness = torch.cdist(places, places).square() / (-2 * NEAR**2)
    heard = nearness.masked_fill(label[:, None] == 0, UNHEARD)
    for _ in range(SWEEPS):
        unit = F.normalize(torch.softmax(SHARPNESS * unit @ unit.transpose(1, 2) + heard, -1) @ unit, dim=-1)
    return unit, label
