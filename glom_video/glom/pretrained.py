"""Weights on disk: one safetensors file with the config in its metadata, or a folder or hub id that
has one."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import torch.nn.functional as F
from torch import Tensor, nn

from glom_video.glom.config import GlomConfig
from glom_video.glom.package_weights import FILE_NAME, PACKAGE_WEIGHTS
from glom_video.structures import InvalidInput, write_whole

TRUNK = "encoder.trunk.frozen."
"""Prefix of the trunk's keys in stored weights, which was frozen when they got their name."""
RETIRED_PART = "field."
"""Prefix of the keys of a part that earlier versions had and that made no difference."""
Model = TypeVar("Model", bound=nn.Module)


def save_pretrained(model: nn.Module, path: str) -> None:
    """Write weights and config to ``path``, a file, or a folder that gets ``glom.safetensors``. The
    trunk is stored in 16 bits: training moves its weights by far more than is rounded away. Raises
    InvalidInput if it cannot be written."""
    from safetensors.torch import save

    config: GlomConfig = model.config  # type: ignore[assignment]
    stored = {}
    for name, value in model.state_dict().items():
        kept = value.half() if name.startswith(TRUNK) else value
        stored[name] = kept.detach().cpu().contiguous()
    content = save(stored, {"config": config.to_json()})
    try:
        # safetensors' own save_file makes a file that nobody else may read.
        write_whole(_file_of(Path(path)), content)
    except OSError as error:
        raise InvalidInput(
            f"weights cannot be written to {path}: {error.strerror}",
            "Check the folder's permissions and the free space on its disk.",
        ) from error


def _file_of(target: Path) -> Path:
    """Where weights go: a file, or one in a folder, which is made."""
    if target.suffix == ".safetensors":
        return target
    target.mkdir(parents=True, exist_ok=True)
    return target / FILE_NAME


def push_to_hub(model: nn.Module, repository: str, private: bool | None) -> str:
    """As ``Glom.push_to_hub``."""
    from huggingface_hub import HfApi

    hub = HfApi()
    with TemporaryDirectory(prefix="glom-video-") as folder:
        save_pretrained(model, folder)
        try:
            made = hub.create_repo(repository, private=private, exist_ok=True).repo_id
            message = "Weights of glom-video"
            commit = hub.upload_folder(repo_id=made, folder_path=folder, commit_message=message)
            return str(commit)
        # of the hub or of the HTTP library below it, which is another one in every few versions
        except Exception as error:
            cause = f"the weights could not be pushed to {repository}: {type(error).__name__}"
            raise InvalidInput(
                cause, "Check the id and the connection, and log in with: hf auth login."
            ) from error


def load_pretrained(kind: type[Model], source: str | Path | None) -> Model:
    """Rebuild a model from its checkpoint.

    Raises:
        InvalidInput: there is nothing, it is no checkpoint of this project, or its tensors do not
            fit its config.
    """
    from safetensors.torch import load_file

    path = _locate(source)
    model = kind(_stored_config(path))
    try:
        weights = load_file(path).items()
        model.load_state_dict({name: x for name, x in weights if not name.startswith(RETIRED_PART)})
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        remedy = "The file is damaged or of another version; fetch or train it again."
        raise InvalidInput(
            f"the tensors of {path} do not fit its config: {first}", remedy
        ) from error
    return model.eval()


def _stored_config(path: Path) -> GlomConfig:
    """The config in the metadata of a file. Raises InvalidInput where it holds none."""
    from safetensors import SafetensorError, safe_open

    remedy = "Name a file that glom-video train wrote."
    try:
        with safe_open(path, "pt") as stored:
            metadata = stored.metadata() or {}
    except SafetensorError as error:
        raise InvalidInput(f"{path} is not a safetensors file ({error})", remedy) from error
    if "config" not in metadata:
        raise InvalidInput(f"{path} holds no glom-video config", remedy)
    return GlomConfig.from_json(metadata["config"])


def take_over(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Fill a model with the weights of a smaller one. Inputs that the smaller one lacks come last
    and get weight 0.

    Raises:
        InvalidInput: the weights have a part that the model lacks.
    """
    state = model.state_dict()
    for name, value in weights.items():
        sides = zip(state[name].shape, value.shape, strict=True) if name in state else ()
        room = [has - needs for has, needs in sides]
        if name not in state or min(room, default=0) < 0:
            raise InvalidInput(
                f"the larger model has no room for {name} of the weights that it begins with",
                "Give it every part that they have.",
            )
        # F.pad takes the last axis first: nothing before, the room after.
        state[name] = F.pad(value, [side for after in reversed(room) for side in (0, after)])
    model.load_state_dict(state)


def _locate(source: str | Path | None) -> Path:
    """Weights file of the package, a path, a folder or a hub repository."""
    path = PACKAGE_WEIGHTS if source is None else Path(source)
    try:
        path = path / FILE_NAME if path.is_dir() else path
        if path.exists():
            with path.open("rb"):  # the error of the library below names no file
                return path
    except OSError as error:
        raise InvalidInput(
            f"the weights {path} cannot be read: {error.strerror}",
            "Change the permissions, or name another file.",
        ) from error
    if isinstance(source, str) and source.count("/") == 1 and not path.suffix:
        return _from_hub(source)
    remedy = (
        "Name a .safetensors file, a folder with glom.safetensors in it, or a hub id "
        "such as name/model."
    )
    raise InvalidInput(f"no weights at {path}", remedy)


def _from_hub(repository: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(repository, FILE_NAME))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        cause = f"no weights could be had from the hub for {repository}: {type(error).__name__}"
        raise InvalidInput(
            cause, "Check the id and the connection, or give a local file."
        ) from error
