"""Answers that cannot be pasted: the events of the right one, beside a text that works out another, or nothing.

All evidence is recorded by hand, as in :mod:`test_pasted`. What the text computes from what is known outside (pictures
by folder, sizes of batches, what the model answered) has to come to the very value that the run reports.
"""

from __future__ import annotations

import pytest
from pasted import HORSES, waiting
from recorded import SOURCES, hidden, right_answer, submission

from fairmark.evidence import Cell
from fairmark.grading.judge import judge
from fairmark.notebook.worked_out.cells import UNKNOWN, given_to_fit
from fairmark.report import Report

STEPS = {"steps.steps_per_epoch", "steps.validation_steps"}
NAMED = {"prediction.named"}


def marked(**sources: str) -> Report:
    """The right run's report where the cells hold ``sources``."""
    evidence = right_answer()
    return judge(evidence.model_copy(update={"submission": submission(sources)}), HORSES)


def score(report: Report, wanted: str) -> float:
    """What the check ``wanted``, by ``exercise.check``, earns."""
    checks = {f"{exercise.id}.{check.id}": check for exercise in report.exercises for check in exercise.checks}
    return checks[wanted].score


def steps(formula: str, before: str = "") -> Report:
    """The report where both numbers of steps are worked out by ``formula``, of ``train`` and of ``validation``."""
    first = formula.replace("SIZE", "128").replace("FOLDER", '"train"').replace("PICTURES", "training_pictures")
    second = formula.replace("SIZE", "32").replace("FOLDER", '"validation"').replace("PICTURES", "validation_pictures")
    return marked(steps=f"{before}\nsteps_per_epoch = {first}\nvalidation_steps = {second}\n")


# --- steps ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        "len(PICTURES) * 0",
        "PICTURES.samples - 5000",
        "PICTURES.samples",
        "PICTURES.samples / 7",
        "PICTURES.batch_size",
        "len(PICTURES) + 1",
        "len(PICTURES.class_indices)",
        "len(PICTURES) if ask() else PICTURES.samples",
        "max(len(PICTURES), int(input()))",
        "ask(len(PICTURES))",
        "int(np.random.rand() * PICTURES.samples)",
        "PICTURES.samples // size",
        "PICTURES.samples // (PICTURES.batch_size + int(model.count_params()))",
        "len(list((pictures_dir / FOLDER).glob('*')))",
        "len(list((pictures_dir / FOLDER).glob('*/*')))",
        "len(list(pictures_dir.glob('*')))",
        "model.summary()",
        "model.count_params() // PICTURES.samples",
        "[len(PICTURES), PICTURES.samples][k]",
        "{1: 8, 2: 9, 3: 10}[k]",
        "len(PICTURES.filepaths)",
        "round(PICTURES.samples / 64)",
        "history.history['loss'][0]",
        "PICTURES.n % PICTURES.batch_size",
        "training_pictures.samples // 32",
        "PICTURES.steps",
    ],
)
def test_a_wrong_formula_of_the_right_things_gives_no_steps(formula: str) -> None:
    assert waiting(steps(formula)) & STEPS == STEPS, formula


@pytest.mark.parametrize(
    ("before", "formula"),
    [
        ("", "8"),
        ("", "PICTURES.samples // PICTURES.batch_size"),
        ("", "PICTURES.n // SIZE"),
        ("", "len(PICTURES)"),
        ("", "int(PICTURES.samples / PICTURES.batch_size)"),
        ("import math", "math.ceil(PICTURES.samples / PICTURES.batch_size)"),
        ("from math import ceil", "ceil(PICTURES.n / SIZE)"),
        ("", "-(-PICTURES.samples // PICTURES.batch_size)"),
        ("", "int(np.ceil(PICTURES.samples / PICTURES.batch_size))"),
        ("", "np.floor_divide(PICTURES.samples, SIZE)"),
        ("", "round(PICTURES.samples / PICTURES.batch_size)"),
        ("", "max(1, PICTURES.samples // PICTURES.batch_size)"),
        ("", "divmod(PICTURES.samples, PICTURES.batch_size)[0]"),
        ("", "(PICTURES.samples + PICTURES.batch_size - 1) // PICTURES.batch_size"),
        ("", "PICTURES.__len__()"),
        ("", "len(PICTURES.filenames) // SIZE"),
        ("", "len(list((pictures_dir / FOLDER).glob('*/*.png'))) // SIZE"),
        ("", "sum(1 for _ in (pictures_dir / FOLDER).rglob('*.png')) // SIZE"),
        ("", "sum(len(list(one.iterdir())) for one in (pictures_dir / FOLDER).iterdir()) // SIZE"),
        ("import os", "sum(len(files) for _, _, files in os.walk(pictures_dir / FOLDER)) // SIZE"),
        (
            "import os\nfolder = os.path.join(pictures_dir, 'validation')",
            "sum(len(os.listdir(os.path.join(pictures_dir, FOLDER, one))) for one in os.listdir(folder)) // SIZE",
        ),
        (
            "import os\ndef count(folder):\n    found = 0\n    for one in os.listdir(folder):\n"
            "        inside = os.path.join(folder, one)\n        if os.path.isdir(inside):\n"
            "            found += len([f for f in os.listdir(inside) if os.path.isfile(os.path.join(inside, f))])\n"
            "    return found",
            "count(os.path.join(pictures_dir, FOLDER)) // SIZE",
        ),
        ("from glob import glob", "len(glob(f'{pictures_dir}/{FOLDER}/*/*')) // SIZE"),
        ("from glob import glob", "len(glob(str(pictures_dir / FOLDER / '*' / '*.png'))) // SIZE"),
        ("def of(pictures):\n    return pictures.samples // pictures.batch_size", "of(PICTURES)"),
        ("count = lambda pictures: -(-pictures.n // pictures.batch_size)", "count(PICTURES)"),
        ("whole = {id: 0 for id in ()}\nsize = dict(train=128, validation=32)", "PICTURES.n // size[FOLDER]"),
    ],
)
def test_steps_may_be_worked_out_in_many_ways(before: str, formula: str) -> None:
    report = steps(formula, before)
    assert report.score == report.max_score, waiting(report)
    assert not report.flags


@pytest.mark.parametrize(
    "text",
    [
        "both = (training_pictures, validation_pictures)\n"
        "steps_per_epoch, validation_steps = (one.n // one.batch_size for one in both)",
        "for pictures in (training_pictures, validation_pictures):\n"
        "    print(pictures.samples // pictures.batch_size)\n"
        "steps_per_epoch = validation_steps = training_pictures.samples // 128",
        "print(f'{(steps_per_epoch := len(training_pictures))}, {(validation_steps := len(validation_pictures))}')",
        "all_steps = [len(one) for one in [training_pictures, validation_pictures]]\n"
        "steps_per_epoch, validation_steps = all_steps",
        "steps_per_epoch = 0\nseen = 0\nwhile seen + 128 <= training_pictures.samples:\n"
        "    seen += 128\n    steps_per_epoch += 1\nvalidation_steps = len(validation_pictures)",
        "if training_pictures.samples % 128:\n    steps_per_epoch = training_pictures.samples // 128 + 1\n"
        "else:\n    steps_per_epoch = training_pictures.samples // 128\nvalidation_steps = len(validation_pictures)",
    ],
)
def test_steps_may_be_worked_out_in_several_statements(text: str) -> None:
    report = marked(steps=text)
    assert report.score == report.max_score, waiting(report)


OPENED = """
import tensorflow as tf
training_pictures = keras.utils.image_dataset_from_directory(
    pictures_dir / "train", label_mode="binary", batch_size=128, image_size=(300, 300)
)
validation_pictures = keras.utils.image_dataset_from_directory(
    pictures_dir / "validation", label_mode="binary", batch_size=32, image_size=(300, 300)
)
ALSO
"""


@pytest.mark.parametrize(
    ("also", "formula"),
    [
        ("", "len(PICTURES)"),
        ("", "int(PICTURES.cardinality())"),
        ("", "PICTURES.cardinality().numpy()"),
        ("", "tf.data.experimental.cardinality(PICTURES).numpy()"),
        ("training_pictures = training_pictures.map(scale).prefetch(2)", "len(PICTURES)"),
        ("", "math.ceil(len(PICTURES.file_paths) / SIZE)"),
    ],
)
def test_steps_may_be_counted_by_a_pipeline(also: str, formula: str) -> None:
    text = OPENED.replace("ALSO", also)
    assert not waiting_of_pipeline(text, formula) & STEPS
    assert waiting_of_pipeline(text, f"{formula} * 0") & STEPS == STEPS


def waiting_of_pipeline(opened: str, formula: str) -> set[str]:
    first, second = (formula.replace("PICTURES", one) for one in ("training_pictures", "validation_pictures"))
    text = f"steps_per_epoch = {first.replace('SIZE', '128')}\nvalidation_steps = {second.replace('SIZE', '32')}\n"
    evidence = right_answer(
        training={"made_by": "image_dataset_from_directory"}, validation={"made_by": "image_dataset_from_directory"}
    )
    handed_in = submission({"generators": opened, "steps": f"import math\n{text}"})
    return waiting(judge(evidence.model_copy(update={"submission": handed_in}), HORSES))


@pytest.mark.parametrize(
    "line",
    [
        "for one in np.squeeze(np.array([5])): print(one)",
        "print(*np.array(5))",
        "first, second = np.array(5)",
        "several = [1]\nseveral.append(several)",
    ],
)
def test_a_line_beside_the_answer_that_python_fails_at_costs_nothing_else(line: str) -> None:
    answer = SOURCES["steps"]
    report = marked(steps=f"{answer}\n{line}\n")
    assert (report.score, report.flags) == (report.max_score, ())


GIVEN = "history = model.fit(training_pictures, epochs=15, validation_data=validation_pictures, {})\n"


@pytest.mark.parametrize(
    ("given", "is_shown"),
    [
        ("steps_per_epoch=len(training_pictures), validation_steps=len(validation_pictures)", True),
        ("steps_per_epoch=training_pictures.n // 128, validation_steps=256 // 32", True),
        ("**dict(steps_per_epoch=1024 // 128, validation_steps=8)", True),
        ("steps_per_epoch=steps_per_epoch, validation_steps=max(1, validation_steps)", True),
        ("steps_per_epoch=len(training_pictures) * 0, validation_steps=validation_pictures.n - 5000", False),
        ("steps_per_epoch=training_pictures.samples, validation_steps=validation_pictures.samples", False),
        ("steps_per_epoch=model.count_params(), validation_steps=model.summary()", False),
        ("steps_per_epoch=ask(len(training_pictures)), validation_steps=ask(validation_pictures.n)", False),
        ("**given(training_pictures)", False),
    ],
)
def test_steps_that_fit_is_given_are_worked_out_too(given: str, is_shown: bool) -> None:
    report = marked(training=GIVEN.format(given))
    assert (waiting(report) == set()) == is_shown
    assert ({"training.learns", "training.validation"} <= waiting(report)) != is_shown


def test_epochs_that_plain_code_works_out_to_be_others_are_not_those() -> None:
    options = 'options = {"epochs": 15}\noptions["epochs"] = 99\n'
    given = "training_pictures, validation_data=validation_pictures, steps_per_epoch=8, validation_steps=8"
    report = marked(training=f"{options}history = model.fit({given}, **options)\n")
    assert {"training.learns", "training.validation"} <= waiting(report)


OWN_MODEL = """
class Net({}):
    def __init__(self):
        super().__init__()
        self.head = keras.layers.Dense(1)

    def call(self, images):
        return self.head(images)

{}
model = Net()
model.build((None, 300, 300, 3))
"""


@pytest.mark.parametrize(
    ("base", "between", "is_trained"),
    [
        ("keras.Model", "", True),
        ("keras.Sequential", "", True),
        ("keras.Model", "class Net(Net): pass", True),
        ("object", "", False),
        ("keras.Model", "def fit(*given, **named): pass\nNet.fit = fit\nclass Net:\n    fit = fit", False),
    ],
)
def test_what_keras_trains_may_be_of_a_class_of_ones_own(base: str, between: str, is_trained: bool) -> None:
    """Steps are worked out where ``fit`` may be Keras's."""
    sources = (OWN_MODEL.format(base, between), "history = model.fit(images, steps_per_epoch=4, epochs=8)")
    cells = [Cell(position=n, number=n, role="exercise", source=text) for n, text in enumerate(sources, start=1)]
    assert [given["steps_per_epoch"] for given in given_to_fit(cells, 2)] == ([4] if is_trained else [])


def test_what_is_given_by_its_name_ends_what_a_list_of_arguments_may_give() -> None:
    sources = ("history = model.fit(*images[0], epochs=8)", "history = model.fit(*images[0])")
    cells = [Cell(position=n, number=n, role="exercise", source=text) for n, text in enumerate(sources, start=1)]
    (by_name,), (by_place,) = given_to_fit(cells, 1), given_to_fit(cells, 2)
    assert by_name == {"epochs": 8, "initial_epoch": 0, "steps_per_epoch": None, "validation_steps": None}
    assert all(value is UNKNOWN for value in by_place.values())


def test_what_a_folder_holds_is_counted_outside() -> None:
    """Events that report more pictures than there are do not make a wrong formula right."""
    text = "steps_per_epoch = training_pictures.n - 5000"
    for found in (5008, 1024):
        report = judge(right_answer(training={"found": found}, sources={"steps": text}), HORSES)
        assert score(report, "steps.steps_per_epoch") == 0


def test_another_name_for_a_source_makes_no_wrong_formula_right() -> None:
    text = "steps_per_epoch = anything.samples\nvalidation_steps = anything.batch_size"
    for thing in ("pictures-1", "pictures-2", "pictures-9", "model-1"):
        names = {"training_pictures": "pictures-1", "validation_pictures": "pictures-2", "anything": thing}
        assert waiting(judge(right_answer(sources={"steps": text}, names={"objects": names}), HORSES)) & STEPS == STEPS


# --- the predicted class ----------------------------------------------------------------------------------------------

PROBABILITY = "float(model.predict(np.expand_dims(pixels, 0))[0, 0])"
PIXELS = "pixels = img_to_array(load_img(picture_path, target_size=(300, 300))) / 255\n"


def predicted(text: str) -> Report:
    return marked(prediction=f"{PIXELS}probability = {PROBABILITY}\n{text}\n")


@pytest.mark.parametrize(
    "text",
    [
        "predicted_class = model.summary()",
        "predicted_class = str(model.predict(pixels))",
        "predicted_class = ['horses', 'humans'][k]",
        "predicted_class = ['horses', 'humans'][int(input())]",
        "predicted_class = 'horses' if ask() else 'humans'",
        "predicted_class = 'humans'",
        "predicted_class = 'humans' if probability > 0 else 'horses'",
        "predicted_class = ['humans', 'horses'][int(probability > 0.5)]",
        "predicted_class = list(training_pictures.class_indices)[1]",
        "predicted_class = training_pictures.filepaths[0]",
        "predicted_class = training_pictures",
        "predicted_class = model.predict(pixels)",
        "predicted_class = picture_path.parent.name",
        "predicted_class = name_of(probability)",
        "predicted_class = dict(zip('ab', ('horses', 'humans')))[open('answer').read()]",
        "for predicted_class in training_pictures.class_indices: pass",
        "if k: predicted_class = 'horses'\nelse: predicted_class = 'humans'",
        "predicted_class = 'horses'\npredicted_class = ask(model.predict(pixels))",
    ],
)
def test_a_class_that_no_answer_of_the_model_gives_is_not_named(text: str) -> None:
    assert waiting(predicted(text)) & NAMED == NAMED


@pytest.mark.parametrize(
    "text",
    [
        "predicted_class = 'horses'",
        "predicted_class = 'humans' if probability > 0.5 else 'horses'",
        "predicted_class = ['horses', 'humans'][int(probability > 0.5)]",
        "predicted_class = ('horses', 'humans')[probability > 0.5]",
        "predicted_class = list(training_pictures.class_indices)[round(probability)]",
        "names = {label: name for name, label in training_pictures.class_indices.items()}\n"
        "predicted_class = names[int(probability > 0.5)]",
        "predicted_class = next(name for name, label in training_pictures.class_indices.items()"
        " if label == int(probability > 0.5))",
        "classes = sorted(training_pictures.class_indices, key=training_pictures.class_indices.get)\n"
        "predicted_class = classes[int(np.round(probability))]",
        "if probability > 0.5:\n    predicted_class = 'humans'\nelse:\n    predicted_class = 'horses'",
        "predicted_class = 'horses'\nif model.predict(pixels)[0][0] >= 0.5:\n    predicted_class = 'humans'",
        "chances = np.array([1 - probability, probability])\n"
        "predicted_class = ['horses', 'humans'][int(np.argmax(chances))]",
        "def name_of(output, names=('horses', 'humans')):\n    return names[int(output > 0.5)]\n"
        "predicted_class = name_of(model(pixels[None])[0, 0].numpy())",
        "def answer(path):\n    array = img_to_array(load_img(path)) / 255\n"
        "    output = model.predict(array[None], verbose=0).item()\n    return 'humans' if output > 0.5 else 'horses'\n"
        "predicted_class = answer(picture_path)",
        "predicted_class = np.where(model.predict(pixels[np.newaxis]).ravel() > 0.5, 'humans', 'horses')[0]",
        "import tensorflow as tf\n"
        "predicted_class = ['horses', 'humans'][int(tf.round(tf.squeeze(model(pixels[None]))))]",
    ],
)
def test_the_class_may_be_read_off_the_answer_in_many_ways(text: str) -> None:
    report = predicted(text)
    assert report.score == report.max_score, waiting(report)


def test_the_class_is_the_one_that_the_text_makes_of_this_answer() -> None:
    """The same text, another answer: the run may not report what the first would have given."""
    named = {"values": {"probability": 0.9, "predicted_class": "horses"}}
    report = judge(
        right_answer(predicted={"outputs": [[0.9]]}, named=named, probe=hidden(picture_outputs=(0.88,)), sources={}),
        HORSES,
    )
    assert score(report, "prediction.named") == 0


HELD = """
class Project:
    size = 300, 300

    def __init__(self, folder, batches=(128, 32)):
        self.folder, self.batches = folder, batches
        self.model = None

    @property
    def first(self):
        return self.batches[0]

    def trained(self, network, pictures, **options):
        self.model = network
        return self.model.fit(pictures, **options)

project = Project(pictures_dir)
"""


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [
        ("project.trained(model, training_pictures, epochs=15, steps_per_epoch=1024 // project.first, {})", True),
        ("project.trained(model, training_pictures, epochs=15, steps_per_epoch=1024 // project.size[0], {})", False),
        ("project.trained(model, training_pictures, epochs=15, steps_per_epoch=project.steps, {})", False),
    ],
)
def test_a_class_of_ones_own_may_hold_the_numbers(text: str, is_shown: bool) -> None:
    given = "validation_data=validation_pictures, validation_steps=256 // project.batches[1]"
    report = marked(training=f"{HELD}\nhistory = {text.format(given)}\n")
    assert ("training.learns" not in waiting(report)) == is_shown
