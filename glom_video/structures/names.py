"""Names that a user gives to the objects of a clip or a stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from glom_video.structures.invalid_input import InvalidInput

LONGEST_NAME = 40
"""Most characters of a name."""
MOST_NAMES = 200
"""That a run keeps."""


@dataclass(frozen=True, slots=True)
class GivenNames:
    """Names that a user gave to objects, by object id. An immutable value.

    Raises:
        InvalidInput: an id is below 1, a name is empty, longer than LONGEST_NAME characters or not
            printable, or there are more than MOST_NAMES names.
    """

    by_id: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.by_id) > MOST_NAMES:
            cause = f"{len(self.by_id)} objects have names already"
            raise InvalidInput(cause, f"Take a name away first: at most {MOST_NAMES} are kept.")
        for id_, name in self.by_id.items():
            if id_ < 1:
                raise InvalidInput(f"{id_} is no object's id", "Ids begin with 1.")
            if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
                cause = f"{name[:LONGEST_NAME]!r} is no name for object {id_}"
                remedy = f"Give 1 to {LONGEST_NAME} characters that can be printed, on one line."
                raise InvalidInput(cause, remedy)

    def renamed(self, id_: int, name: str) -> "GivenNames":
        """A copy with another name for one object, stripped of spaces; "" removes its name."""
        others = {known: given for known, given in self.by_id.items() if known != id_}
        name = name.strip()
        return GivenNames({**others, id_: name} if name else others)

    def given(self, name: str) -> str:
        """As ``joined_names``."""
        return joined_names(name, self.by_id)


def joined_names(name: str, by_id: Mapping[int, str]) -> str:
    """The given names for an entry of ``Tracks.names`` such as ``3`` or ``1+4``, those of members
    joined by ``+``. "" for parts, and where no object has a name."""
    own = (by_id.get(int(id_)) for id_ in name.split("+") if id_.isdecimal())
    return "+".join(given for given in own if given)


NO_NAMES = GivenNames()
"""Of a run in which nobody has named anything."""
