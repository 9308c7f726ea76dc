"""Things whose numbers are known outside the run, for plain code that counts by them.

The folders of a data set are counted outside, batch sizes and split fractions stand in the text, and what a model
answered or a training measured is in the evidence that is judged. Each thing here has the attributes and methods of the
real one that such code reads, and no others: anything else is not plain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

import numpy as np

from fairmark.notebook.plain_values import NotPlain

__all__ = ["NOTHING_KNOWN", "UNKNOWN", "Folders", "History", "Known", "Library", "Model", "PictureSource", "Thing"]

Folders: TypeAlias = "tuple[tuple[str, tuple[tuple[str, int], ...]], ...]"
"""Pictures of each class by folder of the data set, as `fairmark.evidence.Evidence.folders` has them."""

_ROOT = "/data-set"
_MOST = 2_000


class Unknown:
    """What plain code does not work out. Whoever computes with it finds that it is not plain."""

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise NotPlain

    def __eq__(self, other: object) -> bool:
        raise NotPlain


UNKNOWN = Unknown()
"""The value of a name that plain code does not work out."""


class Thing:
    """Something that is no plain value and has members that are."""

    def member(self, name: str) -> object:
        """An attribute, or a method. Raises :class:`NotPlain` for one that is not known."""
        raise NotPlain

    def call(self, given: Sequence[Any], named: dict[str, Any]) -> object:
        """What a call of it gives; an argument that is not known is `UNKNOWN`."""
        raise NotPlain


@dataclass(frozen=True, eq=False)
class Method(Thing):
    """A method or a function of a library; ``does`` gets what is given by place and by name."""

    does: Callable[[Sequence[Any], dict[str, Any]], object]

    def call(self, given: Sequence[Any], named: dict[str, Any]) -> object:
        return self.does(given, named)


def argument(given: Sequence[Any], named: dict[str, Any], name: str, place: int, *default: Any) -> Any:  # noqa: ANN401
    """One argument of a call. Raises :class:`NotPlain` where it is not known, or not given and without default."""
    value = named.get(name, given[place] if place < len(given) else default[0] if default else UNKNOWN)
    if value is UNKNOWN:
        raise NotPlain
    return value


# --- folders ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Folder(Thing):
    """A folder of the data set, or with ``is_file`` a picture in one; ``parts`` lead to it."""

    held: Folders
    parts: tuple[str, ...] = ()
    is_file: bool = False

    @classmethod
    def at(cls, held: Folders, path: object) -> Folder:
        """The folder that a path leads to. Raises :class:`NotPlain` for one outside the data set."""
        if isinstance(path, Folder):
            return path
        if not isinstance(path, str) or not path.startswith(_ROOT):
            raise NotPlain
        return cls(held) / path.removeprefix(_ROOT)

    def __str__(self) -> str:
        return "/".join((_ROOT, *self.parts))

    def __truediv__(self, other: object) -> Folder:
        if not isinstance(other, str) or ".." in other:
            raise NotPlain
        return replace(self, parts=(*self.parts, *(part for part in other.split("/") if part not in ("", "."))))

    @property
    def classes(self) -> dict[str, int]:
        """The pictures of each class in it, by the folders that it holds."""
        found = next((counts for name, counts in self.held if name == "/".join(self.parts)), None)
        if self.is_file or found is None:
            raise NotPlain
        return dict(found)

    def children(self) -> list[Folder]:
        """What it holds: for the data set's own folder only the splits are known."""
        if not self.parts:
            return [self / name for name, _ in self.held if "/" not in name and name != "."]
        if len(self.parts) == 2:
            count = replace(self, parts=self.parts[:1]).classes.get(self.parts[1])
            if count is None or count > _MOST:
                raise NotPlain
            return [replace(self / f"{number:05}.png", is_file=True) for number in range(count)]
        return [self / name for name in self.classes]

    def walk(self) -> Iterator[Folder]:
        """It, and all folders in it."""
        yield self
        for child in self.children() if len(self.parts) < 2 else ():
            yield from child.walk()

    def glob(self, pattern: str) -> list[Folder]:
        """What ``pattern`` finds; all pictures are taken for having the suffix that it asks for."""
        found = [self]
        for part in pattern.strip("/").split("/"):
            if part == "**":
                found = [inner for one in found for inner in one.walk()]
            else:
                within = [child for one in found if not one.is_file for child in one.children()]
                found = [child for child in within if _goes_by(child, part)]
        return found

    def member(self, name: str) -> object:
        methods: dict[str, Callable[..., object]] = {
            "joinpath": lambda *parts: _joined(self, parts),
            "glob": self.glob,
            "rglob": lambda pattern: self.glob(f"**/{pattern}"),
            "iterdir": self.children,
            "exists": lambda: True,
            "is_dir": lambda: not self.is_file,
            "is_file": lambda: self.is_file,
            "resolve": lambda: self,
            "as_posix": lambda: str(self),
        }
        if name in methods:
            return Method(lambda given, named: methods[name](*given))
        if name in ("name", "suffix", "stem", "parent") and self.parts:
            stem, _, suffix = self.parts[-1].partition(".")
            values = {"name": self.parts[-1], "stem": stem, "suffix": f".{suffix}" if suffix else ""}
            return values[name] if name in values else replace(self, parts=self.parts[:-1], is_file=False)
        raise NotPlain


def _joined(folder: Folder, parts: Sequence[object]) -> Folder:
    for part in parts:
        folder = folder / part
    return folder


def _goes_by(child: Folder, pattern: str) -> bool:
    name = child.parts[-1]
    if child.is_file and "." in pattern:
        return fnmatchcase(name.partition(".")[0], pattern.rpartition(".")[0])
    return fnmatchcase(name, pattern)


# --- sources of pictures ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Flows(Thing):
    """An ``ImageDataGenerator``; ``split`` is the fraction that it keeps for validation, None where
    the text does not say it."""

    held: Folders
    split: float | None

    def member(self, name: str) -> object:
        if name != "flow_from_directory":
            raise NotPlain
        return Method(self._opened)

    def _opened(self, given: Sequence[Any], named: dict[str, Any]) -> object:
        counts = _counts_in(self.held, argument(given, named, "directory", 0), named.get("classes"))
        subset = argument((), named, "subset", 0, None)
        if subset is not None:
            if self.split is None:
                raise NotPlain
            cuts = {name: int(self.split * count) for name, count in counts.items()}
            counts = cuts if subset == "validation" else {name: counts[name] - cut for name, cut in cuts.items()}
        size = given[1] if len(given) > 1 else named.get("target_size", (256, 256))
        batch = given[5] if len(given) > 5 else named.get("batch_size", 32)
        return PictureSource(sum(counts.values()), tuple(counts), _whole(batch), _sides(size), is_flow=True)


def dataset_opened(held: Folders, given: Sequence[Any], named: dict[str, Any]) -> PictureSource:
    """What ``image_dataset_from_directory`` gives."""
    counts = _counts_in(held, argument(given, named, "directory", 0), named.get("class_names"))
    subset, total = argument((), named, "subset", 0, None), sum(counts.values())
    if subset is not None:
        cut = int(float(argument((), named, "validation_split", 0)) * total)
        total = cut if subset == "validation" else total - cut
    size = given[6] if len(given) > 6 else named.get("image_size", (256, 256))
    batch = given[5] if len(given) > 5 else named.get("batch_size", 32)
    return PictureSource(total, tuple(counts), _whole(batch), _sides(size), is_flow=False)


def _counts_in(held: Folders, directory: object, classes: object) -> dict[str, int]:
    counts = Folder.at(held, directory).classes
    if classes is None:
        return dict(sorted(counts.items()))
    if not isinstance(classes, list | tuple) or not all(isinstance(name, str) for name in classes):
        raise NotPlain
    return {name: counts.get(name, 0) for name in classes}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _sides(value: object) -> tuple[int, ...] | None:
    is_plain = isinstance(value, list | tuple) and all(isinstance(side, int) for side in value)
    return tuple(value) if is_plain else None  # type: ignore[arg-type]


@dataclass(frozen=True)
class PictureSource(Thing):
    """A source of ``total`` pictures of ``classes``, in the order of their labels, in batches of ``batch``; None for
    what is not known. ``is_flow``: a generator's, else a pipeline of ``tf.data``."""

    total: int | None
    classes: tuple[str, ...] | None
    batch: int | None
    size: tuple[int, ...] | None
    is_flow: bool

    def completed(self, other: object) -> PictureSource:
        """It, with what is known of ``other``, which goes by the same name, where it is not known itself."""
        if not isinstance(other, PictureSource) or self.total not in (None, other.total):
            return self
        batch = other.batch if self.batch is None else self.batch
        return replace(self, batch=batch, total=other.total, classes=self.classes or other.classes)

    def __len__(self) -> int:
        if self.total is None or self.batch is None:
            raise NotPlain
        return math.ceil(self.total / self.batch)

    def member(self, name: str) -> object:
        found = self._of_flow(name) if self.is_flow else self._of_pipeline(name)
        if found is None:
            raise NotPlain
        return found

    def _of_flow(self, name: str) -> object:
        if name in ("samples", "n"):
            return self.total
        if name in ("filenames", "filepaths", "labels", "classes") and self.total is not None and self.total <= _MOST:
            return [UNKNOWN] * self.total
        if name == "class_indices" and self.classes is not None:
            return {each: place for place, each in enumerate(self.classes)}
        if name == "num_classes" and self.classes is not None:
            return len(self.classes)
        if name == "image_shape" and self.size is not None:
            return (*self.size, 3)
        if name == "__len__":
            return Method(lambda given, named: len(self))
        return {"batch_size": self.batch, "target_size": self.size}.get(name)

    def _of_pipeline(self, name: str) -> object:
        if name in ("map", "prefetch", "cache", "shuffle", "with_options"):
            return Method(lambda given, named: self)
        if name in ("cardinality", "__len__"):
            return Method(lambda given, named: len(self))
        if name == "file_paths" and self.total is not None and self.total <= _MOST:
            return [UNKNOWN] * self.total
        return list(self.classes) if name == "class_names" and self.classes is not None else None


# --- models -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Model(Thing):
    """A model: what it answers and how it is trained is known by the cell in which it is."""


@dataclass(frozen=True)
class Optimizer(Thing):
    """One of Keras's optimizers."""

    learning_rate: object

    def member(self, name: str) -> object:
        if name not in ("learning_rate", "lr"):
            raise NotPlain
        return self.learning_rate


@dataclass(frozen=True)
class History(Thing):
    """What ``fit`` gives: each thing that was measured, one number an epoch."""

    logs: tuple[tuple[str, tuple[float, ...]], ...]
    begun_at: int = 0

    def member(self, name: str) -> object:
        if name == "history":
            return {key: list(values) for key, values in self.logs}
        if name == "epoch":
            return [*range(self.begun_at, self.begun_at + max((len(values) for _, values in self.logs), default=0))]
        raise NotPlain


# --- all of them ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """What is known of a run outside it. ``names`` are things by the name that a cell bound them to, in order;
    ``trained`` what each call of ``fit`` measured, and ``answered`` what a model answered last, by the cell; ``rates``
    the learning rates that Keras's optimizers have by default."""

    folders: Folders = ()
    rates: tuple[tuple[str, float], ...] = ()
    names: tuple[tuple[int, str, Thing], ...] = ()
    trained: tuple[tuple[int, History], ...] = ()
    answered: tuple[tuple[int, tuple[tuple[float, ...], ...]], ...] = ()

    def named(self, name: str, cell: int) -> Thing | None:
        """What ``name`` stands for in ``cell``."""
        found = [thing for position, one, thing in self.names if one == name and position <= cell]
        return found[-1] if found else None

    def answers(self, cell: int) -> Any:  # noqa: ANN401 - an array
        """The outputs of the model for what it was last asked about in ``cell``: an array, a row for each picture."""
        found = [outputs for position, outputs in self.answered if position == cell]
        if not found:
            raise NotPlain
        return np.array(found[-1])

    def history(self, cell: int, place: int) -> History:
        """What the call of ``fit`` at ``place`` among those of ``cell`` measured; a single one is at any."""
        found = [history for position, history in self.trained if position == cell]
        if len(found) == 1:
            return found[0]
        if place >= len(found):
            raise NotPlain
        return found[place]


NOTHING_KNOWN = Known()


# --- libraries --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Library(Thing):
    """A module, or something in one, by its dotted name."""

    known: Known
    name: str

    def member(self, name: str) -> object:
        return replace(self, name=f"{self.name}.{name}")

    def call(self, given: Sequence[Any], named: dict[str, Any]) -> object:
        held = self.known.folders
        first, last = self.name.partition(".")[0], self.name.rpartition(".")[2]
        if self.name == "fairmark.dataset" and held:
            return Folder(held)
        if first in ("os", "glob", "pathlib"):
            return _of_files(self.name, held, given)
        rates = dict(self.known.rates)
        if first in ("tensorflow", "keras", "tf_keras") and last in rates:
            return Optimizer(argument(given, named, "learning_rate", 0, rates[last]))
        if first in ("tensorflow", "keras", "tf_keras"):
            return _of_keras(last, held, given, named)
        raise NotPlain


def _of_files(name: str, held: Folders, given: Sequence[Any]) -> object:
    if name == "os.path.join" and given:
        return _joined(Folder.at(held, given[0]), given[1:])
    if name in ("glob.glob", "glob.iglob") and isinstance(given[0], str):
        return Folder.at(held, _ROOT).glob(given[0].removeprefix(_ROOT)) if given[0].startswith(_ROOT) else _unknown()
    folder = Folder.at(held, argument(given, {}, "path", 0))
    if name in ("pathlib.Path", "pathlib.PurePath", "os.fspath"):
        return _joined(folder, given[1:])
    if name in ("os.path.isfile", "os.path.isdir", "os.path.exists"):
        is_file = folder.is_file or len(folder.parts) > 2
        return {"isfile": is_file, "isdir": not is_file, "exists": True}[name.rpartition(".")[2]]
    if name == "os.listdir":
        return [child.parts[-1] for child in folder.children()]
    if name == "os.scandir":
        return folder.children()
    if name == "os.walk":
        return [_listed(one) for one in folder.walk()]
    raise NotPlain


def _unknown() -> object:
    raise NotPlain


def _listed(folder: Folder) -> tuple[Folder, list[str], list[str]]:
    children = folder.children()
    files = [child.parts[-1] for child in children if child.is_file]
    return folder, [child.parts[-1] for child in children if not child.is_file], files


_NUMBERS: dict[str, Callable[..., object]] = {
    "argmax": np.argmax,
    "ceil": np.ceil,
    "floor": np.floor,
    "round": np.round,
    "squeeze": np.squeeze,
}
"""Functions of TensorFlow's and Keras's that are numpy's."""


def _of_keras(name: str, held: Folders, given: Sequence[Any], named: dict[str, Any]) -> object:
    if name == "ImageDataGenerator":
        split = named.get("validation_split", 0.0)
        return Flows(held, split if isinstance(split, float) else None)
    if name == "image_dataset_from_directory":
        return dataset_opened(held, given, named)
    if name == "cardinality" and given and isinstance(given[0], PictureSource) and not given[0].is_flow:
        return len(given[0])
    if name in _NUMBERS and len(given) == 1 and not named and isinstance(given[0], int | float | np.ndarray):
        made = _NUMBERS[name](given[0])
        return made.item() if isinstance(made, np.generic) and math.isfinite(made) else made
    raise NotPlain
