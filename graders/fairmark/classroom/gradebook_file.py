"""The gradebook on disk, which people edit: what they wrote is never lost."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Sequence
from pathlib import Path

from fairmark.atomic_write import write_file
from fairmark.classroom.ledger import Ledger
from fairmark.errors import MachineError
from fairmark.present.gradebook import gradebook_text
from fairmark.report import Standing

__all__ = ["GradebookFile"]


class GradebookFile:
    """The file ``path``. ``ledger`` remembers what was last written there; ``kept`` are files that were moved aside
    because they held something else, ``gradebook.edited-<time>.csv``."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self.path = path
        self.kept: list[Path] = []
        self._ledger = ledger

    def write(self, standings: Sequence[Standing]) -> None:
        """Raises :class:`fairmark.errors.MachineError` where that cannot be done; what stood there is there then."""
        content = gradebook_text(standings).encode()
        digest = _digest(content)
        self._keep_edited(digest)
        # Told before: a kill in between must not make our own file look like somebody's edit.
        self._ledger.gradebook_may_be(digest)
        write_file(self.path, content)
        self._ledger.gradebook_is(digest)

    def _keep_edited(self, about_to_write: str) -> None:
        known = self._ledger.gradebooks()
        if not known and not self._ledger.is_new:
            return  # a ledger of an earlier version, which did not remember
        try:
            found = _digest(self.path.read_bytes())
        except FileNotFoundError:
            return
        except OSError as problem:
            raise MachineError(
                f"{self.path}: cannot be read: {problem.strerror}", remedy="Move it away and run the command again."
            ) from problem
        if found in {*known, about_to_write}:
            return
        aside = self._free_name()
        try:
            self.path.rename(aside)
        except OSError as problem:
            raise MachineError(
                f"{self.path}: was edited, and cannot be moved aside: {problem.strerror}",
                remedy="Copy it to another folder and run the command again.",
            ) from problem
        self.kept.append(aside)

    def _free_name(self) -> Path:
        now = time.strftime("%Y-%m-%d-%H%M%S")
        names = (
            f"{self.path.stem}.edited-{now}{f'-{number}' if number > 1 else ''}.csv" for number in itertools.count(1)
        )
        return next(path for name in names if not (path := self.path.with_name(name)).exists())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
