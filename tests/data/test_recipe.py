from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fairmark.data import Recipe, load_recipe
from fairmark.errors import RecipeError


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Shapes"', "", "title: Field required"),
        ('licence = "CC0-1.0"', 'licence = "CC0-1.0"\ncolour = 3', "colour: Extra inputs are not permitted (found 3)"),
        ("rings = 12", "rings = 0", "splits.train.rings: Input should be greater than 0 (found 0)"),
        ("rings = 12", "rngs = 12", "splits.train: must count each of rings, squares, and nothing else"),
        ("rings = 40", "", "hidden: must count each of rings, squares, and nothing else"),
        ('["rings", "squares"]', '["squares", "rings"]', "classes: must be distinct and in alphabetical order"),
        (
            '["rings", "squares"]',
            '["..", "squares"]',
            "classes.0: must begin with a letter, a digit, a bracket or _",
        ),
        ('["rings", "squares"]', '["", "squares"]', "classes.0: must begin with a letter"),
        (
            '["rings", "squares"]',
            '["rings/a", "squares"]',
            "classes.0: holds '/'; a class's folder takes letters, digits",
        ),
        ('["rings", "squares"]', '["rings\\\\a", "squares"]', "classes.0: holds '\\\\'; a class's folder takes"),
        ('["rings", "squares"]', '["a\\u202eb", "squares"]', "classes.0: holds '\\u202e'; a class's folder takes"),
        ('["rings", "squares"]', '["a\\u0000b", "squares"]', "classes.0: holds '\\x00'; a class's folder takes"),
        ('["rings", "squares"]', '["rings.", "squares"]', "classes.0: must not end with a space or a dot"),
        ('["rings", "squares"]', f'["{"r" * 121}", "squares"]', "classes.0: takes more than 120 bytes in UTF-8"),
        (
            '["rings", "squares"]',
            '["\\u00c4pfel", "A\\u0308pfel"]',
            "classes: must be distinct and in alphabetical order",
        ),
        ("[24, 16]", "[24, 16, 3]", "picture_size"),
        ("seed = 4", "", "seed: missing, and render.py cannot be used without"),
        ("seed = 4", "seed = ", "is not TOML: Invalid value (at line 5"),
        ('name = "shapes"', 'name = "forms"', "name: is 'forms', but the folder is 'shapes'"),
    ],
)
def test_a_wrong_dataset_toml_is_named_with_its_field(
    edited: Callable[..., Recipe], course: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        edited(old, new)
    assert caught.value.message.startswith(str(course / "datasets/shapes/dataset.toml"))
    assert said in caught.value.message
    assert caught.value.remedy


def test_a_folder_without_dataset_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"dataset\.toml: No such file"):
        load_recipe(tmp_path)


def test_the_digest_follows_what_decides_the_pictures_and_nothing_else(
    edited: Callable[..., Recipe], recipe: Recipe
) -> None:
    assert edited("CC0-1.0", "MIT").digest == recipe.digest
    assert edited("rings = 40", "rings = 50").digest == recipe.digest
    seeded = edited("seed = 4", "seed = 5").digest
    assert seeded != recipe.digest
    assert edited(render="def draw(class_name, random): ...").digest != seeded


def test_draw_gives_the_same_picture_for_the_same_place_and_others_elsewhere(recipe: Recipe) -> None:
    first = recipe.draw("rings", split="train", index=3)
    assert first.size == (24, 16)
    assert recipe.draw("rings", split="train", index=3).tobytes() == first.tobytes()
    assert recipe.draw("rings", split="train", index=4).tobytes() != first.tobytes()
    assert recipe.draw("rings", split="train", index=3, seed="other").tobytes() != first.tobytes()


@pytest.mark.parametrize(
    ("render", "said"),
    [
        ("def draw(:", "render.py, line 1: SyntaxError: invalid syntax"),
        ("x = 1\ny = x / 0", "render.py, line 2, in <module>: ZeroDivisionError: division by zero"),
        ("x = 1", "render.py: defines no function draw(class_name, random)"),
        ("import sys\nsys.exit(3)", "render.py, line 2, in <module>: SystemExit: 3"),
        ("def draw(class_name, random):\n    return {}[class_name]", "render.py, line 2, in draw: KeyError: 'rings'"),
        ("def draw(class_name, random): ...", "returned a NoneType, not a PIL.Image.Image"),
        (
            "from PIL import Image\ndef draw(*_): return Image.new('RGB', (16, 24))",
            "returned 16 x 24 pixels; dataset.toml says 24 x 16",
        ),
        ("from PIL import Image\ndef draw(*_): return Image.new('RGBA', (24, 16))", "a picture of mode RGBA"),
    ],
)
def test_a_wrong_render_py_is_named_with_its_place(edited: Callable[..., Recipe], render: str, said: str) -> None:
    recipe = edited(render=render)
    with pytest.raises(RecipeError) as caught:
        recipe.draw("rings", split="train", index=0)
    assert said in caught.value.message
    assert str(recipe.render) in caught.value.message


def test_an_error_while_drawing_does_not_show_the_secret_seed(edited: Callable[..., Recipe]) -> None:
    recipe = edited(render="def draw(class_name, random): raise ValueError")
    with pytest.raises(RecipeError) as caught:
        recipe.draw("rings", split="hidden", index=7, seed="5" * 64)
    assert "Random('secret/hidden/rings/7')" in caught.value.message


BESIDE = """
import importlib.util
from pathlib import Path
from PIL import Image
spec = importlib.util.spec_from_file_location("colours", Path(__file__).with_name("colours.py"))
colours = importlib.util.module_from_spec(spec)
spec.loader.exec_module(colours)
def draw(class_name, random):
    return Image.new("RGB", (24, 16), colours.of(class_name))
"""


def test_a_file_beside_render_py_counts_for_the_digest_and_is_named_in_errors(
    recipe: Recipe, edited: Callable[..., Recipe]
) -> None:
    colours = recipe.folder / "colours.py"
    colours.write_text("def of(name): return (1, 2, 3)")
    first = edited(render=BESIDE)
    assert first.draw("rings", split="train", index=0).getpixel((0, 0)) == (1, 2, 3)
    assert sorted(path.name for path in recipe.folder.iterdir()) == ["colours.py", "dataset.toml", "render.py"]
    colours.write_text("def of(name):\n    return {}[name]")
    second = edited()
    assert second.digest != first.digest
    with pytest.raises(RecipeError, match=r"colours\.py, line 2, in of: KeyError: 'rings'"):
        second.draw("rings", split="train", index=0)


def test_drawing_leaves_no_bytecode_in_the_course(recipe: Recipe) -> None:
    recipe.draw("rings", split="train", index=0)
    assert sorted(path.name for path in recipe.folder.iterdir()) == ["dataset.toml", "render.py"]


def test_a_recipe_without_render_py_says_how_to_add_pictures(recipe: Recipe, edited: Callable[..., Recipe]) -> None:
    recipe.render.unlink()
    bare = edited()
    assert not bare.drawable
    with pytest.raises(RecipeError, match=r"has no render\.py") as caught:
        bare.draw("rings", split="train", index=0)
    assert "fairmark data add" in (caught.value.remedy or "")
