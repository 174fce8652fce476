"""The figures of a bench as tables."""

import datetime
import platform
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from glom_video.glom import Glom
from glom_video_pipelines.annotate.results import count


def machine(glom: Glom, cores: int) -> dict[str, Any]:
    """What the figures were taken on, and when."""
    device = glom.ground.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    return {
        "date": datetime.date.today().isoformat(),
        "machine": (
            f"{name}, {cores} cores, torch {torch.__version__}, {torch.get_num_threads()} of its "
            "threads"
        ),
        "device": str(device),
        "products": str(glom.cell.products).removeprefix("torch."),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(
                line.partition(":")[2].strip() for line in file if line.startswith("model name")
            )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def print_report(result: dict[str, Any]) -> None:
    """On stdout."""
    out = Console(highlight=False, soft_wrap=True)
    out.print(
        (
            f"{result['date']}, {result['machine']}, {result['device']}, products in "
            f"{result['products']}"
        ),
        markup=False,
    )
    _print_stages(out, result)
    _print_limits(out, result)
    for growth in result.get("growth", []):
        points = ", ".join(f"{n}: {ms:.2f} ms" for n, ms in growth["ms"].items())
        out.print(
            f"over {growth['over']} ({growth['what']}): {points}; last over first "
            f"{growth['ratio']:.2f}"
        )
    if "peer" in result:
        _print_peer(out, result["peer"])
    if "quality" in result:
        _print_quality(out, result["quality"])


def _print_stages(out: Console, result: dict[str, Any]) -> None:
    clip = result["clip"]
    table = Table(
        title=(
            f"{clip['source']}, {clip['size']}, {clip['frames']} frames: each stage alone, ms a "
            "frame"
        ),
        title_justify="left",
    )
    for column in ("stage", "mean", "p50", "p95", "share"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for name, stage in result["stages"].items():
        table.add_row(
            name,
            f"{stage['mean_ms']:.2f}",
            f"{stage['p50_ms']:.2f}",
            f"{stage['p95_ms']:.2f}",
            f"{stage['share']:.0%}",
        )
    table.add_row("sum", f"{result['sum_ms']:.2f}", "", "", "")
    out.print(table)


def _print_limits(out: Console, result: dict[str, Any]) -> None:
    whole, limits = result["end_to_end"], result["limits"]
    out.print(
        f"motion, islands, track and draw together: {result['beside_the_model_share']:.0%} of the "
        "sum"
    )
    out.print(
        (
            f"end to end: {whole['fps']:.1f} frames/s, {whole['ms']:.1f} ms a frame (median of "
            f"{count(len(whole['runs']), 'run')}: {whole['runs']})"
        ),
        markup=False,
    )
    out.print(
        f"  {limits['times_floor']:.2f} x the larger of the slowest stage and the CPU time over "
        f"the cores ({limits['floor_ms']:.1f} ms)"
    )
    out.print(
        f"  {limits['share_of_decode_encode']:.2f} of decoding and encoding alone "
        f"({limits['decode_encode_fps']:.1f} frames/s)"
    )
    rate = (
        f"{limits['gflop_per_frame']:.2f} GFLOP at {limits['gflop_per_second']:.0f} GFLOP/s "
        f"({limits['product_type']})"
    )
    out.print(
        "  the model's products at the speed of this machine's square ones: "
        f"{limits['arithmetic_ms']:.1f} ms ({rate})"
    )
    out.print(
        f"CPU time {result['cpu_ms']:.1f} ms a frame, peak memory {result['peak_memory_mib']:.0f} "
        "MiB"
    )


def _print_peer(out: Console, peer: dict[str, Any]) -> None:
    table = Table(title=f"ms per iteration, batch 1, beside {peer['name']}", title_justify="left")
    for column in ("columns", "ours", "ours in fp32", peer["name"], "times faster"):
        table.add_column(column, justify="right")
    for row in peer["columns"]:
        times = (f"{row[name]:.2f}" for name in ("ours_ms", "ours_fp32_ms", "theirs_ms"))
        table.add_row(str(row["columns"]), *times, f"{row['times_faster']:.1f}")
    out.print(table)


def _print_quality(out: Console, quality: list[dict[str, Any]]) -> None:
    table = Table(
        title="quality of these settings beside fp32, eager, 4 iterations", title_justify="left"
    )
    for column in ("tree", "metric", "level", "clips", "fast", "slow", "loss"):
        table.add_column(
            column, justify="left" if column in ("tree", "metric", "level") else "right"
        )
    for row in quality:
        values = (f"{row[name]:.3f}" for name in ("fast", "slow", "loss"))
        table.add_row(row["tree"], row["metric"], row["level"], str(row["clips"]), *values)
    out.print(table)
