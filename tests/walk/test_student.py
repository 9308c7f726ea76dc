"""The README as a student follows it: open the notebook where it lies, solve it there, check it, hand it in.

All of it is thorough; by default ``test_solved_in_place.py`` and ``live`` solve and check in kernels.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .editors import browser, cards_in, solve_in_browser, solve_in_kernel
from .situations import ALONE, CLONE, HANDED_OUT, OWN_COURSE, Situation, fairmark

pytestmark = pytest.mark.thorough

Place = Callable[[Path, str], Situation]

WALKS = [
    pytest.param(CLONE, "compile_settings", id="clone-compile_settings"),
    pytest.param(HANDED_OUT, "compile_settings", id="handed_out-compile_settings"),
    pytest.param(ALONE, "compile_settings", id="alone-compile_settings"),
    pytest.param(OWN_COURSE, "", id="own_course"),
    pytest.param(CLONE, "happy_or_sad", id="clone-happy_or_sad"),
    pytest.param(HANDED_OUT, "happy_or_sad", id="handed_out-happy_or_sad"),
    pytest.param(ALONE, "happy_or_sad", id="alone-happy_or_sad"),
]


TYPED = {"compile_settings": {"charges", "one_step", "left_unsaid"}}
"""Exercises of which nothing is asked but numbers and words."""


@pytest.fixture(scope="module", autouse=True)
def own_pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The clones' fewer pictures are no other test's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRMARK_DATA", str(tmp_path_factory.mktemp("data")))
        yield


def graded(situation: Situation, home: Path) -> dict[str, str]:
    """The row of the gradebook after the notebook, copied out of its folder, was handed in as alice's."""
    (home / "teacher" / "submissions").mkdir(parents=True)
    shutil.copy(situation.notebook, home / "teacher" / "submissions" / "alice.ipynb")
    options = ("--course", str(situation.course.root))
    finished = fairmark("grade", "submissions/", "--out", "graded/", *options, folder=home / "teacher")
    with (home / "teacher" / "graded" / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert finished.returncode == (0 if row["outcome"] == "passed" else 1), finished.stderr
    return row


def has_everything(row: dict[str, str]) -> bool:
    return row["outcome"] == "passed" and row["score"] == row["max_score"] and not row["flags"]


@pytest.mark.parametrize(("place", "assignment"), WALKS)
def test_who_does_what_the_readme_says_gets_what_the_answers_are_worth(
    place: Place, assignment: str, tmp_path: Path
) -> None:
    situation = place(tmp_path, assignment)
    solve_in_kernel(situation.notebook, situation.answers)
    cards = cards_in(situation.notebook)
    assert all(score == possible for score, possible in cards.values())
    # What is typed is checked when it is handed in: scripts that are handed out would tell it.
    typed = TYPED.get(assignment, set()) if place is HANDED_OUT else set()
    assert {*situation.answers} - {*cards} == typed
    checked = fairmark("check", situation.notebook.name, folder=situation.notebook.parent)
    assert checked.returncode == 0, checked.stdout
    assert has_everything(graded(situation, tmp_path))


def test_the_same_walk_in_jupyterlab(tmp_path: Path) -> None:
    assert browser() is not None, "Chromium is missing: apt install chromium"
    situation = CLONE(tmp_path, "compile_settings")
    (tmp_path / "settings").mkdir()
    solve_in_browser(situation.notebook, situation.answers, settings=tmp_path / "settings")
    assert all(score == possible for score, possible in cards_in(situation.notebook).values())
    assert fairmark("check", situation.notebook.name, folder=situation.notebook.parent).returncode == 0
    assert has_everything(graded(situation, tmp_path))


@pytest.mark.parametrize("place", [pytest.param(CLONE, id="clone"), pytest.param(HANDED_OUT, id="handed_out")])
def test_a_wrong_answer_written_in_place_is_wrong_and_not_untouched(place: Place, tmp_path: Path) -> None:
    situation = place(tmp_path, "compile_settings")
    answers = situation.answers
    answers["compile_network"] = answers["compile_network"].replace("binary_crossentropy", "mse")
    solve_in_kernel(situation.notebook, answers)
    assert cards_in(situation.notebook)["compile_network"] == (3.0, 4.5)
    checked = fairmark("check", situation.notebook.name, folder=situation.notebook.parent)
    assert checked.returncode == 1
    assert "mean_squared_error" in checked.stdout
    assert "Not attempted" not in checked.stdout
    assert graded(situation, tmp_path)["compile_network"] == "3"


def test_who_saves_the_notebook_untouched_is_told_that_nothing_was_attempted(tmp_path: Path) -> None:
    situation = CLONE(tmp_path, "compile_settings")
    solve_in_kernel(situation.notebook, {})
    row = graded(situation, tmp_path)
    assert (row["score"], row["outcome"]) == ("0", "unattempted")
