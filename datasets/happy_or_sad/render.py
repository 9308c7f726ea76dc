"""Draw one happy or sad face, so that the data set needs neither a download nor anybody's portrait.

The head, its hair and clothes, the background and the light are drawn here and never ask for the class; `expression.py`
draws the mouth that tells. Coordinates become whole pixels before Pillow sees them, and every random number comes from
the generator that was passed in, so one seed gives one picture on every machine.
"""

from __future__ import annotations

import importlib.util
from math import cos, radians, sin
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    import expression
    from expression import Colour, Frame
else:
    # This file is loaded from its path, outside any package, so it finds its neighbour in the same way.
    _specification = importlib.util.spec_from_file_location("expression", Path(__file__).with_name("expression.py"))
    expression = importlib.util.module_from_spec(_specification)
    _specification.loader.exec_module(expression)
    Frame = expression.Frame

__all__ = ["draw"]

SIDE = 150  # pixels
# Taken off every channel, so that less of each picture is the same in all: RMSprop's first steps then go less astray.
HAZE = 24
OVERSAMPLING = 2  # faces are drawn larger and averaged down, which smooths their outlines

oval, shaded = expression.oval, expression.shaded

SKINS: list[Colour] = [
    (250, 222, 200), (242, 204, 174), (228, 182, 144), (206, 154, 114),
    (144, 98, 70), (126, 84, 61), (110, 73, 54), (96, 63, 48),
]  # fmt: skip
HAIRS: list[Colour] = [
    (40, 32, 30), (66, 46, 36), (102, 68, 42), (150, 102, 54), (214, 176, 104), (176, 82, 44), (158, 156, 154),
    (226, 222, 214), (88, 74, 120), (64, 112, 120),
]  # fmt: skip
PAINTS: list[Colour] = [  # walls and clothes
    (206, 222, 232), (150, 186, 206), (96, 134, 166), (238, 214, 170), (232, 178, 110), (204, 226, 196),
    (138, 178, 134), (92, 128, 104), (240, 204, 204), (214, 140, 134), (176, 92, 96), (218, 206, 232),
    (160, 142, 190), (110, 98, 140), (232, 230, 224), (168, 162, 154), (104, 102, 104), (196, 196, 120),
]  # fmt: skip
STYLES = ["bald", "short", "short", "parted", "long", "long", "curly", "bun", "fringe", "cap", "scarf"]


class Person(NamedTuple):
    """What somebody looks like, whatever their mood."""

    skin: Colour
    hair: Colour
    cloth: Colour
    style: str
    wide: float  # half width of the head in half faces
    jaw: float  # 0 is round, 1 square


def meet(random: Random) -> Person:
    """Return somebody nobody has met before."""
    skin = shaded(random.choice(SKINS), random.uniform(0.95, 1.04))
    hair, cloth = (shaded(random.choice(tones), random.uniform(0.9, 1.1)) for tones in (HAIRS, PAINTS))
    return Person(skin, hair, cloth, random.choice(STYLES), random.uniform(0.76, 0.92), random.uniform(0.0, 0.5))


# ---------------------------------------------------------------------------------------------- background


def wall(random: Random) -> Image.Image:
    """Return a background: plain, striped, dotted, a skirting of another colour, or lights out of focus."""
    side = SIDE * OVERSAMPLING
    first, second = random.sample(PAINTS, 2)
    column = Image.new("RGB", (1, side))
    for y in range(side):
        column.putpixel((0, y), shaded(first, 1.06 - 0.16 * y / side))
    picture = column.resize((side, side))
    pencil = ImageDraw.Draw(picture)
    near = tuple(round(0.7 * one + 0.3 * other) for one, other in zip(first, second, strict=True))
    kind, gap = random.choice(["plain", "plain", "stripes", "dots", "skirting", "lights"]), random.randint(22, 46)
    if kind == "stripes":
        slant = random.choice((0, 0, 60, -60))
        for x in range(-gap * 3, side + gap * 3, gap):
            pencil.line((x, 0, x + slant, side), fill=near, width=gap // 3)
    elif kind == "dots":
        for row, y in enumerate(range(0, side + gap, gap)):
            for x in range((row % 2) * gap // 2, side + gap, gap):
                pencil.ellipse((x - gap // 6, y - gap // 6, x + gap // 6, y + gap // 6), fill=near)
    elif kind == "skirting":
        pencil.rectangle((0, random.randint(120, 240), side, side), fill=second)
    elif kind == "lights":
        for _ in range(random.randint(5, 12)):
            x, y, radius = random.randint(0, side), random.randint(0, side), random.randint(8, 34)
            pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=near)
    return picture


# ---------------------------------------------------------------------------------------------- the head


def behind(pencil: ImageDraw.ImageDraw, frame: Frame, person: Person) -> None:
    """Draw what the head hides in part: long hair, the neck, the shoulders."""
    if person.style in ("long", "fringe"):
        pencil.polygon(frame.outline(oval(0, 0.15, person.wide * 1.28, 1.25)), fill=shaded(person.hair, 0.86))
    if person.style == "scarf":
        pencil.polygon(frame.outline(oval(0, 0.1, person.wide * 1.24, 1.3)), fill=shaded(person.cloth, 0.86))
    x, y = frame.at(0, 1.0)
    size = frame.scale
    half, low = round(size * 0.34), SIDE * OVERSAMPLING + 10
    pencil.rectangle((x - half, round(y - size * 0.4), x + half, low), fill=shaded(person.skin, 0.84))
    wide, top = round(size * 1.25), round(y + size * 0.16)
    pencil.ellipse((x - wide, top, x + wide, top + 2 * wide), fill=person.cloth)
    pencil.ellipse((x - half, top - half // 2, x + half, top + half), fill=shaded(person.skin, 0.84))


def head(pencil: ImageDraw.ImageDraw, frame: Frame, person: Person, light: float) -> None:
    """Draw ears, face and nose; `light` is the side it comes from, -1 or 1."""
    for side in (-1, 1):
        pencil.polygon(frame.outline(oval(side * person.wide, 0.06, 0.13, 0.2)), fill=shaded(person.skin, 0.88))
    points = []
    for u, v in oval(0, 0, 1, 1):
        fuller = 1 + person.jaw * max(0.0, v) * abs(u) * 0.5
        points.append((u * person.wide * fuller, v * fuller if v > 0 else v * 1.05))
    pencil.polygon(frame.outline(points), fill=shaded(person.skin, 0.93))
    lit = [(u * 0.93 + 0.05 * light, v * 0.95 - 0.02) for u, v in points]
    pencil.polygon(frame.outline(lit), fill=person.skin)


def nose(random: Random, pencil: ImageDraw.ImageDraw, frame: Frame, person: Person) -> None:
    """Draw a nose, and blush or freckles on some."""
    tone, u = shaded(person.skin, 0.8), frame.turn * 1.25
    if random.random() < 0.25:
        for side in (-1, 1):
            cheek = shaded(person.skin, 0.97)
            blush = (min(255, cheek[0] + 8), cheek[1] - 14, cheek[2] - 8)
            pencil.polygon(frame.outline(oval(frame.turn + side * 0.48, 0.26, 0.14, 0.1)), fill=blush)
    if random.random() < 0.2:
        for _ in range(14):
            x, y = frame.at(frame.turn + random.uniform(-0.5, 0.5), random.uniform(0.12, 0.32))
            pencil.ellipse((x - 1, y - 1, x + 1, y + 1), fill=tone)
    wide, low = random.uniform(0.07, 0.12), random.uniform(0.2, 0.27)
    if random.random() < 0.5:
        pencil.polygon(frame.outline(oval(u, low, wide, wide * 0.8)), fill=shaded(person.skin, 0.86))
    else:
        pencil.line(frame.outline([(u, 0.02), (u + wide, low), (u - wide * 0.3, low + 0.02)]), fill=tone, width=3,
                    joint="curve")  # fmt: skip


def hair(random: Random, pencil: ImageDraw.ImageDraw, frame: Frame, person: Person) -> None:
    """Draw what lies on top of the head."""
    wide, colour = person.wide, person.hair
    if person.style == "bald":
        return
    if person.style in ("cap", "scarf"):
        colour = person.cloth if person.style == "scarf" else shaded(person.cloth, 0.9)
    if person.style == "bun":
        pencil.polygon(frame.outline(oval(0, -1.2, 0.34, 0.3)), fill=shaded(colour, 0.9))
    line = random.uniform(-0.62, -0.5)  # where the hair begins
    parting = random.choice((-1, 1)) * random.uniform(0.1, 0.4) * (person.style == "parted")
    top = oval(0, -0.05, wide * 1.07, 1.08, 1.08, 1.92)
    rim = [(wide * 0.86, line + 0.12), (wide * 0.4 + parting, line - 0.02), (parting, line - 0.16 * (parting != 0)),
           (-wide * 0.4 + parting, line - 0.02), (-wide * 0.86, line + 0.12)]  # fmt: skip
    if person.style == "fringe":
        rim = [(wide * share, line + 0.16) for share in (0.9, 0.4, 0.0, -0.4, -0.9)]
    pencil.polygon(frame.outline(top + rim), fill=colour)
    if person.style == "curly":
        for turn in range(11):
            (u, v), *_ = oval(0, -0.08, wide * 1.02, 1.0, 1.02 + turn * 0.096)
            size = random.uniform(0.18, 0.27)
            pencil.polygon(frame.outline(oval(u, v, size, size)), fill=shaded(colour, random.uniform(0.88, 1.06)))
    if person.style == "cap":
        edge = oval(random.choice((-1, 1)) * 0.25, line + 0.1, wide * 0.95, 0.1)
        pencil.polygon(frame.outline(edge), fill=shaded(colour, 0.78))
    if person.style in ("long", "scarf"):
        for side in (-1, 1):
            lock = [(side * wide * 0.9, line), (side * wide * 1.2, 0.1), (side * wide * 1.12, 0.9), (side * wide, 0.5),
                    (side * wide * 0.94, 0.0)]  # fmt: skip
            pencil.polygon(frame.outline(lock), fill=shaded(colour, 0.95))


# ---------------------------------------------------------------------------------------------- the picture


def place(random: Random) -> Frame:
    """Return where the head is, how large, tilted and turned."""
    middle = SIDE * OVERSAMPLING / 2
    tilt = radians(random.triangular(-12, 12))
    return Frame(
        x=middle + random.triangular(-20, 20),
        y=middle - 6 + random.triangular(-17, 17),
        scale=random.uniform(94, 112),
        cosine=cos(tilt),
        sine=sin(tilt),
        turn=random.triangular(-0.14, 0.14),
    )


def draw(class_name: str, random: Random) -> Image.Image:
    """Return a 150 x 150 RGB picture of the class.

    Raises KeyError when the class is neither "happy" nor "sad".
    """
    bend = expression.BENDS[class_name]
    picture = wall(random)
    pencil = ImageDraw.Draw(picture)
    frame, person, light = place(random), meet(random), random.choice((-1, 1))
    apart = random.uniform(0.32, 0.4)
    behind(pencil, frame, person)
    head(pencil, frame, person, light)
    nose(random, pencil, frame, person)
    expression.mouth(random, pencil, frame, person.skin, bend)
    expression.eyes(random, pencil, frame, apart)
    hair(random, pencil, frame, person)
    if random.random() < 0.9:
        tone = HAIRS[0] if person.style == "bald" else shaded(person.hair, 0.75)
        expression.brows(random, pencil, frame, apart, tone, bend)
    if random.random() < 0.25:
        expression.glasses(random, pencil, frame, apart)
    return expose(random, picture.reduce(OVERSAMPLING))


def expose(random: Random, picture: Image.Image) -> Image.Image:
    """Return the picture in brighter or dimmer, warmer or cooler light."""
    exposure, warmth = random.uniform(0.92, 1.08), random.uniform(-0.04, 0.04)
    table: list[int] = []
    for gain in (exposure * (1 + warmth), exposure, exposure * (1 - warmth)):
        table += [max(0, min(255, round(value * gain) - HAZE)) for value in range(256)]
    return picture.point(table)
