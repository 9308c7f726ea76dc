"""The drawn pictures of cassava_leaves."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from fairmark.data import Recipe, load_recipe
from fairmark.errors import RecipeError

RECIPE = Path(__file__).resolve().parents[2] / "datasets" / "cassava_leaves"
CLASSES = ["bacterial_blight", "brown_streak", "green_mottle", "healthy", "mosaic_disease"]


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load_recipe(RECIPE)


@pytest.mark.parametrize("class_name", CLASSES)
def test_a_picture_is_150_pixels_square_and_in_colour(recipe: Recipe, class_name: str) -> None:
    picture = recipe.draw(class_name, split="train", index=0)
    assert (picture.size, picture.mode) == ((150, 150), "RGB")


@pytest.mark.parametrize(
    ("class_name", "digest"),
    [
        ("bacterial_blight", "883a5cfe03bea8f9"),
        ("brown_streak", "e9ef26a114a91d83"),
        ("green_mottle", "36c79ae3598c8c71"),
        ("healthy", "2da9faded3d732d5"),
        ("mosaic_disease", "57fddc78f0684282"),
    ],
)
def test_one_seed_gives_the_same_pixels_everywhere(recipe: Recipe, class_name: str, digest: str) -> None:
    pixels = hashlib.sha256()
    for index in range(8):
        pixels.update(recipe.draw(class_name, split="train", index=index).tobytes())
    assert pixels.hexdigest()[:16] == digest


def test_another_seed_gives_other_pictures(recipe: Recipe) -> None:
    one = recipe.draw("healthy", split="train", index=0)
    other = recipe.draw("healthy", split="train", index=0, seed="another")
    assert one.tobytes() != other.tobytes()


def test_mosaic_is_the_commonest_in_training_and_no_commoner_than_others_in_hiding(recipe: Recipe) -> None:
    assert recipe.splits is not None
    assert recipe.hidden is not None
    for counts in (recipe.splits.train, recipe.splits.validation):
        assert 0.55 < counts["mosaic_disease"] / sum(counts.values()) < 0.65
    assert len(set(recipe.hidden.values())) == 1


def test_the_classes_are_alike_in_colour(recipe: Recipe) -> None:
    means = {
        name: np.array([np.asarray(recipe.draw(name, split="train", index=index)).mean((0, 1)) for index in range(30)])
        for name in CLASSES
    }
    spread = np.concatenate(list(means.values())).std(0)
    overall = np.mean([each.mean(0) for each in means.values()], 0)
    for name, each in means.items():
        assert (abs(each.mean(0) - overall) < spread).all(), name


def test_a_class_it_does_not_know_is_named(recipe: Recipe) -> None:
    with pytest.raises(RecipeError, match=r"KeyError: 'spider_mites'"):
        recipe.draw("spider_mites", split="train", index=0)
