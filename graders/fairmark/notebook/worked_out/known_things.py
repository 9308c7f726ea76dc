"""Things whose numbers are known outside the run, for plain code that counts by them.

The folders of a data set are counted outside, batch sizes and split fractions stand in the text, and what a model
answered or a training measured is in the evidence that is judged. Each thing here has the attributes and methods of the
real one that such code reads, and no others: anything else is not plain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

import numpy as np

from fairmark.notebook.worked_out.plain_values import NotPlain

__all__ = [
    "NOTHING_KNOWN",
    "UNKNOWN",
    "Folder",
    "Folders",
    "History",
    "Known",
    "Library",
    "LibraryOf",
    "Method",
    "Model",
    "Source",
    "Thing",
    "argument",
]

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


# --- sources of images ------------------------------------------------------------------------------------------------


class Source(Thing):
    """A source of images. What else is known of it, the framework's own class says."""

    def completed(self, other: object) -> Source:
        """It, with what is known of ``other``, which goes by the same name, if that is not known itself."""
        return self


# --- models -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Model(Thing):
    """A model: what it answers and how it is trained is known by the cell in which it is."""


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


LibraryOf: TypeAlias = Callable[[str, Folders, Sequence[Any], dict[str, Any]], object]

# --- all of them ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """What is known of a run outside it. ``names`` are things by the name that a cell bound them to, in order;
    ``trained`` what each call of ``fit`` measured, and ``answered`` what a model answered last, by the cell;
    ``library`` what the framework's own calls give, by the dotted name: it raises :class:`NotPlain` for what is not
    known."""

    folders: Folders = ()
    library: LibraryOf | None = None
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
        if self.name == "fairmark.dataset" and held:
            return Folder(held)
        if self.name.partition(".")[0] in ("os", "glob", "pathlib"):
            return _of_files(self.name, held, given)
        if self.known.library is not None:
            return self.known.library(self.name, held, given, named)
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
