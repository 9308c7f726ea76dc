"""Hidden pictures: what a trained model is marked on, never seen by a notebook and not to be guessed.

Before marks rest on them, every file is compared with its digest, and the labels with theirs: once in each process, and
again where a file has been touched since. Drawn ones that are damaged are drawn again, from the same seed; those held
back cannot be, and nothing is marked with them until they are added again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import Literal

from fairmark.data.atomic import Waiting, locked, new_sibling, translated_disk_errors
from fairmark.data.labels import Labels, balanced_order, read_labels, write_labels
from fairmark.data.manifest import Manifest, PictureFile, Problem, extra_files, file_problem, read_manifest
from fairmark.data.places import secret_folder, set_folder
from fairmark.data.recipe import ADD_REMEDY, Recipe, picture_seed
from fairmark.data.secret import secret_seed
from fairmark.data.workers import Drawn, Job, Progress, draw_all
from fairmark.errors import PicturesDamaged, PicturesMissing

__all__ = ["Hidden", "hidden_pictures", "require_hidden", "verify_hidden"]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Pictures and what they show. They lie in one folder that holds nothing else; ``truth[i]`` is the index into
    ``classes`` of ``pictures[i]``. ``more`` says whether another round would give further ones."""

    pictures: tuple[Path, ...]
    truth: tuple[int, ...]
    classes: tuple[str, ...]
    source: Literal["drawn", "held back"]
    more: bool

    @property
    def folder(self) -> Path:
        """The folder of the pictures: all that the sandbox may be shown."""
        return self.pictures[0].parent

    def first(self, count: int) -> Hidden:
        """The first ``count`` of them."""
        return replace(self, pictures=self.pictures[:count], truth=self.truth[:count])


def hidden_pictures(
    recipe: Recipe,
    *,
    rounds: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    waiting: Waiting | None = None,
) -> Hidden:
    """The hidden pictures of a data set, as many as ``rounds`` rounds give, drawn now where they are not there yet.

    For a drawn set each round is the recipe's ``[hidden]`` count, from this installation's secret seed; a further round
    adds to the earlier ones and leaves them as they are. For an added set they are those held back, all of them, in
    whatever round. Any 64, 128, … pictures from the start hold each class in its proportion.

    Raises :class:`PicturesMissing` where nothing can be drawn and nothing was held back here, :class:`PicturesDamaged`
    where those held back or their labels are not as they were, :class:`RecipeError` where ``render.py`` is wrong, and
    :class:`MachineError` where the secret seed is damaged, the secret folder is open to others or the disk is full.
    """
    if rounds < 1:
        raise ValueError(f"rounds counts from 1, not {rounds}")
    manifest = read_manifest(set_folder(recipe.name))
    if manifest is not None and manifest.origin == "added":
        return _held_back(manifest)
    if not recipe.drawable or recipe.hidden is None:
        raise PicturesMissing(f"{recipe.name}: its pictures are not on this computer", remedy=recipe.add_remedy)
    stock = _stock(recipe)
    with translated_disk_errors(stock):
        labels = _sound(recipe, stock, rounds)
        if labels is None:
            with locked(stock, waiting) as lock:
                draw = partial(draw_all, recipe, lock=lock, workers=workers, progress=progress)
                labels = _sound(recipe, stock, rounds) or _draw_rounds(recipe, stock, rounds, draw)
    wanted = rounds * sum(recipe.hidden.values())
    return _hidden(stock, labels, wanted, source="drawn")


def require_hidden(recipe: Recipe) -> None:
    """Raises what :func:`hidden_pictures` would where drawing cannot mend it, and draws nothing: the secret seed is
    damaged, or those held back are."""
    secret_seed()
    manifest = read_manifest(set_folder(recipe.name))
    if manifest is not None and manifest.origin == "added":
        _held_back(manifest)


def verify_hidden(recipe: Recipe) -> list[Problem]:
    """Compare the hidden pictures that are on this computer, and what each shows, with their digests; empty where all
    is well or, for a set that draws them when they are needed, none are there yet."""
    manifest = read_manifest(set_folder(recipe.name))
    if manifest is not None and manifest.origin == "added":
        stock = _stock_held_back(manifest)
        return _problems(stock, _labels_held_back(stock, manifest))
    if not recipe.drawable or recipe.hidden is None:
        return []
    stock = _stock(recipe)
    is_drawn = stock.is_dir() and any(stock.iterdir())  # the disk may have been full before the first
    return _problems(stock, _labels_drawn(recipe, stock)) if is_drawn else []


def _problems(stock: Path, labels: Labels | None) -> list[Problem]:
    if labels is None:
        said = f"the labels of the hidden pictures in {stock} are not as they were written"
        return [Problem(kind="changed", path="labels/labels.json", message=said)]
    folder = stock / "pictures"
    with ThreadPoolExecutor() as pool:  # hashing releases the interpreter's lock
        found = list(pool.map(lambda file: file_problem(folder, file), labels.files))
    return [problem for problem in found if problem] + (extra_files(folder, labels.files) if folder.is_dir() else [])


def _stock(recipe: Recipe) -> Path:
    """Where the drawn ones lie: a folder of its own for each recipe and seed."""
    key = json.dumps([recipe.digest, recipe.hidden, secret_seed()], sort_keys=True)
    return secret_folder() / "hidden" / recipe.name / hashlib.sha256(key.encode()).hexdigest()[:16]


def _labels_drawn(recipe: Recipe, stock: Path) -> Labels | None:
    """The labels where they say what the seed says; else None."""
    labels = read_labels(stock)
    if labels is None or labels.classes != recipe.classes or labels.rounds < 1:
        return None
    counts = tuple((recipe.hidden or {})[class_name] for class_name in recipe.classes)
    return labels if labels.truth == _truth(secret_seed(), recipe.name, counts, labels.rounds) else None


@lru_cache(maxsize=32)
def _truth(secret: str, name: str, counts: tuple[int, ...], rounds: int) -> tuple[int, ...]:
    """What each picture of so many rounds shows."""
    return tuple(kind for number in range(rounds) for kind, _ in _order(secret, name, counts, number))


def _order(secret: str, name: str, counts: Sequence[int], number: int) -> list[tuple[int, int]]:
    """Class, and index within the class, of each picture of a round; the first is 0."""
    return balanced_order(counts, Random(f"{secret}/order/{name}/{number}"))


_seen_sound: dict[Path, object] = {}
"""For each stock that this process has compared with its digests, how its files looked then."""
_comparing = threading.Lock()


def _is_sound(stock: Path, labels: Labels) -> bool:
    """Whether every file has its digest and there is no other."""
    with _comparing:
        looks = _looks(stock, labels)
        if looks is None or _seen_sound.get(stock) != looks:
            if _problems(stock, labels):
                return False
            _seen_sound[stock] = looks
    return True


def _looks(stock: Path, labels: Labels) -> object:
    """What is another whenever a file was written, removed or added; None where the folder cannot be looked at."""
    try:
        with os.scandir(stock / "pictures") as entries:
            seen = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    except OSError:
        return None
    return labels.digest, frozenset(
        (name, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for name, one in seen
    )


def _sound(recipe: Recipe, stock: Path, rounds: int) -> Labels | None:
    """The labels where there are enough rounds and every file is as it was drawn; else None."""
    labels = _labels_drawn(recipe, stock)
    return labels if labels is not None and labels.rounds >= rounds and _is_sound(stock, labels) else None


def _draw_rounds(recipe: Recipe, stock: Path, rounds: int, draw: Callable[[list[Job]], list[Drawn]]) -> Labels:
    """Draw the rounds that are missing, beside the stock, and move them in; the labels come last. Where anything there
    is damaged, all are drawn."""
    former = _labels_drawn(recipe, stock)
    rounds = max(rounds, former.rounds if former else 0)
    if former is None or not _is_sound(stock, former):
        former = Labels(classes=recipe.classes, rounds=0, truth=(), files=())
        shutil.rmtree(stock, ignore_errors=True)
    stock.mkdir(parents=True, exist_ok=True)
    made = new_sibling(stock)
    try:
        jobs, truth = _jobs(recipe, made, range(former.rounds, rounds), first=len(former.files))
        drawn = draw(jobs)
        (stock / "pictures").mkdir(exist_ok=True)
        for job in jobs:
            job.target.replace(stock / "pictures" / job.target.name)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    files = tuple(_file(job, one) for job, one in zip(jobs, drawn, strict=True))
    labels = Labels(classes=recipe.classes, rounds=rounds, truth=former.truth + truth, files=former.files + files)
    return write_labels(stock, labels)


def _jobs(recipe: Recipe, folder: Path, rounds: range, *, first: int) -> tuple[list[Job], tuple[int, ...]]:
    """What to draw for these rounds (the first is 0), the files numbered from ``first``; and what each shows."""
    secret, hidden = secret_seed(), recipe.hidden or {}
    counts = [hidden[class_name] for class_name in recipe.classes]
    jobs: list[Job] = []
    truth: list[int] = []
    for number in rounds:
        for kind, index in _order(secret, recipe.name, counts, number):
            class_name = recipe.classes[kind]
            seed = picture_seed(secret, "hidden", class_name, number * counts[kind] + index)
            jobs.append(Job(seed, class_name, folder / f"{first + len(jobs):05d}.png"))
            truth.append(kind)
    return jobs, tuple(truth)


def _file(job: Job, drawn: Drawn) -> PictureFile:
    return PictureFile(path=job.target.name, size_bytes=drawn.size_bytes, sha256=drawn.sha256)


def _stock_held_back(manifest: Manifest) -> Path:
    """Where those held back from an added set lie. Raises :class:`PicturesMissing` where they are not there."""
    stock = secret_folder() / "held_back" / manifest.dataset / (manifest.held_back or "none")
    if not stock.is_dir():
        raise PicturesMissing(
            f"{manifest.dataset}: the pictures held back when it was added are not in {secret_folder()}",
            remedy=ADD_REMEDY.replace("NAME", manifest.dataset),
        )
    return stock


def _labels_held_back(stock: Path, manifest: Manifest) -> Labels | None:
    """The labels where they are those that the set was added with; else None."""
    labels = read_labels(stock)
    if labels is None or labels.digest != manifest.held_back_sha256 or labels.classes != manifest.classes:
        return None
    return labels if labels.files else None


def _held_back(manifest: Manifest) -> Hidden:
    stock = _stock_held_back(manifest)
    labels = _labels_held_back(stock, manifest)
    if labels is None or not _is_sound(stock, labels):
        problems = _problems(stock, labels)
        more = f", and {len(problems) - 1} more like it" if len(problems) > 1 else ""
        raise PicturesDamaged(
            f"{stock}: the pictures held back from {manifest.dataset} are not as they were when it was added: "
            f"{problems[0].message if problems else 'they were being written'}{more}",
            remedy=f"Nothing is marked with them. {ADD_REMEDY.replace('NAME', manifest.dataset)}",
        )
    return _hidden(stock, labels, len(labels.files), source="held back")


def _hidden(stock: Path, labels: Labels, count: int, *, source: Literal["drawn", "held back"]) -> Hidden:
    return Hidden(
        pictures=tuple(stock / "pictures" / file.path for file in labels.files[:count]),
        truth=labels.truth[:count],
        classes=labels.classes,
        source=source,
        more=source == "drawn",
    )
