"""New: a course or an assignment that runs as it is, for its author to change.

The files come from two folders ``templates/``, the one here and the one in the package from which grader scripts import
the views of the framework that fairmark brings along: the example is written for that one. ``@name@`` and ``@title@``
are filled in, and the solution notebook is made from a Python file in which ``# %%`` begins a cell. Nothing is ever
overwritten, and nothing is written unless all can be.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from nbformat import from_dict
from nbformat import v4 as format_4

from fairmark.atomic_write import write_file
from fairmark.author.adopt import Adopted, adopt
from fairmark.course import Course
from fairmark.errors import ReleaseError, UsageError
from fairmark.frameworks import framework_named
from fairmark.notebook.stub import exercise_metadata, header_of
from fairmark.notebook.student_notebook import KERNEL, answers_in, release_notebook
from fairmark.present.escape import one_line

__all__ = ["EXAMPLE", "Made", "cells_of", "new_assignment", "new_course", "notebook_bytes"]

EXAMPLE = "circles_or_squares"
"""The example's data set, and the assignment of a new course."""

PARTS = ("assignments", "solutions", "graders", "datasets")
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
"""What a data set may be called, too; a file, a module and a heading can be made of it."""


@dataclass(frozen=True)
class Made:
    """What was written, in order, and what its author should know about it, a sentence each."""

    assignment: str
    paths: tuple[Path, ...]
    remarks: tuple[str, ...] = ()


def new_course(folder: Path) -> Made:
    """A course in ``folder`` with one assignment and its data set. The folder is made; it may be there, if empty.

    Files whose names begin with a dot do not count: a repository may be there already. Raises :class:`UsageError`
    where something else is in it, :class:`fairmark.errors.MachineError` where it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file, not a folder", remedy="Name a folder that is new or empty.")
    inside = sorted(path.name for path in folder.iterdir() if path.name[0] != ".") if folder.is_dir() else []
    if inside:
        raise UsageError(
            f"{folder}: is not empty: {', '.join(inside[:3])}{' ...' if len(inside) > 3 else ''}",
            remedy="Name a folder that is new or empty; in a course, use `fairmark new assignment NAME`.",
        )
    title = one_line(folder.resolve().name)
    readme = _template("README.md").replace("@title@", title).replace("@name@", EXAMPLE)
    contents = {folder / "README.md": readme.encode(), **_example(Course(folder), EXAMPLE)}
    made = _write(EXAMPLE, contents)
    for part in PARTS:
        (folder / part).mkdir(exist_ok=True)
    return made


def new_assignment(course: Course, name: str, *, notebook: Path | None = None) -> Made:
    """An assignment in ``course``: the example under this name, or what :func:`adopt` makes of ``notebook``.

    The example's data set is written where the course does not have it. Raises :class:`UsageError` for a name that is
    malformed or taken, :class:`fairmark.errors.UnreadableNotebook` and :class:`fairmark.errors.ReleaseError` for a
    notebook that cannot be read, has nothing in it to answer, or is marked in a way that is not understood,
    :class:`fairmark.errors.MachineError` where a file
    cannot be written.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of an assignment",
            remedy="Begin with a lower-case letter; then letters, digits and _, 60 characters at most.",
        )
    if notebook is None:
        return _write(name, _example(course, name))
    return _from_notebook(course, name, adopt(notebook, name))


def _from_notebook(course: Course, name: str, adopted: Adopted) -> Made:
    known = course.datasets()
    asked_for = [dataset for dataset in adopted.datasets if dataset in known]
    dataset = next(iter([*asked_for, *known]), EXAMPLE)
    assignment = _places(course, name)
    grader = adopted.grader(title=_title(name), dataset=dataset)
    solution = notebook_bytes(adopted.cells, name)
    leaks = _leaks(solution, assignment[0], adopted.path)
    contents = {
        assignment[0]: solution,
        assignment[1]: grader.encode(),
        **({} if known else _data_set(course)),
    }
    guessed = f"{assignment[1]}: takes the data set {dataset!r}; name the one the notebook is about."
    return _write(name, contents, (*adopted.remarks, *leaks, *([] if asked_for else [guessed])))


def _leaks(solution: bytes, path: Path, notebook: Path) -> list[str]:
    """What keeps the solution from being released until its author has decided: a line of an answer that stands in a
    given cell, too. Raises :class:`fairmark.errors.ReleaseError` where it could not be released for another reason."""
    try:
        answers_in(solution, path=path)
    except ReleaseError as problem:
        said = problem.message.replace(str(path), f"{notebook}: made into a solution", 1)
        raise ReleaseError(said, remedy=f"{problem.remedy} Nothing was written.") from problem
    try:
        release_notebook(solution, path=path)
    except ReleaseError as problem:
        return [f"{problem.message}. Until you take it out, `fairmark release` refuses."]
    return []


def _example(course: Course, name: str) -> dict[Path, bytes]:
    solution, grader = _places(course, name)
    text = _filled(_example_template("solution.py.template"), name)
    return {
        solution: notebook_bytes(cells_of(text), name),
        grader: _filled(_example_template("grader.py.template"), name).encode(),
        grader.with_suffix(".verify.toml"): _example_template("verify.toml").encode(),
        **({} if EXAMPLE in course.datasets() else _data_set(course)),
    }


def _places(course: Course, name: str) -> tuple[Path, Path]:
    return course.root / "solutions" / f"{name}.ipynb", course.root / "graders" / f"{name}.py"


def _data_set(course: Course) -> dict[Path, bytes]:
    folder = course.root / "datasets" / EXAMPLE
    return {
        folder / "dataset.toml": _template("dataset.toml").encode(),
        folder / "render.py": _template("render.py.template").encode(),
    }


def _write(name: str, contents: dict[Path, bytes], remarks: tuple[str, ...] = ()) -> Made:
    for path in contents:
        if path.exists() or path.is_symlink():
            remedy = "Nothing was written. Choose another name, or move that file away."
            raise UsageError(f"{path}: is there already", remedy=remedy)
    written: list[Path] = []
    new_folders = {folder for path in contents for folder in path.parents if not folder.exists()}
    try:
        for path, content in contents.items():
            write_file(path, content)
            written.append(path)
    except BaseException:
        for path in written:  # nothing is left half-made
            path.unlink(missing_ok=True)
        for folder in sorted(new_folders, key=lambda folder: len(folder.parts), reverse=True):
            with suppress(OSError):  # it was not made, or somebody else has laid something there
                folder.rmdir()
        raise
    return Made(name, tuple(contents), remarks)


# --- texts ------------------------------------------------------------------------------------------------------------


def _template(name: str, package: str = "fairmark.author") -> str:
    # Python files among them end in .template: they are no modules of the engine.
    return (files(package) / "templates" / name).read_text(encoding="utf-8")


def _example_template(name: str) -> str:
    return _template(name, framework_named("").view_name.rpartition(".")[0])


def _filled(text: str, name: str) -> str:
    return text.replace("@name@", name).replace("@title@", _title(name))


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def cells_of(text: str) -> list[dict[str, Any]]:
    """The cells of a Python file in which ``# %%`` begins a code cell and ``# %% [markdown]`` one of comments."""
    cells = []
    for part in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        kind, _, body = part.partition("\n")
        source = body.strip("\n")
        if kind.strip() == "[markdown]":
            source = "\n".join(line.removeprefix("#").removeprefix(" ") for line in source.split("\n"))
            cells.append({"cell_type": "markdown", "metadata": {}, "source": source})
            continue
        exercise = header_of(source)
        metadata = {"nbgrader": exercise_metadata(exercise)} if exercise else {}
        cells.append({"cell_type": "code", "metadata": metadata, "source": source})
    return cells


def notebook_bytes(cells: list[dict[str, Any]], name: str) -> bytes:
    """A solution notebook: an exercise's id is its cell's, other cells are numbered."""
    numbered = []
    for number, cell in enumerate(cells, start=1):
        exercise = cell["metadata"].get("nbgrader", {}).get("grade_id")
        code: dict[str, Any] = {"execution_count": None, "outputs": []} if cell["cell_type"] == "code" else {}
        numbered.append({**code, **cell, "id": exercise or f"{cell['cell_type']}-{number}"})
    metadata = {"fairmark": {"assignment": name, "schema": 1}, "kernelspec": KERNEL}
    text: str = format_4.writes(
        from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": numbered})
    )
    return f"{text}\n".encode()
