"""Number of threads of each library, so that stages that run side by side share the cores."""

import os


def share_cores(cores: int | None = None) -> None:
    """Of this process's cores (all if None), torch gets all but one, and at least one; OpenCV works
    in the threads that call it. The rest is for decoding, motion, drawing and encoding, each in its
    own thread. Decoder and encoder keep their own threads: the encoder's bytes depend on their
    number. A smaller OMP_NUM_THREADS is respected."""
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
