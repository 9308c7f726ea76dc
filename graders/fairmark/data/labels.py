"""Hidden pictures on disk: ``pictures/`` with files whose names say nothing, and ``labels/`` beside it, not in it.

The folder ``pictures/`` alone is shown to the sandbox; the labels are joined on outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fairmark.data.manifest import PictureFile
from fairmark.whole import replace_file

__all__ = ["BLOCK", "Labels", "balanced_order", "read_labels", "write_labels"]

BLOCK = 64
"""Pictures after which every class has had its share again."""


class Labels(BaseModel):
    """``truth`` holds the index into ``classes`` of each of ``files``, whose paths are relative to ``pictures/``;
    ``rounds`` counts how often they were added to."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    schema_: Literal["fairmark.labels/1"] = Field(default="fairmark.labels/1", alias="schema")
    classes: tuple[str, ...]
    rounds: int
    truth: tuple[int, ...]
    files: tuple[PictureFile, ...]


def read_labels(stock: Path) -> Labels | None:
    """The labels of the hidden pictures in the folder ``stock``; None where there are none, or none that fit."""
    try:
        labels = Labels.model_validate_json((stock / "labels" / "labels.json").read_bytes())
    except (OSError, ValidationError):
        return None
    return labels if len(labels.truth) == len(labels.files) else None


def write_labels(stock: Path, labels: Labels) -> None:
    """Write the labels, for the owner only. They are written last: a stock without them counts for nothing."""
    (stock / "labels").mkdir(parents=True, exist_ok=True)
    replace_file(stock / "labels" / "labels.json", labels.model_dump_json(indent=1).encode(), mode=0o600)


def balanced_order(counts: Sequence[int], random: Random) -> list[tuple[int, int]]:
    """An order of all pictures, each as (class, index within the class), ``counts[class]`` of them.

    Shuffled, except that any number of whole blocks of 64 from the start holds each class in its proportion, give or
    take a picture: whoever stops early has seen a fair sample.
    """
    spread = sorted(((index + 0.5) / count, kind, index) for kind, count in enumerate(counts) for index in range(count))
    order = [(kind, index) for _, kind, index in spread]
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        random.shuffle(block)
        order[start : start + BLOCK] = block
    return order
