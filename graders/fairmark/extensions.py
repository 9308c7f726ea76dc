"""Extension points: what packages of other people add to fairmark, found by name through entry points.

A package names what it offers in its ``pyproject.toml``, under the group of the extension point::

    [project.entry-points."fairmark.exporters"]
    moodle = "fairmark_moodle:MoodleExporter"

What fairmark brings along is found in the same way. The objects themselves are described where they are used:
``frameworks``, ``classroom.executors`` and ``present.exporters``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from fairmark.errors import ExtensionFailed, ExtensionNotFound, FairmarkError

__all__ = ["ExtensionPoint"]

_OURS = "fairmark"
"""The distribution whose names no other package can take over."""


@dataclass(frozen=True)
class ExtensionPoint:
    """One kind of extension. ``group`` is the group of its entry points, ``noun`` what one is called in messages,
    ``protocol`` what each has to be, a protocol that can be checked at run time. The names of
    those that fairmark brings along no other package can take over."""

    group: str
    noun: str
    protocol: type

    def names(self) -> list[str]:
        """All that are known, in the order of the alphabet, without loading any."""
        return sorted({point.name for point in entry_points(group=self.group)})

    def own_names(self) -> list[str]:
        """Those that fairmark brings along, in the order of the alphabet.

        Raises :class:`ExtensionNotFound` if there are none, as after a move of the engine without an installation.
        """
        names = sorted(point.name for point in entry_points(group=self.group) if _is_ours(point))
        if not names:
            raise ExtensionNotFound(
                f"fairmark's own {self.noun}s are not to be found",
                remedy="Install fairmark again: `pip install -e .` in a checkout, or its wheel.",
            )
        return names

    def make(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 - what the protocol says
        """What stands behind ``name``, called with ``arguments``.

        Raises:
            ExtensionNotFound: nothing has that name; the message lists the names known.
            ExtensionFailed: it cannot be loaded or made, is not what it should be, or two packages offer the name.
            FairmarkError: whatever it raises of our own errors.
        """
        point = self._entry_point(name)
        try:
            factory: Callable[..., object] = point.load()
            made = factory(*arguments)
        except FairmarkError:
            raise
        except Exception as problem:
            raise ExtensionFailed(
                f"The {self.noun} {name!r} ({point.value}) cannot be loaded: {type(problem).__name__}: {problem}",
                remedy="Repair or uninstall the package that offers it.",
            ) from problem
        if not isinstance(made, self.protocol):
            raise ExtensionFailed(
                f"The {self.noun} {name!r} ({point.value}) is not one: {type(made).__name__} lacks what "
                f"{self.protocol.__module__}.{self.protocol.__name__} asks for",
                remedy="Repair or uninstall the package that offers it.",
            )
        return made

    def _entry_point(self, name: str) -> EntryPoint:
        every = list(entry_points(group=self.group, name=name))
        found = [point for point in every if _is_ours(point)] or every
        if not found:
            known = self.names()
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ExtensionNotFound(
                f"There is no {self.noun} called {name!r}. Known: {', '.join(known)}",
                remedy=f"{hint}A package that offers one names it in its entry points, in the group {self.group}.",
            )
        if len({point.value for point in found}) > 1:
            raise ExtensionFailed(
                f"Several packages offer the {self.noun} {name!r}: {', '.join(sorted(point.value for point in found))}",
                remedy="Uninstall all but one of them.",
            )
        return found[0]


def _is_ours(point: EntryPoint) -> bool:
    return point.dist is not None and point.dist.name == _OURS
