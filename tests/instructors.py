"""Notebooks as instructors keep them, marked for other tools: what becomes of each as an assignment, and what nobody
but its author may read. Five lie in ``corpus/cases/instructor/`` as files; the others are written here."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["KEPT", "REFUSED", "Kept", "Refused", "notebook_of"]

FILES = Path(__file__).resolve().parent / "corpus" / "cases" / "instructor"

Cell = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """A notebook that becomes an assignment: its exercises by id, what must not be read by students, what must, and
    how the remarks on it begin, after the file's name."""

    name: str
    exercises: tuple[str, ...]
    secret: tuple[str, ...]
    given: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A notebook of which nothing is written, and what is said."""

    name: str
    says: str
    cells: tuple[Cell, ...] = field(default=())


def notebook_of(case: Kept | Refused) -> bytes:
    if not case.cells:
        return (FILES / f"{case.name}.ipynb").read_bytes()
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": case.cells}).encode()


def code(source: str, **metadata: object) -> Cell:
    printed = [{"output_type": "stream", "name": "stdout", "text": source}]  # outputs tell as much as the text does
    return {
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "outputs": printed,
        "execution_count": 1,
    }


def words(source: str, **metadata: object) -> Cell:
    return {"cell_type": "markdown", "metadata": metadata, "source": source}


def raw(source: str) -> Cell:
    return {"cell_type": "raw", "metadata": {}, "source": source}


def answer(grade_id: str, **more: object) -> dict[str, object]:
    return {"nbgrader": {"solution": True, "grade": False, "grade_id": grade_id, **more}}


TESTS = "holds tests and was left out: ask the same in the grader script."

KEPT = (
    # --- handed in by instructors -------------------------------------------------------------------------------------
    Kept(
        "mark_scheme_and_manual_answers",
        ("scaled", "exercise_2", "layers"),
        ("return x / 255", "assert scaled", "answer = 42", "2 points for relu", "MARK SCHEME", "units = 512", "HIDDEN"),
        ("def scaled(x):", "import numpy as np"),
        (
            f"cell 3 {TESTS}",
            "cell 4 ('manual one', 3 points) was marked by a person: the grader script asks so far only whether",
            "cell 5 holds the answer in words to a question ('essay', 2 points) and was left out: nobody marks",
        ),
    ),
    Kept(
        "nbgrader_task",
        ("units",),
        ("it overfits from epoch 6", "MARK SCHEME", "falls after epoch 6", "units = 512"),
        ("Describe the curve.",),
        (
            "cell 2 sets a task ('draw', 3 points) that nobody marks here.",
            "cell 3 holds the answer in words to a question ('essay', 2 points) and was left out: nobody marks",
        ),
    ),
    Kept(
        "otter_assign",
        ("q1", "q2"),
        ("12 * 64", "pictures == 768", "return x / 255", "scaled(255)", "BEGIN", "points: 2"),
        ("How many pictures?", '\\"\\"\\"Pixels from 0 to 1.\\"\\"\\"', "def scaled(x):"),
        (f"cell 9 {TESTS}", f"cell 18 {TESTS}"),
    ),
    Kept(
        "start_code_here",
        ("image_generator", "exercise_2"),
        ("(150, 150)", "batch = 10", "0.999", "stop_training", "START CODE"),
        ("print(image_generator())", "return size, batch", "def on_epoch_end(self, epoch, logs=None):"),
    ),
    Kept(
        "time_magic_and_forms",
        ("exercise_1", "exercise_2", "exercise_3"),
        ("model.compile", "Flatten", "%%time"),
        ('#@title Set up { display-mode: \\"form\\" }', "%%bash"),
        ("cell 7: %%time was left out: the first line of an exercise is its header.",),
    ),
    # --- nbgrader -----------------------------------------------------------------------------------------------------
    Kept(
        "scheme_inside_an_answer_and_around_it",
        ("rate", "loss"),
        ("1 point for a rate below 0.01", "0.5 for the sign", "learning_rate = 0.001", "charge = -math.log(0.5)"),
        ("import math", "# the natural logarithm"),
        cells=(
            code("import math"),
            code(
                "### BEGIN SOLUTION\nlearning_rate = 0.001\n### BEGIN MARK SCHEME\n# 1 point for a rate below 0.01\n"
                "### END MARK SCHEME\n### END SOLUTION",
                **answer("rate"),
            ),
            code(
                "# the natural logarithm\n### BEGIN SOLUTION\ncharge = -math.log(0.5)\n### END SOLUTION\n"
                "### BEGIN MARK SCHEME\n# 0.5 for the sign\n### END MARK SCHEME",
                **answer("loss"),
            ),
        ),
    ),
    Kept(
        "hidden_tests_in_a_given_cell",
        ("half",),
        ("assert half(10) == 5", "return x / 2", "HIDDEN"),
        ("print(half(4))",),
        ("cell 2: its tests were left out: ask the same in the grader script.", f"cell 3 {TESTS}"),
        cells=(
            code("def half(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION", **answer("half")),
            code("print(half(4))\n### BEGIN HIDDEN TESTS\nassert half(10) == 5\n### END HIDDEN TESTS"),
            code("from math import inf\nassert half(inf) == inf"),
        ),
    ),
    Kept(
        "model_answers_in_markdown",
        ("units",),
        ("Because the loss turns upwards", "It has too many weights", "It is memorised by heart", "units = 512"),
        ("## 1. Why?", "Explain in your own words:"),
        (
            "cell 2: the answer in words ('why', 2 points) was taken out: nobody marks it here.",
            "cell 3: the answer in words was taken out: nobody marks it here.",
            "cell 4 holds the answer in words to a question and was left out: nobody marks it here.",
        ),
        cells=(
            code("### BEGIN SOLUTION\nunits = 512\n### END SOLUTION", **answer("units")),
            words(
                "Explain in your own words:\n### BEGIN SOLUTION\nBecause the loss turns upwards.\n### END SOLUTION",
                nbgrader={"solution": False, "grade": True, "grade_id": "why", "points": 2},
            ),
            words("## 1. Why?\n\n**Solution:** It has too many weights for so few pictures."),
            words("### Model answer\n\nIt is memorised by heart.", tags=["keep"]),
        ),
    ),
    Kept(
        "pictures_attached_to_answers",
        ("units",),
        ("units = 512", "it turns at epoch six", "turned.png"),
        ("Draw the curve.", "given.png"),
        ("cell 2: the answer in words was taken out: nobody marks it here.",),
        cells=(
            code("### BEGIN SOLUTION\nunits = 512\n### END SOLUTION", **answer("units")),
            words(
                "Draw the curve. ![](attachment:given.png)\n"
                "### BEGIN SOLUTION\n![](attachment:turned.png)\n### END SOLUTION"
            )
            | {
                "attachments": {
                    "given.png": {"image/png": "iVBORw=="},
                    "turned.png": {"image/png": b64encode(b"it turns at epoch six").decode()},
                }
            },
        ),
    ),
    # --- Otter --------------------------------------------------------------------------------------------------------
    Kept(
        "otter_lines_prompts_and_manual_questions",
        ("q1", "exercise_2", "q2"),
        ("6 * 7", "hush", "third_secret", "The curve has turned", "== 42", "Look at the last epochs closely"),
        ("given_first = 1", "# product = ...", "given_last = 2"),
        (
            f"cell 6 {TESTS}",
            "cell 12 holds the answer in words to a question ('q2', 3 points) and was left out: nobody marks it here.",
            "cell 15 ('q2', 3 points) was marked by a person: the grader script asks so far only whether it runs",
        ),
        cells=(
            raw("# BEGIN QUESTION\nname: q1\npoints: 1"),
            raw("# BEGIN SOLUTION"),
            code(
                "given_first = 1\n# BEGIN SOLUTION NO PROMPT\nproduct = 6 * 7\n# END SOLUTION\n"
                '""" # BEGIN PROMPT\nproduct = ...\n"""; # END PROMPT\ngiven_last = 2'
            ),
            raw("# END SOLUTION"),
            raw("# BEGIN TESTS"),
            code('""" # BEGIN TEST CONFIG\nhidden: true\n""" # END TEST CONFIG\nproduct == 42'),
            raw("# END TESTS"),
            raw("# END QUESTION"),
            code(
                "quiet = 'hush, not yet' # SOLUTION NO PROMPT\n\nloud = third_secret = 3 # SOLUTION\nprint(1) # IGNORE"
            ),
            raw("# BEGIN QUESTION\nname: q2\nmanual: true\npoints: 3"),
            raw("# BEGIN SOLUTION"),
            words("The curve has turned: validation loss rises."),
            raw("# END SOLUTION"),
            raw("# BEGIN SOLUTION"),
            code("plot = 'Look at the last epochs closely'"),
            raw("# END SOLUTION"),
            raw("# BEGIN PROMPT"),
            words("_Type your answer here, replacing this text._"),
            raw("# END PROMPT"),
            raw("# END QUESTION"),
        ),
    ),
    Kept(
        "otters_older_format",
        ("steps",),
        ("1024 // 128", "steps == 8", "steps * 128", "BEGIN QUESTION", "points: 2"),
        ("**Question 1.** How many steps?",),
        (f"cell 3 {TESTS}", f"cell 4 {TESTS}"),
        cells=(
            words("**Question 1.** How many steps?\n\n```\nBEGIN QUESTION\nname: steps\npoints: 2\n```\n"),
            code("steps = 1024 // 128 # SOLUTION"),
            code("# TEST\nsteps == 8"),
            code("## Hidden Test ##\nsteps * 128 == 1024"),
        ),
    ),
    Kept(
        "otter_boundaries_fenced_in_markdown",
        ("q1",),
        ("features = 35", "features == 78400", "name: q1"),
        ("How many features?", "Next comes the network."),
        (f"cell 3 {TESTS}",),
        cells=(
            words("```otter\n# BEGIN QUESTION\nname: q1\n```\n\nHow many features?\n\n```otter\n# BEGIN SOLUTION\n```"),
            code("features = 35 * 35 * 64"),
            code("features == 78400", tags=["hidden_tests"]),
            words("```otter\n# END SOLUTION\n```\n```otter\n# END QUESTION\n```\nNext comes the network."),
        ),
    ),
    Kept(
        "otters_lines_that_only_look_like_marks",
        ("exercise_1",),
        ("12 * 64", "BEGIN PLUGIN", "MyPlugin", "random.seed(42)"),
        ("Explain it in words.",),
        cells=(
            words("<!-- BEGIN QUESTION -->\n\nExplain it in words.\n\n<!-- END QUESTION -->"),
            code(
                "import random\nrandom.seed(42) # SEED\npictures = 12 * 64 # SOLUTION\n"
                '""" # BEGIN PLUGIN\nplugin: MyPlugin\n"""; # END PLUGIN'
            ),
        ),
    ),
    # --- code between marks -------------------------------------------------------------------------------------------
    Kept(
        "marks_within_statements",
        ("exercise_1", "build"),
        ("Dense(512", "Dense(1,", "return network", "epochs=15"),
        ("def build(units):", "summary = 'given'"),
        cells=(
            code(
                "layers = [\n    # YOUR CODE STARTS HERE\n    'Dense(512)',\n    'Dense(1, sigmoid)',\n"
                "    # YOUR CODE ENDS HERE\n]\nsummary = 'given'"
            ),
            code(
                "# GRADED FUNCTION: build\ndef build(units):\n    #### START CODE HERE #### (≈ 3 lines of code)\n"
                "    # the network\n    network = dict(units=units, epochs=15)\n    return network\n"
                "    #### END CODE HERE ####\n"
            ),
        ),
    ),
    Kept(
        "comments_at_another_depth_and_answers_not_written_yet",
        ("exercise_1", "parse"),
        ("print(2 ** 10)",),
        ("def parse(file):", "return sentences"),
        cells=(
            code(" # Compute it\n # START CODE HERE\n # so:\nprint(2 ** 10)\n # END CODE HERE"),
            code(
                "# GRADED FUNCTION: parse\ndef parse(file):\n    sentences = []\n    ### START CODE HERE\n\n\n"
                "    ### END CODE HERE\n\n    return sentences"
            ),
        ),
    ),
    Kept(
        "an_answer_marked_for_two_tools",
        ("half",),
        ("return x / 2", "1 point for the half"),
        ("def half(x):",),
        cells=(
            code(
                "def half(x):\n    ### START CODE HERE ###\n    ### BEGIN SOLUTION\n    ### BEGIN MARK SCHEME\n"
                "    # 1 point for the half\n    ### END MARK SCHEME\n    return x / 2\n    ### END SOLUTION\n"
                "    ### END CODE HERE ###",
                **answer("half"),
            ),
        ),
    ),
    Kept(
        "several_answers_in_a_cell",
        ("exercise_1",),
        ("target_size=(300, 300)", "batch_size=128"),
        ("def train():", "def validation():", "both = train() and validation()"),
        cells=(
            code(
                "def train():\n    # START CODE HERE\n    return dict(target_size=(300, 300))\n    # END CODE HERE\n"
                "def validation():\n    # START CODE HERE\n    return dict(batch_size=128)\n    # END CODE HERE\n"
                "both = train() and validation()"
            ),
        ),
    ),
    Kept(
        "a_graded_cell_without_marks",
        ("scale",),
        ("return image / 255",),
        ("# GRADED FUNCTION: scale", "print(scale(51))"),
        cells=(
            code("# GRADED FUNCTION: scale\ndef scale(picture):\n    return picture / 255"),
            code("print(scale(51))"),
        ),
    ),
    # --- magics and forms ---------------------------------------------------------------------------------------------
    Kept(
        "magics_above_answers",
        ("exercise_1", "exercise_2", "exercise_3"),
        ("steps = 1024", "rate = 0.001", "sizes = [298"),
        ("#@title Steps", "%matplotlib inline"),
        (
            "cell 1: %%time was left out: the first line of an exercise is its header.",
            "cell 2: %%capture output was left out: the first line of an exercise is its header.",
        ),
        cells=(
            code("%%time\n#@title Steps\nsteps = 1024 // 128"),
            code("\n%%capture output\nrate = 0.001 #@param {type: 'number'}"),
            code("%matplotlib inline\n%time sizes = [298, 149]"),
            code("%matplotlib inline"),
        ),
    ),
    Kept(
        "marks_below_a_magic",
        ("half",),
        ("return x / 2",),
        ("def half(x):",),
        ("cell 1: %%timeit -n1 -r1 was left out: the first line of an exercise is its header.",),
        cells=(
            code(
                "%%timeit -n1 -r1\n# Exercise: half\ndef half(x):\n"
                "    # START CODE HERE\n    return x / 2\n    # END CODE HERE"
            ),
        ),
    ),
    Kept(
        "a_given_cell_keeps_its_magic",
        ("steps",),
        ("steps = 1024",),
        ("%%time\\n", "print('given')"),
        cells=(
            code("%%time\nprint('given')"),
            code("### BEGIN SOLUTION\nsteps = 1024 // 128\n### END SOLUTION", **answer("steps")),
        ),
    ),
    Kept(
        "a_mark_alone_on_its_line_is_about_all_that_follows",
        ("exercise_1", "exercise_2", "exercise_3", "exercise_4"),
        ("512", "0.001", "298", "1024 // 128", "steps == 8", "seven = 7", "Solution"),
        ("given = 1", "shown = 2"),
        (f"cell 5 {TESTS}", "cell 6: its tests were left out"),
        cells=(
            code("# SOLUTION\nunits = 512"),
            code("## Solution ##\n\nrate = 0.001"),
            code("#@title Double-click for a possible solution\nsize = 298"),
            code("given = 1\n# SOLUTION\nsteps = 1024 // 128"),
            code("# HIDDEN\nsteps == 8"),
            code("shown = 2\n# HIDDEN\nsteps == 8"),
            code("# IGNORE\nseven = 7"),
        ),
    ),
    # --- tags and metadata --------------------------------------------------------------------------------------------
    Kept(
        "tags_say_what_a_cell_is",
        ("exercise_1",),
        ("loss = 'binary_crossentropy'", "It fits one sigmoid neuron", "loss.startswith", "Ask Ada first"),
        ("Which loss fits?", "import math"),
        ("cell 4 holds the answer in words", f"cell 5 {TESTS}"),
        cells=(
            code("import math", tags=["graded"]),
            words("Which loss fits?"),
            code("loss = 'binary_crossentropy'", tags=["solution"]),
            words("It fits one sigmoid neuron.", tags=["solution"]),
            code("print(loss.startswith('binary'))", tags=["tests"]),
            words("Ask Ada first.", tags=["instructor-only"]),
        ),
    ),
    Kept(
        "extensions_hide_solutions",
        ("exercise_1",),
        ("units = 2 ** 9", "A power of two is usual"),
        ("How many units?",),
        ("cell 3 holds the answer in words",),
        cells=(
            words("How many units?", solution2="hidden", solution2_first=True),
            code("units = 2 ** 9", solution2="hidden"),
            words("A power of two is usual.", solution2="hidden"),
        ),
    ),
    Kept(
        "asserts_hold_the_answer",
        ("exercise_1",),
        ("assert features", "features = 35"),
        (),
        (f"cell 2 {TESTS}",),
        cells=(code("features = 35 * 35 * 64"), code("# Check yourself\nassert features == 78_400")),
    ),
)

REFUSED = (
    Refused(
        "a_mark_without_its_partner",
        "cell 1: '### START CODE HERE' has no partner",
        (code("def f():\n    ### START CODE HERE\n    return 1"),),
    ),
    Refused(
        "marks_crossed",
        "cell 1, line 3: '### END SOLUTION' has no partner",
        (code("### BEGIN SOLUTION\n### BEGIN MARK SCHEME\n### END SOLUTION\n### END MARK SCHEME"),),
    ),
    Refused(
        "a_mark_on_a_line_with_other_text",
        "cell 1, line 1: 'x = 1  ### BEGIN SOLUTION' is not quite a solution marker",
        (code("x = 1  ### BEGIN SOLUTION\ny = 2\n### END SOLUTION"),),
    ),
    Refused(
        "raw_cells_that_do_not_pair",
        "cell 2: the tests that begins here does not end",
        (code("x = 1 # SOLUTION"), raw("# BEGIN TESTS"), code("x == 1")),
    ),
    Refused(
        "a_stub_that_would_be_no_python",
        "made into a solution: cell 2: the stub of the exercise 'exercise_1' is not valid Python",
        (code("if True:\n    x = 1\n# START CODE HERE\nelse:\n    x = 2\n# END CODE HERE\n    y = 3"),),
    ),
    Refused(
        "a_mark_in_a_sentence",
        "cell 2: the mark 'see BEGIN MARK SCHEME below' is not understood",
        (code("x = 1 # SOLUTION"), words("see BEGIN MARK SCHEME below\n3 points for relu")),
    ),
    Refused(
        "a_scheme_repeated_in_the_text",
        "cell 2 shows what cell 1 keeps from students: 2 points for a rate below 0.01",
        (
            code(
                "### BEGIN MARK SCHEME\n# 2 points for a rate below 0.01\n### END MARK SCHEME\nrate = 0.001 # SOLUTION"
            ),
            words("Marking:\n\n- # 2 points for a rate below 0.01"),
        ),
    ),
    Refused(
        "a_solution_that_unfolds",
        "cell 2: seems to show a model answer: <summary>Click for the solution</summary>",
        (code("x = 1 # SOLUTION"), words("<details><summary>Click for the solution</summary>\n`x = 1`</details>")),
    ),
    Refused(
        "a_directive_that_shows_a_solution",
        "cell 2: seems to show a model answer: ```{solution} steps",
        (code("x = 1 # SOLUTION"), words("```{solution} steps\nEight of them.\n```")),
    ),
    Refused(
        "an_answer_that_is_no_python_of_this_process",
        "cell 1: an answer cannot begin with %%writefile",
        (code("%%writefile net.py\nunits = 512", **answer("net")),),
    ),
)
