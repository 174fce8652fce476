"""Masks as MOTS text: a line per frame and track, as TrackEval and the MOTS tools read it.

``ROOT/mots-txt/<level>/<name>.txt``, each line ``frame id class height width rle``: frames from
1, id = 1000 * class + track id, rle in COCO's compressed form. Voigtlaender et al., "MOTS:
multi-object tracking and segmentation", CVPR 2019.
"""

from collections.abc import Sequence
from pathlib import Path

from glom_video.formats.instances import AnnotatedFrame
from glom_video.formats.mots import IDS_PER_CLASS, too_large_id
from glom_video.formats.partial import partial_name, put_in_place, writing
from glom_video.formats.writer import FrameWriter
from glom_video.structures import LevelName

CLASS = 2
"""MOTS's pedestrian, the only class that its readers score. Each level has its own file."""


class MotsTextWriter(FrameWriter):
    """Frame numbers are the source's index + 1. Needs pycocotools.

    Raises:
        InvalidInput: a file cannot be written, or ids exceed 999.
    """

    def __init__(self, root: Path, name: str, levels: Sequence[LevelName]) -> None:
        from pycocotools.mask import encode

        self._encode = encode
        self._files = {level: mots_text(root, name, level) for level in levels}
        self._partials = {level: partial_name(path, name) for level, path in self._files.items()}
        for level, partial in self._partials.items():
            with writing(self._files[level]):
                partial.parent.mkdir(parents=True, exist_ok=True)
                partial.write_text("", encoding="ascii")

    def write(self, frame: AnnotatedFrame) -> None:
        lines: dict[LevelName, str] = dict.fromkeys(self._files, "")
        for instance in frame.instances:
            if instance.id >= IDS_PER_CLASS:
                raise too_large_id(instance.id)
            rle = self._encode(frame.mask(instance))
            number = CLASS * IDS_PER_CLASS + instance.id
            said = (frame.index + 1, number, CLASS, *rle["size"], rle["counts"].decode())
            lines[instance.level] += " ".join(map(str, said)) + "\n"
        for level, text in lines.items():
            with (
                writing(self._files[level]),
                self._partials[level].open("a", encoding="ascii") as file,
            ):
                file.write(text)

    def close(self) -> None:
        for level, path in self._files.items():
            with writing(path):
                put_in_place(self._partials[level], path)

    def abort(self) -> None:
        """The files stay partial."""


def mots_text(root: Path, name: str, level: LevelName) -> Path:
    """The file of one clip and level."""
    return root / "mots-txt" / level / f"{name}.txt"
