"""True poses of true islands, from their masks at column resolution."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor


def true_poses(
    ids: Int64[Tensor, "b t h w"], camera: Float[Tensor, "b t 2 h w"] | None = None
) -> tuple[Float[Tensor, "b t k n"], Float[Tensor, "b t k 7"], Bool[Tensor, "b t k"]]:
    """For each id above 0: its columns as shares that sum to 1, its pose, and whether it is seen in that frame.

    Pose: centre x, y in [0, 1]; log of the root of its share of the frame's area; cosine and sine of twice its orientation, scaled by how
    elongated it is; velocity x, y in tenths of the frame per frame (0 where it was not seen in the frame before).

    Args:
        camera: what the camera alone does to each column, as backward flow in fractions of the frame; it is taken out of the velocity, since
            the network, too, sees motion without it. Without ``camera`` the velocity is that in the frame.
    """
    h, w = ids.shape[2:]
    count = int(ids.max())
    masks = F.one_hot(ids.flatten(2), count + 1)[..., 1:].transpose(2, 3).float()  # (b t k n)
    size = masks.sum(-1)
    shares = masks / size.clamp(min=1)[..., None]
    y, x = ((torch.arange(side, device=ids.device) + 0.5) / side for side in (h, w))
    place = torch.stack([x.repeat(h), y.repeat_interleave(w)], -1)  # (n 2)
    centre = shares @ place
    metric = torch.tensor([w / h, 1.0], device=ids.device)  # angles are those of square pixels
    spread = (place - centre[..., None, :]) * metric  # (b t k n 2)
    xx, yy, xy = ((shares * product).sum(-1) for product in (spread[..., 0] ** 2, spread[..., 1] ** 2, spread[..., 0] * spread[..., 1]))
    elongation = torch.stack([xx - yy, 2 * xy], -1) / (xx + yy).clamp(min=1e-6)[..., None]
    exists = size > 0
    velocity = torch.zeros_like(centre)
    velocity[:, 1:] = centre[:, 1:] - centre[:, :-1]
    if camera is not None:
        velocity += shares @ camera.flatten(3).transpose(2, 3)
    velocity[:, 1:] *= 10 * (exists[:, 1:] & exists[:, :-1])[..., None]
    scale = 0.5 * (size / (h * w)).clamp(min=1e-4).log()
    return shares, torch.cat([centre, scale[..., None], elongation, velocity], -1), exists


def camera_flow(motion: Float[Tensor, "b t 7 H W"], grid: tuple[int, int]) -> Float[Tensor, "b t 2 h w"]:
    """Backward flow that the camera alone causes at each column, in fractions of the frame, from planes of ``motion.motion_array``."""
    camera = F.adaptive_avg_pool2d((motion[:, :, :2] - motion[:, :, 2:4]).flatten(0, 1), grid).unflatten(0, motion.shape[:2])
    return camera / torch.tensor([motion.shape[-1], motion.shape[-2]], device=motion.device)[:, None, None]
