"""Corroboration: does the notebook's own text bear out what the recorder says?

The recorder runs in the student's process and can be made to say anything. The text cannot: it is parsed here, outside,
as data. What was recorded of a cell is borne out only where code that this cell can reach makes the call that causes
it, with an argument that can have the recorded value. A word in a string calls nothing, and silence is not agreement:

borne out       some such call can have given that value
contradicted    there are such calls, all that they can give is known, and it is something else:
                :class:`ConflictingEvidence`
not shown       there is no such call, or what it gives cannot be read without running it: told to
                :func:`fairmark.checks.expectation.lacks_support`, so that a check that would earn by it waits
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from types import MappingProxyType

from fairmark.checks.behind import cells_behind, numbers_in, unbound_values
from fairmark.checks.expectation import ConflictingEvidence, NotBorneOut, collecting_unsupported, lacks_support, spell
from fairmark.checks.origin import WORKED_OUT, Origin
from fairmark.checks.vouched import ANYTHING, Vouched
from fairmark.evidence import Cell, Function
from fairmark.keras.facts.calls import ASKING, KNOWN_MAKERS, MODEL_MAKERS, OPENERS, bare, is_of_keras, names_of
from fairmark.keras.facts.computing import COMPUTING
from fairmark.keras.views.given_things import (
    goes_by,
    is_unsure_of_names,
    may_be_given,
    names_recorded,
    settings_of,
    texts_in,
)
from fairmark.keras.views.said import MOST_SAID, Site, argument_of, argument_of_made, last_in_line, most_said
from fairmark.notebook.possible.reading import ANYWHERE, Derived, Possible, Reading, read_possible
from fairmark.notebook.provenance import provenance
from fairmark.notebook.source import values_given
from fairmark.notebook.traits import traits_of
from fairmark.notebook.worked_out.cells import UNKNOWN, given_to_fit, worked_out
from fairmark.notebook.worked_out.known_things import NOTHING_KNOWN, Known

__all__ = ["Corroboration", "can_be", "read_off_for", "same"]

_FACTORS = frozenset({255.0, 127.5, 1 / 255, 1 / 127.5})
_SCALING = frozenset({"Rescaling", "convert_image_dtype", "preprocess_input", "per_image_standardization"})
_ANSWERING = frozenset({*OPENERS, *ASKING, *MODEL_MAKERS, "fit", "evaluate", "dataset", "glob", "listdir", "iterdir"})
"""What an answer that is not worked out from plain numbers comes from."""
_COUNTED = frozenset({*OPENERS, "glob", "rglob", "listdir", "iterdir", "walk", "scandir"})
"""What pictures are counted by."""
_SIZED = frozenset({"target_size", "image_size", "image_shape", "input_shape", "shape"})
_READ_OFF: dict[str, frozenset[str]] = {
    "target_size": _SIZED,
    "image_size": _SIZED,
    "steps_per_epoch": frozenset(),
    "validation_steps": frozenset(),
}
"""The attributes by which an argument may be read off, where it is not by one of its own name. Steps are worked out."""


class Corroboration:
    """Testimony of the notebook's text. ``vouched`` are positions of cells that ran with the author's text instead,
    with the names of what that calls: what those do there needs nothing else to bear it out. What such a cell binds is
    not known here, so that a call may be given it."""

    def __init__(
        self,
        cells: Sequence[Cell],
        vouched: Mapping[int, Vouched] | None = None,
        known: Callable[[], Known] = lambda: NOTHING_KNOWN,
    ) -> None:
        self._vouched = vouched or {}
        self._known = known
        self._cells = tuple(cell for cell in cells if cell.position not in self._vouched)

    def is_vouched(self, cells: Iterable[int], names: Iterable[str] = ()) -> bool:
        """Whether one of ``cells`` ran with the author's text, which calls one of ``names`` (none: whatever it calls)
        there."""
        wanted = {one for name in names for one in names_of(name)}
        vouched = [self._vouched[cell] for cell in cells if cell in self._vouched]
        return any(wanted & one.calls or one is ANYTHING for one in vouched) if wanted else bool(vouched)

    def is_given_by_vouched(self, cell: int, given: Iterable[Possible]) -> bool:
        """Whether any of what ``cell`` gives comes from a name that the notebook does not bind, and a cell with the
        author's text does. Of what comes from anywhere, all such names of the cell have to be those."""
        if not self._vouched:
            return False
        origins = {origin for one in given for origin in one.origins}
        names = {origin.split(".")[1] for origin in origins if origin.startswith("?.")}
        every = unbound_values(cell, self._cells)
        if ANYTHING in self._vouched.values():
            return bool(every)
        bound = frozenset[str]().union(*(one.binds for one in self._vouched.values()))
        return bool(names & bound) or (bool(origins & ANYWHERE and every) and every <= bound)

    @cached_property
    def reading(self) -> Reading:
        return _reading_of(self._cells, is_whole=not self._vouched)

    def sites(self, names: Iterable[str], cells: Iterable[int]) -> list[Site]:
        """The calls of any of ``names`` that code of ``cells`` can reach; none of something else than Keras's, where
        ``names`` are of Keras."""
        wanted = [(name, one) for name in names for one in names_of(name)]
        reached = self.reading.calls_from(cells)
        return [
            (name, site)
            for site in reached
            for name, one in wanted
            if one in site.names and is_of_keras(name, site.origins_of(one))
        ]

    def until(self, cell: int) -> list[Cell]:
        """The cells of the student's up to ``cell``."""
        return [one for one in self._cells if one.position <= cell]

    # --- calls ---

    def require_call(self, cell: int, names: Sequence[str]) -> None:
        """What ``cell`` can reach calls one of ``names``."""
        if not self.is_vouched({cell}, names) and not self.sites(names, {cell}):
            self.not_shown(f"a call of {names[0]}", cell)

    def confirm(
        self,
        cell: int,
        names: Sequence[str],
        argument: str,
        value: object,
        *,
        alike: tuple[object, ...] = (),
        directory: str | None = None,
        beside: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Some call of ``names`` that ``cell`` can reach may give ``argument`` this value, or one that is ``alike``;
        or one that it reads off a source of pictures. Where there are calls that may read the folder ``directory``,
        or give other arguments the values ``beside``, one of these."""
        if self.is_vouched({cell}, names):
            return
        sites = self._beside(self.sites(names, {cell}), beside)
        if directory is not None:
            sites = [one for one in sites if self._may_open(cell, one, directory)] or sites
        given = [argument_of(name, site, argument) for name, site in sites]
        fits = _is_one_of(value, *alike, read_off=read_off_for(argument))
        self._weigh(cell, f"{argument} = {spell(value)}", given, fits, most=most_said(sites))

    def _beside(self, sites: list[Site], beside: Mapping[str, object]) -> list[Site]:
        """Those that can give other arguments these values, too; where there is one alone, that."""
        is_alone = len(sites) == 1
        return [one for one in sites if is_alone or not any(_is_otherwise(one, *pair) for pair in beside.items())]

    def _may_open(self, cell: int, site: Site, directory: str) -> bool:
        given = argument_of(*site, "directory")
        return _leads_to(given, directory) or self._may_lead_to(cell, given, directory)

    def _weigh(
        self,
        cell: int,
        claim: str,
        given: Sequence[Possible],
        fits: Callable[[Possible], bool],
        *,
        most: int = MOST_SAID,
        by: Sequence[Possible] | None = None,
    ) -> None:
        """Whether any of ``given`` ``fits``; what they are read off, where that is another thing, is given ``by``."""
        holders = given if by is None else by
        said_at_most = len({constant for one in given for constant in one.constants}) <= most
        if said_at_most and any(map(fits, given)):
            return
        if not said_at_most or not any(one.constants for one in given) or any(map(_is_unsure, given)):
            if not said_at_most or not self.is_given_by_vouched(cell, holders):
                self.not_shown(claim, cell)
            return
        said = " or ".join(dict.fromkeys(spell(value) for one in given for value in sorted(one.constants, key=repr)))
        raise ConflictingEvidence(f"the run reports {claim}, but the text says {said}", cell=cell)

    def not_shown(self, claim: str, cell: int | None) -> None:
        """Says that ``claim``, which the run reports of ``cell``, stands on nothing."""
        said = f"The run reports {claim}, which the text of the notebook does not show; a person should look."
        lacks_support(NotBorneOut(said, cell=cell))

    # --- things that are made ---

    def confirm_made(self, cell: int, call: str, argument: str, recorded: Function) -> None:
        """What some call of ``call`` gives as ``argument`` can be what was recorded, by its name."""
        if self.is_vouched({cell}, (call,)):
            return
        known = names_recorded(recorded)
        given = self._given(cell, call, argument)
        is_kerass = recorded.module.partition(".")[0] == "keras" and recorded.extends is None
        said = [name for possible in given for name in sorted(set(goes_by(possible)))]
        fitting = {bare(name) for possible in given for name in goes_by(possible, but_own=is_kerass)}
        most = MOST_SAID if argument == "metrics" else self._most_said_by(cell, call)
        is_narrow = len(set(map(bare, said))) <= most
        if is_narrow and known & fitting:
            return
        if not said or not is_narrow or any(is_unsure_of_names(one) for one in given):
            if given and is_narrow and self.is_given_by_vouched(cell, given):
                return
            self.not_shown(f"{argument} = {recorded.name}", cell)
            return
        if len(given) < len(self.sites((call,), {cell})):  # another call than the last, of a model that had its name
            self.not_shown(f"{argument} = {recorded.name}", cell)
            return
        own = {name: f"the notebook's own {name}" for name in said if bare(name) in known}
        spelled = " or ".join(own.get(name, name) for name in dict.fromkeys(said))
        raise ConflictingEvidence(
            f"the run reports {argument} = {recorded.name}, but the text says {spelled}", cell=cell
        )

    def confirm_setting(
        self, cell: int, call: str, argument: str, recorded: Function, parameter: str, value: object
    ) -> None:
        """That thing can have been made with this ``value`` of its own ``parameter``, or been given it afterwards."""
        if self.is_vouched({cell}, (call,)):
            return
        things = self._given(cell, call, argument)
        given = [
            one
            for possible in things
            for one in settings_of(possible, names_recorded(recorded), recorded.class_name or recorded.name, parameter)
        ]
        before = [one.position for one in self.until(cell)]
        later = self.reading.attribute_given(parameter, before)
        given += [value for holder, value in later if may_be_given(holder, names_recorded(recorded), argument)]
        fits = _is_one_of(value, read_off=read_off_for(parameter))
        self._weigh(cell, f"{parameter} = {spell(value)}", given, fits, most=self._most_said_by(cell, call), by=things)

    def _most_said_by(self, cell: int, call: str) -> int:
        return most_said(self._in_force(cell, call))

    def _given(self, cell: int, call: str, argument: str) -> list[Possible]:
        return [argument_of(name, site, argument) for name, site in self._in_force(cell, call)]

    def _in_force(self, cell: int, call: str) -> list[Site]:
        """The calls that can be in force when ``cell`` has run."""
        sites = self.sites((call,), {cell})
        if call != "compile" or self.sites(("fit",), {cell}):
            return sites
        return last_in_line(sites, {one.position: one.source for one in self._cells})

    # --- sources of pictures ---

    def may_be(self, cell: int, names: Sequence[str], argument: str, *values: object) -> bool:
        """Whether some call of ``names`` that ``cell`` can reach may give ``argument`` one of these values."""
        given = [argument_of(name, site, argument) for name, site in self.sites(names, {cell})]
        return self.is_vouched({cell}, names) or any(map(_is_one_of(*values, read_off=read_off_for(argument)), given))

    def confirm_generator(self, cell: int, argument: str, value: object, *, alike: tuple[object, ...] = ()) -> None:
        """An ``ImageDataGenerator`` that ``cell`` goes on from may be given this value."""
        behind = self._behind(cell)
        if self.is_vouched(behind, ("ImageDataGenerator",)):
            return
        sites = self.sites(("ImageDataGenerator",), behind)
        given = [argument_of(name, site, argument) for name, site in sites]
        fits = _is_one_of(value, *alike, read_off=read_off_for(argument))
        generators = [site.called_on for _, site in self.sites(OPENERS, {cell})]
        self._weigh(cell, f"{argument} = {spell(value)}", given, fits, by=generators)

    def confirm_scaled(self, cell: int) -> None:
        """A function that ``cell`` goes on from may scale pixels: one for ``map``, or one that a generator is given."""
        behind = self._behind(cell)
        sites = self.reading.calls_from(behind)
        mapped = any("map" in site.names or site.argument("preprocessing_function") is not None for site in sites)
        texts = [one.source for one in self._cells if one.position in behind]
        scaled = any(numbers_in(text) & _FACTORS for text in texts) or any(site.names & _SCALING for site in sites)
        if not (self.is_vouched(behind) or (mapped and scaled)):
            self.not_shown("pixels that are scaled", cell)

    def _behind(self, cell: int) -> frozenset[int]:
        return cells_behind({cell}, self.until(cell))

    def confirm_directory(self, cell: int, makers: Sequence[str], directory: str) -> None:
        """Some call of ``makers`` can read the folder ``directory`` of the data set."""
        if self.is_vouched({cell}, makers):
            return
        given = [argument_of(name, site, "directory") for name, site in self.sites(makers, {cell})]
        if not any(_leads_to(one, directory) or self._may_lead_to(cell, one, directory) for one in given):
            self.not_shown(f"pictures of {directory}", cell)

    def _may_lead_to(self, cell: int, possible: Possible, directory: str) -> bool:
        """Whether it is a path into the data set that is not known, and some call there is given the folder's name."""
        read = [one for one in possible.derived if "dataset" in one.sources]
        is_known = bool(read) and all(one.path and None not in one.path for one in read)
        if "dataset" not in possible.sources or is_known:
            return False
        reached = self.reading.calls_from(self._behind(cell))
        given = [one for site in reached for place in range(3) if (one := site.argument("", place)) is not None]
        return any(_parts([text]) == _parts([directory]) for one in given for text in texts_in(one.constants))

    def confirm_source(
        self,
        cell: int,
        argument: str,
        directory: str | None,
        beside: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """What some call of ``fit`` is given as ``argument`` can be a source of pictures from ``directory``; one that
        can give other arguments the values ``beside``, if there are any."""
        if self.is_vouched({cell}, ("fit",)):
            return
        every = self.sites(("fit",), {cell})
        given = [argument_of(name, site, argument) for name, site in self._beside(every, beside)]
        opened = {one for site in every for one in argument_of(*site, argument).made if one.names & set(OPENERS)}
        if len(opened) > MOST_SAID:
            self.not_shown(f"that fit was given the pictures of {directory}", cell)
            return
        for possible in given:
            made = [one for one in possible.made if one.names & set(OPENERS)]
            read = [argument_of_made(one, "directory") for one in made]
            if any(
                directory is None or _leads_to(one, directory) or self._may_lead_to(cell, one, directory)
                for one in read
            ):
                return
            if not made and possible.sources & set(OPENERS) and self._is_opened(cell, directory):
                return
        if not given or not self.is_given_by_vouched(cell, given):
            self.not_shown(f"that fit was given the pictures of {directory}", cell)

    def _is_opened(self, cell: int, directory: str | None) -> bool:
        """Whether any cell up to ``cell`` opens the pictures of ``directory``."""
        before = [one.position for one in self.until(cell)]
        given = [argument_of(name, site, "directory") for name, site in self.sites(OPENERS, before)]
        return any(directory is None or _leads_to(one, directory) for one in given)

    def confirm_callback(self, cell: int, names: Iterable[str]) -> None:
        """What ``fit`` is given as callbacks can be one of these classes, or made by one of these functions."""
        wanted = set(names)
        if any(wanted & set(goes_by(possible)) for possible in self._given(cell, "fit", "callbacks")):
            return
        if not self.is_vouched({cell}, ("fit",)):
            self.not_shown("a callback that fit was given", cell)

    # --- names ---

    def confirm_steps(
        self, cell: int, argument: str, value: object, *, beside: Mapping[str, object] = MappingProxyType({})
    ) -> None:
        """Some call of ``fit`` in ``cell`` is given this number of steps, worked out with what is known outside, and
        the values ``beside`` as other arguments."""
        if self.is_vouched({cell}, ("fit",)):
            return
        behind, every = [one for one in self.until(cell) if one.position in self._behind(cell)], self.until(cell)
        calls = given_to_fit(behind, cell, importing=every, known=self._known())
        given = [
            one[argument] for one in calls if not any(_differs(one[name], other) for name, other in beside.items())
        ]
        if any(same_plain(one, value) for one in given):
            return
        if not calls or any(one[name] is UNKNOWN for one in calls for name in (argument, *beside)):
            self.confirm(cell, ("fit",), argument, value, beside=beside)
            return
        with collecting_unsupported():
            self.confirm(cell, ("fit",), argument, value, beside=beside)  # raises where the text says another number
        self.not_shown(f"{argument} = {spell(value)}", cell)

    def confirm_value(self, cell: int, name: str, value: object, origin: Origin = WORKED_OUT) -> None:
        """What ``cell`` can reach binds ``name`` to this value: plain code, with what is known outside, comes to
        it, or it is the only one that the text says; where that cannot be told, it comes from what ``origin`` says."""
        if self.is_vouched({cell}):
            return
        possible = self.reading.bound(name, {cell})
        behind = [one for one in self.until(cell) if one.position in self._behind(cell)]
        every = self.until(cell)
        plain = worked_out(behind, name, importing=every, known=self._known())
        if same_plain(plain, value):
            return
        sources = provenance(behind, name, importing=every) or frozenset()
        is_open = plain is UNKNOWN
        if is_open and origin.is_behind(sources) and sources <= KNOWN_MAKERS:
            return
        said = [one for one in possible.constants if same(one, value)]
        if said and not (is_open and len(possible.constants) == 1 and not _is_unsure(possible)):
            self.not_shown(f"{name} = {spell(value)}", cell)
        else:
            self._weigh(cell, f"{name} = {spell(value)}", [possible], lambda one: bool(said))

    def confirm_object(self, cell: int, name: str, makers: Iterable[str]) -> None:
        """What ``cell`` can reach binds ``name`` to something that one of ``makers``, or a class of its own, gives."""
        possible = self.reading.bound(name, {cell})
        if not self.is_vouched({cell}) and not (possible.sources & {*makers, "__call__"} or possible.own):
            self.not_shown(f"that {name} was made", cell)

    def confirm_given(self, cell: int, name: str) -> None:
        """Raises :class:`ConflictingEvidence` where a text of the student's, up to ``cell``, binds ``name``, which is
        for a given cell to bind: that one may have kept the value that it found. A given cell may be spelled otherwise,
        but not with a value that can be read off."""
        for one in self.until(cell):
            if one.role != "locked":
                is_said = one.touched and name in traits_of(one.source).binds
            else:
                is_said = one.own_text and any(value.known for value in values_given([one], name))
            if is_said:
                raise ConflictingEvidence(
                    f"{name}, which a given cell works out, is given a value by the notebook", cell=cell
                )


@lru_cache(maxsize=8)
def _reading_of(cells: tuple[Cell, ...], *, is_whole: bool) -> Reading:
    return read_possible(cells, COMPUTING, is_whole=is_whole)


# --- values -----------------------------------------------------------------------------------------------------------


def _is_otherwise(site: Site, argument: str, value: object) -> bool:
    """Whether a call gives the argument values that are all known, and none of them this one."""
    given = argument_of(*site, argument)
    is_known = bool(given.constants) and not _is_unsure(given)
    return is_known and not can_be(given, value, read_off_for(argument))


def _is_unsure(possible: Possible) -> bool:
    """Whether a plain value cannot be told from it."""
    holds = possible.sources or possible.functions or possible.own or possible.sequences or possible.mappings
    return possible.is_open or bool(holds)


def _is_one_of(*values: object, read_off: frozenset[str] | None = frozenset()) -> Callable[[Possible], bool]:
    def fits(possible: Possible) -> bool:
        return any(can_be(possible, value, read_off) for value in values)

    return fits


def can_be(possible: Possible, value: object, read_off: frozenset[str] | None) -> bool:
    """Whether it can be this value: one of the constants, a list of what can be, or read off what a notebook of this
    kind makes and nothing else, by one of the steps ``read_off`` (None: by any)."""
    if len(possible.constants) <= MOST_SAID and any(same(constant, value) for constant in possible.constants):
        return True
    if isinstance(value, list | tuple):
        for several in possible.sequences:
            if len(several) == len(value) and all(can_be(*both, read_off) for both in zip(several, value, strict=True)):
                return True
    if not possible.sources or not possible.sources <= KNOWN_MAKERS:
        return False
    return read_off is None or any(_is_read_by(one, read_off) for one in possible.derived)


def _is_read_by(derived: Derived, read_off: frozenset[str]) -> bool:
    """Whether it is read off a source of pictures, a model or a folder by one of these steps."""
    steps = {one for one in derived.path if isinstance(one, str)}
    return bool(steps & read_off) and bool(derived.sources & {*_COUNTED, *MODEL_MAKERS})


def read_off_for(argument: str) -> frozenset[str]:
    """Attributes and functions by which the value of ``argument`` may be read off something that a notebook makes."""
    return _READ_OFF.get(argument, frozenset({argument}))


def _leads_to(possible: Possible, directory: str) -> bool:
    """Whether it can be the path of the folder ``directory`` of the data set; ``.`` is what ``dataset`` gives."""
    wanted = _parts([directory])
    paths = [
        _parts(texts_in(one.path)) for one in possible.derived if "dataset" in one.sources and None not in one.path
    ]
    if not wanted:
        return [] in paths or any("dataset" in made.names for made in possible.made) or bool(possible.constants)
    paths += [_parts([text]) for text in texts_in(possible.constants)]
    return any(path[len(path) - len(wanted) :] == wanted for path in paths if len(path) >= len(wanted))


def _parts(texts: Iterable[str]) -> list[str]:
    return [part for text in texts for part in text.replace("\\", "/").split("/") if part not in ("", ".")]


def _differs(plain: object, value: object) -> bool:
    return plain is not UNKNOWN and not same(plain, value)


def same_plain(plain: object, value: object) -> bool:
    """Whether what plain code comes to is what was recorded."""
    return plain is not UNKNOWN and same(plain, value)


def same(written: object, value: object) -> bool:
    """Whether a value in the text is the recorded one, as Keras takes it."""
    if isinstance(written, int) and isinstance(value, int):
        return written == value
    if isinstance(written, int | float) and isinstance(value, int | float):
        return math.isclose(written, value, rel_tol=1e-6)
    if isinstance(written, tuple | list) and isinstance(value, tuple | list):
        return len(written) == len(value) and all(map(same, written, value))
    return bool(written == value)
