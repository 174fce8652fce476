"""Products in bf16: how far they are from fp32, and when they are chosen."""

import pytest
import torch
import torch.nn.functional as F
from small_gloms import glom_with, moving, pictures, run

from glom_video.glom import precision
from glom_video.glom.cell import unit_variance


def test_products_in_bf16_change_no_cosine_by_a_hundredth() -> None:
    exact, fast = glom_with(), glom_with().for_inference(torch.bfloat16)
    frames, motion = pictures(4), moving(4, 1.5, 1)
    with torch.inference_mode():
        (a, _), (b, _) = run(exact, frames, motion), run(fast, frames, motion)
    assert fast.encoder.out.weight.dtype == torch.bfloat16
    assert fast.cell.get_parameter("top_down.0.out.weight").dtype == torch.bfloat16
    assert b.levels.dtype == fast.ground.dtype == torch.float32, (
        "what is remembered and what is read out stay exact"
    )
    assert not torch.equal(a.levels, b.levels)
    assert F.cosine_similarity(a.levels, b.levels, dim=-1).min() > 0.99


@pytest.mark.parametrize(
    ("instructions", "gain", "expected"),
    [
        ("avx512_bf16", 4.0, torch.bfloat16),
        ("amx_bf16", 8.0, torch.bfloat16),
        ("avx512_bf16", 0.5, torch.float32),
        ("avx512_f", 4.0, torch.float32),
    ],
)
def test_bf16_is_multiplied_where_that_is_faster(
    monkeypatch: pytest.MonkeyPatch, instructions: str, gain: float, expected: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {instructions: True}, raising=False)
    monkeypatch.setattr(precision, "bf16_gain", lambda device: gain)
    assert precision.fastest_type(torch.device("cpu")) == expected
    assert precision.fastest_type(torch.device("cuda")) == torch.float32


def test_versions_of_torch_that_know_no_instructions_compute_in_fp32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert precision.fastest_type(torch.device("cpu")) == torch.float32


def test_the_gain_of_bf16_is_that_of_its_products(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    assert (
        min(
            precision.seconds_per_product(dtype, cpu, rounds=1)
            for dtype in (torch.float32, torch.bfloat16)
        )
        > 0
    )
    monkeypatch.setattr(
        precision,
        "seconds_per_product",
        lambda dtype, device: {torch.float32: 4.0, torch.bfloat16: 1.0}[dtype],
    )
    assert precision.bf16_gain.__wrapped__(cpu) == 4


@torch.inference_mode()
def test_vectors_are_normalised_alike_with_and_without_gradients() -> None:
    x = torch.randn(2, 5, 16) * 3 + 1
    with torch.enable_grad():
        trained = unit_variance(x)
    torch.testing.assert_close(unit_variance(x), trained)
