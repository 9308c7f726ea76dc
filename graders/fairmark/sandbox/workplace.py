"""Working folders, and the run of one notebook in one of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from fairmark.evidence import Cell, CellFinished, ModelExported, Run, SessionStarted, Stamped
from fairmark.sandbox.child import Files, Launcher
from fairmark.sandbox.exported import copy_model
from fairmark.sandbox.jobs import NotebookJob, SourceCell
from fairmark.sandbox.limits import Limits
from fairmark.sandbox.numerics import choose_numerics
from fairmark.sandbox.select_backend import best_launcher
from fairmark.sandbox.supervise import Observed, supervise
from fairmark.sandbox.temporary_directories import remove_tree, shelf

__all__ = ["Workplace", "notebook_job", "run_notebook"]


class Workplace:
    """A fresh folder for one run, removed with all that is in it.

    ``folder`` is where it runs; ``given`` is beside it, for what it is given to read.
    """

    def __init__(self) -> None:
        self._own = Path(tempfile.mkdtemp(dir=shelf()))
        self.folder = self._own / "run"
        self.given = self._own / "given"
        self.folder.mkdir()
        self.given.mkdir()
        self._written: Files | None = None

    def __enter__(self) -> Workplace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._written is not None:
            self._written.close()
        remove_tree(self._own)

    def keep(self, written: Files) -> None:
        """What a run in ``folder`` has written is kept until this is left; an earlier run's is given up."""
        if self._written is not None:
            self._written.close()
        self._written = written

    def take_model(self, exported: ModelExported, destination: Path) -> bool:
        """Copies an exported model to ``destination``, a folder that does not exist yet; False where it is not as the
        recorder writes it.

        Only plain files with one name each are taken: a link planted here must not make us read something else. The
        run may still be alive, and write while we read: whoever needs to know compares the digest.
        """
        if "/" in exported.folder or exported.folder in ("", ".", ".."):
            return False
        written = self._written.path if self._written is not None else self.folder
        return copy_model(written, ("export", exported.folder), destination)


def notebook_job(cells: Iterable[Cell], pictures_folder: Path, **asked: Any) -> NotebookJob:  # noqa: ANN401 - its fields
    """A job that runs the touched ``cells`` in order.

    ``pictures_folder`` holds the data sets; ``asked`` are :class:`NotebookJob`'s other fields. By default training
    computes as is fastest on this processor, from seed 1. Raises ``ValueError`` for what is no such field.
    """
    fields: dict[str, Any] = {"numerics": choose_numerics(), "seed": 1, **asked}
    decoded = fields.get("decoded")
    return NotebookJob(
        cells=tuple(SourceCell(position=cell.position, source=cell.source) for cell in cells if cell.touched),
        pictures_folder=str(pictures_folder),
        **{**fields, "decoded": None if decoded is None else str(decoded)},
    )


def run_notebook(
    job: NotebookJob,
    workplace: Workplace,
    *,
    limits: Limits | None = None,
    launcher: Launcher | None = None,
    on_event: Callable[[Stamped], object] | None = None,
) -> Run:
    """Runs the cells of ``job`` and says what was seen; ``on_event`` is :func:`supervise`'s.

    Exported models are left in ``workplace``.
    """
    launcher, limits = launcher or best_launcher(), limits or Limits()
    child = launcher.start(job, workplace.folder, limits)
    workplace.keep(child.files)
    seen = supervise(child, job.seal, limits, on_event)
    run = _as_run(seen, launcher.isolation, job.numerics)
    return run.model_copy(update={"training_skipped": not job.train, "rehearsed": job.rehearse})


def _as_run(seen: Observed, isolation: tuple[str, ...], numerics: str) -> Run:
    events = [stamped.event for stamped in seen.events]
    software = next((event.software for event in events if isinstance(event, SessionStarted)), {})
    raised = any(isinstance(event, CellFinished) and event.error is not None for event in events)
    outcome = "student_error" if seen.outcome == "completed" and raised else seen.outcome
    return Run(
        outcome=outcome,
        reason=seen.reason,
        wall_seconds=seen.wall_seconds,
        peak_memory_bytes=seen.peak_memory_bytes,
        isolation=isolation,
        numerics=numerics,
        software=software,
        events=tuple(seen.events),
        printed=seen.printed,
        unsealed=seen.unsealed,
    )
