"""A grader that is killed leaves nothing running, and nothing that the next one does not remove."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from fairmark.sandbox.cgroup import memory_groups

GRADER = """
import sys
from pathlib import Path
from fairmark.evidence import Cell
from fairmark.keras.program import KERAS
from fairmark.sandbox import ConfinedProcess, Workplace, notebook_job, run_notebook

source = '''
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
open("left", "w").write("x" * 1000)
time.sleep(600)
'''
cell = Cell(position=1, number=1, role="added", touched=True, source=source)
launcher = ConfinedProcess(without=sys.argv[2:])
print("begun", flush=True)
while True:
    with Workplace() as workplace:
        run_notebook(notebook_job([cell], Path(sys.argv[1]), program=KERAS), workplace, launcher=launcher)
"""

NEXT = """
from fairmark.sandbox.cgroup import memory_groups
from fairmark.sandbox.temporary_directories import shelf
shelf()
memory_groups()
"""


def started(folder: Path, *without: str) -> subprocess.Popen[bytes]:
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER, "/usr/share", *without],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert grader.stdout is not None
    assert grader.stdout.readline() == b"begun\n"
    return grader


def family(grader: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(grader.pid).children(recursive=True)


@pytest.mark.parametrize(
    ("moment", "without"),
    [
        pytest.param(
            "while TensorFlow is imported",
            ("processes",),
            id="while importing, no PID namespace",
            marks=pytest.mark.thorough,
        ),
        pytest.param("in the middle of a run", (), id="in a run, all layers"),
        pytest.param("while TensorFlow is imported", (), id="while importing, all layers", marks=pytest.mark.thorough),
        pytest.param(
            "in the middle of a run", ("processes",), id="in a run, no PID namespace", marks=pytest.mark.thorough
        ),
    ],
)
def test_a_killed_grader_leaves_no_process_and_no_file(moment: str, without: tuple[str, ...], tmp_path: Path) -> None:
    grader = started(tmp_path, *without)
    if moment == "in the middle of a run":
        while len(family(grader)) < 6:  # worker, warden, init, the run and its two children
            assert grader.poll() is None
            time.sleep(0.05)
    time.sleep(random.Random(moment).random() / 2)
    alive = family(grader)
    grader.send_signal(signal.SIGKILL)
    grader.communicate()
    _, left = psutil.wait_procs(alive, timeout=30)
    assert left == []
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", NEXT], check=True, env=environment)
    kept = {f"fairmark-fonts-{os.getuid()}"}  # which is for every grader of this user
    assert {path.name for path in tmp_path.iterdir()} <= kept
    groups = memory_groups()
    assert groups is None or not list(groups.glob(f"fairmark-{grader.pid}-*"))
