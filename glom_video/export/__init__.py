"""Writers of what was understood. Each writes frame by frame, names its output ``.partial`` until it is whole, and holds no clip in memory."""

from glom_video.export.coco import CocoWriter, YtvisWriter
from glom_video.export.davis import DavisWriter, davis_folder
from glom_video.export.mots import MotsWriter, mots_folder
from glom_video.export.mp4 import Mp4Writer
from glom_video.export.partial import partial_name
from glom_video.export.regions import ExportFrame, FrameWriter, Region, export_frame
from glom_video.export.stored import StoredClip, read_stored
from glom_video.export.table import TableInfo, TableWriter

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
