"""``glom-video render``: draw an annotated video from saved tracks and masks, without the model."""

import sys
from collections.abc import Generator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np

from glom_video.formats import AnnotatedClip, Mp4Writer, partial_name, read_annotations
from glom_video.formats.partial import writing
from glom_video.motion import no_motion
from glom_video.read import describe, read
from glom_video.render import DrawSettings, HeldLabels, drawn_otherwise, render
from glom_video.structures import Frame, InvalidInput, Parse, Percept, SourceInfo
from glom_video_pipelines.locked import OutputLock
from glom_video_pipelines.originals import refuse_replacing


def run_render(
    tracks: Path,
    source: str,
    out: Path,
    draw: DrawSettings,
    *,
    with_sound: bool = True,
    overwrite: bool = False,
) -> int:
    """Draw the tracks over the frames of their source; returns the number of frames drawn.

    Raises:
        InvalidInput: either cannot be read, they do not belong together, the output exists, or the
            layout needs what saved tracks do not hold.
    """
    _check(tracks, source, out, draw, overwrite)
    annotated, info = read_annotations(tracks), describe(source)
    if (annotated.height, annotated.width) != (info.height, info.width):
        sizes = (
            f"{tracks} is of a clip of {annotated.width}x{annotated.height}, {source} is "
            f"{info.width}x{info.height}"
        )
        raise InvalidInput(sizes, "Name the source that was annotated.")
    _tell_of_another_source(annotated, info, tracks)
    _tell_what_is_drawn_otherwise(annotated)
    if draw.level and not any(frame.get(draw.level) for frame in annotated.frames.values()):
        print(f"{tracks} holds no {draw.level}s: nothing is drawn", file=sys.stderr)
    sound_from = source if with_sound and info.has_sound else None
    drawn = _draw(annotated, info, source, out, draw, sound_from)
    if not drawn:
        raise InvalidInput(
            f"{source} has none of the frames of {tracks}", "Name the source that was annotated."
        )
    if drawn < (stored := len(annotated.source_frames)):
        print(
            f"{source} has only {drawn} of the {stored} frames of {tracks}: is it the source that "
            "was annotated?",
            file=sys.stderr,
        )
    return drawn


def _check(tracks: Path, source: str, out: Path, draw: DrawSettings, overwrite: bool) -> None:
    """Raises InvalidInput for what is wrong whatever the files hold."""
    if draw.layout == "levels":
        raise InvalidInput(
            "saved tracks do not hold the agreement of columns, which the layout levels shows",
            "Give overlay, side-by-side or mask, or annotate the source again with this layout.",
        )
    if out.suffix != ".mp4":
        raise InvalidInput(f"{out} is not a name for a drawn video", "Give one that ends in .mp4.")
    refuse_replacing([source, str(tracks)], [out, partial_name(out, out.stem)])
    if out.exists() and not overwrite:
        raise InvalidInput(
            f"{out} exists already",
            "Give --overwrite to replace it, or choose another name with -o.",
        )


def _draw(
    annotated: AnnotatedClip,
    info: SourceInfo,
    source: str,
    out: Path,
    draw: DrawSettings,
    sound_from: str | None,
) -> int:
    """Draw and write the video; returns the number of frames drawn."""
    drawn, labels, seen = 0, HeldLabels(), set[int]()
    with writing(out):
        alone = OutputLock(out, partial_name(out, out.stem))
    with alone, ExitStack() as opened, closing(_percepts(annotated, source)) as percepts:
        writer: Mp4Writer | None = None
        for percept in percepts:
            names = annotated.given_names(percept.frame.index)
            picture = render(percept, draw, names, held=labels)
            writer = writer or opened.enter_context(
                _writer(annotated, info, sound_from, out, picture)
            )
            writer.write(picture, percept.frame.pts_seconds)
            seen.update(*percept.tracks["object"].members)
            drawn += 1
    for note in draw.notes(seen) if drawn else ():
        print(note, file=sys.stderr)
    return drawn


def _tell_of_another_source(annotated: AnnotatedClip, info: SourceInfo, tracks: Path) -> None:
    """Say on stderr that this is not the file that was annotated. It is drawn, since it may show
    the same: a copy in another encoding does."""
    recorded = annotated.source_fingerprint
    if recorded and info.fingerprint and info.fingerprint != recorded:
        print(
            f"{info.path} is not the file that {tracks} was made from: name that one if the masks "
            "do not fit",
            file=sys.stderr,
        )


def _tell_what_is_drawn_otherwise(annotated: AnnotatedClip) -> None:
    """What pictures show otherwise than its names are written, on stderr."""
    names = {
        name
        for index in annotated.source_frames
        for name in annotated.given_names(index).by_id.values()
    }
    for line in drawn_otherwise("".join(sorted(names))):
        print(line, file=sys.stderr)


def _percepts(annotated: AnnotatedClip, source: str) -> Generator[Percept, None, None]:
    """The frames that were annotated, with what was seen in them."""
    wanted, last = set(annotated.source_frames), max(annotated.source_frames, default=-1)
    with closing(read(source)) as frames:
        for frame in frames:
            if frame.index in wanted:
                yield _percept(frame, annotated)
            if frame.index >= last:
                return


def _percept(frame: Frame, annotated: AnnotatedClip) -> Percept:
    """Only what is drawn: no motion, no parse."""
    return Percept(
        frame,
        no_motion(1, 1),
        Parse(islands={}, parent=np.zeros(0, np.int32)),
        annotated.tracks(frame.index),
    )


def _writer(
    annotated: AnnotatedClip,
    info: SourceInfo,
    sound_from: str | None,
    out: Path,
    picture: np.ndarray,
) -> Mp4Writer:
    first, last = annotated.source_frames[0], annotated.source_frames[-1]
    stride = int(min(np.diff(annotated.source_frames), default=1))
    return Mp4Writer(
        out,
        *picture.shape[:2],
        time_base=info.time_base,
        frame_rate=info.frame_rate / stride,
        sample_aspect_ratio=info.sample_aspect_ratio,
        sound_from=sound_from,
        is_cut_at_start=first > 0,
        is_cut_at_end=info.frames_declared is not None and last + stride < info.frames_declared,
    )
