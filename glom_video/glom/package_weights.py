"""Where the weights of the package lie."""

from pathlib import Path

FILE_NAME = "glom.safetensors"
"""Of weights, in a folder or on a hub."""
PACKAGE_WEIGHTS = Path(__file__).parents[1] / "weights" / FILE_NAME
"""The default weights."""
