"""Draw one picture of a horse or a human outdoors, so that the data set needs neither a download nor a licence.

`figures.py` poses a body; the camera here turns it and paints whatever is nearer later. What must not give the
class away is shared by both: the tones, the painted area, the place in the picture, and the scenery. What is left
is the shape. Coordinates become whole pixels before Pillow sees them, and every random number comes from the
generator that was passed in, so one seed gives one picture on every machine.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import cos, pi, radians, sin, sqrt
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageChops, ImageDraw, ImageFilter

if TYPE_CHECKING:
    import figures
    from figures import Colour, Part
else:
    # This file is loaded from its path, outside any package, so it finds its neighbour in the same way.
    _specification = importlib.util.spec_from_file_location("figures", Path(__file__).with_name("figures.py"))
    figures = importlib.util.module_from_spec(_specification)
    _specification.loader.exec_module(figures)

__all__ = ["draw"]

SIDE = 300  # pixels
OVERSAMPLING = 2  # figures are drawn larger and averaged down, which smooths their outlines
MEASURE = 100  # pixels per body unit while a silhouette is measured


class Disc(NamedTuple):
    """A blob as the camera sees it, in pixels."""

    x: float
    y: float
    half_width: float
    half_height: float


class View(NamedTuple):
    """Where the camera stands: yaw 0 sees the left side with the head to the right, 90 sees the face; degrees."""

    yaw: float
    elevation: float


# Taken off every channel, so that less of each picture is the same in all. With it left in, the reference net fell
# back to 0.50 for single epochs more often; RMSprop's first large steps are the likely cause.
HAZE = 45
# Each layer of a part: how bright, how large, how far it moves toward the light (a share of the radius).
LAYERS = [(0.78, 1.0, 0.0), (0.91, 0.88, 0.08), (1.02, 0.66, 0.2), (1.1, 0.36, 0.34)]
DIRECTIONS = [(cos(2 * pi * turn / 20), sin(2 * pi * turn / 20)) for turn in range(20)]


# ---------------------------------------------------------------------------------------------- the camera


def project(parts: Sequence[Part], view: View, scale: float, origin: tuple[float, float]) -> list[list[Disc]]:
    """Return each part's discs, `scale` pixels to the body unit, with the body's (0, 0, 0) at `origin`."""
    cosine, sine, tilt = cos(radians(view.yaw)), sin(radians(view.yaw)), sin(radians(view.elevation))
    projected = []
    for part in parts:
        discs = []
        for x, y, z, radius, width in part.blobs:
            nearness = x * sine + z * cosine
            zoom = scale * (1 + 0.10 * nearness)  # a mild perspective
            across = radius * sqrt(cosine * cosine + width * width * sine * sine)
            discs.append(
                Disc(
                    origin[0] + zoom * (x * cosine - z * sine),
                    origin[1] - zoom * y + scale * nearness * tilt,
                    zoom * across,
                    zoom * radius,
                )
            )
        projected.append(discs)
    return projected


def nearness(part: Part, view: View) -> float:
    """Return how near the camera a part's middle is, in body units; it decides what is painted over what."""
    cosine, sine = cos(radians(view.yaw)), sin(radians(view.yaw))
    return sum(blob.x * sine + blob.z * cosine for blob in part.blobs) / len(part.blobs)


def hulls(discs: Sequence[Disc], size: float, shift: tuple[float, float]) -> Iterator[list[tuple[int, int]]]:
    """Yield the convex outline around each two neighbouring discs, shrunk to `size` and moved by `shift` radii."""
    rims = []
    for disc in discs:
        x, y = disc.x + shift[0] * disc.half_width, disc.y + shift[1] * disc.half_height
        wide, high = size * disc.half_width, size * disc.half_height
        rim = []
        for u, v in DIRECTIONS:
            reach = sqrt((wide * u) ** 2 + (high * v) ** 2)
            edge = (x + wide * wide * u / reach, y + high * high * v / reach)
            rim.append((x * u + y * v + reach, edge))
        rims.append(rim)
    for first, second in pairwise(rims if len(rims) > 1 else rims * 2):
        yield [(round(edge[0]), round(edge[1])) for _, edge in map(max, first, second)]


def shaded(colour: Colour, brightness: float) -> Colour:
    """Return the colour in more or less light."""
    red, green, blue = (min(255, round(channel * brightness)) for channel in colour)
    return red, green, blue


def paint(canvas: Image.Image, parts: Sequence[Part], view: View, scale: float, origin: tuple[float, float],
          light: tuple[float, float]) -> None:  # fmt: skip
    """Paint the parts from far to near, each as a stack of layers that makes it look round."""
    pencil = ImageDraw.Draw(canvas)
    projected = project(parts, view, scale, origin)
    for colour, members in runs(parts, view):
        for brightness, size, move in LAYERS:
            for index in members:
                for outline in hulls(projected[index], size, (light[0] * move, light[1] * move)):
                    pencil.polygon(outline, fill=shaded(colour, brightness))


def runs(parts: Sequence[Part], view: View) -> list[tuple[Colour, list[int]]]:
    """Return the parts' indices in painting order; parts of one colour that touch share a run, so no seam shows."""
    depths = [round(nearness(part, view), 2) for part in parts]
    found: list[tuple[Colour, list[int]]] = []
    for index in sorted(range(len(parts)), key=depths.__getitem__):
        dimming = max(0.84, min(1.0, 1.0 + 0.9 * (depths[index] + 0.04)))  # the far side is in the shade
        colour = shaded(parts[index].colour, dimming)
        for other, members in found:
            close = other == colour and depths[index] - depths[members[0]] < 0.09
            if close and any(touching(parts[index], parts[member]) for member in members):
                members.append(index)
                break
        else:
            found.append((colour, [index]))
    return found


def touching(first: Part, second: Part) -> bool:
    """Tell whether any blob of one part reaches one of the other."""
    return any(
        (one.x - two.x) ** 2 + (one.y - two.y) ** 2 + (one.z - two.z) ** 2
        < (one.radius * max(1.0, one.width) + two.radius * max(1.0, two.width)) ** 2
        for one in first.blobs
        for two in second.blobs
    )


def silhouette(parts: Sequence[Part], view: View) -> Image.Image:
    """Return the outline as a mask, `MEASURE` pixels to the body unit, the body's origin at (200, 300)."""
    mask = Image.new("L", (400, 400))
    pencil = ImageDraw.Draw(mask)
    for discs in project(parts, view, MEASURE, (200, 300)):
        for outline in hulls(discs, 1.0, (0.0, 0.0)):
            pencil.polygon(outline, fill=255)
    return mask


# ---------------------------------------------------------------------------------------------- the scenery

# Sky and ground lie between the dark and the bright coats, and are about as bright as each other: a subject then
# stands out from both, as often by being darker as by being brighter.
SKIES: list[tuple[Colour, Colour]] = [
    ((123, 138, 159), (157, 141, 129)), ((143, 140, 139), (160, 139, 125)), ((163, 133, 113), (155, 139, 131)),
    ((167, 137, 105), (163, 137, 119)), ((149, 130, 129), (159, 139, 125)),
]  # fmt: skip
GROUNDS: list[Colour] = [
    (129, 140, 103), (125, 136, 99), (148, 134, 115), (156, 130, 119), (159, 126, 121), (151, 129, 129),
]  # fmt: skip


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour that lies `share` of the way from the first to the second."""
    red, green, blue = (round(start + share * (end - start)) for start, end in zip(first, second, strict=True))
    return red, green, blue


def scenery(random: Random, horizon: int) -> Image.Image:
    """Return sky, hills, trees and ground; drawn at half size and softened, as a lens does behind its subject."""
    side, level = SIDE // 2, horizon // 2
    top, low = random.choice(SKIES)
    ground = figures.rough(random, random.choice(GROUNDS))
    far_ground = blend(ground, low, 0.35)
    column = Image.new("RGB", (1, side))
    for y in range(side):
        share = y / level if y < level else (y - level) / (side - level)
        column.putpixel((0, y), blend(top, low, sqrt(share)) if y < level else blend(far_ground, ground, sqrt(share)))
    picture = column.resize((side, side))
    pencil = ImageDraw.Draw(picture)
    for distance in range(random.randint(0, 2), 0, -1):
        hill(random, pencil, level, 6 + 9 * distance, blend(blend(ground, (104, 128, 116), 0.5), low, 0.3 * distance))
    for _ in range(random.randint(0, 5)):
        tree(random, pencil, level, blend(low, random.choice([(82, 110, 76), (98, 114, 78), (120, 108, 82)]), 0.5))
    if random.random() < 0.2:
        fence(random, pencil, level, blend(figures.rough(random, (150, 132, 108)), ground, 0.3))
    mottle = noise(random, (40, 60), random.randint(5, 11))
    mottle.paste(128, (0, 0, side, level))
    warm, cool = (ImageChops.add(mottle, noise(random, (9, 9), 7), 1, -128) for _ in range(2))
    picture = ImageChops.add(picture, Image.merge("RGB", (warm, mottle, cool)), 1, -128)
    return picture.filter(ImageFilter.GaussianBlur(random.choice([0.6, 1.0, 1.6])))


def noise(random: Random, cells: tuple[int, int], strength: int) -> Image.Image:
    """Return soft noise around 128, at most `strength` levels away from it, at half the picture's size."""
    coarse = Image.frombytes("L", cells, random.randbytes(cells[0] * cells[1]))
    fine = coarse.resize((SIDE // 2, SIDE // 2), Image.Resampling.BICUBIC)
    return fine.point([128 + (value - 128) * strength // 128 for value in range(256)])


def hill(random: Random, pencil: ImageDraw.ImageDraw, level: int, height: int, colour: Colour) -> None:
    """Draw one ridge along the horizon."""
    ridge = [(x, level - random.randint(height // 3, height)) for x in range(-30, 200, random.randint(18, 40))]
    pencil.polygon([(-30, level), *ridge, (200, level)], fill=colour)


def tree(random: Random, pencil: ImageDraw.ImageDraw, level: int, colour: Colour) -> None:
    """Draw one tree or bush that stands a little below the horizon."""
    x, foot, size = random.randint(-5, 155), level + random.randint(0, 8), random.randint(6, 22)
    pencil.rectangle((x - size // 9, foot - size, x + size // 9, foot), fill=blend(colour, (80, 62, 48), 0.6))
    for _ in range(6):
        left, rise, radius = x + random.randint(-size // 2, size // 2), foot - random.randint(size, 2 * size), size // 2
        shade = shaded(colour, random.uniform(0.86, 1.1))
        pencil.ellipse((left - radius, rise - radius, left + radius, rise + radius), fill=shade)


def fence(random: Random, pencil: ImageDraw.ImageDraw, level: int, colour: Colour) -> None:
    """Draw a fence of posts and two rails."""
    foot, height, gap = level + random.randint(6, 16), random.randint(10, 16), random.randint(18, 34)
    for x in range(random.randint(-10, 5), 160, gap):
        pencil.rectangle((x, foot - height, x + 1, foot), fill=colour)
    for rail in (foot - height + 2, foot - height // 2):
        pencil.line((0, rail, 150, rail), fill=colour)


# ---------------------------------------------------------------------------------------------- the picture

SKELETONS: dict[str, Callable[[Random], list[Part]]] = {"horses": figures.horse, "humans": figures.human}
# Yaws in degrees. A horse is mostly photographed from the side, and now and then from the front or behind, where its
# outline is as upright as a human's; people are photographed from everywhere.
YAWS = {
    "horses": [0] * 16 + [180] * 16 + [32, 148, 212, 328] * 2 + [90, 270],
    "humans": [0, 0, 180, 180, 35, 60, 90, 90, 120, 145, 215, 245, 270, 295, 325],
}


class Figure(NamedTuple):
    """A posed body with its place in the picture; the box is the silhouette's, in its own pixels."""

    parts: list[Part]
    view: View
    outline: Image.Image
    box: tuple[int, int, int, int]
    scale: float  # pixels per body unit
    centre: tuple[float, float]  # pixels

    @property
    def foot(self) -> float:
        """The lowest pixel row of the body."""
        return self.centre[1] + (self.box[3] - self.box[1]) / 2 * self.scale / MEASURE


def pose(random: Random, class_name: str, area: float, centre: tuple[float, float]) -> Figure:
    """Return a figure that covers `area` pixels, whichever class it is of."""
    parts = SKELETONS[class_name](random)
    view = View(random.choice(YAWS[class_name]) + random.uniform(-14, 14), random.uniform(1, 9))
    outline = silhouette(parts, view)
    left, upper, right, lower = outline.getbbox() or (0, 0, 1, 1)
    scale = MEASURE * sqrt(area / outline.histogram()[255])
    return Figure(parts, view, outline, (left, upper, right, lower), scale, centre)


def cast_shadow(mask: Image.Image, figure: Figure, slant: float, length: float) -> None:
    """Lay the figure's silhouette on the ground, away from the sun; the mask has half the picture's size."""
    zoom = figure.scale / MEASURE / 2
    left, _, right, lower = figure.box
    foot, middle = figure.foot / 2, figure.centre[0] / 2
    # Pillow wants the way back: from a pixel of the mask to one of the silhouette.
    back = (1 / zoom, -slant / (zoom * length), (left + right) / 2 - middle / zoom + slant * foot / (zoom * length),
            0, 1 / (zoom * length), lower - foot / (zoom * length))  # fmt: skip
    fallen = figure.outline.transform(mask.size, Image.Transform.AFFINE, tuple(round(value, 5) for value in back))
    mask.paste(255, (0, 0), fallen)


def arrange(random: Random, class_name: str) -> list[Figure]:
    """Return a figure in any place that shows most of it; now and then a smaller one stands farther away."""
    area = random.uniform(12500, 16500)
    x, y = random.triangular(132, 168), random.triangular(144, 162)
    if random.random() < 0.04:  # cut by the frame
        area, x = area * 1.4, random.choice([random.uniform(55, 95), random.uniform(205, 245)])
    main = pose(random, class_name, area, (x, y))
    if random.random() > 0.08:
        return [main]
    aside = x + random.choice((-1, 1)) * random.uniform(70, 105)
    second = pose(random, class_name, area * random.uniform(0.14, 0.3), (aside, 0.0))
    return [second._replace(centre=(aside, main.foot - random.uniform(12, 30) - second.foot)), main]


def draw(class_name: str, random: Random) -> Image.Image:
    """Return a 300 x 300 RGB picture of the class.

    Raises KeyError when the class is neither "horses" nor "humans".
    """
    figures = arrange(random, class_name)
    nearest = min(figure.foot for figure in figures)
    horizon = round(max(50, min(nearest - 14, figures[-1].centre[1] + random.uniform(-70, 40), 240)))
    picture = scenery(random, horizon)
    light = (random.choice((-1, 1)) * random.uniform(0.3, 0.9), -random.uniform(0.1, 0.8))
    depth = random.choice([0, 12, 24, 48])  # no shadow under an overcast sky, a deep one in the sun
    shadow = Image.new("L", picture.size)
    for figure in figures:
        cast_shadow(shadow, figure, light[0] * 0.5, random.uniform(0.1, 0.3))
    shadow = shadow.filter(ImageFilter.GaussianBlur(1)).point([value * depth // 255 for value in range(256)])
    picture.paste((30, 32, 40), (0, 0), shadow)
    canvas = picture.resize((SIDE * OVERSAMPLING, SIDE * OVERSAMPLING), Image.Resampling.BILINEAR)
    for figure in figures:
        left, upper, right, lower = figure.box
        ratio = figure.scale / MEASURE
        origin = (figure.centre[0] + (200 - (left + right) / 2) * ratio,
                  figure.centre[1] + (300 - (upper + lower) / 2) * ratio)  # fmt: skip
        paint(canvas, figure.parts, figure.view, figure.scale * OVERSAMPLING,
              (origin[0] * OVERSAMPLING, origin[1] * OVERSAMPLING), light)  # fmt: skip
    return expose(random, canvas.reduce(OVERSAMPLING))


def expose(random: Random, picture: Image.Image) -> Image.Image:
    """Return the picture in brighter or dimmer, warmer or cooler light."""
    exposure, warmth = random.uniform(1.02, 1.14), random.uniform(-0.03, 0.03)
    table: list[int] = []
    for gain in (exposure * (1 + warmth), exposure, exposure * (1 - warmth)):
        table += [max(0, min(255, round(value * gain) - HAZE)) for value in range(256)]
    return picture.point(table)
