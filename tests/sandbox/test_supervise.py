"""The supervisor: what it takes from a process, what it believes, and how each process ends."""

from __future__ import annotations

import os
import select
from pathlib import Path

import pytest
from scripted import watch

from fairmark.evidence import CellStarted, RunFinished, Stamped
from fairmark.sandbox import Observed

MEGABYTE = 1_000_000


def kinds(seen: Observed) -> list[str]:
    return [stamped.event.kind for stamped in seen.events]


def is_dead(pid: int) -> bool:
    """Whether the process ends; the kernel tells, a zombie counts as ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)


# --- what comes out ---------------------------------------------------------------------------------------------------


def test_events_are_kept_in_order_and_stamped_by_our_clock() -> None:
    seen = watch("send('cell_started', cell=1); send('cell_started', cell=2); send('run_finished')")
    assert [stamped.event for stamped in seen.events] == [CellStarted(cell=1), CellStarted(cell=2), RunFinished()]
    stamps = [stamped.at_seconds for stamped in seen.events]
    assert stamps == sorted(stamps)
    assert 0 < stamps[0] <= stamps[-1] <= seen.wall_seconds
    assert (seen.outcome, seen.reason) == ("completed", None)


def test_every_event_is_told_as_it_comes() -> None:
    told: list[Stamped] = []
    seen = watch("send('cell_started', cell=1); send('run_finished')", on_event=told.append)
    assert told == seen.events


def test_whoever_is_told_can_end_the_process_in_good_order() -> None:
    seen = watch("send('cell_started', cell=1); time.sleep(60)", on_event=lambda stamped: True)
    assert (seen.outcome, seen.reason, kinds(seen)) == ("completed", None, ["cell_started"])


def test_an_answer_that_is_only_like_true_ends_nothing() -> None:
    seen = watch("send('cell_started', cell=1); send('run_finished')", on_event=lambda stamped: 1)
    assert kinds(seen) == ["cell_started", "run_finished"]


def test_nothing_is_taken_after_the_last_event() -> None:
    last, more = """'{"kind": "run_finished"}'""", """'{"kind": "cell_started", "cell": 9}'"""
    seen = watch(f"write(sealed({last}) + chr(10) + sealed({more}) + chr(10)); time.sleep(60)")
    assert (seen.outcome, kinds(seen)) == ("completed", ["run_finished"])


def test_an_event_may_come_in_pieces() -> None:
    program = """
line = sealed('{"kind": "cell_started", "cell": 4}') + chr(10)
write(line[:4]); write(line[4:40]); write(line[40:])
send("run_finished")
"""
    seen = watch(program)
    assert kinds(seen) == ["cell_started", "run_finished"]


def test_text_belongs_to_the_cell_that_printed_it() -> None:
    seen = watch("say('early'); send('cell_started', cell=3); send('run_finished')")
    assert seen.printed == {0: "early"}


def test_a_sign_of_several_bytes_stays_whole_however_it_is_read() -> None:
    text = "━" * 30_000  # 90,000 bytes, and a read takes 65,536
    assert watch("say('━' * 30_000); send('run_finished')").printed[0] == text


def test_printed_text_that_is_not_utf_8_is_shown_as_such() -> None:
    seen = watch("os.write(1, b'caf\\xe9!'); send('run_finished')")
    assert seen.printed[0] == "caf\ufffd!"


def test_of_what_one_cell_prints_64_kib_are_kept() -> None:
    seen = watch("say('a' * 200_000); send('run_finished')")
    assert seen.printed[0] == "a" * 65_536


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_run_that_takes_too_long_is_ended() -> None:
    seen = watch("send('cell_started', cell=1); time.sleep(60)", run_seconds=0.3)
    assert (seen.outcome, seen.reason) == ("timeout", "the notebook ran longer than 0 seconds")
    assert kinds(seen) == ["cell_started"]


def test_a_process_that_says_nothing_is_ended_too() -> None:
    assert watch("os.close(channel); os.close(1); os.close(2); time.sleep(60)", run_seconds=0.3).outcome == "timeout"


def test_a_process_that_never_stops_printing_is_ended_too() -> None:
    assert watch("while True: say('a')", run_seconds=0.3).outcome == "timeout"


def test_a_cell_that_takes_too_long_is_named() -> None:
    seen = watch("send('cell_started', cell=1); time.sleep(60)", cell_seconds=0.3)
    assert (seen.outcome, seen.reason) == ("timeout", "one cell ran longer than 0 seconds")


def test_only_the_time_of_the_cell_itself_counts_against_its_limit() -> None:
    program = """
for cell in range(1, 7):
    send("cell_started", cell=cell); time.sleep(0.2); send("cell_finished", cell=cell, seconds=0)
send("run_finished")
"""
    assert watch(program, cell_seconds=1.0).outcome == "completed"


def test_too_much_memory_is_told_in_gib() -> None:
    seen = watch("full = bytearray(300_000_000); time.sleep(60)", memory_bytes=150 * MEGABYTE)
    assert (seen.outcome, seen.reason) == ("out_of_memory", "more than 0.1 GiB of memory")
    assert seen.peak_memory_bytes > 150 * MEGABYTE


def test_memory_of_children_counts_as_well() -> None:
    program = """
children = [subprocess.Popen([sys.executable, "-I", "-S", "-c", "full = bytearray(100_000_000); input()"],
                             stdin=subprocess.PIPE) for _ in range(3)]
time.sleep(60)
"""
    assert watch(program, memory_bytes=150 * MEGABYTE).outcome == "out_of_memory"


def test_the_most_memory_is_kept_where_it_was_given_back() -> None:
    seen = watch("full = bytearray(100_000_000); del full; os._exit(0)")
    assert seen.peak_memory_bytes > 100 * MEGABYTE


def test_too_much_text_ends_the_run() -> None:
    seen = watch("while True: say('a' * 10_000)", output_bytes=2 * 1024 * 1024)
    assert (seen.outcome, seen.reason) == ("output_limit", "the notebook printed more than 2 MiB")


def test_too_many_events_end_the_run() -> None:
    seen = watch("while True: send('cell_started', cell=1)", channel_bytes=1024 * 1024)
    assert (seen.outcome, seen.reason) == ("output_limit", "more than 1 MiB on the evidence channel")


def test_too_much_processor_time_ends_the_run_though_little_has_passed() -> None:
    seen = watch("while True: pass", cpu_seconds=0.5)
    assert (seen.outcome, seen.reason) == ("timeout", "the notebook used more than 0 seconds of processor time")


def test_processor_time_of_children_that_have_ended_counts_as_well() -> None:
    program = """
while True:
    subprocess.run([sys.executable, "-I", "-S", "-c", "import time; [None for _ in range(300_000)]"])
"""
    assert watch(program, cpu_seconds=1.0).outcome == "timeout"


def test_too_many_processes_end_the_run() -> None:
    program = """
for _ in range(20):
    if os.fork() == 0:
        time.sleep(60)
time.sleep(60)
"""
    seen = watch(program, processes=8)
    assert (seen.outcome, seen.reason) == ("crashed", "the notebook had more than 8 processes at once")


def test_as_many_processes_as_are_allowed_end_nothing() -> None:
    program = """
for _ in range(7):
    if os.fork() == 0:
        time.sleep(60)
time.sleep(1); send("run_finished")
"""
    assert watch(program, processes=8).outcome == "completed"


def test_too_much_written_ends_the_run() -> None:
    program = 'file = open("large", "wb"); file.write(bytes(30 * 1024 * 1024)); file.flush(); time.sleep(60)'
    seen = watch(program, written_bytes=20 * 1024 * 1024)
    assert (seen.outcome, seen.reason) == ("output_limit", "the notebook wrote more than 20 MiB into files")


def test_a_file_of_nothing_but_a_hole_takes_no_room() -> None:
    program = 'os.truncate(os.open("hole", os.O_CREAT | os.O_RDWR), 1 << 34); time.sleep(1); send("run_finished")'
    assert watch(program, written_bytes=20 * 1024 * 1024).outcome == "completed"


def test_too_many_files_end_the_run() -> None:
    program = """
os.mkdir("many")
for number in range(200):
    os.symlink("nowhere", f"many/{number}")
time.sleep(60)
"""
    seen = watch(program, files=100)
    assert (seen.outcome, seen.reason) == ("output_limit", "the notebook made more than 100 files")


@pytest.mark.parametrize("line", ["send('cell_started', cell=1)", "write(chr(10))"], ids=["events", "empty lines"])
def test_too_many_lines_end_the_run(line: str) -> None:
    seen = watch(f"while True: {line}", channel_lines=500)
    assert (seen.outcome, seen.reason) == ("output_limit", "more than 500 lines on the evidence channel")


# --- what the recorder did not write ----------------------------------------------------------------------------------

STARTED = """'{"kind": "cell_started", "cell": 9}'"""


@pytest.mark.parametrize(
    "program",
    [
        f"write({STARTED} + chr(10))",
        f"write('0 0123456789abcdef ' + {STARTED} + chr(10))",
        f"place += 5; line = sealed({STARTED}); write('7' + line[1:] + chr(10)); place -= 6",
        "write('hello' + chr(10))",
        "write(chr(10))",
        "os.write(channel, bytes(range(256)).replace(b'\\n', b'') + b'\\n')",
        f"job['seal'], own = '00' * 16, job['seal']; write(sealed({STARTED}) + chr(10)); job['seal'] = own; place -= 1",
    ],
    ids=["no seal", "another digest", "another place", "no event", "nothing", "bytes", "another key"],
)
def test_a_line_without_a_seal_is_counted_and_changes_nothing(program: str) -> None:
    seen = watch(f"send('cell_started', cell=1)\n{program}\nsend('run_finished')")
    assert (seen.outcome, seen.unsealed) == ("completed", 1)
    assert [stamped.event for stamped in seen.events] == [CellStarted(cell=1), RunFinished()]


def test_an_event_sent_a_second_time_is_not_taken() -> None:
    seen = watch(f"write((sealed({STARTED}) + chr(10)) * 3); send('run_finished')")
    assert (kinds(seen), seen.unsealed) == (["cell_started", "run_finished"], 2)


def test_events_out_of_their_turn_are_not_taken() -> None:
    program = f"first, second = sealed({STARTED}), sealed({STARTED.replace('9', '2')})\n"
    seen = watch(program + "write(second + chr(10) + first + chr(10)); send('run_finished')")
    assert [stamped.event for stamped in seen.events] == [CellStarted(cell=2), RunFinished()]
    assert seen.unsealed == 1


def test_lines_without_a_seal_fill_the_channel_too() -> None:
    seen = watch("while True: write('a' * 10_000 + chr(10))", channel_bytes=1024 * 1024)
    assert (seen.outcome, seen.reason) == ("output_limit", "more than 1 MiB on the evidence channel")
    assert seen.events == []


# --- what is not an event ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "",
        "[]",
        "{}",
        '{"kind": "full_marks"}',
        '{"kind": "cell_started"}',
        '{"kind": "cell_started", "cell": "three"}',
        '{"kind": "cell_started", "cell": 3, "score": 20}',
        '{"kind": "cell_finished", "cell": 1, "seconds": 1, "error": {"type": "\\ud800", "message": ""}}',
        "[" * 5000,
        "\x00\x07\xff",
    ],
    ids=range(11),
)
def test_a_sealed_line_that_is_no_event_ends_the_run_as_a_crash(line: str) -> None:
    seen = watch(f"send('cell_started', cell=1); write(sealed({line!r}) + chr(10)); time.sleep(60)")
    assert (seen.outcome, seen.reason) == ("crashed", "the evidence channel carried something that is not an event")
    assert kinds(seen) == ["cell_started"]


@pytest.mark.parametrize("end", ["", "\\n"])
def test_a_line_that_is_too_long_ends_the_run_as_a_crash(end: str) -> None:
    seen = watch(f"write('a' * 2000 + '{end}'); time.sleep(60)", line_bytes=1000)
    assert seen.outcome == "crashed"
    assert seen.reason == "the evidence channel was filled with something that is not an event"


# --- how a process ends -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "how"),
    [
        ("sys.exit(3)", "exit status 3"),
        ("os._exit(0)", "exit status 0"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL"),
        ("os.close(channel); os.close(1); os.close(2); os._exit(5)", "exit status 5"),
    ],
)
def test_a_process_that_ends_before_its_last_event_has_crashed(program: str, how: str) -> None:
    seen = watch(f"send('cell_started', cell=1); {program}")
    assert (seen.outcome, seen.reason) == ("crashed", f"the notebook's process ended early: {how}")
    assert kinds(seen) == ["cell_started"]


def test_what_it_said_last_is_heard() -> None:
    seen = watch("say('no such module'); sys.exit(1)")
    assert seen.printed == {0: "no such module"}


@pytest.mark.parametrize("last", ["send('run_finished')", "sys.exit(0)"])
def test_children_are_killed_with_it(last: str) -> None:
    program = f"""
child = subprocess.Popen([sys.executable, "-I", "-S", "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"])
say(str(child.pid))
{last}
"""
    seen = watch(program)
    assert is_dead(int(seen.printed[0]))


DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        {holds}
        time.sleep(600)
    os._exit(0)
"""


def test_a_daemon_that_holds_the_pipes_open_does_not_keep_us() -> None:
    holds = "say(str(os.getpid())); send('cell_started', cell=1)"
    seen = watch(DAEMON.format(holds=holds) + "os.wait(); os._exit(0)")
    assert seen.reason == "the notebook's process ended early: exit status 0"
    assert is_dead(int(seen.printed[0]))


def test_a_daemon_is_killed_though_it_has_left_session_and_pipes() -> None:
    holds = "say(str(os.getpid())); os.close(channel); os.close(1); os.close(2); os.kill(parent, signal.SIGUSR1)"
    program = "parent = os.getpid(); signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])\n"
    program += DAEMON.format(holds=holds) + "signal.sigwait([signal.SIGUSR1]); send('run_finished')"
    seen = watch(program)
    assert seen.outcome == "completed"
    assert is_dead(int(seen.printed[0]))


def test_no_descriptor_of_ours_stays_open() -> None:
    before = set(Path("/proc/self/fd").iterdir())
    watch("send('run_finished')")
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_an_error_of_whoever_is_told_still_ends_the_process() -> None:
    pids: list[int] = []

    def tell(stamped: Stamped) -> None:
        assert isinstance(stamped.event, CellStarted)
        pids.append(stamped.event.cell)
        raise LookupError("ours")

    with pytest.raises(LookupError, match="ours"):
        watch("send('cell_started', cell=os.getpid()); time.sleep(60)", on_event=tell)
    assert is_dead(pids[0])


# --- while somebody looks at it ---------------------------------------------------------------------------------------

PAUSE = 'send("model_exported", model="m", moment="epoch", folder="m-1", digest="aa")\n'


def until_dead(stamped: Stamped) -> str:
    """Takes as long as the run lives, as looking at a model may."""
    pid = int(getattr(stamped.event, "folder", "0"))
    assert is_dead(pid)
    return "go"


def test_a_run_that_should_wait_is_held_to_its_limits_meanwhile() -> None:
    pause = PAUSE.replace('"m-1"', "str(os.getpid())")
    seen = watch(pause + "hoard = bytearray(400_000_000)\ntime.sleep(60)", on_event=until_dead, memory_bytes=10**8)
    assert (seen.outcome, seen.reason) == ("out_of_memory", "more than 0.1 GiB of memory")


def test_a_run_that_starts_processes_instead_of_waiting_is_ended_with_all_of_them() -> None:
    pause = PAUSE.replace('"m-1"', "str(os.getpid())")
    program = pause + "for _ in range(20):\n    subprocess.Popen(['sleep', '600'])\ntime.sleep(60)"
    seen = watch(program, on_event=until_dead, processes=5)
    assert (seen.outcome, seen.reason) == ("crashed", "the notebook had more than 5 processes at once")


def test_what_it_takes_to_look_is_not_the_runs_time() -> None:
    def slowly(stamped: Stamped) -> None:
        select.select([], [], [], 1.5)

    seen = watch(PAUSE + 'send("run_finished")', on_event=slowly, run_seconds=2.5)
    assert (seen.outcome, kinds(seen)) == ("completed", ["model_exported", "run_finished"])
    assert seen.wall_seconds < 2.5
