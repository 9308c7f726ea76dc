"""Put an expression on a face: the mouth, the eyes and the brows.

Only the mouth is told which class it belongs to. A sad mouth is the happy one turned upside down about its own
middle, in the same colours, so its area and its place say nothing. Brows lean towards the class a little, as they do
in people; eyes, glasses and everything else do not. All randomness comes from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, pi, sin
from random import Random
from typing import NamedTuple, TypeAlias

from PIL import ImageDraw

__all__ = ["BENDS", "Colour", "Frame", "brows", "eyes", "glasses", "mouth", "oval", "shaded"]

Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]

BENDS = {"happy": 1.0, "sad": -1.0}  # which way the middle of the mouth lies from its corners; down is positive
# Lips stand out from the skin, by being darker than a fair one and lighter than a dark one: a linear model, which
# gives every pixel one weight, then finds a smile as often dark as light in the same place.
DEEP: list[Colour] = [(112, 30, 40), (134, 36, 46), (92, 24, 36), (146, 40, 56), (78, 28, 30)]
ROSY: list[Colour] = [(196, 124, 116), (186, 112, 108), (204, 134, 122), (190, 118, 122), (182, 110, 98)]
TEETH: Colour = (240, 236, 228)
IRISES: list[Colour] = [(46, 34, 28), (40, 40, 44), (62, 88, 120), (70, 96, 60), (92, 62, 34)]


class Frame(NamedTuple):
    """Where a face is: (0, 0) between eyes and nose, (0, 1) the chin, (1, 0) to the viewer's right; see `at`."""

    x: float
    y: float
    scale: float  # pixels per half face
    cosine: float  # of the head's tilt
    sine: float
    turn: float  # how far the features slide to the side when the head turns, in half faces

    def at(self, u: float, v: float) -> tuple[int, int]:
        """Return the pixel of a point of the face."""
        across, down = u * self.scale, v * self.scale
        return (
            round(self.x + across * self.cosine - down * self.sine),
            round(self.y + across * self.sine + down * self.cosine),
        )

    def outline(self, points: Sequence[Point]) -> list[tuple[int, int]]:
        """Return the pixels of several points."""
        return [self.at(u, v) for u, v in points]

    def width(self, share: float) -> int:
        """Return a line's width in pixels."""
        return max(2, round(share * self.scale))


def shaded(colour: Colour, brightness: float) -> Colour:
    """Return the colour in more or less light."""
    red, green, blue = (max(0, min(255, round(channel * brightness))) for channel in colour)
    return red, green, blue


def oval(u: float, v: float, half_width: float, half_height: float, start: float = 0.0, end: float = 2.0
         ) -> list[Point]:  # fmt: skip
    """Return points along an ellipse, from `start` to `end` half turns; 0 points right, 0.5 down."""
    steps = 28
    turns = [start + (end - start) * step / steps for step in range(steps + 1)]
    return [(u + half_width * cos(pi * turn), v + half_height * sin(pi * turn)) for turn in turns]


def stroke(pencil: ImageDraw.ImageDraw, frame: Frame, points: Sequence[Point], width: float, colour: Colour) -> None:
    """Draw a line with round ends."""
    pixels, thick = frame.outline(points), frame.width(width)
    pencil.line(pixels, fill=colour, width=thick, joint="curve")
    radius = (thick - 1) // 2
    for x, y in (pixels[0], pixels[-1]):
        pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


# ---------------------------------------------------------------------------------------------- the mouth


def bow(u: float, v: float, half_width: float, depth: float) -> list[Point]:
    """Return a parabola whose corners are at height `v` and whose middle is `depth` lower; negative is higher."""
    shares = [step / 10 - 1 for step in range(21)]
    return [(u + half_width * share, v + depth * (1 - share * share)) for share in shares]


def line_mouth(random: Random, pencil: ImageDraw.ImageDraw, frame: Frame, middle: Point, reach: Point, lips: Colour
               ) -> None:  # fmt: skip
    """Draw closed lips as one curved line; `reach` is the half width and the signed depth."""
    u, v = middle
    half_width, depth = reach
    points = bow(u, v - depth * 2 / 3, half_width, depth)  # two thirds of the depth is the curve's mean height
    stroke(pencil, frame, points, random.uniform(0.1, 0.13), lips)


def crescent_mouth(random: Random, pencil: ImageDraw.ImageDraw, frame: Frame, middle: Point, reach: Point, lips: Colour
                   ) -> None:  # fmt: skip
    """Draw full lips: a crescent with a darker line where they meet."""
    u, v = middle
    half_width, depth = reach
    corner, thin = v - depth * 0.62, random.uniform(0.35, 0.5)
    points = bow(u, corner, half_width, depth) + bow(u, corner, half_width, depth * thin)[::-1]
    pencil.polygon(frame.outline(points), fill=lips)
    stroke(pencil, frame, bow(u, corner, half_width, depth * (1 + thin) / 2), 0.04, shaded(lips, 0.75))


def open_mouth(random: Random, pencil: ImageDraw.ImageDraw, frame: Frame, middle: Point, reach: Point, lips: Colour
               ) -> None:  # fmt: skip
    """Draw an open mouth: a dark one with teeth along its straight side, or one that shows nothing but teeth."""
    u, v = middle
    half_width, depth = reach
    depth *= 1.15
    corner = v - depth * 0.4  # the centre of a parabola's segment lies at two fifths of its height
    bright = random.random() < (0.7 if lips in ROSY else 0.2)
    inside = TEETH if bright else shaded(lips, 0.72 if lips in DEEP else 0.3)
    pencil.polygon(frame.outline(bow(u, corner, half_width, depth)), fill=inside)
    pencil.polygon(frame.outline(bow(u, corner, half_width * 0.86, depth * 0.3)), fill=TEETH)
    stroke(pencil, frame, [*bow(u, corner, half_width, depth), (u - half_width, corner)], 0.05, lips)


MOUTHS: list[Callable[[Random, ImageDraw.ImageDraw, Frame, Point, Point, Colour], None]] = [
    line_mouth, line_mouth, crescent_mouth, open_mouth,
]  # fmt: skip


def mouth(random: Random, pencil: ImageDraw.ImageDraw, frame: Frame, skin: Colour, bend: float) -> None:
    """Draw a mouth that bends down in the middle (1.0) or up (-1.0)."""
    lips = random.choice(DEEP if sum(skin) > 380 else ROSY)
    half_width, depth = random.uniform(0.44, 0.55), random.uniform(0.32, 0.42)
    middle = (frame.turn + random.uniform(-0.03, 0.03), random.uniform(0.5, 0.58))
    random.choice(MOUTHS)(random, pencil, frame, middle, (half_width, depth * bend), lips)


# ---------------------------------------------------------------------------------------------- eyes and brows


def eyes(random: Random, pencil: ImageDraw.ImageDraw, frame: Frame, apart: float) -> None:
    """Draw a pair of eyes `apart` half faces from the middle."""
    kind = random.choice(["dots", "round", "round", "almond", "shut", "lidded"])
    iris, height = random.choice(IRISES), random.uniform(-0.08, 0.0)
    glance, size = random.uniform(-0.04, 0.04), random.uniform(0.1, 0.14)
    shut = random.choice((0.0, 1.0))  # shut eyes curve either way, whatever the mouth does
    for side in (-1, 1):
        u = frame.turn + side * apart
        if kind == "dots":
            pencil.polygon(frame.outline(oval(u, height, size * 0.62, size * 0.8)), fill=iris)
        elif kind == "shut":
            stroke(pencil, frame, oval(u, height, size, size * 0.7, shut, shut + 1), 0.05, shaded(iris, 0.7))
        else:
            high = size * (0.62 if kind == "almond" else 0.95)
            pencil.polygon(frame.outline(oval(u, height, size * 1.15, high)), fill=(244, 243, 240))
            pencil.polygon(frame.outline(oval(u + glance, height, size * 0.55, min(high, size * 0.6))), fill=iris)
            if kind == "lidded":
                stroke(pencil, frame, oval(u, height, size * 1.15, high, 1.0, 2.0), 0.05, shaded(iris, 0.6))


def brows(random: Random, pencil: ImageDraw.ImageDraw, frame: Frame, apart: float, colour: Colour, bend: float
          ) -> None:  # fmt: skip
    """Draw brows. They rise towards the nose in six sad faces of ten, and in four happy ones."""
    worried = random.random() < 0.5 - 0.1 * bend
    slope = random.uniform(0.03, 0.09) if worried else random.uniform(-0.045, 0.01)
    height = random.uniform(-0.32, -0.24)
    thick, half_width = random.uniform(0.045, 0.08), random.uniform(0.12, 0.17)
    for side in (-1, 1):
        u = frame.turn + side * apart
        points = [(u - half_width * side, height - slope), (u, height - 0.03), (u + half_width * side, height + slope)]
        stroke(pencil, frame, points, thick, colour)


def glasses(random: Random, pencil: ImageDraw.ImageDraw, frame: Frame, apart: float) -> None:
    """Draw spectacles, round or nearly square."""
    colour = random.choice([(36, 34, 36), (96, 56, 40), (150, 40, 46), (60, 70, 110), (196, 168, 90)])
    radius, height = apart * random.uniform(0.62, 0.8), random.uniform(-0.06, 0.0)
    square = random.random() < 0.4
    for side in (-1, 1):
        u = frame.turn + side * apart
        corners = [(u - radius, height - radius * 0.8), (u + radius, height - radius * 0.8),
                   (u + radius * 0.85, height + radius * 0.8), (u - radius * 0.85, height + radius * 0.8)]  # fmt: skip
        rim = [*corners, corners[0]] if square else oval(u, height, radius, radius)
        stroke(pencil, frame, rim, 0.045, colour)
        stroke(pencil, frame, [(u + radius * side, height), (side * 0.86, height - 0.06)], 0.04, colour)
    inner = apart - radius
    stroke(pencil, frame, [(frame.turn - inner, height), (frame.turn + inner, height)], 0.045, colour)
