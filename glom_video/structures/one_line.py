"""A text as one line of a terminal."""


def one_line(text: str) -> str:
    r"""The text with what cannot be printed as an escape: names of files may hold line breaks, and
    signs that a terminal takes for orders.

    >>> print(one_line("a\nb\x1b[31m, caf\udce9"))
    a\nb\x1b[31m, caf\udce9
    """
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )
