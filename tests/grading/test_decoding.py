"""What runs are trained on is decoded beside the first of them, for its later epochs and for the others."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from laid import lay_out
from walled import DATASET, NAME, losses, right_notebook, walled_course

from fairmark.data.decoded import decoded_set
from fairmark.data.places import set_folder
from fairmark.evidence import Cell, Event, FitStarted, PicturesOpened, Stamped
from fairmark.grading.decoding import Decoding, decode_ahead
from fairmark.grading.pipeline import Pipeline
from fairmark.keras.grading.image_forms import form_opened, forms_written


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRMARK_DATA", str(tmp_path / "pictures"))


def opened(name: str, side: int, **changes: object) -> PicturesOpened:
    made: dict[str, object] = {
        "pictures": name,
        "cell": 1,
        "made_by": "flow_from_directory",
        "directory": "train",
        "found": 4,
        "classes": ["dark", "light"],
        "target_size": (side, side),
        "batch_size": 2,
        "class_mode": "binary",
        "color_mode": "rgb",
        "interpolation": "nearest",
        "shuffle": True,
    }
    return PicturesOpened.model_validate(made | changes)


def fit(pictures: str | None, validation: str | None = None, *, trained: bool = True) -> FitStarted:
    return FitStarted(
        fit="fit-1",
        model="model-1",
        cell=2,
        pictures=pictures,
        validation_pictures=validation,
        has_validation=validation is not None,
        epochs=2,
        steps_per_epoch=None,
        validation_steps=None,
        trained=trained,
    )


def stores_after(*events: Event) -> set[str]:
    """Names of the stores that a run with these events leaves."""
    folder = lay_out(set_folder("shapes"), ["colour.png"])
    decoding = Decoding(folder.name, form_opened)
    for event in events:
        decoding.heard(Stamped(at_seconds=0.0, event=event))
    for thread in decoding.begun:
        thread.join()
    return {path.name for path in decoded_set("shapes").glob("*.npy")}


def test_the_forms_that_fit_is_given_are_kept() -> None:
    first, second = opened("a", 8), opened("b", 9, interpolation="bilinear", color_mode="grayscale")
    assert stores_after(first, second, opened("c", 10), fit("a", "b")) == {
        "8x8-nearest-rgb.npy",
        "9x9-bilinear-grayscale.npy",
    }


def test_pipelines_of_tensorflow_take_pictures_as_they_are() -> None:
    assert stores_after(opened("a", 8, made_by="image_dataset_from_directory"), fit("a")) == {"23x37-nearest-rgb.npy"}


@pytest.mark.parametrize(
    "events",
    [
        [opened("a", 8)],
        [opened("a", 8), fit("a", trained=False)],
        [opened("a", 8), fit("b")],
        [opened("a", 8, target_size=None), fit("a")],
        [opened("a", 8, target_size=(-1, 10**9)), fit("a")],
        [opened("a", 8, interpolation="../../x"), fit("a")],
        [opened("a", 8, color_mode="{0.__class__}"), fit("a")],
    ],
)
def test_nothing_is_made_for_what_is_not_trained_on_or_no_form(events: list[Event]) -> None:
    assert stores_after(*events) == set()


def test_no_run_has_more_than_two_forms_made() -> None:
    many = [event for side in range(4, 9) for event in (opened(f"a{side}", side), fit(f"a{side}"))]
    assert len(stores_after(*many)) == 2


# --- ahead of the first run -------------------------------------------------------------------------------------------


def stores_ahead_of(*texts: str) -> set[str]:
    """Names of the stores that a solution of these cells has made before anything runs."""
    lay_out(set_folder("shapes"), ["colour.png"])
    cells = [Cell(position=n, number=n, role="locked", source=text) for n, text in enumerate(texts, start=1)]
    decode_ahead("shapes", lambda: forms_written("shapes", cells)).join()
    return {path.name for path in decoded_set("shapes").glob("*.npy")}


def test_the_forms_that_a_solution_says_are_kept() -> None:
    first = "side = 8\na = made.flow_from_directory(here, target_size=(side, side), batch_size=4)"
    again = "b = made.flow_from_directory(there, target_size=(8, 8))"
    third = "c = made.flow_from_directory(there, target_size=(9, 7), interpolation='box', color_mode='grayscale')"
    assert stores_ahead_of(first, again, third) == {"8x8-nearest-rgb.npy", "9x7-box-grayscale.npy"}


def test_a_size_that_is_left_out_is_keras_s_own() -> None:
    assert stores_ahead_of("flow = made.flow_from_directory(here)") == {"256x256-nearest-rgb.npy"}


def test_pipelines_of_tensorflow_take_pictures_as_they_are_ahead_too() -> None:
    text = "keras.utils.image_dataset_from_directory(here, image_size=(8, 8))"
    assert stores_ahead_of(text) == {"23x37-nearest-rgb.npy"}


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "made.flow_from_directory(here, target_size=size_of(here))",
        "made.flow_from_directory(here, target_size='large')",
        "made.flow_from_directory(here, target_size=(0, 8))",
        "made.flow_from_directory(here, target_size=(8, 8), color_mode='hsv')",
        "not Python at all (",
    ],
)
def test_nothing_is_made_of_what_cannot_be_read_off(text: str) -> None:
    assert stores_ahead_of(text) == set()


# --- a whole pipeline -------------------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_right_notebook_leaves_them_and_the_next_earns_the_same(tmp_path: Path) -> None:
    course = walled_course(tmp_path / "course")
    pipeline = Pipeline(course, course.assignment(NAME))
    pipeline.prepare()
    path = tmp_path / "ada.ipynb"
    path.write_bytes(right_notebook(course))
    first = pipeline.mark(path, "ada")
    for thread in threading.enumerate():
        if thread.name == "decoding":
            thread.join()
    assert [path.name for path in decoded_set(DATASET).glob("*.npy")] == ["32x32-nearest-rgb.npy"]
    second = pipeline.mark(path, "bob")
    assert losses(first.report) == losses(second.report) == {}
