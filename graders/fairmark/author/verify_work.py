"""The parts of a verification: the solution, the untouched notebook, one mutant, one twin, and what is declared."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fairmark.author.accepted_variants import Declared, Twin, line_of, twin_notebook
from fairmark.author.mutants import Mutant
from fairmark.author.sample_class import with_answers
from fairmark.author.verify_problems import Problem
from fairmark.author.verify_runs import Runs
from fairmark.author.verify_verdicts import Baseline, Compared, Verdict, decided, verdict_of
from fairmark.evidence import CellFinished, Evidence
from fairmark.grading.pipeline import Mode
from fairmark.notebook.master import handed_out_bytes
from fairmark.report import CheckResult, Report

__all__ = ["TwinFailed", "Work"]


@dataclass(frozen=True)
class TwinFailed:
    """A right answer that did not get what the solution gets: ``lost`` holds what each check said."""

    name: str
    mode: Mode
    lost: tuple[str, ...]


@dataclass
class Work:
    """One assignment being verified. ``solutions`` and ``baselines`` are what the solution got, by mode."""

    runs: Runs
    solution: bytes
    path: Path
    declared: Declared
    modes: tuple[Mode, ...]
    rehearse_all: bool
    solutions: dict[Mode, Evidence] = field(default_factory=dict)
    baselines: dict[Mode, Baseline] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: bool = False
    """Whether the solution itself does not run to its end: then nothing can be told of anything made from it."""

    # --- the solution and the untouched notebook ---

    def judge_solution(self, mode: Mode) -> None:
        evidence = self.runs.evidence(self.solution, mode)
        self.solutions[mode] = evidence
        self.baselines[mode] = Baseline.of(self.runs.report(evidence))
        stopped = _stopped(evidence)
        if stopped is not None:
            self.broken = True
            message = f"{self.runs.pipeline.assignment.solution}: {stopped}"
            self.problems.append(Problem("solution", message, "Correct the solution; nothing else was tried."))
            return
        # A rehearsal trains too little for marks: what it cannot answer is not held against the solution.
        if mode == "rehearsal":
            return
        report = self.runs.report(evidence, everything=False)
        assignment = self.runs.pipeline.assignment
        said = [f"{check.title}: {check.message}" for check in _lost(report)]
        said += [f"flag {flag.kind}: {flag.message}" for flag in report.flags if flag.kind != "close_call"]
        self.problems += [Problem("solution", f"{assignment.solution}: loses marks: {text}") for text in said]

    def judge_untouched(self) -> None:
        notebook = self.runs.pipeline.assignment.notebook
        handed_out = handed_out_bytes(self.runs.pipeline.assignment)
        report = self.runs.report(self.runs.evidence(handed_out, "structure"))
        said = [f"flag {flag.kind}: {flag.message}" for flag in report.flags]
        for exercise in report.exercises:
            for check in exercise.checks:
                if check.outcome != "unattempted" or check.score:
                    said.append(f"{exercise.id}.{check.id} is {check.outcome}, {check.score:g} points")
        self.problems += [Problem("untouched", f"{notebook}: as given out: {text}") for text in said]

    # --- mutants ---

    def judge_mutant(self, mutant: Mutant) -> Verdict:
        notebook = with_answers(self.solution, {mutant.exercise: lambda source: mutant.source})
        compared: list[Compared] = []
        last: Mode = self.modes[0]
        for mode in self.modes:
            if not self._worth_asking(mutant, mode, compared):
                continue
            compared.append(self._compare(mutant, notebook, mode))
            last = mode
            if decided(compared) and not (self.rehearse_all and mode == "structure"):
                break
        waiting = self.baselines[last].silent_on(mutant.exercise)
        return verdict_of(mutant, compared, waiting, last, self.declared)

    def _worth_asking(self, mutant: Mutant, mode: Mode, compared: list[Compared]) -> bool:
        """Whether a run in this mode can tell more than those before it."""
        if mode == "full":
            waits = self.baselines["rehearsal"].silent_on(mutant.exercise)
            return bool(waits) and not decided(compared)
        return self.baselines[mode].says_of(mutant.exercise)

    def _compare(self, mutant: Mutant, notebook: bytes, mode: Mode) -> Compared:
        baseline = self.baselines[mode]
        evidence = self.runs.evidence(notebook, mode)
        seen = Compared.of(self.runs.report(evidence), baseline, mutant.exercise, mode)
        if not (seen.own and seen.others) or mode == "full":
            return seen
        report = self.runs.carried(evidence, self.solutions[mode], mutant.exercise, baseline.answered)
        return Compared.of(report, baseline, mutant.exercise, mode)

    # --- twins ---

    def judge_twin(self, twin: Twin) -> TwinFailed | None:
        unknown = set(twin.answers) - {exercise.id for exercise in self.runs.pipeline.grader.exercises}
        if unknown:
            named = ", ".join(sorted(unknown))
            said = f"{line_of(self.path, twin.name)}: twin {twin.name!r} answers {named}, which is not asked"
            self.problems.append(Problem("declared", said))
            return None
        notebook = twin_notebook(self.solution, twin.answers)
        for mode in self.modes:
            report = self.runs.report(self.runs.evidence(notebook, mode))
            lost = [f"{name}: {check.message}" for name, check in self.baselines[mode].lost(report).items()]
            lost += [f"flag {flag.kind}: {flag.message}" for flag in report.flags if flag.kind != "close_call"]
            if lost:
                return TwinFailed(twin.name, mode, tuple(lost))
        return None

    # --- what the file beside the grader says ---

    def judge_declared(self, verdicts: list[Verdict], known: set[str]) -> None:
        """``known`` are the ids of all mutants, judged or not."""
        fates = {verdict.mutant.id: verdict for verdict in verdicts}
        for one in (*self.declared.equivalent, *self.declared.trained):
            where, verdict = line_of(self.path, f'"{one.mutant}"'), fates.get(one.mutant)
            if one.mutant not in known:
                said = f"{where}: there is no mutant {one.mutant!r} (any more)"
                self.problems.append(Problem("declared", said, "Take it out, or name the one that is meant."))
            elif verdict is not None and verdict.own and (one in self.declared.equivalent or verdict.mode != "full"):
                what = "a right answer" if one in self.declared.equivalent else "told by training alone"
                said = f"{where}: {one.mutant!r} is declared {what}, but {', '.join(verdict.own)} takes marks off"
                self.problems.append(Problem("declared", said, "Correct the declaration, or the check."))


def _stopped(evidence: Evidence) -> str | None:
    """What kept a notebook from running to its end; None where nothing did."""
    run = evidence.run
    if run.outcome == "completed":
        return None
    for stamped in run.events:
        event = stamped.event
        if isinstance(event, CellFinished) and event.error is not None:
            cell = next(cell for cell in evidence.submission.cells if cell.position == event.cell)
            where = f"cell {cell.number}" + (f", line {event.error.line}" if event.error.line is not None else "")
            return f"{where}: raises {event.error.type}: {event.error.message}"
    return f"does not run to its end: {run.reason or run.outcome}"


def _lost(report: Report) -> list[CheckResult]:
    return [check for exercise in report.exercises for check in exercise.checks if check.score < check.max_score]
