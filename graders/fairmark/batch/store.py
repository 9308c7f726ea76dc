"""Kept evidence: the same code is run once, whoever hands it in.

An entry is found by the digest of all that decides what a run comes to: its code cells (formatting and comments aside),
the data set, the hidden pictures, versions, numerics, seed, limits. Nothing that runs can reach the folder, and whose
code it was is not kept.
"""

from __future__ import annotations

import ast
import contextlib
import gzip
import hashlib
import json
import keyword
import os
import platform
import re
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from fairmark.batch.lines import Places, places_of_errors, with_lines_of
from fairmark.errors import MachineError
from fairmark.evidence import Cell, Evidence, RecorderFailed, Submission
from fairmark.notebook.syntax import syntax_tree
from fairmark.present.files import evidence_json
from fairmark.whole import remove_beyond, write_file

__all__ = ["EvidenceStore", "Key", "engine_digest", "versions"]

_DECIDING = ("fairmark", "tensorflow", "keras", "numpy", "pillow", "scipy", "ipython")
"""Packages whose versions decide what a run comes to."""
_ENGINE = ("evidence", "probe.py", "sandbox", "checks", "data", "notebook", "batch")
"""Of this package: what runs inside, what watches it, what the probe reads off the run, and how all that is kept."""
_MOST_BYTES = 2 << 30
"""Of all entries together, once a class is graded; an entry takes 20 to 200 kB."""
_LEFTOVER_SECONDS = 86_400
"""After so long nobody is still writing a file."""
_TAKEN_BY_IPYTHON = re.compile(r"^[ \t]*(?:[%!?,;/]|>>>|\.\.\.|In \[|\[(?:ins|nav)\])", re.MULTILINE)
"""How a line begins that IPython may make another of, if only inside a string: an escape or a prompt. Looked for line
by line, so that thousands of blank ones take no longer than others."""
_BLANK_LINE_WITH_SPACES = re.compile(r"^[ \t]+$", re.MULTILINE)
_PLACES = TypeAdapter(Places)
_NOBODY = Submission(student="", assignment="", notebook_sha256="")


@dataclass(frozen=True)
class Key:
    """``like`` is the digest with formatting and comments aside, ``exact`` that of the very text. ``sources`` are the
    texts of the cells by position: where one raised, the line it names is another in another text."""

    like: str
    exact: str
    sources: Mapping[int, str] = field(compare=False, repr=False, default_factory=dict)

    @classmethod
    def of(cls, cells: Iterable[Cell], settings: dict[str, object]) -> Key:
        """For the cells that run, and everything else that decides what comes of them."""
        running = [(cell.position, cell.role, cell.exercise, cell.source) for cell in cells if cell.touched]
        decided = json.dumps([settings, versions(), engine_digest(*_ENGINE)], sort_keys=True, default=str)
        exact = json.dumps(running)
        like = json.dumps([(*place, _meaning(source)) for *place, source in running])
        sources = {position: source for position, *_, source in running}
        return cls(_digest(decided, like), _digest(decided, exact), sources)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def _meaning(source: str) -> str:
    """What Python makes of a cell; the text itself where it is not Python, as with magics, or where IPython, which runs
    it, may make something else of it."""
    tree = syntax_tree(source) if not _may_be_read_otherwise(source) else None
    if tree is not None:
        with contextlib.suppress(RecursionError, ValueError, MemoryError):  # too deep, or a number of too many digits
            return f"tree {ast.dump(tree)}{';' if _ends_in_semicolon(source, tree) else ''}"
    return f"text {source}"


def _may_be_read_otherwise(source: str) -> bool:
    """Whether IPython may run something else than Python reads here (its ``inputtransformer2`` and ``prefilter``).

    It takes escapes and prompts off any line, and spaces out of blank lines, those of long strings too; and a cell of
    one line may be a magic without its ``%``, unless it begins with a keyword or assigns to a name.
    """
    if _TAKEN_BY_IPYTHON.search(source):
        return True
    if ('"""' in source or "'''" in source) and _BLANK_LINE_WITH_SPACES.search(source):
        return True
    only = source.strip()
    if len(only.splitlines()) != 1:
        return False
    first = re.match(r"\w*", only)[0]  # type: ignore[index] # it always matches
    return not (keyword.iskeyword(first) or re.match(r"\w+\s*=(?!=)", only))


def _ends_in_semicolon(source: str, tree: ast.Module) -> bool:
    """Whether IPython keeps the cell's last value to itself: it is then not what ``_`` stands for, either."""
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return False
    last = tree.body[-1]
    assert last.end_lineno is not None
    assert last.end_col_offset is not None
    first, *more = re.split(r"\r\n|\r|\n", source)[last.end_lineno - 1 :]
    behind = "\n".join([first.encode()[last.end_col_offset :].decode(), *more])
    return behind.lstrip(" \t\f\n\\").startswith(";")


@cache
def versions() -> dict[str, str]:
    """Of the packages that decide what a run comes to."""
    return {"python": platform.python_version(), **{name: version(name) for name in _DECIDING}}


@cache
def engine_digest(*parts: str) -> str:
    """Of the text of this package's ``parts``, files and folders; of all of it where none are named."""
    root = Path(__file__).resolve().parents[1]
    places = [root / part for part in parts] or [root]
    files = [path for place in places for path in (place.rglob("*.py") if place.is_dir() else [place])]
    digest = hashlib.sha256()
    for path in sorted(path for path in files if "builtin" not in path.relative_to(root).parts):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class EvidenceStore:
    """Evidence in ``folder``, one compressed file an entry; for any number of threads and processes."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        self.folder = folder
        self._fresh = fresh
        self._written: set[str] = set()
        self._lock = threading.Lock()
        self._claims: dict[str, threading.Lock] = {}

    @contextmanager
    def claimed(self, key: Key) -> Iterator[None]:
        """While one thread runs something, others that want the same wait for what it leaves."""
        with self._lock:
            claim = self._claims.setdefault(key.like, threading.Lock())
        with claim:
            yield

    def find(self, key: Key) -> Evidence | None:
        """What is kept for ``key``, in nobody's name; None where there is nothing, or nothing readable.

        With ``fresh`` only what this store has been given itself is found.
        """
        if self._fresh and key.like not in self._written:
            return None
        path = self._path(key)
        try:
            data = json.loads(gzip.decompress(path.read_bytes()))
            evidence = Evidence.model_validate(data["evidence"])
            places = _PLACES.validate_python(data["places"])
        except (OSError, EOFError, ValueError, KeyError, TypeError, ValidationError, zlib.error):
            return None
        if data.get("exact") != key.exact:
            moved = with_lines_of(evidence, places, key.sources)
            if moved is None:
                return None
            evidence = moved
        with contextlib.suppress(OSError):
            os.utime(path)  # so that it is known when it was of use last
        return evidence

    def keep(self, key: Key, evidence: Evidence) -> None:
        """Keeps what a run came to, unless it was cut short, or something stumbled that may not another day: a limit,
        the recorder, the probe. Where the disk is full, or the folder not to be written, nothing is kept."""
        if evidence.run.outcome not in ("completed", "student_error") or _stumbled(evidence):
            return
        unnamed = evidence.model_copy(update={"submission": _NOBODY})
        places = json.dumps(places_of_errors(evidence, key.sources))
        data = f'{{"exact": "{key.exact}", "places": {places}, "evidence": {evidence_json(unnamed)}}}'
        with contextlib.suppress(MachineError):
            write_file(self._path(key), gzip.compress(data.encode(), compresslevel=3, mtime=0))
            self._written.add(key.like)

    def _path(self, key: Key) -> Path:
        return self.folder / key.like[:2] / f"{key.like}.json.gz"

    def size_bytes(self) -> int:
        """Of all entries together."""
        return sum(found.st_size for found, _ in self._entries())

    def prune(self, most_bytes: int = _MOST_BYTES) -> int:
        """Removes entries, those not used for longest first, until at most ``most_bytes`` are left; how many. And what
        a writer that was killed has left."""
        for left in self.folder.glob("*/.*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _LEFTOVER_SECONDS:
                    left.unlink()
        files = (path for _, path in self._entries())
        return remove_beyond(most_bytes, files, lambda stat: stat.st_mtime_ns)

    def _entries(self) -> Iterator[tuple[os.stat_result, Path]]:
        for path in self.folder.glob("*/*.json.gz"):
            with contextlib.suppress(FileNotFoundError):  # somebody else is pruning
                yield path.stat(), path


def _stumbled(evidence: Evidence) -> bool:
    events = (stamped.event for stamped in evidence.run.events)
    has_failed = any(isinstance(event, RecorderFailed) for event in events)
    return has_failed or (evidence.probe is not None and evidence.probe.problem is not None)
