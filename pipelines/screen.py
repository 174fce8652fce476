"""Whether there is a display that a window could be shown on."""

import os
import sys


def has_display() -> bool:
    """On Linux by the variables of X11 and Wayland; elsewhere there always is one."""
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
