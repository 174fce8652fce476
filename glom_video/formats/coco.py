"""Masks as COCO JSON: an image per frame, an annotation per frame and track, run-length encoded.

Lin et al., "Microsoft COCO: common objects in context", ECCV 2014.
"""

from collections.abc import Mapping
from typing import Any

from glom_video.formats.annotated_clip import AnnotatedClip, RleInstance
from glom_video.formats.annotation_writer import CATEGORIES, LEVELS, AnnotationWriter
from glom_video.formats.spool import SpooledFrame, SpooledInstance
from glom_video.structures import LevelName


class CocoWriter(AnnotationWriter):
    """``OUT/<name>.coco.json``. Besides COCO's own fields, each annotation has ``track_id``,
    ``parent_id``, ``name``, ``given_name`` and ``video_id``; the first three also under
    ``attributes``, where CVAT and Datumaro look for them."""

    def _clip(self) -> dict[str, Any]:
        numbered = enumerate(self._spool.by_frame(), 1)
        return {
            "videos": [self._video()],
            "images": map(self._image, self._spool.all_frames()),
            "annotations": (self._annotation(number, instance) for number, instance in numbered),
        }

    def _image(self, frame: SpooledFrame) -> dict[str, Any]:
        return {
            "id": frame.place + 1,
            "video_id": 1,
            "frame_id": frame.place,
            "source_frame": frame.index,
            "pts_seconds": frame.pts_seconds,
            "is_corrupt": frame.is_corrupt,
            "file_name": self._file_name(frame),
            "height": self._info.height,
            "width": self._info.width,
        }

    def _annotation(self, number: int, instance: SpooledInstance) -> dict[str, Any]:
        return {
            "id": number,
            "image_id": instance.place + 1,
            "video_id": 1,
            "category_id": CATEGORIES[instance.level],
            "track_id": instance.id,
            "parent_id": instance.parent_id,
            "name": instance.name,
            "given_name": instance.given_name,
            "segmentation": instance.rle,
            "area": instance.area,
            "bbox": instance.box,
            "iscrowd": 0,
            "score": round(instance.score, 6),
            "attributes": {
                "track_id": instance.id,
                "parent_id": instance.parent_id,
                "name": instance.name,
            },
        }


def clip_of_coco(document: Mapping[str, Any]) -> AnnotatedClip:
    """The clip that CocoWriter wrote.

    Raises:
        KeyError, TypeError, IndexError: it did not write this.
    """
    video = document["videos"][0]
    indices = {image["id"]: image["source_frame"] for image in document["images"]}
    frames: dict[int, dict[LevelName, list[RleInstance]]] = {}
    for each in document["annotations"]:
        instance = RleInstance(
            id=each["track_id"],
            parent_id=each["parent_id"],
            score=each["score"],
            rle=each["segmentation"],
            name=each.get("name", str(each["track_id"])),
            given_name=each.get("given_name", ""),
        )
        of_frame = frames.setdefault(indices[each["image_id"]], {})
        of_frame.setdefault(LEVELS[each["category_id"]], []).append(instance)
    size, known_by = (video["height"], video["width"]), video.get("source_fingerprint", "")
    return AnnotatedClip(*size, list(indices.values()), frames, known_by)
