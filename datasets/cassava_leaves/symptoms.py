"""Lay a disease on a leaf, as a mask of how pale each pixel turns and one of where the tissue is dead.

Each disease makes its own pattern, and every pattern covers the same share of the leaf in the same tones: which it is
cannot be read from how much is yellow, only from how the yellow lies. All randomness comes from the generator that
is passed in.

bacterial blight   angular, water-soaked spots that side veins bound, dark inside a pale rim
brown streak       feathery yellow along the side veins and the midrib
green mottle       fine flecks all over
mosaic disease     large patches with clear borders, on a leaf out of shape
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageChops, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from leaf import Leaf

__all__ = ["CROOKS", "Symptoms", "fall_ill"]

# How bent the lobes are, from and to.
CROOKS = {
    "bacterial_blight": (0.0, 0.35),
    "brown_streak": (0.0, 0.35),
    "green_mottle": (0.0, 0.35),
    "healthy": (0.0, 0.35),
    "mosaic_disease": (0.15, 0.7),
}


class Symptoms(NamedTuple):
    """Two masks of the canvas's size, 0 to 255."""

    pale: Image.Image
    dead: Image.Image


def area(mask: Image.Image) -> int:
    """Return the mask's sum, in full pixels."""
    return sum(value * count for value, count in enumerate(mask.histogram())) // 255


def noise(random: Random, cells: int, side: int) -> Image.Image:
    """Return soft noise with blobs of about side / cells pixels."""
    coarse = Image.frombytes("L", (cells, cells), random.randbytes(cells * cells))
    return coarse.resize((side, side), Image.Resampling.BICUBIC)


def highest(field: Image.Image, within: Image.Image, share: float, softness: int) -> Image.Image:
    """Return a mask of the given share of the pixels `within`, where the field is highest."""
    counts = field.histogram(within)
    left, level = share * sum(counts), 255
    while level > 0 and left > counts[level]:
        left -= counts[level]
        level -= 1
    return field.point([max(0, min(255, 128 + (value - level) * 128 // softness)) for value in range(256)])


def until(leaf: Image.Image, share: float, add: Callable[[ImageDraw.ImageDraw, int], None]) -> Image.Image:
    """Return a mask to which strokes were added until they cover the share of the leaf."""
    mask = Image.new("L", leaf.size)
    pencil, wanted = ImageDraw.Draw(mask), share * area(leaf)
    for turn in range(40):
        for step in range(6):
            add(pencil, turn * 6 + step)
        if area(ImageChops.multiply(mask, leaf)) >= wanted:
            break
    return mask


# ---------------------------------------------------------------------------------------------- the four patterns


def mottle(random: Random, plant: Leaf, leaf: Image.Image, share: float) -> Symptoms:
    """Return fine flecks, everywhere alike."""
    field = noise(random, random.randint(52, 64), leaf.width)
    return Symptoms(highest(field, leaf, share, 32), Image.new("L", leaf.size))


def mosaic(random: Random, plant: Leaf, leaf: Image.Image, share: float) -> Symptoms:
    """Return large patches, as if painted."""
    field = noise(random, random.randint(11, 15), leaf.width)
    return Symptoms(highest(field, leaf, share, 8), Image.new("L", leaf.size))


def streak(random: Random, plant: Leaf, leaf: Image.Image, share: float) -> Symptoms:
    """Return feathered bands along the veins, the side veins first."""
    veins = [vein for lobe in plant.lobes for vein in lobe.side_veins]
    random.shuffle(veins)
    ribs = [lobe.rib for lobe in plant.lobes]

    def add(pencil: ImageDraw.ImageDraw, turn: int) -> None:
        layer, place = divmod(turn, len(veins))
        if layer and place < len(ribs):
            pencil.line([(round(x), round(y)) for x, y in ribs[place]], fill=255, width=2 + 2 * layer)
        (x0, y0), middle, (x1, y1) = veins[place]
        for width, end in ((8 + 2 * layer, 0.5), (4 + 2 * layer, 1.0)):
            points = [(x0, y0), middle, (middle[0] + end * (x1 - middle[0]), middle[1] + end * (y1 - middle[1]))]
            pencil.line([(round(x), round(y)) for x, y in points], fill=255, width=width, joint="curve")

    bands = until(leaf, share, add)
    return Symptoms(bands.filter(ImageFilter.GaussianBlur(1.8)), Image.new("L", leaf.size))


def blight(random: Random, plant: Leaf, leaf: Image.Image, share: float) -> Symptoms:
    """Return angular spots between the side veins."""
    dead = Image.new("L", leaf.size)
    inner = ImageDraw.Draw(dead)

    def add(pencil: ImageDraw.ImageDraw, turn: int) -> None:
        lobe = random.choice(plant.lobes)
        step, side = random.randint(2, len(lobe.rib) - 3), random.choice((lobe.left, lobe.right))
        out = random.uniform(0.15, 0.85)
        x, y = (rib + out * (edge - rib) for rib, edge in zip(lobe.rib[step], side[step], strict=True))
        size, start, corners = random.uniform(10, 17), random.uniform(0, 2 * pi), random.choice((4, 4, 5))
        reaches = [random.uniform(0.75, 1.15) for _ in range(corners)]
        for target, zoom in ((pencil, 1.0), (inner, 0.74)):
            target.polygon(
                [
                    (round(x + size * zoom * reach * cos(start + 2 * pi * corner / corners)),
                     round(y + size * zoom * reach * sin(start + 2 * pi * corner / corners)))
                    for corner, reach in enumerate(reaches)
                ],
                fill=255,
            )  # fmt: skip

    spots = until(leaf, share, add)
    return Symptoms(spots, dead)


PATTERNS = {"bacterial_blight": blight, "brown_streak": streak, "green_mottle": mottle, "mosaic_disease": mosaic}


def fall_ill(random: Random, class_name: str, plant: Leaf, leaf: Image.Image, share: float) -> Symptoms | None:
    """Return what the disease does to `share` of the leaf, whose pixels are 255 in the mask; None for a sound leaf."""
    pattern = PATTERNS.get(class_name)
    return None if pattern is None else pattern(random, plant, leaf, share)
