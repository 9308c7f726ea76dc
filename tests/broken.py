"""Broken submissions: how they are written down in ``corpus/broken``, how they are made, and what they must get."""

from __future__ import annotations

import copy
import json
import os
import re
import socket
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from broken_zips import encrypted, with_long_directory, with_overlapping_members, with_sizes_declared, zip_of

__all__ = ["SECRET", "Broken", "Ground", "Row", "broken_submissions"]

FOLDER = Path(__file__).resolve().parent / "corpus" / "broken"
SECRET = "the-text-of-a-file-that-nobody-handed-in"


@dataclass(frozen=True)
class Row:
    """What one row of the gradebook must say. ``says`` must stand in the messages of its report."""

    student: str
    score: float
    outcome: str
    run: str
    flags: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ground:
    """Where submissions are made: a right notebook, and a folder beside the class with another and a secret in it."""

    right: bytes
    outside: Path

    def notebook(self) -> dict[str, Any]:
        """The right notebook, to be changed."""
        made: dict[str, Any] = copy.deepcopy(json.loads(self.right))
        return made


@dataclass(frozen=True)
class Broken:
    """One submission. ``made`` names the function below that lays it at ``file``, given ``options``."""

    name: str
    kind: str
    file: bytes
    made: str
    rows: tuple[Row, ...]
    options: dict[str, Any] = field(default_factory=dict)
    not_as_root: bool = False

    def lay(self, folder: Path, ground: Ground) -> None:
        """Puts the submission into ``folder``."""
        MAKERS[self.made](Path(os.fsdecode(os.fsencode(folder) + b"/" + self.file)), ground, **self.options)


def broken_submissions() -> list[Broken]:
    """The broken corpus, but for those that need an ordinary user where root runs the tests."""
    found: list[Broken] = []
    for path in sorted(FOLDER.glob("*.toml")):
        found += [_broken(path.stem, entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["broken"]]
    return [broken for broken in found if not (broken.not_as_root and os.geteuid() == 0)]


def _broken(kind: str, entry: dict[str, Any]) -> Broken:
    """``file`` may hold bytes that are no text, as ``\\xHH``; the student is its stem where no row says otherwise."""
    file = entry["file"].encode("utf-8").replace(b"\\xe9", b"\xe9")
    student = re.sub(r"(?i)\.(ipynb|zip)\s*$", "", entry["file"])
    rows = tuple(
        Row(**{"student": student, **row, "flags": tuple(row.get("flags", ())), "says": tuple(row.get("says", ()))})
        for row in entry.get("rows", [entry.get("gets")])
    )
    known = {"name", "file", "gets", "rows", "not_as_root"}
    [made] = entry.keys() - known
    return Broken(entry["name"], kind, file, made, rows, entry[made], entry.get("not_as_root", False))


# --- what may lie there: one function for each key of a case ----------------------------------------------------------


def text(path: Path, ground: Ground, content: str, encoding: str = "utf-8") -> None:
    path.write_bytes(content.replace("RIGHT", ground.right.decode()).encode(encoding))


def raw(path: Path, ground: Ground, hexadecimal: str, times: int = 1, right: bool = False) -> None:
    path.write_bytes(bytes.fromhex(hexadecimal) * times + ground.right * right)


def sparse(path: Path, ground: Ground, size_bytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(size_bytes)


def cut(path: Path, ground: Ground, share: float) -> None:
    path.write_bytes(ground.right[: int(len(ground.right) * share)])


def replaced(path: Path, ground: Ground, old: str, new: str, times: int = 1) -> None:
    """The right notebook with one piece of its text replaced by ``new``, ``times`` over."""
    assert old.encode() in ground.right, old
    path.write_bytes(ground.right.replace(old.encode(), new.encode("utf-8").replace(b"\\xe9", b"\xe9") * times, 1))


def repeated(path: Path, ground: Ground, head: str, unit: str, times: int, tail: str) -> None:
    path.write_text(head + unit * times + tail)


def fields(path: Path, ground: Ground, **changed: object) -> None:
    """The right notebook with some of its fields set."""
    path.write_text(json.dumps(ground.notebook() | changed))


def without(path: Path, ground: Ground, *, keys: list[str]) -> None:
    notebook = ground.notebook()
    path.write_text(json.dumps({key: value for key, value in notebook.items() if key not in keys}))


def every_cell(path: Path, ground: Ground, **changed: object) -> None:
    """The right notebook with some fields set in every code cell."""
    notebook = ground.notebook()
    for cell in notebook["cells"]:
        cell.update(changed if cell["cell_type"] == "code" else {})
    path.write_text(json.dumps(notebook))


def cell(path: Path, ground: Ground, number: int, **changed: object) -> None:
    """The right notebook with some fields of one cell set."""
    notebook = ground.notebook()
    notebook["cells"][number - 1].update(changed)
    path.write_text(json.dumps(notebook))


def added(path: Path, ground: Ground, source: str, times: int = 1, cells: int = 1) -> None:
    """The right notebook with code cells at its end that hold ``source``, ``times`` over."""
    notebook = ground.notebook()
    own = {"cell_type": "code", "metadata": {}, "source": source * times, "execution_count": None, "outputs": []}
    notebook["cells"] += [own] * cells
    path.write_text(json.dumps(notebook))


def copied(path: Path, ground: Ground, number: int) -> None:
    """The right notebook with one cell there twice, id and all."""
    notebook = ground.notebook()
    notebook["cells"].insert(number, notebook["cells"][number - 1])
    path.write_text(json.dumps(notebook))


def worksheets(path: Path, ground: Ground, nbformat: int) -> None:
    """The right notebook as formats 2 and 3 had it."""
    notebook = ground.notebook()
    cells = [{**cell, "input": cell["source"], "language": "python"} for cell in notebook["cells"]]
    old = {"nbformat": nbformat, "metadata": notebook["metadata"], "worksheets": [{"cells": cells, "metadata": {}}]}
    path.write_text(json.dumps(old))


def right(path: Path, ground: Ground) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(ground.right)


def folder(path: Path, ground: Ground, holds: list[str]) -> None:
    path.mkdir()
    for name in holds:
        (path / name).write_bytes(ground.right)


def link(path: Path, ground: Ground, to: str, inside: str = "") -> None:
    """A symbolic link, where need be in a folder at ``path``; ``OUTSIDE`` stands for the folder beside the class."""
    if inside:
        path.mkdir()
    (path / inside).symlink_to(to.replace("OUTSIDE", str(ground.outside)))


def hard_link(path: Path, ground: Ground, to: str) -> None:
    path.hardlink_to(ground.outside / to)


def fifo(path: Path, ground: Ground) -> None:
    os.mkfifo(path)


def socket_file(path: Path, ground: Ground) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket has room for 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def forbidden(
    path: Path, ground: Ground, *, folder: bool = False, mode: int = 0, holds: list[str] | None = None
) -> None:
    """A right notebook, or a folder of them, that nobody may read."""
    if folder:
        path.mkdir()
    for file in [path / name for name in holds or []] if folder else [path]:
        file.write_bytes(ground.right)
    path.chmod(mode)


def zip_(path: Path, ground: Ground, *, members: list[dict[str, Any]], then: str = "", **options: Any) -> None:  # noqa: ANN401
    """A zip; ``then`` names what is done to its bytes."""
    data = zip_of(members, ground.right)
    after: dict[str, Callable[..., bytes]] = {
        "": lambda data: data,
        "encrypted": encrypted,
        "cut": lambda data, share: data[: int(len(data) * share)],
        "replaced": lambda data, old, new: data.replace(bytes.fromhex(old), bytes.fromhex(new)),
        "put_before": lambda data, text: text.encode() + data,
        "sizes": with_sizes_declared,
    }
    path.write_bytes(after[then](data, **options))


def long_directory(path: Path, ground: Ground, size_bytes: int) -> None:
    path.write_bytes(with_long_directory(size_bytes))


def overlapping(path: Path, ground: Ground, count: int) -> None:
    path.write_bytes(with_overlapping_members(count))


MAKERS: dict[str, Callable[..., None]] = {
    "text": text,
    "raw": raw,
    "sparse": sparse,
    "cut": cut,
    "replaced": replaced,
    "repeated": repeated,
    "fields": fields,
    "without": without,
    "every_cell": every_cell,
    "cell": cell,
    "added": added,
    "copied": copied,
    "worksheets": worksheets,
    "right": right,
    "folder": folder,
    "link": link,
    "hard_link": hard_link,
    "fifo": fifo,
    "socket": socket_file,
    "forbidden": forbidden,
    "zip": zip_,
    "long_directory": long_directory,
    "overlapping": overlapping,
}
