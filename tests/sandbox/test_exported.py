"""Models taken out of a folder whose owner may be alive, and change it meanwhile."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import fairmark.sandbox.exported
from fairmark.sandbox.exported import copy_model

STEPS = ("export", "model-1-1")


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A run's folder with a model as the recorder writes it."""
    model = tmp_path.joinpath("run", *STEPS)
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    for number in range(3):
        (model / f"weights-{number}.npy").write_bytes(bytes([number]) * 5000)
    return tmp_path / "run"


def open_descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names only


def test_a_model_is_copied_whole(top: Path, tmp_path: Path) -> None:
    assert copy_model(top, STEPS, tmp_path / "taken")
    model = top.joinpath(*STEPS)
    assert {path.name: path.read_bytes() for path in (tmp_path / "taken").iterdir()} == {
        path.name: path.read_bytes() for path in model.iterdir()
    }


# --- what is not as the recorder writes it ----------------------------------------------------------------------------


def linked_top_step(model: Path) -> None:
    model.parent.rename(model.parent.parent / "real")
    model.parent.symlink_to("real")


def linked_model(model: Path) -> None:
    model.rename(model.parent / "real")
    model.symlink_to("real")


def linked_file(model: Path) -> None:
    (model / "weights-1.npy").unlink()
    (model / "weights-1.npy").symlink_to("/etc/hostname")


def second_name(model: Path) -> None:
    (model / "weights-1.npy").unlink()
    (model / "weights-1.npy").hardlink_to(model / "weights-0.npy")


def pipe(model: Path) -> None:
    (model / "weights-1.npy").unlink()
    os.mkfifo(model / "weights-1.npy")


def pipe_for_configuration(model: Path) -> None:
    (model / "config.json").unlink()
    os.mkfifo(model / "config.json")


def folder(model: Path) -> None:
    (model / "config.json").unlink()
    (model / "config.json").mkdir()


def pipe_for_model(model: Path) -> None:
    model.rename(model.parent / "real")
    os.mkfifo(model)


def file_for_model(model: Path) -> None:
    model.rename(model.parent / "real")
    model.touch()


def hole(model: Path) -> None:
    os.truncate(model / "weights-1.npy", 1 << 40)


def one_more(model: Path) -> None:
    (model / "notes.txt").touch()


def one_less(model: Path) -> None:
    (model / "weights-1.npy").unlink()


def gone(model: Path) -> None:
    model.rename(model.parent / "real")


def no_rights(model: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is closed to root")
    model.chmod(0)


@pytest.mark.parametrize(
    "spoil",
    [
        linked_top_step,
        linked_model,
        linked_file,
        second_name,
        pipe,
        pipe_for_configuration,
        folder,
        pipe_for_model,
        file_for_model,
        hole,
        one_more,
        one_less,
        gone,
        no_rights,
    ],
)
def test_anything_else_is_refused_and_leaves_nothing_open(
    spoil: Callable[[Path], None], top: Path, tmp_path: Path
) -> None:
    spoil(top.joinpath(*STEPS))
    before = open_descriptors()
    assert not copy_model(top, STEPS, tmp_path / "taken")
    assert open_descriptors() == before
    assert not (tmp_path / "taken").exists()


@pytest.mark.parametrize("name", ["model\0", "x" * 300, "\ud800", ""])
def test_a_name_that_no_file_can_have_is_refused(name: str, top: Path, tmp_path: Path) -> None:
    before = open_descriptors()
    assert not copy_model(top, ("export", name), tmp_path / "taken")
    assert open_descriptors() == before


def test_no_more_is_taken_than_a_model_may_weigh(top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fairmark.sandbox.exported, "EXPORT_BYTES", 7000)
    assert not copy_model(top, STEPS, tmp_path / "taken")
    monkeypatch.setattr(fairmark.sandbox.exported, "EXPORT_BYTES", 15_002)
    assert copy_model(top, STEPS, tmp_path / "again")


# --- while it is changed ----------------------------------------------------------------------------------------------


def test_what_is_swapped_meanwhile_is_taken_from_nowhere_else(top: Path, tmp_path: Path) -> None:
    """A folder outside, and a pipe, take the model's place again and again: what comes out is the model's, or none."""
    outside, model = tmp_path / "outside", top.joinpath(*STEPS)
    outside.mkdir()
    for name in ("config.json", *(f"weights-{number}.npy" for number in range(3))):
        (outside / name).write_text("SECRET")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            model.rename(model.parent / "real")
            model.symlink_to(outside)
            model.unlink()
            (model.parent / "real").rename(model)
            weights, kept = model / "weights-1.npy", model / "kept"
            weights.rename(kept)
            weights.symlink_to(outside / "weights-1.npy")
            weights.unlink()
            os.mkfifo(weights)
            weights.unlink()
            kept.rename(weights)

    before = open_descriptors()
    thread = threading.Thread(target=swap)
    thread.start()
    try:
        taken = [copy_model(top, STEPS, tmp_path / f"taken-{number}") for number in range(300)]
    finally:
        done.set()
        thread.join()
    found = {path.read_bytes()[:6] for path in tmp_path.glob("taken-*/*")}
    assert b"SECRET" not in found
    assert len(taken) == 300
    assert open_descriptors() == before
    assert copy_model(top, STEPS, tmp_path / "taken")


def test_a_file_that_grows_meanwhile_is_taken_up_to_the_limit(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fairmark.sandbox.exported, "EXPORT_BYTES", 1 << 20)
    done = threading.Event()

    def grow() -> None:
        with top.joinpath(*STEPS, "weights-2.npy").open("ab", buffering=0) as file:
            while not done.is_set() and file.tell() < 64 << 20:
                file.write(b"x" * 65_536)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        taken = copy_model(top, STEPS, tmp_path / "taken")
    finally:
        done.set()
        thread.join()
    assert taken == (tmp_path / "taken").exists()
    assert sum(path.stat().st_size for path in (tmp_path / "taken").glob("*")) <= 1 << 20
