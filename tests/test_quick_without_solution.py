"""A quick check goes on past a trial fit where there is no solution, too: what is right behind it counts, the rest is
not checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from quick_pictures import with_quick_pictures

from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.sandbox import grading_launcher

ROOT = Path(__file__).resolve().parent.parent
CASES = Path(__file__).resolve().parent / "corpus" / "cases"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRMARK_DATA", str(tmp_path_factory.mktemp("data")))
        course = with_quick_pictures(ROOT, tmp_path_factory.mktemp("unsolved") / "course")
        course.assignment("convnet_layers").solution.unlink()
        made = Pipeline(
            course,
            course.assignment("convnet_layers"),
            settings=RunSettings(mode="structure"),
            launcher=grading_launcher(),
        )
        made.prepare()
        yield made


def test_what_is_right_behind_a_trial_fit_counts(pipeline: Pipeline) -> None:
    report = pipeline.mark(CASES / "quick_stops_at_a_trial_fit.ipynb", "ada").report
    assert (report.score, report.max_score, report.not_checked, report.flags) == (16, 16, (), ())


@pytest.mark.thorough
def test_what_is_not_right_there_is_not_checked(pipeline: Pipeline) -> None:
    report = pipeline.mark(CASES / "quick_trial_fit_before_a_wrong_answer.ipynb", "ada").report
    assert (report.score, report.max_score, report.not_checked) == (14, 14, ("chain.sides",))
