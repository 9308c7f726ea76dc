"""Takes real pictures from archives: looks at every one, holds some back, and puts the rest in place at once."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random

import PIL

from fairmark.atomic_write import replace_file
from fairmark.data.archive import Archive, opened
from fairmark.data.atomic import Waiting, locked, new_sibling, put_in_place, translated_disk_errors
from fairmark.data.labels import Labels, balanced_order, write_labels
from fairmark.data.listing import list_pictures, safe_name, unused_name
from fairmark.data.manifest import MANIFEST, Manifest, PictureFile, combined_digest
from fairmark.data.places import SPLITS, secret_folder, set_folder
from fairmark.data.recipe import Recipe
from fairmark.data.secret import secret_seed
from fairmark.data.survey import Added, ByClass, Found, Survey, all_of, notes_on, sizes_of, survey
from fairmark.data.workers import Progress

__all__ = ["add"]

Step = Callable[[], None]


def add(  # keyword-only, an option of the command each
    recipe: Recipe,
    *,
    train: Path,
    validation: Path,
    hidden: Path | None = None,
    looking: Progress | None = None,
    writing: Progress | None = None,
    waiting: Waiting | None = None,
) -> Added:
    """Put real pictures in the place of the data set, from a zip file or folder for each split.

    Where no archive of ``hidden`` pictures is given, half of the validation pictures of each class (of an odd number
    the smaller half), chosen by the secret seed, go to the secret folder instead; training pictures are never held
    back. A set that stood in the place is replaced, and so are the pictures held back from it. ``looking``
    counts the files that are looked at, ``writing`` the pictures that are put in place afterwards.

    Raises :class:`UsageError` where an archive is missing, its folders are not the recipe's classes, or a class has too
    few pictures; :class:`ArchiveRefused` where it holds what is never unpacked; :class:`MachineError` where the disk is
    full or a folder not writable.
    """
    paths = {"train": train, "validation": validation} | ({"hidden": hidden} if hidden else {})
    with ExitStack() as stack:
        archives = {split: stack.enter_context(opened(path)) for split, path in paths.items()}
        surveys = _surveys(archives, recipe, looking)
        public = {split: surveys[split].found for split in SPLITS}
        if hidden:
            secret = surveys["hidden"].found
        else:
            public["validation"], secret = _hold_back(recipe, public["validation"])
        final = set_folder(recipe.name)
        step = _counter(writing, sum(len(all_of(found)) for found in (*public.values(), secret)))
        with translated_disk_errors(final), locked(final, waiting):
            _put_both(recipe, public, secret, final, step)
    return Added(
        dataset=recipe.name,
        folder=final,
        counts=_counts(public),
        sizes=sizes_of([one for found in (*public.values(), secret) for one in all_of(found)]),
        converted=sum(one.seen.is_made_png for found in (*public.values(), secret) for one in all_of(found)),
        skipped=tuple(skipped for one in surveys.values() for skipped in one.skipped),
        other_files=tuple(name for one in surveys.values() for name in one.other_files),
        held_back={class_name: len(found) for class_name, found in secret.items()},
        notes=notes_on(recipe, surveys, all_of(secret)),
    )


def _surveys(archives: Mapping[str, Archive], recipe: Recipe, looking: Progress | None) -> dict[str, Survey]:
    """Look at every picture."""
    listings = {split: list_pictures(archive, recipe.classes) for split, archive in archives.items()}
    total = sum(len(entries) for listing in listings.values() for entries in listing.pictures.values())
    step = _counter(looking, total)
    surveys = {}
    for split, archive in archives.items():
        at_least = 2 if split == "validation" and "hidden" not in archives else 1
        surveys[split] = survey(archive, listings[split], at_least=at_least, step=step)
    return surveys


def _counter(progress: Progress | None, total: int) -> Step:
    """A function that counts one more of ``total`` at each call."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    return step


def _hold_back(recipe: Recipe, found: ByClass) -> tuple[ByClass, ByClass]:
    """Part the pictures of each class: those that stay, and those held back."""
    stay, secret = {}, {}
    for class_name, pictures in found.items():
        chooser = Random(f"{secret_seed()}/held back/{recipe.name}/{class_name}")
        chosen = set(chooser.sample(range(len(pictures)), len(pictures) // 2))
        stay[class_name] = [one for index, one in enumerate(pictures) if index not in chosen]
        secret[class_name] = [pictures[index] for index in sorted(chosen)]
    return stay, secret


def _put_both(recipe: Recipe, public: Mapping[str, ByClass], secret: ByClass, final: Path, step: Step) -> None:
    """Write hidden and public pictures and put them in place. The public ones come last: their manifest names the
    folder of the hidden ones, so that both change in one rename."""
    stock = secret_folder() / "held_back" / recipe.name / secrets.token_hex(8)
    stock.mkdir(parents=True, mode=0o700)
    made = new_sibling(final)
    try:
        labels = _write_hidden(recipe, secret, stock, step)
        manifest = _write_public(recipe, public, made, step)
        manifest = manifest.model_copy(update={"held_back": stock.name, "held_back_sha256": labels.digest})
        replace_file(made / MANIFEST, manifest.model_dump_json(indent=1).encode())
        put_in_place(made, final)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(stock, ignore_errors=True)
        raise
    for former in stock.parent.iterdir():
        if former != stock:
            shutil.rmtree(former)


def _write_hidden(recipe: Recipe, secret: ByClass, stock: Path, step: Step) -> Labels:
    """Write the hidden pictures under numbers, in an order that the secret seed decides; their labels."""
    (stock / "pictures").mkdir()
    order = balanced_order(
        [len(secret[class_name]) for class_name in recipe.classes],
        Random(f"{secret_seed()}/order/{recipe.name}/held back"),
    )
    files = []
    for number, (kind, index) in enumerate(order):
        one = secret[recipe.classes[kind]][index]
        files.append(_write(one, stock / "pictures", f"{number:05d}{one.seen.suffix.lower()}"))
        step()
    truth = tuple(kind for kind, _ in order)
    return write_labels(stock, Labels(classes=recipe.classes, rounds=1, truth=truth, files=tuple(files)))


def _write_public(recipe: Recipe, public: Mapping[str, ByClass], made: Path, step: Step) -> Manifest:
    """Write the pictures of both splits under their own names; the manifest of them."""
    written: list[tuple[PictureFile, str]] = []
    for split, by_class in public.items():
        for class_name, found in by_class.items():
            (made / split / class_name).mkdir(parents=True)
            used: set[str] = set()
            for one in found:
                name = unused_name(safe_name(one.entry.name, one.seen.suffix), used)
                written.append((_write(one, made, f"{split}/{class_name}/{name}"), one.seen.pixels_sha256))
                step()
    written.sort(key=lambda pair: pair[0].path)
    return Manifest(
        dataset=recipe.name,
        origin="added",
        recipe_sha256=recipe.digest,
        seed=None,
        classes=recipe.classes,
        counts=_counts(public),
        pixels_sha256=combined_digest([pixels for _, pixels in written]),
        pillow=PIL.__version__,
        files=tuple(file for file, _ in written),
    )


def _write(one: Found, folder: Path, name: str) -> PictureFile:
    content = one.content()
    (folder / name).write_bytes(content)
    return PictureFile.of(name, content)


def _counts(public: Mapping[str, ByClass]) -> dict[str, dict[str, int]]:
    return {split: {name: len(found) for name, found in by_class.items()} for split, by_class in public.items()}
