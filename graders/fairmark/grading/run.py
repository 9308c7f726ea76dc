"""One run of a notebook, with what the model it trained is asked: from cells to evidence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from fairmark.checks import Grader
from fairmark.data import (
    Hidden,
    Recipe,
    data_folder,
    hidden_pictures,
    pictures_by_folder,
    read_manifest,
    require_hidden,
    set_folder,
)
from fairmark.data.decoded import decoded_set
from fairmark.errors import InternalError
from fairmark.evidence import Cell, Evidence, Probe, Run, SessionStarted, Stamped, Submission
from fairmark.frameworks import Framework, framework_of
from fairmark.grading.asked import AskedOfHidden, asked_of_hidden
from fairmark.grading.canonical_text import as_run, in_own_lines
from fairmark.grading.decoding import Decoding
from fairmark.grading.early_stopping import EarlyDecision, experiments_after, is_judged_behind
from fairmark.grading.evidence_store import EvidenceStore, Key, versions, wing_digest
from fairmark.grading.probe import ProbeRequest, probe_model
from fairmark.grading.progress import Steps
from fairmark.grading.settings import Mode, RunSettings
from fairmark.grading.stopped_early import errors_after_ending, errors_in, is_new, may_be_new
from fairmark.grading.time_budget import allowed, spend
from fairmark.sandbox import Launcher, Pauses, Workplace, best_launcher, notebook_job, run_notebook

__all__ = ["Runner", "added_pictures"]

_LOOK_SECONDS = 120.0
"""The longest that a look at a model in mid-training may take; the run waits as long."""


def added_pictures(recipe: Recipe) -> str:
    """Which real pictures an added data set holds; nothing for a drawn one, whose recipe says it all."""
    manifest = read_manifest(set_folder(recipe.name))
    if manifest is None or manifest.origin == "drawn":
        return ""
    return f"{manifest.pixels_sha256} {manifest.held_back}"


@dataclass(frozen=True)
class _How:
    """One run. ``ends_early`` ends a training once its mark is settled; ``shows_all`` shows all hidden pictures;
    ``every_epoch`` is of a rehearsal: each ``fit`` does as many as it was asked for; ``trains_all`` trains what stands
    behind the answers, too."""

    mode: Mode
    ends_early: bool = False
    shows_all: bool = False
    every_epoch: bool = False
    trains_all: bool = False


@dataclass(frozen=True)
class Runner:
    """Runs notebooks for one assignment.

    ``store`` keeps evidence, so that the same code is not run twice; None runs everything.
    """

    grader: Grader
    recipe: Recipe
    settings: RunSettings = field(default_factory=RunSettings)
    launcher: Launcher = field(default_factory=best_launcher)
    store: EvidenceStore | None = None

    def run(
        self, submission: Submission, cells: tuple[Cell, ...], steps: Steps, mode: Mode, *, whole: bool = False
    ) -> Evidence:
        """What came of ``cells``; kept evidence where the same has been run before. ``whole`` trains to the last epoch
        and shows all hidden pictures there are, whatever is asked.

        Raises :class:`fairmark.errors.InternalError` where the sandbox did not start.
        """
        steps.cells(tuple(cell for cell in cells if cell.touched))
        evidence = in_own_lines(self._kept_or_run(submission, as_run(cells), steps, mode, whole=whole), cells)
        if evidence is None:
            steps.stage("Running again to find the line of an error")
            evidence = self._kept_or_run(submission, cells, steps, mode, whole=whole)
        return evidence.model_copy(update={"submission": submission})

    def _kept_or_run(
        self, submission: Submission, cells: tuple[Cell, ...], steps: Steps, mode: Mode, *, whole: bool
    ) -> Evidence:
        """Of ``cells`` as they are run, whatever their texts are in ``submission``."""
        submission = submission.with_sources({cell.position: cell.source for cell in cells})
        if self.store is None:
            return self._run(submission, cells, steps, mode, whole=whole)
        key = Key.of(cells, self._settings(mode, whole=whole))
        with self.store.claimed(key):
            kept = self.store.find(key)
            if kept is not None:
                spend(kept)
            else:
                kept = self._run(submission, cells, steps, mode, whole=whole)
                self.store.keep(key, kept)
        return kept

    def _settings(self, mode: Mode, *, whole: bool = False) -> dict[str, object]:
        """What decides the outcome of a run besides its cells."""
        hidden = hidden_pictures(self.recipe).folder.parent.name if mode == "full" and self._threshold else ""
        return {
            "assignment": self.grader.name,
            "framework": [self.grader.framework, versions(self._framework), wing_digest(self._framework)],
            "dataset": [self.recipe.digest, added_pictures(self.recipe)],
            "hidden": hidden,
            "asked": [self._asked.thresholds, self._asked.exercise] if mode == "full" else None,
            "early": [self._ends_early, self._is_quick_on_experiments, self.grader.still_epochs, whole]
            if mode == "full"
            else None,
            "how": replace(self.settings, mode=mode).deciding(),
            "isolation": self.launcher.isolation,
        }

    @property
    def _framework(self) -> Framework:
        return framework_of(self.grader)

    @cached_property
    def _asked(self) -> AskedOfHidden:
        return asked_of_hidden(self.grader)

    @property
    def _threshold(self) -> float | None:
        """The highest that is asked for: what is certain to reach it reaches the others."""
        return max(self._asked.thresholds, default=None)

    @property
    def _ends_early(self) -> bool:
        return self._is_quick_on_experiments and self._threshold is not None

    @property
    def _is_quick_on_experiments(self) -> bool:
        return self.settings.early_stopping and self.grader.decide_early

    def _run(
        self, submission: Submission, cells: tuple[Cell, ...], steps: Steps, mode: Mode, *, whole: bool
    ) -> Evidence:
        evidence = self._run_briefly(submission, cells, steps, mode, whole=whole)
        last = experiments_after(cells, self.grader) if self._is_short(mode) else None
        if last is None or not is_judged_behind(evidence, self.grader, last):
            return evidence
        steps.stage("Running again to train what stands behind the answers")
        return self._execute(submission, cells, steps, _How(mode, shows_all=whole, trains_all=True))

    def _is_short(self, mode: Mode) -> bool:
        """Whether experiments behind the answers are only rehearsed."""
        return mode == "full" and self._is_quick_on_experiments

    def _run_briefly(
        self, submission: Submission, cells: tuple[Cell, ...], steps: Steps, mode: Mode, *, whole: bool
    ) -> Evidence:
        if mode != "full" or whole or not self._ends_early:
            return self._execute(submission, cells, steps, _How(mode, shows_all=whole))
        evidence = self._execute(submission, cells, steps, _How(mode, ends_early=True))
        if self._was_upset(evidence, cells, steps):
            # A cell behind may count on all the epochs it asked for, as in plot(range(epochs), ...): it gets them.
            evidence = self._execute(submission, cells, steps, _How(mode))
        return evidence

    def _was_upset(self, evidence: Evidence, cells: tuple[Cell, ...], steps: Steps) -> bool:
        """Whether a cell raised because a training had been ended early; where that is not clear, it is rehearsed."""
        errors = {cell: error for cell, error in errors_after_ending(evidence.run).items() if may_be_new(error)}
        if not errors:
            return False
        steps.stage("Looking for the cause of an error")
        rehearsed = self._execute(evidence.submission, cells, steps, _How("rehearsal", every_epoch=True))
        known = errors_in(rehearsed.run)
        return any(is_new(cell, error, known, cells) for cell, error in errors.items())

    def _execute(self, submission: Submission, cells: tuple[Cell, ...], steps: Steps, how: _How) -> Evidence:
        mode = how.mode
        with Workplace() as workplace:
            early = self._early(submission, workplace) if how.ends_early else None
            is_short = self._is_short(mode) and not how.trains_all
            decoding = Decoding(self.recipe.name, self._framework.form_opened)

            def heard(stamped: Stamped) -> str | None:
                steps.event(stamped)
                if mode == "full":
                    decoding.heard(stamped)
                return early.heard(stamped) if early is not None else None

            job = notebook_job(
                cells,
                data_folder(),
                program=self._framework.program,
                numerics=self.settings.computes_in,
                seed=self.settings.seed,
                train=mode != "structure",
                rehearse=mode == "rehearsal",
                every_epoch=how.every_epoch,
                rehearse_after=experiments_after(cells, self.grader) if is_short else None,
                pauses=Pauses(accuracy=self._threshold, still_epochs=self.grader.still_epochs) if early else None,
                threads=self.settings.threads,
                decoded=decoded_set(self.recipe.name),
                dataset=self.recipe.name,
            )
            limits = allowed(self.settings.limits)
            run = run_notebook(job, workplace, limits=limits, launcher=self.launcher, on_event=heard)
            _require_start(run)
            if early is not None:
                run = run.model_copy(update={"decided": early.decided})
            folders = pictures_by_folder(set_folder(self.recipe.name))
            evidence = Evidence(submission=submission, run=run, folders=folders)
            if mode == "full" and self._threshold is not None:
                steps.stage("Looking at hidden pictures")
                decided = early.probe if early is not None else None
                probe = self._probe(evidence, workplace, decided=decided, shows_all=how.shows_all)
                evidence = evidence.model_copy(update={"probe": probe})
            spend(evidence)
            return evidence

    def _early(self, submission: Submission, workplace: Workplace) -> EarlyDecision:
        assert self._threshold is not None
        return EarlyDecision(
            submission,
            self._threshold,
            lambda evidence: self._probe(evidence, workplace, moment="epoch"),
            framework=self._framework,
            still_epochs=self.grader.still_epochs,
            exercise=self._asked.exercise,
            folders=pictures_by_folder(set_folder(self.recipe.name)),
        )

    def _probe(
        self,
        evidence: Evidence,
        workplace: Workplace,
        *,
        moment: Literal["epoch", "fit"] = "fit",
        decided: Probe | None = None,
        shows_all: bool = False,
    ) -> Probe | None:
        limits = self.settings.limits
        if moment == "epoch":
            limits = replace(limits, run_seconds=min(_LOOK_SECONDS, limits.run_seconds))
        asked = ProbeRequest(
            self._hidden,
            framework=self._framework,
            dataset_folder=set_folder(self.grader.dataset),
            thresholds=() if shows_all else self._asked.thresholds,
            exercise=self._asked.exercise,
            moment=moment,
            decided=decided,
        )
        return probe_model(evidence, workplace, asked, launcher=self.launcher, limits=limits)

    def require_hidden(self) -> None:
        """Raises what `fairmark.data.require_hidden` does where anything is asked of hidden pictures."""
        if self._threshold is not None:
            require_hidden(self.recipe)

    def _hidden(self, rounds: int) -> Hidden:
        return hidden_pictures(self.recipe, rounds=rounds)


def _require_start(run: Run) -> None:
    if not any(isinstance(stamped.event, SessionStarted) for stamped in run.events):
        said = run.printed.get(0, "").strip().splitlines()
        raise InternalError(f"the sandbox did not start: {said[-1] if said else run.reason}")
