"""How the values print themselves: arrays by shape, so that a log line holds no picture."""

from dataclasses import fields


def _described(value: object) -> str:
    """Arrays by shape and dtype, everything else by its own repr."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return (
            f"{type(value).__name__}{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"
        )
    return repr(value)


class ShapeRepr:
    """Prints ``Frame(image=ndarray(360, 640, 3) uint8, index=0, ...)`` and not the pixels."""

    __slots__ = ()

    def __repr__(self) -> str:
        names = [item.name for item in fields(self)]  # type: ignore[arg-type]
        described = ", ".join(f"{name}={_described(getattr(self, name))}" for name in names)
        return f"{type(self).__name__}({described})"
