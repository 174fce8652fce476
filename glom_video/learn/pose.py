"""True poses of true islands, from their masks at column resolution."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor


def true_poses(
    ids: Int64[Tensor, "b t h w"],
    camera: Float[Tensor, "b t 2 h w"] | None = None,
    sizes: Float[Tensor, "b t k 1"] | None = None,
) -> tuple[Float[Tensor, "b t k 7"], Bool[Tensor, "b t k"]]:
    """For each id above 0: its pose, and whether it is seen in that frame.

    Pose: centre x, y in [0, 1]; log of the root of its share of the frame's area; cosine and sine
    of twice its orientation, scaled by how elongated it is; velocity x, y in tenths of the frame
    per frame (0 where it was not seen in the frame before).

    Args:
        camera: what the camera alone does to each column, as backward flow in fractions of the
            frame; it is taken out of the velocity, since the network's motion input is without it,
            too. Without ``camera`` the velocity is that in the frame.
        sizes: result of ``island_sizes``; without, it is computed up to the largest id.
    """
    h, w = ids.shape[2:]
    flat = ids.flatten(2)
    sizes = island_sizes(flat, int(ids.max())) if sizes is None else sizes
    y, x = ((torch.arange(side, device=ids.device) + 0.5) / side for side in (h, w))
    place = torch.stack([x.repeat(h), y.repeat_interleave(w)], -1).expand(*flat.shape, 2)
    centre = island_means(place, flat, sizes)
    apart = place - F.pad(centre, (0, 0, 1, 0)).gather(2, flat[..., None].expand_as(place))
    across, down = apart[..., 0] * (w / h), apart[..., 1]  # angles are those of square pixels
    moments = torch.stack([across**2, down**2, across * down], -1)
    xx, yy, xy = island_means(moments, flat, sizes).unbind(-1)
    elongation = torch.stack([xx - yy, 2 * xy], -1) / (xx + yy).clamp(min=1e-6)[..., None]
    exists = sizes[..., 0] > 0
    by_camera = torch.zeros_like(centre)
    if camera is not None:
        by_camera = island_means(camera.flatten(3).transpose(2, 3), flat, sizes)
    scale = 0.5 * (sizes / (h * w)).clamp(min=1e-4).log()
    velocity = _velocities(centre, exists, by_camera)
    return torch.cat([centre, scale, elongation, velocity], -1), exists


def _velocities(
    centre: Float[Tensor, "b t k 2"],
    exists: Bool[Tensor, "b t k"],
    by_camera: Float[Tensor, "b t k 2"],
) -> Float[Tensor, "b t k 2"]:
    """Velocity x, y of each island against the camera's backward flow, in tenths of the frame per
    frame."""
    velocity = torch.zeros_like(centre)
    velocity[:, 1:] = centre[:, 1:] - centre[:, :-1]
    velocity += by_camera
    velocity[:, 1:] *= 10 * (exists[:, 1:] & exists[:, :-1])[..., None]
    return velocity


def island_sizes(ids: Int64[Tensor, "b t n"], most: int) -> Float[Tensor, "b t k 1"]:
    """Columns of each id from 1 to ``most``."""
    return _sums(torch.ones(*ids.shape, 1, device=ids.device), ids, most)


def island_means(
    values: Float[Tensor, "b t n c"], ids: Int64[Tensor, "b t n"], sizes: Float[Tensor, "b t k 1"]
) -> Float[Tensor, "b t k c"]:
    """Over the columns of each id; 0 where it has none."""
    return _sums(values, ids, sizes.shape[2]) / sizes.clamp(min=1)


def _sums(
    values: Float[Tensor, "b t n c"], ids: Int64[Tensor, "b t n"], most: int
) -> Float[Tensor, "b t k c"]:
    b, t = ids.shape[:2]
    first = torch.arange(b * t, device=ids.device).mul_(most + 1).view(b, t, 1)
    sums = values.new_zeros(b * t * (most + 1), values.shape[-1])
    sums = sums.index_add(0, (first + ids).flatten(), values.flatten(0, 2))
    return sums.view(b, t, most + 1, -1)[:, :, 1:]


def camera_flow(
    motion: Float[Tensor, "b t 7 H W"], interval: Float[Tensor, "b t"], grid: tuple[int, int]
) -> Float[Tensor, "b t 2 h w"]:
    """Backward flow that the camera alone causes at each column, in fractions of the frame, from
    planes of ``motion.motion_array`` and the intervals over which they were measured, in frames."""
    own = motion[:, :, 2:4] / interval[:, :, None, None, None]
    camera = F.adaptive_avg_pool2d((motion[:, :, :2] - own).flatten(0, 1), grid)
    camera = camera.unflatten(0, motion.shape[:2])
    return torch.stack([camera[:, :, 0] / motion.shape[-1], camera[:, :, 1] / motion.shape[-2]], 2)
