"""Evidence: what a run of a notebook left behind, as data.

Both sides of the sandbox wall import this module and it imports nothing of ours. The side inside writes events, one
JSON line each; the side outside validates every line against these classes, stamps it with its own clock, and keeps the
whole as one :class:`Evidence` per submission.

Numbers that are not finite travel as the strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``, so that the files stay
standard JSON. Sizes of pictures are (height, width) in pixels, as frameworks give them. Cells are counted from 1 in the
order they run (see :class:`Cell`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from fairmark.evidence.callbacks import CallbackAnswer, CallbackTried
from fairmark.evidence.objects import (
    BatchSeen,
    Function,
    HooksGone,
    InForce,
    Layer,
    ModelCompiled,
    ModelDescribed,
    PicturesOpened,
)
from fairmark.evidence.predictions import ModelEvaluated, ModelPredicted, PictureLoaded
from fairmark.evidence.schema import CROSSES_THE_WALL

__all__ = [
    "EVENT",
    "SCHEMA",
    "BatchSeen",
    "CallbackAnswer",
    "CallbackTried",
    "Cell",
    "CellError",
    "CellFinished",
    "CellStarted",
    "Decided",
    "EpochEnded",
    "Event",
    "Evidence",
    "FitFinished",
    "FitStarted",
    "Flag",
    "FlagKind",
    "Function",
    "HooksGone",
    "InForce",
    "Layer",
    "ModelCompiled",
    "ModelDescribed",
    "ModelEvaluated",
    "ModelExported",
    "ModelPredicted",
    "NamesBound",
    "PictureLoaded",
    "PicturesOpened",
    "Prediction",
    "Preparation",
    "Probe",
    "RecorderFailed",
    "Rerun",
    "Run",
    "RunFinished",
    "RunOutcome",
    "Scalar",
    "SessionStarted",
    "Stamped",
    "StepsWatched",
    "Submission",
    "Value",
]

SCHEMA = "fairmark.evidence/1"

RunOutcome: TypeAlias = Literal[
    "completed", "student_error", "timeout", "out_of_memory", "crashed", "output_limit", "unreadable", "not_run"
]
FlagKind: TypeAlias = Literal[
    # of the notebook as it was handed in
    "answer_in_text_cell",
    "assignment_name_missing",
    "cell_duplicated",
    "cell_found_again",
    "cell_missing",
    "cells_reordered",
    "large_constants",
    "locked_cell_changed",
    "several_files",
    "tampering",
    # of its run
    "timeout",
    "out_of_memory",
    "output_limit",
    "crashed",
    "forged_events",
    "recorder_failed",
    "weights_changed",
    # of single checks
    "answers_vary",
    "close_call",
    "grader_failed",
    "left_open",
    "not_borne_out",
    "not_readable",
    "not_rebuilt",
    "other_model",
    "run_again",
    "too_fast",
    "weights_from_elsewhere",
    "witnesses_disagree",
    # of how marks came about
    "carried_forward",
    "no_time_left",
    "not_marked",
]
"""What a flag is about."""
Scalar: TypeAlias = bool | int | float | str | None
Value: TypeAlias = Scalar | list[Scalar] | list[list[Scalar]]
"""What an answer can be: one plain value, a list of them, or a table, row by row."""


class Schema(BaseModel):
    """Unknown fields are refused: what is not in the schema does not cross the wall."""

    model_config = CROSSES_THE_WALL


# --- what was handed in -----------------------------------------------------------------------------------------------


class Flag(Schema):
    """Something a person should look at. ``cell`` is a cell's ``number``, the one the student sees; ``checks`` those
    (``exercise.check``) that it is about, if it is about any."""

    kind: FlagKind
    message: str
    cell: int | None = None
    checks: tuple[str, ...] = ()


class Cell(Schema):
    """One code cell as it will be run. ``position`` counts from 1 as they run, and is what events call ``cell``;
    ``number`` counts all cells of the file, as people do; None for one that the file lacks. ``role``: ``locked`` was
    given out (with ``own_text`` its code is not just the author's), ``exercise`` answers the one named, as several may,
    ``added`` is the student's own, others are text. ``touched`` is False for a stub that is as it was given out, or
    gone; it is not run.
    """

    position: int
    number: int | None
    role: Literal["locked", "exercise", "added", "markdown", "raw"]
    exercise: str | None = None
    touched: bool = True
    own_text: bool = False
    source: str


class Submission(Schema):
    """One notebook by one student, read against ``assignment``. ``uncounted`` answers stand in text cells."""

    student: str
    assignment: str
    notebook_sha256: str
    cells: tuple[Cell, ...] = ()
    flags: tuple[Flag, ...] = ()
    uncounted: tuple[Cell, ...] = ()
    file: str = ""  # its path below what was handed in
    file_number: int = 1  # counts the student's files for the assignment

    def with_sources(self, sources: Mapping[int, str]) -> Submission:
        """The same with other texts for the cells at some positions."""
        cells = [one.model_copy(update={"source": sources.get(one.position, one.source)}) for one in self.cells]
        return self.model_copy(update={"cells": tuple(cells)})


# --- events: what the recorder says happened --------------------------------------------------------------------------


class SessionStarted(Schema):
    """First event of a run: versions by package name, and what was seeded (Python, NumPy and the framework alike)."""

    kind: Literal["session_started"] = "session_started"
    software: dict[str, str]
    numerics: str
    seed: int


class CellStarted(Schema):
    kind: Literal["cell_started"] = "cell_started"
    cell: int


class CellError(Schema):
    """``line`` counts from 1 inside the cell that ran, None if it has no line there. ``through`` holds the positions of
    the cells whose code the traceback passes through, outermost first, ``lines`` the line in each."""

    type: str
    message: str
    line: int | None = None
    through: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()


class CellFinished(Schema):
    kind: Literal["cell_finished"] = "cell_finished"
    cell: int
    seconds: float
    error: CellError | None = None


class NamesBound(Schema):
    """Names a cell bound to plain ``values`` (lists, tables, small arrays, too) or to ``objects`` (name to id): by its
    end, or with ``moment`` as they stood when the cell called ``compile`` or ``fit``."""

    kind: Literal["names_bound"] = "names_bound"
    cell: int
    moment: Literal["end", "compile", "fit"] = "end"
    values: dict[str, Value] = {}
    objects: dict[str, str] = {}


class FitStarted(Schema):
    """``fit`` was called, and left out where ``trained`` is False. ``epochs`` are those it was asked for, counted from
    ``initial_epoch``; ``callbacks`` are the classes of its callbacks. ``weights`` are where it begins: the untouched
    ``initial`` ones, what calls of ``fit`` on the same model had made of those (``trained``), or ``other`` ones; None
    where nobody knows."""

    kind: Literal["fit_started"] = "fit_started"
    fit: str
    model: str
    cell: int
    pictures: str | None
    validation_pictures: str | None
    has_validation: bool
    epochs: int
    initial_epoch: int = 0
    steps_per_epoch: int | None
    validation_steps: int | None
    callbacks: list[str] = []
    trained: bool = True
    weights: Literal["initial", "trained", "other"] | None = None


class StepsWatched(Schema):
    """Progress inside an epoch, both counted from 1, at most one a second: for people who wait."""

    kind: Literal["steps_watched"] = "steps_watched"
    fit: str
    epoch: int
    step: int


class EpochEnded(Schema):
    """``epoch`` counts from 1; ``steps`` and ``validation_steps`` are those that ran, not those asked for."""

    kind: Literal["epoch_ended"] = "epoch_ended"
    fit: str
    epoch: int
    steps: int
    validation_steps: int
    seconds: float
    logs: dict[str, float]


class FitFinished(Schema):
    """``iterations`` is the optimizer's own count of updates over the model's life. ``changed`` says that something
    else than training set the weights meanwhile; None where nobody knows."""

    kind: Literal["fit_finished"] = "fit_finished"
    fit: str
    cell: int
    epochs: int
    iterations: int
    changed: bool | None = None


class ModelExported(Schema):
    """A model left the process as ``<folder>/config.json`` and ``<folder>/weights-<n>.npy`` in the working folder.

    ``moment`` is ``epoch`` (in mid-training, while the run waits for a word), ``fit`` (as training left it) or ``end``
    (as the notebook left it); ``digest`` is the SHA-256 of the weights' bytes. ``fit`` is the call that left it, None
    at the end or where nobody knows. ``problem`` says why nothing is there.
    """

    kind: Literal["model_exported"] = "model_exported"
    model: str
    moment: Literal["epoch", "fit", "end"]
    folder: str
    digest: str
    fit: str | None = None
    problem: str | None = None


class RecorderFailed(Schema):
    """The recorder itself stumbled, in the hook ``where``: a mark that then lacks its evidence needs a person."""

    kind: Literal["recorder_failed"] = "recorder_failed"
    cell: int
    where: str
    message: str


class RunFinished(Schema):
    """Last event. ``weights_read``: the notebook looked at weights that a run without training leaves at zero."""

    kind: Literal["run_finished"] = "run_finished"
    weights_read: bool = False


class Prediction(Schema):
    """Written by the probe: the model's outputs for the pictures from ``start`` on, one row each. ``varies`` says that
    the answer for a picture depends on the others that are asked with it. Asking about ``timed`` pictures once more
    took ``cpu_seconds`` of processor time. ``size`` (height, width) is that of the notebook's own picture as it is
    in its file."""

    kind: Literal["prediction"] = "prediction"
    start: int
    outputs: list[list[float]]
    varies: bool = False
    timed: int = 0
    cpu_seconds: float = 0.0
    size: tuple[int, int] | None = None


Event: TypeAlias = Annotated[
    SessionStarted
    | CellStarted
    | CellFinished
    | NamesBound
    | PicturesOpened
    | BatchSeen
    | ModelDescribed
    | ModelCompiled
    | InForce
    | HooksGone
    | FitStarted
    | CallbackTried
    | StepsWatched
    | EpochEnded
    | FitFinished
    | ModelEvaluated
    | PictureLoaded
    | ModelPredicted
    | ModelExported
    | RecorderFailed
    | RunFinished
    | Prediction,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Validates one line of the channel."""


class Stamped(Schema):
    """An event and when the supervisor received it: seconds since the run began. ``cpu_seconds`` is the processor time
    that the run had used by then, None where it was not looked at."""

    at_seconds: float
    event: Event
    cpu_seconds: float | None = None


# --- what the outside saw ---------------------------------------------------------------------------------------------


class Decided(Schema):
    """A training ended after ``epoch`` of the ``asked``: ``threshold`` certainly ``reached``, loss ``not_a_number``, no
    weight that may change (``untrainable``), loss ``still`` for ``still_epochs``."""

    fit: str
    epoch: int
    asked: int
    reason: Literal["reached", "not_a_number", "untrainable", "still"]
    threshold: float | None = None
    still_epochs: int | None = None


class Run(Schema):
    """One execution, as seen from outside the process.

    ``printed`` is what each cell wrote, by position, cut to a length; ``reason`` says in words what ended the run where
    ``outcome`` is not ``completed``. ``unsealed`` counts lines on the channel that the recorder did not write.
    ``training_skipped`` says that it ended at the first ``fit``, ``rehearsed`` that each ``fit`` did a single step.
    """

    outcome: RunOutcome
    reason: str | None = None
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0
    isolation: tuple[str, ...] = ()
    numerics: str = "float32"
    software: dict[str, str] = {}
    events: tuple[Stamped, ...] = ()
    printed: dict[int, str] = {}
    unsealed: int = 0
    training_skipped: bool = False
    rehearsed: bool = False
    decided: Decided | None = None


class Preparation(Schema):
    """How a picture becomes input: resized to ``target_size`` (height, width), times ``scale``, plus ``offset``."""

    target_size: tuple[int, int]
    color_mode: str = "rgb"
    interpolation: str = "nearest"
    scale: float = 1.0
    offset: float = 0.0


class Probe(Schema):
    """The trained model's outputs for pictures of ``dataset`` that the notebook never saw.

    ``truth`` holds the index into ``classes`` of each picture that was predicted, joined on outside. It was asked until
    all ``thresholds`` were decided, looked at after each number of pictures in ``asked_at``; ``available`` counts those
    there were, and there might be ``more``. ``picture_outputs`` are the outputs for the file the notebook predicted,
    ``picture_size`` its height and width. ``problem`` says why there are none; ``not_rebuilt`` that this is no fault of
    the student's; ``weights_swapped`` that the weights found are not those that training left. ``digest`` is that of
    the weights asked.

    ``fit`` is the call of ``fit`` that left the model, ``layers`` what the configuration that was rebuilt says of its
    layers (read outside; empty where nobody did), ``varies`` that its answer for a picture depends on the others it is
    asked with. Predicting ``timed`` pictures took ``cpu_seconds`` of processor time, without opening them.
    ``left_for_later`` says that nothing is asked here, in a student's own kernel, but when the work is marked.
    """

    model: str
    preparation: Preparation | None
    source: str = "drawn"
    dataset: str = ""
    classes: tuple[str, ...] = ()
    outputs: tuple[tuple[float, ...], ...] = ()
    truth: tuple[int, ...] = ()
    thresholds: tuple[float, ...] = ()
    asked_at: tuple[int, ...] = ()
    available: int = 0
    more: bool = False
    picture: str | None = None
    picture_outputs: tuple[float, ...] | None = None
    picture_size: tuple[int, int] | None = None
    problem: str | None = None
    not_rebuilt: bool = False
    weights_swapped: bool = False
    digest: str = ""
    wall_seconds: float = 0.0
    fit: str | None = None
    layers: tuple[Layer, ...] = ()
    varies: bool = False
    timed: int = 0
    cpu_seconds: float = 0.0
    left_for_later: bool = False


class Rerun(Schema):
    """A further run: with the reference's cells for the exercises in ``replaced``; beyond the first ``fit``; or with
    ``sources`` that spell an old name as it is spelled now. ``answers`` are checks it can answer. ``training_went_by``
    says that the notebook's own training went by something that is put right, so that another counts. Its texts are
    muted. ``calls`` are the names of what the reference's cells call, ``binds`` those that they bind, by position."""

    replaced: tuple[str, ...]
    answers: tuple[str, ...]
    sources: dict[int, str] = {}
    training_went_by: bool = False
    calls: dict[int, tuple[str, ...]] = {}
    binds: dict[int, tuple[str, ...]] = {}
    run: Run
    probe: Probe | None = None


class Evidence(Schema):
    """All that the judge needs. ``settings`` digests what decides a run besides its cells and the grader script;
    ``folders`` are the pictures of each class by folder of the data set, counted outside the run (empty: nobody did).
    ``further_runs_left_out`` says that there was no time left for them.
    """

    schema_: Literal["fairmark.evidence/1"] = Field(default="fairmark.evidence/1", alias="schema")
    submission: Submission
    run: Run
    probe: Probe | None = None
    reruns: tuple[Rerun, ...] = ()
    settings: str = ""
    folders: dict[str, dict[str, int]] = {}
    further_runs_left_out: bool = False

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)
