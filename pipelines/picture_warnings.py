"""Pillow's warnings about damaged files, which stderr is no place for: such a picture is counted as
corrupt, or refused in words."""

import warnings


def ignore_picture_warnings() -> None:
    """For the whole process, also where Python turns warnings into errors."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
