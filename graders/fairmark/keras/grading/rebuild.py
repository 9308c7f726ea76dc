"""The trained model as it is rebuilt to be asked about hidden images: how it is asked, and what of its configuration is
taken over."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fairmark.checks import CheckFailed
from fairmark.evidence import Preparation
from fairmark.frameworks import Rebuilt
from fairmark.grading.probe import CannotRebuild, UnsafeModel
from fairmark.keras.facts.logits import gives_logits
from fairmark.keras.views.run_view import RunView

__all__ = ["rebuilt", "vet_model"]

_MOST_NUMBERS = 64
"""In a list of a configuration, with lists inside it: the means of 64 channels. More are weights by another name."""
_SHORT_LIST, _MOST_IN_ALL = 8, 512
"""Sizes, strides and shapes are shorter; of longer lists the configuration may hold so many numbers together, the means
and variances of four layers. Many short tables are a long one."""
_REFUSED = frozenset({"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "function"})
"""Keras classes whose configuration carries code, or a path to some."""
_A_FUNCTION = "The model holds a Python function, as an activation or an initializer for instance"
_PRIVATE_HOMES = {("Functional", "keras.src.models.functional")}
"""The one class that Keras writes down under a private name."""


def rebuilt(view: RunView) -> Rebuilt:
    """How the model that ``view`` judges is to be asked. Raises :class:`CheckFailed` if the notebook does not
    show how its images are prepared."""
    training = view.training_pictures
    preparation = training.preparation
    try:
        validating = view.validation_pictures.preparation
        # The validation generator says how pictures are shown to a finished model. Where it prepares them otherwise
        # than the training one did, that has cost its marks there, and the model is shown what it has learned on.
        if validating is not None and preparation is not None and _alike(validating, preparation):
            preparation = validating
    except CheckFailed:
        pass
    if preparation is None:
        raise CheckFailed("the pictures", found="no size", expected="pictures brought to one size")
    try:
        # The one that an exercise asked about last, whichever exercise the training is judged by.
        picture = RunView(view.evidence).prediction.picture.value
    except CheckFailed:
        picture = None
    return Rebuilt(preparation, training.classes.value, gives_logits(view.model), picture)


def _alike(one: Preparation, other: Preparation) -> bool:
    return one.target_size == other.target_size and one.scale == other.scale and one.offset == other.offset


# --- the configuration ---


def vet_model(config: bytes) -> str:
    """A model's configuration, as ``model.to_json()`` writes it, without what rebuilding it does not need.

    Raises :class:`UnsafeModel` for anything but Keras's own classes, and for those of Keras's that carry code. This is
    a first line only: rebuilding happens in a sandbox because a configuration is a program for Keras.
    """
    try:
        data = json.loads(config)
    except (ValueError, RecursionError) as problem:
        raise UnsafeModel("a configuration that is not JSON") from problem
    if not isinstance(data, dict):
        raise UnsafeModel("a configuration that is not a model's")
    data.pop("compile_config", None)
    try:
        for entry in _objects(data):
            _vet(entry, is_whole=entry is data)
        if max(_tables(data), default=0) > _MOST_NUMBERS or _in_all(data) > _MOST_IN_ALL:
            raise CannotRebuild("The model holds tables of numbers in its configuration, beside its weights")
    except RecursionError as problem:
        raise UnsafeModel("a configuration that is nested too deeply") from problem
    return json.dumps(data)


def _objects(data: object) -> Iterator[dict[str, object]]:
    """All objects of the configuration that name a class."""
    if isinstance(data, dict):
        if "class_name" in data:
            yield data
        for value in data.values():
            yield from _objects(value)
    elif isinstance(data, list):
        for value in data:
            yield from _objects(value)


def _tables(data: object) -> Iterator[int]:
    """How many numbers each list of the configuration holds, those in lists inside it included; lists that hold objects
    are no tables, but their numbers count."""
    if isinstance(data, dict):
        for value in data.values():
            yield from _tables(value)
    elif isinstance(data, list):
        own = sum(isinstance(one, int | float) for one in data)
        inside = [size for one in data for size in _tables(one)]
        if all(isinstance(one, list | int | float) for one in data):
            yield own + sum(inside)
        else:
            yield own
            yield from inside


def _in_all(data: object) -> int:
    return sum(size for size in _tables(data) if size > _SHORT_LIST)


def _vet(entry: dict[str, object], *, is_whole: bool) -> None:
    name, module = entry.get("class_name"), entry.get("module")
    if not isinstance(name, str):
        raise UnsafeModel("a configuration with a class that has no name")
    config = entry.get("config")
    if isinstance(config, dict) and isinstance(config.get("vocabulary"), str):
        raise CannotRebuild(f"The model holds {name} with a vocabulary in a file")
    activation = config.get("activation") if isinstance(config, dict) else None
    if isinstance(activation, dict) and "class_name" not in activation:  # how Keras writes down some lambdas
        raise CannotRebuild(_A_FUNCTION)
    if name in ("__tuple__", "__tensor__", "__keras_tensor__") or (name in ("__numpy__", "slice") and module is None):
        return
    public = isinstance(module, str) and (module == "keras" or module.startswith("keras.")) and "src" not in module
    ours = public or (name, module) in _PRIVATE_HOMES
    if ours and name not in _REFUSED and entry.get("registered_name") in (None, name):
        return
    if name in ("function", "__lambda__"):
        raise CannotRebuild(_A_FUNCTION)
    if ours and name in _REFUSED:
        raise CannotRebuild(f"The model holds a {name} layer")
    if is_whole:
        raise CannotRebuild("The model is a class of the student's own")
    raise CannotRebuild(f"The model holds {name:.80}, which is not one of Keras's own classes")
