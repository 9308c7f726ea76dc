"""Pose a horse or a human as a small three-dimensional skeleton, so that one description gives every view.

A body is a set of chains of ellipsoids in its own frame: x forward, y up, z to the left; a horse's withers and a
human's crown are both near y = 1. Proportions follow a saddle horse and an adult. `render.py` looks at the result
through a camera; nothing here knows of pixels. All randomness comes from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, radians, sin
from random import Random
from typing import NamedTuple, TypeAlias

__all__ = ["Blob", "Colour", "Part", "horse", "human", "rough"]

Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float, float]
Angles: TypeAlias = tuple[float, ...]  # degrees; 0 hangs straight down, 90 points forward


class Blob(NamedTuple):
    """One ellipsoid of a chain, in body units: round from the side, `width` times as wide across."""

    x: float
    y: float
    z: float
    radius: float
    width: float = 1.0


class Part(NamedTuple):
    """A chain of blobs of one colour, painted as one."""

    blobs: list[Blob]
    colour: Colour


# Coats and clothes share these tones, or a colour histogram would tell the classes apart. Half are darker and half
# are brighter than the scenery, by as much: on average a figure is then no blot, and a linear model finds nothing.
DARK: list[Colour] = [
    (54, 52, 54), (70, 72, 76), (88, 86, 84), (96, 70, 48), (112, 82, 58), (86, 64, 46),
]  # fmt: skip
BRIGHT: list[Colour] = [
    (236, 235, 232), (214, 217, 220), (224, 222, 216), (232, 212, 170), (224, 202, 160), (236, 222, 192),
]  # fmt: skip
HORN: list[Colour] = [(90, 76, 60), (210, 194, 164)]  # hooves and shoe leather
SKINS: list[Colour] = [
    (226, 203, 186), (211, 184, 164), (185, 151, 130), (146, 113, 94), (114, 88, 76), (88, 70, 62),
]  # fmt: skip


# ---------------------------------------------------------------------------------------------- the skeleton


def limb(start: Point, lengths: Sequence[float], angles: Angles, spreads: Angles) -> list[Point]:
    """Return the joints from `start` on; angles swing forward from straight down, spreads swing to the left."""
    joints = [start]
    for length, angle, spread in zip(lengths, angles, spreads, strict=True):
        x, y, z = joints[-1]
        swing, side = radians(angle), radians(spread)
        joints.append(
            (x + length * sin(swing) * cos(side), y - length * cos(swing) * cos(side), z + length * sin(side))
        )
    return joints


def chain(joints: Sequence[Point], radii: Sequence[float], width: float = 1.0) -> list[Blob]:
    """Return a blob at each joint."""
    return [Blob(*joint, radius, width) for joint, radius in zip(joints, radii, strict=True)]


def between(first: Point, second: Point, share: float) -> Point:
    """Return the point that lies `share` of the way from the first to the second."""
    x, y, z = (start + share * (end - start) for start, end in zip(first, second, strict=True))
    return x, y, z


def loosen(random: Random, angles: Angles, degrees: float = 6.0) -> Angles:
    """Return the angles with a little of each animal's or person's own way of moving."""
    return tuple(angle + random.uniform(-degrees, degrees) for angle in angles)


def rough(random: Random, colour: Colour) -> Colour:
    """Return a near neighbour of the colour, so that no exact value belongs to one class."""
    level = random.randint(-10, 10)
    red, green, blue = (max(18, min(240, channel + level + random.randint(-3, 3))) for channel in colour)
    return red, green, blue


def pick_tones(random: Random) -> tuple[Colour, Colour, Colour]:
    """Return a main tone, a second one as often from the other side of the scenery's brightness, and a mix of both."""
    sides = random.choice([(DARK, DARK), (DARK, BRIGHT), (BRIGHT, BRIGHT), (BRIGHT, DARK)])
    main, second = (rough(random, random.choice(side)) for side in sides)
    return main, second, random.choice([main, second])


# ---------------------------------------------------------------------------------------------- the horse

FORELEG = {  # forearm, cannon, pastern, hoof
    "straight": (0, 0, 26, 24), "ahead": (20, 12, 30, 20), "behind": (-20, -24, 6, 0), "lifted": (34, -42, -70, -60),
    "reaching": (62, 54, 50, 40), "tucked": (64, -58, -96, -90), "swept": (-32, -66, -80, -80),
    "pawing": (74, 8, -40, -40),
}  # fmt: skip
HINDLEG = {  # thigh, gaskin, cannon, pastern, hoof
    "straight": (24, -36, 4, 28, 24), "ahead": (42, -20, 16, 34, 24), "behind": (8, -46, -16, 0, 0),
    "lifted": (52, -46, 0, -40, -40), "reaching": (70, 0, 22, 40, 30), "swept": (0, -58, -52, -60, -60),
    "braced": (64, -14, 14, 36, 24),
}  # fmt: skip


class Gait(NamedTuple):
    """How a horse carries itself: the body's pitch, the neck and the head above the horizontal, the four legs."""

    pitch: float
    neck: float
    head: float
    tail: float
    legs: tuple[str, str, str, str]  # fore left, fore right, hind left, hind right


GAITS = [
    Gait(0, 50, -52, 6, ("straight", "straight", "straight", "straight")),
    Gait(0, 60, -44, 8, ("straight", "ahead", "straight", "ahead")),
    Gait(0, -40, -74, 6, ("straight", "ahead", "straight", "straight")),
    Gait(0, -36, -66, 6, ("ahead", "behind", "straight", "ahead")),
    Gait(0, 36, -46, 12, ("ahead", "behind", "behind", "ahead")),
    Gait(0, 40, -50, 12, ("lifted", "behind", "straight", "ahead")),
    Gait(1, 48, -56, 26, ("lifted", "behind", "behind", "lifted")),
    Gait(2, 26, -30, 56, ("reaching", "ahead", "swept", "behind")),
    Gait(-2, 26, -34, 60, ("swept", "tucked", "reaching", "ahead")),
    Gait(4, 34, -36, 50, ("tucked", "lifted", "behind", "swept")),
    Gait(32, 40, -34, 24, ("tucked", "pawing", "braced", "braced")),
]


OFTEN = [*range(10), *range(10), *range(10), 10]  # a rearing horse is a rare sight


class Coat(NamedTuple):
    """A horse's colours."""

    body: Colour
    mane: Colour
    points: Colour
    socks: list[Colour]
    face: Colour
    patch: Colour
    muzzle: Colour
    hoof: Colour


def pick_coat(random: Random) -> Coat:
    """Return a horse's colours; some coats and muzzles have the tones that skin has."""
    body, hair, points = pick_tones(random)
    if random.random() < 0.14:
        body = rough(random, random.choice(SKINS))
    socks = [random.choice([points, points, hair]) for _ in range(4)]
    patch = rough(random, random.choice([*SKINS, hair]))
    muzzle = rough(random, random.choice([body, *SKINS]))
    return Coat(body, hair, points, socks, random.choice([body, patch, hair]), patch, muzzle, random.choice(HORN))


def trunk(pitch: float) -> Callable[[float, float], Point]:
    """Return the map from the standing horse's side view to the pitched one; the hips stay where they are."""
    cosine, sine = cos(radians(pitch)), sin(radians(pitch))

    def placed(x: float, y: float) -> Point:
        return -0.36 + (x + 0.36) * cosine - (y - 0.78) * sine, 0.78 + (x + 0.36) * sine + (y - 0.78) * cosine, 0.0

    return placed


def horse(random: Random) -> list[Part]:
    """Return a posed horse."""
    gait, coat = GAITS[random.choice(OFTEN)], pick_coat(random)
    build = random.uniform(0.92, 1.1)  # from a lean to a heavy one
    placed = trunk(gait.pitch + random.uniform(-2, 2))
    barrel = [
        (-0.47, 0.80, 0.11, 0.9), (-0.36, 0.80, 0.185, 0.88), (-0.18, 0.765, 0.185, 0.95), (0.0, 0.735, 0.20, 0.98),
        (0.18, 0.73, 0.215, 0.85), (0.31, 0.775, 0.195, 0.74), (0.40, 0.75, 0.135, 0.85),
    ]  # fmt: skip
    parts = [Part([Blob(*placed(x, y), radius * build, width) for x, y, radius, width in barrel], coat.body)]
    if random.random() < 0.35:
        parts += patches(random, placed, coat.patch)
    for index, leg in enumerate(gait.legs):
        parts += horse_leg(random, placed, leg, index, build, coat)
    parts += neck_and_head(random, placed, gait, build, coat)
    drop = loosen(random, (-gait.tail - 12, -gait.tail, -0.6 * gait.tail, -0.3 * gait.tail), 5)
    swish = loosen(random, (0, 0, 0, 0), 8)
    tail = limb(placed(-0.53, 0.90), (0.12, 0.18, 0.18, 0.14), drop, swish)
    parts.append(Part(chain(tail, (0.03, 0.045, 0.06, 0.05, 0.016)), coat.mane))
    return parts


def patches(random: Random, placed: Callable[[float, float], Point], colour: Colour) -> list[Part]:
    """Return the patches of a piebald coat; they lie on the flanks, so that they never change the outline."""
    found = []
    for side in (-1, 1):
        for _ in range(random.randint(1, 3)):
            x, y, _z = placed(random.uniform(-0.36, 0.26), random.uniform(0.70, 0.80))
            step = random.uniform(-0.06, 0.06)
            spot = [Blob(x, y, side * 0.1, 0.075, 0.6), Blob(x + step, y + 0.04, side * 0.1, 0.06, 0.6)]
            found.append(Part(spot, colour))
    return found


def horse_leg(random: Random, placed: Callable[[float, float], Point], leg: str, index: int, build: float,
              coat: Coat) -> list[Part]:  # fmt: skip
    """Return one leg in three colours: the coat above the knee or hock, the points below it, the hoof."""
    side = 1 if index % 2 == 0 else -1
    fore = index < 2
    angles = loosen(random, FORELEG[leg] if fore else HINDLEG[leg])
    spreads = tuple(side * spread for spread in (3, 1, 0, 0, 0)[: len(angles)])
    x, y, _ = placed(0.28, 0.62) if fore else placed(-0.36, 0.76)
    lengths = (0.29, 0.22, 0.085, 0.045) if fore else (0.24, 0.26, 0.25, 0.085, 0.045)
    joints = limb((x, y, side * 0.085), lengths, angles, spreads)
    if fore:
        x, y, _ = placed(0.31, 0.74)
        upper = chain([(x, y, side * 0.06), *joints[:2]], (0.14, 0.088, 0.042), 0.62)
    else:
        x, y, _ = placed(-0.37, 0.80)
        upper = chain([(x, y, side * 0.06), *joints[:3]], (0.165, 0.15, 0.092, 0.044), 0.62)
    upper = [blob._replace(radius=blob.radius * build) for blob in upper]
    shin, hoof = joints[1 if fore else 2 :][:3], joints[-2:]
    middle = between(shin[0], shin[1], 0.45)
    return [
        Part(upper, coat.body),
        Part(chain([shin[0], middle, *shin[1:]], (0.041, 0.028, 0.033, 0.027)), coat.points),
        Part(chain([middle, *shin[1:]], (0.029, 0.034, 0.029)), coat.socks[index]),
        Part(chain(hoof, (0.033, 0.042)), coat.hoof),
    ]


def neck_and_head(random: Random, placed: Callable[[float, float], Point], gait: Gait, build: float,
                  coat: Coat) -> list[Part]:  # fmt: skip
    """Return neck, mane, head and ears; the neck is arched, and may turn to either side."""
    neck, head, turn = gait.neck + random.uniform(-9, 9), gait.head + random.uniform(-8, 8), random.gauss(0, 11)
    if gait.pitch > 20:
        neck += 20
    bends = (neck - 4, neck + 8, neck + 2, neck - 18)
    joints = limb(placed(0.335, 0.83), (0.15, 0.15, 0.15, 0.12), tuple(90 + bend for bend in bends), (turn,) * 4)
    poll = joints[-1]
    nod = tuple(90 + head + bend for bend in (4, 0, -1, -10))
    face = limb(poll, (0.085, 0.12, 0.13, 0.045), nod, (1.5 * turn,) * 4)
    parts = [
        Part(chain(joints, [radius * build for radius in (0.185, 0.155, 0.122, 0.10, 0.082)], 0.62), coat.body),
        Part(chain(face, (0.075, 0.088, 0.066, 0.05, 0.042), 0.72), coat.body),
        Part(chain(face[3:], (0.049, 0.045), 0.8), coat.muzzle),
    ]
    rise, lead = cos(radians(head)), -sin(radians(head))  # the normal of the face, which points up and forward
    brow = [(x + 0.045 * lead, y + 0.045 * rise, z) for x, y, z in face[1:4]]
    parts.append(Part(chain(brow, (0.03, 0.022, 0.018), 1.2), coat.face))
    for side in (-1, 1):
        x, y, z = face[0]
        tip = (x - 0.01 + 0.06 * lead, y + 0.12, z + side * 0.06)
        parts.append(Part(chain([(x, y + 0.05, z + side * 0.035), between((x, y + 0.05, z), tip, 0.6), tip],
                                (0.026, 0.026, 0.008)), coat.body))  # fmt: skip
        x, y, z = between(face[1], face[2], 0.1)
        parts.append(Part([Blob(x + 0.03 * lead, y + 0.03 * rise, z + side * 0.06, 0.014)], (50, 44, 44)))
    return parts + mane(random, joints, neck, coat.mane)


def mane(random: Random, joints: Sequence[Point], neck: float, colour: Colour) -> list[Part]:
    """Return the locks that fall from the crest of the neck to one side, and the forelock."""
    back, rise = -sin(radians(neck)), cos(radians(neck))
    side = random.choice((-1, 1))
    length = random.uniform(0.10, 0.2)
    locks = []
    for place in range(9):
        step = min(3, place // 2 + (place == 8))
        share = 0.15 + 0.5 * (place % 2) if place < 8 else 1.0
        x, y, z = between(joints[step], joints[step + 1], share)
        reach = 0.155 - 0.0105 * place
        top = (x + back * reach, y + rise * reach, z + side * 0.02)
        fall = (top[0] + random.uniform(-0.05, 0.0), top[1] - length, z + side * 0.085)
        locks.append(Part(chain([top, between(top, fall, 0.5), fall], (0.034, 0.036, 0.014)), colour))
    return locks


# ---------------------------------------------------------------------------------------------- the human


class Stance(NamedTuple):
    """How a person holds the body: the lean forward, and each limb's two angles, then its two spreads."""

    lean: float
    left_arm: Angles
    right_arm: Angles
    left_leg: Angles
    right_leg: Angles
    seat: bool = False


STANCES = [
    Stance(0, (4, 10, 8, 4), (4, 10, 8, 4), (2, 0, 4, 2), (2, 0, 4, 2)),
    Stance(2, (0, 30, 44, -40), (0, 30, 44, -40), (4, 2, 9, 6), (-2, -2, 9, 6)),
    Stance(0, (10, 20, 150, 168), (0, 12, 9, 4), (2, 0, 5, 3), (0, 0, 5, 3)),
    Stance(0, (30, 150, 80, 20), (4, 8, 9, 4), (4, 0, 5, 3), (0, -2, 5, 3)),
    Stance(4, (28, 44, 7, 4), (-24, -8, 7, 4), (-24, -34, 2, 1), (24, 14, 2, 1)),
    Stance(4, (-20, 0, 7, 4), (22, 40, 7, 4), (20, 8, 2, 1), (-18, -40, 2, 1)),
    Stance(14, (58, 140, 10, 6), (-50, 34, 10, 6), (-22, -78, 3, 2), (44, -4, 3, 2)),
    Stance(12, (-56, 26, 12, 6), (56, 132, 12, 6), (46, -10, 3, 2), (-20, -70, 3, 2)),
    Stance(0, (0, 0, 140, 155), (0, 0, 140, 155), (4, 0, 14, 12), (-2, -2, 14, 12)),
    Stance(2, (84, 88, 6, 3), (4, 20, 9, 4), (14, 8, 5, 3), (-10, -14, 5, 3)),
    Stance(0, (0, 0, 86, 88), (0, 0, 86, 88), (0, 0, 16, 12), (0, 0, 16, 12)),
    Stance(6, (36, 60, 10, -4), (36, 60, 10, -4), (84, 2, 9, 4), (80, -4, 9, 4), seat=True),
    Stance(30, (60, 70, 6, -2), (50, 64, 6, -2), (104, -36, 10, 4), (98, -42, 10, 4)),
    Stance(46, (10, 16, 8, 4), (20, 26, 8, 4), (8, -6, 6, 3), (2, -12, 6, 3)),
]


UPRIGHT = [*range(11), *range(11), *range(11), 11, 12, 13, 13]  # fewer sit, crouch or bend than stand or move


class Outfit(NamedTuple):
    """A person's colours and cut of clothes."""

    shirt: Colour
    trousers: Colour
    skin: Colour
    hair: Colour
    shoes: Colour
    sleeve: float  # share of the arm that is covered; 2 reaches the wrist
    legwear: str
    long_hair: bool
    hat: bool


def pick_outfit(random: Random) -> Outfit:
    """Return clothes in the tones of coats."""
    shirt, trousers, shoes = pick_tones(random)
    return Outfit(
        shirt, random.choice([shirt, trousers, trousers]), rough(random, random.choice(SKINS)), pick_tones(random)[0],
        random.choice([shoes, *HORN]), random.choice([0.7, 1.8, 1.8]),
        random.choice(["trousers", "trousers", "trousers", "shorts", "skirt"]),
        random.random() < 0.4, random.random() < 0.2,
    )  # fmt: skip


def human(random: Random) -> list[Part]:
    """Return a posed person."""
    stance, outfit = STANCES[random.choice(UPRIGHT)], pick_outfit(random)
    build = random.uniform(0.94, 1.2)
    lean = stance.lean + random.uniform(-3, 3)
    up = (sin(radians(lean)), cos(radians(lean)))

    def spine(height: float, forward: float = 0.0, side: float = 0.0) -> Point:
        return height * up[0] + forward * up[1], 0.53 + height * up[1] - forward * up[0], side

    torso = [(0.0, 0.064, 1.35), (0.09, 0.056, 1.35), (0.2, 0.068, 1.42), (0.255, 0.05, 1.9)]
    parts = [Part([Blob(*spine(height), radius * build, width) for height, radius, width in torso], outfit.shirt)]
    parts.append(Part([Blob(*spine(-0.005), 0.066 * build, 1.36), Blob(*spine(0.04), 0.058 * build, 1.36)],
                      outfit.trousers))  # fmt: skip
    swing = 1 if random.random() < 0.5 else -1  # half of them are mirrored
    arms = (stance.left_arm, stance.right_arm)[::swing]
    legs = (stance.left_leg, stance.right_leg)[::swing]
    for side, arm, leg in zip((1, -1), arms, legs, strict=True):
        parts += human_arm(random, spine(0.262, 0.0, side * 0.112 * build), arm, side, outfit)
        parts += human_leg(random, spine(-0.01, 0.0, side * 0.05 * build), leg, side, build, outfit)
    if outfit.legwear == "skirt":
        thighs = [parts[place].blobs[1] for place in (-7, -2)]  # a side has five parts, the clothed leg fourth
        hem = [Blob(x, y, z, 0.062) for x, y, z, _, _ in thighs]
        waist = Blob(*spine(0.05), 0.055 * build, 1.36)
        middle = Blob(*between(hem[0][:3], hem[1][:3], 0.5), 0.062)
        parts.append(Part([waist, hem[0], hem[1], waist, middle], outfit.trousers))
    if stance.seat:
        parts.append(Part([Blob(-0.04, 0.43, 0, 0.05, 2.2), Blob(-0.04, 0.06, 0, 0.05, 2.2)], (104, 84, 64)))
    return parts + human_head(random, spine, outfit)


def human_arm(random: Random, shoulder: Point, arm: Angles, side: int, outfit: Outfit) -> list[Part]:
    """Return an arm: the sleeve, and what it leaves bare. They meet but do not overlap, so their order is free."""
    angles, spreads = loosen(random, arm[:2], 8), tuple(side * spread for spread in loosen(random, arm[2:], 5))
    joints = limb(shoulder, (0.165, 0.145), angles, spreads)
    hand = limb(joints[2], (0.045,), angles[1:], spreads[1:])
    if outfit.sleeve > 1:
        cloth = [*joints[:2], between(joints[1], joints[2], outfit.sleeve - 1)]
        radii: tuple[float, ...] = (0.042, 0.034, 0.028)
    else:
        cloth, radii = [joints[0], between(joints[0], joints[1], outfit.sleeve)], (0.043, 0.038)
    bare, girths = [cloth[-1], *joints[2:], hand[1]], [0.026, 0.022, 0.024]
    if outfit.sleeve <= 1:
        bare, girths = [cloth[-1], *joints[1:], hand[1]], [0.033, 0.029, 0.022, 0.024]
    return [
        Part(chain(bare, girths), outfit.skin),
        Part(chain(cloth, radii), outfit.shirt),
    ]


def human_leg(random: Random, hip: Point, leg: Angles, side: int, build: float, outfit: Outfit) -> list[Part]:
    """Return a leg: what is bare, what is clothed, the shoe."""
    angles, spreads = loosen(random, leg[:2], 4), tuple(side * spread for spread in leg[2:])
    joints = limb(hip, (0.245, 0.235), angles, spreads)
    sole = limb(joints[2], (0.03, 0.085), (angles[1], angles[1] + 82), (0, side * 6))
    calf = between(joints[1], joints[2], 0.35)
    cloth, radii = [*joints[:2], calf, joints[2]], [0.064, 0.046, 0.042, 0.032]
    bare, girths = [between(joints[1], joints[2], 0.9), joints[2]], [0.024, 0.024]
    if outfit.legwear != "trousers":
        cloth, radii = [joints[0], between(joints[0], joints[1], 0.8)], [0.066, 0.054]
        bare, girths = [cloth[1], joints[1], calf, joints[2]], [0.045, 0.041, 0.037, 0.026]
    radii, girths = ([radius * build for radius in each] for each in (radii, girths))
    return [
        Part(chain(bare, girths), outfit.skin),
        Part(chain(cloth, radii), outfit.trousers),
        Part(chain([joints[2], *sole[1:]], (0.028, 0.03, 0.022)), outfit.shoes),
    ]


def human_head(random: Random, spine: Callable[..., Point], outfit: Outfit) -> list[Part]:
    """Return neck, face and hair; the hair sits a little behind the face, so each view shows its own share of it."""
    look = random.uniform(-0.02, 0.02)
    red, green, blue = outfit.skin
    face = (red + 4, green + 4, blue + 4)  # parts of one colour are painted together; the face must follow the hair
    crown, jaw = spine(0.405, 0.012, look), spine(0.362, 0.026, look)
    parts = [
        Part([Blob(*spine(0.27), 0.034), Blob(*spine(0.35), 0.031)], outfit.skin),
        Part([Blob(*crown, 0.058, 0.88), Blob(*jaw, 0.043, 0.86)], face),
        Part([Blob(*spine(0.418, -0.012, look), 0.064, 0.92), Blob(*spine(0.385, -0.022, look), 0.052, 0.95)],
             outfit.hair),
    ]  # fmt: skip
    if outfit.long_hair:
        fall = [Blob(*spine(height, -0.04, look), radius, 1.25) for height, radius in ((0.40, 0.05), (0.27, 0.04))]
        parts.append(Part(fall, outfit.hair))
    if outfit.hat:
        brim = [Blob(*spine(0.445, 0.06, look), 0.012, 5.0), Blob(*spine(0.445, -0.05, look), 0.012, 5.0)]
        parts += [Part([Blob(*spine(0.455, 0.0, look), 0.056, 0.95)], outfit.trousers), Part(brim, outfit.trousers)]
    for side in (-1, 1):
        eye = spine(0.398, 0.066, look + side * 0.022)
        parts.append(Part([Blob(*eye, 0.007)], (50, 44, 44)))
    return parts
