"""How a command says what went wrong: one line of cause, one of remedy."""

import sys


def error_lines(cause: str, remedy: str) -> str:
    """Both lines. What cannot be printed must be escaped already."""
    return f"error: {cause}\nfix: {remedy}"


def print_error(cause: str, remedy: str) -> None:
    """Both lines on stderr."""
    print(error_lines(cause, remedy), file=sys.stderr)
