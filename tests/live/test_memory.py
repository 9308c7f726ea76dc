"""What a kernel has run: the latest of each cell, and no more than there is room for."""

from __future__ import annotations

from fairmark.evidence import BatchSeen, CellStarted, EpochEnded, Event, PicturesOpened, StepsWatched
from fairmark.live.memory import Memory


def begun(*cells: tuple[str, str | None]) -> Memory:
    memory = Memory()
    for source, cell_id in cells:
        memory.begin(source, cell_id, is_watched=True)
    return memory


def opened(name: str) -> PicturesOpened:
    return PicturesOpened(
        pictures=name,
        cell=1,
        made_by="flow",
        directory="train",
        found=2,
        classes=["dark", "light"],
        target_size=(8, 8),
        batch_size=2,
        class_mode="binary",
        color_mode="rgb",
        interpolation="nearest",
        shuffle=True,
    )


def batch(name: str) -> BatchSeen:
    shape = [2, 8, 8, 3]
    return BatchSeen(pictures=name, shape=shape, dtype="float32", minimum=0, maximum=1, labels_shape=[2])


def sources(memory: Memory) -> list[tuple[int, str]]:
    return [(run.position, run.source) for run in memory.runs]


def events(memory: Memory) -> list[list[Event]]:
    return [list(run.events()) for run in memory.runs]


def test_cells_are_counted_in_the_order_they_are_run() -> None:
    assert sources(begun(("a = 1", "x"), ("b = 2", "y"))) == [(1, "a = 1"), (2, "b = 2")]


def test_a_cell_that_is_run_again_replaces_its_earlier_run_whatever_it_says_now() -> None:
    assert sources(begun(("a = 1", "x"), ("b = 2", "y"), ("a = 3", "x"))) == [(2, "b = 2"), (3, "a = 3")]


def test_without_ids_a_cell_is_known_by_its_text() -> None:
    assert sources(begun(("a = 1", None), ("b = 2", None), ("a  =  1", None))) == [(2, "b = 2"), (3, "a  =  1")]


def test_of_an_exercise_the_latest_run_counts_wherever_it_is() -> None:
    first, second = "# Exercise: compile\nx = 1", "# Exercise: compile\nx = 2"
    assert sources(begun((first, "x"), (second, "y"))) == [(2, second)]


def test_what_a_forgotten_run_did_is_forgotten_with_it() -> None:
    memory = begun(("a", "x"))
    memory.send(opened("pictures-1"))
    [gone] = memory.begin("a", "x", is_watched=True)
    assert list(gone.events()) == [opened("pictures-1")]
    assert (memory.opened, events(memory)) == ({}, [[]])


def test_a_first_batch_belongs_to_the_cell_that_opened_the_pictures() -> None:
    memory = begun(("a", "x"))
    memory.send(opened("pictures-1"))
    memory.begin("b", "y", is_watched=True)
    memory.send(batch("pictures-1"))
    memory.send(batch("pictures-2"))
    assert events(memory) == [[opened("pictures-1"), batch("pictures-1")], [batch("pictures-2")]]


def test_what_happens_before_any_cell_is_nobodys() -> None:
    memory = Memory()
    memory.send(CellStarted(cell=1))
    assert memory.runs == []


def test_progress_is_not_kept() -> None:
    memory = begun(("a", "x"))
    memory.send(StepsWatched(fit="fit-1", epoch=1, step=2))
    assert events(memory) == [[]]


def test_however_long_a_kernel_lives_it_stays_small() -> None:
    memory = begun(("# Exercise: compile", None))
    for number in range(400):
        memory.begin(f"scribble = {number}", None, is_watched=True)
    for number in range(1000):
        memory.send(EpochEnded(fit="fit-1", epoch=number + 1, steps=1, validation_steps=0, seconds=0, logs={}))
    [exercise, *scribbles] = memory.runs
    assert exercise.exercise == "compile"
    assert [run.source for run in scribbles] == [f"scribble = {number}" for number in range(99, 400)]
    kept = [event.epoch for event in scribbles[-1].events() if isinstance(event, EpochEnded)]
    assert kept == list(range(601, 1001))
