"""The names of Keras 3 that courses on pictures use, those it no longer has, and the nearest to a misspelt one.

Written down because Keras is not to be imported where marks are given; a test asks the installed Keras about each.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

__all__ = [
    "GONE",
    "HOMES",
    "IDENTIFIERS",
    "MEMBERS",
    "MODULES",
    "OPTIONS",
    "SHORT_NAMES",
    "WORDS",
    "differs_in_case_only",
    "import_line",
    "nearest",
]


def _words(text: str) -> list[str]:
    return text.split()


_BY_HOME: Final[dict[str, str]] = {
    "layers": "Activation AveragePooling2D BatchNormalization Concatenate Conv1D Conv2D Conv2DTranspose Conv3D Dense "
    "DepthwiseConv2D Dropout Embedding Flatten GlobalAveragePooling2D GlobalMaxPooling2D InputLayer LeakyReLU "
    "MaxPool2D MaxPooling1D MaxPooling2D PReLU RandomFlip RandomRotation RandomZoom ReLU Rescaling Reshape Resizing "
    "SeparableConv2D Softmax UpSampling2D ZeroPadding2D",
    "optimizers": "Adadelta Adagrad Adam Adamax AdamW Ftrl Nadam RMSprop SGD",
    "losses": "BinaryCrossentropy CategoricalCrossentropy MeanAbsoluteError MeanSquaredError "
    "SparseCategoricalCrossentropy",
    "metrics": "AUC BinaryAccuracy CategoricalAccuracy Precision Recall SparseCategoricalAccuracy",
    "callbacks": "CSVLogger Callback EarlyStopping History LearningRateScheduler ModelCheckpoint ReduceLROnPlateau "
    "TensorBoard",
    "models": "Model Sequential load_model",
    "utils": "array_to_img image_dataset_from_directory img_to_array load_img plot_model set_random_seed "
    "to_categorical",
    "preprocessing.image": "ImageDataGenerator",
}
HOMES: Final = {name: home for home, names in _BY_HOME.items() for name in names.split()}
"""Each name, and the module below ``tensorflow.keras`` that it is imported from."""

MODULES: Final = _words(
    "activations applications callbacks datasets initializers layers losses metrics models optimizers preprocessing "
    "regularizers utils"
)
"""Modules directly below ``tensorflow.keras``."""

_MODEL: Final = (
    "add build compile count_params evaluate fit get_layer get_weights input_shape inputs layers load_weights "
    "output_shape outputs optimizer pop predict save save_weights set_weights stop_training summary trainable"
)
MEMBERS: Final[dict[str, list[str]]] = {
    "Sequential": _words(_MODEL),
    "Functional": _words(_MODEL),
    "ImageDataGenerator": _words("apply_transform fit flow flow_from_dataframe flow_from_directory random_transform"),
    "DirectoryIterator": _words(
        "batch_size class_indices class_mode classes filenames filepaths image_shape labels reset "
        "samples shuffle target_size"
    ),
    "History": _words("epoch history model params"),
}
"""What objects of these classes have, by class."""

OPTIONS: Final = _words(
    "activation batch_size callbacks class_mode class_weight classes color_mode directory epochs epsilon figsize "
    "fill_mode filters height_shift_range horizontal_flip initial_epoch input_shape interpolation kernel_initializer "
    "kernel_regularizer kernel_size learning_rate loss metrics momentum monitor optimizer padding patience pool_size "
    "rate rescale rho rotation_range shear_range shuffle steps steps_per_epoch strides target_size units use_bias "
    "validation_data validation_split validation_steps verbose vertical_flip width_shift_range zoom_range"
)
"""Names of arguments."""

IDENTIFIERS: Final = _words(
    "accuracy adam adamw binary binary_accuracy binary_crossentropy categorical categorical_accuracy "
    "categorical_crossentropy elu linear mean_absolute_error mean_squared_error relu rmsprop sgd sigmoid softmax "
    "sparse sparse_categorical_accuracy sparse_categorical_crossentropy tanh"
)
"""What is written in quotation marks: losses, optimizers, metrics, activations, kinds of labels."""

SHORT_NAMES: Final = {
    "K": "from tensorflow.keras import backend as K",
    "Path": "from pathlib import Path",
    "keras": "from tensorflow import keras",
    "layers": "from tensorflow.keras import layers",
    "math": "import math",
    "models": "from tensorflow.keras import models",
    "np": "import numpy as np",
    "optimizers": "from tensorflow.keras import optimizers",
    "os": "import os",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "random": "import random",
    "tf": "import tensorflow as tf",
}
"""What notes call well-known modules, and the import that makes it so."""

WORDS: Final = frozenset(
    _words("label labels lambda len lines list load logs lower lr one ones open or os out output outputs")
)
"""Words that begin with l or o, beside those above, for which a digit is easily typed."""

GONE: Final[dict[str, tuple[str, str]]] = {
    "fit_generator": ("`fit` itself takes generators now.", "Write `fit`; the other arguments can stay."),
    "evaluate_generator": ("`evaluate` itself takes generators now.", "Write `evaluate`."),
    "predict_generator": ("`predict` itself takes generators now.", "Write `predict`."),
    "predict_proba": ("`predict` gives the same numbers.", "Write `predict`."),
    "predict_classes": (
        "`predict` gives the model's outputs, not classes.",
        "Call `predict`, and decide from the numbers it gives which class is meant.",
    ),
    "lr": ("It is spelled out now.", "Write `learning_rate`."),
    "decay": ("A falling learning rate is given as a schedule now.", "Leave `decay` out."),
    "workers": ("Only a generator itself can be told that now.", "Leave `workers` out."),
    "use_multiprocessing": ("Only a generator itself can be told that now.", "Leave `use_multiprocessing` out."),
    "max_queue_size": ("Only a generator itself can be told that now.", "Leave `max_queue_size` out."),
    "nb_epoch": ("It is called otherwise now.", "Write `epochs`."),
    "samples_per_epoch": ("It counts batches, not pictures, now.", "Write `steps_per_epoch`, and count batches."),
    "nb_val_samples": ("It counts batches, not pictures, now.", "Write `validation_steps`, and count batches."),
    "np_utils": (
        "What was in it is in `keras.utils` itself.",
        "Write `from tensorflow.keras.utils import to_categorical`, and call `to_categorical`.",
    ),
    "legacy": ("The optimizers of today replace the old ones.", "Leave `.legacy` out."),
    "Convolution2D": ("It is called otherwise now.", "Write `Conv2D`."),
}
"""What notes for older versions say and Keras 3 has not: why, and what to do."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that ``name`` misspells: the same but for capitals, or for two letters that have changed
    places, else the most alike of at least 81%.

    None for ``name`` itself, for names beyond 60 characters, and for pairs that mean two things although they look
    alike: ``Conv1D`` and ``Conv2D``, ``x_train`` and ``y_train``.
    """
    candidates = [word for word in dict.fromkeys(known) if len(word) <= 60]
    if len(name) > 60 or name in candidates:
        return None
    folded = name.casefold()
    for word in candidates:
        if word.casefold() == folded or _two_swapped(word.casefold(), folded):
            return word
    by_folded = {word.casefold(): word for word in candidates if _may_be_meant(folded, word.casefold())}
    found = difflib.get_close_matches(folded, by_folded, n=1, cutoff=0.81)
    return by_folded[found[0]] if found else None


def _two_swapped(word: str, typed: str) -> bool:
    """``keras`` and ``kears``."""
    if len(word) != len(typed) or len(word) < 4:
        return False
    other = [at for at, (a, b) in enumerate(zip(word, typed, strict=True)) if a != b]
    if len(other) != 2 or other[1] != other[0] + 1:
        return False
    pair = word[other[0] : other[1] + 1]
    return pair[::-1] == typed[other[0] : other[1] + 1] and pair.isalpha()


def _may_be_meant(typed: str, word: str) -> bool:
    digits = ["".join(filter(str.isdigit, text)) for text in (typed, word)]
    if digits[0] and digits[1] and digits[0] != digits[1]:
        return False
    parts = typed.split("_"), word.split("_")
    if len(parts[0]) != len(parts[1]):
        return True
    return all(a == b or max(len(a), len(b)) > 2 for a, b in zip(*parts, strict=True))


def differs_in_case_only(name: str, other: str) -> bool:
    return name != other and name.casefold() == other.casefold()


def import_line(name: str) -> str:
    """How a name of Keras is imported: ``from tensorflow.keras.layers import Dense``."""
    return f"from tensorflow.keras.{HOMES[name]} import {name}"
