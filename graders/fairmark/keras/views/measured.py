"""What a batch that was really drawn says against what its source says of itself: what was measured counts."""

from __future__ import annotations

import math

from fairmark.evidence import BatchSeen, PicturesOpened

__all__ = ["as_drawn_in", "batch_size_disagrees", "labels_disagree", "scale_disagrees", "size_disagrees"]

_CHANGE_VALUES = frozenset(
    {
        "brightness_range",
        "channel_shift_range",
        "featurewise_center",
        "featurewise_std_normalization",
        "preprocessing_function",
        "samplewise_center",
        "samplewise_std_normalization",
        "zca_whitening",
    }
)
"""Options of ``ImageDataGenerator`` after which pixels need not lie between nothing and their brightest."""
_BRIGHTEST = 255.0
_ROUNDING = 1e-4
_FLOWS = ("flow_from_directory", "flow_from_dataframe")
_SET_BY_HAND = (
    "augmentation",
    "batch_size",
    "class_mode",
    "color_mode",
    "interpolation",
    "overridden",
    "rescale",
    "shuffle",
    "target_size",
)
"""Fields of a flow that it draws by; how many pictures there are, and where, was settled when it was made."""


def as_drawn_in(source: PicturesOpened, in_force: PicturesOpened) -> PicturesOpened:
    """``source`` with what it drew by when ``fit`` began."""
    return source.model_copy(update={field: getattr(in_force, field) for field in _SET_BY_HAND})


def _is_flow(source: PicturesOpened, batch: BatchSeen | None) -> bool:
    return (
        batch is not None and source.made_by in _FLOWS and source.parent is None and batch.pictures == source.pictures
    )


def scale_disagrees(source: PicturesOpened, batch: BatchSeen | None) -> str | None:
    """What the batch holds that pixels times ``rescale`` cannot be, in words; None if nothing."""
    if batch is None or not _is_flow(source, batch) or _CHANGE_VALUES & source.augmentation.keys():
        return None
    if not math.isfinite(source.rescale):
        return None
    least, most = sorted((0.0, _BRIGHTEST * source.rescale))
    slack = _ROUNDING * (most - least)
    if least - slack <= batch.minimum and batch.maximum <= most + slack:  # NaN is neither
        return None
    return f"values from {batch.minimum:.6g} to {batch.maximum:.6g}"


def size_disagrees(source: PicturesOpened, batch: BatchSeen | None) -> str | None:
    """Height and width of the batch, if they are not those that the source says."""
    if batch is None or not _is_flow(source, batch) or source.target_size is None or len(batch.shape) != 4:
        return None
    if list(source.target_size) in (batch.shape[1:3], batch.shape[2:4]):
        return None
    return f"pictures of {batch.shape[1]} x {batch.shape[2]}"


def batch_size_disagrees(source: PicturesOpened, batch: BatchSeen | None) -> str | None:
    """How many pictures ``fit`` drew at first, if a whole batch of what the source says has another number."""
    if batch is None or not _is_flow(source, batch) or batch.fit is None or source.batch_size is None:
        return None
    if not batch.shape or batch.shape[0] == min(source.batch_size, source.found):
        return None
    return f"{batch.shape[0]} pictures"


def labels_disagree(source: PicturesOpened, batch: BatchSeen | None) -> str | None:
    """The form of the batch's labels, if it is not the one that the source says."""
    if batch is None or not _is_flow(source, batch) or not batch.shape:
        return None
    numbers = {"binary": 1, "sparse": 1, "categorical": 2, None: 0}
    axes = numbers.get(source.class_mode, len(batch.labels_shape))
    return None if axes == len(batch.labels_shape) else f"labels of the shape {batch.labels_shape}"
