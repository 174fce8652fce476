"""Threads of the libraries, so that they do not fight: stages that run side by side share the cores
among themselves."""

import os


def share_cores(cores: int | None = None) -> None:
    """Of the cores that a process may use (all of its own if None), torch gets all but one, and at
    least one; OpenCV works in the threads that call it. What is left goes to decoding, motion,
    drawing and encoding, each of which runs in a thread of ours. Decoder and encoder keep the
    threads that they start themselves: the encoder's bytes depend on their number. A smaller
    OMP_NUM_THREADS is respected."""
    import cv2
    import torch

    cores = cores or available_cores()
    torch.set_num_threads(max(1, min(torch.get_num_threads(), cores - 1)))
    cv2.setNumThreads(1)


def available_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
