"""Recipes: a folder ``datasets/NAME/`` with ``dataset.toml``, and ``render.py`` where the pictures are drawn."""

from __future__ import annotations

import hashlib
import json
import tomllib
import unicodedata
from pathlib import Path
from typing import Annotated, Literal, Self

from PIL import Image
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from fairmark.data.drawing import Draw, RenderError, draw_picture, load_draw
from fairmark.errors import RecipeError
from fairmark.regular_file import regular_bytes

__all__ = ["ADD_REMEDY", "RENDER_REMEDY", "Real", "Recipe", "Splits", "load_recipe", "picture_seed"]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
LONGEST_CLASS_BYTES = 120
"""Of a class's name in UTF-8: file systems give 255, and drawn pictures are named by their class and a number."""


def _class_name(name: str) -> str:
    """``name`` as it is meant everywhere: accents in one character with their letters (Unicode NFC).

    Raises :class:`ValueError`, as pydantic wants it, for what would be no plain folder on every file system.
    """
    name = unicodedata.normalize("NFC", name)
    other = sorted({letter for letter in name if not (letter.isalnum() or letter in _IN_NAMES)})
    if other:
        shown = " ".join(map(ascii, other[:5]))
        raise ValueError(
            f"holds {shown}; a class's folder takes letters, digits, spaces and any of {_IN_NAMES.strip()}"
        )
    if not name or not (name[0].isalnum() or name[0] in "_(["):
        raise ValueError("must begin with a letter, a digit, a bracket or _")
    if name[-1] in " .":
        raise ValueError("must not end with a space or a dot")
    if len(name.encode()) > LONGEST_CLASS_BYTES:
        raise ValueError(f"takes more than {LONGEST_CLASS_BYTES} bytes in UTF-8")
    return name


_IN_NAMES = " _-.,+&'()[]"
ClassName = Annotated[str, AfterValidator(_class_name)]
Counts = dict[ClassName, Annotated[int, Field(gt=0, le=100_000)]]
Side = Annotated[int, Field(gt=0, le=4096)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Splits(Table):
    """Pictures of each class to draw for training and for validation."""

    train: Counts
    validation: Counts


class Real(Table):
    """The real pictures that a drawn set stands in for, and how an instructor comes by them."""

    title: str
    author: str
    licence: str
    pictures: dict[Literal["train", "validation"], Annotated[int, Field(gt=0)]] = {}
    how: str


class Recipe(Table):
    """What ``dataset.toml`` says. ``picture_size`` is (width, height) in pixels; ``hidden`` counts the pictures of each
    class drawn from the secret seed at first, and again for each close call; ``pixels_sha256`` is the digest that the
    manifest of a set drawn elsewhere had (see :class:`fairmark.data.Manifest`)."""

    name: Name
    title: str
    classes: Annotated[tuple[ClassName, ...], Field(min_length=2)]
    picture_size: tuple[Side, Side]
    licence: str
    seed: int | None = None
    pixels_sha256: Digest | None = None
    splits: Splits | None = None
    hidden: Counts | None = None
    real: Real | None = None

    _folder: Path = PrivateAttr(default=Path())
    _sources: dict[str, bytes] = PrivateAttr(default_factory=dict)
    _draw: Draw | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _check_classes(self) -> Self:
        if list(self.classes) != sorted(set(self.classes)):
            # Frameworks number the class folders in this order, so a class's index means the same everywhere.
            raise ValueError(f"classes: must be distinct and in alphabetical order: {sorted(set(self.classes))}")
        if len({unicodedata.normalize("NFC", name.casefold()) for name in self.classes}) < len(self.classes):
            raise ValueError("classes: two names differ only in upper and lower case")
        tables = {"hidden": self.hidden}
        if self.splits:
            tables |= {"splits.train": self.splits.train, "splits.validation": self.splits.validation}
        for place, counts in tables.items():
            if counts is not None and set(counts) != set(self.classes):
                raise ValueError(f"{place}: must count each of {', '.join(self.classes)}, and nothing else")
        return self

    @property
    def folder(self) -> Path:
        """The folder it was loaded from."""
        return self._folder

    @property
    def render(self) -> Path:
        """Where its ``render.py`` is, or would be."""
        return self._folder / "render.py"

    @property
    def drawable(self) -> bool:
        """Whether there is a ``render.py``; without one, pictures can only be added from archives."""
        return "render.py" in self._sources

    @property
    def when_missing(self) -> str:
        """What becomes of a set whose pictures are not on this computer: the end of a sentence."""
        return "drawn when first needed" if self.drawable else self.add_remedy

    @property
    def add_remedy(self) -> str:
        """How to put real pictures in its place, as a sentence without its full stop."""
        return ADD_REMEDY.replace("NAME", self.name)

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of all that decides what the drawn pictures are: ``render.py``, the Python files beside
        it, and the fields that it is called by. Titles and licences are left out, so that correcting them draws nothing
        anew."""
        decisive = self.model_dump_json(include={"name", "classes", "picture_size", "seed", "splits"})
        digest = hashlib.sha256(json.dumps(json.loads(decisive), sort_keys=True).encode() + b"\n")
        for name, source in sorted(self._sources.items()):
            digest.update(f"{name} {len(source)}\n".encode() + source)
        return digest.hexdigest()

    def draw(self, class_name: str, *, split: str, index: int, seed: int | str | None = None) -> Image.Image:
        """Draw one picture in this process: the same for the same arguments. ``seed`` defaults to the recipe's.

        Raises :class:`RecipeError` where there is no ``render.py``, or it is wrong.
        """
        if not self.drawable:
            raise RecipeError(f"{self.folder}: has no render.py, so nothing can be drawn", remedy=self.add_remedy)
        try:
            self._draw = self._draw or load_draw(self.render)
            text = picture_seed(self.seed if seed is None else seed, split, class_name, index)
            return draw_picture(self._draw, self.render, self.picture_size, text, class_name)
        except RenderError as error:
            raise RecipeError(str(error), remedy=RENDER_REMEDY) from error


RENDER_REMEDY = "Correct render.py: draw(class_name, random) returns a picture of the recipe's picture_size."
ADD_REMEDY = "Add its pictures from archives: fairmark data add NAME --train FILE --validation FILE"


def picture_seed(seed: int | str | None, split: str, class_name: str, index: int) -> str:
    """What the ``random.Random`` of one picture is made from."""
    return f"{seed}/{split}/{class_name}/{index}"


def load_recipe(folder: Path) -> Recipe:
    """Read ``folder/dataset.toml``; Python files beside it are read but not run.

    Raises :class:`RecipeError`, naming the file and the field, where it is missing, is not TOML, has unknown or wrong
    fields, names another folder, or lacks what drawing needs while there is a ``render.py``.
    """
    path = folder / "dataset.toml"
    try:
        table = tomllib.loads(regular_bytes(path).decode())
        recipe = Recipe.model_validate(table)
        sources = {path.name: regular_bytes(path) for path in folder.glob("*.py")}
    except OSError as error:
        raise RecipeError(
            f"{error.filename}: {error.strerror}.", remedy="A data set is a folder with a dataset.toml."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: is not TOML: {error}", remedy="Correct the place named.") from error
    except ValidationError as error:
        raise RecipeError(_field_errors(path, error), remedy="Correct the fields named.") from error
    if recipe.name != folder.resolve().name:
        raise RecipeError(
            f"{path}: name: is {recipe.name!r}, but the folder is {folder.resolve().name!r}",
            remedy="Give both one name.",
        )
    missing = [field for field in ("seed", "splits", "hidden") if getattr(recipe, field) is None]
    if "render.py" in sources and missing:
        raise RecipeError(
            f"{path}: {', '.join(missing)}: missing, and render.py cannot be used without",
            remedy="Add the fields, or remove render.py if the pictures are only added from archives.",
        )
    recipe._folder = folder.resolve()
    recipe._sources = sources
    return recipe


def _field_errors(path: Path, error: ValidationError) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in fault["loc"])
        said = fault["msg"].removeprefix("Value error, ")
        about_all = fault["type"] == "missing" or not fault["loc"]
        found = "" if about_all else f" (found {fault['input']!r:.80})"
        lines.append(f"{path}: {place}{': ' if place else ''}{said}{found}")
    return "\n".join(lines)
