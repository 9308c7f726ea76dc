"""Files are whole or as they were before, whatever goes wrong on the way."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.atomic_write import flush_folder, remove_beyond, replace_file, write_file
from fairmark.errors import MachineError

OLD, NEW = b"the old content", b"what is to replace it" * 1000

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that exists."""
    file = tmp_path / "marks.json"
    file.write_bytes(OLD)
    return file


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


# --- what is written --------------------------------------------------------------------------------------------------


@given(st.text(st.characters(codec="utf-8")) | st.binary())
def test_any_content_is_there_as_it_is(content: str | bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write_file(path, content)
        assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode("utf-8"))


def test_ends_of_lines_stay_as_they_are(path: Path) -> None:
    write_file(path, "one\r\ntwo\nthree\r")
    assert path.read_bytes() == b"one\r\ntwo\nthree\r"


def test_what_was_there_is_replaced_and_nothing_lies_beside_it(path: Path) -> None:
    write_file(path, NEW)
    assert path.read_bytes() == NEW
    assert names_in(path.parent) == ["marks.json"]


def test_write_file_makes_the_folders(tmp_path: Path) -> None:
    write_file(tmp_path / "graded" / "reports" / "ada.json", "{}")
    assert (tmp_path / "graded" / "reports" / "ada.json").read_text() == "{}"


def test_replace_file_needs_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "none" / "file", NEW)
    assert names_in(tmp_path) == []


# --- permissions and links --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_everybody_may_read_a_file_and_its_owner_write_it_whatever_the_umask(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        replace_file(path, NEW)
    finally:
        os.umask(before)
    assert mode_of(path) == 0o644


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_has_the_mode_that_is_asked_for(path: Path, mode: int) -> None:
    replace_file(path, NEW, mode=mode)
    assert mode_of(path) == mode


@LINUX
def test_a_secret_is_readable_by_its_owner_only_from_the_first_byte_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    sync = os.fsync

    def looking(descriptor: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", looking)
    replace_file(path, NEW, mode=0o600)
    assert modes[0] == 0o600


def test_a_file_that_cannot_be_written_to_is_replaced(path: Path) -> None:
    path.chmod(0o400)
    write_file(path, NEW)
    assert (path.read_bytes(), mode_of(path)) == (NEW, 0o644)


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(tmp_path: Path, exists: bool) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    if exists:
        target.write_bytes(OLD)
    link.symlink_to(target)
    write_file(link, NEW)
    assert (link.is_symlink(), link.read_bytes()) == (False, NEW)
    assert (target.read_bytes() == OLD) if exists else not target.exists()


def test_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    write_file(tmp_path / "link" / "file", NEW)
    assert (tmp_path / "folder" / "file").read_bytes() == NEW
    assert (tmp_path / "link").is_symlink()


def test_another_name_of_the_file_keeps_what_was_there(path: Path) -> None:
    other = path.with_name("other")
    other.hardlink_to(path)
    write_file(path, NEW)
    assert (path.read_bytes(), other.read_bytes()) == (NEW, OLD)


def test_who_has_the_file_open_goes_on_reading_what_was_there(path: Path) -> None:
    with path.open("rb") as file:
        write_file(path, NEW)
        assert file.read() == OLD


# --- failures on the way ----------------------------------------------------------------------------------------------

STEPS = ["fchmod", "fsync", "replace"]
"""The calls of the system between the first byte and the new name."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("failure", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_whatever_step_fails_the_file_is_as_it_was_and_nothing_lies_beside_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: BaseException
) -> None:
    def failing(*arguments: object, **options: object) -> None:
        raise failure

    monkeypatch.setattr(Path if step == "replace" else os, step, failing)
    with pytest.raises(type(failure)):
        replace_file(path, NEW)
    monkeypatch.undo()
    assert path.read_bytes() == OLD
    assert names_in(path.parent) == ["marks.json"]


@contextmanager
def no_file_beyond(size_bytes: int) -> Iterator[None]:
    """The kernel cuts what is written at this size and refuses the rest, as a full disk does."""
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))


def test_a_write_that_is_refused_half_way_leaves_the_file_as_it_was(path: Path) -> None:
    with no_file_beyond(len(NEW) // 2), pytest.raises(OSError, match="File too large") as caught:
        replace_file(path, NEW)
    assert caught.value.errno == errno.EFBIG
    assert path.read_bytes() == OLD
    assert names_in(path.parent) == ["marks.json"]


def test_a_write_that_is_refused_half_way_leaves_no_new_file(tmp_path: Path) -> None:
    with no_file_beyond(len(NEW) // 2), pytest.raises(MachineError):
        write_file(tmp_path / "marks.json", NEW)
    assert names_in(tmp_path) == []


ON_A_FULL_DISK = """
import pathlib, sys
from fairmark.atomic_write import write_file
from fairmark.errors import MachineError

path = pathlib.Path(sys.argv[1], "marks.json")
write_file(path, "old")
try:
    write_file(path, "new" * 100_000)
except MachineError as problem:
    print(problem.message.removeprefix(f"{path}: "))
print(path.read_text(), *(one.name for one in path.parent.iterdir()))
"""


@LINUX
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    disk = 'mount -t tmpfs -o size=64k none "$1" 2>/dev/null || exit 77; exec "$2" -c "$3" "$1"'
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here")
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", disk, "sh", tmp_path, sys.executable, ON_A_FULL_DISK],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no file system of one's own can be mounted here")
    assert done.stdout == "cannot be written: No space left on device\nold marks.json\n", done.stderr


WITHOUT_END = """
import pathlib, sys
from fairmark.atomic_write import replace_file

path = pathlib.Path(sys.argv[1])
while True:
    for sign in (b"a", b"b"):
        replace_file(path, sign * 1_000_000)
        print(flush=True)
"""


@pytest.mark.parametrize("further", [0, 1, 2, 3])
def test_whoever_is_killed_while_writing_leaves_a_whole_file(path: Path, further: int) -> None:
    with subprocess.Popen([sys.executable, "-c", WITHOUT_END, path], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(1 + further):
            writer.stdout.readline()
        time.sleep(further * 0.0007)  # into the next one, each time further
        writer.send_signal(signal.SIGKILL)
    assert path.read_bytes() in (b"a" * 1_000_000, b"b" * 1_000_000)


def test_whoever_reads_meanwhile_sees_one_whole_content_or_the_other(path: Path) -> None:
    contents = {OLD, *(sign * 200_000 for sign in (b"a", b"b", b"c"))}
    ended, seen = threading.Event(), set()

    def read() -> None:
        while not ended.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for content in sorted(contents) * 5:
            replace_file(path, content)
    finally:
        ended.set()
        reader.join()
    assert seen
    assert seen <= contents


@LINUX
def test_the_content_is_on_the_disk_before_it_has_its_name_and_the_name_afterwards(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, rename = os.fsync, Path.replace

    def syncing(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        steps.append("folder" if is_folder else f"{os.fstat(descriptor).st_size} bytes")
        sync(descriptor)

    def renaming(source: Path, target: Path) -> Path:
        steps.append("name")
        return rename(source, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(Path, "replace", renaming)
    replace_file(path, NEW)
    assert steps == [f"{len(NEW)} bytes", "name", "folder"]


def test_flush_folder_needs_a_folder(tmp_path: Path) -> None:
    flush_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        flush_folder(tmp_path / "none")


# --- what people are told ---------------------------------------------------------------------------------------------


def test_a_folder_in_its_place_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "marks.json").mkdir()
    with pytest.raises(MachineError) as caught:
        write_file(tmp_path / "marks.json", NEW)
    assert caught.value.message == f"{tmp_path / 'marks.json'}: cannot be written: Is a directory"
    assert caught.value.remedy == "Make room or choose a folder that you may write to, and run the command again."
    assert isinstance(caught.value.__cause__, IsADirectoryError)
    assert names_in(tmp_path) == ["marks.json"]


def test_a_file_where_a_folder_is_needed_is_told_and_left_alone(path: Path) -> None:
    with pytest.raises(MachineError) as caught:
        write_file(path / "below" / "file", NEW)
    assert caught.value.message == f"{path / 'below' / 'file'}: cannot be written: Not a directory"
    assert path.read_bytes() == OLD


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root, who may write everywhere, gives its rights up meanwhile; anybody else stays who they are."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_that_may_not_be_written_to_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "marks.json"
        path.write_bytes(OLD)
        path.parent.chmod(0o555)
        with as_nobody(), pytest.raises(MachineError, match=r": cannot be written: Permission denied$"):
            write_file(path, NEW)
        path.parent.chmod(0o755)
        assert path.read_bytes() == OLD
        assert names_in(path.parent) == ["marks.json"]


def test_a_text_that_utf_8_cannot_write_leaves_the_file_as_it_was(path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_file(path, "half a pair: \ud800")
    assert path.read_bytes() == OLD
    assert names_in(path.parent) == ["marks.json"]


# --- making room ------------------------------------------------------------------------------------------------------


def used_at(info: os.stat_result) -> int:
    """The last use in whole seconds."""
    return int(info.st_mtime)


def lay(folder: Path, sizes: list[int], used: list[int]) -> list[Path]:
    """Files of these sizes in bytes, last used at these seconds."""
    files = [folder / f"file-{number}" for number in range(len(sizes))]
    for file, size, second in zip(files, sizes, used, strict=True):
        file.write_bytes(b"x" * size)
        os.utime(file, (second, second))
    return files


def test_files_go_in_the_order_of_their_last_use_until_few_enough_bytes_are_left(tmp_path: Path) -> None:
    files = lay(tmp_path, [100, 100, 100, 100], [30, 10, 40, 20])
    assert remove_beyond(250, files, used_at) == 2
    assert names_in(tmp_path) == ["file-0", "file-2"]


@pytest.mark.parametrize(("most_bytes", "removed"), [(300, 0), (299, 1), (200, 1), (199, 2), (0, 3)])
def test_what_fits_exactly_stays(tmp_path: Path, most_bytes: int, removed: int) -> None:
    assert remove_beyond(most_bytes, lay(tmp_path, [100, 100, 100], [1, 2, 3]), used_at) == removed
    assert len(names_in(tmp_path)) == 3 - removed


def test_a_file_that_somebody_else_has_removed_does_not_count(tmp_path: Path) -> None:
    files = lay(tmp_path, [100, 100], [1, 2])
    files[0].unlink()
    assert remove_beyond(100, files, used_at) == 0
    assert names_in(tmp_path) == ["file-1"]


def test_without_files_nothing_is_removed() -> None:
    assert remove_beyond(0, [], used_at) == 0


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)), max_size=8), st.integers(0, 300))
def test_as_few_files_go_as_will_do_and_none_was_used_later_than_one_that_stays(
    laid: list[tuple[int, int]], most_bytes: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = lay(Path(folder), [size for size, _ in laid], [used for _, used in laid])
        removed = remove_beyond(most_bytes, iter(files), used_at)
        stays = [one for one, file in zip(laid, files, strict=True) if file.exists()]
        gone = [one for one, file in zip(laid, files, strict=True) if not file.exists()]
    left = sum(size for size, _ in stays)
    assert removed == len(gone)
    assert left <= most_bytes
    if gone:
        latest = max(used for _, used in gone)
        assert latest <= min((used for _, used in stays), default=latest)
        assert left + max(size for size, used in gone if used == latest) > most_bytes
