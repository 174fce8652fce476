"""The game's data as a zip file: actors, meshes, animations and textures by name."""

import zipfile
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glom_video.structures import InvalidInput
from glom_video.synth.bodies.appearance import ACTORS, ActorFile, read_actor
from glom_video.synth.bodies.meshes import Animation, Mesh, parse_animation, parse_mesh
from glom_video.synth.bodies.skeletons import Skeleton, parse_skeletons
from glom_video.synth.textures import Image, stored_rgba

REMEDY = "Name public.zip of Debian's package 0ad-data."
LARGEST_TEXTURE = 512
"""Longer side of a texture, in pixels; larger ones are scaled down."""
TERRAIN = "art/textures/terrain/types/"
"""Folder of the textures of the ground."""
CACHED = ".cached.dds"
"""End of the names of textures that the game has converted."""
NO_COLOURS = ("_norm", "_spec")
"""Ends of the names of pictures that hold slopes and gloss."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Archive:
    """The zip file. Reading raises KeyError for files that are missing: some files name others that
    are left out."""

    zip: zipfile.ZipFile
    skeletons: dict[int, list[Skeleton]]
    """By number of bones."""

    @classmethod
    def open(cls, path: Path) -> "Archive":
        """Open the zip.

        Raises:
            InvalidInput: the file is no zip.
        """
        try:
            archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise InvalidInput(f"{path} is no zip of 0 A.D.", REMEDY) from error
        skeletons: dict[int, list[Skeleton]] = defaultdict(list)
        for name in sorted(archive.namelist()):
            if name.startswith("art/skeletons/") and name.endswith(".xml"):
                for skeleton in parse_skeletons(archive.read(name), name):
                    skeletons[len(skeleton.names)].append(skeleton)
        return cls(archive, dict(skeletons))

    def actors(self) -> list[str]:
        """Paths under art/actors."""
        names = sorted(name for name in self.zip.namelist() if name.startswith(ACTORS))
        return [name.removeprefix(ACTORS) for name in names if name.endswith(".xml")]

    def terrain(self) -> list[str]:
        """Pictures of the ground, which repeat without a seam."""
        return sorted(
            name.removesuffix(CACHED)
            for name in self.zip.namelist()
            if name.startswith(TERRAIN)
            and name.removesuffix(CACHED).endswith((".dds", ".png"))
            and not name.removesuffix(CACHED)[:-4].endswith(NO_COLOURS)
        )

    def terrain_picture(self, name: str) -> Image:
        """(h w 3) uint8 RGB."""
        return _picture(self, name)[..., :3]

    def actor(self, path: str) -> ActorFile:
        """An actor by its path under art/actors."""
        return _actor(self, path)

    def mesh(self, file: str) -> Mesh:
        """A mesh by its path under art/meshes."""
        return _mesh(self, file)

    def animation(self, file: str) -> Animation:
        """An animation by its path under art/animation."""
        return _animation(self, file)

    def picture(self, file: str) -> Image:
        """(h w 4) uint8 RGBA."""
        return _picture(self, f"art/textures/skins/{file}")

    def skeleton(self, mesh: Mesh) -> Skeleton | None:
        """The animal's or person's skeleton that a mesh was made with; None if there is none."""
        fitting = [each for each in self.skeletons.get(len(mesh.rest), ()) if each.has_head]
        return min(fitting, key=lambda each: each.length(mesh.rest), default=None)

    def stored(self, name: str, kind: str) -> bytes:
        """A file as the game's own cache has it, else as the artist left it."""
        try:
            return self.zip.read(f"{name}.cached.{kind}")
        except KeyError:
            return self.zip.read(name)


@lru_cache(2000)
def _actor(archive: Archive, path: str) -> ActorFile:
    return read_actor(archive.zip.read, path)


@lru_cache(200)
def _mesh(archive: Archive, file: str) -> Mesh:
    return parse_mesh(archive.stored(f"art/meshes/{file}", "pmd"), file)


@lru_cache(100)
def _animation(archive: Archive, file: str) -> Animation:
    return parse_animation(archive.stored(f"art/animation/{file}", "psa"), file)


@lru_cache(60)
def _picture(archive: Archive, file: str) -> Image:
    data = archive.stored(file, "dds")
    try:
        return stored_rgba(data, LARGEST_TEXTURE)
    except (NotImplementedError, OSError) as error:
        raise InvalidInput(f"{file} is no texture of 0 A.D.", REMEDY) from error
