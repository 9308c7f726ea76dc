"""What the changes know of Keras 3: names, places of arguments, and what holds where an argument is left out."""

from __future__ import annotations

__all__ = ["DEFAULTS", "LAYERS", "LOSSES", "LOSS_CLASSES", "OPTIMIZERS", "PLACES", "SILENT", "SIZES"]

OPTIMIZERS = ("RMSprop", "Adam", "SGD")
LOSSES = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "mse")
LOSS_CLASSES = ("BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "MeanSquaredError")

_POOLING = ("MaxPooling2D", "MaxPool2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D")
_RANDOM = ("RandomFlip", "RandomRotation", "RandomZoom")
_OTHER = ("Input", "InputLayer", "Rescaling", "Conv2D", "Flatten", "Dense", "Dropout", "Activation", "ReLU")
LAYERS = frozenset({*_POOLING, *_RANDOM, *_OTHER, "BatchNormalization"})

PLACES: dict[tuple[str, str], int] = {
    ("Conv2D", "filters"): 0,
    ("Conv2D", "kernel_size"): 1,
    ("MaxPooling2D", "pool_size"): 0,
    ("MaxPool2D", "pool_size"): 0,
    ("Dense", "units"): 0,
    ("Dense", "activation"): 1,
    ("Activation", "activation"): 0,
    ("Input", "shape"): 0,
    ("RMSprop", "learning_rate"): 0,
    ("Adam", "learning_rate"): 0,
    ("SGD", "learning_rate"): 0,
    ("Rescaling", "scale"): 0,
    ("flow_from_directory", "directory"): 0,
    ("flow_from_directory", "target_size"): 1,
    ("image_dataset_from_directory", "directory"): 0,
}
"""Where an argument stands that is not named."""

SIZES = frozenset({"target_size", "image_size", "input_shape", "shape"})
"""Arguments that begin with height and width, in pixels."""

SILENT = frozenset({"verbose", "name", "seed", "shuffle", "interpolation", "trainable", "dtype", "keepdims"})
"""Arguments without which the answer is no other."""

DEFAULTS: dict[tuple[str, str], object] = {
    ("flow_from_directory", "batch_size"): 32,
    ("flow_from_directory", "class_mode"): "categorical",
    ("flow_from_directory", "target_size"): (256, 256),
    ("flow_from_directory", "color_mode"): "rgb",
    ("image_dataset_from_directory", "batch_size"): 32,
    ("image_dataset_from_directory", "label_mode"): "int",
    ("image_dataset_from_directory", "image_size"): (256, 256),
    ("load_img", "color_mode"): "rgb",
    ("compile", "optimizer"): "rmsprop",
    ("fit", "epochs"): 1,
    ("RMSprop", "learning_rate"): 0.001,
    ("Adam", "learning_rate"): 0.001,
    ("SGD", "learning_rate"): 0.01,
    ("MaxPooling2D", "pool_size"): 2,
    ("MaxPool2D", "pool_size"): 2,
    ("Conv2D", "padding"): "valid",
}
"""Dropping an argument that says what is so without it changes nothing. (Keras 3.15's signatures.)"""
