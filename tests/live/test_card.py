"""Cards: the same words as HTML and as text, and nothing of a student's cell that could do harm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.lib.pretty import pretty
from seen import Page

from fairmark.live.card import Card
from fairmark.report import CheckResult, ExerciseResult


def result(*checks: CheckResult) -> ExerciseResult:
    return ExerciseResult(
        id="compile",
        title="Compile the model",
        outcome="partial",
        score=sum(check.score for check in checks),
        max_score=sum(check.max_score for check in checks),
        checks=checks,
    )


RIGHT = CheckResult(id="metrics", title="Accuracy is measured", outcome="passed", score=1, max_score=1)
WRONG = CheckResult(
    id="loss",
    title="The loss fits",
    outcome="failed",
    score=0,
    max_score=2,
    message="The loss: found mse, expected another.",
    found="mse",
    expected="another",
    hint="Which one fits two classes?",
)
RAISED = WRONG.model_copy(
    update={"outcome": "error", "message": "This cell raised TypeError: no `lr`.", "expected": None}
)

PARTLY = Card("Compile the model", result=result(WRONG, RIGHT), later=("1 more check is made when you hand in.",))


def words(card: Card) -> str:
    return " ".join(Page(card._repr_html_()).words)


def test_a_card_says_what_was_found_and_expected_and_gives_a_hint() -> None:
    assert words(PARTLY) == (
        "Compile the model 1 / 3 points so far "
        "✗ The loss fits not right yet 0 / 2 The loss. Found mse Expected another Hint Which one fits two classes? "
        "✓ Accuracy is measured passed 1 / 1 "
        "Later 1 more check is made when you hand in."
    )


def test_a_console_shows_the_same_as_text() -> None:
    assert repr(PARTLY).splitlines() == [
        "Compile the model   1 / 3 points so far",
        "  ✗ The loss fits (not right yet, 0 / 2)",
        "      The loss.",
        "      Found:    mse",
        "      Expected: another",
        "      Hint:     Which one fits two classes?",
        "  ✓ Accuracy is measured (passed, 1 / 1)",
        "  Later: 1 more check is made when you hand in.",
    ]


def test_ipython_shows_the_text_and_not_its_repr() -> None:
    assert pretty(PARTLY) == repr(PARTLY)


def test_a_console_that_lacks_the_signs_gets_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain:
        encoding = "ascii"

    monkeypatch.setattr("sys.stdout", Plain())
    assert repr(Card("“Zoë”", result=result(WRONG))).splitlines()[:2] == [
        "?Zo??   0 / 2 points so far",
        "  x The loss fits (not right yet, 0 / 2)",
    ]


def test_once_all_is_right_the_score_is_no_longer_so_far_and_the_lesson_is_said() -> None:
    card = Card("Compile the model", result=result(RIGHT), lesson="One probability.")
    assert words(card) == "Compile the model 1 / 1 points ✓ Accuracy is measured passed 1 / 1 One probability."


def test_what_all_checks_say_alike_is_said_once() -> None:
    card = Card("Compile the model", result=result(RAISED, RAISED))
    assert words(card) == (
        "Compile the model 0 / 4 points so far This cell raised TypeError: no lr . "
        "! The loss fits raised an error 0 / 2 ! The loss fits raised an error 0 / 2"
    )
    assert repr(card).splitlines()[1:3] == [
        "  This cell raised TypeError: no `lr`.",
        "  ! The loss fits (raised an error, 0 / 2)",
    ]


def test_a_note_has_no_score() -> None:
    card = Card("Compile the model", notes=("Run the cell first.",))
    assert words(card) == "Compile the model Run the cell first."
    assert repr(card) == "Compile the model\n  Run the cell first."


def test_the_style_reaches_nothing_but_the_card() -> None:
    style = PARTLY._repr_html_().partition("</style>")[0]
    selectors = [line for line in style.splitlines() if line.endswith("{") or "{ " in line]
    assert selectors
    assert not [line for line in selectors if ".fairmark-card" not in line]


def test_a_card_runs_nothing_and_loads_nothing() -> None:
    html = PARTLY._repr_html_()
    assert not [word for word in ("<script", "onload", "url(", "@import", "http", "src=") if word in html]


WILD = st.text() | st.sampled_from(
    ["</style><script>alert(1)</script>", '" onload="x', "<!--", "`<b>`", "\x1b[31m", "{{ 7 * 7 }}", "\u202e" + "x"]
)


@given(WILD, WILD, WILD, WILD)
def test_nothing_a_student_writes_becomes_part_of_the_page(title: str, said: str, found: str, note: str) -> None:
    def shape(title: str, said: str, found: str, note: str) -> list[tuple[int, str]]:
        check = WRONG.model_copy(update={"title": title, "message": said, "found": found, "hint": note})
        card = replace(PARTLY, title=title, result=result(check, RIGHT), notes=(note,), later=(said,), lesson=found)
        assert not set(repr(card)) & {"\x1b", "\u202e", "\r", "\x00"}
        return [(depth, tag) for depth, tag, _ in Page(card._repr_html_()).tree if tag != "code"]

    filled = [text if text.strip() else "x" for text in (title, said, found, note)]
    assert shape(*filled) == shape("a", "b", "c", "d")
