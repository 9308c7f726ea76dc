"""Classes are named as people name them: with spaces, brackets, digits, dots and accents, from the recipe to Keras's
folders."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from fairmark.data import add, hidden_pictures, load_recipe, make, set_folder, verify
from fairmark.data.recipe import ClassName, Recipe

Pack = Callable[..., Path]
Encode = Callable[..., bytes]

NAMES = ("001.Black_footed", "Corn (maize) healthy", "Äpfel")

TOML = """\
name = "shapes"
title = "Shapes"
classes = {classes}
picture_size = [24, 16]
seed = 4
licence = "CC0-1.0"

[splits.train]
{counts}
[splits.validation]
{counts}
[hidden]
{counts}
"""

RENDER = """\
from PIL import Image

def draw(class_name, random):
    return Image.new("RGB", (24, 16), (len(class_name), random.randrange(256), random.randrange(256)))
"""


@pytest.fixture
def named(course: Path) -> Callable[..., Recipe]:
    """The recipe of the course with other classes, two pictures of each."""

    def build(names: tuple[str, ...], *, drawn: bool = True) -> Recipe:
        folder = course / "datasets" / "shapes"
        quoted = [f'"{name}"' for name in names]
        counts = "".join(f"{name} = 2\n" for name in quoted)
        toml = TOML.format(classes=f"[{', '.join(quoted)}]", counts=counts)
        (folder / "dataset.toml").write_text(toml, encoding="utf-8")
        if drawn:
            (folder / "render.py").write_text(RENDER)
        else:
            (folder / "render.py").unlink()
        return load_recipe(folder)

    return build


def folders(split: str) -> list[str]:
    return sorted(path.name for path in (set_folder("shapes") / split).iterdir())


def test_classes_are_drawn_into_folders_of_their_names(named: Callable[..., Recipe]) -> None:
    recipe = named(NAMES)
    make(recipe, workers=1)
    assert folders("train") == folders("validation") == list(NAMES)
    assert verify(set_folder("shapes")) == []
    assert hidden_pictures(recipe, workers=1).classes == NAMES


def test_classes_are_added_from_folders_of_their_names(
    named: Callable[..., Recipe], pack: Pack, picture: Encode
) -> None:
    recipe = named(NAMES, drawn=False)
    # As macOS writes them: the accent apart from its letter.
    apart = [unicodedata.normalize("NFD", name) for name in NAMES]
    files = {f"{name}/{n}.png": picture(10 * n + k) for k, name in enumerate(apart) for n in range(4)}
    added = add(recipe, train=pack("train.zip", files), validation=pack("validation.zip", files))
    assert added.counts["train"] == dict.fromkeys(NAMES, 4)
    assert folders("train") == list(NAMES)
    assert verify(set_folder("shapes")) == []


def test_a_name_with_its_accent_apart_is_the_same_name(named: Callable[..., Recipe]) -> None:
    assert named(("Zitronen", "A\u0308pfel")).classes == ("Zitronen", "Äpfel")


@pytest.mark.parametrize(
    "name", ["Crème brûlée", "犬", "Tomato [late blight]", "class_1, no. 2", "O'Brien & Sons", "C+"]
)
def test_names_of_many_kinds_are_taken(named: Callable[..., Recipe], name: str) -> None:
    assert name in named(tuple(sorted((name, "Zz")))).classes


@given(st.text(max_size=20))
def test_whatever_is_taken_is_one_folder_inside_another(name: str) -> None:
    try:
        taken = TypeAdapter(ClassName).validate_python(name)
    except ValidationError:
        return
    assert taken == unicodedata.normalize("NFC", taken)
    assert Path("a", taken).parts == ("a", taken)
    assert taken not in (".", "..")
    assert not any(letter in taken for letter in '/\\:*?"<>|\0\n')
    assert taken.isprintable()
