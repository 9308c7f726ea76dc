"""What the text gives to Keras's calls: losses, optimizers, metrics, callbacks, by their names and their settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fairmark.evidence import Function
from fairmark.keras.facts.calls import bare, default_of, is_of_keras, place_of
from fairmark.notebook.possible.reading import Made, Possible
from fairmark.notebook.possible.values import MadeBy

__all__ = [
    "OPEN",
    "entries",
    "given_to",
    "goes_by",
    "is_unsure_of_names",
    "may_be_given",
    "names_recorded",
    "settings_of",
    "texts_in",
]

OPEN = Possible(is_open=True)

_LEADS_ON = ("get", "deserialize", "from_config", "deepcopy", "copy", "partial")
"""What makes the thing that its first argument says."""
_LAZY = ("identifier", "config", "x", "func")
"""What that argument is called."""


def given_to(call: MadeBy, name: str, parameter: str) -> Possible | None:
    """What a call of Keras's ``name`` gives as ``parameter``; None where it leaves that out."""
    place = place_of(name, parameter)
    by_name = [other for one in call.named if (other := place_of(name, one)) is not None]
    # What is given by its name ends what can be given by its place, also by a list of arguments.
    return call.argument(parameter, None if place is not None and min(by_name, default=place) < place else place)


def names_recorded(recorded: Function) -> set[str]:
    """The names of a recorded thing, in one spelling."""
    return {bare(text) for text in (recorded.name, recorded.class_name) if text}


def entries(possible: Possible, depth: int = 4) -> Iterator[Possible]:
    """What an argument can be, and what the lists and dictionaries that it can be hold."""
    yield possible
    inner = [one for several in possible.sequences for one in several]
    inner += [one for several in possible.mappings for _, one in several]
    for one in inner if depth else ():
        yield from entries(one, depth - 1)


def goes_by(possible: Possible, depth: int = 3, *, but_own: bool = False) -> Iterator[str]:
    """The names that what an argument can be goes by; ``but_own``: those of the notebook's own left out."""
    for entry in entries(possible):
        yield from texts_in(entry.constants)
        yield from entry.functions
        yield from () if but_own else entry.own
        for made in entry.made:
            inner = _told_by(made) if depth else None
            yield from _names_made(made) if inner is None else goes_by(inner, depth - 1, but_own=but_own)


def _names_made(made: Made) -> set[str]:
    """The names that what is made goes by, where it may be Keras's."""
    return {name for name in made.names if is_of_keras(name, made.call.origins_of(name))}


def _told_by(made: Made) -> Possible | None:
    """What says which thing is made, where the maker's own name does not."""
    if not made.names & set(_LEADS_ON):
        return None
    return next((one for name in _LAZY if (one := made.call.argument(name, 0)) is not None), OPEN)


def texts_in(values: Iterable[object]) -> Iterator[str]:
    """The texts among these, and in lists among these."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple | list):
            yield from texts_in(value)


def settings_of(possible: Possible, known: set[str], class_name: str, parameter: str) -> Iterator[Possible]:
    """What ``parameter`` can be of the things in ``possible`` that go by one of the ``known`` names."""
    default = default_of(class_name, parameter)
    by_default = OPEN if default is None else Possible(constants=frozenset(default))
    for entry in entries(possible):
        named = {*texts_in(entry.constants), *entry.functions}
        if known & set(map(bare, named)):
            yield by_default
        for made in entry.made:
            inner = _told_by(made)
            if inner is not None and known & set(map(bare, goes_by(inner))):
                given = made.call.argument(parameter)
                yield by_default if given is None else given
            elif inner is None and known & set(map(bare, _names_made(made))):
                given = given_to(made.call, class_name, parameter)
                yield by_default if given is None else given
        if entry.is_open or entry.derived:
            yield OPEN


def is_unsure_of_names(possible: Possible) -> bool:
    """Whether it can go by other names than `goes_by` gives."""
    every = list(entries(possible))
    made = [one for entry in every for one in entry.made]
    if any(_told_by(one) is None and not any(name[:1].isupper() for name in one.names) for one in made):
        return True
    inner = [one for entry in every for made in entry.made if (one := _told_by(made)) is not None]
    return any(one.is_open or one.derived for one in every) or any(map(is_unsure_of_names, inner))


def may_be_given(holder: Possible, known: set[str], argument: str) -> bool:
    """Whether ``holder``, which an attribute is given to, may be what goes by one of the ``known`` names, or is read
    off a model as its ``argument``."""
    made = any(known & set(map(bare, _names_made(one))) for one in holder.made)
    read = any(argument in one.path for one in holder.derived) and is_of_keras(argument, holder.origins)
    return holder.is_open or made or read
