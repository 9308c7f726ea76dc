"""Which launcher a machine has, and whether it may be given notebooks of strangers."""

from __future__ import annotations

from pathlib import Path

import pytest
from light import run_cells
from scripted import Scripted
from tiny import PRETEND

import fairmark.sandbox.select_backend
from fairmark.errors import NotConfined
from fairmark.sandbox import Launcher, PlainProcess, best_launcher, grading_launcher, not_confined
from fairmark.sandbox.walls.layers import Confined, probe_layers


def machine_with(monkeypatch: pytest.MonkeyPatch, *confines: Confined) -> Scripted:
    """What stands in for the best launcher of a machine that can confine no more than this."""
    launcher = Scripted(PRETEND, confines=frozenset(confines))
    monkeypatch.setattr(fairmark.sandbox.select_backend, "best_launcher", lambda: launcher)
    return launcher


@pytest.mark.parametrize(
    ("confines", "missing"),
    [
        ((), ("files", "network", "memory", "time")),
        (("memory", "time"), ("files", "network")),
        (("files", "memory", "time"), ("network",)),
        (("files", "network", "memory", "time"), ()),
    ],
)
def test_what_is_not_confined_is_named_in_one_order(confines: tuple[Confined, ...], missing: tuple[str, ...]) -> None:
    assert not_confined(Scripted("", confines=frozenset(confines))) == missing


def test_there_is_one_best_launcher_for_this_whole_process() -> None:
    assert best_launcher() is best_launcher()


def test_a_machine_with_every_layer_confines_everything_and_needs_no_trust() -> None:
    if not all(probed.on for probed in probe_layers()):
        pytest.skip("not every layer is on here")
    assert not_confined(best_launcher()) == ()
    assert grading_launcher() is best_launcher()
    assert grading_launcher(trust=True) is best_launcher()


def test_strangers_are_refused_where_something_is_not_confined(monkeypatch: pytest.MonkeyPatch) -> None:
    machine_with(monkeypatch, "network", "memory", "time")
    with pytest.raises(NotConfined) as caught:
        grading_launcher()
    assert caught.value.missing == ("files",)
    assert caught.value.exit_code == 3
    assert caught.value.message.startswith("This machine cannot confine files of the notebooks it runs")
    assert "--trust" in (caught.value.remedy or "")


def test_the_refusal_says_which_layers_are_off_and_why() -> None:
    refused = NotConfined(["files", "network"], ["landlock: not in this kernel", "mounts: Operation not permitted"])
    assert refused.message == (
        "This machine cannot confine files and network of the notebooks it runs "
        "(landlock: not in this kernel; mounts: Operation not permitted)."
    )


def test_on_trust_they_run_and_every_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    beneath = machine_with(monkeypatch, "memory", "time")
    launcher: Launcher = grading_launcher(trust=True)
    assert launcher.confines == beneath.confines
    run = run_cells(launcher, "answer = 1")
    assert run.outcome == "completed"
    assert run.isolation == (*beneath.isolation, "files not confined", "network not confined", "trusted (--trust)")


def test_elsewhere_than_on_linux_it_is_a_plain_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sys.platform", "darwin")
        assert isinstance(best_launcher.__wrapped__(), PlainProcess)  # and the one of this process stays


def test_a_trusted_launcher_is_told_where_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    beneath = machine_with(monkeypatch, "memory", "time")
    run_cells(grading_launcher(trust=True), "1", pictures=tmp_path, files=321)
    assert beneath.limits[0].files == 321
    assert beneath.jobs[0].pictures_folder == str(tmp_path)
