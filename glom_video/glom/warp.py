"""Warps the carried state along the flow: each column fetches the state from where its content
was."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from glom_video.glom.encoder import STRIDE


def column_flow(
    motion: Float[Tensor, "b 7 H W"],
) -> tuple[Float[Tensor, "b 2 h w"], Float[Tensor, "b n 1"]]:
    """Backward flow in columns (x, y), and its validity in [0, 1], averaged over each column."""
    flow = _summed(motion[:, :2].float()) / STRIDE**3
    validity = _summed(motion[:, 4:5].float()) / STRIDE**2
    return flow, validity.flatten(2).transpose(1, 2)


def _summed(planes: Float[Tensor, "b c H W"]) -> Float[Tensor, "b c h w"]:
    """Over each column; rows first, which lie side by side: in half the time of avg_pool2d."""
    height, width = (int(side) // STRIDE for side in planes.shape[2:])
    rows = planes.unflatten(2, (height, STRIDE)).sum(3)
    return rows.unflatten(3, (width, STRIDE)).sum(4)


def warp(
    levels: Float[Tensor, "b l n d"], flow: Float[Tensor, "b 2 h w"]
) -> Float[Tensor, "b l n d"]:
    """The state sampled bilinearly along the backward flow. Columns from outside take the nearest
    edge (their validity is 0)."""
    b, count = levels.shape[:2]
    h, w = flow.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(h, device=flow.device), torch.arange(w, device=flow.device), indexing="ij"
    )
    source_x, source_y = (flow[:, 0] + x).clamp(0, w - 1), (flow[:, 1] + y).clamp(0, h - 1)
    left, top = source_x.floor().clamp(max=max(w - 2, 0)), source_y.floor().clamp(max=max(h - 2, 0))
    share_x, share_y = (source_x - left).flatten(1), (source_y - top).flatten(1)
    corner = (top * w + left).long().flatten(1)
    corners = torch.stack([corner, corner + 1, corner + w, corner + w + 1], -1)
    across, down = torch.stack([1 - share_x, share_x], -1), torch.stack([1 - share_y, share_y], -1)
    weights = across[:, :, None] * down[..., None]
    first = torch.arange(b * count, device=flow.device).mul_(h * w).view(b, count, 1, 1)
    sources = (first + corners[:, None]).view(-1, 4)
    shares = weights.flatten(2)[:, None].expand(b, count, -1, -1).reshape(-1, 4)
    warped = F.embedding_bag(
        sources, levels.flatten(0, 2), mode="sum", per_sample_weights=shares.to(levels.dtype)
    )
    return warped.view_as(levels)
