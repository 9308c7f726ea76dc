"""What runs of notebooks leave behind, made by hand: evidence to judge without training anything.

``right_answer()`` is the evidence of a submission with full marks. Its keywords change one thing at a time: an event of
the run (``training``, ``layers``, ``compiled`` ...), a cell's text (``sources``), or what the outside saw (``probe``,
``outcome``). Every edit of an event names its fields: ``right_answer(training={"batch_size": 64})``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, Unpack

import pytest

from fairmark.checks import CheckFailed
from fairmark.evidence import (
    BatchSeen,
    Cell,
    CellError,
    EpochEnded,
    Event,
    Evidence,
    FitFinished,
    FitStarted,
    Flag,
    Function,
    Layer,
    ModelCompiled,
    ModelDescribed,
    ModelExported,
    ModelPredicted,
    NamesBound,
    PictureLoaded,
    PicturesOpened,
    Preparation,
    Probe,
    Rerun,
    Run,
    RunOutcome,
    Submission,
)
from fairmark.keras import RunView
from fairmark.sandbox.fake import fake_run

__all__ = [
    "CLASSES",
    "COMPILE",
    "FOLDERS",
    "GENERATORS",
    "IMPORTS",
    "LAST",
    "LAYERS",
    "LOGITS",
    "PREDICTION",
    "SOURCES",
    "STEPS",
    "TRAINING",
    "block",
    "dense",
    "events",
    "hidden",
    "keras_layer",
    "layers",
    "right_answer",
    "submission",
    "unmet",
    "unreadable",
    "untouched",
    "view",
]

CLASSES = ("horses", "humans")
FOLDERS = {"train": {"horses": 512, "humans": 512}, "validation": {"horses": 128, "humans": 128}}
LOGITS = {"loss": Function(name="binary_crossentropy", module="keras", config={"from_logits": True})}
"""For ``compiled``: a loss that takes an output without activation."""

IMPORTS, GENERATORS, LAYERS, COMPILE, STEPS, TRAINING, PREDICTION, LAST = range(1, 9)
"""Positions of the cells in the run."""

SOURCES: dict[str, str] = {
    "imports": """
import fairmark
import numpy as np
from tensorflow import keras
from tensorflow.keras.preprocessing.image import ImageDataGenerator, img_to_array, load_img
pictures_dir = fairmark.dataset("horses_or_humans")
picture_path = sorted(pictures_dir.glob("validation/horses/*.*"))[0]
""",
    "generators": """
scaled = ImageDataGenerator(rescale=1 / 255)
training_pictures = scaled.flow_from_directory(
    pictures_dir / "train", target_size=(300, 300), batch_size=128, class_mode="binary"
)
validation_pictures = scaled.flow_from_directory(
    pictures_dir / "validation", target_size=(300, 300), batch_size=32, class_mode="binary"
)
""",
    "layers": """
model = keras.Sequential([
    keras.Input((300, 300, 3)),
    keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(2),
    keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.MaxPooling2D(2),
    keras.layers.Conv2D(64, 3, activation="relu"), keras.layers.MaxPooling2D(2),
    keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dense(1, activation="sigmoid"),
])
""",
    "compile": """
model.compile(
    loss="binary_crossentropy", optimizer=keras.optimizers.RMSprop(learning_rate=0.001), metrics=["accuracy"]
)
""",
    "steps": """
steps_per_epoch = training_pictures.samples // training_pictures.batch_size
validation_steps = validation_pictures.samples // validation_pictures.batch_size
""",
    "training": """
history = model.fit(
    training_pictures,
    steps_per_epoch=steps_per_epoch,
    epochs=15,
    validation_data=validation_pictures,
    validation_steps=validation_steps,
)
""",
    "prediction": """
pixels = img_to_array(load_img(picture_path, target_size=(300, 300))) / 255
probability = float(model.predict(np.expand_dims(pixels, 0))[0, 0])
predicted_class = "humans" if probability > 0.5 else "horses"
""",
    "last": 'print("done")',
}
"""The text of each cell, in running order: a locked one, the six exercises, a locked one."""


# --- what was handed in -----------------------------------------------------------------------------------------------


def submission(
    sources: Mapping[str, str] | None = None, untouched: Iterable[str] = (), flags: tuple[Flag, ...] = ()
) -> Submission:
    """Eight code cells; every one has a Markdown cell before it, so that its number is twice its position."""
    texts, left = {**SOURCES, **(sources or {})}, set(untouched)
    cells = tuple(
        Cell(
            position=position,
            number=2 * position,
            role="locked" if name in ("imports", "last") else "exercise",
            exercise=None if name in ("imports", "last") else name,
            touched=name not in left,
            source=texts[name],
        )
        for position, name in enumerate(SOURCES, start=1)
    )
    return Submission(student="ada", assignment="horses_or_humans", notebook_sha256="3f" * 32, cells=cells, flags=flags)


# --- what ran ---------------------------------------------------------------------------------------------------------


def keras_layer(class_name: str, shape: Iterable[int | None], **config: Any) -> Layer:  # noqa: ANN401 - any JSON
    """One of Keras's layers; ``shape`` is its output's."""
    return Layer(
        name=class_name.lower(),
        class_name=class_name,
        module=f"keras.src.layers.{class_name.lower()}",
        config=config,
        output_shape=list(shape),
    )


def dense(units: int, activation: str) -> Layer:
    return keras_layer("Dense", (None, units), units=units, activation=activation)


def block(filters: int, height: int, /, **config: Any) -> list[Layer]:  # noqa: ANN401 - any JSON
    """A convolution of a picture ``height`` pixels high, and its pooling; ``config`` edits the convolution's."""
    asked = {"filters": filters, "kernel_size": [3, 3], "strides": [1, 1], "padding": "valid", "activation": "relu"}
    side, filters = height - 2, config.get("filters") or filters
    return [
        keras_layer("Conv2D", (None, side, side, filters), **{**asked, **config}),
        keras_layer("MaxPooling2D", (None, side // 2, side // 2, filters), pool_size=[2, 2], strides=[2, 2]),
    ]


def layers() -> list[Layer]:
    """The network that is asked for."""
    return [
        *block(16, 300),
        *block(32, 149),
        *block(64, 73),
        keras_layer("Flatten", (None, 78_400)),
        dense(512, "relu"),
        dense(1, "sigmoid"),
    ]


def pictures(split: str, number: int, found: int, batch_size: int) -> PicturesOpened:
    return PicturesOpened(
        pictures=f"pictures-{number}",
        cell=GENERATORS,
        made_by="flow_from_directory",
        directory=split,
        found=found,
        classes=list(CLASSES),
        target_size=(300, 300),
        batch_size=batch_size,
        class_mode="binary",
        color_mode="rgb",
        interpolation="nearest",
        shuffle=True,
        rescale=1 / 255,
    )


def events() -> dict[str, Event]:
    """All that a right answer's run records, by the word it is edited with, in order."""
    recorded: dict[str, Event] = {
        "training": pictures("train", 1, 1024, 128),
        "validation": pictures("validation", 2, 256, 32),
        "names": NamesBound(
            cell=GENERATORS, objects={"training_pictures": "pictures-1", "validation_pictures": "pictures-2"}
        ),
        "batch": BatchSeen(
            pictures="pictures-1",
            shape=[128, 300, 300, 3],
            dtype="float32",
            minimum=0.0,
            maximum=1.0,
            labels_shape=[128],
        ),
        "model": ModelDescribed(
            model="model-1",
            cell=LAYERS,
            class_name="Sequential",
            layers=layers(),
            input_shape=[None, 300, 300, 3],
            output_shape=[None, 1],
            parameters=40_165_409,
        ),
        "model_name": NamesBound(cell=LAYERS, objects={"model": "model-1"}),
        "compiled": ModelCompiled(
            model="model-1",
            cell=COMPILE,
            loss=Function(name="binary_crossentropy", module="keras"),
            optimizer=Function(name="rmsprop", class_name="RMSprop", module="keras.src.optimizers.rmsprop", config={}),
            learning_rate=0.0010000000474974513,  # as float32 keeps it
            metrics=[Function(name="accuracy", module="keras")],
        ),
        "steps": NamesBound(cell=STEPS, values={"steps_per_epoch": 8, "validation_steps": 8}),
        "fit": FitStarted(
            fit="fit-1",
            model="model-1",
            cell=TRAINING,
            pictures="pictures-1",
            validation_pictures="pictures-2",
            has_validation=True,
            epochs=15,
            steps_per_epoch=8,
            validation_steps=8,
            weights="initial",
        ),
    }
    for epoch in range(1, 16):
        logs = {"accuracy": 0.6 + epoch / 50, "val_accuracy": 0.6 + epoch / 60, "loss": 1 / epoch}
        recorded[f"epoch_{epoch}"] = EpochEnded(
            fit="fit-1", epoch=epoch, steps=8, validation_steps=8, seconds=20.0, logs=logs
        )
    recorded |= {
        "fitted": FitFinished(fit="fit-1", cell=TRAINING, epochs=15, iterations=120, changed=False),
        "exported": ModelExported(model="model-1", moment="fit", folder="export/model-1-fit", digest="aa", fit="fit-1"),
        "loaded": PictureLoaded(
            cell=PREDICTION, path="validation/horses/0001.png", made_by="load_img", target_size=(300, 300)
        ),
        "predicted": ModelPredicted(
            model="model-1",
            cell=PREDICTION,
            pictures=None,
            input_shape=[1, 300, 300, 3],
            minimum=0.0,
            maximum=1.0,
            mean=0.5,
            outputs=[[0.1]],
        ),
        "named": NamesBound(cell=PREDICTION, values={"probability": 0.1, "predicted_class": "horses"}),
        "exported_at_end": ModelExported(model="model-1", moment="end", folder="export/model-1-fit", digest="aa"),
    }
    return recorded


def _as_drawn(source: Event) -> Mapping[str, Any]:
    """How the first batch of a source of pictures differs from that of the right answer."""
    assert isinstance(source, PicturesOpened)
    size, count = source.target_size or (300, 300), source.batch_size or 32
    labels = {"categorical": [count, len(source.classes)], None: []}.get(source.class_mode, [count])
    is_told = math.isfinite(source.rescale) and not source.augmentation
    values = sorted((0.0, 255 * source.rescale)) if is_told else [0.0, 1.0]
    return {"shape": [count, *size, 3], "labels_shape": labels, "minimum": values[0], "maximum": values[1]}


# --- what the probe saw -----------------------------------------------------------------------------------------------


def hidden(right: int = 180, total: int = 200, **edits: Any) -> Probe:  # noqa: ANN401 - fields of Probe
    """The trained model named ``right`` of ``total`` hidden pictures rightly, with one sigmoid neuron."""
    truth = tuple(index % 2 for index in range(total))
    outputs = tuple((0.9 if (index < right) == bool(label) else 0.1,) for index, label in enumerate(truth))
    probe = Probe(
        model="model-1",
        preparation=Preparation(target_size=(300, 300), scale=1 / 255),
        classes=CLASSES,
        outputs=outputs,
        truth=truth,
        available=total,
        picture="validation/horses/0001.png",
        picture_outputs=(0.12,),
        fit="fit-1",
        layers=tuple(layers()),
    )
    return probe.model_copy(update=edits)


REACHED = hidden()
"""A model that names nine of ten."""


# --- the whole --------------------------------------------------------------------------------------------------------


class NotebookEdits(TypedDict, total=False):
    """Edits of what was handed in, as :func:`submission` takes them."""

    sources: Mapping[str, str] | None
    untouched: Iterable[str]
    flags: tuple[Flag, ...]


class RunEdits(TypedDict, total=False):
    """Edits of how the run went, as :func:`fake_run` takes them."""

    errors: Mapping[int, CellError] | None
    printed: Mapping[int, str] | None
    outcome: RunOutcome | None
    reason: str | None
    training_skipped: bool


Fields = Mapping[str, Any]
"""The fields of an event that are other than in the right answer."""


class EventEdits(TypedDict, total=False):
    """Edits of the events of :func:`events`, each by its word there."""

    training: Fields
    validation: Fields
    names: Fields
    batch: Fields
    model: Fields
    model_name: Fields
    compiled: Fields
    steps: Fields
    fit: Fields
    epoch_1: Fields
    epoch_2: Fields
    epoch_3: Fields
    epoch_4: Fields
    epoch_5: Fields
    epoch_6: Fields
    epoch_7: Fields
    epoch_8: Fields
    epoch_9: Fields
    epoch_10: Fields
    epoch_11: Fields
    epoch_12: Fields
    epoch_13: Fields
    epoch_14: Fields
    epoch_15: Fields
    fitted: Fields
    exported: Fields
    loaded: Fields
    predicted: Fields
    named: Fields
    exported_at_end: Fields


class Edits(NotebookEdits, RunEdits, EventEdits, total=False):
    """All that can be edited by name."""


def _of(group: Any, edits: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a typed dictionary
    """Those of the edits that belong to the group."""
    return {name: edit for name, edit in edits.items() if name in group.__annotations__}


def right_answer(
    *,
    without: Iterable[str] = (),
    until: str | None = None,
    also: Iterable[Event] = (),
    probe: Probe | None = REACHED,
    reruns: tuple[Rerun, ...] = (),
    **edits: Unpack[Edits],
) -> Evidence:
    """Evidence of a submission with full marks, edited.

    ``without`` leaves out events by their words, ``until`` all after that word's; ``untouched`` names exercises whose
    cells do not run (their events go too), and ``also`` adds events at the end of their cell. A keyword that is an
    event's word edits that event.
    """
    all_events = events()
    assert EventEdits.__annotations__.keys() == all_events.keys(), "every event can be edited by its word"
    assert edits.keys() <= Edits.__annotations__.keys(), f"edits are {', '.join(Edits.__annotations__)}"
    assert set(without) <= all_events.keys(), f"events are {', '.join(all_events)}"
    left, words = set(edits.get("untouched", ())), list(all_events)
    gone = {position for position, name in enumerate(SOURCES, start=1) if name in left}
    dropped = {*without, *(words[words.index(until) + 1 :] if until is not None else [])}
    if "fitted" not in edits:
        ran = [word for word in words if word.startswith("epoch_") and word not in dropped]
        edits["fitted"] = {"epochs": len(ran)}
    if "training" in edits and "batch" not in edits:
        edits["batch"] = _as_drawn(all_events["training"].model_copy(update=dict(edits["training"])))
    edited = _of(EventEdits, edits)
    kept = [
        event.model_copy(update=dict(edited.get(word, {})))
        for word, event in all_events.items()
        if word not in dropped and getattr(event, "cell", None) not in gone
    ]
    to_the_end = edits.get("outcome") in (None, "completed", "student_error")
    last = LAST if to_the_end else max(getattr(event, "cell", 0) for event in kept)
    run = fake_run(*kept, *also, cells=set(range(1, last + 1)) - gone, **_of(RunEdits, edits))
    if probe is not None and probe.layers == REACHED.layers:  # what was built was rebuilt
        described = next((event for event in kept if isinstance(event, ModelDescribed)), None)
        probe = probe.model_copy(update={"layers": () if described is None else tuple(described.layers)})
    handed_in = submission(**{**_of(NotebookEdits, edits), "untouched": left})
    return Evidence(submission=handed_in, run=run, probe=probe, reruns=reruns, folders=FOLDERS)


def untouched() -> Evidence:
    """The notebook as it was given out: nothing was run."""
    exercises = [name for name in SOURCES if name not in ("imports", "last")]
    return Evidence(submission=submission(untouched=exercises), run=Run(outcome="not_run"))


def unreadable(reason: str) -> Evidence:
    """A file that is no notebook."""
    handed_in = Submission(student="ada", assignment="horses_or_humans", notebook_sha256="")
    return Evidence(submission=handed_in, run=Run(outcome="unreadable", reason=reason))


def view(evidence: Evidence | None = None, exercise: str = "", **edits: Any) -> RunView:  # noqa: ANN401 - see above
    """What the checks of ``exercise`` see of a right answer, edited as by :func:`right_answer`."""
    return RunView(evidence or right_answer(**edits), exercise)


def unmet(check: Callable[..., object], *arguments: object, **options: object) -> CheckFailed:
    """What the check raises."""
    with pytest.raises(CheckFailed) as caught:
        check(*arguments, **options)
    return caught.value
