"""What people wear: names of MakeHuman's garments that go together."""

from dataclasses import dataclass

from glom_video.synth.chance import Random
from glom_video.synth.textures import hash_of

SUITS = {
    "male": [
        "male_casualsuit01",
        "male_casualsuit02",
        "male_casualsuit03",
        "male_casualsuit04",
        "male_casualsuit05",
        "male_casualsuit06",
        "male_elegantsuit01",
        "male_worksuit01",
    ],
    "female": [
        "female_casualsuit01",
        "female_casualsuit02",
        "female_elegantsuit01",
        "female_sportsuit01",
        "F_Dress_01",
        "F_Dress_02",
        "F_Dress_03",
        "F_Dress_04",
        "TubeDress",
        "Asymmetric_Tunic_and_Sash",
    ],
}
"""That dress all but head, hands and feet."""
TOPS = [
    "Sleeveless",
    "Tank_Top_01",
    "TubeTop",
    "VNeckTop",
    "spaghetti-top",
    "short_tail_camo_tee",
    "Coat",
    "Harvey_Sweater2",
]
BOTTOMS = ["Tightjeans", "ShortJeans", "JeansSkirt", "miniskirt"]
SHOES = ["shoes01", "shoes02", "shoes03", "shoes04", "shoes05", "shoes06"]
HAIR = {
    "male": ["short01", "short02", "short04", "afro01", "Harvey_Hawk1", "minoan"],
    "female": [
        "Braid01",
        "Wig_bun_blonde",
        "afro01",
        "bob01",
        "bob02",
        "long01",
        "ponytail01",
        "short03",
        "short02",
        "blondwithheadband",
    ],
}
HATS = ["Fishing_Hat_01", "fedora", "fedora_cocked", "pith_helmet"]
BEARDS = ["Full_beard", "Moustache"]
BROWS = [f"eyebrow{number:03d}" for number in range(1, 13)]
EYES = "Low-Poly"
SEPARATES, BALD, HATTED, BEARDED, BAREFOOT = 0.45, 0.08, 0.12, 0.2, 0.06
"""Shares: of women with top and bottom in place of a suit; of people with these."""
HELD_OUT_ONE_IN = 6
"""Garments, by a hash of their names."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """Kinds and names of garments, as the package files them."""

    garments: tuple[tuple[str, str], ...]


def outfit(random: Random, sex: str, held_out: bool) -> Outfit:
    """A whole one. Its clothes and hair are ``held_out`` ones or others."""

    def one(names: list[str]) -> str:
        return str(random.choice(names))

    clothes = [one(split(SUITS[sex], held_out))]
    if sex == "female" and random.random() < SEPARATES:
        clothes = [one(split(TOPS, held_out)), one(split(BOTTOMS, held_out))]
    if random.random() >= BAREFOOT:
        clothes.append(one(SHOES))
    hair = [] if random.random() < BALD else [one(split(HAIR[sex], held_out))]
    if random.random() < HATTED:
        hair, clothes = [], [*clothes, one(split(HATS, held_out))]
    if sex == "male" and random.random() < BEARDED:
        hair.append(one(BEARDS))
    return Outfit(
        (
            *(("clothes", name) for name in clothes),
            *(("hair", name) for name in hair),
            ("eyebrows", one(BROWS)),
            ("eyes", EYES),
        )
    )


def split(names: list[str], held_out: bool) -> list[str]:
    """Those that training shows, or those that are ``held_out``: never both."""
    kept = set(sorted(names, key=hash_of)[::HELD_OUT_ONE_IN])
    return [name for name in names if (name in kept) == held_out]
