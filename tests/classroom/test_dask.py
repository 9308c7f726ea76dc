"""A class on Dask: the same gradebook as on one machine, whatever becomes of the workers, behind the same wall."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from tiny import tiny_course
from walled import DATASET, NAME, attacks, right_notebook, walled_course

from fairmark.author.sample_class import with_answers
from fairmark.classroom import ClassRequest, grade_class
from fairmark.classroom.capacity import Workers
from fairmark.classroom.dask import _needed_bytes
from fairmark.classroom.ledger import Ledger
from fairmark.classroom.remote_worker import Batch, Task, WorkerSeen, look_there, mark_there, world
from fairmark.cli.follow import OnTerminal
from fairmark.course import Course
from fairmark.data import hidden_pictures, load_recipe
from fairmark.errors import MachineError, NotConfined, UsageError
from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.present.files import evidence_json
from fairmark.sandbox import Launcher, Limits
from fairmark.sandbox.limits import GIB

distributed = pytest.importorskip("distributed")

ATTACKS = ("connects by TCP", "reads the hidden pictures", "reads the environment of other processes")
"""What lies open on a worker: its scheduler, the shared secret, and where that is."""


@dataclass(frozen=True)
class Class:
    """A class that has handed in."""

    course: Course
    folder: Path


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers of one slot each, processes of their own."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=None,
        silence_logs=50,
    ) as made:
        yield made


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """One right, one copy, one wrong somewhere, one no notebook."""
    root = tmp_path_factory.mktemp("cluster")
    course, folder = walled_course(root / "course"), root / "class"
    folder.mkdir()
    right = right_notebook(course)
    (folder / "ada.ipynb").write_bytes(right)
    (folder / "bob.ipynb").write_bytes(with_answers(right, {"compile": lambda source: f"# mine\n{source}"}))
    wrong = {"compile": lambda source: source.replace("binary_crossentropy", "mse")}
    (folder / "eve.ipynb").write_bytes(with_answers(right, wrong))
    (folder / "half.ipynb").write_bytes(right[:700])
    return Class(course, folder)


def with_attacks(handed_in: Class, scheduler: str) -> None:
    """Adds the hostile, who know where the scheduler and the hidden pictures are."""
    recipe = load_recipe(handed_in.course.dataset_folder(DATASET))
    places = {
        "hidden": str(hidden_pictures(recipe).folder),
        "port": scheduler.rpartition(":")[2],
        "marker": "fairmark-none",
    }
    for attack in attacks():
        if attack.name in ATTACKS:
            (handed_in.folder / f"{attack.name}.ipynb").write_bytes(attack.notebook(handed_in.course, places))


def killed_in_mid_run(find: Callable[[], list[int]]) -> tuple[threading.Thread, list[int]]:
    """A thread that kills, with SIGKILL, the first worker that has a run under way; and whom it has killed."""
    killed: list[int] = []

    def kill() -> None:
        deadline = time.monotonic() + 300
        while not killed and time.monotonic() < deadline:
            for pid in find():
                if has_run(pid):
                    killed.append(pid)
                    psutil.Process(pid).kill()
                    break
            time.sleep(0.1)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread, killed


def has_run(worker: int) -> bool:
    """Whether a run is under way below this process: the process it is forked from has a warden, and that an init."""
    try:
        below = psutil.Process(worker).children()
        forking = [one for one in below if "fairmark.sandbox.warm" in one.cmdline()]
        return any(len(one.children(recursive=True)) >= 3 for one in forking)
    except psutil.Error:
        return False


def dask_workers() -> list[int]:
    """Processes of this one that Dask has started as workers."""
    found = []
    for process in psutil.Process().children():
        try:
            if "spawn_main" in " ".join(process.cmdline()):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def reached(out: Path) -> list[str]:
    """What hostile notebooks say that they have got."""
    texts = [json.loads(path.read_text()) for path in (out / "evidence").glob("*.json")]
    return re.findall(r"REACHED .*", "".join("".join(text["run"]["printed"].values()) for text in texts))


# --- the same marks ---------------------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_worker_killed_in_mid_run_changes_nothing(handed_in: Class, cluster: Any, tmp_path: Path) -> None:  # noqa: ANN401
    with_attacks(handed_in, cluster.scheduler_address)
    grade_class(ClassRequest((handed_in.folder,), tmp_path / "here", handed_in.course))
    undisturbed = (tmp_path / "here" / "gradebook.csv").read_bytes()
    pids = [worker.process.pid for worker in cluster.workers.values()]
    thread, killed = killed_in_mid_run(lambda: pids)
    out = tmp_path / "out"
    standings = grade_class(
        ClassRequest((handed_in.folder,), out, handed_in.course, cluster=cluster.scheduler_address, fresh=True)
    ).standings
    thread.join(timeout=1)
    assert len(killed) == 1
    assert (out / "gradebook.csv").read_bytes() == undisturbed
    assert [one.student for one in standings if one.outcome == "passed"] == sorted(["ada", "bob", *ATTACKS])
    assert reached(out) == []
    # What the ledger calls done is not sent again: nobody is asked.
    grade_class(ClassRequest((handed_in.folder,), out, handed_in.course, cluster="tcp://127.0.0.1:1"))
    assert (out / "gradebook.csv").read_bytes() == undisturbed


@pytest.mark.thorough
def test_workers_of_its_own_may_be_killed_too(handed_in: Class, tmp_path: Path) -> None:
    others = set(dask_workers())
    thread, killed = killed_in_mid_run(lambda: [pid for pid in dask_workers() if pid not in others])
    [standing] = grade_class(
        ClassRequest((handed_in.folder / "ada.ipynb",), tmp_path, handed_in.course, cluster="local", jobs=1, fresh=True)
    ).standings
    thread.join(timeout=1)
    assert len(killed) == 1
    assert (standing.outcome, standing.score) == ("passed", 20)


# --- what workers declare ---------------------------------------------------------------------------------------------


def workers_that_declare(*resources: dict[str, float]) -> Workers:
    """As they are found: two slots each."""
    found = Workers(None, lambda: None, Batch("none", None))
    found._seen = {f"tcp://node-{n}": WorkerSeen(f"node-{n}", 2, declared) for n, declared in enumerate(resources)}
    found._there = list(found._seen)
    return found


@pytest.mark.parametrize(
    ("declared", "slots", "able", "asked"),
    [
        ([{}, {}], 4, [0, 1], {}),
        ([{"MEMORY": 24e9}, {}], 4, [0], {"MEMORY": 4e9}),
        ([{"MEMORY": 1e9}, {"MEMORY": 2e9}], 4, [1], {"MEMORY": 2e9}),
        ([{"GPU": 1}, {}, {"GPU": 4}], 3, [0, 2], {"GPU": 1}),
        ([{"GPU": 1, "MEMORY": 24e9}, {"MEMORY": 90e9}], 1, [0], {"GPU": 1, "MEMORY": 4e9}),
    ],
)
def test_a_run_asks_for_what_workers_declare_and_goes_where_it_is(
    declared: list[dict[str, float]], slots: int, able: list[int], asked: dict[str, float]
) -> None:
    workers = workers_that_declare(*declared)
    assert workers.slots() == slots
    assert workers.able(4e9) == ({f"tcp://node-{n}" for n in able}, asked)


@pytest.mark.thorough
def test_where_a_worker_has_one_card_one_run_uses_it_at_a_time(handed_in: Class, tmp_path: Path) -> None:
    grade_class(ClassRequest((handed_in.folder,), tmp_path / "here", handed_in.course))
    counts, ended = set[int](), threading.Event()
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        resources={"GPU": 1, "MEMORY": 24e9},
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=None,
        silence_logs=50,
    ) as one:

        def look() -> None:
            [worker] = one.scheduler.workers.values()
            while not ended.wait(0.05):
                counts.add(len(worker.processing))

        looking = threading.Thread(target=look)
        looking.start()
        grade_class(
            ClassRequest(
                (handed_in.folder,), tmp_path / "out", handed_in.course, cluster=one.scheduler_address, fresh=True
            )
        )
        ended.set()
        looking.join()
    assert max(counts) == 1
    assert (tmp_path / "out" / "gradebook.csv").read_bytes() == (tmp_path / "here" / "gradebook.csv").read_bytes()


@pytest.mark.parametrize(
    ("measured", "reference", "needed"),
    [(None, 5, 5), (0, 5, 5), (4, 5, 5), (6, 5, 6), (6, None, GIB), (0, 0, 1)],
)
def test_a_run_needs_what_the_reference_does_or_more_where_more_was_measured(
    measured: int | None, reference: int | None, needed: int, tmp_path: Path
) -> None:
    class Client:
        def submit(self, *arguments: object, **options: object) -> Future[int]:
            answer = Future[int]()
            answer.set_exception(OSError()) if reference is None else answer.set_result(reference)
            return answer

    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        if measured is not None:
            ledger.begin("ada", NAME, sha256="", settings="")
            ledger.end("ada", NAME, done=True, wall_seconds=1.0, peak_memory_bytes=measured)
        run = SimpleNamespace(ledger=ledger)
        batch = Batch("none", None, settings=RunSettings(limits=Limits(memory_bytes=GIB)))
        assert _needed_bytes(run, Client(), batch, [NAME]) == {NAME: needed}


@pytest.mark.thorough
def test_while_it_waits_a_class_hears_in_which_cell_and_epoch_each_run_is(handed_in: Class) -> None:
    expected = world(
        Pipeline(handed_in.course, handed_in.course.assignment(NAME), settings=RunSettings(early_stopping=True))
    )
    batch = Batch(
        "told",
        str(handed_in.course.root),
        settings=RunSettings(early_stopping=True),
        fresh=True,
        worlds={NAME: expected},
    )
    told: list[str] = []
    there = mark_there(Task(batch, 0, "ada", NAME, right_notebook(handed_in.course)), tell=told.append)
    assert there.marked is not None
    assert told[:2] == ["Reading the notebook", "Running the notebook"]
    assert any(re.fullmatch(r"Cell \d+ of \d+|Epoch \d of 8", text) for text in told)


# --- refusing ---------------------------------------------------------------------------------------------------------


def test_a_worker_goes_by_what_was_recorded_before(handed_in: Class) -> None:
    notebook = right_notebook(handed_in.course)
    first = mark_there(Task(Batch("recorded", str(handed_in.course.root)), 0, "ada", NAME, notebook)).marked
    assert first is not None
    told: list[str] = []
    fresh = Batch("again", str(handed_in.course.root), fresh=True)
    task = Task(fresh, 0, "ada", NAME, notebook, evidence_json(first.evidence))
    assert mark_there(task, tell=told.append).marked == first
    assert told == ["Reading the notebook"]


def test_a_worker_runs_the_helpers_of_a_grader_script_and_refuses_others(tmp_path: Path) -> None:
    course = tiny_course(tmp_path / "course", "compile_settings")
    script = course.assignment("compile_settings").grader
    script.write_text(f"from _worth import POINTS\n{script.read_text().replace('points=2', 'points=POINTS')}")
    helper = script.with_name("_worth.py")
    helper.write_text("POINTS = 5")
    worlds = {"compile_settings": world(Pipeline(course, course.assignment("compile_settings")))}
    batch = Batch("helped", str(course.root), worlds=worlds)
    given = course.assignment("compile_settings").notebook.read_bytes()
    there = mark_there(Task(batch, 0, "ada", "compile_settings", given))
    assert there.marked is not None
    assert there.marked.report.max_score == 6
    helper.write_text("POINTS = 4")
    refused = mark_there(Task(replace(batch, name="changed"), 0, "ada", "compile_settings", given))
    assert refused.problem == "its course folder is not that of the machine that hands out the submissions"


@pytest.mark.parametrize("address", ["nonsense", "none.json", "tcp://", "head.example"])
def test_what_is_no_address_is_said_at_once(address: str, handed_in: Class, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        grade_class(ClassRequest((handed_in.folder,), tmp_path, handed_in.course, cluster=address, fresh=True))
    assert caught.value.message == f"{address}: is no scheduler's address, nor a file that is there"


@pytest.mark.thorough
def test_a_scheduler_without_workers_is_waited_for_and_that_is_said(
    handed_in: Class, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairmark.classroom.dask._TOLD_AFTER_SECONDS", 0.5)
    with distributed.LocalCluster(
        n_workers=0, threads_per_worker=1, dashboard_address="127.0.0.1:0", memory_limit=None, silence_logs=50
    ) as late:
        threading.Timer(3.0, late.scale, (1,)).start()
        request = ClassRequest(
            (handed_in.folder / "ada.ipynb",), tmp_path, handed_in.course, cluster=late.scheduler_address
        )
        [standing] = grade_class(request, OnTerminal()).standings
    assert standing.outcome == "passed"
    assert "The scheduler has no workers yet: waiting for the first." in capfd.readouterr().err


def test_a_worker_that_cannot_confine_notebooks_is_named_before_anything_is_marked(
    handed_in: Class, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*, trust: bool) -> Launcher:
        raise NotConfined(["files"], ["landlock: not in this kernel"])

    monkeypatch.setattr("fairmark.classroom.remote_worker.grading_launcher", none)
    with distributed.LocalCluster(
        n_workers=1, processes=False, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as near:
        near.workers[0].name = "node-7"
        with pytest.raises(MachineError) as caught:
            grade_class(
                ClassRequest(
                    (handed_in.folder,), tmp_path, handed_in.course, cluster=near.scheduler_address, fresh=True
                )
            )
    assert caught.value.message == (
        "The worker node-7 cannot be used: This machine cannot confine files of the notebooks it runs "
        "(landlock: not in this kernel)."
    )
    assert "`fairmark doctor`" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("what", "remedy"),
    [
        ("course folder", "Give all machines one course folder, under the same path."),
        ("stock of hidden pictures", "Let FAIRMARK_SECRET name one folder that all machines share."),
        ("copy of fairmark", "Install the same versions on all machines."),
        ("keras", "Install the same versions on all machines."),
    ],
)
def test_a_worker_that_would_mark_otherwise_is_refused(what: str, remedy: str, handed_in: Class) -> None:
    expected = world(
        Pipeline(handed_in.course, handed_in.course.assignment(NAME), settings=RunSettings(early_stopping=True))
    ) | {what: "0"}
    batch = Batch(what, str(handed_in.course.root), settings=RunSettings(early_stopping=True), worlds={NAME: expected})
    seen = look_there(batch, name="node-7", slots=1, resources={})
    said = r"( \([0-9.]+, not 0\))?" if what == "keras" else ""
    assert re.fullmatch(
        f"its {what} is not that of the machine that hands out the submissions{said}", seen.problem or ""
    )
    assert seen.remedy == remedy
    there = mark_there(Task(batch, 0, "ada", NAME, b""), worker="tcp://node-7:1")
    assert (there.worker, there.marked, there.problem) == ("tcp://node-7:1", None, seen.problem)


def test_a_scheduler_that_is_not_there_is_said(
    handed_in: Class, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairmark.classroom.dask._CONNECT_SECONDS", 0.5)
    with pytest.raises(MachineError) as caught:
        grade_class(
            ClassRequest((handed_in.folder,), tmp_path, handed_in.course, cluster="tcp://127.0.0.1:1", fresh=True)
        )
    assert caught.value.message.startswith("tcp://127.0.0.1:1: no Dask scheduler can be reached: ")
