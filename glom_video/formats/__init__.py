"""One module per file format, to write it and to read it; video files in ``video``.

Writers write frame by frame, name their output ``.partial`` until it is complete, and hold no clip
in memory.
"""

from glom_video.formats.annotated_clip import AnnotatedClip, RleInstance
from glom_video.formats.annotations import read_annotations
from glom_video.formats.clip_writer import ClipWriter
from glom_video.formats.coco import CocoWriter
from glom_video.formats.dataset import merge_annotations
from glom_video.formats.davis import (
    DavisWriter,
    annotation_levels,
    mask_files,
    read_davis,
    read_joints,
    read_parents,
    subfolders,
    write_davis,
)
from glom_video.formats.events import EventsWriter, read_events
from glom_video.formats.instances import AnnotatedFrame, Instance, annotated_frame
from glom_video.formats.masks import ClipMasks, Mask, PngMask, RleMask, is_id_image
from glom_video.formats.mots import MotsWriter, read_mots
from glom_video.formats.mots_text import MotsTextWriter
from glom_video.formats.outputs import DRAWN, FORMATS, Format, Outputs
from glom_video.formats.partial import partial_name
from glom_video.formats.png_sequence import AlphaWriter, FramesWriter, PngSequenceWriter
from glom_video.formats.read_table import TableInfo, read_frames, read_rows, read_table_info
from glom_video.formats.sheet import SheetWriter
from glom_video.formats.supervision import to_supervision
from glom_video.formats.table import TableWriter
from glom_video.formats.video.moving import GifWriter, WebmWriter
from glom_video.formats.video.mp4 import Mp4Writer
from glom_video.formats.writer import FrameWriter, PictureWriter, Writer
from glom_video.formats.ytvis import YtvisWriter, read_ytvis

__all__ = [
    "DRAWN",
    "FORMATS",
    "AlphaWriter",
    "AnnotatedClip",
    "AnnotatedFrame",
    "ClipMasks",
    "ClipWriter",
    "CocoWriter",
    "DavisWriter",
    "EventsWriter",
    "Format",
    "FrameWriter",
    "FramesWriter",
    "GifWriter",
    "Instance",
    "Mask",
    "MotsTextWriter",
    "MotsWriter",
    "Mp4Writer",
    "Outputs",
    "PictureWriter",
    "PngMask",
    "PngSequenceWriter",
    "RleInstance",
    "RleMask",
    "SheetWriter",
    "TableInfo",
    "TableWriter",
    "WebmWriter",
    "Writer",
    "YtvisWriter",
    "annotated_frame",
    "annotation_levels",
    "is_id_image",
    "mask_files",
    "merge_annotations",
    "partial_name",
    "read_annotations",
    "read_davis",
    "read_events",
    "read_frames",
    "read_joints",
    "read_mots",
    "read_parents",
    "read_rows",
    "read_table_info",
    "read_ytvis",
    "subfolders",
    "to_supervision",
    "write_davis",
]
