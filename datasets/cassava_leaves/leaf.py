"""Grow a cassava leaf: five or seven slender lobes that meet at the stalk, each with a midrib and side veins.

Nothing here knows of a disease, but for `crook`, by which a lobe is bent and its edge buckled: mosaic disease distorts
a leaf the most, yet sound leaves are never quite straight. Lengths are in pixels of the canvas, angles in radians.
All randomness comes from the generator that is passed in.
"""

from __future__ import annotations

from math import cos, pi, sin
from random import Random
from typing import NamedTuple, TypeAlias

__all__ = ["Colour", "Leaf", "Lobe", "Point", "blend", "grow", "pixels", "shaded"]

Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]
STEPS = 16  # pieces that a lobe is made of


class Lobe(NamedTuple):
    """One finger of the leaf."""

    rib: list[Point]  # from the stalk to the tip
    left: list[Point]  # the edge on either side, point by point beside the rib
    right: list[Point]
    side_veins: list[list[Point]]  # each from the rib towards the edge
    length: float
    half_width: float

    @property
    def outline(self) -> list[Point]:
        """The closed edge."""
        return self.left + self.right[::-1]


class Leaf(NamedTuple):
    """A leaf, seen from above."""

    stalk: list[Point]
    lobes: list[Lobe]  # in the order in which they are painted


def pixels(points: list[Point]) -> list[tuple[int, int]]:
    """Return the points as whole pixels."""
    return [(round(x), round(y)) for x, y in points]


def shaded(colour: Colour, brightness: float) -> Colour:
    """Return the colour in more or less light."""
    red, green, blue = (max(0, min(255, round(channel * brightness))) for channel in colour)
    return red, green, blue


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour that lies `share` of the way from the first to the second."""
    red, green, blue = (round(start + share * (end - start)) for start, end in zip(first, second, strict=True))
    return red, green, blue


def grow_lobe(random: Random, base: Point, angle: float, length: float, half_width: float, crook: float,
              steps: int = STEPS) -> Lobe:  # fmt: skip
    """Return a lobe that leaves `base` at `angle`, clockwise from the right."""
    bend = random.uniform(-0.25, 0.25) + random.choice((-1, 1)) * crook * random.uniform(0.2, 0.7)
    wave, phase = random.uniform(1.5, 3.0), random.uniform(0, 2 * pi)
    fullest = random.uniform(0.8, 1.05)  # below 1 the lobe is widest before its middle
    x, y = base
    rib: list[Point] = []
    left: list[Point] = []
    right: list[Point] = []
    for step in range(steps + 1):
        share = step / steps
        heading = angle + bend * (share - 0.2) + crook * 0.5 * sin(wave * 2 * pi * share + phase)
        across, down = cos(heading), sin(heading)
        if step:
            x, y = x + length / steps * across, y + length / steps * down
        half = half_width * (0.12 * (1 - share) + max(0.0, sin(pi * share**fullest)) ** 0.85)
        rib.append((x, y))
        for edge, side in ((left, -1), (right, 1)):
            reach = side * half * (1 + crook * 0.55 * sin(2.3 * wave * pi * share + phase * (2 + side)))
            edge.append((x - reach * down, y + reach * across))
    veins = []
    for step in range(2, steps - 2, 2):
        for side, edge in ((0, left), (1, right)):
            ahead = min(steps, step + 2 + (side ^ step // 2 % 2))
            (x0, y0), (x1, y1) = rib[step], edge[ahead]
            veins.append([(x0, y0), (x0 + 0.55 * (x1 - x0), y0 + 0.48 * (y1 - y0)),
                          (x0 + 0.9 * (x1 - x0), y0 + 0.9 * (y1 - y0))])  # fmt: skip
    return Lobe(rib, left, right, veins, length, half_width)


def grow(random: Random, middle: Point, length: float, crook: float) -> Leaf:
    """Return a leaf whose lobes fill the circle of this radius around `middle`, turned any way."""
    count = random.choice((5, 5, 7))
    turn, spread = random.uniform(0, 2 * pi), random.uniform(0.62, 0.74) * 2 * pi
    # The stalk joins the leaf off its middle, away from the longest lobe.
    base = (middle[0] - 0.28 * length * cos(turn), middle[1] - 0.28 * length * sin(turn))
    slim = random.uniform(0.17, 0.21) * (1.0 if count == 5 else 0.88)
    lobes = []
    for index in range(count):
        aside = index / (count - 1) - 0.5
        angle = turn + spread * aside + random.uniform(-0.09, 0.09)
        reach = length * (1 - 0.9 * aside * aside * 1.4) * random.uniform(0.92, 1.06)
        lobes.append(grow_lobe(random, base, angle, reach, slim * length * random.uniform(0.9, 1.08), crook))
    far = (base[0] - length * cos(turn + random.uniform(-0.4, 0.4)), base[1] - length * sin(turn))
    outside_first = sorted(lobes, key=lambda lobe: lobe.length)
    return Leaf([base, far], outside_first)
