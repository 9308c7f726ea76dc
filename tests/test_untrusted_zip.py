"""Zips that anybody may have packed: what is refused, in one set of words, whoever reads them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from broken_zips import encrypted, with_long_directory, with_overlapping_members, with_sizes_declared, zip_of

from fairmark.untrusted_zip import (
    PICTURES,
    SUBMISSIONS,
    Fault,
    UntrustedZip,
    ZipLimits,
    ZipRefused,
    is_hidden,
    opened_zip,
    points_outside,
    shortened,
)

EACH = pytest.mark.parametrize("limits", [SUBMISSIONS, PICTURES], ids=["submissions", "pictures"])
MEMBER = {"name": "a.png"}


def opened(data: bytes, limits: ZipLimits) -> UntrustedZip:
    return opened_zip(io.BytesIO(data), size_bytes=len(data), limits=limits)


def zipped(*members: dict[str, Any]) -> bytes:
    return zip_of(members, b"right")


def read_all(data: bytes, limits: ZipLimits) -> list[bytes]:
    archive = opened(data, limits)
    for info in archive.infos:
        archive.require_plain(info)
    return [archive.read(info) for info in archive.infos]


def refused(data: bytes, limits: ZipLimits) -> tuple[Fault, str]:
    """Why the zip, or the first member of it that is refused, is not read."""
    with pytest.raises(ZipRefused) as caught:
        read_all(data, limits)
    assert str(caught.value) == caught.value.reason
    return caught.value.fault, caught.value.reason


# --- what is read -----------------------------------------------------------------------------------------------------


@EACH
def test_a_member_is_read_whole(limits: ZipLimits) -> None:
    assert read_all(zipped(MEMBER), limits) == [b"right"]


@EACH
def test_a_folder_and_a_dense_member_are_plain_if_they_may_be_there(limits: ZipLimits) -> None:
    archive = opened(zipped({"name": "a/", "mode": 0o040755}, {"name": "b", "zeros": 2**22}), limits)
    folder, dense = archive.infos
    archive.require_plain(folder, may_be_folder=True)
    archive.require_plain(dense, may_be_dense=True)
    for info in (folder, dense):
        with pytest.raises(ZipRefused):
            archive.require_plain(info)


@EACH
def test_a_mebibyte_may_be_as_dense_as_it_likes(limits: ZipLimits) -> None:
    archive = opened(zipped({"name": "a", "zeros": 2**20}), limits)
    archive.require_plain(archive.infos[0])


def test_pictures_may_be_packed_in_all_ways_that_python_undoes() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert read_all(zipped(MEMBER | {"method": method}), PICTURES) == [b"right"]


# --- what is refused --------------------------------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize(
    ("data", "fault", "reason"),
    [
        (b"", "not_a_zip", "is not a readable zip (File is not a zip file)"),
        (
            with_overlapping_members(2),
            "overlapping",
            "is a zip bomb: its members take more room than the file has, so they lie over each other",
        ),
        (encrypted(zipped(MEMBER)), "encrypted", "is encrypted"),
        (zipped({"name": "../a"}), "outside", "is stored as '../a', which points outside the zip"),
        (
            zipped(MEMBER | {"mode": 0o120777}),
            "special",
            "is stored in the zip as a link, a folder, a pipe or a device",
        ),
        (
            zipped(MEMBER | {"method": 0}).replace(b"right", b"wrong"),
            "damaged",
            "is damaged in the zip (Bad CRC-32 for file 'a.png')",
        ),
    ],
)
def test_what_is_refused_is_refused_in_the_same_words(
    limits: ZipLimits, data: bytes, fault: Fault, reason: str
) -> None:
    assert refused(data, limits) == (fault, reason)


@EACH
def test_the_limits_are_named(limits: ZipLimits) -> None:
    assert refused(zipped({"name": "NUMBER", "copies": 3}), replace(limits, members=2)) == (
        "too_many",
        "is a zip with 3 members, and 2 is the limit",
    )
    longest = limits.directory_bytes
    assert refused(with_long_directory(longest + 1), limits) == (
        "too_many",
        f"is a zip with a list of members of {longest + 1} bytes, and {longest} is the limit",
    )
    assert refused(zipped({"name": "a", "zeros": 2**22}), limits) == (
        "bomb",
        f"is a zip bomb: it unpacks to more than {limits.ratio} times its size",
    )
    assert refused(zipped(MEMBER | {"method": 12}), replace(limits, methods=frozenset({0}))) == (
        "method",
        "is packed by method 12, which is not read",
    )


@EACH
def test_a_member_with_more_bytes_than_it_declares_is_refused(limits: ZipLimits) -> None:
    fault, reason = refused(with_sizes_declared(zipped({"name": "a", "zeros": 100_000}), 100_000, 10), limits)
    assert (fault, reason) == ("damaged", "is damaged in the zip (Bad CRC-32 for file 'a')")


def test_a_failing_disk_is_no_fault_of_the_zips() -> None:
    class Disk(io.BytesIO):
        fails = False

        def read(self, size: int | None = -1) -> bytes:
            if self.fails:
                raise OSError(5, "Input/output error")
            return super().read(size)

    disk = Disk(zipped(MEMBER))
    archive = opened_zip(disk, size_bytes=len(disk.getvalue()), limits=SUBMISSIONS)
    disk.fails = True
    with pytest.raises(OSError, match="Input/output error"):
        archive.read(archive.infos[0])


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../a.ipynb", "a/../b.ipynb", "/a.ipynb", "\\a.ipynb", "c:\\a", "c:a", "a\\..\\b"])
def test_a_name_that_points_outside_is_told(name: str) -> None:
    assert points_outside(name)


@pytest.mark.parametrize("name", ["a.ipynb", "a/b.ipynb", "a..b/c...ipynb", "a\\b", "a:b.ipynb"[1:]])
def test_a_name_that_stays_inside_is_told(name: str) -> None:
    assert not points_outside(name)


def test_what_systems_hide_or_leave_behind_is_hidden() -> None:
    hidden = (".a.ipynb", "__MACOSX", "__macosx", "Thumbs.db", "@eaDir", "$RECYCLE.BIN", "lost+found", "~$notes.docx")
    assert all(is_hidden(name) for name in hidden)
    assert not any(is_hidden(name) for name in ("a.ipynb", "macosx", "thumbs", "rings"))


def test_long_text_is_cut_where_it_is_shown() -> None:
    assert (shortened("a" * 80), shortened("a" * 81)) == ("a" * 80, "a" * 79 + "…")
