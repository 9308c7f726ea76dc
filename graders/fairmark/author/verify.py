"""Verify: tests a grader by what it must notice and by what it must let pass.

solution    gets full marks, and no flag
untouched   the notebook as given out: no marks, no blame
mutants     the solution with one thing changed: each is noticed by a check of the exercise it was made in, and costs
            marks nowhere else. First in a run that ends at ``fit``; what is not settled there, in a rehearsal, where
            every ``fit`` does one step; what is still not settled, with training, where that is asked for
twins       right answers spelled otherwise: as many marks as the solution
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, TypeAlias

from fairmark.author.accepted_variants import declared_for
from fairmark.author.mutants import Mutant, mutants_of
from fairmark.author.verify_problems import Problem, read_assignment
from fairmark.author.verify_runs import Runs
from fairmark.author.verify_verdicts import Fate, Verdict
from fairmark.author.verify_work import TwinFailed, Work
from fairmark.errors import AuthorError
from fairmark.grading.pipeline import Mode, Pipeline

__all__ = ["Progress", "Verification", "verify_assignment"]


@dataclass(frozen=True)
class Verification:
    """What came of one assignment. ``unasked`` are checks that were asked in no run, since only training answers
    them."""

    assignment: str
    problems: tuple[Problem, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    twins: int = 0
    failed_twins: tuple[TwinFailed, ...] = ()
    unasked: tuple[str, ...] = ()
    wall_seconds: float = 0.0

    def count(self, fate: Fate) -> int:
        return sum(verdict.fate == fate for verdict in self.verdicts)

    @property
    def exit_code(self) -> int:
        """0 where all is well, 3 where a check raised, 2 where the author's files do not fit together, else 1."""
        kinds = {problem.kind for problem in self.problems}
        if "exception" in kinds:
            return 3
        if "author" in kinds:
            return 2
        return int(bool(kinds or self.failed_twins or self.count("survived") or self.count("charged_twice")))


Progress: TypeAlias = Callable[[int, int], object]
"""Told how many notebooks of how many have been judged."""


def verify_assignment(
    pipeline: Pipeline,
    *,
    train: bool = False,
    rehearse_all: bool = False,
    workers: int = 2,
    only: Callable[[Mutant], bool] = lambda mutant: True,
    prepare: Callable[[Pipeline], object] = Pipeline.prepare,
    progress: Progress = lambda done, total: None,
) -> Verification:
    """Verifies the assignment of ``pipeline``, ``workers`` notebooks at a time.

    ``train`` trains where nothing else can decide; ``rehearse_all`` rehearses also what a run without training has
    settled, and finds more that is charged twice. ``only`` chooses mutants.
    ``prepare`` is called once before the first run.

    Raises :class:`AssignmentNotFound` where there is no such assignment, :class:`MachineError` and
    :class:`InternalError` where notebooks cannot be run here. The author's errors do not raise: they are problems.
    """
    began = time.monotonic()
    course, assignment = pipeline.course, pipeline.assignment
    name = assignment.name
    read = read_assignment(course, assignment)
    try:
        path, declared = declared_for(assignment.grader)
    except AuthorError as problem:
        return Verification(name, (*read.problems, Problem("author", problem.message, problem.remedy)))
    if any(problem.kind == "author" for problem in read.problems):
        return Verification(name, read.problems)
    prepare(pipeline)
    modes: tuple[Mode, ...] = ("structure", "rehearsal", *(("full",) if train else ()))
    solution = _handed_in(assignment.solution.read_bytes(), name)
    work = Work(Runs(pipeline), solution, path, declared, modes, rehearse_all)
    mutants = [mutant for answer in read.answers for mutant in mutants_of(answer, pipeline.framework.mistakes)]
    verdicts, failed = _run_all(work, [mutant for mutant in mutants if only(mutant)], workers, progress)
    if not work.broken:
        work.judge_declared(verdicts, {mutant.id for mutant in mutants})
    problems = [
        *read.problems,
        *work.problems,
        *(Problem("exception", raised.message) for raised in work.runs.raised.values()),
    ]
    asked = frozenset[str]().union(*(baseline.passed for baseline in work.baselines.values()))
    unasked = sorted(frozenset[str]().union(*(baseline.open for baseline in work.baselines.values())) - asked)
    return Verification(
        assignment=name,
        problems=tuple(dict.fromkeys(problems)),
        verdicts=tuple(verdicts),
        twins=len(declared.twin),
        failed_twins=tuple(failed),
        unasked=tuple(unasked),
        wall_seconds=time.monotonic() - began,
    )


def _run_all(
    work: Work, mutants: list[Mutant], workers: int, progress: Progress
) -> tuple[list[Verdict], list[TwinFailed]]:
    """The solution in every mode, then everything else side by side; nothing else where the solution is broken."""
    done: Counter[str] = Counter()
    total = len(mutants) + len(work.declared.twin) + len(work.modes) + 1

    def step() -> None:
        done["all"] += 1
        progress(done["all"], total)

    with ThreadPoolExecutor(workers) as pool:
        try:
            first = [pool.submit(work.judge_solution, mode) for mode in work.modes]
            first.append(pool.submit(work.judge_untouched))
            for future in first:
                future.result()
                step()
            if work.broken:
                return [], []
            verdicts = [pool.submit(work.judge_mutant, mutant) for mutant in mutants]
            twins = [pool.submit(work.judge_twin, twin) for twin in work.declared.twin]
            everything: list[Future[Any]] = [*verdicts, *twins]
            for judged in as_completed(everything):
                judged.result()
                step()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    failed = [twin.result() for twin in twins]
    return [verdict.result() for verdict in verdicts], [twin for twin in failed if twin is not None]


def _handed_in(solution: bytes, name: str) -> bytes:
    """The solution with the name of its assignment in it, as release puts it into what students hand in."""
    content = json.loads(solution)
    content["metadata"] = {**content.get("metadata", {}), "fairmark": {"assignment": name, "schema": 1}}
    return json.dumps(content).encode()
