"""Looks at every picture of an archive before anything is written, and says what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from pydantic import BaseModel, ConfigDict

from fairmark.data.archive import Archive, Entry
from fairmark.data.listing import Listing
from fairmark.data.pictures import CHECK_ARCHIVE, Seen, TooManyPixelsError, UnreadablePictureError, as_kept, examine
from fairmark.data.recipe import Recipe
from fairmark.data.upright import Change
from fairmark.errors import ArchiveRefused, UsageError

__all__ = ["Added", "ByClass", "Found", "Skipped", "Survey", "all_of", "notes_on", "sizes_of", "survey"]


class Schema(BaseModel):
    model_config = ConfigDict(frozen=True)


class Skipped(Schema):
    """A file with a picture's ending that cannot be decoded; ``reason`` goes on where its name ends."""

    archive: Path
    member: str
    reason: str
    remedy: str = CHECK_ARCHIVE


class Added(Schema):
    """What ``add`` found and did: pictures put in place, by split and class; how many of each size ("300 x 300", width
    first) there are; how many were written anew as PNG; files left out, because they cannot be decoded or are no
    pictures; how many of each class are held back; and sentences about what does not look as the recipe says."""

    dataset: str
    folder: Path
    counts: dict[str, dict[str, int]]
    sizes: dict[str, int]
    converted: int
    skipped: tuple[Skipped, ...]
    other_files: tuple[str, ...]
    held_back: dict[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A readable picture in an archive."""

    archive: Archive
    entry: Entry
    seen: Seen

    def content(self) -> bytes:
        """The bytes to keep: those of the archive, or the picture written anew."""
        content = self.archive.read(self.entry)
        return as_kept(content, self.seen.suffix) if self.seen.convert else content


ByClass: TypeAlias = dict[str, list[Found]]


@dataclass(frozen=True, slots=True)
class Survey:
    """One archive: its readable pictures by class, in the order of their names, and the files left out."""

    found: ByClass
    skipped: tuple[Skipped, ...]
    other_files: tuple[str, ...]


def survey(archive: Archive, listing: Listing, *, at_least: int, step: Callable[[], None]) -> Survey:
    """Decode every listed picture once, calling ``step`` after each.

    Raises :class:`ArchiveRefused` where one has too many pixels, :class:`UsageError` where a class has fewer than
    ``at_least`` that can be read.
    """
    found: ByClass = {}
    skipped: list[Skipped] = []
    for class_name, entries in listing.pictures.items():
        found[class_name] = []
        for entry in entries:
            try:
                found[class_name].append(Found(archive, entry, examine(archive.read(entry), entry.name)))
            except UnreadablePictureError as error:
                left_out = Skipped(archive=archive.path, member=entry.name, reason=str(error), remedy=error.remedy)
                skipped.append(left_out)
            except TooManyPixelsError as error:
                raise ArchiveRefused(
                    f"{archive.path}: member {entry.name!r} has {error}.", remedy="Make the picture smaller."
                ) from error
            step()
        if len(found[class_name]) < at_least:
            unreadable = f": {skipped[0].member!r} {skipped[0].reason}" if skipped else ""
            raise UsageError(
                f"{archive.path}: class {class_name!r} has {len(found[class_name])} readable pictures"
                f" and needs {at_least}{unreadable}",
                remedy=skipped[0].remedy if skipped else CHECK_ARCHIVE,
            )
    return Survey(found, tuple(skipped), listing.other_files)


def sizes_of(found: list[Found]) -> dict[str, int]:
    """How many pictures of each size, the commonest first."""
    counted = Counter(f"{one.seen.size[0]} x {one.seen.size[1]}" for one in found)
    return dict(counted.most_common())


def notes_on(recipe: Recipe, surveys: Mapping[str, Survey], hidden: list[Found]) -> tuple[str, ...]:
    """Sentences about what an instructor should know before pictures are used."""
    notes = []
    for split, expected in (recipe.real.pictures if recipe.real else {}).items():
        count = sum(map(len, surveys[split].found.values()))
        if count != expected:
            notes.append(f"{split}: the recipe speaks of {expected} real pictures; the archive has {count}.")
    every = [one for split in surveys.values() for one in all_of(split.found)]
    notes += [note for change, words in _CHANGES.items() if (note := _note_on(change, words, every))]
    remedies = dict.fromkeys(skipped.remedy for split in surveys.values() for skipped in split.skipped)
    notes += [remedy for remedy in remedies if remedy != CHECK_ARCHIVE]
    trained = {one.seen.pixels_sha256 for one in all_of(surveys["train"].found)}
    known = sum(one.seen.pixels_sha256 in trained for one in hidden)
    if known:
        notes.append(f"{known} of {len(hidden)} hidden pictures are among the training pictures, pixel for pixel.")
    return tuple(notes)


_CHANGES: Final[dict[Change, str]] = {
    "scaled": "{count} with more than 8 bits a channel {were} scaled to 8, as {first!r}.",
    "turned": "{count} lying on their side, as {first!r}, {were} turned as the camera noted.",
    "first_of_several": "{count} with several frames or pages {were} kept with the first alone, as {first!r}.",
    "transparent": "{count} {are} transparent in places, as {first!r}: frameworks show the colours that lie there.",
}
"""What is said of pictures with each change."""


def _note_on(change: Change, words: str, found: list[Found]) -> str | None:
    names = [one.entry.name for one in found if change in one.seen.changes]
    if not names:
        return None
    one = len(names) == 1
    count = f"{len(names)} picture{'' if one else 's'}"
    return words.format(count=count, first=names[0][:120], were="was" if one else "were", are="is" if one else "are")


def all_of(found: ByClass) -> list[Found]:
    """The pictures of all classes, class after class."""
    return [one for pictures in found.values() for one in pictures]
