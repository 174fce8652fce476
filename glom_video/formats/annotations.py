"""Reads one clip from a JSON file of annotations in either of the two formats."""

import json
from pathlib import Path

from glom_video.formats.annotated_clip import AnnotatedClip
from glom_video.formats.coco import clip_of_coco
from glom_video.formats.ytvis import clip_of_ytvis
from glom_video.structures import InvalidInput

REMEDY = "Name a .coco.json or .ytvis.json that annotate wrote."
"""For a file that is neither."""


def read_annotations(path: str | Path) -> AnnotatedClip:
    """The clip that CocoWriter or YtvisWriter wrote.

    Raises:
        InvalidInput: it is neither, or a file of several clips.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        if (clips := len(document["videos"])) > 1:
            raise InvalidInput(f"{path} holds {clips} clips", "Name the json of one of them.")
        return clip_of_coco(document) if "images" in document else clip_of_ytvis(document)
    except InvalidInput:
        raise
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}", REMEDY) from error
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise InvalidInput(
            f"{path} is no coco or ytvis json of annotate: {_in_short(error)}", REMEDY
        ) from error


def _in_short(error: Exception) -> str:
    """What is wrong with a file, without the bytes of it that an error may carry."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no text"
    return "it is no JSON" if isinstance(error, json.JSONDecodeError) else repr(error)
