"""Hidden pictures on disk: ``pictures/`` with files whose names say nothing, and ``labels/`` beside it, not in it.

The folder ``pictures/`` alone is shown to the sandbox; the labels are joined on outside. Marks rest on both, so the
labels carry a digest of themselves: which file shows what, and what is in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fairmark.atomic_write import replace_file
from fairmark.data.manifest import PictureFile
from fairmark.regular_file import regular_bytes

__all__ = ["BLOCK", "Labels", "balanced_order", "read_labels", "write_labels"]

BLOCK = 64
"""Pictures after which every class has had its share again."""


class Labels(BaseModel):
    """``truth`` holds the index into ``classes`` of each of ``files``, whose paths are relative to ``pictures/``;
    ``rounds`` counts how often they were added to; ``digest`` is what :meth:`worked_out` gave when they were made."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    schema_: Literal["fairmark.labels/1"] = Field(default="fairmark.labels/1", alias="schema")
    classes: tuple[str, ...]
    rounds: int
    truth: tuple[int, ...]
    files: tuple[PictureFile, ...]
    digest: str = ""

    def worked_out(self) -> str:
        """SHA-256, hexadecimal, of the classes and of every file's name, size, digest and class, in their order."""
        rows = [
            [self.schema_, self.rounds, *self.classes],
            *(
                [kind, file.path, file.size_bytes, file.sha256]
                for kind, file in zip(self.truth, self.files, strict=True)
            ),
        ]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def read_labels(stock: Path) -> Labels | None:
    """The labels of the hidden pictures in the folder ``stock``; None where there are none, or where they are not as
    they were written."""
    try:
        labels = Labels.model_validate_json(regular_bytes(stock / "labels" / "labels.json"))
    except (OSError, ValidationError):
        return None
    fits = len(labels.truth) == len(labels.files) and {*labels.truth} <= {*range(len(labels.classes))}
    return labels if fits and labels.digest == labels.worked_out() else None


def write_labels(stock: Path, labels: Labels) -> Labels:
    """Write the labels with their digest, for the owner only; what was written. They come last: a stock without them
    counts for nothing."""
    labels = labels.model_copy(update={"digest": labels.worked_out()})
    (stock / "labels").mkdir(parents=True, exist_ok=True)
    replace_file(stock / "labels" / "labels.json", labels.model_dump_json(indent=1).encode(), mode=0o600)
    return labels


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
