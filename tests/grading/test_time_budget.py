"""All runs of a submission share its time."""

from __future__ import annotations

from pathlib import Path

from recorded import hidden, right_answer
from scripted import Scripted
from walled import NAME, right_notebook, walled_course

from fairmark.author.sample_class import with_answers
from fairmark.checks import load_grader
from fairmark.evidence import Evidence
from fairmark.grading.judge import judge
from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.grading.time_budget import allowed, has_time_left, nobodys_time, spend, time_of_a_submission, was_left_out
from fairmark.report import INFORMATION
from fairmark.sandbox import Limits

HORSES = load_grader(Path(__file__).resolve().parents[2] / "graders" / "horses_or_humans.py")
LIMITS = Limits(run_seconds=100)


def taking(seconds: float, probe_seconds: float = 0.0) -> Evidence:
    evidence = right_answer(probe=hidden(wall_seconds=probe_seconds))
    return evidence.model_copy(update={"run": evidence.run.model_copy(update={"wall_seconds": seconds})})


def test_the_first_run_has_all_of_it_and_the_next_what_is_left_and_a_quarter_more() -> None:
    with time_of_a_submission(100):
        assert allowed(LIMITS).run_seconds == 100
        spend(taking(50, probe_seconds=10))
        assert (allowed(LIMITS).run_seconds, has_time_left()) == (65, True)
        spend(taking(65))
        assert (allowed(LIMITS).run_seconds, has_time_left(), was_left_out()) == (25, False, True)


def test_a_quick_run_takes_nothing_from_those_after_it() -> None:
    with time_of_a_submission(100):
        spend(taking(5))
        assert allowed(LIMITS).run_seconds == 100


def test_the_worst_takes_one_and_a_half_times_as_long() -> None:
    taken = 0.0
    with time_of_a_submission(100):
        while has_time_left():
            seconds = allowed(LIMITS).run_seconds
            spend(taking(seconds))
            taken += seconds
    assert taken <= 150


def test_the_references_runs_are_charged_to_nobody() -> None:
    with time_of_a_submission(100):
        with nobodys_time():
            spend(taking(1000))
            assert allowed(LIMITS).run_seconds == 100
        assert has_time_left()
    assert allowed(LIMITS) == LIMITS
    assert not was_left_out()


def test_a_run_that_was_left_out_is_told_for_information() -> None:
    report = judge(right_answer().model_copy(update={"further_runs_left_out": True}), HORSES)
    assert ([flag.kind for flag in report.flags], report.score) == (["no_time_left"], 20.0)
    assert "no_time_left" in INFORMATION


IDLE = """
send("session_started", software={}, numerics="float32", seed=1)
time.sleep(600)
"""


def test_a_notebook_that_waits_in_every_run_is_not_waited_for_again_and_again(tmp_path: Path) -> None:
    course = walled_course(tmp_path / "course")
    path = tmp_path / "ada.ipynb"
    path.write_bytes(with_answers(right_notebook(course), {"compile": lambda source: "# Exercise: compile\npass"}))
    idle = Scripted(IDLE)
    limits = Limits(run_seconds=1)
    marked = Pipeline(course, course.assignment(NAME), settings=RunSettings(limits=limits), launcher=idle).mark(
        path, "ada"
    )
    given = [one.run_seconds for one in idle.limits]
    assert marked.evidence.further_runs_left_out
    assert [flag.kind for flag in marked.report.flags if flag.kind in INFORMATION][-1] == "no_time_left"
    assert len(marked.evidence.reruns) <= 2
    assert sum(seconds for seconds in given if seconds < 1) <= 0.5
