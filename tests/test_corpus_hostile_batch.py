"""The hostile corpus hands in as a class: graded two at a time, marked once more from kept evidence, and on Dask.

Each gets the verdict it gets alone, the whole class gets the same gradebook each way, and nothing that was kept before
it is another afterwards: pictures, what is decoded of them, evidence. To the hidden pictures some may be added, as
wherever a call is close. All of it is thorough.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from hostile import HOSTILE_LIMITS, Targets, credited, targets
from walled import NAME, Attack, attacks, losses, right_notebook, walled_course

from fairmark.checks import load_grader
from fairmark.classroom import ClassRequest, grade_class
from fairmark.data import data_folder, evidence_folder, secret_folder
from fairmark.data.labels import Labels, read_labels
from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.present.files import report_files
from fairmark.report import Report
from fairmark.sandbox import ConfinedProcess

pytestmark = pytest.mark.thorough

ATTACKS = attacks()
WAYS = ("here", "from_what_is_kept", "on_dask")
LATE = "timeout"
"""The verdict on those that never end; they make a class of their own, which is given little time."""
_LONGEST = 60
LIMITS = {"": HOSTILE_LIMITS, LATE: replace(HOSTILE_LIMITS, cell_seconds=5)}


@dataclass(frozen=True)
class Kept:
    """The digest of every file in the folders of pictures and secrets; labels of hidden pictures as they read."""

    files: dict[str, str]
    labels: dict[Path, Labels]

    @classmethod
    def now(cls) -> Kept:
        paths = [path for folder in (data_folder(), secret_folder()) for path in folder.rglob("*") if path.is_file()]
        stocks = [path.parents[1] for path in paths if path.name == "labels.json"]
        labels = {stock: found for stock in stocks if (found := read_labels(stock)) is not None}
        files = {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.name != "labels.json"
        }
        return cls(files, labels)

    def is_part_of(self, later: Kept, *, evidence: bool = True) -> bool:
        """Whether all of it is still there, unchanged; without ``evidence``, all but that."""
        wanted = {path: digest for path, digest in self.files.items() if evidence or not is_evidence(path)}
        assert {path: later.files.get(path) for path in wanted} == wanted
        for stock, labels in self.labels.items():
            first = slice(len(labels.files))
            assert (later.labels[stock].files[first], later.labels[stock].truth[first]) == (labels.files, labels.truth)
        return True

    def hidden(self) -> set[str]:
        """The hidden pictures that there are labels for."""
        return {str(stock / "pictures" / file.path) for stock, labels in self.labels.items() for file in labels.files}


@dataclass
class Class:
    """Students who attack, and two who hand in a right notebook; the first of those was graded before."""

    targets: Targets
    launcher: ConfinedProcess
    wanted: list[Attack]
    kept_before: Kept
    kept_afterwards: Kept | None = None

    def graded(self, way: str, **how: object) -> Path:
        """The folder that ``grade`` leaves of the whole class."""
        out = self.targets.out if way == "here" else self.targets.folder / f"graded-{way}"
        for late, limits in LIMITS.items():
            if (self.targets.folder / f"class{late}").is_dir():
                settings = RunSettings(limits=limits, early_stopping=True)
                options: dict[str, Any] = {"settings": settings, "launcher": self.launcher, "jobs": 2, **how}
                grade_class(
                    ClassRequest((self.targets.folder / f"class{late}",), out / late, self.targets.course, **options)
                )
        return out

    @cached_property
    def here(self) -> Path:
        return self.graded("here")

    @cached_property
    def from_what_is_kept(self) -> Path:
        assert self.here
        out = self.graded("again")
        self.kept_afterwards = Kept.now()  # on Dask everything is run afresh, and kept anew
        return out

    @cached_property
    def on_dask(self) -> Path:
        pytest.importorskip("distributed")
        assert self.here
        return self.graded("dask", launcher=None, cluster="local", fresh=True)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Class]:
    course = walled_course(tmp_path_factory.mktemp("walled") / "course")
    pipeline = Pipeline(course, course.assignment(NAME))
    pipeline.prepare()
    launcher = ConfinedProcess()
    asked = [getattr(getattr(item, "callspec", None), "params", {}).get("attack") for item in request.session.items]
    wanted = [attack for attack in ATTACKS if attack in asked]
    with targets(course, tmp_path_factory.mktemp("targets"), launcher) as aimed_at:
        grade_class(
            ClassRequest(
                (aimed_at.folder / "submitted",),
                aimed_at.folder / "before",
                course,
                settings=RunSettings(limits=LIMITS[""], early_stopping=True),
                launcher=launcher,
            )
        )
        before = Kept.now()
        (aimed_at.folder / "class").mkdir()
        for attack in wanted:
            folder = aimed_at.folder / f"class{LATE if attack.run == LATE else ''}"
            folder.mkdir(exist_ok=True)
            (folder / f"{slug(attack)}.ipynb").write_bytes(attack.notebook(course, aimed_at.places()))
        for name in ("right_a", "right_b"):
            (aimed_at.folder / "class" / f"{name}.ipynb").write_bytes(right_notebook(course))
        yield Class(aimed_at, launcher, wanted, before)
    launcher.close()


def slug(attack: Attack) -> str:
    """Its name as a student's; short enough for a report to be called by all of it."""
    name = re.sub(r"\W+", "_", attack.name).strip("_").lower()
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def is_evidence(path: str) -> bool:
    return Path(path).is_relative_to(evidence_folder()) and path.endswith(".json.gz")


def report_of(out: Path, student: str, late: str = "") -> Report:
    return Report.model_validate_json((out / late / "reports" / f"{student}.{NAME}.json").read_bytes())


def was_decided(out: Path, student: str, late: str = "") -> bool:
    """Whether hidden images ended the training before its time."""
    found = json.loads((out / late / "evidence" / f"{student}.{NAME}.json").read_bytes())
    return found["run"]["decided"] is not None


def evidence_of(out: Path) -> dict[str, Any]:
    """What each run came to, by the name of its file."""
    return {path.name: json.loads(path.read_bytes()) for path in out.rglob("evidence/*.json")}


def reached(out: Path) -> list[str]:
    """What attacks say that they have got."""
    printed = [text for found in evidence_of(out).values() for text in found["run"]["printed"].values()]
    return re.findall(r"^REACHED .*", "\n".join(printed), re.MULTILINE)


def stumbled(evidence: dict[str, Any]) -> bool:
    """Whether something went wrong that may not another day: such evidence is not kept."""
    failed = any(stamped["event"]["kind"] == "recorder_failed" for stamped in evidence["run"]["events"])
    return failed or bool(evidence["probe"] and evidence["probe"]["problem"])


def not_marked(out: Path) -> dict[str, str]:
    """Why a submission was not marked, by the name of its report: what is the machine's fault or ours."""
    reports = {path.stem: Report.model_validate_json(path.read_bytes()) for path in out.rglob("reports/*.json")}
    return {
        name: flag.message for name, report in reports.items() for flag in report.flags if flag.kind == "not_marked"
    }


def texts_of(report: Report) -> list[str]:
    return [*report_files(report).values(), *report_files(report, deadline_passed=True).values()]


def gradebooks(out: Path) -> dict[str, str]:
    """The rows of every gradebook by the student whose row it is, the heading among them."""
    rows = [row for path in out.rglob("gradebook.csv") for row in path.read_text(encoding="utf-8").splitlines()]
    return {row.partition(",")[0]: row for row in rows}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.kind}: {attack.name}")
def test_an_attack_gets_the_verdict_it_gets_alone(attack: Attack, way: str, hostile: Class) -> None:
    out, late = getattr(hostile, way), LATE if attack.run == LATE else ""
    report = report_of(out, slug(attack), late)
    if attack.fair_until_then and was_decided(out, slug(attack), late):
        assert losses(report) == {}
        return
    if not attack.is_exact:
        assert credited(attack, report) == set()
        assert set(attack.flags) <= {flag.kind for flag in report.flags}
        assert [text for text in attack.must_not_leave for shown in texts_of(report) if text in shown] == []
        return
    grader = load_grader(hostile.targets.course.assignment(NAME).grader)
    trained = {exercise.id for exercise in grader.exercises if exercise.needs_training}
    lost = {name: marks for name, marks in losses(report).items() if attack.train or name.split(".")[0] not in trained}
    assert lost == dict(attack.lost)
    assert set(attack.flags) <= {flag.kind for flag in report.flags}
    if attack.train or attack.run not in ("completed", "student_error"):
        assert report.run.outcome == attack.run  # a run that goes on to train may still come to harm then


@pytest.mark.parametrize("way", WAYS)
def test_every_one_is_marked(way: str, hostile: Class) -> None:
    assert not_marked(getattr(hostile, way)) == {}


def test_right_ones_among_them_earn_full_marks(hostile: Class) -> None:
    for name in ("right_a", "right_b"):
        report = report_of(hostile.here, name)
        assert (losses(report), report.flags) == ({}, ())


def test_none_of_them_gets_anything(hostile: Class) -> None:
    assert reached(hostile.here) == []
    assert hostile.targets.knocked() == []


def test_what_is_kept_gives_the_same_marks(hostile: Class) -> None:
    assert gradebooks(hostile.from_what_is_kept) == gradebooks(hostile.here)
    first, again = evidence_of(hostile.here), evidence_of(hostile.from_what_is_kept)
    kept = [name for name, found in first.items() if found["run"]["outcome"] == "completed" and not stumbled(found)]
    assert kept
    assert {name: again[name] for name in kept} == {name: first[name] for name in kept}


def test_nothing_that_was_kept_before_has_changed(hostile: Class) -> None:
    assert hostile.from_what_is_kept
    now = hostile.kept_afterwards
    assert now is not None
    assert hostile.kept_before.is_part_of(now)
    added = now.files.keys() - hostile.kept_before.files.keys() - now.hidden()
    assert [path for path in added if not is_evidence(path)] == []


def test_nothing_outside_has_changed_and_nothing_is_left_behind(hostile: Class) -> None:
    assert hostile.here
    now, before = hostile.targets.surroundings(), hostile.targets.before
    assert before is not None
    assert (now.processes, now.shared, now.mounts) == (before.processes, before.shared, before.mounts)
    outside = [hostile.targets.course.root, hostile.targets.folder / "outside", hostile.targets.folder / "home"]
    for path, state in before.files.items():
        if any(Path(path).is_relative_to(folder) for folder in outside):
            assert now.files.get(path) == state


def test_dask_gives_the_same_marks_and_keeps_the_pictures_too(hostile: Class) -> None:
    pytest.importorskip("distributed")
    assert gradebooks(hostile.on_dask) == gradebooks(hostile.here)
    assert reached(hostile.on_dask) == []
    assert hostile.targets.knocked() == []
    assert hostile.kept_before.is_part_of(Kept.now(), evidence=False)
