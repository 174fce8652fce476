"""The trunk: a network of photographs whose features the encoder is given, and which stays as it is
unless a run lets it learn."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small_gloms import SMALL
from torch import Tensor, nn

from glom_video.glom import Glom, GlomConfig
from glom_video.glom.trunk import DEEP_STAGE, NORM_EPSILON, STAGES, STEM, Trunk, folded
from glom_video.structures import InvalidInput
from glom_video_pipelines.training.checkpoint import TrainingRun
from glom_video_pipelines.training.config import TrainConfig

WITH_TRUNK = replace(SMALL, trunk=True)
DEEP = replace(WITH_TRUNK, trunk_deep=True)


def as_published() -> dict[str, Tensor]:
    """Weights drawn at random, under the names and in the shapes of EfficientNet-lite0."""
    torch.manual_seed(0)
    state: dict[str, Tensor] = {}

    def layer(convolution: str, norm: str, *shape: int) -> None:
        fan_in = shape[1] * shape[2] * shape[3]
        state[f"{convolution}.weight"] = torch.randn(shape) / fan_in**0.5
        state[f"{norm}.weight"] = torch.rand(shape[0]) + 0.5
        state[f"{norm}.bias"] = torch.randn(shape[0])
        state[f"{norm}.running_mean"] = torch.randn(shape[0])
        state[f"{norm}.running_var"] = torch.rand(shape[0]) + 0.5

    layer("_conv_stem", "_bn0", STEM, 3, 3, 3)
    place, width = 0, STEM
    for expansion, channels, kernel, _, count in (*STAGES, DEEP_STAGE):
        for _ in range(count):
            hidden, block = width * expansion, f"_blocks.{place}"
            if expansion > 1:
                layer(f"{block}._expand_conv", f"{block}._bn0", hidden, width, 1, 1)
            layer(f"{block}._depthwise_conv", f"{block}._bn1", hidden, 1, kernel, kernel)
            layer(f"{block}._project_conv", f"{block}._bn2", channels, hidden, 1, 1)
            place, width = place + 1, channels
    state["_fc.weight"] = torch.randn(10, width)  # what lies behind is not taken
    return state


def glom_with_trunk(config: GlomConfig = WITH_TRUNK) -> Glom:
    torch.manual_seed(1)
    glom = Glom(config)
    assert glom.encoder.trunk is not None
    glom.encoder.trunk.frozen.load_published(as_published())
    return glom


def step(glom: Glom) -> Tensor:
    torch.manual_seed(2)
    return glom.step(torch.rand(1, 3, 48, 72), torch.rand(1, 7, 48, 72)).levels


def test_norms_are_folded_into_convolutions() -> None:
    state, trunk = as_published(), Trunk()
    trunk.load_published(state)
    x = torch.rand(2, 3, 12, 12)
    norm = nn.BatchNorm2d(STEM, eps=NORM_EPSILON).eval()
    norm.load_state_dict(
        {name: state[f"_bn0.{name}"] for name in ("weight", "bias", "running_mean", "running_var")},
        strict=False,
    )
    expected = norm(nn.functional.conv2d(x, state["_conv_stem.weight"], None, 2, 1))
    assert torch.allclose(trunk.stem(x), expected, atol=1e-4)


@pytest.mark.parametrize(("height", "width"), [(48, 72), (264, 480), (96, 48)])
def test_features_lie_on_the_grids_that_they_are_added_to(height: int, width: int) -> None:
    fine, coarse = Trunk()(torch.rand(1, 3, height, width))
    assert fine.shape == (1, 40, height // 12, width // 12)
    assert coarse.shape == (1, 112, height // 24, width // 24)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(SMALL, WITH_TRUNK, id="a trunk"),
        pytest.param(WITH_TRUNK, DEEP, id="its next stage"),
    ],
)
def test_a_model_that_is_given_a_trunk_says_at_first_what_it_said_before(
    before: GlomConfig, after: GlomConfig
) -> None:
    torch.manual_seed(1)
    without = Glom(before)
    grown = without.grown(after)
    assert torch.allclose(step(grown), step(without), atol=1e-5)


@pytest.mark.parametrize("config", [WITH_TRUNK, DEEP], ids=["trunk", "and its next stage"])
def test_learning_reaches_what_is_made_of_the_features_and_never_the_trunk(
    config: GlomConfig,
) -> None:
    glom = glom_with_trunk(config)
    features = glom.encoder.trunk
    assert features is not None
    step(glom).square().sum().backward()
    layers = [features.middle, features.coarse]
    for layer in [*layers, features.deep] if features.deep is not None else layers:
        assert layer.weight.grad is not None
        assert layer.weight.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in features.frozen.parameters())


def test_weights_with_a_trunk_are_stored_small_and_come_back(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    glom = glom_with_trunk()
    glom.save_pretrained(str(tmp_path))
    stored = load_file(tmp_path / "glom.safetensors")
    kinds = {name.startswith("encoder.trunk.frozen."): each.dtype for name, each in stored.items()}
    assert kinds == {True: torch.float16, False: torch.float32}
    again = Glom.from_pretrained(str(tmp_path), for_training=True)
    assert again.config.trunk
    assert torch.allclose(step(again), step(glom), atol=1e-2)
    assert torch.isfinite(step(again.for_inference())).all()


def run_of(tmp_path: Path, text: str, settings: str = "") -> TrainingRun:
    path = tmp_path / "config.toml"
    size = "height = 48\nwidth = 72\nframes = 2\n"
    phase = f"[[phase]]\nsteps = 1\n{size}batch = 1\nfresh = 1\npool = 2\n"
    sizes = "[model]\ndim = 16\nhidden = 32\nencoder_widths = [8, 8, 16, 16]\n"
    path.write_text(f'trunk = "{tmp_path / "lite0.pth"}"\n{settings}{phase}{sizes}{text}')
    return TrainingRun.begin(TrainConfig.load(path))


@pytest.mark.parametrize("deep", ["", "trunk_deep = true\n"], ids=["trunk", "and its next stage"])
def test_a_run_begins_with_the_trunk_that_it_names(tmp_path: Path, deep: str) -> None:
    state = as_published()
    torch.save(state, tmp_path / "lite0.pth")
    features = run_of(tmp_path, f"trunk = true\n{deep}").glom.encoder.trunk
    assert features is not None
    for name, weight in folded(state, len(features.frozen.blocks)).items():
        assert torch.equal(features.frozen.state_dict()[name], weight)


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_a_trunk_learns_at_its_share_of_the_rate(tmp_path: Path, share: float) -> None:
    torch.save(as_published(), tmp_path / "lite0.pth")
    run = run_of(tmp_path, "trunk = true\n", f"trunk_rate = {share}\n")
    features = run.glom.encoder.trunk
    assert features is not None
    with torch.no_grad():  # at first nothing of the features reaches the columns, and no gradient
        features.middle.weight.normal_(std=0.1)
        features.coarse.weight.normal_(std=0.1)
    before = [weight.clone() for weight in features.frozen.parameters()]
    for group in run.optimiser.param_groups:
        group["lr"] = group["share"] * 1e-3
    step(run.glom).square().sum().backward()
    run.optimiser.step()
    pairs = zip(features.frozen.parameters(), before, strict=True)
    moved = max(float((now - then).detach().abs().max()) for now, then in pairs)
    # The first step of Adam moves a weight by the rate.
    assert moved == pytest.approx(share * 1e-3, rel=0.02)


def test_a_share_of_the_rate_needs_a_trunk(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    size = "height = 48\nwidth = 72\nframes = 2\n"
    phase = f"[[phase]]\nsteps = 1\n{size}batch = 1\nfresh = 1\npool = 2\n"
    path.write_text(f"trunk_rate = 0.1\n{phase}")
    with pytest.raises(InvalidInput, match="no trunk that could learn"):
        TrainingRun.begin(TrainConfig.load(path))
    path.write_text(f"trunk_rate = -1\n{phase}")
    with pytest.raises(InvalidInput, match="trunk_rate is at least 0"):
        TrainConfig.load(path)


@pytest.mark.parametrize(
    ("content", "text", "cause"),
    [
        pytest.param(None, "trunk = true\n", "does not hold", id="absent"),
        pytest.param(b"no weights", "trunk = true\n", "does not hold", id="another file"),
        pytest.param(
            {"_conv_stem.weight": torch.ones(1)},
            "trunk = true\n",
            "does not hold",
            id="another net",
        ),
        pytest.param(None, "", "has no trunk", id="no place for it"),
    ],
)
def test_a_trunk_that_cannot_be_used_says_why(
    tmp_path: Path, content: object, text: str, cause: str
) -> None:
    if isinstance(content, bytes):
        (tmp_path / "lite0.pth").write_bytes(content)
    elif content is not None:
        torch.save(content, tmp_path / "lite0.pth")
    with pytest.raises(InvalidInput, match=cause):
        run_of(tmp_path, text)
