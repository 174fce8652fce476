"""One json for all clips of an output folder, for programs that take a data set."""

from collections.abc import Sequence
from pathlib import Path

from glom_video.formats import Format, Outputs, merge_annotations
from glom_video_pipelines.annotate.manifest import is_done, read_manifest, with_earlier

FILES: dict[Format, str] = {"coco": "instances_all.json", "ytvis": "ytvis_all.json"}
"""In OUT/annotations. Readers of COCO, Datumaro among them, know it by ``instances_``."""


def write_data_set(out: Path, formats: Sequence[Format]) -> None:
    """Write ``OUT/annotations``: for each format that has one, a file of all clips that are done
    according to the manifest and whose pictures exist.

    Raises:
        InvalidInput: it cannot be written.
    """
    done = [
        name for name, line in read_manifest(out).items() if any(map(is_done, with_earlier(line)))
    ]
    for format_, file_name in FILES.items():
        if format_ in formats:
            clips = [Outputs(out, name, (format_,)) for name in done]
            whole = [
                clip.of(format_)[0]
                for clip in clips
                if clip.frames_folder.is_dir() and clip.of(format_)[0].is_file()
            ]
            if whole:
                merge_annotations(whole, out / "annotations" / file_name)
