"""Draw one cassava leaf, sound or with one of four diseases, so that the set needs neither a download nor a licence.

`leaf.py` grows the leaf and `symptoms.py` lays the pattern on it; here it lies on soil, litter and other leaves, in
any light. The sum of yellowed and of dead tissue in a picture is drawn without asking for the class: what a sound leaf
does not show lies around it as faded leaves. Coordinates become whole pixels before Pillow sees them, and every random
number comes from the generator that was passed in, so one seed gives one picture on every machine.
"""

from __future__ import annotations

import importlib.util
from math import cos, pi, sin
from pathlib import Path
from random import Random
from types import ModuleType
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageFilter

if TYPE_CHECKING:
    import leaf
    import symptoms
    from leaf import Colour, Leaf
else:

    def _neighbour(name: str) -> ModuleType:
        # This file is loaded from its path, outside any package, so it finds its neighbours in the same way.
        specification = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return module

    leaf, symptoms = _neighbour("leaf"), _neighbour("symptoms")

__all__ = ["draw"]

SIDE = 150  # pixels
OVERSAMPLING = 2  # leaves are drawn larger and averaged down, which smooths their outlines
CANVAS = SIDE * OVERSAMPLING

GREENS: list[Colour] = [(58, 104, 48), (70, 118, 54), (50, 92, 56), (84, 124, 58), (64, 108, 70)]
PALES: list[Colour] = [(196, 196, 96), (184, 200, 112), (206, 190, 92), (178, 190, 92)]
BROWNS: list[Colour] = [(92, 66, 40), (104, 72, 44), (80, 60, 42)]
SOILS: list[Colour] = [(132, 98, 70), (118, 90, 66), (146, 114, 84), (104, 84, 68), (88, 102, 66)]


def ground(random: Random) -> Image.Image:
    """Return soil or a green floor, uneven; what lies behind the leaf is drawn at half the canvas's size."""
    picture = Image.new("RGB", (SIDE, SIDE), leaf.shaded(random.choice(SOILS), random.uniform(0.8, 1.1)))
    coarse, fine = (symptoms.noise(random, cells, SIDE) for cells in (9, 60))
    rough = [coarse.point([128 + (value - 128) * 34 // 128 for value in range(256)]),
             fine.point([128 + (value - 128) * 30 // 128 for value in range(256)])]  # fmt: skip
    for field in rough:
        picture = ImageChops.add(picture, Image.merge("RGB", (field, field, field)), 1, -128)
    return picture


def litter(random: Random, picture: Image.Image, tones: tuple[Colour, Colour], area: float) -> None:
    """Strew slender fallen leaflets of one tone, shaded, until they would cover the area in pixels."""
    pencil = ImageDraw.Draw(picture)
    tone, rib = tones
    while area > 30:
        length, half = random.uniform(13, 45), random.uniform(2.5, 6.5)
        x, y, angle = random.uniform(0, SIDE), random.uniform(0, SIDE), random.uniform(0, 2 * pi)
        lobe = leaf.grow_lobe(random, (x, y), angle, length, half, random.uniform(0.0, 0.4), steps=7)
        pencil.polygon(leaf.pixels(lobe.outline), fill=leaf.shaded(tone, random.uniform(0.86, 1.04)))
        pencil.line(leaf.pixels(lobe.rib), fill=rib, width=1)
        area -= 1.25 * length * half


def blade(canvas: Image.Image, plant: Leaf, green: Colour, light: float) -> Image.Image:
    """Paint the leaf without its veins; return a mask of its pixels."""
    mask = Image.new("L", canvas.size)
    pencil, stencil = ImageDraw.Draw(canvas), ImageDraw.Draw(mask)
    pencil.line(leaf.pixels(plant.stalk), fill=leaf.blend(green, (168, 96, 84), 0.55), width=5)
    for lobe in plant.lobes:
        (x0, y0), (x1, y1) = lobe.rib[0], lobe.rib[-1]
        tilt = (cos(light) * (x1 - x0) + sin(light) * (y1 - y0)) / lobe.length
        tone = leaf.shaded(green, 1 + 0.07 * tilt)
        pencil.polygon(leaf.pixels(lobe.outline), fill=tone)
        pencil.polygon(leaf.pixels(lobe.left + lobe.rib[::-1]), fill=leaf.shaded(tone, 1.07))
        stencil.polygon(leaf.pixels(lobe.outline), fill=255)
    return mask


def veins(canvas: Image.Image, plant: Leaf, green: Colour) -> None:
    """Paint midribs and side veins."""
    pencil = ImageDraw.Draw(canvas)
    faint, clear = leaf.blend(green, (200, 210, 150), 0.18), leaf.blend(green, (214, 216, 160), 0.42)
    for lobe in plant.lobes:
        for vein in lobe.side_veins:
            pencil.line(leaf.pixels(vein), fill=faint, width=1)
        pencil.line(leaf.pixels(lobe.rib), fill=clear, width=3)


def cast_shadow(picture: Image.Image, mask: Image.Image, light: float, depth: int) -> None:
    """Darken the ground beside the leaf; the picture has half the mask's size."""
    fallen = ImageChops.offset(mask.reduce(OVERSAMPLING), round(-3.5 * cos(light)), round(-3.5 * sin(light)))
    fallen = fallen.filter(ImageFilter.GaussianBlur(2)).point([value * depth // 255 for value in range(256)])
    picture.paste((24, 26, 20), (0, 0), fallen)


def draw(class_name: str, random: Random) -> Image.Image:
    """Return a 150 x 150 RGB picture of the class.

    Raises KeyError when the class is none of the five.
    """
    crook = random.uniform(*symptoms.CROOKS[class_name])
    green = leaf.shaded(random.choice(GREENS), random.uniform(0.88, 1.12))
    pale = leaf.blend(green, leaf.shaded(random.choice(PALES), random.uniform(0.92, 1.05)), random.uniform(0.75, 1.0))
    brown = leaf.shaded(random.choice(BROWNS), random.uniform(0.9, 1.1))
    middle = (CANVAS / 2 + random.triangular(-34, 34), CANVAS / 2 + random.triangular(-34, 34))
    plant = leaf.grow(random, middle, random.uniform(150, 185), crook)
    light = random.uniform(0, 2 * pi)
    share, dead_share = random.uniform(0.28, 0.42), random.uniform(0.12, 0.2)

    canvas = Image.new("RGB", (CANVAS, CANVAS))
    mask = blade(canvas, plant, green, light)
    ill = symptoms.fall_ill(random, class_name, plant, mask, share)
    if ill is not None:
        canvas.paste(pale, (0, 0), ImageChops.multiply(ill.pale, mask))
        canvas.paste(brown, (0, 0), ImageChops.multiply(ill.dead, mask))
    veins(canvas, plant, green)

    whole = symptoms.area(mask) / OVERSAMPLING**2
    yellow_left = dead_left = random.uniform(0.0, 0.5)
    if ill is None:
        yellow_left += 1.0
    if class_name == "bacterial_blight":
        yellow_left += 0.5  # the rest of its spots is dead
    else:
        dead_left += 1.0
    picture = ground(random)
    litter(random, picture, (leaf.blend(green, brown, 0.3), green), 0.6 * whole)
    litter(random, picture, (pale, leaf.blend(pale, brown, 0.3)), yellow_left * share * whole)
    litter(random, picture, (brown, leaf.shaded(brown, 0.8)), dead_left * dead_share * whole)
    picture = picture.filter(ImageFilter.GaussianBlur(random.choice((0.5, 1.0, 1.5))))
    cast_shadow(picture, mask, light, random.choice((60, 100, 140)))
    picture = picture.resize(canvas.size, Image.Resampling.BILINEAR)
    ImageDraw.Draw(mask).line(leaf.pixels(plant.stalk), fill=255, width=5)
    picture.paste(canvas, (0, 0), mask)
    return expose(random, picture.reduce(OVERSAMPLING))


def expose(random: Random, picture: Image.Image) -> Image.Image:
    """Return the picture in brighter or dimmer, warmer or cooler light."""
    exposure, warmth = random.uniform(0.85, 1.12), random.uniform(-0.05, 0.05)
    table: list[int] = []
    for gain in (exposure * (1 + warmth), exposure, exposure * (1 - warmth)):
        table += [min(255, round(value * gain)) for value in range(256)]
    return picture.point(table)
