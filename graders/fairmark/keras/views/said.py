"""What the calls of a text say: the values of one argument, and the names that it goes by."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache

from fairmark.keras.facts.calls import OPENERS, bare, default_of, place_of
from fairmark.keras.views.given_things import OPEN, given_to, goes_by
from fairmark.notebook.possible.reading import CallSite, Made, Possible
from fairmark.notebook.source import tree_of

__all__ = ["MOST_SAID", "Site", "argument_of", "argument_of_made", "last_in_line", "most_said"]

Site = tuple[str, CallSite]
"""A call, and which of the names that were asked for it goes by."""


MOST_SAID = 3
"""Values that a text can give to one argument and that say something: honest notebooks give it up to three, and one
that gives it whatever there is bears out nothing."""

_MOST_SPARE = 3
"""Of all arguments of a call together, values that a text can give them beyond one each: honest notebooks try another
loss and another optimizer. One that leaves more open bears out only what is not left open."""
_FLOWS = ("target_size", "batch_size", "class_mode")
_COUNTED_TOGETHER: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(OPENERS, _FLOWS),
    "image_dataset_from_directory": ("image_size", "batch_size", "label_mode"),
    "compile": ("loss", "optimizer"),
    "fit": ("epochs", "steps_per_epoch", "validation_steps"),
}
"""Arguments whose values are counted together."""


def argument_of(name: str, site: CallSite, argument: str) -> Possible:
    """What a call of ``name`` can give as ``argument``: as named, as placed, or by default."""
    given = given_to(site, name, argument)
    if given is not None:
        return given
    default = default_of(name, argument)
    return OPEN if default is None else Possible(constants=frozenset(default))


def most_said(sites: Sequence[Site]) -> int:
    """How many values may be said of one argument of these calls, so that all together they say something."""
    arguments = {argument for name, _ in sites for argument in _COUNTED_TOGETHER.get(name, ())}
    spare = 0
    for argument in arguments:
        given = [argument_of(name, site, argument) for name, site in sites]
        said = {bare(one) for possible in given for one in goes_by(possible)}
        numbers = {one for possible in given for one in possible.constants if not isinstance(one, str)}
        spare += max(len(said | numbers) - 1, 0)
    return MOST_SAID if spare <= _MOST_SPARE else 1


def last_in_line(sites: Sequence[Site], texts: Mapping[int, str]) -> list[Site]:
    """Of calls that are all made one after the other on what has one name, the last, which undoes the others; else all
    of them. ``texts`` are those of the cells by position."""
    calls = [site for _, site in sites]
    is_one = len({(one.receiver, one.cell) for one in calls}) == 1 and all(
        one.receiver and one.is_in_cell for one in calls
    )
    if len(calls) < 2 or not is_one:
        return [*sites]
    lines = _lines_in_turn(texts.get(calls[0].cell, ""))
    return [max(sites, key=lambda one: one[1].line)] if all(one.line in lines for one in calls) else [*sites]


@lru_cache(maxsize=256)
def _lines_in_turn(source: str) -> frozenset[int]:
    """Lines of statements that are carried out once, one after the other."""
    tree = tree_of(source)
    plain = [one for one in (tree.body if tree is not None else []) if isinstance(one, ast.Expr | ast.Assign)]
    return frozenset(line for one in plain for line in range(one.lineno, (one.end_lineno or one.lineno) + 1))


def argument_of_made(made: Made, argument: str) -> Possible:
    name = next((one for one in made.names if place_of(one, argument) is not None), next(iter(sorted(made.names)), ""))
    given = given_to(made.call, name, argument)
    return OPEN if given is None else given
