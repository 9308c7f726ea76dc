"""Landlock alone: an allow-list of files, no TCP, no signals and no abstract sockets of others."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from apart import answers

from fairmark.sandbox.walls.landlock import landlock_abi

ABI = landlock_abi() if sys.platform == "linux" else 0
pytestmark = pytest.mark.skipif(ABI == 0, reason="no Landlock here")

BEHIND = """
from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.landlock import restrict
os.chdir("{root}")
kernel.forbid_new_privileges()
system = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", sys.prefix, sys.base_prefix]
restrict(readable=["{root}/read", "{root}/single.txt", *system], listable=["{root}/list"],
         writable=["{root}/write", "/dev/null", "{root}/not-there"], abi={abi})
"""

FILES = {
    "read what is readable": ("open('read/a/file').read()", "done"),
    "list what is readable": ("os.listdir('read/a')", "done"),
    "read a single file": ("open('single.txt').read()", "done"),
    "run what is readable": ("subprocess.run(['true'], check=True)", "done"),
    "write what is readable": ("open('read/a/file', 'w')", "EACCES"),
    "make in what is readable": ("os.mkdir('read/new')", "EACCES"),
    "remove what is readable": ("os.remove('read/a/file')", "EACCES"),
    "list what is listable": ("os.listdir('list')", "done"),
    "read what is listable": ("open('list/file').read()", "EACCES"),
    "write, read and remove what is writable": (
        "open('write/new', 'w').write('1'); open('write/new').read(); os.remove('write/new')",
        "done",
    ),
    "make folders, links and pipes": (
        "os.mkdir('write/b'); os.symlink('b', 'write/link'); os.mkfifo('write/pipe')",
        "done",
    ),
    "write to a device": ("open('/dev/null', 'w').write('1')", "done"),
    "make a device": ("os.mknod('write/memory', 0o20600, os.makedev(1, 1))", "EACCES"),
    "read anything else": ("open('other/file').read()", "EACCES"),
    "list anything else": ("os.listdir('other')", "EACCES"),
    "list what is above": ("os.listdir('.')", "EACCES"),
    "write anything else": ("open('other/new', 'w')", "EACCES"),
    "read users": ("open('/etc/passwd').read()", "EACCES"),
    "read by a link": ("os.symlink('{root}/other/file', 'write/way'); open('write/way').read()", "EACCES"),
    "read by a second name": ("os.link('other/file', 'write/name')", "EXDEV"),
    "move out": ("open('write/mine', 'w'); os.rename('write/mine', 'other/mine')", "EXDEV" if ABI < 2 else "EACCES"),
    "read in a child": ("subprocess.run(['cat', '{root}/other/file'], check=True, capture_output=True)", "cat"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("read/a/file", "list/file", "write/file", "other/file", "single.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text")
    return tmp_path


def asked(root: Path, questions: dict[str, str], abi: int = ABI) -> dict[str, str]:
    replaced = {name: source.replace("{root}", str(root)) for name, source in questions.items()}
    return answers(BEHIND.format(root=root, abi=abi), replaced)


def test_files_are_what_the_list_says(root: Path) -> None:
    told = asked(root, {name: source for name, (source, _) in FILES.items()})
    assert told.pop("read in a child").startswith("CalledProcessError")
    assert told == {name: expected for name, (_, expected) in FILES.items() if name in told}


@pytest.mark.skipif(ABI < 3, reason="truncating is handled from ABI 3 on")
def test_nothing_is_cut_short(root: Path) -> None:
    assert asked(root, {"cut": "os.truncate('read/a/file', 0)"}) == {"cut": "EACCES"}
    assert (root / "read/a/file").read_text() == "text"


def test_it_cannot_be_taken_back_and_a_second_one_only_adds(root: Path) -> None:
    again = "restrict(readable=['/'], listable=[], writable=['/'], abi=1)"
    told = asked(
        root, {"again": again, "still": "open('other/file').read()", "as before": "open('read/a/file').read()"}
    )
    assert told == {"again": "done", "still": "EACCES", "as before": "done"}


def test_new_privileges_must_have_been_forbidden() -> None:
    if "NoNewPrivs:\t1" in Path("/proc/self/status").read_text():
        pytest.skip("they are forbidden to this test already")
    before = """
from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.landlock import restrict
kernel.drop_capabilities()  # with which it would do without
"""
    told = answers(before, {"restrict": f"restrict(readable=[], listable=[], writable=[], abi={ABI})"})
    assert told == {"restrict": "EPERM"}


# --- what is no file --------------------------------------------------------------------------------------------------

OUTSIDE = {
    "connect": "socket.create_connection(('127.0.0.1', {port}), 5)",
    "listen": "socket.socket().bind(('127.0.0.1', 0))",
    "signal": f"os.kill({os.getpid()}, 0)",
    "signal its own": "os.kill(os.getpid(), 0); subprocess.Popen(['sleep', '60']).kill()",
    "abstract": "socket.socket(socket.AF_UNIX).connect('\\0{name}')",
}


@pytest.fixture
def listening() -> Iterator[dict[str, str]]:
    """The questions, aimed at listeners of this test."""
    name = f"fairmark-test-{uuid.uuid4().hex}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{name}")
        abstract.listen()
        port = str(tcp.getsockname()[1])
        yield {what: how.replace("{port}", port).replace("{name}", name) for what, how in OUTSIDE.items()}


@pytest.mark.skipif(ABI < 6, reason="signals and abstract sockets are handled from ABI 6 on")
def test_there_is_no_tcp_no_signal_and_no_abstract_socket_to_the_outside(root: Path, listening: dict[str, str]) -> None:
    assert asked(root, listening) == {
        "connect": "EACCES",
        "listen": "EACCES",
        "signal": "EPERM",
        "signal its own": "done",
        "abstract": "EPERM",
    }


@pytest.mark.parametrize("abi", range(1, ABI + 1))
def test_an_older_kernel_holds_what_it_knows_and_leaves_the_rest(
    abi: int, root: Path, listening: dict[str, str]
) -> None:
    told = asked(root, {**listening, "read": "open('other/file').read()"}, abi)
    tcp, scoped = ("EACCES" if abi >= 4 else "done"), ("EPERM" if abi >= 6 else "done")
    assert told == {
        "connect": tcp,
        "listen": tcp,
        "signal": scoped,
        "signal its own": "done",
        "abstract": scoped,
        "read": "EACCES",
    }
