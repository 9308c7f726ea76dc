"""What is wrong in a course is named by every command that meets it: file, place, what to do; never a traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Run
from PIL import Image
from scripted import Scripted
from tiny import tiny_course

from fairmark.course import Course

Break = Callable[[Course], Path]


def in_grader(old: str, new: str) -> Break:
    def change(course: Course) -> Path:
        path = course.assignment("compile_settings").grader
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return change


def in_grader_bytes(old: bytes, new: bytes) -> Break:
    def change(course: Course) -> Path:
        path = course.assignment("compile_settings").grader
        path.write_bytes(path.read_bytes().replace(old, new, 1))
        return path

    return change


def grader_of(content: bytes) -> Break:
    def change(course: Course) -> Path:
        path = course.assignment("compile_settings").grader
        path.write_bytes(content)
        return path

    return change


def recipe_of(content: bytes) -> Break:
    def change(course: Course) -> Path:
        path = course.dataset_folder("tiles") / "dataset.toml"
        path.write_bytes(content)
        return path

    return change


GRADERS: dict[str, Break] = {
    "no data set": in_grader('dataset="tiles"', "dataset=None"),
    "a data set that is a number": in_grader('dataset="tiles"', "dataset=3"),
    "no title": in_grader('title="Compile settings"', "title=None"),
    "a share in quotes": in_grader('dataset="tiles"', 'dataset="tiles", hidden_accuracy="0.8"'),
    "a name that nothing made": in_grader("grader = ", "nosuch\ngrader = "),
    "a module that is not there": in_grader("grader = ", "import nosuch\ngrader = "),
    "an open bracket": in_grader("grader = Grader(", "grader = Grader(("),
    "an exit at once": in_grader("grader = ", "import os\nos._exit(0)\ngrader = "),
    "an exit at once, by its name": in_grader("grader = ", "from os import _exit as leave\nleave(3)\ngrader = "),
    "Ctrl-C by hand": in_grader("grader = ", "raise KeyboardInterrupt\ngrader = "),
    "the end of a generator": in_grader("grader = ", "raise GeneratorExit\ngrader = "),
    "no end of calls": in_grader("grader = ", "def again(): again()\nagain()\ngrader = "),
    "one byte that is no text": in_grader_bytes(b"grader = ", b"# caf\xe9\ngrader = "),
    "an encoding that is not there": grader_of(b"# coding: nosuch\nx = 1\n"),
    "an exit": in_grader("grader = ", "raise SystemExit(3)\ngrader = "),
    "nothing in it": grader_of(b""),
    "no text": grader_of(b"\xff\xfe\x00x"),
    "a NUL": grader_of(b"x = 1\x00\n"),
}

RECIPES: dict[str, Break] = {
    "no value": recipe_of(b"name = "),
    "nothing in it": recipe_of(b""),
    "no text": recipe_of(b"\xff\xfe"),
}


@pytest.fixture
def own(tmp_path: Path) -> Course:
    """A course that may be broken."""
    return tiny_course(tmp_path / "course")


@pytest.fixture
def handed_in(own: Course, tmp_path: Path) -> Path:
    folder = tmp_path / "handed_in"
    folder.mkdir()
    shutil.copy(own.assignment("compile_settings").notebook, folder / "ada.ipynb")
    return folder


@pytest.mark.parametrize("command", ["check", "grade", "release"])
@pytest.mark.parametrize("broken", GRADERS)
def test_a_broken_grader_script_is_named(
    own: Course, handed_in: Path, launcher: Scripted, fairmark_: Run, broken: str, command: str, tmp_path: Path
) -> None:
    path = GRADERS[broken](own)
    words: dict[str, list[object]] = {
        "check": [handed_in / "ada.ipynb"],
        "grade": [handed_in, "--out", tmp_path / "out"],
        "release": [],
    }
    result = fairmark_(command, *words[command], "--course", own.root)
    assert result.exit_code == 2
    said, _, remedy = result.err.partition(f"fairmark: {path}:")[2].partition("\n")
    assert said
    assert remedy.strip()
    assert "Traceback" not in result.err


@pytest.mark.parametrize("command", ["check", "grade", "list", "make"])
@pytest.mark.parametrize("broken", RECIPES)
def test_a_broken_recipe_is_named(
    own: Course, handed_in: Path, launcher: Scripted, fairmark_: Run, broken: str, command: str, tmp_path: Path
) -> None:
    path = RECIPES[broken](own)
    words: dict[str, list[object]] = {
        "check": ["check", handed_in / "ada.ipynb"],
        "grade": ["grade", handed_in, "--out", tmp_path / "out"],
        "list": ["data", "list"],
        "make": ["data", "make"],
    }
    result = fairmark_(*words[command], "--course", own.root)
    assert result.exit_code == 2
    said, _, remedy = result.err.partition(f"fairmark: {path}: ")[2].partition("\n")
    assert said
    assert remedy.strip()
    assert "Traceback" not in result.err


def test_nothing_is_marked_with_a_damaged_secret_seed(
    own: Course, handed_in: Path, launcher: Scripted, fairmark_: Run, tmp_path: Path
) -> None:
    in_grader('dataset="tiles"', 'dataset="tiles", hidden_accuracy=0.8')(own)
    seed = tmp_path / "secret" / "seed"
    assert fairmark_("data", "make", "--hidden", "--course", own.root).exit_code == 0
    digits = seed.read_text()
    seed.write_text(digits.translate(str.maketrans("0123456789abcdef", "123456789abcdef0")))
    for words in (
        ["grade", handed_in, "--out", tmp_path / "out"],
        ["data", "check"],
        ["check", handed_in / "ada.ipynb"],
    ):
        result = fairmark_(*words, "--course", own.root)
        assert result.exit_code == 3
        assert f"{seed}: this is another secret seed" in result.err
        assert "Restore the file from a backup" in result.err
    assert not launcher.jobs
    seed.write_text(digits)
    assert fairmark_("data", "check", "--course", own.root).exit_code == 0


def test_nothing_is_marked_with_labels_that_were_shifted_against_held_back_pictures(
    own: Course, handed_in: Path, launcher: Scripted, fairmark_: Run, tmp_path: Path
) -> None:
    in_grader('dataset="tiles"', 'dataset="tiles", hidden_accuracy=0.8')(own)
    for split in ("train", "validation"):
        for class_name in ("dark", "light"):
            (tmp_path / "real" / split / class_name).mkdir(parents=True)
            for number in range(4):
                path = tmp_path / "real" / split / class_name / f"{number}.png"
                Image.new("RGB", (8, 8), (number, len(split), 200 * (class_name == "light"))).save(path)
    real = ["--train", tmp_path / "real" / "train", "--validation", tmp_path / "real" / "validation"]
    assert fairmark_("data", "add", "tiles", *real, "--course", own.root).exit_code == 0
    [labels] = (tmp_path / "secret").rglob("labels.json")
    content = json.loads(labels.read_bytes())
    labels.write_text(json.dumps({**content, "truth": [1 - kind for kind in content["truth"]]}))
    result = fairmark_("grade", handed_in, "--out", tmp_path / "out", "--course", own.root)
    assert result.exit_code == 3
    assert "the labels of the hidden pictures" in result.err
    assert "fairmark data add tiles" in result.err
    assert not launcher.jobs
    checked = fairmark_("data", "check", "--course", own.root)
    assert checked.exit_code == 3
    assert "labels of the hidden pictures" in checked.out
