"""Takeout: what is held back leaves a grader script whole, line by line, and everything else stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairmark.author.strip_hidden_checks import without_held_back
from fairmark.checks import load_grader
from fairmark.errors import GraderError

SCRIPT = '''\
"""Marks rates: what is asked at once, and what is not."""

from math import pi
from pathlib import Path  # for the hidden one only
from fairmark import Grader, expect, part
from fairmark.keras import (
    RunView,
    accuracy,
    compile,  # kept
)

SECRET_RATE = 0.0173
# how the shares were found
SECRET_SHARES: tuple[float, ...] = (0.3, SECRET_RATE)
"""Three tenths of them, as was found."""
OPEN_POINTS = 3

grader = Grader("rates", title="Rates", dataset="tiles")
rates = grader.exercise("rates", title="Choose a rate")

# --- the rates ---


# This one everybody sees.
@rates.check("It is chosen", points=OPEN_POINTS, hint="Which?")
def chosen(run: RunView) -> None:
    compile.learning_rate_is(run.model, pi)


# Most take a rate that is too high, as we saw last year.
# So:
@rates.check(
    "The rate is the best one",  # measured
    points=1.5,
    visibility="after_deadline",
)
def best(run: RunView) -> None:
    with part():
        expect(read(run)).to_be(SECRET_RATE)
    # a last remark

    # and one more
def read(run: RunView) -> object:
    """What only the hidden check needs."""
    return run.answer("rate"), Path("rate"), SECRET_SHARES


@rates.check('It "works"', points=2, visibility="never")
def works(run: RunView) -> str:
    return accuracy.reaches(run, 0.93)
'''

LEFT = '''\
"""Marks rates: what is asked at once, and what is not."""

from math import pi
from fairmark import Grader
from fairmark.keras import RunView, compile

OPEN_POINTS = 3

grader = Grader("rates", title="Rates", dataset="tiles")
rates = grader.exercise("rates", title="Choose a rate")

# --- the rates ---


# This one everybody sees.
@rates.check("It is chosen", points=OPEN_POINTS, hint="Which?")
def chosen(run: RunView) -> None:
    compile.learning_rate_is(run.model, pi)


rates.unseen("The rate is the best one", points=1.5, visibility="after_deadline")


rates.unseen("A check that is not shown", points=2, visibility="never")
'''


def left_of(source: str, tmp_path: Path) -> str:
    path = tmp_path / "rates.py"
    path.write_text(source)
    return without_held_back(source, load_grader(path), path)


def refused(source: str, tmp_path: Path) -> str:
    with pytest.raises(GraderError) as caught:
        left_of(source, tmp_path)
    assert caught.value.remedy is not None
    assert caught.value.message.startswith(f"{tmp_path / 'rates.py'}:")
    return caught.value.message.removeprefix(f"{tmp_path / 'rates.py'}:")


def test_announcements_stand_in_the_place_of_what_is_held_back(tmp_path: Path) -> None:
    assert left_of(SCRIPT, tmp_path) == LEFT


def test_no_line_of_what_is_held_back_is_left(tmp_path: Path) -> None:
    left = {line.strip() for line in left_of(SCRIPT, tmp_path).split("\n")}
    lines = [line.strip() for line in SCRIPT.split("\n")]
    removed = lines[lines.index("# Most take a rate that is too high, as we saw last year.") :]
    also = [
        "from pathlib import Path  # for the hidden one only",
        "SECRET_RATE = 0.0173",
        "# how the shares were found",
        '"""Three tenths of them, as was found."""',
    ]
    assert left.isdisjoint({line for line in [*removed, *also] if line})


def test_a_script_that_holds_nothing_back_is_left_as_it_is(tmp_path: Path) -> None:
    shown = SCRIPT.replace('"after_deadline"', '"always"').replace('"never"', '"always"')
    shown = shown.replace('run.answer("rate")', "run.model")  # a question about what is typed holds its key
    assert left_of(shown, tmp_path) == shown


def test_what_another_check_uses_stays(tmp_path: Path) -> None:
    both = SCRIPT.replace("run.model, pi)", "run.model, SECRET_RATE)")
    left = left_of(both, tmp_path)
    assert "SECRET_RATE = 0.0173" in left
    assert "SECRET_SHARES" not in left
    assert "from math import pi" in left  # nothing that is held back ever used it


def test_a_visibility_that_is_worked_out_is_understood(tmp_path: Path) -> None:
    named = SCRIPT.replace('visibility="never"', "visibility=LATER").replace(
        "OPEN_POINTS = 3", 'OPEN_POINTS = 3; LATER = "never"'
    )
    left = left_of(named, tmp_path)
    assert "accuracy" not in left
    assert 'rates.unseen("A check that is not shown", points=2, visibility="never")' in left


def test_a_function_that_is_both_shown_and_held_back_is_refused_with_its_line(tmp_path: Path) -> None:
    both = SCRIPT.replace("def works(", "@other.check('And shown', points=1)\ndef works(")
    both = both.replace("# --- the", 'other = grader.exercise("other", title="Other")\n\n# --- the')
    assert refused(both, tmp_path) == "50: the check 'works' is held back and cannot be taken out"


def test_a_check_made_inside_another_function_is_refused_with_its_line(tmp_path: Path) -> None:
    start = SCRIPT.index("@rates.check('It")
    inner = "\n".join(f"    {line}" for line in SCRIPT[start:].rstrip().split("\n"))
    source = f"{SCRIPT[:start]}def add() -> None:\n{inner}\n\n\nadd()\n"
    assert refused(source, tmp_path) == "49: the check 'works' is held back and cannot be taken out"
