"""What an expression of a notebook's text can have as its value: the answers of `fairmark.notebook.possible`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from fairmark.notebook.fold import Value

__all__ = ["NOTHING", "Constant", "Derived", "Made", "MadeBy", "Possible"]

Constant: TypeAlias = Value


class MadeBy(Protocol):
    """The call that makes something: a `CallSite` of `fairmark.notebook.possible`."""

    @property
    def names(self) -> frozenset[str]: ...

    @property
    def named(self) -> frozenset[str]: ...

    def argument(self, name: str, position: int | None = None) -> Possible | None: ...
    def origins_of(self, name: str) -> frozenset[str]: ...


@dataclass(frozen=True)
class Made:
    """What a call of something that the notebook does not define gives. ``names`` holds all that the callee may go by,
    each its last part (``flow_from_directory``); what is made by something made is called ``__call__``."""

    names: frozenset[str]
    call: MadeBy


@dataclass(frozen=True)
class Derived:
    """What is read off something made, by attributes, keys, methods, arithmetic and library functions that only
    compute: ``history.history["val_accuracy"][-1]``, ``train.samples // train.batch_size``.

    ``sources`` holds the names of all makers on the way: ``{"fit", "Sequential"}``. ``path`` holds attributes and keys
    alike, ``("history", "val_accuracy", -1)``, and texts that are joined to a path; None stands for a step that is not
    known. It is empty where several things are put together.
    """

    sources: frozenset[str]
    path: tuple[Constant, ...] = ()


@dataclass(frozen=True)
class Possible:
    """The values that an expression can have, as far as the text tells.

    ``constants``: lists are given as tuples; True, 1 and 1.0 are one. ``functions``: functions and classes from outside
    the notebook that are handed on without being called, each by its last part (``{"Adam"}``). ``own``: names of the
    notebook's own functions and classes, and of the classes of its own that it can be an instance of. ``is_open``: it
    can have other values than these. ``sources``: names of all calls that it comes from (``{"fit", "Sequential"}`` for
    what `model.fit` gives and for what is read off that). ``sequences``: lists that hold more than constants;
    ``mappings``: dictionaries, by their constant keys. ``origins``: dotted names of what it comes from outside the
    notebook, as in `MadeBy.origins_of`.
    """

    constants: frozenset[Constant] = frozenset()
    made: frozenset[Made] = frozenset()
    derived: frozenset[Derived] = frozenset()
    functions: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    is_open: bool = False
    sources: frozenset[str] = frozenset()
    sequences: frozenset[tuple[Possible, ...]] = frozenset()
    mappings: frozenset[tuple[tuple[Constant, Possible], ...]] = frozenset()
    origins: frozenset[str] = frozenset()


NOTHING = Possible()
