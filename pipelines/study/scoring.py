"""How right a model is on rendered clips: the project's own islands, tracker and metrics."""

from collections.abc import Sequence

from glom_video.evaluate import ClipScore, ClipScorer, summarise
from glom_video.glom import Glom
from glom_video.perceive import Perceiver, Settings
from glom_video.structures import LEVEL_NAMES, id_image
from glom_video_pipelines.study.held_out_clips import StudyClip, frames_of


def score_clips(
    glom: Glom, method: str, clips: Sequence[StudyClip], settings: Settings
) -> list[ClipScore]:
    """A score per clip and level."""
    scores = []
    for clip in clips:
        perceiver, scorer = Perceiver(glom, settings), ClipScorer(method, clip.name)
        for t, prepared in enumerate(perceiver.prepare_recording(frames_of(clip.clip.images))):
            tracks = perceiver.parse_and_track(perceiver.update_columns(prepared)).tracks
            scorer.add(
                {level: id_image(of_level, *clip.size) for level, of_level in tracks.items()},
                clip.truth(t),
                None,
            )
        scores += scorer.result()
    return scores


def by_level(scores: Sequence[ClipScore], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Means over clips by level and metric; a clip that does not define a metric is left out of its
    mean."""
    means = {
        level: summarise([score for score in scores if score.level == level])
        for level in LEVEL_NAMES
    }
    return {
        level: {name: estimates[name].mean for name in names if name in estimates}
        for level, estimates in means.items()
    }
