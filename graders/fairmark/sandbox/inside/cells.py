"""Runs cells one by one in IPython, as a notebook would, without a kernel."""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import os
import re
import sys
import time
import types
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from traitlets.config import Config

from fairmark.evidence import CellError
from fairmark.notebook.magics import python_source
from fairmark.sandbox.inside.magics import PASSED_OVER, TolerantShell
from fairmark.sandbox.inside.skipped import TrainingSkipped

__all__ = ["Cells", "Ran", "binds_unnamed", "cell_error", "locals_of", "names_bound_in", "names_read_in"]

_FILES_OF_CELLS = ("ipython-input", "ipykernel_")
"""What IPython, and a kernel of Jupyter's, name a cell's code after."""
_RUN = re.compile(r"^[ \t]*%run\b", re.MULTILINE)
_TIMED = "<timed exec>"
"""What IPython names the body of ``%%time`` after."""
_MOST_PASSED = 50
_MOST_LOCALS = 500


class _Shell(TolerantShell):
    """IPython without a terminal, a history file or a window."""

    system = InteractiveShell.system_raw  # ``!ls`` without a terminal of its own, of which there are none in here

    def enable_gui(self, gui: object = None) -> None:
        """``%matplotlib inline`` asks for an event loop; figures are drawn by Agg and need none."""

    def showtraceback(self, *arguments: object, **options: object) -> None:
        """Prints what a cell raised, but not how a run without training is ended."""
        if not isinstance(sys.exc_info()[1], TrainingSkipped):
            super().showtraceback(*arguments, **options)

    def ask_exit(self) -> None:
        """``exit`` and ``quit`` end nothing here: what comes after them is marked too."""


class Cells:
    """An IPython session that can run one cell at a time and say what came of it. ``passed_over`` are magics of the
    framework's that do nothing, each with the reason."""

    def __init__(self, passed_over: Mapping[str, str] | None = None) -> None:
        settings = Config()
        settings.HistoryManager.enabled = False
        settings.InteractiveShell.colors = "nocolor"
        settings.InteractiveShell.xmode = "Plain"
        shell = _Shell.instance(config=settings)
        shell.passed_over = {**PASSED_OVER, **(passed_over or {})}
        self._shell: InteractiveShell = shell
        self._process = os.getpid()
        self._files: dict[str, Ran] = {}
        self._running = Ran(0, "")
        self.left_behind: list[object] = []
        self._file_cells()
        builtins.input = _no_input

    @property
    def names(self) -> dict[str, object]:
        """The notebook's variables."""
        names: dict[str, object] = self._shell.user_ns
        return names

    def _file_cells(self) -> None:
        """Notes under which name the shell files the code of each cell: that is what tracebacks call it."""
        compiler = self._shell.compile
        file = compiler.cache

        def filed(*arguments: object, **options: object) -> str:
            name: str = file(*arguments, **options)
            self._files[name] = self._running
            return name

        compiler.cache = filed

    def run(self, source: str, position: int = 0) -> tuple[float, CellError | None]:
        """Seconds and, where the cell raised, the error. :class:`TrainingSkipped` is let through.

        ``left_behind`` then holds what functions of cells had in their variables when the error passed through them.
        """
        began = time.monotonic()
        importlib.invalidate_caches()  # a module may have been written by the cell before, within the same moment
        self._running = Ran(position, source)
        self.left_behind = []
        problem: BaseException | None
        try:
            result: ExecutionResult = self._shell.run_cell(source, store_history=True)
            problem = result.error_before_exec or result.error_in_exec
        except TrainingSkipped:
            raise
        except BaseException as raised:  # by a hook of the notebook's own, which the shell does not expect
            problem = raised
        if os.getpid() != self._process:
            os._exit(0)  # a process the cell has forked: the rest of the notebook is not for it to run
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # closed, or replaced by the notebook
                stream.flush()
        if isinstance(problem, TrainingSkipped):
            raise problem
        seconds = time.monotonic() - began
        if problem is None:
            return seconds, None
        self.left_behind = locals_of(problem, self._files)
        return seconds, cell_error(problem, source, self._files)


def _no_input(prompt: object = "") -> str:
    raise RuntimeError("input() is not available: nobody is there to answer while a notebook is being marked")


@dataclass(frozen=True)
class Ran:
    """A cell that has been given to the shell: its position and its text."""

    position: int
    source: str


def cell_error(problem: BaseException, source: str = "", files: Mapping[str, Ran] | None = None) -> CellError:
    """What the cell ``source`` raised, as data; the error may be of a class of the notebook's own.

    ``files`` holds the cells by what their code is filed under; without it nothing is said of cells passed through.
    """
    line = _line_of(problem, problem.__traceback__)
    if line is not None:
        line += _lines_taken_off(source, in_body=isinstance(problem, SyntaxError) or _is_timed(problem))
    through = _passed_through(problem.__traceback__, files or {})
    return CellError(
        type=type(problem).__name__,
        message=_message_of(problem),
        line=line,
        through=tuple(position for position, _ in through),
        lines=tuple(number for _, number in through),
    )


def _message_of(problem: BaseException) -> str:
    if isinstance(problem, SyntaxError):
        return str(problem.msg)[:2000]
    try:
        return str(problem)[:2000]
    except Exception:  # __str__ is the student's to define
        return ""


def _frames(trace: types.TracebackType | None) -> Iterator[types.TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _passed_through(trace: types.TracebackType | None, files: Mapping[str, Ran]) -> list[tuple[int, int]]:
    """Cells whose code the error passed through, outermost first, each with the line; one that was passed through
    several times in a row with the last of them."""
    passed: list[tuple[int, int]] = []
    for one in _frames(trace):
        ran = files.get(one.tb_frame.f_code.co_filename)
        if ran is None:
            continue
        if passed and passed[-1][0] == ran.position:
            passed.pop()
        passed.append((ran.position, one.tb_lineno + _lines_taken_off(ran.source, in_body=False)))
    return passed[-_MOST_PASSED:]


def locals_of(problem: BaseException, files: Mapping[str, Ran]) -> list[object]:
    """What the functions of cells had in their variables when the error passed through them."""
    found: list[object] = []
    for one in _frames(problem.__traceback__):
        frame = one.tb_frame
        if frame.f_code.co_filename in files and frame.f_code.co_name != "<module>":
            found += list(frame.f_locals.values())[:_MOST_LOCALS]
    return found[:_MOST_LOCALS]


def _line_of(problem: BaseException, trace: types.TracebackType | None) -> int | None:
    """The last line of its own cell that the error passed through, functions of other cells left out."""
    if isinstance(problem, SyntaxError):
        return problem.lineno
    line, own = None, ""
    for one in _frames(trace):
        file = one.tb_frame.f_code.co_filename
        if not own and any(name in file for name in _FILES_OF_CELLS):
            own = file
        if own and file in (own, _TIMED):
            line = one.tb_lineno
    return line


def _is_timed(problem: BaseException) -> bool:
    """Whether it came out of the body of ``%%time``, which counts its lines from 1."""
    return any(one.tb_frame.f_code.co_filename == _TIMED for one in _frames(problem.__traceback__))


def _lines_taken_off(source: str, *, in_body: bool) -> int:
    """Lines that IPython takes off the top of a cell before it counts: empty ones, and a magic that runs the rest."""
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if not in_body or not lines[first].startswith("%%"):
        return first
    body = lines[first + 1 :]
    return first + 1 + next((number for number, line in enumerate(body) if line.strip()), 0)


def names_bound_in(source: str) -> set[str]:
    """Names that the cell's own text binds at its top level, loops, ``with`` blocks and imports included."""
    names: set[str] = set()
    for node in _nodes_of(source):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names} - {"*"}
    return names


def names_read_in(source: str) -> set[str]:
    """Names whose value the cell's own text asks for, anywhere in it."""
    nodes = _nodes_of(source)
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def binds_unnamed(source: str) -> bool:
    """Whether the cell may bind names that its text does not spell: by ``from ... import *`` or ``%run``."""
    starred = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in _nodes_of(source))
    return starred or _RUN.search(source) is not None


def _nodes_of(source: str) -> Iterator[ast.AST]:
    try:
        with warnings.catch_warnings(action="ignore"):  # running the cell has said them
            tree = ast.parse(python_source(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return iter(())
    return ast.walk(tree)
