from __future__ import annotations

import os
import stat
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from broken_zips import with_overlapping_members, with_sizes_declared, zip_of
from hypothesis import given
from hypothesis import strategies as st

from fairmark.data import archive as archives
from fairmark.data.archive import checked_name, opened
from fairmark.errors import ArchiveRefused, UsageError
from fairmark.untrusted_zip import PICTURES

Write = Callable[[zipfile.ZipFile], None]


@pytest.fixture
def hostile(tmp_path: Path) -> Callable[[Write], Path]:
    """A zip with one good picture and what ``write`` puts beside it."""

    def build(write: Write) -> Path:
        path = tmp_path / "hostile.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("rings/good.png", b"good")
            write(archive)
        return path

    return build


def read_all(path: Path) -> list[bytes]:
    with opened(path) as archive:
        return [archive.read(entry) for entry in archive.entries]


def refusal(path: Path) -> ArchiveRefused:
    with pytest.raises(ArchiveRefused) as caught:
        read_all(path)
    assert caught.value.message.startswith(str(path))
    assert caught.value.remedy
    return caught.value


def special(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o644) << 16
    return info


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/passwd", "points outside the archive"),
        ("../escape.png", "points outside the archive"),
        ("rings/../../escape.png", "points outside the archive"),
        ("C:/escape.png", "points outside the archive"),
        ("c:escape.png", "points outside the archive"),
        ("rings/\x1b[2J.png", "has control characters in its name"),
        ("rings/a\nb.png", "has control characters in its name"),
        ("a/" * 40 + "b.png", "is more than 32 folders deep"),
        ("a" * 2000, "or 1024 characters long"),
    ],
)
def test_a_member_whose_name_leads_elsewhere_is_refused(hostile: Callable[[Write], Path], name: str, said: str) -> None:
    error = refusal(hostile(lambda archive: archive.writestr(name, b"x")))
    assert said in error.message
    assert repr(name[:120]) in error.message


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_in_a_zip_are_refused(hostile: Callable[[Write], Path], kind: int) -> None:
    said = "member 'rings/odd.png' is stored in the zip as a link, a folder, a pipe or a device"
    assert said in refusal(hostile(lambda archive: archive.writestr(special("rings/odd.png", kind), "/etc"))).message


def test_an_encrypted_member_is_refused(hostile: Callable[[Write], Path]) -> None:
    def encrypt(archive: zipfile.ZipFile) -> None:
        archive.infolist()[0].flag_bits |= 1

    assert "member 'rings/good.png' is encrypted" in refusal(hostile(encrypt)).message


def test_an_unknown_compression_is_refused(hostile: Callable[[Write], Path]) -> None:
    def disguise(archive: zipfile.ZipFile) -> None:
        archive.infolist()[0].compress_type = 9

    assert "is packed by method 9, which is not read" in refusal(hostile(disguise)).message


def test_a_name_that_ends_early_at_a_nul_is_refused(hostile: Callable[[Write], Path]) -> None:
    path = hostile(lambda archive: archive.writestr("rings/a.png~.exe", b"x"))
    path.write_bytes(path.read_bytes().replace(b"a.png~", b"a.png\0"))
    assert "has control characters in its name" in refusal(path).message


def test_a_name_that_is_there_twice_is_refused(hostile: Callable[[Write], Path]) -> None:
    def twice(archive: zipfile.ZipFile) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of zipfile: it is what the test wants
            archive.writestr("rings/good.png", b"other")

    assert "member 'rings/good.png' is there twice" in refusal(hostile(twice)).message
    assert "is there twice" in refusal(hostile(lambda archive: archive.writestr("./rings//good.png", b""))).message


def test_a_name_that_is_a_file_and_a_folder_is_refused(hostile: Callable[[Write], Path]) -> None:
    for name in ("rings/good.png/more.png", "rings/good.png/"):
        error = refusal(hostile(lambda archive, name=name: archive.writestr(name, b"")))  # type: ignore[misc]
        assert "member 'rings/good.png' is a file and a folder at once" in error.message


def test_a_member_that_unpacks_to_far_more_than_its_size_is_refused(hostile: Callable[[Write], Path]) -> None:
    error = refusal(hostile(lambda archive: archive.writestr("rings/bomb.png", bytes(3 * 2**20))))
    assert "member 'rings/bomb.png' is a zip bomb: it unpacks to more than 200 times its size" in error.message


def test_a_member_beyond_the_limit_is_refused(hostile: Callable[[Write], Path]) -> None:
    error = refusal(hostile(lambda archive: archive.writestr("rings/large.png", bytes(51 * 2**20))))
    assert "member 'rings/large.png' has 51 MiB, more than 50 MiB" in error.message


def test_too_many_members_are_refused(hostile: Callable[[Write], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "PICTURES", replace(PICTURES, members=1))
    path = hostile(lambda archive: archive.writestr("rings/other.png", b""))
    assert "is a zip with 2 members, and 1 is the limit" in refusal(path).message


def test_too_many_files_in_a_folder_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "PICTURES", replace(PICTURES, members=1))
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"x")
    assert "has more than 1 files" in refusal(tmp_path).message


def test_members_that_lie_over_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(with_overlapping_members(2))
    assert "is a zip bomb: its members take more room than the file has" in refusal(tmp_path / "a.zip").message


def test_an_error_of_whoever_reads_an_archive_is_not_the_archives(hostile: Callable[[Write], Path]) -> None:
    path = hostile(lambda archive: None)
    with pytest.raises(OSError, match="the disk is full"), opened(path):
        raise OSError("the disk is full")


def test_too_much_in_all_is_refused(hostile: Callable[[Write], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 5)
    path = hostile(lambda archive: archive.writestr("rings/other.png", b"xx"))
    assert "unpacks to 0 GiB, more than 0 GiB" in refusal(path).message


def test_damaged_bytes_are_refused_when_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rings/a.png", b"content")
    path.write_bytes(path.read_bytes().replace(b"content", b"CONTENT"))
    assert "member 'rings/a.png' is damaged in the zip (Bad CRC-32" in refusal(path).message


def test_a_member_with_fewer_bytes_than_it_declares_is_refused(tmp_path: Path) -> None:
    data = zip_of([{"name": "rings/a.png", "zeros": 100_000}], b"")
    (tmp_path / "a.zip").write_bytes(with_sizes_declared(data, 100_000, 200_000))
    assert "member 'rings/a.png' has not the 200000 bytes it says" in refusal(tmp_path / "a.zip").message


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no zip")
    assert "is not a readable zip (File is not a zip file)" in refusal(tmp_path / "a.zip").message


def test_an_archive_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a.zip: there is no such file or folder"), opened(tmp_path / "a.zip"):
        pass


def test_links_and_pipes_in_a_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "rings").mkdir(parents=True)
    (folder / "rings" / "link.png").symlink_to("/etc/passwd")
    assert "member 'rings/link.png' is a symbolic link" in refusal(folder).message
    (folder / "rings" / "link.png").unlink()
    (folder / "squares").symlink_to("/etc")
    assert "member 'squares' is a symbolic link" in refusal(folder).message
    (folder / "squares").unlink()
    os.mkfifo(folder / "rings" / "pipe.png")
    assert "is a device, a pipe or a socket" in refusal(folder).message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rings\\..\\..\\escape.png", "points outside the archive"),
        ("\\\\server\\share\\escape.png", "points outside the archive"),
        ("C:\\escape.png", "points outside the archive"),
    ],
)
def test_backslashes_lead_nowhere_either(hostile: Callable[[Write], Path], name: str, said: str) -> None:
    assert said in refusal(hostile(lambda archive: archive.writestr(named(name), b"x"))).message


def named(name: str) -> zipfile.ZipInfo:
    """``ZipInfo`` itself might turn a name round."""
    info = zipfile.ZipInfo("x")
    info.filename = info.orig_filename = name
    return info


@pytest.mark.parametrize(
    ("packed", "read"),
    [
        ("rings\\1.png", "rings/1.png"),
        ("shapes\\rings\\1.png", "shapes/rings/1.png"),
        ("rings/a\\1.png", "rings/a/1.png"),
    ],
)
def test_a_zip_packed_by_windows_powershell_has_folders(
    hostile: Callable[[Write], Path], packed: str, read: str
) -> None:
    path = hostile(lambda archive: (archive.writestr(named("rings\\"), b""), archive.writestr(named(packed), b"x"))[1])
    with opened(path) as archive:
        [entry] = [entry for entry in archive.entries if entry.name != "rings/good.png"]
        assert (entry.name, archive.read(entry)) == (read, b"x")


def test_a_name_packed_both_ways_is_there_twice(hostile: Callable[[Write], Path]) -> None:
    assert (
        "is there twice" in refusal(hostile(lambda archive: archive.writestr(named("rings\\good.png"), b"x"))).message
    )


@pytest.mark.parametrize("name", ["Äpfel/1.png", "Maïs (sain)/1.png", "Grün/ä.png"])
def test_names_in_utf_8_are_read_whether_or_not_the_zip_says_so(hostile: Callable[[Write], Path], name: str) -> None:
    path = hostile(lambda archive: archive.writestr(name, b"x"))
    plain = path.read_bytes()
    unsaid = plain.replace(struct.pack("<H", 0x800), struct.pack("<H", 0))
    path.write_bytes(unsaid)
    with opened(path) as archive:
        assert name in {entry.name for entry in archive.entries}


@pytest.mark.parametrize(
    "name",
    [
        "rings/@eaDir/good.png/SYNOPHOTO_THUMB_M.png",
        "rings/.thumbnails/good.png",
        "#recycle/rings/old.png",
        "rings/.@__thumb/good.png",
        "__MACOSX/rings/good.png",
        "$RECYCLE.BIN/rings/old.png",
        "rings/ehthumbs.db",
    ],
)
def test_thumbnails_and_bins_of_network_storage_are_left_out(
    hostile: Callable[[Write], Path], tmp_path: Path, name: str
) -> None:
    path = hostile(lambda archive: archive.writestr(name, b"x"))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "folder")
    for place in (path, tmp_path / "folder"):
        with opened(place) as found:
            assert [entry.name for entry in found.entries] == ["rings/good.png"]


def test_litter_is_left_out_of_zips_and_folders(hostile: Callable[[Write], Path], tmp_path: Path) -> None:
    litter = ["__MACOSX/rings/._good.png", ".DS_Store", "rings/Thumbs.db", "rings/.hidden.png"]
    path = hostile(lambda archive: [archive.writestr(name, b"") for name in litter])  # type: ignore[arg-type, return-value]
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "folder")
    for place in (path, tmp_path / "folder"):
        with opened(place) as found:
            assert [entry.name for entry in found.entries] == ["rings/good.png"]
            assert found.read(found.entries[0]) == b"good"


@given(st.text() | st.lists(st.sampled_from(["..", ".", "", "a", "C:", "\\", "\0", "/"])).map("/".join))
def test_a_checked_name_never_leads_out(name: str) -> None:
    try:
        checked = checked_name(Path("a.zip"), name)
    except ArchiveRefused as error:
        refused = error.message
    else:
        refused = ""
    assert refused.isprintable()
    if refused:
        return
    target = os.path.normpath(os.path.join("/place", checked))  # noqa: PTH118  # joined as an unpacker would
    assert target == "/place" or target.startswith("/place/")
    assert ":" not in checked[1:2] or not checked[0].isalpha() or not checked[0].isascii()


@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_zip_with_any_bytes_changed_is_read_or_refused(noise: bytes, place: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("rings/a.png", b"abc" * 30)
            archive.writestr("squares/b.png", b"xyz" * 30)
        content = bytearray(path.read_bytes())
        content[place : place + len(noise)] = noise
        path.write_bytes(content)
        with suppress(ArchiveRefused):
            assert all(len(content) == 90 for content in read_all(path))
