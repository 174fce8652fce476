"""What viewers say of objects while a stream runs: their names, and which are not drawn."""

import threading
from typing import Any

from glom_video.structures import NO_NAMES, GivenNames, InvalidInput

MOST_HIDDEN = 200
"""Objects at a time."""


class Marks:
    """One for all viewers and for the recording. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.names: GivenNames = NO_NAMES
        self.hidden: frozenset[int] = frozenset()
        """Ids of objects that are not drawn. What is exported holds them all the same."""

    def change(self, request: Any) -> None:
        """``{"id": 3, "name": "Anna"}``, where "" takes the name away, or ``{"id": 3, "hidden":
        true}``. Raises ValueError for anything else."""
        if not isinstance(request, dict) or request.keys() not in (
            {"id", "name"},
            {"id", "hidden"},
        ):
            raise ValueError("give id, and name or hidden")
        id_, value = request["id"], request.get("name", request.get("hidden"))
        if type(id_) is not int or not 1 <= id_ < 2**31:
            raise ValueError("an id is a number from 1 up")
        with self._lock:
            if "hidden" in request:
                self._hide(id_, value)
            elif type(value) is not str:
                raise ValueError("a name is a text")
            else:
                self._name(id_, value)

    def _name(self, id_: int, name: str) -> None:
        try:
            self.names = self.names.renamed(id_, name)
        except InvalidInput as error:
            raise ValueError(f"{error.cause}. {error.remedy}") from None

    def _hide(self, id_: int, is_hidden: Any) -> None:
        if type(is_hidden) is not bool:
            raise ValueError("hidden is true or false")
        hidden = self.hidden | {id_} if is_hidden else self.hidden - {id_}
        if len(hidden) > MOST_HIDDEN:
            raise ValueError(f"at most {MOST_HIDDEN} objects are hidden: show one first")
        self.hidden = hidden
