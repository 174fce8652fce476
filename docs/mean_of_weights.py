"""The mean of several sets of weights, as the default weights are made of two runs.

python docs/mean_of_weights.py OLD.safetensors 0.2 NEW.safetensors 0.8 -o OUT.safetensors

All have the shape of the last, or become it: what they lack is added as a run with ``grown`` adds
it, and stages of the trunk are those of --trunk, the weights of EfficientNet-lite0.
"""

import argparse
from pathlib import Path

import torch

from glom_video.glom import Glom, GlomConfig


def main() -> None:
    parser = argparse.ArgumentParser(description="The weighted mean of sets of weights.")
    parser.add_argument("sets", nargs="+", metavar="WEIGHTS SHARE", help="Files and their shares.")
    parser.add_argument("-o", "--out", required=True, metavar="OUT.safetensors")
    parser.add_argument("--trunk", type=Path, metavar="EFFICIENTNET-LITE0.pth")
    given = parser.parse_args()
    paths, shares = given.sets[::2], [float(share) for share in given.sets[1::2]]
    if len(paths) != len(shares) or abs(sum(shares) - 1) > 1e-6:
        parser.error("give each file its share; shares sum to 1")
    stored = [Glom.from_pretrained(path, for_training=True) for path in paths]
    models = [enlarged(model, stored[-1].config, given.trunk) for model in stored]
    states = [model.state_dict() for model in models]
    mean = {
        name: sum(share * state[name] for share, state in zip(shares, states, strict=True))
        for name in states[0]
    }
    models[0].load_state_dict(mean)
    models[0].save_pretrained(given.out)


def enlarged(model: Glom, config: GlomConfig, trunk: Path | None) -> Glom:
    """The model in the shape of a larger one, which changes nothing of what it says."""
    if model.config == config:
        return model
    larger = model.grown(config)
    if trunk is not None and larger.encoder.trunk is not None:
        larger.encoder.trunk.frozen.load_published(torch.load(trunk, weights_only=True))
    return larger


if __name__ == "__main__":
    main()
