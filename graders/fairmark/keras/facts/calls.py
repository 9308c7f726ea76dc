"""The parameters of Keras's calls that answers are read from: their order, their defaults, and other names of a call.

As in Keras 3.15 (``inspect.signature`` of each; `tests/keras/facts/test_calls.py` holds them against Keras itself).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from fairmark.notebook.fold import Value

__all__ = [
    "ASKING",
    "DEFAULT_RATES",
    "DIRECT",
    "KNOWN_MAKERS",
    "MODEL_MAKERS",
    "OPENERS",
    "bare",
    "default_of",
    "is_of_keras",
    "names_of",
    "place_of",
]

DIRECT = ("DirectoryIterator", "DataFrameIterator", "NumpyArrayIterator")
"""The classes behind the generators' methods, for notebooks that make one themselves."""

OPENERS = ("flow_from_directory", "image_dataset_from_directory", "flow_from_dataframe", "flow", *DIRECT)
"""What opens a source of pictures."""

MODEL_MAKERS = frozenset({"Sequential", "Model", "Functional", "load_model", "clone_model", "model_from_json"})
"""What gives a model that the notebook does not define itself."""

ASKING = ("predict", "predict_on_batch", "predict_step", "__call__")
"""What asks a model about pictures."""

_LOOKING = (
    *("fit", "evaluate", "predict", "predict_on_batch", "predict_step", "test_on_batch", "train_on_batch", "__call__"),
    *(
        "load_img",
        "img_to_array",
        "load_image",
        "get_layer",
        "count_params",
        "compute_loss",
        "read_file",
        "decode_jpeg",
    ),
    *("decode_png", "decode_image"),
)
_PIPELINES = (
    *("map", "cache", "prefetch", "shuffle", "repeat", "take", "skip", "batch", "unbatch", "with_options", "enumerate"),
    *("cardinality", "as_numpy_iterator", "reset"),
)
_COMPUTING = (
    *("array", "asarray", "zeros", "ones", "full", "eye", "arange", "linspace", "empty", "zeros_like", "ones_like"),
    *("confusion_matrix", "Counter", "defaultdict", "DataFrame", "Series", "Path", "Fraction", "Decimal"),
    *("constant", "convert_to_tensor", "Variable", "bincount", "add_at", "count"),
)
_OPTIMIZERS = ("RMSprop", "Adam", "SGD", "AdamW", "Nadam", "Adamax", "Adagrad", "Adadelta", "Lion", "Ftrl")

_BUILDING = (
    *(
        "Input",
        "InputLayer",
        "Conv2D",
        "MaxPooling2D",
        "MaxPool2D",
        "Flatten",
        "Dense",
        "Dropout",
        "Activation",
        "ReLU",
    ),
    *(
        "compile",
        "add",
        "summary",
        "build",
        "BinaryCrossentropy",
        "CategoricalCrossentropy",
        "BinaryAccuracy",
        "GlobalAveragePooling2D",
    ),
    *("SparseCategoricalCrossentropy", "CategoricalAccuracy", "SparseCategoricalAccuracy", "Rescaling", "relative_to"),
)
_LISTING = (
    *("glob", "rglob", "iterdir", "listdir", "walk", "scandir", "joinpath", "exists", "is_dir", "is_file", "join"),
    *("with_suffix", "relative_to", "resolve", "items", "keys", "values", "get", "next", "iter", "namedtuple", "map"),
    *("next_batch", "expand_dims", "squeeze", "to_list", "numpy", "count_nonzero", "accuracy_score", "most_common"),
)

KNOWN_MAKERS = frozenset(
    (
        *(*OPENERS, *MODEL_MAKERS, *_LOOKING, *_COMPUTING, *_OPTIMIZERS, *_PIPELINES, *_LISTING, *_BUILDING),
        *("ImageDataGenerator", "dataset"),
    )
)
"""Where a notebook of this kind takes what it answers from: pictures, models, trainings, and libraries that compute."""

_CONVOLUTION = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", "activation")
_POOLING = ("pool_size", "strides", "padding")
_ORDER: dict[str, tuple[str, ...]] = {
    "ImageDataGenerator": (
        *("featurewise_center", "samplewise_center", "featurewise_std_normalization", "samplewise_std_normalization"),
        *("zca_whitening", "zca_epsilon", "rotation_range", "width_shift_range", "height_shift_range"),
        *("brightness_range", "shear_range", "zoom_range", "channel_shift_range", "fill_mode", "cval"),
        *("horizontal_flip", "vertical_flip", "rescale", "preprocessing_function", "data_format", "validation_split"),
    ),
    "flow_from_directory": (
        *("directory", "target_size", "color_mode", "classes", "class_mode", "batch_size", "shuffle", "seed"),
        *("save_to_dir", "save_prefix", "save_format", "follow_links", "subset", "interpolation"),
    ),
    "DirectoryIterator": (
        *("directory", "image_data_generator", "target_size", "color_mode", "classes", "class_mode", "batch_size"),
        *("shuffle", "seed"),
    ),
    "image_dataset_from_directory": (
        *("directory", "labels", "label_mode", "class_names", "color_mode", "batch_size", "image_size", "shuffle"),
        *("seed", "validation_split", "subset", "interpolation"),
    ),
    "compile": ("optimizer", "loss", "loss_weights", "metrics"),
    "fit": (
        *("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle"),
        *("class_weight", "sample_weight", "initial_epoch", "steps_per_epoch", "validation_steps"),
    ),
    "Conv2D": _CONVOLUTION,
    "MaxPooling2D": _POOLING,
    "AveragePooling2D": _POOLING,
    "Dense": ("units", "activation"),
    "Activation": ("activation",),
    "Rescaling": ("scale", "offset"),
    "Input": ("shape",),
    "InputLayer": ("shape",),
    "build": ("input_shape",),
    "BinaryAccuracy": ("name", "dtype", "threshold"),
    "BinaryFocalCrossentropy": ("apply_class_balancing", "alpha", "gamma", "from_logits"),
    "CategoricalFocalCrossentropy": ("alpha", "gamma", "from_logits"),
}
"""Order of the parameters, for calls that do not name them."""
_FIRST = {
    "learning_rate": _OPTIMIZERS,
    "from_logits": ("BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"),
}

DEFAULT_RATES = tuple((name, 0.01 if name == "SGD" else 0.001) for name in _FIRST["learning_rate"])
"""The learning rate that each optimizer has by default."""

_DEFAULTS: dict[str, dict[str, Value]] = {
    "ImageDataGenerator": {"rescale": None, "preprocessing_function": None, "validation_split": 0.0},
    "flow_from_directory": {
        "target_size": (256, 256),
        "batch_size": 32,
        "class_mode": "categorical",
        "shuffle": True,
        "classes": None,
        "subset": None,
    },
    "image_dataset_from_directory": {
        "image_size": (256, 256),
        "batch_size": 32,
        "label_mode": "int",
        "shuffle": True,
        "class_names": None,
        "subset": None,
    },
    "compile": {"optimizer": "rmsprop", "loss": None, "metrics": None},
    "fit": {
        "epochs": 1,
        "initial_epoch": 0,
        "steps_per_epoch": None,
        "validation_steps": None,
        "validation_data": None,
        "callbacks": None,
        "verbose": "auto",
    },
    "Conv2D": {"strides": (1, 1), "padding": "valid", "activation": None},
    "MaxPooling2D": {"pool_size": (2, 2), "strides": None, "padding": "valid"},
    "AveragePooling2D": {"strides": None, "padding": "valid"},
    "Dense": {"activation": None},
    "Rescaling": {"offset": 0.0},
    "BinaryAccuracy": {"threshold": 0.5},
    **{name: {"learning_rate": rate} for name, rate in DEFAULT_RATES},
    **{name: {"from_logits": False} for name in _FIRST["from_logits"]},
    "BinaryFocalCrossentropy": {"from_logits": False},
    "CategoricalFocalCrossentropy": {"from_logits": False},
}
"""Defaults, for calls that leave an argument out."""
_DEFAULTS["DirectoryIterator"] = _DEFAULTS["DataFrameIterator"] = _DEFAULTS["flow_from_directory"]
_DEFAULTS["flow_from_dataframe"] = _DEFAULTS["flow_from_directory"]

_ELSEWHERE = frozenset({"print", "display", "write", "pprint", "info", "open", "imread"})
"""Calls that are asked about and are not Keras's."""
_NOT_KERAS = sys.stdlib_module_names | {
    *("builtins", "cv2", "fairmark", "google", "h5py", "imageio", "IPython", "matplotlib", "numpy", "pandas", "PIL"),
    *("plotly", "psutil", "requests", "scipy", "seaborn", "skimage", "sklearn", "tqdm", "?"),
}
_GIVES_ANYTHING = frozenset(
    (
        *("ctypes", "gc", "importlib", "inspect", "marshal", "pickle", "pkgutil", "runpy", "shelve", "sys"),
        *("builtins.__import__", "builtins.eval", "builtins.globals", "builtins.locals", "builtins.vars"),
        *("builtins.getattr", "builtins.super", "operator.attrgetter", "operator.itemgetter", "operator.methodcaller"),
    )
)
"""Of these: what gives whatever there is, Keras's things among it."""

_ALIASES = {
    "MaxPooling2D": ("MaxPool2D",),
    "AveragePooling2D": ("AvgPool2D",),
    "GlobalAveragePooling2D": ("GlobalAvgPool2D",),
    "GlobalMaxPooling2D": ("GlobalMaxPool2D",),
    "Conv2D": ("Convolution2D",),
    "SeparableConv2D": ("SeparableConvolution2D",),
}
_CANONICAL = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}

_SHORT = {
    "bce": "binarycrossentropy",
    "mse": "meansquarederror",
    "mae": "meanabsoluteerror",
    "acc": "accuracy",
}


def bare(name: str) -> str:
    """One spelling for ``BinaryCrossentropy``, ``binary_crossentropy`` and ``bce``."""
    spread = name.lower().replace("_", "")
    return _SHORT.get(spread, spread)


def names_of(name: str) -> tuple[str, ...]:
    """All names that Keras has for what it calls ``name``."""
    canonical = _CANONICAL.get(name, name)
    return (canonical, *_ALIASES.get(canonical, ()))


def is_of_keras(name: str, origins: Iterable[str]) -> bool:
    """Whether a call of ``name`` may be Keras's, by the dotted names of what it may come from
    (`fairmark.notebook.possible.CallSite.origins_of`): it is not where all of these are known to be something else."""
    return name in _ELSEWHERE or not all(map(_is_something_else, origins))


def _is_something_else(origin: str) -> bool:
    parts = origin.split(".")
    return parts[0] in _NOT_KERAS and not {parts[0], ".".join(parts[:2])} & _GIVES_ANYTHING


def place_of(name: str, parameter: str) -> int | None:
    """Where ``parameter`` stands in a call of ``name`` that does not name it; None where that is not known."""
    canonical = _CANONICAL.get(name, name)
    if canonical in _FIRST.get(parameter, ()):
        return 0
    order = _ORDER.get(canonical, ())
    return order.index(parameter) if parameter in order else None


def default_of(name: str, parameter: str) -> tuple[Value] | None:
    """What Keras takes for ``parameter`` where a call of ``name`` leaves it out, alone in a tuple; None where that is
    not known."""
    known = _DEFAULTS.get(_CANONICAL.get(name, name), {})
    return (known[parameter],) if parameter in known else None
