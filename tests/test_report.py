"""The report: the outcome of a whole from those of its parts, and the contract that other programs read."""

from __future__ import annotations

import json
import tracemalloc
from itertools import permutations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fairmark.report import PRECEDENCE, CheckResult, ExerciseResult, Flag, Outcome, Report, RunSummary, Standing, worst

OUTCOMES = st.sampled_from(PRECEDENCE)


def report(*, score: float = 1.5, max_score: float = 2.0) -> Report:
    check = CheckResult(id="loss", title="The loss fits", outcome="partial", score=score, max_score=max_score, cell=12)
    return Report(
        student="ada",
        assignment="horses_or_humans",
        notebook_sha256="3f" * 32,
        outcome="partial",
        score=score,
        max_score=max_score,
        run=RunSummary(outcome="completed", isolation=("own process",)),
        exercises=(
            ExerciseResult(
                id="compile", title="Compile", outcome="partial", score=score, max_score=max_score, checks=(check,)
            ),
        ),
        flags=(Flag(kind="close_call", message="two pictures from the threshold"),),
    )


# --- standings --------------------------------------------------------------------------------------------------------


def test_a_standing_says_what_a_row_needs() -> None:
    standing = Standing.of(report())
    assert (standing.student, standing.assignment, standing.outcome) == ("ada", "horses_or_humans", "partial")
    assert (standing.score, standing.max_score, standing.percent) == (1.5, 2.0, 75.0)
    assert (standing.run_outcome, standing.flags) == ("completed", ("close_call",))
    assert [tuple(exercise) for exercise in standing.exercises] == [("compile", "Compile", "partial", 1.5)]


def test_marks_carried_forward_are_information_and_nothing_to_look_at() -> None:
    close, carried = Flag(kind="close_call", message="close"), Flag(kind="carried_forward", message="run again")
    both = report().model_copy(update={"flags": (carried, close)})
    assert both.flags_for_a_person == (close,)
    standing = Standing.of(both)
    assert (standing.flags, standing.flags_for_a_person) == (("carried_forward", "close_call"), ("close_call",))


def test_a_thousand_standings_take_about_a_megabyte() -> None:
    exercises = [
        {"id": f"e{n}", "title": f"Exercise {n}", "outcome": "passed", "score": n / 2, "max_score": 3} for n in range(6)
    ]
    text = json.dumps(json.loads(report().model_dump_json(by_alias=True)) | {"exercises": exercises})
    tracemalloc.start()
    standings = [Standing.of(Report.model_validate_json(text)) for _ in range(1000)]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(standings[0].exercises) == 6
    assert held < 1.5e6


# --- worst ------------------------------------------------------------------------------------------------------------


def test_precedence_lists_every_outcome_once() -> None:
    assert sorted(PRECEDENCE) == sorted(get_args(Outcome))


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], "passed"),
        (["passed"], "passed"),
        (["passed", "passed"], "passed"),
        (["passed", "failed"], "partial"),
        (["passed", "unattempted"], "partial"),
        (["passed", "error"], "partial"),
        (["partial", "failed"], "partial"),
        (["failed", "unattempted"], "unattempted"),
        (["failed", "error"], "error"),
        (["unattempted", "error"], "error"),
        (["unattempted", "unattempted"], "unattempted"),
        (["passed", "limit"], "limit"),
        (["limit", "error"], "limit"),
        (["passed", "needs_attention"], "needs_attention"),
        (["limit", "needs_attention"], "needs_attention"),
    ],
)
def test_the_outcome_of_a_whole(parts: list[Outcome], whole: Outcome) -> None:
    for order in permutations(parts):
        assert worst(list(order)) == whole


@given(st.lists(OUTCOMES, min_size=1))
def test_a_whole_is_passed_only_where_all_of_it_is(parts: list[Outcome]) -> None:
    assert (worst(parts) == "passed") == (set(parts) == {"passed"})


@given(st.lists(OUTCOMES, min_size=1))
def test_what_needs_attention_is_never_hidden(parts: list[Outcome]) -> None:
    assert (worst(parts) == "needs_attention") == ("needs_attention" in parts)


@given(st.lists(OUTCOMES, min_size=1), st.lists(OUTCOMES, min_size=1))
def test_more_parts_never_turn_a_whole_that_is_not_passed_into_one_that_is(
    some: list[Outcome], more: list[Outcome]
) -> None:
    assert worst(some) == "passed" or worst(some + more) != "passed"


# --- the contract -----------------------------------------------------------------------------------------------------


def test_a_report_is_written_with_the_fields_of_the_contract() -> None:
    written = json.loads(report().model_dump_json())
    assert list(written) == [
        "schema",
        "student",
        "assignment",
        "notebook_sha256",
        "outcome",
        "score",
        "max_score",
        "run",
        "exercises",
        "flags",
        "not_checked",
        "file",
        "file_number",
    ]
    assert written["schema"] == "fairmark.report/1"
    assert set(written["run"]) == {
        "outcome",
        "wall_seconds",
        "peak_memory_bytes",
        "isolation",
        "numerics",
        "software",
    }
    (exercise,) = written["exercises"]
    assert list(exercise) == ["id", "title", "outcome", "score", "max_score", "checks"]
    assert list(exercise["checks"][0]) == [
        "id",
        "title",
        "outcome",
        "score",
        "max_score",
        "message",
        "found",
        "expected",
        "hint",
        "cell",
        "visibility",
    ]
    assert set(written["flags"][0]) == {"kind", "cell", "checks", "message"}


def test_a_report_is_the_same_after_its_way_through_a_file() -> None:
    assert Report.model_validate_json(report().model_dump_json()) == report()


def test_a_report_with_unknown_fields_is_refused() -> None:
    with pytest.raises(ValidationError):
        Report.model_validate(json.loads(report().model_dump_json()) | {"grade": "A"})


@pytest.mark.parametrize(("score", "max_score", "percent"), [(1.5, 2.0, 75.0), (0.0, 2.0, 0.0), (0.0, 0.0, 0.0)])
def test_percent_is_the_share_of_what_could_be_earned(score: float, max_score: float, percent: float) -> None:
    assert report(score=score, max_score=max_score).percent == percent
