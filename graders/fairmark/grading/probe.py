"""The probe: hidden pictures through the trained model.

The model is rebuilt from its configuration and weights in a sandbox of its own, shown the pictures without their
labels, and asked batch by batch until the mark is decided or the pictures run out. Only here, outside, are answers and
labels joined.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fairmark.checks.expectation import CheckFailed, ConflictingEvidence, LeftOpen
from fairmark.checks.hidden_accuracy import accuracy_of
from fairmark.checks.view import EvidenceView
from fairmark.data import Hidden
from fairmark.errors import StudentError
from fairmark.evidence import (
    Evidence,
    FitFinished,
    FitStarted,
    ModelExported,
    Prediction,
    Probe,
    Stamped,
)
from fairmark.frameworks import Framework, Rebuilt
from fairmark.sandbox import Launcher, Limits, ProbeJob, Workplace, best_launcher, supervise

__all__ = ["CannotRebuild", "HiddenPictures", "ProbeRequest", "UnsafeModel", "probe_model"]

HiddenPictures = Callable[[int], Hidden]
"""Gives the hidden pictures of so many rounds (1, 2, ...): see :func:`fairmark.data.hidden_pictures`."""

_EARLY_PICTURES = 128
"""In mid-training no more are shown: a model that is not clear on these learns on."""

_MOST_PICTURES = 2048
"""A close call is looked at on twice as many pictures each time, and on no more than this: Wilson's interval is then
two hundredths wide on either side."""

_TRIES_AGAIN = 2
"""A probe's process that ends by itself may be the machine's fault, which no student answers for: it is started again,
and goes on where the other stopped."""

_CONFIG_BYTES = 4 * 1024 * 1024


class UnsafeModel(StudentError):
    """A model's configuration holds something that is not one of the framework's own layers; the message names it."""


class CannotRebuild(UnsafeModel):
    """What it holds is code, of the student's own for instance, which is no mistake: only it is not run outside. The
    message is the beginning of a sentence."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}, which fairmark cannot rebuild to try it on hidden images")


class SwappedWeights(UnsafeModel):
    """The weights that were found are not those that the run reported when training ended."""

    def __init__(self) -> None:
        super().__init__("weights other than those that training left")


@dataclass(frozen=True)
class ProbeRequest:
    """What is asked of a model that a notebook trained, the one that ``exercise`` is judged on.

    ``dataset_folder`` holds the public pictures, for the one the notebook predicted. ``thresholds`` are the shares, 0
    to 1, whose side is to be decided; without any, all pictures are shown. ``moment`` ``epoch`` looks at the model in
    mid-training, and on few pictures; ``decided`` is what came of that, if it has settled the mark of the very model
    that training left.
    """

    hidden: HiddenPictures
    framework: Framework
    dataset_folder: Path
    thresholds: Sequence[float]
    exercise: str = ""
    moment: Literal["epoch", "fit"] = "fit"
    decided: Probe | None = None


def probe_model(
    evidence: Evidence,
    workplace: Workplace,
    asked: ProbeRequest,
    *,
    launcher: Launcher | None = None,
    limits: Limits | None = None,
) -> Probe | None:
    """Hidden pictures through the model as training left it; None if there is none.

    ``workplace`` is the folder the notebook ran in; a copy of the exported model is taken out of it.
    """
    began = time.monotonic()
    view = asked.framework.view(evidence, asked.exercise)
    exported = _judged_export(view) if asked.moment == "fit" else _last_exported(evidence, asked.moment)
    if exported is None:
        return None
    try:
        rebuilt = asked.framework.rebuilt(view)
    except (CheckFailed, ConflictingEvidence, LeftOpen) as problem:
        return Probe(model=exported.model, preparation=None, problem=problem.message)
    with Workplace() as own:
        try:
            model = _take(workplace, exported, asked.framework, own.given / "model")
        except UnsafeModel as problem:
            return Probe(
                model=exported.model,
                preparation=rebuilt.preparation,
                dataset=asked.dataset_folder.name,
                problem=str(problem),
                not_rebuilt=isinstance(problem, CannotRebuild),
                weights_swapped=isinstance(problem, SwappedWeights),
            )
        asking = _Asking(asked, rebuilt, exported, launcher or best_launcher(), limits or Limits(), own, model)
        if asked.decided is not None and asked.decided.digest == exported.digest:
            probe = asking.add_picture(asked.decided, asked.dataset_folder)
        else:
            most = _EARLY_PICTURES if asked.moment == "epoch" else None
            seen = asking.ask(asked.hidden, asked.dataset_folder, most)
            probe = seen.model_copy(update={"digest": exported.digest, "dataset": asked.dataset_folder.name})
        layers = asked.framework.layers_in_configuration((model / "config.json").read_text(encoding="utf-8"))
    took = round(time.monotonic() - began, 3)
    return probe.model_copy(update={"wall_seconds": took, "fit": exported.fit, "layers": layers})


def _judged_export(view: EvidenceView) -> ModelExported | None:
    """What the judged training left; if it never ended, what the last of its kind that did has left."""
    left: dict[str, ModelExported] = {}
    ended: dict[str, str] = {}
    models = {fit.fit: fit.model for fit in view.all(FitStarted)}
    for stamped in view.evidence.run.events:
        event = stamped.event
        if isinstance(event, FitFinished) and event.fit in models:
            ended[models[event.fit]] = event.fit
        elif isinstance(event, ModelExported) and event.moment == "fit" and event.model in ended:
            fit = ended.pop(event.model)
            if event.fit in (None, fit):
                left[fit] = event
    judged = [fit.fit for fit in (*view.nearest(FitStarted), view.judged_fit) if fit is not None]
    return next((left[fit] for fit in reversed(judged) if fit in left), None)


def _last_exported(evidence: Evidence, moment: str) -> ModelExported | None:
    exported = [stamped.event for stamped in evidence.run.events if isinstance(stamped.event, ModelExported)]
    return next((event for event in reversed(exported) if event.moment == moment), None)


# --- the model --------------------------------------------------------------------------------------------------------


def _take(workplace: Workplace, exported: ModelExported, framework: Framework, destination: Path) -> Path:
    """The exported model, moved and vetted."""
    if exported.problem is not None:
        raise CannotRebuild(f"The model is one that cannot be written down as data ({exported.problem})")
    if not workplace.take_model(exported, destination):
        raise UnsafeModel("no model where the run said it had put one")
    if _digest_of(destination) != exported.digest:
        raise SwappedWeights
    config = destination / "config.json"
    if config.stat().st_size > _CONFIG_BYTES:
        raise UnsafeModel("a configuration of more than 4 MiB")
    config.write_text(framework.vet_model(config.read_bytes()), encoding="utf-8")
    return destination


def _digest_of(folder: Path) -> str:
    """That of the arrays' contents, one after the other, as the recorder makes it."""
    import numpy as np  # only here, and takes a tenth of a second

    digest = hashlib.sha256()
    files = sorted(folder.glob("weights-*.npy"), key=lambda path: int(path.stem.partition("-")[2]))
    try:
        for path in files:
            array = np.load(path, allow_pickle=False, mmap_mode="r")
            if array.dtype.hasobject or not array.flags.c_contiguous:
                return ""
            digest.update(array.reshape(-1).view(np.uint8).data)
    except (OSError, ValueError, EOFError, OverflowError, MemoryError):
        return ""  # not as the recorder writes them
    return digest.hexdigest()


# --- the questions ----------------------------------------------------------------------------------------------------


class _Asking:
    """One model, asked about hidden pictures until its mark is decided."""

    def __init__(
        self,
        asked: ProbeRequest,
        rebuilt: Rebuilt,
        exported: ModelExported,
        launcher: Launcher,
        limits: Limits,
        workplace: Workplace,
        model: Path,
    ) -> None:
        self._program = asked.framework.program
        self._thresholds = tuple(asked.thresholds)
        self._rebuilt = rebuilt
        self._exported = exported
        self._launcher = launcher
        self._limits = limits
        self._workplace = workplace
        self._model = model
        self._outputs: list[tuple[float, ...]] = []
        self._asked_at: list[int] = []
        self._picture_outputs: tuple[float, ...] | None = None
        self._picture_size: tuple[int, int] | None = None
        self._varies = False
        self._timed, self._cpu_seconds = 0, 0.0
        self._tries_left = _TRIES_AGAIN

    def ask(self, hidden: HiddenPictures, dataset_folder: Path, most: int | None = None) -> Probe:
        """Until it is decided, or after ``most`` pictures."""
        problem, rounds = None, 1
        pictures = hidden(rounds)
        if most is not None:
            problem = self._ask_about(pictures.first(most), None)
            return self._so_far(pictures, problem)
        while problem is None:
            problem = self._ask_about(pictures, dataset_folder)
            undecided = self._so_far(pictures, problem).outputs and not self._decided(pictures)
            if not (undecided and pictures.more and 2 * len(pictures.pictures) <= _MOST_PICTURES):
                break
            rounds *= 2
            pictures = hidden(rounds)
        return self._so_far(pictures, problem)

    def add_picture(self, decided: Probe, dataset_folder: Path) -> Probe:
        """What has been decided already, with the answer for the picture that the notebook predicted."""
        if self._public_picture(dataset_folder) is None:
            return decided
        self._ask_about(None, dataset_folder)
        return decided.model_copy(update=self._of_picture())

    def _of_picture(self) -> dict[str, Any]:
        """The fields of :class:`Probe` about the picture that the notebook predicted."""
        return {
            "picture": self._rebuilt.picture if self._picture_outputs is not None else None,
            "picture_outputs": self._picture_outputs,
            "picture_size": self._picture_size,
        }

    def _ask_about(self, hidden: Hidden | None, dataset_folder: Path | None) -> str | None:
        """Predicts the pictures not predicted yet; says what went wrong, None where nothing did."""
        pictures = hidden.pictures if hidden is not None else ()
        first = len(self._outputs)
        picture = self._public_picture(dataset_folder) if first == 0 and dataset_folder is not None else None
        job = ProbeJob(
            program=self._program,
            model_folder=str(self._model),
            preparation=self._rebuilt.preparation,
            pictures=tuple(str(path) for path in pictures[first:]),
            picture=str(picture) if picture is not None else None,
        )

        def take(stamped: Stamped) -> bool:
            event = stamped.event
            if not isinstance(event, Prediction):
                return False
            rows = [tuple(row) for row in event.outputs]
            if event.start < 0:
                self._picture_outputs = rows[0] if rows else None
                self._picture_size = event.size
                return False
            if first + event.start != len(self._outputs) or len(self._outputs) + len(rows) > len(pictures):
                return True  # not the next batch: whoever answers is not our probe
            self._outputs.extend(rows)
            self._varies = self._varies or event.varies
            if event.timed:
                self._timed, self._cpu_seconds = event.timed, event.cpu_seconds
            self._asked_at.append(len(self._outputs))
            return hidden is not None and self._decided(hidden)

        child = self._launcher.start(job, self._workplace.folder, self._limits)
        self._workplace.keep(child.files)
        seen = supervise(child, job.seal, self._limits, take)
        if seen.outcome == "crashed" and self._tries_left:
            self._tries_left -= 1
            return self._ask_about(hidden, dataset_folder)
        if seen.outcome != "completed":
            said = seen.printed.get(0, "").strip().splitlines()
            why = said[-1][:200] if said else seen.reason
            return f"The model could not be rebuilt to try it on hidden images ({why})"
        return None

    def _public_picture(self, dataset_folder: Path) -> Path | None:
        """The file the notebook predicted, where it is one of the data set's: no other is opened for it."""
        name = self._rebuilt.picture
        if name is None or Path(name).is_absolute():
            return None
        try:
            path = (dataset_folder / name).resolve()
            return path if path.is_relative_to(dataset_folder.resolve()) and path.is_file() else None
        except (OSError, ValueError):  # a name too long, or with a NUL in it
            return None

    def _decided(self, hidden: Hidden) -> bool:
        measured = accuracy_of(self._so_far(hidden, None), self._rebuilt.classes, logits=self._rebuilt.logits)
        is_close = any(map(measured.is_close_to, self._thresholds))
        return measured.total > 0 and bool(self._thresholds) and not is_close

    def _so_far(self, hidden: Hidden, problem: str | None) -> Probe:
        return Probe(
            model=self._exported.model,
            preparation=self._rebuilt.preparation,
            source=hidden.source,
            classes=hidden.classes,
            outputs=tuple(self._outputs),
            truth=hidden.truth[: len(self._outputs)],
            thresholds=self._thresholds,
            asked_at=tuple(self._asked_at),
            available=len(hidden.pictures),
            more=hidden.more and 2 * len(hidden.pictures) <= _MOST_PICTURES,
            problem=problem,
            not_rebuilt=problem is not None,
            varies=self._varies,
            timed=self._timed,
            cpu_seconds=round(self._cpu_seconds, 4),
            **self._of_picture(),
        )
