"""Notebooks in zips: read where they lie, and refused where a zip is not what zip programs write."""

from __future__ import annotations

import os
import struct
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from broken_zips import encrypted, with_long_directory, with_overlapping_members, with_sizes_declared, zip_of
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmark.errors import UnreadableNotebook
from fairmark.notebook import zips
from fairmark.notebook.files import read_bytes
from fairmark.notebook.zips import leads_into_zip, notebooks_in, read_zipped, refusal, zip_members
from fairmark.untrusted_zip import SUBMISSIONS

WORK = {"name": "work.ipynb"}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "class.zip"


def pack(archive: Path, *members: dict[str, Any]) -> Path:
    archive.write_bytes(zip_of(members, b"right"))
    return archive


def refused(path: Path) -> str:
    """Why a notebook is not read, without the path that every message begins with."""
    with pytest.raises(UnreadableNotebook) as caught:
        read_zipped(path)
    start, _, reason = caught.value.message.partition(": ")
    assert start == str(path)
    assert caught.value.remedy is not None
    return reason


# --- what is read -----------------------------------------------------------------------------------------------------


def test_a_notebook_is_read_by_its_name(archive: Path) -> None:
    pack(archive, {"name": "a/one.ipynb", "text": "1"}, {"name": "a/two.ipynb", "text": "2"})
    assert (read_zipped(archive / "a/one.ipynb"), read_zipped(archive / "a/two.ipynb")) == (b"1", b"2")


def test_a_notebook_may_be_larger_than_a_list_of_members(archive: Path) -> None:
    images = os.urandom(SUBMISSIONS.directory_bytes + 1)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("work.ipynb", images)
    assert read_zipped(archive / "work.ipynb") == images


def test_a_notebook_is_read_through_zips_in_the_zip(archive: Path) -> None:
    pack(archive, {"name": "b/c.zip", "zip": [{"name": "d.zip", "zip": [WORK]}]})
    assert read_zipped(archive / "b" / "c.zip" / "d.zip" / "work.ipynb") == b"right"


def test_a_folder_in_a_zip_may_be_called_a_zip(archive: Path) -> None:
    pack(archive, {"name": "b.zip/work.ipynb"}, {"name": "b.zip", "zip": [{"name": "other.ipynb", "text": "other"}]})
    assert read_zipped(archive / "b.zip" / "work.ipynb") == b"right"
    assert read_zipped(archive / "b.zip" / "other.ipynb") == b"other"


def test_members_are_notebooks_and_zips(archive: Path) -> None:
    pack(
        archive, WORK, {"name": "b.zip", "zip": [{"name": "c.ipynb"}]}, {"name": "notes.txt"}, {"name": ".hidden.ipynb"}
    )
    assert zip_members(archive).found == [("work.ipynb",), ("b.zip",)]
    assert zip_members(archive / "b.zip").found == [("c.ipynb",)]
    assert notebooks_in(archive) == [("work.ipynb",), ("b.zip", "c.ipynb")]


def test_a_path_leads_into_a_zip_where_a_part_of_it_is_one(archive: Path) -> None:
    pack(archive, WORK)
    assert leads_into_zip(archive / "work.ipynb")
    assert not leads_into_zip(archive)
    assert not leads_into_zip(archive.with_name("class") / "work.ipynb")


# --- what is not ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["other.ipynb", "work.ipynb/deeper.ipynb", "b.zip/work.ipynb"])
def test_what_is_not_there_is_said(below: str, archive: Path) -> None:
    assert refused(pack(archive, WORK) / below) == "there is no such file"


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ({"name": "../work.ipynb"}, "is stored as '../work.ipynb', which points outside the zip"),
        ({"mode": 0o120777}, "is stored in the zip as a link, a folder, a pipe or a device"),
        ({"mode": 0o020644}, "is stored in the zip as a link, a folder, a pipe or a device"),
        ({"method": zipfile.ZIP_BZIP2}, "is packed by method 12, which is not read"),
        ({"zeros": 100 * 2**20 + 1}, "has 100.0 MiB, and 100 MiB is the limit"),
    ],
)
def test_a_member_is_refused_with_its_reason(member: dict[str, Any], reason: str, archive: Path) -> None:
    assert refused(pack(archive, WORK | member) / "work.ipynb") == reason


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ({"zeros": 2**21}, "is a zip bomb: it unpacks to more than 100 times its size"),
        ({"zeros": 2**26 + 1, "method": 0}, "has 64.0 MiB, and 64 MiB is the limit for a zip in a zip"),
        ({"zeros": 2**20}, "is not a readable zip (File is not a zip file)"),
    ],
)
def test_a_zip_in_a_zip_is_refused_with_its_reason(member: dict[str, Any], reason: str, archive: Path) -> None:
    pack(archive, {"name": "b.zip"} | member)
    assert refusal(archive / "b.zip").reason == reason


def test_an_encrypted_member_is_refused(archive: Path) -> None:
    archive.write_bytes(encrypted(zip_of([WORK], b"right")))
    assert refused(archive / "work.ipynb") == "is encrypted"


def test_a_member_that_is_larger_than_it_declares_is_refused(archive: Path) -> None:
    archive.write_bytes(with_sizes_declared(zip_of([WORK | {"zeros": 100_000}], b""), 100_000, 10))
    assert refused(archive / "work.ipynb").startswith("is damaged in the zip (Bad CRC-32")


def test_a_damaged_stream_is_refused(archive: Path) -> None:
    data = zip_of([WORK | {"text": "packed"}], b"")
    archive.write_bytes(data.replace(bytes.fromhex("2b484cce4e4d0100"), b"\xff" * 7 + b"\0"))
    assert refused(archive / "work.ipynb").startswith("is damaged in the zip (Error -3 while decompressing")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not a readable zip (File is not a zip file)"),
        (zip_of([WORK], b"right")[:-10], "is not a readable zip (File is not a zip file)"),
        (zip_of([], b""), "is a zip with no notebook in it"),
        (zip_of([{"name": "NUMBER.ipynb", "copies": 21}], b""), "holds 21 notebooks, and 20 is the limit"),
        (with_overlapping_members(2), "is a zip bomb: its members take more room than the file has, so they lie over "),
        (with_long_directory(2**22 + 1), "is a zip with a list of members of 4194305 bytes, and 4194304 is the limit"),
        (zip_of([WORK], b"right"), "is a zip archive, not a notebook"),
    ],
)
def test_a_zip_that_is_not_marked_is_refused_with_its_reason(data: bytes, reason: str, archive: Path) -> None:
    archive.write_bytes(data)
    assert refusal(archive).reason.startswith(reason)


def test_too_many_members_are_refused(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "SUBMISSIONS", replace(SUBMISSIONS, members=3))
    pack(archive, {"name": "NUMBER.txt", "copies": 4})
    assert refusal(archive).reason == "is a zip with 4 members, and 3 is the limit"


def test_zips_inside_each_other_have_an_end(archive: Path) -> None:
    inner: dict[str, Any] = WORK
    for level in "4321":
        inner = {"name": f"{level}.zip", "zip": [inner]}
    pack(archive, inner)
    assert refusal(archive).message.startswith(
        f"{archive}/1.zip/2.zip/3.zip: is a zip inside 3 others, and 3 inside each"
    )


def test_a_zip_beside_a_notebook_may_be_anything(archive: Path) -> None:
    pack(archive, WORK, {"name": "data.zip", "text": "no zip"}, {"name": "more.zip", "zip": []})
    assert notebooks_in(archive) == [("work.ipynb",)]


# --- whatever the bytes -----------------------------------------------------------------------------------------------

SOUND = zip_of([WORK, {"name": "a/b.zip", "zip": [{"name": "c.ipynb", "method": 0}]}], b"right" * 20)


def lists_or_refuses(archive: Path, data: bytes) -> None:
    archive.write_bytes(data)
    try:
        found = notebooks_in(archive)
    except UnreadableNotebook:
        found = [("work.ipynb",)]
    for parts in found:
        try:
            read_bytes(archive.joinpath(*parts))
        except UnreadableNotebook:
            continue


@settings(max_examples=300)
@given(data=st.data())
def test_a_damaged_zip_is_read_or_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    changed = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(SOUND) - 1))
        put = data.draw(
            st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 4, bytes(4), struct.pack("<L", 9)])
        )
        changed[at : at + len(put)] = put
    end = data.draw(st.sampled_from([len(changed)] * 3 + [data.draw(st.integers(0, len(changed)))]))
    lists_or_refuses(tmp_path_factory.getbasetemp() / "damaged.zip", bytes(changed[:end]))


@given(head=st.binary(), tail=st.binary())
def test_any_bytes_are_read_or_refused(head: bytes, tail: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    lists_or_refuses(tmp_path_factory.getbasetemp() / "any.zip", head + SOUND[-100:] + tail)
