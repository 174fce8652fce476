"""Errors of the system and of libraries, told as what the user can do something about."""

import errno
import os
import re

from glom_video.structures import InvalidInput, one_line

OF_FULL_DISKS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of files that are open already, such as stdout: they name none."""
OF_MEMORY = re.compile(r"out of memory|insufficient memory|can't allocate memory", re.IGNORECASE)
"""In messages of torch, on a processor or a GPU, and of OpenCV."""


def as_invalid_input(error: Exception) -> InvalidInput | None:
    """Cause and remedy; None for a fault of the program."""
    if isinstance(error, InvalidInput):
        return error
    for explain in (_missing_library, _file_in_the_way, _named_file, _lack_of_memory, _full_disk):
        if (explained := explain(error)) is not None:
            return explained
    return None


def _missing_library(error: Exception) -> InvalidInput | None:
    if not isinstance(error, ImportError) or ".so" not in str(error):
        return None
    return InvalidInput(
        f"a system library is missing: {error}",
        "Install it; OpenCV needs libGL (Debian and Ubuntu: apt-get install libgl1).",
    )


def _file_in_the_way(error: Exception) -> InvalidInput | None:
    if not isinstance(error, FileExistsError) or error.filename is None:
        return None
    from glom_video.formats.partial import NO_FOLDER, reason_of

    return InvalidInput(reason_of(error), NO_FOLDER)


def _named_file(error: Exception) -> InvalidInput | None:
    if not isinstance(error, OSError) or error.filename is None or not error.strerror:
        return None
    return InvalidInput(
        f"{one_line(os.fsdecode(error.filename))}: {error.strerror.lower()}",
        "Check its name and permissions, and the free space on its disk.",
    )


def _lack_of_memory(error: Exception) -> InvalidInput | None:
    if not isinstance(error, MemoryError) and not OF_MEMORY.search(str(error)):
        return None
    return InvalidInput(
        f"there is not enough memory ({' '.join(str(error).split()) or 'no details'})",
        "Ask for smaller pictures or fewer things at once, or end other programs.",
    )


def _full_disk(error: Exception) -> InvalidInput | None:
    if not isinstance(error, OSError) or error.errno not in OF_FULL_DISKS:
        return None
    return InvalidInput(
        f"an output, such as stdout, cannot be written: {str(error.strerror).lower()}",
        "Check the free space on its disk.",
    )
