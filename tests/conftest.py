"""What several tests share: percepts with known memberships, and clips of a few frames made on the spot."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from jaxtyping import Int
from numpy.random import default_rng

from glom_video.structures import Frame, Islands, LevelName, Motion, Parse, Percept, Tracks

GRID = (54, 96)
"""Membership grid of the percepts made here."""
