"""What lies in a folder that somebody handed in; layouts and reasons are in ``test_find.py``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairmark.classroom.folders import Entry, walk
from fairmark.notebook.kinds import EMPTY_FOLDER, LINK, NOT_A_FILE


def kinds(folder: Path) -> dict[str, str]:
    return {one.path.relative_to(folder).as_posix(): one.kind for one in walk(folder)}


def test_every_kind_of_thing_is_told(tmp_path: Path) -> None:
    for name in ("a.ipynb", "b.zip", "c.txt", ".hidden/d.ipynb", "e.zip/f.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.ipynb").mkdir()
    assert kinds(tmp_path) == {
        "a.ipynb": "may_be_notebook",
        "b.zip": "zip",
        "c.txt": "other",
        "e.zip/f.ipynb": "may_be_notebook",  # a folder may be called a zip
        "empty": "other",
        "empty.ipynb": "may_be_notebook",
        "link": "link",
        "pipe": "other",
        "pipe.ipynb": "may_be_notebook",
    }
    reasons = {one.path.name: one.reason for one in walk(tmp_path)}
    assert [reasons[name] for name in ("empty", "link", "pipe")] == [EMPTY_FOLDER, LINK, NOT_A_FILE]


def test_a_folder_that_is_a_link_stands_for_itself_and_an_empty_one_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    assert [*walk(tmp_path / "link")] == [Entry(tmp_path / "link", "may_be_notebook")]
    assert [*walk(tmp_path / "empty")] == []


@pytest.mark.parametrize("depth", [0, 11, 12, 40])
def test_folders_are_walked_as_deep_as_the_bound_says_and_no_deeper(depth: int, tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["d"] * depth)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "work.ipynb").touch()
    [entry] = walk(tmp_path)
    assert (entry.kind, entry.path.name) == (("may_be_notebook", "work.ipynb") if depth < 12 else ("other", "d"))


def test_links_that_lead_round_in_circles_end(tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    assert kinds(tmp_path) == {"round": "link", "self": "link"}
