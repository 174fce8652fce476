"""The mean of several sets of weights of one shape, as the default weights are made of two runs.

python docs/mean_of_weights.py OLD.safetensors 0.2 NEW.safetensors 0.8 -o OUT.safetensors
"""

import argparse

from glom_video.glom import Glom


def main() -> None:
    parser = argparse.ArgumentParser(description="The weighted mean of sets of weights.")
    parser.add_argument("sets", nargs="+", metavar="WEIGHTS SHARE", help="Files and their shares.")
    parser.add_argument("-o", "--out", required=True, metavar="OUT.safetensors")
    given = parser.parse_args()
    paths, shares = given.sets[::2], [float(share) for share in given.sets[1::2]]
    if len(paths) != len(shares) or abs(sum(shares) - 1) > 1e-6:
        parser.error("give each file its share; shares sum to 1")
    models = [Glom.from_pretrained(path, for_training=True) for path in paths]
    states = [model.state_dict() for model in models]
    mean = {
        name: sum(share * state[name] for share, state in zip(shares, states, strict=True))
        for name in states[0]
    }
    models[0].load_state_dict(mean)
    models[0].save_pretrained(given.out)


if __name__ == "__main__":
    main()
