"""Whatever a command is given, it ends: with an exit code of the contract, a sentence about what is wrong and what to
do, no traceback, and nothing that a terminal obeys."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from commands import Result
from forked import forked
from thorough import one_in
from tiny import answered, tiny_course

from fairmark.cli import COMMANDS, command_line
from fairmark.course import Course

CONTRACT = {0, 1, 2, 3}
HOSTILE = "e\x1b[31mred\x1b]0;title\x07\u202eabc[bold]x[/bold]\nfairmark: all passed"
SHOWN = 9000
"""Characters of a message at most: a path of the longest there is, and what is said about it."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of everything that is not a file of the right kind, and a small course."""
    command_line()  # what commands import is imported once, not in every child
    ground = tmp_path_factory.mktemp("ground")
    course = tiny_course(ground / "course")
    (ground / "ada.ipynb").write_bytes(answered(course))
    (ground / "folder").mkdir()
    (ground / "pipes").mkdir()
    for pipe in ("pipe", "pipes/a.json", "pipes/a.ipynb", "pipes/dataset.toml"):
        os.mkfifo(ground / pipe)
    (ground / "no_text").write_bytes(b"\xff\xfe\x00caf\xe9")
    (ground / "empty").touch()
    (ground / "loop").symlink_to(ground / "loop")
    (ground / "deep").write_text("[" * 200_000)
    with (ground / "huge").open("wb") as file:
        file.truncate(20 * 2**30)
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(ground)  # a socket's path has 108 bytes
        server.bind("socket")
        os.chdir(here)
    return ground


PATHS = {
    "nothing there": "missing",
    "a folder": "folder",
    "a folder of pipes": "pipes",
    "a pipe": "pipe",
    "a socket": "socket",
    "/dev/zero": "/dev/zero",
    "/dev/full": "/dev/full",
    "/dev/null": "/dev/null",
    "no text": "no_text",
    "an empty file": "empty",
    "a huge file": "huge",
    "nested too deeply": "deep",
    "a link to itself": "loop",
    "too long a name": "x" * 5000,
    "too long a path": "/".join(["y" * 200] * 30),
    "a hostile name": HOSTILE,
    "a name that is no text": "a\udce9b",
    "an empty word": "",
}

TAKES_PATHS: dict[str, list[str]] = {
    "check": ["check", "@"],
    "check --course": ["check", "ada.ipynb", "--course", "@"],
    "grade": ["grade", "@", "--trust", "--out", "out", "--course", "course"],
    "grade --out": ["grade", "empty", "--trust", "--out", "@", "--course", "course"],
    "grade --assignment": ["grade", "empty", "--trust", "--assignment", "@", "--course", "course"],
    "judge": ["judge", "@", "--course", "course"],
    "judge --all": ["judge", "--all", "@", "--course", "course"],
    "judge --course": ["judge", "empty", "--course", "@"],
    "release": ["release", "@", "--course", "course"],
    "release --students": ["release", "--students", "@", "--course", "course"],
    "verify": ["verify", "@", "--course", "course"],
    "verify --course": ["verify", "--course", "@"],
    "new course": ["new", "course", "@"],
    "new assignment": ["new", "assignment", "@", "--course", "course"],
    "new assignment --from": ["new", "assignment", "mine", "--from", "@", "--course", "course"],
    "data list": ["data", "list", "--course", "@"],
    "data check": ["data", "check", "@", "--course", "course"],
    "data make": ["data", "make", "@", "--course", "course"],
    "data add": ["data", "add", "@", "--train", "folder", "--validation", "folder", "--course", "course"],
    "data add --train": ["data", "add", "tiles", "--train", "@", "--validation", "folder", "--course", "course"],
    "data add --hidden": [
        *("data", "add", "tiles", "--train", "folder", "--validation", "folder"),
        *("--hidden", "@", "--course", "course"),
    ],
    "doctor --course": ["doctor", "--course", "@"],
    "demo --out": ["demo", "--out", "@"],
}
RUNS_SOMETHING = {
    ("demo --out", kind)
    for kind in ("nothing there", "a folder", "a folder of pipes", "a hostile name", "a name that is no text")
}
"""There is nothing wrong with a folder of such a name: a whole class would be graded into it."""


def holds(result: Result) -> None:
    """The contract of every command."""
    said = result.out + result.err
    assert result.exit_code in CONTRACT, said
    assert "Traceback" not in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert not any(line.startswith("fairmark: all passed") for line in said.splitlines())
    assert len(result.err) < SHOWN
    if result.exit_code in (2, 3):
        assert said.strip()


USUAL = {"check", "check --course", "grade", "judge", "judge --all", "new course", "data list", "data add --train"}


def cases() -> Iterator[ParameterSet]:
    """Those of the other commands are thorough."""
    for command in TAKES_PATHS:
        marks = () if command in USUAL else (pytest.mark.thorough,)
        for kind in PATHS:
            if (command, kind) not in RUNS_SOMETHING:
                yield pytest.param(command, kind, marks=marks)


@pytest.mark.parametrize(("command", "kind"), list(cases()))
def test_a_path_that_is_none_ends_a_command_with_a_sentence(ground: Path, command: str, kind: str) -> None:
    path = ground / PATHS[kind][:255]
    was_there = os.path.lexists(path)
    words = [PATHS[kind] if word == "@" else word for word in TAKES_PATHS[command]]
    holds(forked(*words, cwd=ground))
    if not was_there and path.is_dir():
        shutil.rmtree(path)


def test_every_command_is_tried() -> None:
    assert {words[0] for words in TAKES_PATHS.values()} == set(COMMANDS)


LIMITS = ("run-seconds", "cell-seconds", "cpu-seconds", "memory", "processes", "written", "files", "printed", "seed")
NUMBERS = ("inf", "-inf", "nan", "1e300", "1e400", "-1", "9" * 30, "9" * 5000, "0x10", "abc", "")


@pytest.mark.parametrize("number", one_in(4, NUMBERS), ids=lambda number: number[:8] or "nothing")
@pytest.mark.parametrize("option", LIMITS)
def test_a_limit_that_is_none_is_refused_before_anything_runs(ground: Path, option: str, number: str) -> None:
    result = forked("check", "ada.ipynb", "--course", "course", f"--{option}={number}", cwd=ground)
    holds(result)
    assert result.exit_code == 2
    assert f"--{option}" in result.err


COUNTS: dict[str, list[str]] = {
    "--jobs": ["grade", "empty", "--trust", "--course", "course"],
    "--workers": ["data", "make", "--course", "course"],
    "--keep-gb": ["data", "prune"],
}


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "-1", "9" * 30, "abc"])
@pytest.mark.parametrize("option", COUNTS)
def test_a_count_that_is_none_is_refused(ground: Path, option: str, number: str) -> None:
    result = forked(*COUNTS[option], f"{option}={number}", cwd=ground)
    holds(result)
    assert result.exit_code == 2
    assert option in result.err


@pytest.mark.parametrize("word", ["--\x1b[31mnosuch", "no\x1b[31msuch", "--seed=\x1b[31m1", HOSTILE])
@pytest.mark.parametrize("command", ["check", "judge", "data"])
def test_words_that_are_wrong_are_shown_without_what_a_terminal_obeys(ground: Path, command: str, word: str) -> None:
    result = forked(command, word, "and", "more", "--nosuch", cwd=ground)
    holds(result)
    assert result.exit_code == 2


# --- surroundings -----------------------------------------------------------------------------------------------------

LISTS = ["data", "list", "--course", "course"]


def test_a_full_disk_behind_standard_output_is_said(ground: Path) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    result = forked(*LISTS, cwd=ground, stdout=full)
    os.close(full)
    holds(result)
    assert result.exit_code == 3
    assert "No space left" in result.err


def test_a_reader_that_has_seen_enough_is_no_mishap(ground: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    result = forked(*LISTS, cwd=ground, stdout=writing)
    os.close(writing)
    assert (result.exit_code, result.err) == (1, "")


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"COLUMNS": "1"},
        {"COLUMNS": "inf"},
        {"TERM": "dumb"},
        {"FAIRMARK_DATA": "/dev/null/x", "FAIRMARK_SECRET": "/dev/null/y"},
        {"FAIRMARK_DATA": "x" * 5000},
        {"FAIRMARK_SECRET": "~nosuchuser/x"},
        {"HOME": None, "FAIRMARK_DATA": None, "FAIRMARK_SECRET": None, "XDG_DATA_HOME": "/dev/null"},
    ],
    ids=lambda environment: " ".join(f"{name}={str(value)[:12]}" for name, value in environment.items()),
)
@pytest.mark.parametrize("words", [LISTS, ["data", "make", "--course", "course"], ["doctor", "--course", "course"]])
def test_odd_surroundings_are_named_or_do_not_matter(
    ground: Path, words: list[str], environment: dict[str, str | None]
) -> None:
    holds(forked(*words, cwd=ground, environment=environment))


@pytest.mark.parametrize("words", [["check", "ada.ipynb"], ["data", "list"], ["new", "course", "x"], ["judge", "x"]])
def test_a_working_folder_that_is_gone_is_named(tmp_path: Path, ground: Path, words: list[str]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    result = forked(*words, cwd=gone, before=gone.rmdir)
    holds(result)
    assert result.exit_code in (2, 3)


def nobody() -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize("words", TAKES_PATHS.values(), ids=TAKES_PATHS)
def test_what_this_user_may_not_read_or_write_is_named(
    ground: Path, words: list[str], as_nobody: Callable[..., Result]
) -> None:
    holds(as_nobody(*["/root/x" if word == "@" else word for word in words]))


@pytest.fixture
def as_nobody(ground: Path) -> Callable[..., Result]:
    """The course is root's and in folders of root's alone."""
    return lambda *words: forked(*words, cwd=ground, before=nobody)


def test_of_a_class_nothing_is_left_half_written_where_the_name_is_too_long(ground: Path, tmp_path: Path) -> None:
    result = forked("new", "course", "x" * 300, cwd=tmp_path)
    holds(result)
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_of_a_course_for_which_the_disk_has_no_room_nothing_is_left(tmp_path: Path) -> None:
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    result = forked("new", "course", tmp_path / "mine", before=no_room)
    holds(result)
    assert result.exit_code == 3
    assert "cannot be written: File too large" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_course_in_a_folder_of_any_name_lists_its_data_sets(tmp_path: Path) -> None:
    course: Course = tiny_course(tmp_path / HOSTILE.replace("/", "_"))
    for words in (
        ["data", "list"],
        ["data", "make"],
        ["data", "check"],
        ["doctor"],
        ["release"],
        ["release", "--check"],
    ):
        result = forked(*words, "--course", course.root)
        holds(result)
        assert result.exit_code in (0, 3)
