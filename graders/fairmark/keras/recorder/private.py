"""What the recorder reaches for in Keras and TensorFlow that is not public, all in one place.

Neither promises to keep these where they are. They were found here in the versions of `SEEN_ON`, and the ceilings of
the dependencies are to be raised once ``tests/keras/recorder/test_private.py`` and ``test_hooks.py`` beside it pass
on others.
"""

from __future__ import annotations

from importlib.metadata import version

import tensorflow as tf

__all__ = [
    "DRAWN_BY",
    "SEEN_ON",
    "BaseOptimizer",
    "CompileLoss",
    "CompileMetrics",
    "EagerTensor",
    "Functional",
    "ListWrapper",
    "LossFunctionWrapper",
    "MeanMetricWrapper",
    "MetricsList",
    "PyDatasetAdapter",
    "ResourceVariable",
    "TensorFlowTrainer",
    "TrackedDict",
    "TrackedList",
    "Tracker",
    "UnliftedInitializerVariable",
    "_DefaultDistributionStrategy",
    "_TupleWrapper",
    "backend",
    "execute",
    "gradient_registry",
    "image_dataset_utils",
    "legacy",
    "pywrap_tfe",
]

SEEN_ON = {"keras": ("3.15",), "tensorflow": ("2.21",)}
"""Versions, by distribution, in which all of it was found."""

try:
    from keras.src import backend
    from keras.src.backend.tensorflow.trainer import TensorFlowTrainer
    from keras.src.legacy.preprocessing import image as legacy
    from keras.src.losses.losses import LossFunctionWrapper
    from keras.src.metrics.reduction_metrics import MeanMetricWrapper
    from keras.src.models.functional import Functional
    from keras.src.optimizers.base_optimizer import BaseOptimizer
    from keras.src.trainers.compile_utils import CompileLoss, CompileMetrics, MetricsList
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter
    from keras.src.utils import image_dataset_utils
    from keras.src.utils.tracking import TrackedDict, TrackedList, Tracker
    from tensorflow.python import pywrap_tfe
    from tensorflow.python.distribute.distribute_lib import _DefaultDistributionStrategy
    from tensorflow.python.eager import execute
    from tensorflow.python.eager.polymorphic_function.polymorphic_function import UnliftedInitializerVariable
    from tensorflow.python.framework.ops import EagerTensor, gradient_registry
    from tensorflow.python.ops.resource_variable_ops import ResourceVariable
    from tensorflow.python.trackable.data_structures import ListWrapper, _TupleWrapper
except ImportError as problem:
    here = ", ".join(f"{name} {version(name)}" for name in SEEN_ON)
    said = f"fairmark reaches for what is not where it was: {problem} (here are {here}, it was seen on {SEEN_ON})"
    raise ImportError(said) from problem

DRAWN_BY = (
    "keras.src.initializers.constant_initializers",
    "keras.src.initializers.random_initializers",
    "keras.src.random.random",
    "keras.src.random.seed_generator",
    "keras.src.random",
    "keras.src.ops",
    "keras.src.backend",
    "keras.src.backend.tensorflow",
    "keras.src.backend.tensorflow.random",
    "keras.src.backend.tensorflow.numpy",
    "keras.src.backend.tensorflow.core",
    tf.random.__name__,
    "tensorflow.python.ops.stateless_random_ops",
    "tensorflow.python.ops.gen_stateless_random_ops",
    "tensorflow.python.ops.gen_stateless_random_ops_v2",
    "tensorflow.python.eager.execute",
    pywrap_tfe.__name__,
)
"""Modules that initializers reach for their numbers through."""
