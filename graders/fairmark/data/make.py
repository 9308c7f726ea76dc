"""Draws a data set's public pictures: all of it in place, or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import PIL

from fairmark.atomic_write import replace_file
from fairmark.data.atomic import Waiting, locked, new_sibling, put_in_place, translated_disk_errors
from fairmark.data.manifest import MANIFEST, Manifest, PictureFile, combined_digest, read_manifest
from fairmark.data.places import set_folder
from fairmark.data.recipe import Recipe, Splits, picture_seed
from fairmark.data.workers import Drawn, Job, Progress, draw_all
from fairmark.errors import RecipeError

__all__ = ["make", "pixels_as_published"]


def make(
    recipe: Recipe,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    again: bool = False,
    waiting: Waiting | None = None,
) -> Path:
    """Draw the set with ``workers`` processes (default: all usable cores) unless it is there; its folder.

    A set drawn by the same recipe is left as it is, and so is one of real pictures that were added; ``again`` replaces
    either. Another process that makes the same set is waited for, after a call of ``waiting``. One seed gives the same
    bytes every time on one computer, and the same pixels on every one.

    Raises :class:`RecipeError` where there is no ``render.py`` or it is wrong, :class:`MachineError` where the disk is
    full or the folder not writable, :class:`PicturesDamaged` where a set without a readable manifest stands in the
    place and ``again`` is not given.
    """
    final = set_folder(recipe.name)
    if not again and _is_there(recipe, final):
        return final
    if not recipe.drawable or recipe.splits is None:
        raise RecipeError(f"{recipe.folder}: has no render.py, so nothing can be drawn", remedy=recipe.add_remedy)
    with translated_disk_errors(final), locked(final, waiting) as lock:
        if not again and _is_there(recipe, final):
            return final  # by the process that was waited for
        made = new_sibling(final)
        try:
            draw = partial(draw_all, recipe, lock=lock, workers=workers, progress=progress)
            manifest = _draw_into(recipe, recipe.splits, made, draw)
            replace_file(made / MANIFEST, manifest.model_dump_json(indent=1).encode())
            put_in_place(made, final)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    return final


def _is_there(recipe: Recipe, final: Path) -> bool:
    manifest = read_manifest(final)
    return manifest is not None and (manifest.origin == "added" or manifest.recipe_sha256 == recipe.digest)


def _draw_into(recipe: Recipe, splits: Splits, folder: Path, draw: Callable[[list[Job]], list[Drawn]]) -> Manifest:
    """Draw both splits below ``folder``; the manifest of what was written."""
    counts = {"train": splits.train, "validation": splits.validation}
    jobs = []
    for split, class_counts in counts.items():
        for class_name, count in class_counts.items():
            target = folder / split / class_name
            target.mkdir(parents=True)
            jobs += [
                Job(picture_seed(recipe.seed, split, class_name, index), class_name, target / _name(class_name, index))
                for index in range(count)
            ]
    jobs.sort(key=lambda job: job.target.relative_to(folder).as_posix())
    drawn = draw(jobs)
    files = [
        PictureFile(path=job.target.relative_to(folder).as_posix(), size_bytes=one.size_bytes, sha256=one.sha256)
        for job, one in zip(jobs, drawn, strict=True)
    ]
    return Manifest(
        dataset=recipe.name,
        origin="drawn",
        recipe_sha256=recipe.digest,
        seed=recipe.seed,
        classes=recipe.classes,
        counts=counts,
        pixels_sha256=combined_digest([one.pixels_sha256 for one in drawn]),
        pillow=PIL.__version__,
        files=tuple(files),
    )


def _name(class_name: str, index: int) -> str:
    return f"{class_name}-{index:05d}.png"


def pixels_as_published(recipe: Recipe, manifest: Manifest) -> bool | None:
    """Whether a drawn set shows the same, to the pixel, as the one the author published a digest of; None where there
    is no digest or the set is not the drawn one. Another version of Pillow may draw a line differently."""
    if recipe.pixels_sha256 is None or manifest.origin != "drawn":
        return None
    return manifest.pixels_sha256 == recipe.pixels_sha256
