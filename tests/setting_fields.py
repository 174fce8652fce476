"""The fields of all settings, and settings with another value of one."""

from dataclasses import Field, fields, replace
from typing import Any

import glom_video as gv
from glom_video.perceive.settings import STAGES
from glom_video.structures import ALLOWED, Range

FIELDS: dict[tuple[str, str], Field[Any]] = {
    (stage, item.name): item for stage, kind in STAGES.items() for item in fields(kind)
}


def another_value(item: Field[Any]) -> Any:
    """Allowed, and not the default."""
    within = item.metadata[ALLOWED]
    candidates = (within.least, within.least + 1) if isinstance(within, Range) else within.values
    return next(each for each in candidates if each in within and each != item.default)


def with_field(settings: gv.Settings, place: tuple[str, str], value: object) -> gv.Settings:
    stage, name = place
    changed = replace(getattr(settings, stage), **{name: value})
    return replace(settings, **{stage: changed})
