"""Writers of what was understood. Each writes frame by frame, names its output ``.partial`` until it is whole, and holds no clip in memory."""

from glom_video.export.davis import DavisWriter
from glom_video.export.mp4 import Mp4Writer

__all__ = ["DavisWriter", "Mp4Writer"]
