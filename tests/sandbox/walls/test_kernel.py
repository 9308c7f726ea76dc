"""System calls that Python does not offer: done, and every failure says which."""

from __future__ import annotations

import sys

import pytest
from apart import apart

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's own")

IMPORTS = "from fairmark.sandbox.walls import kernel\nfrom pathlib import Path\n"


def told(program: str) -> object:
    return apart(IMPORTS + program)


def test_every_descriptor_is_closed_but_those_to_be_kept() -> None:
    assert told("""
low, middle, high = os.open("/dev/null", 0), os.dup2(0, 50), os.dup2(0, 900)
kernel.close_all_but({middle, 1, 2})
held = []
for number in range(1000):
    try:
        os.fstat(number)
    except OSError:
        continue
    held.append(number)
print(json.dumps(held))
""") == [0, 1, 2, 50]


def test_no_descriptor_at_all_may_be_kept() -> None:
    assert (
        told("os.dup2(0, 7); kernel.close_all_but(set()); print(json.dumps(os.path.exists('/proc/self/fd/7')))")
        is False
    )


def test_a_failure_names_the_call_and_its_reason() -> None:
    assert told(
        'print(json.dumps([answer(\'kernel.unshare(1)\'), answer(\'kernel.mount("none", "/no", "none")\')]))'
    ) in (
        ["EINVAL", "ENOENT"],
        ["EINVAL", "EPERM"],
        ["EINVAL", "ENODEV"],
    )
    assert (
        told("""
try:
    kernel.prctl(9999)
except OSError as problem:
    print(json.dumps(str(problem)))
""")
        == "[Errno 22] prctl(9999): Invalid argument"
    )


STATUS = """
def status():
    lines = Path("/proc/self/status").read_text().splitlines()
    return {line.split(":")[0]: line.split(":")[1].strip() for line in lines if line.startswith(("Cap", "NoNew"))}
"""


def test_capabilities_are_dropped_but_for_those_to_be_kept() -> None:
    program = "kernel.drop_capabilities(); kernel.forbid_new_privileges(); print(json.dumps(status()))"
    found = told(STATUS + program)
    assert isinstance(found, dict)
    assert {found[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
    assert found["NoNewPrivs"] == "1"


def test_a_process_dies_with_the_one_that_forked_it() -> None:
    assert (
        told("""
import select, signal
told, tell = os.pipe()
parent = os.fork()
if parent == 0:
    child = os.fork()
    if child == 0:
        kernel.die_with_parent()
        os.write(tell, b"%d" % os.getpid())
        signal.pause()
    signal.pause()
child = os.pidfd_open(int(os.read(told, 20)))
os.kill(parent, 9)
print(json.dumps(bool(select.select([child], [], [], 20)[0])))
""")
        is True
    )


def test_orphans_come_to_whoever_reaps_them() -> None:
    assert (
        told("""
kernel.reap_orphans()
told, tell = os.pipe()
child = os.fork()
if child == 0:
    if os.fork() == 0:
        os.write(tell, b"%d" % os.getpid())
        os._exit(7)
    os._exit(0)
orphan = int(os.read(told, 20))
ended = dict(os.waitpid(-1, 0) for _ in range(2))
print(json.dumps(os.waitstatus_to_exitcode(ended[orphan])))
""")
        == 7
    )


def test_memory_that_is_not_shown_cannot_be_opened_by_others_of_the_same_user() -> None:
    assert (
        told("""
kernel.drop_capabilities()  # with which it could
told, tell = os.pipe()
child = os.fork()
if child == 0:
    kernel.show_own_memory(False)
    os.write(tell, b".")
    import signal
    signal.pause()
os.read(told, 1)
print(json.dumps(answer(f"open('/proc/{child}/mem', 'rb')")))
os.kill(child, 9)
""")
        == "EACCES"
    )
