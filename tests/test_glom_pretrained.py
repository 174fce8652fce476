"""Configs and checkpoints: what was saved comes back, from a file, a folder or a hub, and what
cannot be used says why in one line."""

import json
import os
import re
import shutil
import struct
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, fields, replace
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import huggingface_hub
import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import load_file, save_file
from small_gloms import SMALL, glom_with, moving, pictures, run

from glom_video.glom import Glom, GlomConfig, model
from glom_video.glom.recorded import HAVE_TRACE
from glom_video.structures import InvalidInput


@pytest.fixture(scope="module", autouse=True)
def steps_run_in_python(steps_recorded: None) -> None:
    """Not here: they are recorded, as they are for users."""


@pytest.mark.parametrize(
    "settings",
    [
        {"levels": 5},
        {"part_level": 2},
        {"object_level": 4},
        {"schedule": "swept"},
        {"encoder_widths": (16, 50, 96, 144)},
    ],
    ids=str,
)
def test_a_config_that_cannot_be_built_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        GlomConfig(**settings)


def test_a_config_comes_back_from_its_text() -> None:
    config = replace(SMALL, schedule="synchronous", consensus_strides=(2, 4, 4, 8))
    assert GlomConfig.from_json(config.to_json()) == config


def test_settings_of_earlier_versions_are_read_where_they_changed_nothing() -> None:
    stored = asdict(SMALL) | {"annealing": 1.0, "settled": 0.0, "hierarchy_gated": False}
    assert GlomConfig.from_json(json.dumps(stored)) == SMALL
    for name, used in (("annealing", 1.5), ("settled", 0.02), ("hierarchy_gated", True)):
        with pytest.raises(InvalidInput, match=name):
            GlomConfig.from_json(json.dumps(stored | {name: used}))


def test_weights_of_earlier_versions_load_without_the_field_that_they_had(tmp_path: Path) -> None:
    """The vectors between the columns that it gave are upsampled now."""
    glom, path = glom_with(), tmp_path / "earlier.safetensors"
    config = json.dumps(asdict(glom.config) | {"field": True})
    weights = glom.state_dict() | {"field.part.out.bias": torch.zeros(16)}
    save_file({name: x.contiguous() for name, x in weights.items()}, path, {"config": config})
    loaded = Glom.from_pretrained(str(path), for_training=True)
    assert loaded.config == glom.config
    assert all(torch.equal(x, loaded.state_dict()[name]) for name, x in glom.state_dict().items())


def test_the_weights_of_the_package_load() -> None:
    shipped = replace(GlomConfig(), trunk=True, trunk_deep=True)
    assert Glom.from_pretrained().config == shipped


@pytest.mark.parametrize("target", ["model.safetensors", "folder"])
def test_a_checkpoint_rebuilds_its_own_model(tmp_path: Path, target: str) -> None:
    glom = glom_with(schedule="synchronous", top_down=False)
    glom.train().save_pretrained(str(tmp_path / target))
    loaded = Glom.from_pretrained(str(tmp_path / target), for_training=True)
    assert loaded.config == glom.config
    assert not loaded.training
    assert loaded.state_dict().keys() == glom.state_dict().keys()
    for name, value in glom.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)
    frames, motion = pictures(2), moving(2, 3)
    assert torch.equal(run(loaded, frames, motion)[0].levels, run(glom, frames, motion)[0].levels)


@pytest.mark.skipif(os.name != "posix", reason="permissions of another kind")
def test_stored_weights_may_be_read_by_all_who_may_read_new_files(tmp_path: Path) -> None:
    """safetensors makes files that only their owner may read: no other machine's worker could."""
    (tmp_path / "new").write_text("")
    glom_with().save_pretrained(str(tmp_path))
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


@pytest.mark.parametrize("products", [torch.float32, torch.bfloat16])
def test_a_loaded_model_is_ready_for_inference(
    tmp_path: Path, products: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without another call: recorded, with products in the fastest type, and on the device to which
    it is moved."""
    monkeypatch.setattr(model, "fastest_type", lambda device: products)
    glom_with().save_pretrained(str(tmp_path))
    loaded = Glom.from_pretrained(str(tmp_path))
    assert loaded.cell.products == loaded.encoder.out.weight.dtype == products
    assert not any(value.requires_grad for value in loaded.parameters())
    for ready in (loaded, loaded.to("cpu"), deepcopy(loaded)):
        frame, planes = pictures(1), moving(1, 3)
        ready.infer(
            ready.encode(frame, planes), planes, ready.step(frame, planes), elapsed=torch.ones(1)
        )
        recorded = ready._recorder
        assert (recorded is not None and len(recorded._recorded) == 2) or not HAVE_TRACE


def test_a_model_made_for_inference_is_not_saved_pushed_or_grown(tmp_path: Path) -> None:
    glom_with().save_pretrained(str(tmp_path / "kept"))
    loaded = Glom.from_pretrained(str(tmp_path / "kept"))
    refused = (
        lambda: loaded.save_pretrained(str(tmp_path / "lost")),
        lambda: loaded.push_to_hub("someone/some-glom"),
        lambda: loaded.grown(SMALL),
    )
    for call in refused:
        with pytest.raises(InvalidInput, match="ready for inference") as error:
            call()
        assert "for_training=True" in error.value.remedy
        assert "\n" not in error.value.cause + error.value.remedy
    assert not (tmp_path / "lost").exists()
    assert (
        Glom.from_pretrained(str(tmp_path / "kept"), for_training=True).grown(SMALL).config == SMALL
    )


def test_a_hub_id_is_fetched_and_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    glom_with().save_pretrained(str(tmp_path))
    asked: list[tuple[str, str]] = []

    def download(repository: str, name: str) -> str:
        asked.append((repository, name))
        return str(tmp_path / name)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert Glom.from_pretrained("someone/some-glom").config == SMALL
    assert asked == [("someone/some-glom", "glom.safetensors")]


def test_a_hub_that_cannot_be_reached_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(repository: str, name: str) -> str:
        raise LocalEntryNotFoundError("no connection\nand many more lines")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert_refused("someone/some-glom", "someone/some-glom")


class LocalHub:
    """Stands in for the hub: repositories are folders."""

    root: Path
    made: ClassVar[list[tuple[str, bool | None]]] = []

    def create_repo(self, repository: str, private: bool | None, exist_ok: bool) -> SimpleNamespace:
        assert exist_ok, "a second push goes to the same repository"
        self.made.append((repository, private))
        return SimpleNamespace(repo_id=repository)

    def upload_folder(self, repo_id: str, folder_path: str, commit_message: str) -> str:
        shutil.copytree(folder_path, self.root / repo_id, dirs_exist_ok=True)
        return f"hub/{repo_id}/commit/1"


def test_what_is_pushed_to_a_hub_comes_back_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalHub, "root", tmp_path, raising=False)
    monkeypatch.setattr(huggingface_hub, "HfApi", LocalHub)
    monkeypatch.setattr(
        huggingface_hub,
        "hf_hub_download",
        lambda repository, name: str(tmp_path / repository / name),
    )
    glom = glom_with(top_down=False)
    assert glom.push_to_hub("someone/some-glom", private=True) == "hub/someone/some-glom/commit/1"
    assert LocalHub.made == [("someone/some-glom", True)]
    loaded = Glom.from_pretrained("someone/some-glom", for_training=True)
    assert loaded.config == glom.config
    assert all(
        torch.equal(loaded.state_dict()[name], value) for name, value in glom.state_dict().items()
    )


def test_a_hub_that_refuses_a_push_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: LocalHub, *_: object, **__: object) -> None:
        raise OSError("no connection\nand many more lines")

    monkeypatch.setattr(LocalHub, "create_repo", refuse)
    monkeypatch.setattr(huggingface_hub, "HfApi", LocalHub)
    with pytest.raises(InvalidInput, match="someone/some-glom") as error:
        glom_with().push_to_hub("someone/some-glom")
    assert "\n" not in error.value.cause + error.value.remedy


def assert_refused(source: str | None, cause: str) -> None:
    """Loading raises InvalidInput, with this in the cause, and cause and remedy fit one line
    each."""
    with pytest.raises(InvalidInput, match=cause) as error:
        Glom.from_pretrained(source)
    assert error.value.remedy
    assert "\n" not in error.value.cause + error.value.remedy


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _text(path: Path) -> None:
    path.write_text("not a checkpoint at all")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _foreign(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path)


def _with_config(**settings: object) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        save_file(load_file(path), path, {"config": json.dumps(asdict(SMALL) | settings)})

    return damage


def _without_a_tensor(path: Path) -> None:
    tensors = load_file(path)
    del tensors["ground"]
    save_file(tensors, path, {"config": SMALL.to_json()})


def _config_is_no_json(path: Path) -> None:
    save_file(load_file(path), path, {"config": "{dim: 16"})


def _header_says_more_than_there_is(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 10**9) + path.read_bytes()[8:])


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (_truncated, "not a safetensors file"),
        (_text, "not a safetensors file"),
        (_empty, "not a safetensors file"),
        (_header_says_more_than_there_is, "not a safetensors file"),
        (_foreign, "no glom-video config"),
        (_with_config(dim=24), "do not fit its config"),
        (_with_config(colour="red"), "colour"),
        (_with_config(levels=5), "does not fit: .*levels"),
        (_with_config(part_level=2), "does not fit: .*part_level"),
        (_without_a_tensor, "ground"),
        (_config_is_no_json, "does not fit"),
    ],
)
def test_a_checkpoint_that_cannot_be_used_says_why(
    tmp_path: Path, damage: Callable[[Path], None], cause: str
) -> None:
    path = tmp_path / "glom.safetensors"
    glom_with().save_pretrained(str(path))
    Glom.from_pretrained(str(path))
    damage(path)
    assert_refused(str(path), cause)


def test_a_path_where_nothing_is_says_so(tmp_path: Path) -> None:
    assert_refused(str(tmp_path / "absent.safetensors"), "absent")
    assert_refused(str(tmp_path), "glom.safetensors")
    with pytest.raises(InvalidInput, match="no weights at"):  # it was an AttributeError
        Glom.from_pretrained(tmp_path / "absent.safetensors")


def test_the_default_is_the_file_in_the_package() -> None:
    stored = load_file(str(files("glom_video") / "weights" / "glom.safetensors"))
    default = Glom.from_pretrained(for_training=True).state_dict()
    assert all(torch.equal(stored[name], value) for name, value in default.items())


def test_the_documentation_names_switches_and_tests_that_exist() -> None:
    table = (Path(__file__).parents[1] / "docs" / "model.md").read_text(encoding="utf-8")
    rows = [
        line.split("|") for line in table.splitlines() if line.startswith("| ") and "`test_" in line
    ]
    switches = {name for row in rows for name in re.findall(r"`(\w+)`", row[3])}
    tests = {name for row in rows for name in re.findall(r"`(test_\w+)`", row[4])}
    written = {
        name
        for path in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    }
    assert tests <= written
    assert switches == {item.name for item in fields(GlomConfig)} - {"dim"}
