"""What a notebook calls to get its pictures."""

from __future__ import annotations

from pathlib import Path

from fairmark.course import find_course
from fairmark.data.places import set_folder

__all__ = ["dataset"]


def dataset(name: str) -> Path:
    """The folder of the data set ``name``, with ``train/`` and ``validation/`` in it, each with one folder per class.

    Pictures that are not on this computer yet are drawn now, which takes about half a minute. Raises
    :class:`fairmark.errors.AssignmentNotFound` where the course has no such data set.
    """
    folder = set_folder(name)
    if not folder.is_dir():
        found = find_course().dataset_folder(name)
        # Only where there is something to draw: a notebook that is being marked finds its pictures, or no course.
        from fairmark.data.make import make
        from fairmark.data.recipe import load_recipe

        make(load_recipe(found))
    return folder
