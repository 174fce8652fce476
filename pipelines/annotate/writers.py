"""The writer of all outputs of one job."""

from functools import partial

from glom_video.formats import ClipWriter, Mp4Writer
from glom_video.read import Source, file_names, frame_names, is_images, is_url, redacted
from glom_video.structures import SourceInfo
from glom_video_pipelines.annotate.jobs import Job
from glom_video_pipelines.annotate.options import AnnotateOptions
from glom_video_pipelines.annotate.tally import Tally


def clip_writer(job: Job, info: SourceInfo, options: AnnotateOptions, tally: Tally) -> ClipWriter:
    """An error on the way leaves what is there readable, under its ``.partial`` name.

    Raises InvalidInput if an output cannot be written.
    """
    places = options.places.of(redacted(job.source))
    open_mp4 = partial(
        Mp4Writer,
        time_base=info.time_base,
        frame_rate=info.frame_rate / options.stride,
        sample_aspect_ratio=info.sample_aspect_ratio,
        sound_from=job.source if info.has_sound and options.with_sound else None,
        is_cut_at_start=options.start_seconds is not None,
        is_cut_at_end=options.end_seconds is not None,
        threads=options.threads,
    )
    return ClipWriter(
        job.outputs,
        info,
        open_mp4,
        stride=options.stride,
        image_names=_image_names(job.source),
        threads=options.threads,
        places=lambda: places,
        timed=tally.timed,
    )


def _image_names(source: Source) -> list[tuple[str, str | None]] | None:
    """Names of the frames of an image folder and of their files; None of anything else."""
    if is_url(source) or not is_images(source):
        return None
    return list(zip(frame_names(source), file_names(source), strict=True))
