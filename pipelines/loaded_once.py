"""What the processes of workers need, loaded by the one that they are forked from."""

from importlib import import_module

from glom_video_pipelines.loading import without_collection

with without_collection():
    for module in (
        "torch",
        "scipy.optimize",
        "cv2",
        "av",
        "glom_video.perceive.perceiver",
        "glom_video_pipelines.annotate.outcome",
        "glom_video_pipelines.model",
    ):
        import_module(module)
