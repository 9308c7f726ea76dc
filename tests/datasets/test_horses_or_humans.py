"""The drawn pictures of horses_or_humans."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fairmark.data import Recipe, load_recipe

RECIPE = Path(__file__).resolve().parents[2] / "datasets" / "horses_or_humans"


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load_recipe(RECIPE)


@pytest.mark.parametrize("class_name", ["horses", "humans"])
def test_a_picture_is_300_pixels_square_and_in_colour(recipe: Recipe, class_name: str) -> None:
    picture = recipe.draw(class_name, split="train", index=0)
    assert (picture.size, picture.mode) == ((300, 300), "RGB")


@pytest.mark.parametrize(
    ("class_name", "digest"),
    [
        ("horses", "f2e7b0a535ca217f"),
        ("humans", "098a9b617f40d04b"),
    ],
)
def test_one_seed_gives_the_same_pixels_everywhere(recipe: Recipe, class_name: str, digest: str) -> None:
    pixels = hashlib.sha256()
    for index in range(8):
        pixels.update(recipe.draw(class_name, split="train", index=index).tobytes())
    assert pixels.hexdigest()[:16] == digest


def test_another_seed_gives_other_pictures(recipe: Recipe) -> None:
    one = recipe.draw("horses", split="train", index=0)
    other = recipe.draw("horses", split="train", index=0, seed="another")
    assert one.tobytes() != other.tobytes()
