"""Locks that keep two runs from writing into one place."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from glom_video.structures import InvalidInput
from glom_video_pipelines.new_folder import made_folder, remove_empty


class OutputLock:
    """The right to write to an output, from its making until its release, or until this process
    ends. Folders for it are made; they and the unfinished file are removed again at the release if
    nothing was written."""

    def __init__(self, output: Path, unfinished: Path | None = None) -> None:
        """
        Args:
            output: a folder, or a file.
            unfinished: what a file is called until it is complete; it is made if it is not there.

        Raises:
            InvalidInput: another run writes to the output.
            OSError: a folder or the file cannot be made or opened.
        """
        self._unfinished = unfinished
        self._new_folders = made_folder(output if unfinished is None else unfinished.parent)
        try:
            self._handle = locked(unfinished or output)
        except BaseException as error:
            remove_empty(self._new_folders)
            if isinstance(error, BlockingIOError):
                raise _taken(output) from error
            raise

    def release(self) -> None:
        """To be called once."""
        self._remove_unwritten()
        remove_empty(self._new_folders)
        if self._handle is not None:
            os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _remove_unwritten(self) -> None:
        """The unfinished file, if it is still empty and that of this run: another may have made one
        once this run's had got its final name."""
        if self._unfinished is None or self._handle is None:
            return
        with suppress(OSError):  # it is not there any more
            found = self._unfinished.stat()
            if not found.st_size and os.path.samestat(found, os.fstat(self._handle)):
                self._unfinished.unlink()


def refuse_taken(output: Path, unfinished: Path) -> None:
    """Raises InvalidInput if another run writes to a file, as an OutputLock of it would."""
    if is_locked(unfinished):
        raise _taken(output)


def _taken(output: Path) -> InvalidInput:
    return InvalidInput(
        f"another run writes to {output}",
        "Wait until it has ended, or choose another name for the output.",
    )


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
