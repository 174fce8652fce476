"""Names as OpenCV draws them: letter by letter, unjoined, from left to right, ``?`` for what no
font of its own has."""

import re
import unicodedata
from functools import lru_cache

import numpy as np
from jaxtyping import UInt8

FROM_RIGHT = re.compile(r"(?:R[RMN]*)?RM*")
"""What is read from the right, in the signs of ``_direction``: from its first letter to its last,
with what stands between them, marks included."""
MARKED_LETTER = re.compile(r".M*")
"""A letter, and the marks (M) that combine with it."""

ELLIPSIS = "\u2026"
"""Where a name is cut off."""


def as_drawn(name: str) -> str:
    """A name with each accent in its letter, and turned round what is read from the right; words
    and numbers of the other direction keep their place."""
    name = unicodedata.normalize("NFC", name)
    signs = "".join(_direction(letter) for letter in name)
    drawn, done = "", 0
    for run in FROM_RIGHT.finditer(signs):
        letters = [
            name[each.start() : each.end()]
            for each in MARKED_LETTER.finditer(signs, run.start(), run.end())
        ]
        drawn += name[done : run.start()] + "".join(letters[::-1])
        done = run.end()
    return drawn + name[done:]


@lru_cache(1024)
def letters_of(name: str) -> tuple[str, ...]:
    """Its letters, each with the marks on it."""
    name = unicodedata.normalize("NFC", name)
    signs = "".join(_direction(letter) for letter in name)
    return tuple(name[each.start() : each.end()] for each in MARKED_LETTER.finditer(signs))


@lru_cache(4096)
def shortened(name: str, letters: int) -> str:
    """As ``as_drawn``, with that many letters and an ellipsis where they end; "" with none, and the
    whole name with as many as it has."""
    own = letters_of(name)
    if letters >= len(own):
        return as_drawn(name)
    kept = "".join(own[:letters]).rstrip()
    directions = map(_direction, kept)
    from_right = next((sign == "R" for sign in directions if sign in "RL"), False)
    drawn = f"{ELLIPSIS}{as_drawn(kept)}" if from_right else f"{as_drawn(kept)}{ELLIPSIS}"
    return drawn if letters else ""


def drawn_otherwise(names: str) -> list[str]:
    """What pictures show otherwise than it is written, a line each; for most names none.

    >>> drawn_otherwise("Łukasz, Кот, 猫, 😀")
    ['no font has 😀: pictures show ? instead']
    """
    letters = dict.fromkeys(unicodedata.normalize("NFC", names))
    told = []
    if missing := "".join(letter for letter in letters if _is_missing(letter)):
        told.append(f"no font has {missing}: pictures show ? instead")
    if any(unicodedata.bidirectional(letter) == "AL" for letter in letters):
        told.append("pictures show Arabic letters unjoined: the font has no joined ones")
    return told


def _direction(letter: str) -> str:
    """R: read from the right; M: a mark on the letter before it; N: of neither direction; L: read
    from the left, such as a digit."""
    match unicodedata.bidirectional(letter):
        case "R" | "AL":
            return "R"
        case "NSM":
            return "M"
        case "WS" | "ON" | "CS" | "ES" | "ET":
            return "N"
        case _:
            return "L"


@lru_cache(1024)
def _is_missing(letter: str) -> bool:
    return letter != "?" and np.array_equal(_drawn(letter), _drawn("?"))


def _drawn(letter: str) -> UInt8[np.ndarray, "64 64"]:
    import cv2

    canvas = np.zeros((64, 64), np.uint8)
    cv2.putText(canvas, letter, (16, 44), cv2.FONT_HERSHEY_DUPLEX, 1.0, 255, 1, cv2.LINE_AA)
    return canvas
