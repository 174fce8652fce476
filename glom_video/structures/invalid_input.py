"""What is raised for input that cannot be used."""

from glom_video.structures.one_line import one_line


class InvalidInput(ValueError):  # noqa: N818 - it says what it is
    """Input that cannot be used. ``cause`` says what is wrong and ``remedy`` what to do about it,
    one line each, in which what cannot be printed is an escape."""

    def __init__(self, cause: str, remedy: str) -> None:
        self.cause, self.remedy = one_line(cause), one_line(remedy)
        super().__init__(self.cause)

    def __reduce__(self) -> tuple[type["InvalidInput"], tuple[str, str]]:
        """Pickles cause and remedy: by default an exception is rebuilt from its message alone, so
        it would not survive the way out of a worker process."""
        return type(self), (self.cause, self.remedy)
