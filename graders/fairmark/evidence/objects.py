"""What the recorder says of a framework's objects: sources of pictures, layers, models, settings, and what was in force
in a call of ``fit``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, JsonValue

from fairmark.evidence.schema import CROSSES_THE_WALL

__all__ = [
    "ACCURACY_KEYS",
    "BatchSeen",
    "Function",
    "HooksGone",
    "InForce",
    "Layer",
    "ModelCompiled",
    "ModelDescribed",
    "PicturesOpened",
]

ACCURACY_KEYS = ("accuracy", "acc", "binary_accuracy", "sparse_categorical_accuracy", "categorical_accuracy")
"""Names under which an epoch's logs have the accuracy, unless a metric was given one of the notebook's own."""


class Schema(BaseModel):
    """Unknown fields are refused."""

    model_config = CROSSES_THE_WALL


class PicturesOpened(Schema):
    """A source of labelled pictures was made: a generator's flow or a pipeline.

    ``directory`` is relative to the data set's folder, or absolute where it lies elsewhere; None where pictures do not
    come from a folder. ``classes`` are in the order of their labels. ``rescale`` is the factor pixels are multiplied
    with, 1.0 where none is asked for; ``augmentation`` holds the options of ``ImageDataGenerator`` that are not at
    their defaults, ``rescale`` aside. ``parent`` is the source this one was derived from by ``map``, ``cache``,
    ``prefetch`` and the like. ``overridden`` names methods that are not the framework's own: of a class of the
    notebook's, or put on the object.
    """

    kind: Literal["pictures_opened"] = "pictures_opened"
    pictures: str
    cell: int
    made_by: str
    directory: str | None
    found: int
    classes: list[str]
    target_size: tuple[int, int] | None
    batch_size: int | None
    class_mode: str | None
    color_mode: str
    interpolation: str
    shuffle: bool
    rescale: float = 1.0
    augmentation: dict[str, JsonValue] = {}
    parent: str | None = None
    overridden: list[str] = []


class BatchSeen(Schema):
    """The first batch that was drawn from a source, and with ``fit`` the first that this call of ``fit`` drew: what the
    model is really given."""

    kind: Literal["batch_seen"] = "batch_seen"
    pictures: str
    shape: list[int]
    dtype: str
    minimum: float
    maximum: float
    labels_shape: list[int]
    fit: str | None = None


class Function(Schema):
    """A loss, metric, optimizer or activation, spelled one way whatever way it was written.

    ``name`` is the framework's snake_case name (``binary_crossentropy``); ``class_name`` is the object's class where
    one was passed; ``config`` its public configuration; ``module`` where it is defined, which tells the framework's,
    known by identity, from look-alikes. ``extends`` is the framework's class that one of the notebook's own derives
    from; ``overridden`` names methods that are not that class's.
    """

    name: str
    class_name: str | None = None
    module: str = ""
    config: dict[str, JsonValue] = {}
    extends: str | None = None
    overridden: list[str] = []


class Layer(Schema):
    """One layer, through its public configuration. ``output_shape`` starts with the batch dimension (None);
    ``parameters`` are counted in its weights. ``module`` begins with the framework's package only for a class that is
    its own; ``extends`` is the framework's class that one of the notebook's own derives from; ``overridden`` names
    methods that are not the framework's."""

    name: str
    class_name: str
    module: str
    config: dict[str, JsonValue] = {}
    output_shape: list[int | None] | None = None
    parameters: int = 0
    extends: str | None = None
    overridden: list[str] = []


class ModelDescribed(Schema):
    """A model as it stands after a cell, or when it is compiled or fitted. ``trainable_parameters`` are those that
    training may change, None where nobody counted. ``overridden`` names methods put on the object itself, in the place
    of its class's."""

    kind: Literal["model_described"] = "model_described"
    model: str
    cell: int
    class_name: str
    layers: list[Layer]
    input_shape: list[int | None] | None = None
    output_shape: list[int | None] | None = None
    parameters: int = 0
    trainable_parameters: int | None = None
    overridden: list[str] = []


class ModelCompiled(Schema):
    kind: Literal["model_compiled"] = "model_compiled"
    model: str
    cell: int
    loss: Function | None
    optimizer: Function
    learning_rate: float | None
    metrics: list[Function]


class InForce(Schema):
    """What a call of ``fit`` goes by, read from the objects themselves as it begins and once more as it ends.

    ``compiled`` is what the framework will use, whoever put it there; ``replaced`` names what of it (``optimizer``,
    ``loss``, ``metrics``, ``train_function``) is not what ``compile`` left. ``changed`` names what of it had other
    settings than after ``compile`` when ``fit`` began (``learning_rate``), and at the end what was not the same in all
    its steps (``learning_rate``, ``settings``). ``pictures`` are the sources that ``fit`` was given, with their fields
    as they are then.
    """

    kind: Literal["in_force"] = "in_force"
    fit: str
    model: str
    cell: int
    moment: Literal["begin", "end"]
    compiled: ModelCompiled | None
    replaced: list[str] = []
    changed: list[str] = []
    pictures: list[PicturesOpened] = []


class HooksGone(Schema):
    """What the recorder listens by, or what it goes by, was taken away or replaced; ``names`` say what."""

    kind: Literal["hooks_gone"] = "hooks_gone"
    cell: int
    names: list[str]
