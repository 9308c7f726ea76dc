"""Data sets: recipes, the pictures they are drawn or added from, and the hidden pictures that marks rest on.

A course names a data set and this room sees to it that its pictures are on this computer. ``load_recipe`` reads what
the course says of it. ``make`` draws the public pictures with the recipe's ``render.py``, or ``add`` takes real ones
from archives; either way a set is in place as a whole, with a manifest, or not at all, and ``verify`` finds every byte
that has changed since. ``hidden_pictures`` gives what models are marked on: drawn from a seed that only this
installation knows, or held back from the real ones. Those lie in a folder apart from all that a notebook may open,
under names that say nothing, with the labels in another.

    places      the folders                          secret    the seed
    recipe      dataset.toml and render.py           hidden    hidden pictures; labels: how they lie on disk
    drawing     one picture; the worker program      archive   zip files and folders, read safely
    workers     many pictures on all cores           listing   the class folders in an archive
    atomic      whole folders or none                pictures  what a file really is
    manifest    what should be there                 survey    every picture of an archive looked at
    make        draw a set                           add       put real pictures in place
    dataset     what a notebook calls
    decoded     pictures decoded once, for all runs      picture_form   how notebooks open one
"""

from __future__ import annotations

from fairmark.data.add import add
from fairmark.data.hidden import Hidden, hidden_pictures, require_hidden, verify_hidden
from fairmark.data.make import make, pixels_as_published
from fairmark.data.manifest import Manifest, PictureFile, Problem, pictures_by_folder, read_manifest, verify
from fairmark.data.places import data_folder, evidence_folder, secret_folder, set_folder
from fairmark.data.recipe import Real, Recipe, Splits, load_recipe
from fairmark.data.secret import secret_seed
from fairmark.data.survey import Added, Skipped
from fairmark.data.workers import Progress

__all__ = [
    "Added",
    "Hidden",
    "Manifest",
    "PictureFile",
    "Problem",
    "Progress",
    "Real",
    "Recipe",
    "Skipped",
    "Splits",
    "add",
    "data_folder",
    "evidence_folder",
    "hidden_pictures",
    "load_recipe",
    "make",
    "pictures_by_folder",
    "pixels_as_published",
    "read_manifest",
    "require_hidden",
    "secret_folder",
    "secret_seed",
    "set_folder",
    "verify",
    "verify_hidden",
]
