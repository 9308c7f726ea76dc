"""Look-alikes of attacks by honest students earn everything, and nobody is asked to look at them.

``corpus/innocent/*.toml`` holds them in the form that ``walled.py`` describes, ``[[innocent]]`` instead of
``[[attack]]``. All are trained unless they say ``train = false``; by default some are, the rest is thorough.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from hostile import HOSTILE_LIMITS
from thorough import one_in
from walled import NAME, Attack, innocents, losses, walled_course

from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.sandbox import ConfinedProcess

INNOCENTS = innocents()
BY_DEFAULT = 40
"""One in so many is marked by default."""


@pytest.fixture(scope="module")
def marked(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, Future[GradedSubmission]]]:
    course = walled_course(tmp_path_factory.mktemp("walled") / "course")
    folder = tmp_path_factory.mktemp("innocent")
    launcher = ConfinedProcess()
    assignment = course.assignment(NAME)
    pipelines = {
        train: Pipeline(
            course,
            assignment,
            settings=RunSettings(limits=HOSTILE_LIMITS, mode="structure" if not train else "full"),
            launcher=launcher,
        )
        for train in (False, True)
    }
    pipelines[True].prepare()

    def mark(number: int, one: Attack) -> GradedSubmission:
        path = folder / f"innocent-{number}.ipynb"
        path.write_bytes(one.notebook(course, {}))
        return pipelines[one.train].mark(path, path.stem)

    asked = [getattr(getattr(item, "callspec", None), "params", {}).get("innocent") for item in request.session.items]
    with ThreadPoolExecutor(2) as pool:
        wanted = [(number, one) for number, one in enumerate(INNOCENTS) if one in asked]
        yield {one.name: pool.submit(mark, number, one) for number, one in wanted}
        pool.shutdown(cancel_futures=True)
    launcher.close()


@pytest.mark.parametrize("innocent", one_in(BY_DEFAULT, INNOCENTS), ids=lambda innocent: innocent.name)
def test_an_innocent_look_alike_earns_everything_and_nobody_is_asked_to_look(
    innocent: Attack, marked: dict[str, Future[GradedSubmission]]
) -> None:
    report = marked[innocent.name].result().report
    flags = [(flag.kind, flag.message) for flag in report.flags_for_a_person]
    assert (losses(report), flags, report.run.outcome) == ({}, [], "completed")


def test_there_are_at_least_forty_of_them() -> None:
    assert len({innocent.name for innocent in INNOCENTS}) == len(INNOCENTS) >= 40
