"""Locks that keep two runs from writing into one place."""

import os
from pathlib import Path


def locked(path: Path) -> int | None:
    """A handle with a lock on a folder, or on a file, which is made if it is not there. No other
    run gets the lock until the handle is closed or this process ends. None on systems and file
    systems without locks.

    Raises:
        BlockingIOError: another run has it.
        OSError: the file cannot be opened.
    """
    try:
        import fcntl
    except ImportError:
        return None
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:  # a file system without locks
        os.close(handle)
        return None
    return handle


def is_locked(path: Path) -> bool:
    """Whether another run writes into a file; not if there is none."""
    if not path.is_file():
        return False
    try:
        handle = locked(path)
    except BlockingIOError:
        return True
    except OSError:  # not to be opened, as the run itself will say
        return False
    if handle is not None:
        os.close(handle)
    return False
