"""What the hostile corpus is aimed at: listeners, files, secrets, a process table; whether it was hit; and verdicts."""

from __future__ import annotations

import io
import os
import re
import secrets
import socket
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import psutil
from rich.console import Console
from walled import DATASET, NAME, Attack, losses, right_notebook

from fairmark.course import Course
from fairmark.data import data_folder, evidence_folder, hidden_pictures, load_recipe, secret_folder
from fairmark.evidence import Evidence
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.keras.program import KERAS
from fairmark.present.curve import curve_of
from fairmark.present.files import report_files
from fairmark.present.gradebook import gradebook_text
from fairmark.present.terminal import show_report
from fairmark.present.visibility import for_student
from fairmark.report import Report, Standing
from fairmark.sandbox import ConfinedProcess, Launcher, Limits
from fairmark.sandbox.temporary_directories import shelf

__all__ = [
    "HOSTILE_LIMITS",
    "Surroundings",
    "Targets",
    "credited",
    "expected",
    "reached",
    "shown",
    "targets",
    "verdict",
]

HOSTILE_LIMITS = Limits(
    run_seconds=180,
    cell_seconds=120,
    cpu_seconds=180,
    memory_bytes=2 << 30,
    processes=24,
    written_bytes=64 << 20,
    files=3000,
    output_bytes=1 << 20,
    channel_bytes=4 << 20,
    line_bytes=1 << 20,
)


@dataclass(frozen=True)
class Surroundings:
    """What a run must leave as it was."""

    files: dict[str, tuple[int, int, int]]
    processes: list[str]
    shared: list[str]
    mounts: str


@dataclass
class Targets:
    """Everything a hostile notebook is told of, and a mark that no honest process bears."""

    course: Course
    folder: Path
    marker: str
    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket
    abstract: socket.socket
    worker: int = 0
    before: Surroundings | None = None

    def __post_init__(self) -> None:
        self.pipeline = cache(self._pipeline)

    def places(self) -> dict[str, str]:
        """What ``<name>`` stands for in a hostile notebook."""
        assignment = self.course.assignment(NAME)
        recipe = load_recipe(self.course.dataset_folder(DATASET))
        return {
            "course": str(self.course.root),
            "solution": str(assignment.solution),
            "grader": str(assignment.grader),
            "secret": str(secret_folder()),
            "hidden": str(hidden_pictures(recipe).folder),
            "pictures": str(data_folder()),
            "evidence": str(evidence_folder()),
            "out": str(self.out),
            "other": str(self.folder / "submitted" / "other.ipynb"),
            "outside": str(self.folder / "outside"),
            "home": str(self.folder / "home"),
            "port": str(self.tcp.getsockname()[1]),
            "socket": self.unix.getsockname(),
            "abstract": self.marker,
            "name": "localhost",
            "pid": str(os.getpid()),
            "worker": str(self.worker),
            "marker": self.marker,
            "shared": f"{self.marker}-ours",
        }

    @property
    def out(self) -> Path:
        """Where a batch writes what it finds."""
        return self.folder / "graded"

    def knocked(self) -> list[str]:
        """Which listeners somebody has reached since this was last asked."""
        found = []
        for name, listener in (("tcp", self.tcp), ("unix", self.unix), ("abstract", self.abstract)):
            try:
                listener.accept()[0].close()
            except BlockingIOError:
                continue
            found.append(name)
        try:
            self.udp.recv(100)
            found.append("udp")
        except BlockingIOError:
            pass
        return found

    def surroundings(self) -> Surroundings:
        """What a run must leave as it was, as it is now."""
        watched = [self.course.root, self.folder / "outside", self.folder / "home", secret_folder(), data_folder()]
        return surroundings([*watched, shelf()], self.marker)

    def surroundings_but_more_hidden_images(self) -> Surroundings:
        """The same, as if no hidden images had been drawn since: wherever a call is close some are, and their folder
        and its list grow. Those that were there are held against what they were."""
        now, before = self.surroundings(), self.before.files
        stock = secret_folder() / "hidden"

        def is_grown(path: str) -> bool:
            return Path(path).is_relative_to(stock) and Path(path).suffix in ("", ".json")

        files = {
            path: before[path] if path in before and is_grown(path) else entry
            for path, entry in now.files.items()
            if path in before or not Path(path).is_relative_to(stock)
        }
        return replace(now, files=files)

    def submission(self, attack: Attack) -> Path:
        """The hostile notebook as a file."""
        name = "".join(letter if letter.isalnum() else "-" for letter in attack.name)
        path = self.folder / "submitted" / f"{name}.ipynb"
        path.write_bytes(attack.notebook(self.course, self.places()))
        return path

    def mark(self, attack: Attack, launcher: Launcher, store: EvidenceStore | None = None) -> GradedSubmission:
        """Marks it; one that is to run out of time is given little, and the others more than they need. With a
        ``store`` what is the reference's very code once it is put right is run once for all."""
        limits = replace(HOSTILE_LIMITS, cell_seconds=5) if attack.run == "timeout" else HOSTILE_LIMITS
        path = self.submission(attack)
        return self.pipeline(launcher, limits, store, train=attack.train).mark(path, path.stem)

    def mark_right(self, launcher: Launcher, *, train: bool) -> GradedSubmission:
        path = self.folder / "submitted" / "other.ipynb"
        return self.pipeline(launcher, HOSTILE_LIMITS, None, train=train).mark(path, path.stem)

    def _pipeline(self, launcher: Launcher, limits: Limits, store: EvidenceStore | None, *, train: bool) -> Pipeline:
        """One for all that are marked so: the reference is run once, as it is for a class."""
        assignment = self.course.assignment(NAME)
        return Pipeline(
            self.course,
            assignment,
            settings=RunSettings(limits=limits, mode="structure" if not train else "full"),
            launcher=launcher,
            store=store,
        )


@contextmanager
def targets(course: Course, folder: Path, launcher: ConfinedProcess) -> Iterator[Targets]:
    """Opens the listeners and lays out the files. One right submission is marked before anything else."""
    marker = f"fairmark-{secrets.token_hex(6)}"
    for part in ("submitted", "outside", "home"):
        (folder / part).mkdir(mode=0o777, parents=True)
        (folder / part).chmod(0o777)
    folder.chmod(0o755)
    (folder / "outside" / "file").write_text("ours\n")
    (folder / "outside" / "file").chmod(0o666)
    (folder / "home" / "diary").write_text("ours\n")
    (folder / "submitted" / "other.ipynb").write_bytes(right_notebook(course))
    shared = Path("/dev/shm", f"{marker}-ours")
    shared.write_text("ours\n")
    with (
        tempfile.TemporaryDirectory() as short,  # the address of a socket may have 107 bytes
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        udp.bind(tcp.getsockname())
        Path(short).chmod(0o755)
        unix.bind(f"{short}/socket")
        unix.listen()
        abstract.bind(f"\0{marker}")
        abstract.listen()
        for listener in (tcp, udp, unix, abstract):
            listener.setblocking(False)
        aimed_at = Targets(course, folder, marker, tcp, udp, unix, abstract)
        aimed_at.mark_right(launcher, train=True)
        aimed_at.worker = launcher.worker_for(KERAS).pid or 0
        aimed_at.before = aimed_at.surroundings()
        yield aimed_at
    shared.unlink()


def surroundings(folders: list[Path], marker: str) -> Surroundings:
    """The files of ``folders`` (size, time of change, mode), processes that bear ``marker`` or run in one of the
    folders, shared memory that bears it, and all mounts."""
    files: dict[str, tuple[int, int, int]] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            found = path.lstat()
            files[str(path)] = (found.st_size, found.st_mtime_ns if path.is_file() else 0, found.st_mode)
    alive = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    return Surroundings(
        files=files,
        processes=[line for line in alive if marker in line],
        shared=sorted(name for name in os.listdir("/dev/shm") if marker in name),  # noqa: PTH208
        mounts=Path("/proc/self/mounts").read_text(encoding="utf-8"),
    )


def verdict(attack: Attack, report: Report, evidence: Evidence, texts: Iterable[str]) -> dict[str, object]:
    """What an attack got, as far as its case says something about it. ``texts`` are what people are shown of it."""
    flags = {flag.kind for flag in report.flags}
    found: dict[str, object] = {
        "credited": sorted(credited(attack, report)),
        "flags": sorted(flags if attack.is_exact else flags & set(attack.flags)),
        "left": sorted({text for text in attack.must_not_leave for shown in texts if text in shown}),
        "reached": reached(evidence),
    }
    found |= {"run": report.run.outcome} if attack.run else {}
    return found | ({"lost": losses(report)} if attack.lost is not None else {})


def expected(attack: Attack) -> dict[str, object]:
    """What it must get, to be held against :func:`verdict`."""
    found: dict[str, object] = {"credited": [], "flags": sorted(attack.flags), "left": [], "reached": []}
    found |= {"run": attack.run} if attack.run else {}
    return found | ({"lost": dict(attack.lost)} if attack.lost is not None else {})


def credited(attack: Attack, report: Report) -> set[str]:
    """The checks that must earn nothing and earn something. Raises KeyError where a case names one that is none."""
    scores = {f"{one.id}.{check.id}": check.score for one in report.exercises for check in one.checks}
    scores |= dict.fromkeys(report.not_checked, 0.0)
    found = set()
    for name in attack.not_credited:
        meant = [check for check in scores if name in ("*", check, check.partition(".")[0])]
        if not meant:
            raise KeyError(f"{attack.name}: no check is called {name}")
        found |= {check for check in meant if scores[check]}
    return found


def reached(evidence: Evidence) -> list[str]:
    """What an attack says that it got."""
    printed = evidence.run.printed.values()
    return re.findall(r"^REACHED .*", "\n".join(printed), re.MULTILINE)


def shown(marked: GradedSubmission) -> list[str]:
    """All that people are shown of a submission: report, page, gradebook, the terminal of instructor and student."""
    files = report_files(marked.report, curve=curve_of(marked.evidence.run), cell_lines=marked.cell_lines)
    texts = [*files.values(), gradebook_text([Standing.of(marked.report)])]
    for report in (marked.report, for_student(marked.report)):
        terminal = io.StringIO()
        console = Console(file=terminal, width=100)
        show_report(console, report, curve=curve_of(marked.evidence.run), cell_lines=marked.cell_lines)
        texts.append(terminal.getvalue())
    return texts
