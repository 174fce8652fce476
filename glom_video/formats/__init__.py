"""Writers of what was understood. Each writes frame by frame, names its output ``.partial`` until it is whole, and holds no clip in memory."""

from glom_video.formats.coco import CocoWriter, YtvisWriter
from glom_video.formats.davis import DavisWriter, davis_folder
from glom_video.formats.mots import MotsWriter, mots_folder
from glom_video.formats.mp4 import Mp4Writer
from glom_video.formats.partial import partial_name
from glom_video.formats.regions import ExportFrame, FrameWriter, Region, export_frame
from glom_video.formats.stored import StoredClip, read_stored
from glom_video.formats.table import TableInfo, TableWriter

__all__ = [
    "CocoWriter",
    "DavisWriter",
    "ExportFrame",
    "FrameWriter",
    "MotsWriter",
    "Mp4Writer",
    "Region",
    "StoredClip",
    "TableInfo",
    "TableWriter",
    "YtvisWriter",
    "davis_folder",
    "export_frame",
    "mots_folder",
    "partial_name",
    "read_stored",
]
