"""Questions to a sandbox, asked by a notebook that runs in it: what it may do, and what it must not get at.

Each is a cell. One that a wall refuses raises; one that goes through does not. ``MUST_NOT`` says which layers refuse
it, so that what a backend lets through follows from the layers it has.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from shapes import Watching, draw_shapes

import fairmark
from fairmark.evidence import Cell, CellFinished, Run
from fairmark.keras.program import KERAS
from fairmark.sandbox import Launcher, Limits, Workplace, notebook_job, run_notebook
from fairmark.sandbox.walls.landlock import landlock_abi

__all__ = ["MAY", "MUST_NOT", "Answers", "Places", "Question", "ask", "effective", "places"]

ROOT = Path(__file__).resolve().parent.parent
ENGINE = Path(fairmark.__file__).resolve().parent

MAY = {
    "write into its own folder": "Path('own.txt').write_text('mine'); assert Path('own.txt').read_text() == 'mine'",
    "make and remove folders": "Path('a/b').mkdir(parents=True); Path('a/b').rmdir(); Path('a').rename('c')",
    "make a temporary file": "tempfile.TemporaryFile().write(b'mine')",
    "read its pictures": "assert len(next(Path('{pictures}/shapes').rglob('*.png')).read_bytes()) > 50",
    "draw random numbers": "assert len(open('/dev/urandom', 'rb').read(9)) == 9; assert len(os.urandom(9)) == 9",
    "throw text away": "open('/dev/null', 'w').write('nothing')",
    "start a program": "assert subprocess.check_output(['echo', 'hello']) == b'hello\\n'",
    "use a shell": "!echo hello > own.txt\nassert Path('own.txt').read_text() == 'hello\\n'",
    "import what nobody has imported yet": "import sqlite3, wave, scipy.special",
    "save a figure": "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.savefig('figure.png'); plt.close()",
    "start a thread": "import threading; one = threading.Thread(target=print); one.start(); one.join()",
    "start a pool of threads": "import multiprocessing.pool as p; assert p.ThreadPool(2).map(str, [1]) == ['1']",
}
"""What every notebook may do, whatever confines it."""


@dataclass(frozen=True)
class Question:
    """``held_by`` are layers each of which refuses it alone; see :func:`effective` for those that are no ``Layer``."""

    source: str
    held_by: frozenset[str]


def _held(source: str, *held_by: str) -> Question:
    return Question(source, frozenset(held_by))


_FILES = ("landlock", "mounts")
_OWN_USER = ("own user", "own user namespace")

MUST_NOT = {
    "list the home folder": _held("assert set(os.listdir('{home}')) - {installed}", *_FILES),
    "read the grader script": _held("open('{root}/graders/horses_or_humans.py').read()", *_FILES),
    "read the solution": _held("open('{root}/solutions/horses_or_humans.ipynb').read()", *_FILES),
    "read the engine": _held("open('{engine}/grading/judge.py').read()", *_FILES),
    "read a file of others": _held("open('{ours}/secret.txt').read()", *_FILES),
    "read the folder of another run": _held("open('{other}/answers.txt').read()", *_FILES),
    "read shared memory of others": _held("open('{shared}').read()", *_FILES),
    "attach shared memory of others": _held(
        "import ctypes; assert ctypes.CDLL(None).shmget({key}, 1, 0) >= 0", "ipc", "seccomp"
    ),
    "write beside its folder": _held("open('{ours}/planted.txt', 'w')", *_FILES, "own user"),
    "write into the pictures": _held("open('{pictures}/planted.png', 'w')", *_FILES, "own user"),
    "remove a picture": _held("os.remove('{pictures}/spare.png')", *_FILES, "own user"),
    "leave a file in the system's temporary folder": _held("open('{left}', 'w')", *_FILES),
    "connect to a port of this machine": _held(
        "socket.create_connection(('127.0.0.1', {port}), 5)", "network", "seccomp", "landlock 4"
    ),
    "send a datagram": _held(
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'hello', ('127.0.0.1', {udp_port}))",
        "network",
        "seccomp",
    ),
    "connect to a socket among the files": _held(
        "socket.socket(socket.AF_UNIX).connect('{ours}/socket')", "mounts", "seccomp", "own user"
    ),
    "connect to an abstract socket": _held(
        "socket.socket(socket.AF_UNIX).connect('\\0{token}')", "network", "seccomp", "landlock 6"
    ),
    "signal the grader": _held("os.kill({pid}, 0)", "processes", "own user", "landlock 6"),
    "see the grader in the process table": _held("open('/proc/{pid}/cmdline').read()", "landlock", "own proc"),
    "read the grader's environment": _held("open('/proc/{pid}/environ').read()", "landlock", "own proc", *_OWN_USER),
    "go through the grader's root": _held(
        "open('/proc/{pid}/root{ours}/secret.txt').read()", "landlock", "own proc", *_OWN_USER
    ),
}

_DAEMONS = {
    "leave a daemon": "subprocess.Popen([*daemon, '{token}-plain'], start_new_session=True, **silent)",
    "leave a daemon that hides": """
if os.fork() == 0:
    os.setsid()
    subprocess.Popen([*daemon, "{token}-hidden"], start_new_session=True, env={{}}, **silent)
    os._exit(0)
os.wait()
""",
}

_IMPORTS = """
import os, socket, subprocess, sys, tempfile, time
from pathlib import Path
daemon = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(120)"]
silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
"""


@dataclass(frozen=True)
class Places:
    """What the questions are aimed at. All listeners are on this machine's loopback and answer nobody."""

    pictures: Path
    other: Path
    ours: Path
    shared: Path
    left: Path
    token: str
    key: int
    listeners: Mapping[str, socket.socket]

    def into(self, source: str) -> str:
        """The source with the names in it replaced."""
        installed = {part for prefix in (sys.prefix, sys.base_prefix) for part in Path(prefix).parts}
        return source.format(
            home=Path.home(),
            installed=installed,
            root=ROOT,
            engine=ENGINE,
            pid=os.getpid(),
            port=self.listeners["connect to a port of this machine"].getsockname()[1],
            udp_port=self.listeners["send a datagram"].getsockname()[1],
            **{name: getattr(self, name) for name in ("pictures", "other", "ours", "shared", "left", "token", "key")},
        )

    def seen(self) -> set[str]:
        """What was done since this was last asked, of that which shows here; afterwards all is as it was before."""
        planted, spare = (self.ours / "planted.txt", self.pictures / "planted.png"), self.pictures / "spare.png"
        found = {name for name, path in zip(_PLANTED, (*planted, self.left), strict=True) if path.exists()}
        found |= {name for name, listener in self.listeners.items() if _was_reached(listener)}
        found |= set() if spare.exists() else {"remove a picture"}
        for path in (*planted, self.left):
            path.unlink(missing_ok=True)
        spare.touch()
        return found

    def daemons(self) -> set[str]:
        """Which daemons are alive: ``plain``, ``hidden``. They are killed."""
        found = set()
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
                if words and words[-1].startswith(self.token):
                    found.add(words[-1].removeprefix(f"{self.token}-"))
                    process.kill()
            except psutil.Error:
                continue
        return found


_PLANTED = ("write beside its folder", "write into the pictures", "leave a file in the system's temporary folder")
_HEARD = (
    "connect to a port of this machine",
    "send a datagram",
    "connect to a socket among the files",
    "connect to an abstract socket",
)
_SEEN = {*_PLANTED, *_HEARD, "remove a picture"}
"""Questions whose answer shows outside."""


def _was_reached(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_DGRAM:
            listener.recv(100)
        else:
            listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@contextmanager
def places(folder: Path) -> Iterator[Places]:
    """Everything the questions are aimed at, below ``folder`` where it is a file."""
    token = f"fairmark-test-{uuid.uuid4().hex}"
    ours, pictures = folder / "ours", draw_shapes(folder / "pictures")
    ours.mkdir()
    (ours / "secret.txt").write_text("secret")
    shared, left = Path("/dev/shm", token), Path(tempfile.gettempdir(), token)
    with ExitStack() as stack, Workplace() as other:
        (other.folder / "answers.txt").write_text("theirs")
        for path in (shared, left):
            stack.callback(path.unlink, missing_ok=True)
        shared.write_text("theirs")
        tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        unix, abstract = (socket.socket(socket.AF_UNIX) for _ in range(2))
        loopback = ("127.0.0.1", 0)
        for one, address in ((tcp, loopback), (udp, loopback), (unix, f"{ours}/socket"), (abstract, f"\0{token}")):
            stack.enter_context(one)
            one.bind(address)
            one.setblocking(False)
            if one is not udp:
                one.listen()
        key = stack.enter_context(_system_v_segment())
        listeners = dict(zip(_HEARD, (tcp, udp, unix, abstract), strict=True))
        yield Places(pictures, other.folder, ours, shared, left, token, key, listeners)


@contextmanager
def _system_v_segment() -> Iterator[int]:
    """The key of a segment of shared memory that everybody may attach."""
    library, key = ctypes.CDLL(None, use_errno=True), uuid.uuid4().int & 0x7FFFFFFF
    create_for_all, remove = 0o1666, 0
    number = library.shmget(key, 4096, create_for_all)
    assert number >= 0, os.strerror(ctypes.get_errno())
    try:
        yield key
    finally:
        library.shmctl(number, remove, None)


# --- asking -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """What came of it. ``left`` is what the run had written into its folder, ``seen`` what it must not do and was seen
    from outside to have done, ``daemons`` which of its daemons outlived it."""

    cells: tuple[str, ...]
    run: Run
    folder: Path
    left: frozenset[str]
    seen: set[str]
    daemons: set[str]

    def error(self, name: str) -> str | None:
        """What the cell raised, in words."""
        for stamped in self.run.events:
            event = stamped.event
            if isinstance(event, CellFinished) and event.cell == self.cells.index(name) + 1:
                return None if event.error is None else f"{event.error.type}: {event.error.message}"
        raise AssertionError(f"{name!r} was not asked: {self.run.outcome}, {self.run.reason}")

    def printed(self, name: str) -> str:
        return self.run.printed.get(self.cells.index(name) + 1, "")

    @property
    def let_through(self) -> set[str]:
        """What it must not do and did: where that can be seen from outside, what was seen there."""
        return self.seen | {name for name in MUST_NOT.keys() - _SEEN if self.error(name) is None}


def ask(launcher: Launcher, at: Places, before: Mapping[str, str] | None = None) -> Answers:
    """Runs ``before`` and then all questions in one notebook."""
    questions = {"imports": _IMPORTS, **MAY, **{name: one.source for name, one in MUST_NOT.items()}, **_DAEMONS}
    asked = {**(before or {}), **{name: at.into(source) for name, source in questions.items()}}
    cells = [Cell(position=n, number=n, role="added", source=text.strip()) for n, text in enumerate(asked.values(), 1)]
    watching = Watching(launcher)
    at.seen()
    with Workplace() as workplace:
        run = run_notebook(
            notebook_job(cells, at.pictures, numerics="float32", seed=7, program=KERAS),
            workplace,
            limits=Limits(run_seconds=300),
            launcher=watching,
        )
        written = watching.written.path
        left = frozenset(str(path.relative_to(written)) for path in written.rglob("*"))
    return Answers(tuple(asked), run, workplace.folder, left, at.seen(), at.daemons())


def effective(layers: frozenset[str]) -> frozenset[str]:
    """The layers, and what some of them are together or on this machine: ``landlock 4`` (TCP) and ``landlock 6``
    (signals, abstract sockets) by the kernel's interface, ``own user`` where root gives the run a user id of its own,
    ``own user namespace`` where that is how namespaces are left, ``own proc`` where a private root shows none but its
    own processes."""
    found = set(layers)
    if {"mounts", "processes"} <= layers:
        found.add("own proc")
    if os.geteuid() != 0 and layers & {"mounts", "processes", "network", "ipc"}:
        found.add("own user namespace")
    if "landlock" in layers:
        found |= {f"landlock {abi}" for abi in (4, 6) if landlock_abi() >= abi}
    if "privileges" in layers and os.geteuid() == 0:
        found.add("own user")
    return frozenset(found)
