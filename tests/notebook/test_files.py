"""The bytes of what was handed in, from regular files and from zips, and from nothing else."""

from __future__ import annotations

import os
import socket
import zipfile
from pathlib import Path

import pytest

from fairmark.errors import MachineError, UnreadableNotebook
from fairmark.notebook.files import read_bytes
from fairmark.notebook.opening import MAX_FILE_BYTES, opened_file


def test_a_regular_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_bytes(b"{}")
    assert read_bytes(tmp_path / "n.ipynb") == b"{}"


def test_a_hard_link_is_a_regular_file(tmp_path: Path) -> None:
    (tmp_path / "one.ipynb").write_bytes(b"{}")
    (tmp_path / "other.ipynb").hardlink_to(tmp_path / "one.ipynb")
    assert read_bytes(tmp_path / "other.ipynb") == b"{}"


def test_a_file_in_a_zip_is_read_through_the_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("alice/work.ipynb", b"{}")
    assert read_bytes(tmp_path / "class.zip" / "alice" / "work.ipynb") == b"{}"


def test_a_folder_called_a_zip_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "class.zip").mkdir()
    (tmp_path / "class.zip" / "n.ipynb").write_bytes(b"{}")
    assert read_bytes(tmp_path / "class.zip" / "n.ipynb") == b"{}"


@pytest.mark.parametrize("to", ["secret", "link.ipynb", "nowhere", ".", os.devnull])
def test_a_link_is_not_followed(to: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"{}")
    (tmp_path / "link.ipynb").symlink_to(to)
    with pytest.raises(UnreadableNotebook, match="not a regular file"):
        read_bytes(tmp_path / "link.ipynb")


def test_a_folder_a_pipe_a_socket_and_a_device_are_refused_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket has room for 108 bytes
    os.mkfifo("pipe.ipynb")
    os.mkfifo("pipe.zip")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.ipynb")
    for path in (tmp_path, Path("pipe.ipynb"), Path("pipe.zip"), Path("socket.ipynb"), Path(os.devnull)):
        with pytest.raises(UnreadableNotebook, match="not a regular file"):
            read_bytes(path)


@pytest.mark.parametrize(
    "name",
    ["missing.ipynb", "zero\0byte.ipynb", "n" * 5_000, "missing.zip", "missing.zip/a.ipynb", "n" * 5_000 + ".zip"],
)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableNotebook, match="there is no such file"):
        read_bytes(tmp_path / name)


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "n.ipynb").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UnreadableNotebook, match=r"has 1048576\.0 MiB, and 100 MiB is the limit"):
        read_bytes(tmp_path / "n.ipynb")


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    with (tmp_path / "n.ipynb").open("wb") as file:
        file.truncate(MAX_FILE_BYTES)
    assert len(read_bytes(tmp_path / "n.ipynb")) == MAX_FILE_BYTES


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["n.ipynb", "n.zip"])
def test_a_file_this_computer_may_not_read_is_no_fault_of_the_student(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch(mode=0o000)
    with pytest.raises(MachineError, match=r"cannot be read: Permission denied$"):
        read_bytes(tmp_path / name)


def test_what_goes_wrong_while_a_file_is_open_is_this_computers_fault(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").touch()
    with pytest.raises(MachineError, match=r"cannot be read: Input/output error$"), opened_file(tmp_path / "n.ipynb"):
        raise OSError(5, "Input/output error")
