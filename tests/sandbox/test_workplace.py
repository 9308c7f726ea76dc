"""Working folders: what is taken out of them, what is left of them, and the run of one notebook in one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scripted import Scripted

from fairmark.evidence import Cell, ModelExported, Run
from fairmark.keras.program import KERAS
from fairmark.sandbox import Files, Limits, NotebookJob, Workplace, notebook_job, run_notebook

# --- models -----------------------------------------------------------------------------------------------------------


def exported(folder: str = "model-1-1") -> ModelExported:
    return ModelExported(model="model-1", moment="fit", folder=folder, digest="00")


@pytest.fixture
def workplace() -> Iterator[Workplace]:
    """One that holds a model as the recorder writes it."""
    with Workplace() as made:
        model = made.folder / "export" / "model-1-1"
        model.mkdir(parents=True)
        for name in ("config.json", "weights-0.npy", "weights-1.npy"):
            (model / name).write_text(name)
        yield made


def test_a_model_is_copied_out(workplace: Workplace, tmp_path: Path) -> None:
    assert workplace.take_model(exported(), tmp_path / "model")
    copied = {path.name: path.read_text() for path in (tmp_path / "model").iterdir()}
    assert copied == {name: name for name in ("config.json", "weights-0.npy", "weights-1.npy")}
    assert workplace.take_model(exported(), tmp_path / "again")  # what was written stays where it was


def test_a_model_is_taken_from_where_the_run_has_written_it(workplace: Workplace, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (workplace.folder / "export").rename(tmp_path / "elsewhere" / "export")
    assert not workplace.take_model(exported(), tmp_path / "model")
    workplace.keep(Files(workplace.folder, os.open(tmp_path / "elsewhere", os.O_RDONLY)))
    assert workplace.take_model(exported(), tmp_path / "model")


def test_what_an_earlier_run_has_written_is_given_up(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path, os.O_RDONLY) for _ in range(2))
    with Workplace() as made:
        made.keep(Files(made.folder, first))
        made.keep(Files(made.folder, second))
        assert not is_open(first)
        assert is_open(second)
    assert not is_open(second)


def is_open(descriptor: int) -> bool:
    return Path(f"/proc/self/fd/{descriptor}").exists()


def link(model: Path, outside: Path) -> None:
    (model / "weights-1.npy").unlink()
    (model / "weights-1.npy").symlink_to(outside)


def hard_link(model: Path, outside: Path) -> None:
    (model / "weights-1.npy").unlink()
    (model / "weights-1.npy").hardlink_to(outside)


def pipe(model: Path, outside: Path) -> None:
    (model / "weights-1.npy").unlink()
    os.mkfifo(model / "weights-1.npy")


def folder_inside(model: Path, outside: Path) -> None:
    (model / "weights-2.npy").mkdir()


def extra_file(model: Path, outside: Path) -> None:
    (model / "notes.txt").touch()


def gap(model: Path, outside: Path) -> None:
    (model / "weights-1.npy").rename(model / "weights-2.npy")


def no_configuration(model: Path, outside: Path) -> None:
    (model / "config.json").unlink()


def empty(model: Path, outside: Path) -> None:
    for path in list(model.iterdir()):
        path.unlink()


def linked_model(model: Path, outside: Path) -> None:
    model.rename(outside.parent / "moved")
    model.symlink_to(outside.parent / "moved")


def linked_export(model: Path, outside: Path) -> None:
    model.parent.rename(outside.parent / "moved")
    model.parent.symlink_to(outside.parent / "moved")


def too_large(model: Path, outside: Path) -> None:
    with (model / "weights-1.npy").open("r+b") as file:
        file.truncate(4 * 1024**3 + 1)  # a hole: nothing of it is on the disk


@pytest.mark.parametrize(
    "spoil",
    [
        link,
        hard_link,
        pipe,
        folder_inside,
        extra_file,
        gap,
        no_configuration,
        empty,
        linked_model,
        linked_export,
        too_large,
    ],
)
def test_a_model_is_refused_unless_it_is_as_the_recorder_writes_it(
    spoil: Callable[[Path, Path], None], workplace: Workplace, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.npy"
    outside.write_text("secret")
    spoil(workplace.folder / "export" / "model-1-1", outside)
    assert not workplace.take_model(exported(), tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    "name", ["..", ".", "", "../export/model-1-1", "model-1-1/", "/etc", "model-2-1", "model\0", "m" * 300]
)
def test_a_model_is_looked_for_under_one_plain_name(name: str, workplace: Workplace, tmp_path: Path) -> None:
    assert not workplace.take_model(exported(name), tmp_path / "model")


# --- folders ----------------------------------------------------------------------------------------------------------


def test_each_run_has_a_folder_of_its_own_for_nobody_else() -> None:
    with Workplace() as one, Workplace() as other:
        assert one.folder != other.folder
        assert one.folder.parent == one.given.parent  # which nobody else may enter
        assert one.folder.parent.stat().st_mode & 0o077 == 0
    assert not one.folder.parent.exists()


def test_the_folder_goes_even_where_the_notebook_took_its_own_rights_away() -> None:
    with Workplace() as made:
        (made.given / "model").mkdir()
        (made.folder / "a" / "b").mkdir(parents=True)
        (made.folder / "a" / "b" / "file").touch()
        for path in (made.folder / "a" / "b", made.folder / "a", made.folder):
            path.chmod(0)
    assert not made.folder.parent.exists()


def test_what_a_link_leads_to_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir(mode=0o500)
    with Workplace() as made:
        (made.folder / "link").symlink_to(tmp_path / "ours")
    assert (tmp_path / "ours").stat().st_mode & 0o777 == 0o500


def test_a_folder_the_notebook_removed_or_replaced_is_no_trouble(tmp_path: Path) -> None:
    with Workplace() as removed:
        removed.folder.rmdir()
    (tmp_path / "ours" / "inner").mkdir(mode=0o500, parents=True)
    with Workplace() as replaced:
        replaced.folder.rmdir()
        replaced.folder.symlink_to(tmp_path / "ours")
    assert (tmp_path / "ours" / "inner").stat().st_mode & 0o777 == 0o500
    assert not removed.folder.parent.exists()
    assert not replaced.folder.parent.exists()


# --- runs -------------------------------------------------------------------------------------------------------------

CELLS = [
    Cell(position=1, number=2, role="locked", source="import keras"),
    Cell(position=2, number=4, role="exercise", exercise="compile", touched=False, source="raise NotImplementedError"),
    Cell(position=3, number=None, role="added", source="print('hi')"),
]


def run(
    program: str = "send('run_finished')", *, limits: Limits | None = None, **asked: object
) -> tuple[Run, NotebookJob]:
    launcher = Scripted(program, isolation=("a wall",))
    with Workplace() as workplace:
        made = run_notebook(
            notebook_job(CELLS, Path("/pictures"), **asked, program=KERAS), workplace, limits=limits, launcher=launcher
        )
    [job] = launcher.jobs
    assert isinstance(job, NotebookJob)
    return made, job


def test_a_cell_that_is_untouched_is_not_run() -> None:
    _, job = run()
    assert [(cell.position, cell.source) for cell in job.cells] == [(1, "import keras"), (3, "print('hi')")]


def test_a_run_is_told_what_was_asked_for() -> None:
    made, job = run(numerics="bfloat16", seed=9, train=False)
    assert (job.numerics, job.seed, job.train, job.pictures_folder) == ("bfloat16", 9, False, "/pictures")
    assert (made.numerics, made.training_skipped) == ("bfloat16", True)


def test_a_run_names_what_confined_it_and_the_software_it_said_it_had() -> None:
    made, _ = run("send('session_started', software={'keras': '3'}, numerics='float32', seed=1); send('run_finished')")
    assert (made.isolation, made.software, made.outcome) == (("a wall",), {"keras": "3"}, "completed")


@pytest.mark.parametrize(("last", "outcome"), [("send('run_finished')", "student_error"), ("sys.exit(1)", "crashed")])
def test_a_cell_that_raised_is_the_students_error_unless_something_worse_happened(last: str, outcome: str) -> None:
    raised = "send('cell_finished', cell=1, seconds=0, error={'type': 'NameError', 'message': ''}); "
    assert run(raised + last)[0].outcome == outcome


def test_lines_that_the_recorder_did_not_write_are_told() -> None:
    made, _ = run("write('{}' + chr(10)); send('run_finished')")
    assert (made.outcome, made.unsealed) == ("completed", 1)


def test_limits_reach_the_supervisor() -> None:
    made, _ = run("time.sleep(60)", limits=Limits(run_seconds=0.2))
    assert made.outcome == "timeout"
