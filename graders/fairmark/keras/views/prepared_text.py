"""Does the notebook's text bear out how a picture was prepared for a model: which one, its size, scale and batch?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from fairmark.keras.facts.calls import ASKING, MODEL_MAKERS, OPENERS
from fairmark.keras.views.corroboration import Corroboration, can_be, read_off_for
from fairmark.keras.views.given_things import OPEN
from fairmark.keras.views.said import MOST_SAID
from fairmark.notebook.possible.reading import CallSite, Made, Possible, Prepared

__all__ = ["Wanted", "confirm_array", "confirm_asked"]

_REMADE = frozenset({"load_model", "clone_model", "model_from_json", "from_config", "deepcopy"})
_LISTED = frozenset({"dataset", "glob", "rglob", "iterdir", "listdir", "walk", "scandir", *OPENERS})
"""What gives the path of a picture."""
_NAMES_OF_SIZE = ("target_size", "size", "image_size")
_ALIKE = 5e-3
"""How near two scales are that are one: 1/256 and 1/255."""
_PLACES = range(4)
"""Where a size may stand in a call that does not name it."""


@dataclass(frozen=True)
class Wanted:
    """What was recorded of a picture, None of what nothing is asked: its path in the data set's folder, its ``size``
    (height, width), what its pixels were multiplied with, and whether it stood in a batch. ``native`` is the size of
    the file itself, as it was found outside."""

    picture: str | None = None
    size: tuple[int, int] | None = None
    scale: float | None = None
    is_batch: bool = False
    native: tuple[int, int] | None = None


def confirm_asked(corroboration: Corroboration, cell: int, wanted: Wanted, *, trained_in: int | None) -> None:
    """Some call in reach of ``cell`` asks the model that a call of ``fit`` in ``trained_in`` trained (None: any model)
    about a picture that is prepared as ``wanted``."""
    if corroboration.is_vouched({cell}, ASKING):
        return
    missing = [
        [*_of_argument(corroboration, cell, site, wanted), *_other_model(corroboration, site, trained_in)]
        for _, site in corroboration.sites(ASKING, {cell})
        if not site.names & set(MODEL_MAKERS)
    ]
    _tell(corroboration, cell, missing)


def confirm_array(corroboration: Corroboration, cells: Iterable[int], name: str, wanted: Wanted) -> None:
    """What ``cells`` bind ``name`` to can be a picture that is prepared as ``wanted``."""
    own = set(cells)
    if not corroboration.is_vouched(own):
        last = max(own, default=0)
        missing = list(_missing(corroboration.reading.prepared(name, own), wanted))
        if not corroboration.is_given_by_vouched(last, [corroboration.reading.bound(name, own)]):
            _tell(corroboration, last, [missing])


def _of_argument(corroboration: Corroboration, cell: int, site: CallSite, wanted: Wanted) -> Iterator[str]:
    given = site.argument("x", 0)
    if given is None or not corroboration.is_given_by_vouched(cell, [given]):
        yield from _missing(site.prepared(0, "x"), wanted)


def _tell(corroboration: Corroboration, cell: int, missing: Sequence[Sequence[str]]) -> None:
    """Of the calls that were made, the one of which the least is ``missing`` counts."""
    least = min(missing, key=len, default=["a question to the model"])
    if least:
        corroboration.not_shown(least[0], cell)


def _missing(prepared: Prepared, wanted: Wanted) -> Iterator[str]:
    """What the text does not show, the first thing first."""
    if not prepared.reads:
        yield "that the model was given a picture"
        return
    if wanted.picture is not None and not any(_is_file(site, wanted.picture) for site in prepared.reads):
        yield f"that the model was given {wanted.picture}"
    if wanted.size is not None and not _has_size(prepared, wanted.size, wanted.native):
        yield f"that the picture was brought to {wanted.size[0]} x {wanted.size[1]} pixels"
    if wanted.scale is not None and not any(
        one is not None and math.isclose(one, wanted.scale, rel_tol=_ALIKE) for one in prepared.scales
    ):
        yield "that the picture was scaled as in training"
    if wanted.is_batch and not prepared.is_batch:
        yield "that the picture was given as a batch of one"


# --- which picture ----------------------------------------------------------------------------------------------------


def _is_file(site: CallSite, picture: str) -> bool:
    given = next((one for name in ("path", "fp", "filename") if (one := site.argument(name, 0)) is not None), None)
    return given is not None and _is_path(given, picture)


def _is_path(possible: Possible, picture: str) -> bool:
    wanted = _parts(picture)
    texts = [one for one in possible.constants if isinstance(one, str)]
    if len(texts) <= MOST_SAID and any(wanted[-len(parts) :] == parts for text in texts if (parts := _parts(text))):
        return True
    return any(
        one.sources & _LISTED and _leads_on_to([part for part in one.path if isinstance(part, str)], wanted)
        for one in possible.derived
    )


def _leads_on_to(path: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the parts of a path that are known are among those of the file."""
    known = [part for text in path for part in _parts(text)]
    return all(part in wanted or not part.isidentifier() or part in _LISTED for part in known)


def _parts(text: str) -> list[str]:
    return [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]


# --- its size ---------------------------------------------------------------------------------------------------------


def _has_size(prepared: Prepared, size: tuple[int, int], native: tuple[int, int] | None) -> bool:
    asked = [given for site in prepared.sizes if (given := list(_sizes_of(site, reads=site in prepared.reads)))]
    if not asked:
        return native == size
    said = {one for given in asked for possible in given for one in possible.constants if isinstance(one, tuple)}
    fits = (size, size[::-1])
    return len(said) <= MOST_SAID and any(_fits(possible, fits) for given in asked for possible in given)


def _fits(possible: Possible, sizes: Iterable[tuple[int, int]]) -> bool:
    return any(can_be(possible, size, read_off_for("target_size")) for size in sizes)


def _sizes_of(site: CallSite, *, reads: bool) -> Iterator[Possible]:
    """What a call can be given as a size: one argument, or two numbers behind each other; the file comes first where
    it ``reads`` one."""
    yield from (one for name in _NAMES_OF_SIZE if (one := site.argument(name)) is not None and not _is_none(one))
    placed = [site.argument("", place) for place in _PLACES[reads:]]
    for one, other in zip(placed, [*placed[1:], None], strict=True):
        if one is not None and (one.sequences or one.derived or any(isinstance(each, tuple) for each in one.constants)):
            yield one
        if one is not None and other is not None and _is_number(one) and _is_number(other):
            yield Possible(sequences=frozenset({(one, other)}))
    named = [site.argument(name) for name in ("target_height", "height")]
    for height, width in zip(named, [site.argument(name) for name in ("target_width", "width")], strict=True):
        if height is not None or width is not None:
            yield Possible(sequences=frozenset({(height or OPEN, width or OPEN)}))


def _is_none(possible: Possible) -> bool:
    return possible == Possible(constants=frozenset({None}))


def _is_number(possible: Possible) -> bool:
    return any(isinstance(one, int) and not isinstance(one, bool) for one in possible.constants)


# --- the model --------------------------------------------------------------------------------------------------------


def _other_model(corroboration: Corroboration, site: CallSite, trained_in: int | None) -> Iterator[str]:
    """Says that the text does not show the model to be the one that was trained."""
    if trained_in is None or corroboration.is_vouched({trained_in}, ("fit",)):
        return
    asked = site.callee if "__call__" in site.names else site.called_on
    fitted = [one.called_on for _, one in corroboration.sites(("fit",), {trained_in})]
    if not (asked.sources & _REMADE or any(map(_shares(asked), fitted))):
        yield "that the model which was trained was asked"


def _shares(asked: Possible) -> Callable[[Possible], bool]:
    own, makers = _models(asked), asked.sources & MODEL_MAKERS

    def shares(trained: Possible) -> bool:
        others = _models(trained)
        if own and others:
            return bool(own & others)
        unbound = {one for one in asked.origins & trained.origins if one.startswith("?.")}
        return bool(asked.own & trained.own or makers & trained.sources or unbound)

    return shares


def _models(possible: Possible) -> frozenset[Made]:
    return frozenset(one for one in possible.made if one.names & MODEL_MAKERS)
