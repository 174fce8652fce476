"""Names as OpenCV draws them: letter by letter, from left to right, ``?`` for what no font of its
own has."""

import unicodedata
from functools import lru_cache

import numpy as np
from jaxtyping import UInt8

ONLY_FROM_LEFT = {"L", "EN", "AN", "NSM"}
"""Bidirectional classes whose order among letters from the right takes more than turning round."""


def as_drawn(name: str) -> str:
    """A name with each accent in its letter; turned round where all of it is read from the right.
    One that mixes both directions keeps its order."""
    name = unicodedata.normalize("NFC", name)
    classes = {unicodedata.bidirectional(letter) for letter in name}
    is_from_right = bool(classes & {"R", "AL"}) and not classes & ONLY_FROM_LEFT
    return name[::-1] if is_from_right else name


def undrawable(name: str) -> str:
    """The letters of a name, each once, that a picture shows ``?`` for.

    >>> undrawable("Łukasz, Кот, 猫, 😀")
    '😀'
    """
    letters = dict.fromkeys(unicodedata.normalize("NFC", name))
    return "".join(letter for letter in letters if _is_missing(letter))


@lru_cache(1024)
def _is_missing(letter: str) -> bool:
    return letter != "?" and np.array_equal(_drawn(letter), _drawn("?"))


def _drawn(letter: str) -> UInt8[np.ndarray, "64 64"]:
    import cv2

    canvas = np.zeros((64, 64), np.uint8)
    cv2.putText(canvas, letter, (16, 44), cv2.FONT_HERSHEY_DUPLEX, 1.0, 255, 1, cv2.LINE_AA)
    return canvas
