"""One light for a whole scene: every figure casts a shadow of its own outline, and a glossy floor
reflects it. Both are background."""

from dataclasses import replace

from glom_video.synth.actors import Actor
from glom_video.synth.chance import Random
from glom_video.synth.scene import Scene
from glom_video.synth.shadows import CastShadow, ground_shadow, wall_shadow

ON_GROUND, ON_WALL, GLOSSY = 0.55, 0.2, 0.2
"""Shares of scenes whose figures throw shadows on the ground, on a wall close behind them, and are
reflected by the floor."""


def lit(random: Random, scene: Scene) -> Scene:
    """The scene with its shadows and reflections. Water has reflections of its own; what floats or
    flies has no foot on the ground."""
    kind, is_glossy = random.random(), random.random() < GLOSSY
    cast = _cast_shadow(random, kind)
    gloss = random.uniform(0.1, 0.45)

    def shaded(actor: Actor) -> Actor:
        on_ground = cast is not None and cast.lie is not None
        shadow = cast if (actor.figure.upright or not on_ground) and not actor.mirror else None
        reflects = is_glossy and actor.figure.upright and not scene.backdrop.ripple
        return replace(actor, cast_shadow=shadow, mirror=gloss if reflects else actor.mirror)

    actors = (shaded(each) if isinstance(each, Actor) else each for each in scene.actors)
    return replace(scene, actors=tuple(actors))


def _cast_shadow(random: Random, kind: float) -> CastShadow | None:
    """Of a kind in [0, 1): on the ground, on a wall, or none."""
    if kind < ON_GROUND:
        return ground_shadow(random)
    if kind < ON_GROUND + ON_WALL:
        return wall_shadow(random, 0.35)
    return None
