"""The metrics that need truth, by name."""

from collections.abc import Mapping

from glom_video.evaluate.metric import Metric, survival_metrics

ACCURACY: Mapping[str, Metric] = {
    "fg_ari_video": Metric(
        "FG-ARI video",
        "accuracy",
        "higher",
        "adjusted Rand index over the pixels of true segments, the clip as one: ids must last",
    ),
    "fg_ari_image": Metric(
        "FG-ARI image",
        "accuracy",
        "higher",
        "adjusted Rand index over the pixels of true segments, frame by frame",
    ),
    "fg_ari_kept": Metric(
        "video / image",
        "accuracy",
        "higher",
        "FG-ARI video over FG-ARI image: what identity leaves of it",
    ),
    "ari_video": Metric(
        "ARI video",
        "accuracy",
        "higher",
        "FG-ARI video with background as one more segment: a shattered background costs",
    ),
    "ari_image": Metric(
        "ARI image",
        "accuracy",
        "higher",
        "FG-ARI image with background as one more segment",
        is_shown=False,
    ),
    "mbo_video": Metric(
        "mBO video",
        "accuracy",
        "higher",
        "best IoU of any predicted tube with each true one, mean",
    ),
    "mbo_image": Metric(
        "mBO image",
        "accuracy",
        "higher",
        "best IoU of any predicted mask with each true one, frame by frame, mean",
    ),
    "J": Metric(
        "J",
        "accuracy",
        "higher",
        "IoU as DAVIS defines it, matched one-to-one over the clip, first and last frame left out",
        is_shown=False,
    ),
    "F": Metric(
        "F",
        "accuracy",
        "higher",
        "precision and recall of outlines as DAVIS defines it, matched as J",
        is_shown=False,
    ),
    "J&F": Metric(
        "J&F",
        "accuracy",
        "higher",
        "mean of J and F of DAVIS, matched one-to-one over the clip",
    ),
    "J_best": Metric(
        "J-best",
        "accuracy",
        "higher",
        "for truth of one object: mean IoU of the one id that has the highest",
    ),
    "F_best": Metric(
        "F-best",
        "accuracy",
        "higher",
        "how well the outline of that one id fits",
    ),
    "J_fg": Metric(
        "J-fg",
        "accuracy",
        "higher",
        "for truth of one object: mean IoU of all ids together",
    ),
    "F_fg": Metric(
        "F-fg",
        "accuracy",
        "higher",
        "how well the outline of all ids together fits",
        is_shown=False,
    ),
    "J_beside": Metric(
        "J-fg - J-best",
        "accuracy",
        None,
        "above 0 the object is found but not under one id; below 0 other things are taken "
        "for objects",
    ),
    "false_objects": Metric(
        "false objects a frame",
        "accuracy",
        "lower",
        "predicted ids a frame that touch no true object in any frame; some are real things "
        "that nobody annotated",
    ),
    "only_split": Metric(
        "only object split",
        "accuracy",
        "lower",
        "share of the clips with one true object in which two ids or more lie on it, "
        "together or one after another: with most of themselves, on more than a fifth of it",
    ),
    "HOTA": Metric(
        "HOTA",
        "accuracy",
        "higher",
        "geometric mean of how right masks and how right ids are, as TrackEval has it",
    ),
    "DetA": Metric(
        "DetA",
        "accuracy",
        "higher",
        "how right masks are, of HOTA",
        is_shown=False,
    ),
    "AssA": Metric(
        "AssA",
        "accuracy",
        "higher",
        "how right ids are, of HOTA",
    ),
    "IDF1": Metric(
        "IDF1",
        "accuracy",
        "higher",
        "F score of masks under the one best matching of whole tracks",
    ),
    "IDSW": Metric(
        "IDSW a clip",
        "accuracy",
        "lower",
        "times a clip that a true object is matched to another id than before",
    ),
    **dict(survival_metrics("accuracy", "", "objects are those of the truth")),
    "fragments": Metric(
        "ids a track",
        "accuracy",
        "lower",
        "predicted ids per true track that was found at all; 1 is perfect",
    ),
    "relative_duration": Metric(
        "relative duration",
        "accuracy",
        "higher",
        "frames that a true track spent under its best id, of all its frames",
    ),
    "reidentified": Metric(
        "re-identified",
        "accuracy",
        "higher",
        "of the times when a true track was wholly out of sight and came back, those after "
        "which it had its old id",
    ),
    "AQ": Metric(
        "AQ",
        "accuracy",
        "higher",
        "association quality of STQ: no threshold, no matching",
    ),
    "nm_covering": Metric(
        "NMCovering",
        "accuracy",
        "higher",
        "best IoU of each true tube with any predicted tube of any level, mean over a "
        "level, then over levels",
    ),
    "edges_f1": Metric(
        "edges F1",
        "accuracy",
        "higher",
        "F score of part-in-object edges, after parts and objects are matched",
    ),
    "part_kept": Metric(
        "joint keeps part",
        "accuracy",
        "higher",
        "how often an annotated joint keeps its part id",
    ),
    "limbs_apart": Metric(
        "limbs apart",
        "accuracy",
        "higher",
        "how often joints on different limbs are on different parts",
    ),
    "one_object": Metric(
        "joints on one object",
        "accuracy",
        "higher",
        "how many joints lie on the object that has most",
    ),
}
"""In the order of tables."""
