"""Running a grader script: its author's own code, in this process, with the author's rights.

A script is trusted, but it may be wrong, and whoever runs a command must see whose mistake it is. So what ends a
process without a word (``os._exit``) is answered with an exception, in the script and in its checks, and what the
script prints goes to standard error, where it is in no program's way. Nothing is changed for anybody else: the script
has builtins of its own. A script that never ends is not ended: it runs as long as its author lets it, until Ctrl-C.

A file beside the script whose name begins with ``_`` is a helper: ``from _rates import differ`` runs it as part of the
script, the same way. It is on no import path, so that nothing else can be meant, and one course's is not another's.
Only an import that is written out finds it: what :func:`helpers_of` does not name cannot be imported, and so all that
is run counts in the digests.
"""

from __future__ import annotations

import ast
import builtins
import dis
import importlib.util
import os
import sys
import threading
import types
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import IO, Any, NoReturn

from fairmark.errors import GraderError
from fairmark.regular_file import regular_bytes

__all__ = ["helpers_of", "is_raised_by_hand", "run_script"]

_AS_UTF8 = "Save the script as UTF-8 in your editor."


def run_script(path: Path) -> types.ModuleType:
    """The module that the script at ``path`` makes, run once.

    Raises :class:`GraderError` where the file cannot be read, and else whatever running the script raises.
    """
    if not path.is_file():
        raise GraderError(f"{path}: there is no such grader script", is_placed=True)
    if path.suffix != ".py":
        raise GraderError(f"{path}: not a Python file", is_placed=True)
    return _Running(path).module


def helpers_of(path: Path) -> tuple[Path, ...]:
    """The helpers that the script at ``path`` imports, and those that they import, in the order of their names. Nothing
    is run; what is no text or no Python has none."""
    found: dict[str, Path] = {}
    waiting = [path]
    while waiting:
        for name in _helpers_named_in(waiting.pop()):
            helper = path.parent / f"{name}.py"
            if name not in found and helper.is_file():
                found[name] = helper
                waiting.append(helper)
    return tuple(found[name] for name in sorted(found))


def _helpers_named_in(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(regular_bytes(path))
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_helper(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and _is_helper(node.module or ""):
            yield node.module or ""


def _is_helper(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name.isidentifier()


class _Running:
    """One script with its helpers, each of which is run once, when it is first imported."""

    def __init__(self, script: Path) -> None:
        self._paths = {path.stem: path for path in helpers_of(script)}
        self._helpers: dict[str, types.ModuleType] = {}
        self._lock = threading.RLock()  # checks, which may import too, are asked side by side
        self.module = self._made(script)
        self._run(self.module)

    def _made(self, path: Path) -> types.ModuleType:
        _require_text(path)
        loader = _FromText(f"fairmark_grader_{path.stem}", str(path))
        spec = importlib.util.spec_from_loader(loader.name, loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._imported, "print": _printed}
        return module

    def _run(self, module: types.ModuleType) -> None:
        """Runs it, listed among Python's modules for as long as that takes: ``@dataclass`` looks it up there."""
        assert module.__spec__ is not None
        assert isinstance(module.__spec__.loader, _FromText)
        before = sys.modules.get(module.__name__)
        sys.modules[module.__name__] = module
        try:
            module.__spec__.loader.exec_module(module)
        finally:
            if before is None:
                sys.modules.pop(module.__name__, None)
            else:
                sys.modules[module.__name__] = before

    def _imported(self, name: str, *others: Any, **named: Any) -> Any:  # noqa: ANN401 - as __import__ itself
        """``__import__``, but for helpers, and for the modules that can end the process at once."""
        if name in self._paths and not _is_relative(*others, **named):
            return self._helper(name)
        module = builtins.__import__(name, *others, **named)
        return _harmless(module) if module is os or module is sys.modules.get("posix") else module

    def _helper(self, name: str) -> types.ModuleType:
        with self._lock:
            if name not in self._helpers:
                module = self._made(self._paths[name])
                self._helpers[name] = module  # before it runs, as Python does, for helpers that import each other
                try:
                    self._run(module)
                except BaseException:
                    del self._helpers[name]  # as Python does: half a module is none
                    raise
            return self._helpers[name]


def _is_relative(*others: object, level: int = 0, **named: object) -> bool:
    """Whether ``__import__`` is called for ``from . import``; the level is its fifth argument."""
    return bool(others[3] if len(others) > 3 else level)


class _FromText(SourceFileLoader):
    """Never reads what lies in ``__pycache__``, which may be another script, and leaves nothing there."""

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        code: types.CodeType = self.source_to_code(regular_bytes(Path(path)), path)
        return code


def _require_text(path: Path) -> None:
    """Python itself overlooks what is no text in a comment; who reads the script later does not."""
    try:
        content = regular_bytes(path)
        importlib.util.decode_source(content)
    except OSError as problem:
        said = f"{path}: cannot be read: {problem.strerror}"
        raise GraderError(said, remedy="Make the file readable.", is_placed=True) from problem
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        said = f"{path}:{line}: is not text in {problem.encoding}"
        raise GraderError(said, remedy=_AS_UTF8, is_placed=True) from problem
    except SyntaxError as problem:  # it declares an encoding that there is not
        raise GraderError(f"{path}: {problem.msg}", remedy=_AS_UTF8, is_placed=True) from problem


def is_raised_by_hand(problem: BaseException) -> bool:
    """Whether ``problem`` comes from a ``raise``. A ``KeyboardInterrupt`` that does not is somebody's Ctrl-C, which
    Python raises between any two instructions, but never as the outcome of that one."""
    if not isinstance(problem, KeyboardInterrupt):
        return True
    place = problem.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None:
        return False
    return dis.opname[place.tb_frame.f_code.co_code[place.tb_lasti]] == "RAISE_VARARGS"


def _harmless(module: types.ModuleType) -> types.ModuleType:
    copy = types.ModuleType(module.__name__, module.__doc__)
    copy.__dict__.update(vars(module))
    copy.__dict__["_exit"] = _exit
    return copy


def _exit(status: int = 0) -> NoReturn:
    raise GraderError(
        f"calls os._exit({status}), which would end the command without a word",
        remedy="Raise an exception that says what is wrong.",
    )


def _printed(
    *values: object, sep: str | None = " ", end: str | None = "\n", file: IO[str] | None = None, flush: bool = False
) -> None:
    """``print``, but to standard error."""
    stream = sys.stderr if file is None else file
    stream.write((" " if sep is None else sep).join(map(str, values)) + ("\n" if end is None else end))
    if flush:
        stream.flush()
