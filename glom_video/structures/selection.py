"""One object and its parts, out of all that is seen."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Int32

from glom_video.structures.tracks import Tracks


def only_object(
    ids: Int32[np.ndarray, "H W"], level: str, tracks: Mapping[str, Tracks], object_id: int
) -> Int32[np.ndarray, "H W"]:
    """The id image of a level, with only one object and its parts left in.

    While the object is seen as one with others, what is left is that island's id and the parts of
    all its members.
    """
    return np.where(np.isin(ids, _ids_of(level, tracks, object_id)), ids, np.int32(0))


def _ids_of(level: str, tracks: Mapping[str, Tracks], object_id: int) -> list[int]:
    objects, parts = tracks["object"], tracks["part"]
    seen = [
        (own, members)
        for own, members in zip(objects.ids.tolist(), objects.members, strict=True)
        if object_id in members
    ]
    if level == "object":
        return [own for own, _ in seen]
    together = {member for _, members in seen for member in members}
    pairs = zip(parts.ids.tolist(), parts.parent_ids.tolist(), strict=True)
    return [part for part, parent in pairs if parent in together]
