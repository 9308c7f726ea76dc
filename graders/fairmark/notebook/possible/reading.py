"""What a notebook's text can do: the calls that its cells can reach, and the values that their arguments can have.

The text is read as data and never executed. Names are followed to all that they are bound to anywhere, whatever the
order, parameters to all that calls give them. So a value that is not among the constants of an answer that is not open
cannot be had, and one that is among them can. Where the text cannot tell, the answer says so (`Possible.is_open`).

Dead code, texts and comments reach nothing, nor do functions that nothing reached calls or hands on.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from fairmark.evidence import Cell
from fairmark.notebook.possible.atoms import (
    ANYWHERE,
    OPEN,
    Atom,
    Bag,
    Class,
    External,
    Function,
    Instance,
    Map,
    Read,
    Returned,
    Seq,
    Values,
    constants_in,
    origins_in,
    sources_in,
)
from fairmark.notebook.possible.book import Book, Computing, book_of
from fairmark.notebook.possible.evaluate import Evaluator
from fairmark.notebook.possible.prepared import Preparing, State
from fairmark.notebook.possible.scopes import Binding, Scope, Site
from fairmark.notebook.possible.values import NOTHING, Constant, Derived, Made, Possible

__all__ = [
    "ANYWHERE",
    "NOTHING",
    "CallSite",
    "Constant",
    "Derived",
    "Made",
    "Possible",
    "Prepared",
    "Reading",
    "read_possible",
]


class CallSite:
    """A call in the text.

    ``cell`` is the position of the cell that was asked about (the code may stand in another), or, of what made a value,
    that of the cell that holds it; ``line`` counts from 1 in the cell that holds the code.
    """

    def __init__(self, site: Site, cell: int, answers: _Answers) -> None:
        self.cell = cell
        self.line = site.line
        self._site = site
        self._answers = answers
        self._origins: dict[str, frozenset[str]] = {}
        self._arguments: dict[tuple[str, int | None], Possible | None] = {}

    def __repr__(self) -> str:
        return f"<call of {', '.join(sorted(self.names | self.own))} from cell {self.cell}>"

    @property
    def names(self) -> frozenset[str]:
        """All that the callee may go by outside the notebook, each its last part (``Conv2D``). A class of the
        notebook's goes by those that it is derived from, what is called on something made by ``__call__``."""
        return self._both_names[0]

    @property
    def own(self) -> frozenset[str]:
        """Names of the notebook's own functions and classes that the callee may be."""
        return self._both_names[1]

    @cached_property
    def _both_names(self) -> tuple[frozenset[str], frozenset[str]]:
        return self._answers.calls.names(self._site)

    def origins_of(self, name: str) -> frozenset[str]:
        """The dotted names of what the callee, where it goes by ``name``, may come from outside the notebook:
        ``package.Sequential`` for ``model.fit`` where that call made the model. ``"*"`` stands for what may
        come from anywhere, ``"?.x"`` for a name ``x`` that nothing binds; there is none where it is the notebook's own
        or a plain value."""
        if name not in self._origins:
            self._origins[name] = self._answers.told(self._answers.calls.origins(self._site, name))
        return self._origins[name]

    def argument(self, name: str, position: int | None = None) -> Possible | None:
        """The values that the parameter ``name`` can be given, which stands at ``position`` (from 0) where it is not
        named; None where it is not given."""
        asked = name, position
        if asked not in self._arguments:
            found = self._answers.calls.argument(self._site, name, position)
            self._arguments[asked] = self._answers.possible(found) if found is not None else None
        return self._arguments[asked]

    @property
    def named(self) -> frozenset[str]:
        """The parameters that are given by their names."""
        return frozenset(keyword for keyword, _ in self._site.keywords if keyword is not None)

    @property
    def is_in_cell(self) -> bool:
        """Whether the code stands in the cell itself, in no function, class or comprehension."""
        return self._site.callee.scope.kind == "cell"

    @property
    def receiver(self) -> str | None:
        """The name that stands before the last dot of the callee; None where there is none, or more than a name."""
        callee = self._site.callee.expression
        held = callee.value if isinstance(callee, ast.Attribute) else None
        return held.id if isinstance(held, ast.Name) else None

    @property
    def called_on(self) -> Possible:
        """What stands before the last dot of the callee: ``model`` of ``model.fit(...)``."""
        return self._answers.possible(self._answers.calls.called_on(self._site))

    @property
    def callee(self) -> Possible:
        """What is called: ``model`` of ``model(...)``."""
        return self._answers.possible(self._answers.calls.callees(self._site))

    def prepared(self, position: int, *names: str) -> Prepared:
        """How what is given at ``position`` (from 0), or as one of ``names``, can have been made of pictures."""
        return self._answers.prepared(self._answers.preparing.of_argument(self._site, position, *names), self.cell)

    @property
    def result(self) -> Possible:
        """What the call can give."""
        return self._answers.possible(self._answers.calls.given(self._site))


@dataclass(frozen=True)
class Prepared:
    """How an array can have been made of pictures: the calls that read them from files (none: it is not), and those
    that bring them to a size; what their pixels can have been multiplied with (None: what is not known); whether a
    dimension can have been put around one."""

    reads: tuple[CallSite, ...]
    sizes: tuple[CallSite, ...]
    scales: frozenset[float | None]
    is_batch: bool


class _Answers:
    """Makes answers of what was found; the same call is the same `CallSite`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.calls = evaluator.calls
        self._book = evaluator.book
        self._sites: dict[tuple[Site, int], CallSite] = {}
        self.preparing = Preparing(evaluator)

    def told(self, origins: frozenset[str]) -> frozenset[str]:
        """``origins``; `ANYWHERE` among them if ``import *`` or a cell that is not read may have bound what nothing
        else binds, or if such a cell may have bound anew what is a plain value or the notebook's own."""
        is_open = self._book.is_star_imported and any(one.startswith("?.") for one in origins)
        return origins | ANYWHERE if is_open or (self._book.is_part and not origins) else origins

    def call(self, site: Site, cell: int) -> CallSite:
        if (site, cell) not in self._sites:
            self._sites[site, cell] = CallSite(site, cell, self)
        return self._sites[site, cell]

    def possible(self, values: Values) -> Possible:
        constants, is_open = constants_in(values)
        found = _Found(self)
        for one in values:
            found.add(one)
        return Possible(
            constants=frozenset(constants),
            made=frozenset(found.made),
            derived=frozenset(found.derived),
            functions=frozenset(found.functions),
            own=frozenset(found.own),
            is_open=is_open,
            sources=frozenset(sources_in(values)),
            sequences=frozenset(found.sequences),
            mappings=frozenset(found.mappings),
            origins=self.told(origins_in(values).union(*map(self.calls.members.origins, found.classes))),
        )

    def prepared(self, state: State, cell: int) -> Prepared:
        reads, sizes = ([self.call(one, cell) for one in sites] for sites in (state.reads, state.sizes))
        return Prepared(tuple(reads), tuple(sizes), state.scales, state.is_batch)

    def made(self, one: Returned) -> Made:
        return Made(one.names, self.call(one.site, self._book.position(one.site.callee.scope)))


class _Found:
    def __init__(self, answers: _Answers) -> None:
        self._answers = answers
        self.made: set[Made] = set()
        self.derived: set[Derived] = set()
        self.functions: set[str] = set()
        self.own: set[str] = set()
        self.classes: set[Scope] = set()
        self.sequences: set[tuple[Possible, ...]] = set()
        self.mappings: set[tuple[tuple[Constant, Possible], ...]] = set()

    def add(self, one: Atom) -> None:
        possible = self._answers.possible
        match one:
            case External(path=path):
                self.functions.add(path.rpartition(".")[2])
            case Function(scope=scope) | Class(scope=scope) | Instance(scope=scope):
                self.own.add(scope.name)
                self.classes |= {scope} if scope.kind == "class" else set()
            case Returned():
                self.made.add(self._answers.made(one))
            case Read(sources=sources, path=path):
                self.derived.add(Derived(sources, path))
            case Seq(items=items) if not constants_in(frozenset({one}))[0]:
                self.sequences.add(tuple(map(possible, items)))
            case Bag(items=items):
                self.sequences.add((possible(items | OPEN),))
            case Map(pairs=pairs):
                self.mappings.add(tuple((key.value, possible(values)) for key, values in pairs))


_NO_FRAMEWORK = Computing()


class Reading:
    """What is read off one notebook; each answer is worked out when it is asked for."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._evaluator = Evaluator(book)
        self._answers = _Answers(self._evaluator)
        self._next: dict[Scope, tuple[Scope, ...]] = {}
        self._calls: dict[frozenset[int], tuple[CallSite, ...]] = {}

    def calls_from(self, cells: Iterable[int]) -> tuple[CallSite, ...]:
        """All calls that code of the cells at these positions can reach: of each cell first its own, in the order of
        the text, then those of functions that these call or hand on, and of the classes that they make."""
        asked = frozenset(cells)
        if asked not in self._calls:
            self._calls[asked] = tuple(dict.fromkeys(self._calls_of(asked)))
        return self._calls[asked]

    def _calls_of(self, cells: Iterable[int]) -> Iterator[CallSite]:
        for cell in sorted(cells):
            for scope in self._reached_from(cell):
                for site in filter(self._evaluator.conditions.may_run, scope.calls):
                    yield from (self._answers.call(one, cell) for one in self._variants(site))

    def bound(self, name: str, cells: Iterable[int]) -> Possible:
        """What code that these cells can reach binds the notebook's ``name`` to; `NOTHING` where none does."""
        bindings = [one for cell in sorted(set(cells)) for one in self._bindings(name, cell)]
        return self._answers.possible(self._evaluator.bound_alone(name, bindings))

    def prepared(self, name: str, cells: Collection[int]) -> Prepared:
        """How what code that these cells can reach binds ``name`` to can have been made of pictures."""
        bindings = [one for cell in sorted(set(cells)) for one in self._bindings(name, cell)]
        return self._answers.prepared(self._answers.preparing.of_bindings(name, bindings), max(cells, default=0))

    def _bindings(self, name: str, cell: int) -> Iterator[Binding]:
        may_run = self._evaluator.conditions.may_run
        for scope in self._reached_from(cell):
            yield from filter(may_run, scope.outward.get(name, ()))
            yield from filter(may_run, scope.bindings.get(name, ()) if scope.kind == "cell" else ())

    def attribute_given(self, name: str, cells: Iterable[int]) -> Iterator[tuple[Possible, Possible]]:
        """What live code in these cells gives the attribute ``name``, with what it gives it to: by ``=``, ``setattr``,
        or ``assign`` as a variable of a framework's has it."""
        roots = {*map(self._book.roots.get, cells), *self._book.modules.values()}
        bodies = {scope for scope in self._book.active if scope.root in roots}
        possible, evaluator = self._answers.possible, self._evaluator
        for one in filter(evaluator.conditions.may_run, self._book.attributes.get(name, ())):
            if one.scope.body in bodies and one.target is not None and one.operator is None:
                yield possible(evaluator.value(one.target, one.scope)), possible(evaluator.bound_to(one))
        for site in filter(evaluator.conditions.may_run, (site for body in bodies for site in body.calls)):
            match site.callee.expression:
                case ast.Attribute(value=ast.Attribute(value=holder, attr=attribute), attr="assign"):
                    if attribute == name:
                        given = evaluator.calls.argument(site, "value", 0)
                        yield possible(evaluator.value(holder, site.callee.scope)), possible(given or OPEN)

    def _variants(self, site: Site) -> Iterator[Site]:
        return self._evaluator.calls.variants(site)

    def _reached_from(self, cell: int) -> Iterator[Scope]:
        root = self._book.roots.get(cell)
        waiting = [root] if root is not None else []
        seen = set(waiting)
        while waiting:
            scope = waiting.pop()
            yield scope
            new = [one for one in self._reached_by(scope) if one not in seen]
            seen.update(new)
            waiting += reversed(new)

    def _reached_by(self, scope: Scope) -> tuple[Scope, ...]:
        if scope not in self._next:
            modules = map(self._book.module, sorted(scope.imports)) if self._book.modules else ()
            sites = filter(self._evaluator.conditions.may_run, scope.calls)
            called = itertools.chain.from_iterable(map(self._evaluator.calls.reached_by, sites))
            self._next[scope] = tuple(dict.fromkeys([*(one for one in modules if one is not None), *called]))
        return self._next[scope]


def read_possible(cells: Sequence[Cell], computing: Computing | None = None, *, is_whole: bool = True) -> Reading:
    """Reads all cells of a notebook; those that do not run (``touched`` is False) say nothing. ``computing`` says what
    functions of the framework do, ``is_whole`` that what these cells do not bind nothing binds."""
    texts = tuple((cell.position, cell.source) for cell in cells if cell.touched)
    return _reading(texts, computing or _NO_FRAMEWORK, is_whole)


@lru_cache(maxsize=8)
def _reading(texts: tuple[tuple[int, str], ...], computing: Computing, is_whole: bool) -> Reading:
    book = book_of(texts)
    book.computing = computing
    book.is_part = not is_whole
    book.is_star_imported = book.is_star_imported or book.is_part
    return Reading(book)
