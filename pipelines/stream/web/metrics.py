"""The figures of a live run in Prometheus' text format."""

from typing import Any

Metric = tuple[str, str, str, Any]
"""Name without its prefix, type, help and value."""
STABILITIES = {
    "stability": "share of what is an object now or before that keeps its id",
    "background_stability": "share of what is background now or before that stays it",
}


def prometheus(
    stats: dict[str, Any], viewers: int, recording: bool, objects: int, parts: int
) -> str:
    """Text exposition format 0.0.4.

    Args:
        stats: figures of the run so far, as /stats.json has them.
        viewers: number of pages that are watching.
        objects: number of objects in the newest frame; ``parts`` likewise.
    """
    minute = stats["last_minute"]
    metrics = [
        *_metrics_of_run(stats),
        ("frames_per_second", "gauge", "Of the last five seconds.", minute["fps"]),
        ("objects", "gauge", "Objects in the newest frame.", objects),
        ("parts", "gauge", "Parts in the newest frame.", parts),
        *_stabilities(minute),
        ("viewers", "gauge", "Pages that are watching.", viewers),
        ("recording", "gauge", "1 while recording.", int(recording)),
    ]
    lines = [
        line
        for name, kind, text, value in metrics
        for line in (*_head(name, kind, text), f"glom_video_{name} {value}")
    ]
    return "\n".join([*lines, *_latencies(minute)]) + "\n"


def _metrics_of_run(stats: dict[str, Any]) -> list[Metric]:
    return [
        ("frames_total", "counter", "Frames that went through the model.", stats["frames"]),
        (
            "dropped_frames_total",
            "counter",
            "Frames that the source delivered and the model had no time for.",
            stats["dropped_frames"],
        ),
        (
            "resets_total",
            "counter",
            "Times that the model began anew after a cut, a gap, a new size or a request.",
            stats["resets"],
        ),
        ("uptime_seconds", "gauge", "Since the stream began.", stats["seconds"]),
    ]


def _stabilities(minute: dict[str, Any]) -> list[Metric]:
    return [
        (name, "gauge", f"Of the last minute: {text}.", minute[name])
        for name, text in STABILITIES.items()
        if minute[name] is not None
    ]


def _latencies(minute: dict[str, Any]) -> list[str]:
    name, text = "latency_seconds", "From capture to result, quantiles of the last minute."
    values = [
        f'glom_video_{name}{{quantile="{quantile}"}} {minute[key] / 1000:.4f}'
        for quantile, key in (("0.5", "latency_p50_ms"), ("0.95", "latency_p95_ms"))
        if minute[key] is not None
    ]
    return [*_head(name, "gauge", text), *values]


def _head(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP glom_video_{name} {text}", f"# TYPE glom_video_{name} {kind}"
