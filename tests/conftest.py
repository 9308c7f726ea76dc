"""What all tests share: pictures in a folder of their own, and the built-in course with few of them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from shapes import Finished
from shapes import finished as run_both
from submissions import Case, Corpus
from tiny import tiny_course

from fairmark.course import Course
from fairmark.grading.pipeline import Pipeline

ROOT = Path(__file__).resolve().parent.parent

# No test fails for being slow: that is the machine's doing.
settings.register_profile("fairmark", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fairmark")


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test touches the pictures or the secret of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRMARK_DATA", str(tmp_path_factory.mktemp("data")))
        patch.setenv("FAIRMARK_SECRET", str(tmp_path_factory.mktemp("secret")))
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The two real runs that the tests of the recorder, the sandbox and the probe look at."""
    return run_both(tmp_path_factory)


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course small enough to be graded without training."""
    return tiny_course(tmp_path_factory.mktemp("tiny") / "course")


@pytest.fixture(scope="session")
def small_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The built-in course, its data set drawn an eighth as large: 128 pictures to train on, 32 to validate."""
    root = tmp_path_factory.mktemp("course")
    for part in ("assignments", "solutions", "datasets"):
        shutil.copytree(ROOT / part, root / part)
    (root / "graders").mkdir()
    for grader in (ROOT / "graders").glob("*.py"):
        shutil.copy(grader, root / "graders")
    recipe = root / "datasets" / "horses_or_humans" / "dataset.toml"
    shown, mark, hidden = recipe.read_text(encoding="utf-8").partition("[hidden]")
    fewer = re.sub(r"(?m)^(horses|humans) = (\d+)$", lambda m: f"{m[1]} = {int(m[2]) // 8}", shown)
    recipe.write_text(fewer + mark + hidden)
    return Course(root)


@pytest.fixture(scope="session")
def corpus(
    small_course: Course, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Corpus]:
    Pipeline(small_course, small_course.assignment("horses_or_humans")).prepare()
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        made = Corpus(small_course, tmp_path_factory.mktemp("submissions"), pool)
        for item in request.session.items:  # so that all cores are busy while the first test waits
            parameters = getattr(getattr(item, "callspec", None), "params", {})
            if isinstance(parameters.get("case"), Case):
                made.begin(parameters["case"], quick=parameters["quick"])
        yield made
        pool.shutdown(cancel_futures=True)
