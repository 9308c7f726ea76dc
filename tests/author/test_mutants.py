"""Mutants: every change does what it says, to the text that the author wrote, and nothing else."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.author.mutants import Mutant, answers_in, mutants_of
from fairmark.errors import AuthorError
from fairmark.keras.mistakes import MISTAKES
from fairmark.notebook.answer import Answer

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = ROOT / "solutions" / "horses_or_humans.ipynb"


def answer(text: str, *, names: tuple[str, ...] = (), classes: tuple[str, ...] = ("dark", "light")) -> Answer:
    lines = frozenset(range(2, text.count("\n") + 3))
    return Answer("exercise", 5, f"# Exercise: exercise\n{text}", lines, frozenset(names), classes)


def mutants(of: Answer) -> list[Mutant]:
    return mutants_of(of, MISTAKES)


def changed(text: str, kind: str, *, names: tuple[str, ...] = ()) -> list[str]:
    """What the cell reads after the changes of one kind, without its header."""
    found = [mutant for mutant in mutants(answer(text, names=names)) if mutant.id.split("/")[1].startswith(kind)]
    return [mutant.source.partition("\n")[2] for mutant in found]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("o = optimizers.RMSprop(0.1)", "optimizer", ["= optimizers.Adam(0.1)", "= optimizers.SGD(0.1)"]),
        ("m.compile('rmsprop')", "optimizer", ['m.compile("adam")', 'm.compile("sgd")']),
        ("o = RMSprop(learning_rate=0.001)", "learning-rate", ["=0.01)", "=0.0001)"]),
        ("o = RMSprop(rate)", "learning-rate", ["(10 * (rate))", "(0.1 * (rate))"]),
        ("m.compile(loss='mse')", "loss-binary", ['loss="binary_crossentropy"']),
        ("f = losses.BinaryCrossentropy()", "loss-mse", ["losses.MeanSquaredError()"]),
        ("m.compile(metrics=['accuracy'])", "metrics", ['metrics=["mse"]']),
        ("m.compile(metrics=['accuracy'])", "argument-dropped", ["m.compile()"]),
        ("c = Conv2D(16, 3)", "filters", ["Conv2D(32, 3)"]),
        ("c = Conv2D(16, (3, 3))", "kernel", ["Conv2D(16, 5)"]),
        ("c = MaxPooling2D(2)", "pooling", ["MaxPooling2D(3)"]),
        ("c = Dense(1, activation='sigmoid')", "units", ["Dense(2, activation='sigmoid')"]),
        ("c = Dense(5)", "units", ["Dense(4)", "Dense(6)"]),
        ("c = Dense(1, 'sigmoid')", "activation", ['Dense(1, "softmax")', 'Dense(1, "linear")']),
        ("c = Input((150, 150, 3))", "channels", ["Input((150, 150, 1))"]),
        ("c = Input((150, 100, 3))", "size-swapped", ["Input((100, 150, 3))"]),
        ("g.flow_from_directory(d, batch_size=20)", "batch", ["batch_size=10)", "batch_size=40)"]),
        ("g.flow_from_directory(d, class_mode='sparse')", "labels", ['="binary")', '="categorical")']),
        ("g.flow_from_directory(d / 'train')", "folder-validation", ["(d / \"validation\")"]),
        ("g.flow_from_directory(d / 'train')", "folder-deeper", ["(d / 'train' / \"dark\")"]),
        ("g.flow_from_directory(d / 'train')", "folder-higher", ["flow_from_directory(d)"]),
        ("g.flow_from_directory(train_dir)", "folder-higher", ["((train_dir).parent)"]),
        ("g = ImageDataGenerator(rescale=1 / 255)", "scaling", ["=1 / 225)", "=255)"]),
        ("steps = len(pictures)", "steps", ["len(pictures) + 1", "len(pictures) - 1"]),
        ("m.fit(x, epochs=15)", "epochs", ["epochs=30", "epochs=1)"]),
        ("x = history.history['accuracy']", "key", ['["acc"]', '["val_accuracy"]']),
        ("x = logs.get('accuracy')", "key-acc", ['get("acc")']),
        ("self.model.stop_training = True", "stopping", ["self.stop_training = True", "= False"]),
        ("x = picture / 255", "picture", ["x = picture", "x = picture / 225"]),
        ("x = np.expand_dims(pixels, axis=0)", "batch-dimension", ["x = pixels"]),
        ("x = pixels[np.newaxis]", "batch-dimension", ["x = pixels"]),
        ("x = pixels[None, ...]", "batch-dimension", ["x = pixels"]),
        ("x = (p) > 0.5", "comparison", ["x = (p) < 0.5"]),
        ("x = p > 0.5", "threshold", ["x = p > 0.9"]),
        ("x = 'a' if p > 0.5 else 'b'", "classes-swapped", ["x = 'b' if p > 0.5 else 'a'"]),
        ("x = ['a', 'b']", "classes-swapped", ["x = ['b', 'a']"]),
        ("x = np.argmax(p)", "extreme", ["np.argmin(p)"]),
        ("x = 34", "number", ["x = 35", "x = 33", "x = 340"]),
        ("x = [1, 2.5]", "number", ["x = [2, 2.5]", "x = [1, 3.5]"]),
        ("x = 'dog'", "word", ['x = "something else"']),
        ("x = True", "truth", ["x = False"]),
    ],
)  # fmt: skip
def test_a_change_reads_as_it_should(text: str, kind: str, expected: list[str]) -> None:
    found = changed(text, kind)
    assert len(found) == len(expected)
    assert all(part in source for part, source in zip(expected, found, strict=True)), found


def test_a_layer_of_a_list_is_dropped_with_its_line_and_doubled_on_one_of_its_own() -> None:
    text = "m = Sequential(\n    [\n        Conv2D(8, 3),\n        MaxPooling2D(2),\n        Flatten(),\n    ]\n)"
    assert changed(text, "layer-dropped-maxpooling2d") == [text.replace("        MaxPooling2D(2),\n", "")]
    twice = text.replace("(2),\n", "(2),\n        MaxPooling2D(2),\n")
    assert changed(text, "layer-doubled") == [text.replace("3),\n", "3),\n        Conv2D(8, 3),\n"), twice]


def test_the_last_of_several_arguments_is_dropped_with_the_comma_before_it() -> None:
    text = "m.fit(\n    x,\n    epochs=2,\n    callbacks=[stop],\n)"
    (without,) = changed(text, "argument-dropped-callbacks")
    assert ast.dump(ast.parse(without)) == ast.dump(ast.parse("m.fit(x, epochs=2)"))


def test_what_is_dropped_has_the_line_it_stood_on() -> None:
    made = mutants(answer("m.fit(\n    x,\n    epochs=2,\n    callbacks=[stop],\n)"))
    found = next(mutant for mutant in made if "callbacks" in mutant.id)
    assert (found.id, found.line) == ("exercise/argument-dropped-callbacks@5", 5)
    assert (found.before, found.after) == ("callbacks=[stop],", "")


def test_added_and_called_layers_are_dropped_and_doubled() -> None:
    assert changed("m.add(Dense(2))", "layer") == ["pass", "m.add(Dense(2))\nm.add(Dense(2))"]
    assert changed("x = Dense(2)(x)", "layer") == ["x = x", "x = Dense(2)(Dense(2)(x))"]


def test_the_other_split_is_taken_where_the_notebook_has_one() -> None:
    text = "m.fit(training_pictures)"
    assert changed(text, "split") == []
    assert changed(text, "split", names=("validation_pictures",)) == ["m.fit(validation_pictures)"]


def test_an_argument_that_says_what_holds_without_it_is_not_dropped() -> None:
    assert changed("g.flow_from_directory(d, batch_size=32, class_mode='binary')", "argument-dropped") == [
        "g.flow_from_directory(d, batch_size=32)"
    ]
    assert changed("m.fit(x, verbose=0)", "argument-dropped") == []


def test_only_what_stands_between_the_markers_is_changed() -> None:
    one = Answer("exercise", 5, "# Exercise: exercise\nrate = 2\nx = 3", frozenset({3}))
    assert {mutant.line for mutant in mutants(one)} == {3}


def test_two_alike_on_one_line_have_ids_of_their_own() -> None:
    ids = [mutant.id for mutant in mutants(answer("x = [1, 2]"))]
    assert ids == ["exercise/statement-dropped-x@2", "exercise/number-plus-1@2", "exercise/number-plus-1@2.2"]


def test_letters_outside_ascii_do_not_shift_what_is_changed() -> None:
    assert changed("word = 'naïve'; rate = 2", "number-plus") == ["word = 'naïve'; rate = 3"]


def test_the_built_in_solution_has_more_than_a_hundred_mutants_that_all_differ() -> None:
    made = [mutant for one in answers_in(SOLUTION, ("horses", "humans")) for mutant in mutants(one)]
    assert len(made) > 100
    assert len({mutant.id for mutant in made}) == len(made)
    assert len({(mutant.exercise, ast.dump(ast.parse(mutant.source))) for mutant in made}) == len(made)


def test_every_changed_line_is_the_only_one_that_differs() -> None:
    for one in answers_in(SOLUTION, ("horses", "humans")):
        for mutant in mutants(one):
            kept = [line for line in mutant.source.split("\n") if line in one.source.split("\n")]
            assert len(kept) >= one.source.count("\n") - mutant.before.count("\n"), mutant.id
            assert mutant.source != one.source


def test_an_answer_that_is_not_python_is_named_by_file_cell_and_line(tmp_path: Path) -> None:
    content = json.loads(SOLUTION.read_text(encoding="utf-8"))
    content["cells"][8]["source"] = "# Exercise: generators\n### BEGIN SOLUTION\nx = (\n### END SOLUTION"
    path = tmp_path / "horses_or_humans.ipynb"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(AuthorError) as problem:
        answers_in(path)
    assert problem.value.message == f"{path}: cell 9, line 3: the answer is not Python: '(' was never closed"


NAMES = st.sampled_from(["x", "steps", "train_pictures", "model", "größe"])
VALUES = st.one_of(
    st.integers(-5, 500).map(str),
    st.floats(0, 1).map(repr),
    st.sampled_from(["'rmsprop'", '"relu"', "True", "None", "(300, 300)", "[1, 2]", "1 / 255", "('a',\n   'b')"]),
    NAMES,
)
CALLS = st.builds(
    lambda name, places, named: f"{name}({', '.join([*places, *(f'{key}={value}' for key, value in named.items())])})",
    st.sampled_from(["model.compile", "model.fit", "keras.layers.Dense", "Conv2D", "g.flow_from_directory", "RMSprop"]),
    st.lists(VALUES, max_size=3),
    st.dictionaries(
        st.sampled_from(
            ["loss", "optimizer", "metrics", "epochs", "activation", "target_size", "batch_size", "rescale"]
        ),
        VALUES,
        max_size=4,
    ),
)
STATEMENTS = st.one_of(
    st.builds("{} = {}".format, NAMES, st.one_of(VALUES, CALLS)),
    CALLS,
    st.builds("{} = [{},\n    {}]".format, NAMES, CALLS, CALLS),
    st.builds("if {} > {}:\n    {}".format, NAMES, VALUES, CALLS),
    st.builds("{} = {} if {} == {} else {}".format, NAMES, VALUES, NAMES, VALUES, VALUES),
)


@given(st.lists(STATEMENTS, min_size=1, max_size=5).map("\n".join))
def test_every_mutant_of_any_answer_parses_and_differs(text: str) -> None:
    one = answer(text, names=("train_pictures", "validation_pictures"))
    made = mutants(one)
    trees = [ast.dump(ast.parse(mutant.source)) for mutant in made]
    assert ast.dump(one.tree) not in trees
    assert len(set(trees)) == len(trees)
    assert len({mutant.id for mutant in made}) == len(made)
