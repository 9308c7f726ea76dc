"""Kept evidence: the same code is run once, whoever hands it in.

An entry is found by the digest of all that decides what a run comes to: the text of its code cells as it is run, the
data set, the hidden pictures, versions, numerics, seed, limits. Nothing that runs can reach the folder, and whose
code it was is not kept.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import importlib.util
import json
import os
import platform
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from fairmark.atomic_write import remove_beyond, write_file
from fairmark.errors import MachineError
from fairmark.evidence import Cell, Evidence, RecorderFailed, Submission
from fairmark.frameworks import Framework
from fairmark.present.files import evidence_json

__all__ = ["EvidenceStore", "Key", "engine_digest", "versions", "wing_digest"]

_DECIDING = ("fairmark", "numpy", "pillow", "ipython")
"""Packages whose versions decide what a run comes to, beside those of the framework."""
_RUNNING = (
    "canonical_text",
    "decoding",
    "early_stopping",
    "evidence_store",
    "probe",
    "run",
    "settings",
    "stopped_early",
)
_ENGINE = ("evidence", "sandbox", "checks", "data", "notebook", *(f"grading/{name}.py" for name in _RUNNING))
"""Of this package: what runs inside, what watches it, what the probe reads off the run, and how all that is kept."""
_MOST_BYTES = 2 << 30
"""Of all entries together, once a class is graded; an entry takes 20 to 200 kB."""
_LEFTOVER_SECONDS = 86_400
"""After so long nobody is still writing a file."""
_OURS = "fairmark"
_NOBODY = Submission(student="", assignment="", notebook_sha256="")


@dataclass(frozen=True)
class Key:
    """``digest`` is that of the cells that run, place and text, and of everything else that decides what comes of
    them."""

    digest: str

    @classmethod
    def of(cls, cells: Iterable[Cell], settings: dict[str, object]) -> Key:
        """For cells as they are run, see :mod:`fairmark.grading.canonical_text`. The same means the same text, each
        character of it."""
        running = [(cell.position, cell.role, cell.exercise, cell.source) for cell in cells if cell.touched]
        decided = [settings, engine_digest(*_ENGINE)]
        return cls(_digest(json.dumps(decided, sort_keys=True, default=str), json.dumps(running)))


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def versions(framework: Framework) -> dict[str, str]:
    """Of the packages that decide what a run of notebooks of ``framework`` comes to."""
    names = tuple(sorted({*_DECIDING, *framework.packages}))
    return {"python": platform.python_version(), **_versions_of(names)}


@cache
def _versions_of(names: tuple[str, ...]) -> dict[str, str]:
    return {name: version(name) for name in names}


def wing_digest(framework: Framework) -> str:
    """Of the source text of all that is known of ``framework``: the packages that its classes and its program stand
    in."""
    program = framework.program
    named = [one.partition(":")[0] for one in (program.package, program.notebook, program.probe)]
    modules = [*(kind.__module__ for kind in type(framework).__mro__ if kind is not object), *named]
    return _digest_of_packages(tuple(sorted({_package_of(module) for module in modules})))


def _package_of(module: str) -> str:
    """Of this package the part that ``module`` is in, of others the whole."""
    parts = module.split(".")
    return ".".join(parts[: 2 if parts[0] == _OURS else 1])


@cache
def _digest_of_packages(packages: tuple[str, ...]) -> str:
    specs = [spec for one in packages if (spec := importlib.util.find_spec(one)) is not None]
    folders = [Path(folder) for spec in specs for folder in spec.submodule_search_locations or ()]
    alone = [Path(spec.origin) for spec in specs if not spec.submodule_search_locations and spec.origin is not None]
    files = [path for folder in folders for path in folder.rglob("*.py")]
    return _digest_of_files({*files, *(path for path in alone if path.is_file())})


@cache
def engine_digest(*parts: str) -> str:
    """Of the text of this package's ``parts``, files and folders; of all of it where none are named."""
    root = Path(__file__).resolve().parents[1]
    places = [root / part for part in parts] or [root]
    files = [path for place in places for path in (place.rglob("*.py") if place.is_dir() else [place])]
    return _digest_of_files(path for path in files if "builtin" not in path.relative_to(root).parts)


def _digest_of_files(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
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
            claim = self._claims.setdefault(key.digest, threading.Lock())
        with claim:
            yield

    def find(self, key: Key) -> Evidence | None:
        """What is kept for ``key``, in nobody's name; None where there is nothing, or nothing readable.

        With ``fresh`` only what this store has been given itself is found.
        """
        if self._fresh and key.digest not in self._written:
            return None
        path = self._path(key)
        try:
            evidence = Evidence.model_validate_json(gzip.decompress(path.read_bytes()))
        except (OSError, EOFError, ValueError, zlib.error):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # so that it is known when it was of use last
        return evidence

    def keep(self, key: Key, evidence: Evidence) -> None:
        """Keeps what a run came to, unless it was cut short, or something stumbled that may not another day: a limit,
        the recorder, the probe. Where the disk is full, or the folder not to be written, nothing is kept."""
        if evidence.run.outcome not in ("completed", "student_error") or _stumbled(evidence):
            return
        unnamed = evidence.model_copy(update={"submission": _NOBODY})
        with contextlib.suppress(MachineError):
            write_file(self._path(key), gzip.compress(evidence_json(unnamed).encode(), compresslevel=3, mtime=0))
            self._written.add(key.digest)

    def _path(self, key: Key) -> Path:
        return self.folder / key.digest[:2] / f"{key.digest}.json.gz"

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
