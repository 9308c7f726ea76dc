"""Namespaces, and a tree of files of a run's own: what is named is there, read-only, and nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from apart import apart

from fairmark.sandbox.walls.layers import probe_layers

ON = {probed.layer for probed in probe_layers() if probed.on}
pytestmark = pytest.mark.skipif("mounts" not in ON, reason="no tree of files of our own can be had here")

RIGHTS = [False, True] if os.geteuid() == 0 else [False]
"""As any user does it, and as root does."""

ENTER = """
from pathlib import Path
from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.namespaces import leave_namespaces
from fairmark.sandbox.walls.reach import ENGINE, Reach
from fairmark.sandbox.walls.root import enter_private_root
root = Path(asked["root"])
leave_namespaces(kernel.CLONE_NEWNS, as_root=asked["as_root"])
installed = [Path(name) for name in ("/usr", "/bin", "/lib", "/lib64") if Path(name).exists()]
shown, hidden = (*installed, root / "shown"), (root / "shown/hidden",)
reach = Reach(shown, hidden, (root / "given",), root / "run", (Path("/dev/null"),))
owner = os.geteuid(), os.getegid()
enter_private_root(reach, owner=owner, written_bytes=4 << 20, files=100, own_processes=False)
print(json.dumps({name: answer(what) for name, what in asked["questions"].items()} | {"listed": {
    place: sorted(os.listdir(place)) for place in asked["listed"]}}))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("shown/file", "shown/hidden/secret", "given/picture", "other/file", "run/left-before"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text")
    return tmp_path


def entered(tree: Path, questions: dict[str, str], *listed: str, as_root: bool = False) -> Any:  # noqa: ANN401
    where = {name: what.replace("{root}", str(tree)) for name, what in questions.items()}
    folders = [place.replace("{root}", str(tree)) for place in listed]
    return apart(ENTER, {"root": str(tree), "as_root": as_root, "questions": where, "listed": folders})


QUESTIONS = {
    "read what is shown": ("open('{root}/shown/file').read()", "done"),
    "read what is given": ("open('{root}/given/picture').read()", "done"),
    "write what is shown": ("open('{root}/shown/file', 'w')", "EROFS"),
    "write what is given": ("open('{root}/given/new', 'w')", "EROFS"),
    "write a program": ("open('/usr/bin/planted', 'w')", "EROFS"),
    "read what is hidden": ("open('{root}/shown/hidden/secret').read()", "ENOENT"),
    "read anything else": ("open('{root}/other/file').read()", "ENOENT"),
    "read what lay in its folder": ("open('{root}/run/left-before').read()", "ENOENT"),
    "read the real users": ("assert 'root:' in open('/etc/passwd').read()", "AssertionError: "),
    "go above the root": ("os.chdir('/'); os.chdir('../../..'); open('tmp/../..{root}/other/file').read()", "ENOENT"),
    "write into its folder": ("open('{root}/run/new', 'w').write('1')", "done"),
    "write into /tmp": ("open('/tmp/new', 'w').write('1')", "done"),
    "write into shared memory": ("open('/dev/shm/new', 'w').write('1')", "done"),
    "throw away": ("open('/dev/null', 'w').write('1')", "done"),
    "write more than there is room": (
        "open('{root}/run/large', 'wb', 0).write(bytes(9 << 20)) == 9 << 20 or 1 / 0",
        None,
    ),
}


@pytest.mark.parametrize("as_root", RIGHTS)
def test_what_is_named_is_there_and_nothing_else(as_root: bool, tree: Path) -> None:
    told = entered(tree, {name: what for name, (what, _) in QUESTIONS.items()}, "/", as_root=as_root)
    room = told.pop("write more than there is room")
    assert room == "ENOSPC" or room.startswith("ZeroDivisionError")  # not all of it was written
    of_its_own = {"content", "dev", "kaggle", "tmp"}  # empty, and gone with it
    assert set(told.pop("listed")["/"]) <= {"bin", "etc", "lib", "lib64", "proc", "usr", tree.parts[1], *of_its_own}
    assert told == {name: expected for name, (_, expected) in QUESTIONS.items() if expected is not None}
    assert sorted(path.name for path in (tree / "run").iterdir()) == ["left-before"]  # nothing of it is outside
    assert (tree / "shown/file").read_text() == "text"


def test_only_what_lies_on_the_way_is_to_be_seen(tree: Path) -> None:
    listed = entered(tree, {}, "{root}", "{root}/shown", "{root}/shown/hidden", "/dev")["listed"]
    assert listed[str(tree)] == ["given", "run", "shown"]
    assert listed[f"{tree}/shown"] == ["file", "hidden"]
    assert listed[f"{tree}/shown/hidden"] == []
    assert listed["/dev"] == ["null", "shm"]


def test_nothing_of_it_is_mounted_here(tree: Path) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    entered(tree, {})
    assert Path("/proc/self/mountinfo").read_text() == before


# --- namespaces -------------------------------------------------------------------------------------------------------

LEAVE = """
from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.namespaces import leave_namespaces
leave_namespaces(kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS, as_root=asked)
print(json.dumps({"who": [os.getuid(), os.getgid()], "network": socket.if_nameindex(),
                  "loopback": answer("socket.create_connection(('127.0.0.1', 9), 5)")}))
"""


@pytest.mark.skipif("network" not in ON, reason="no network namespace here")
@pytest.mark.parametrize("as_root", RIGHTS)
def test_behind_it_there_is_no_network_and_one_is_who_one_was(as_root: bool) -> None:
    assert apart(LEAVE, as_root) == {
        "who": [os.getuid(), os.getgid()],
        "network": [[1, "lo"]],
        "loopback": "ENETUNREACH",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's own")
def test_leaving_none_changes_nothing() -> None:
    program = """
from fairmark.sandbox.walls.namespaces import leave_namespaces
before = os.readlink("/proc/self/ns/user")
leave_namespaces(0, as_root=False)
print(json.dumps(os.readlink("/proc/self/ns/user") == before))
"""
    assert apart(program) is True
