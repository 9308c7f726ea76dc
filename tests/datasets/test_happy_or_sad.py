"""The drawn pictures of happy_or_sad."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from fairmark.data import Recipe, load_recipe
from fairmark.errors import RecipeError

RECIPE = Path(__file__).resolve().parents[2] / "datasets" / "happy_or_sad"


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load_recipe(RECIPE)


@pytest.mark.parametrize("class_name", ["happy", "sad"])
def test_a_picture_is_150_pixels_square_and_in_colour(recipe: Recipe, class_name: str) -> None:
    picture = recipe.draw(class_name, split="train", index=0)
    assert (picture.size, picture.mode) == ((150, 150), "RGB")


@pytest.mark.parametrize(("class_name", "digest"), [("happy", "9c2a6bbc54faf09a"), ("sad", "8aa7743366b9c537")])
def test_one_seed_gives_the_same_pixels_everywhere(recipe: Recipe, class_name: str, digest: str) -> None:
    pixels = hashlib.sha256()
    for index in range(16):
        pixels.update(recipe.draw(class_name, split="train", index=index).tobytes())
    assert pixels.hexdigest()[:16] == digest


def test_another_seed_gives_other_pictures(recipe: Recipe) -> None:
    one = recipe.draw("happy", split="train", index=0)
    other = recipe.draw("happy", split="train", index=0, seed="another")
    assert one.tobytes() != other.tobytes()


def test_the_training_pictures_are_the_eighty_of_the_exercise(recipe: Recipe) -> None:
    assert recipe.splits is not None
    assert recipe.splits.train == {"happy": 40, "sad": 40}


def test_colour_does_not_tell_the_classes_apart(recipe: Recipe) -> None:
    happy, sad = (
        np.stack([np.asarray(recipe.draw(name, split=name, index=index), float) for index in range(48)])
        for name in recipe.classes
    )
    spread = np.concatenate([happy, sad]).mean((1, 2)).std(0)
    assert (abs(happy.mean((0, 1, 2)) - sad.mean((0, 1, 2))) < 0.6 * spread).all()


def test_a_class_it_does_not_know_is_named(recipe: Recipe) -> None:
    with pytest.raises(RecipeError, match=r"KeyError: 'angry'"):
        recipe.draw("angry", split="train", index=0)
