"""Headwear: hats, scarves, headphones."""

from glom_video.synth.chance import Random
from glom_video.synth.close.body import HEAD, Piece
from glom_video.synth.outlines import ellipse, mirrored, smooth


def hat(random: Random, w: float) -> list[Piece]:
    """A woollen hat, or one with a brim; ``w``: half the width of the head."""
    line = random.uniform(-0.75, -0.62)
    if random.random() < 0.5:  # a woollen one
        outline = mirrored(
            [
                (1.1 * w, line),
                (1.14 * w, line - 0.14),
                (0.95 * w, -1.05),
                (0.3 * w, -random.uniform(1.15, 1.35)),
            ]
        )
    else:
        brim = random.uniform(1.15, 1.9)
        outline = mirrored(
            [
                (0.5 * w, line + 0.05),
                (brim * w, line),
                (brim * w, line - 0.06),
                (1.02 * w, line - 0.12),
                (0.95 * w, -1.1),
                (0.4 * w, -1.2),
            ]
        )
    return [Piece("hat", HEAD, (outline,), "hat", HEAD, order=47, throws=0.3)]


def scarf(w: float) -> list[Piece]:
    """Round head and neck; the face is drawn over it, but its crown is not."""
    outside = mirrored(
        [(1.5 * w, 0.45), (1.25 * w, 0.05), (1.25 * w, -0.5), (1.05 * w, -0.95), (0.4 * w, -1.12)]
    )
    crown = smooth(
        [
            (-1.2 * w, -0.5),
            (-1.08 * w, -0.95),
            (0, -1.14),
            (1.08 * w, -0.95),
            (1.2 * w, -0.5),
            (0.9 * w, -0.62),
            (0, -0.8),
            (-0.9 * w, -0.62),
        ],
        3,
    )
    return [
        Piece("scarf", HEAD, (outside,), "hat", HEAD, order=38),
        Piece("crown", HEAD, (crown,), "hat", HEAD, order=47),
    ]


def headphones(random: Random, w: float) -> list[Piece]:
    """Two cups and a band over the head; ``w``: half its width."""
    cups = tuple(ellipse(0.08, 0.15, side * (w + 0.05), -0.45) for side in (-1, 1))
    band = smooth(
        [
            (-1.25 * w, -0.5),
            (-1.1 * w, -1.0),
            (0, -1.24),
            (1.1 * w, -1.0),
            (1.25 * w, -0.5),
            (1.1 * w, -0.6),
            (0.95 * w, -0.95),
            (0, -1.16),
            (-0.95 * w, -0.95),
            (-1.1 * w, -0.6),
        ],
        3,
    )
    return [
        Piece(
            "headphones",
            HEAD,
            (*cups, band),
            "metal",
            HEAD,
            order=49,
            roundness=random.uniform(0.3, 1.0),
        )
    ]
