"""Carried state follows the picture: each column fetches what was where its content came from (T3)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from glom_video.glom.encoder import STRIDE


def column_flow(motion: Float[Tensor, "b 5 H W"]) -> tuple[Float[Tensor, "b 2 h w"], Float[Tensor, "b n 1"]]:
    """Backward flow in columns (x, y), and its validity in [0, 1], averaged over each column."""
    flow = F.avg_pool2d(motion[:, :2].float(), STRIDE) / STRIDE
    validity = F.avg_pool2d(motion[:, 4:5].float(), STRIDE)
    return flow, validity.flatten(2).transpose(1, 2)


def warp(levels: Float[Tensor, "b l n d"], flow: Float[Tensor, "b 2 h w"]) -> Float[Tensor, "b l n d"]:
    """State fetched bilinearly along the backward flow; columns from outside take the nearest edge (their validity is 0 anyway)."""
    b, count, _, d = levels.shape
    h, w = flow.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h, device=flow.device), torch.arange(w, device=flow.device), indexing="ij")
    source_x, source_y = (flow[:, 0] + x).clamp(0, w - 1), (flow[:, 1] + y).clamp(0, h - 1)
    left, top = source_x.floor().clamp(max=max(w - 2, 0)), source_y.floor().clamp(max=max(h - 2, 0))
    share_x, share_y = (source_x - left).flatten(1), (source_y - top).flatten(1)
    corner = (top * w + left).long().flatten(1)
    rows = levels.reshape(b * count * h * w, d)
    first = torch.arange(b * count, device=flow.device).mul_(h * w).view(b, count, 1)
    warped = torch.zeros_like(rows)
    for dy, weight_y in ((0, 1 - share_y), (1, share_y)):
        for dx, weight_x in ((0, 1 - share_x), (1, share_x)):
            source = (first + (corner + dy * w + dx)[:, None]).flatten()
            weight = (weight_y * weight_x)[:, None].expand(b, count, -1).reshape(-1, 1)
            warped = torch.addcmul(warped, rows.index_select(0, source), weight.to(rows.dtype))
    return warped.view_as(levels)
