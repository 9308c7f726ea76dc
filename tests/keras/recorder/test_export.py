"""Models leave as data: a configuration in JSON and plain arrays."""

from __future__ import annotations

import hashlib
import json

import numpy as np
from shapes import Finished

from fairmark.evidence import ModelDescribed, ModelExported


def exports(finished: Finished, model: str) -> list[ModelExported]:
    return [event for event in finished.all(ModelExported) if event.model == model]


def test_a_trained_model_leaves_after_each_fit_and_at_the_end(finished: Finished) -> None:
    assert [event.moment for event in exports(finished, "model-1")] == ["fit", "fit", "end"]
    assert all(event.problem is None for event in finished.all(ModelExported))


def test_a_model_that_was_never_trained_stays(finished: Finished) -> None:
    assert {event.model for event in finished.all(ModelExported)} == {"model-1", "model-2"}


def test_it_is_one_configuration_and_arrays_that_need_no_pickle(finished: Finished) -> None:
    folder = finished.left / "export" / exports(finished, "model-1")[-1].folder
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", *(f"weights-{n}.npy" for n in range(4))]
    assert json.loads((folder / "config.json").read_bytes())["class_name"] == "Sequential"
    arrays = [np.load(folder / f"weights-{number}.npy", allow_pickle=False) for number in range(4)]
    assert [(array.shape, str(array.dtype)) for array in arrays] == [
        ((3, 3, 3, 4), "float32"),
        ((4,), "float32"),
        ((784, 1), "float32"),
        ((1,), "float32"),
    ]
    assert sum(array.size for array in arrays) == finished.one(ModelDescribed, "model").parameters


def test_its_digest_is_that_of_the_weights_in_order(finished: Finished) -> None:
    last = exports(finished, "model-1")[-1]
    folder = finished.left / "export" / last.folder
    digest = hashlib.sha256()
    for number in range(4):
        digest.update(np.load(folder / f"weights-{number}.npy").tobytes())
    assert digest.hexdigest() == last.digest


def test_training_changes_the_digest(finished: Finished) -> None:
    first, second, _ = exports(finished, "model-1")
    assert first.digest != second.digest
    assert first.folder != second.folder


def test_what_is_left_as_training_left_it_is_written_once(finished: Finished) -> None:
    _, trained, end = exports(finished, "model-1")
    assert (end.digest, end.folder) == (trained.digest, trained.folder)


def test_weights_changed_after_training_show_in_another_digest(finished: Finished) -> None:
    trained, end = exports(finished, "model-2")
    assert end.moment == "end"
    assert end.digest != trained.digest
