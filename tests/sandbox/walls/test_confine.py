"""The whole wall and parts of it around one run: what each layer holds alone, and what the run finds of itself."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from light import light_worker, printed_by, run_cells
from questions import MAY, MUST_NOT, Places, ask, effective, places

from fairmark.keras.program import KERAS
from fairmark.sandbox import ConfinedProcess, best_launcher
from fairmark.sandbox.limits import GIB, MIB
from fairmark.sandbox.walls.layers import LAYERS, Layer, probe_layers
from fairmark.sandbox.worker import Worker

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not all(one.on for one in probe_layers()), reason="not every layer is on here"
)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """Without TensorFlow."""
    made = Worker(KERAS, wrapped_in=light_worker())
    yield made
    made.close()


# --- layer by layer ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    with places(tmp_path_factory.mktemp("places")) as made:
        yield made


ALONE = [frozenset({layer}) for layer in LAYERS]
WITHOUT_ONE = [frozenset(LAYERS) - {layer} for layer in LAYERS]


@pytest.mark.parametrize(
    "layers",
    [frozenset(), *ALONE, *WITHOUT_ONE],
    ids=["none", *(f"only {layer}" for layer in LAYERS), *(f"without {layer}" for layer in LAYERS)],
)
def test_a_wall_lets_through_what_none_of_its_layers_holds_and_nothing_else(
    layers: frozenset[Layer], at: Places
) -> None:
    shared = best_launcher()
    assert isinstance(shared, ConfinedProcess)
    answers = ask(ConfinedProcess(without=LAYERS.keys() - layers, workers=[shared.worker_for(KERAS)]), at)
    assert answers.let_through == {name for name, one in MUST_NOT.items() if not one.held_by & effective(layers)}
    assert {name: error for name in MAY if (error := answers.error(name))} == {}
    assert answers.daemons == set()
    assert not answers.folder.exists()


# --- what a run finds of itself ---------------------------------------------------------------------------------------


def found_by(worker: Worker, expression: str, **options: Any) -> Any:  # noqa: ANN401 - any JSON
    source = f"import json, os, resource, subprocess\nfrom pathlib import Path\nprint(json.dumps({expression}))"
    return json.loads(printed_by(ConfinedProcess(workers=[worker], **options), source))


STATUS = "dict(line.split(':\\t', 1) for line in Path('/proc/self/status').read_text().splitlines() if ':\\t' in line)"


@pytest.mark.parametrize("may_be_root", [True, False])
def test_it_has_no_privileges_and_can_gain_none(may_be_root: bool, worker: Worker) -> None:
    status = found_by(worker, STATUS, may_be_root=may_be_root)
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[name], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert may_be_root is False or os.geteuid() != 0 or int(status["CapBnd"], 16) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give user ids")
def test_of_root_it_gets_a_user_id_that_belongs_to_nobody_and_no_groups(worker: Worker) -> None:
    status = found_by(worker, STATUS)
    ids = {*status["Uid"].split(), *status["Gid"].split()}
    assert len(ids) == 1
    assert 61184 <= int(ids.pop()) <= 65519  # as systemd gives them to services
    assert status["Groups"].strip() == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give user ids")
def test_two_runs_at_once_have_two_user_ids(worker: Worker) -> None:
    assert found_by(worker, "os.getuid()") != found_by(worker, "os.getuid()")


def test_without_rights_it_is_who_we_are(worker: Worker) -> None:
    assert found_by(worker, "[os.getuid(), os.getgid()]", may_be_root=False) == [os.geteuid(), os.getegid()]


@pytest.mark.parametrize("may_be_root", [True, False])
def test_it_sees_no_process_but_its_own(may_be_root: bool, worker: Worker) -> None:
    seen = found_by(
        worker, "sorted(int(name) for name in os.listdir('/proc') if name.isdigit())", may_be_root=may_be_root
    )
    assert seen == [1, 2]  # init, and itself


def test_it_cannot_look_into_init_which_is_a_fork_of_the_worker(worker: Worker) -> None:
    run = run_cells(ConfinedProcess(workers=[worker]), "open('/proc/1/mem', 'rb')", "open('/proc/1/environ').read()")
    errors = [stamped.event.error for stamped in run.events if stamped.event.kind == "cell_finished"]
    assert [error and error.type for error in errors] == ["PermissionError", "PermissionError"]


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])
def test_its_temporary_folders_are_its_own_and_new_for_every_run(place: str, worker: Worker) -> None:
    assert found_by(worker, f"Path('{place}/mine').write_text('1')") == 1
    assert found_by(worker, f"Path('{place}/mine').exists()") is False
    assert not Path(place, "mine").exists()


def test_its_users_are_one_that_names_nobody(worker: Worker) -> None:
    assert found_by(worker, "[__import__('pwd').getpwuid(os.getuid()).pw_name, len(__import__('pwd').getpwall())]") == [
        "student",
        1,
    ]


def test_the_limits_of_the_kernel_are_set_once_and_for_all(worker: Worker) -> None:
    names = ("NOFILE", "CORE", "FSIZE", "DATA", "CPU", "NICE", "RTPRIO")
    source = f"""
import json, resource
print(json.dumps({{name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in {names}}}))
"""
    run = run_cells(
        ConfinedProcess(workers=[worker]), source, written_bytes=64 * MIB, memory_bytes=GIB, cpu_seconds=100
    )
    expected = {"NOFILE": 1024, "CORE": 0, "FSIZE": 64 * MIB, "DATA": 2 * GIB, "CPU": 101, "NICE": 0, "RTPRIO": 0}
    assert json.loads(run.printed[1]) == {name: [limit, limit] for name, limit in expected.items()}


def test_its_limits_are_not_ours(worker: Worker) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    found_by(worker, "1")
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
