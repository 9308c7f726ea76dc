"""Which files are submissions and whose: every layout that ``grade`` takes, and a row for what is none."""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmark.classroom.discover import Found, look_through
from fairmark.errors import ArchiveRefused, MachineError, UnreadableNotebook, UsageError
from fairmark.notebook.files import read_bytes
from fairmark.untrusted_zip import SEPARATORS, is_hidden

KNOWN = ["compile_settings", "horses_or_humans"]
Rows = list[tuple[str, str | None, str]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    folder.mkdir()
    return folder


@pytest.fixture
def rows() -> Callable[[Path], Rows]:
    """Student, assignment and file name of everything found."""

    def of(place: Path) -> Rows:
        return [(one.student, one.assignment, one.path.name) for one in look_through([place], KNOWN).found]

    return of


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def pack(archive: Path, names: Iterable[str | zipfile.ZipInfo]) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name in names:
            opened.writestr(name, "notebook")
    return archive


def refused(rows: Callable[[Path], Rows], archive: Path) -> str:
    """The message, without the archive's name, which each begins with."""
    with pytest.raises(ArchiveRefused) as caught:
        rows(archive)
    start, _, message = caught.value.message.partition(": ")
    assert start == str(archive)
    return message


# --- folders ----------------------------------------------------------------------------------------------------------


def test_a_notebook_is_named_after_its_student(place: Path, rows: Callable[[Path], Rows]) -> None:
    fill(place, "bob.ipynb", "alice.ipynb")
    assert rows(place) == [("alice", None, "alice.ipynb"), ("bob", None, "bob.ipynb")]


def test_a_folder_is_named_after_its_student_and_a_notebook_in_it_after_its_assignment(
    place: Path, rows: Callable[[Path], Rows]
) -> None:
    fill(place, "alice/horses_or_humans.ipynb", "alice/compile_settings.ipynb", "bob/my work.ipynb")
    assert rows(place) == [
        ("alice", "compile_settings", "compile_settings.ipynb"),
        ("alice", "horses_or_humans", "horses_or_humans.ipynb"),
        ("bob", None, "my work.ipynb"),
    ]


def test_the_submitted_folder_of_nbgrader_is_taken_as_it_is(place: Path, rows: Callable[[Path], Rows]) -> None:
    fill(place, "alice/horses_or_humans/anything.ipynb", "bob/lab 4/horses_or_humans.ipynb")
    fill(place, "alice/horses_or_humans/timestamp.txt", "alice/horses_or_humans/.ipynb_checkpoints/old.ipynb")
    assert rows(place) == [
        ("alice", "horses_or_humans", "anything.ipynb"),
        ("bob", "horses_or_humans", "horses_or_humans.ipynb"),
    ]


def test_layouts_may_be_mixed(place: Path, rows: Callable[[Path], Rows]) -> None:
    fill(place, "alice.ipynb", "bob/horses_or_humans.ipynb", "carl/horses_or_humans/x.ipynb")
    pack(place / "dora.zip", ["x.ipynb"])
    assert [student for student, _, _ in rows(place)] == ["alice", "bob", "carl", "dora"]


def test_one_notebook_is_a_class_of_one(place: Path, rows: Callable[[Path], Rows]) -> None:
    fill(place, "alice.ipynb", "bob.ipynb")
    assert rows(place / "alice.ipynb") == [("alice", None, "alice.ipynb")]


def test_what_is_hidden_and_what_is_no_notebook_is_passed_over(place: Path, rows: Callable[[Path], Rows]) -> None:
    fill(place, "alice.ipynb", "notes.txt", ".bob.ipynb", ".ipynb_checkpoints/alice.ipynb", "._alice.ipynb")
    fill(place, "carl/._horses_or_humans.ipynb", "carl/horses_or_humans/._x.ipynb", "__MACOSX/._alice.ipynb")
    assert rows(place) == [("alice", None, "alice.ipynb")]


@pytest.mark.parametrize("name", ["Zoë Müller", "李小龍", "o'neil; rm -rf", "a b\tc", "=1+1", "[bold]", "x" * 200])
def test_odd_names_are_kept_as_they_are(name: str, place: Path, rows: Callable[[Path], Rows]) -> None:
    fill(place, f"{name}.ipynb", f"{name} too/horses_or_humans.ipynb")
    assert [student for student, _, _ in rows(place)] == [name, f"{name} too"]


def test_a_name_that_is_not_utf_8_is_spelled_out(place: Path, rows: Callable[[Path], Rows]) -> None:
    for name in (b"caf\xe9", b"caf\xe8"):
        Path(os.fsdecode(os.fsencode(place) + b"/" + name + b".ipynb")).touch()
    students = [student for student, _, _ in rows(place)]
    assert students == ["caf\\xe8", "caf\\xe9"]


def test_what_only_looks_like_a_notebook_gets_its_row_too(place: Path, rows: Callable[[Path], Rows]) -> None:
    (place / "folder.ipynb").mkdir()
    os.mkfifo(place / "pipe.ipynb")
    (place / "link.ipynb").symlink_to("/etc/passwd")
    (place / "broken.ipynb").symlink_to("nowhere")
    assert [student for student, _, _ in rows(place)] == ["broken", "folder", "link", "pipe"]


def test_links_to_folders_get_their_row_and_are_not_followed(
    place: Path, tmp_path: Path, rows: Callable[[Path], Rows]
) -> None:
    fill(tmp_path / "elsewhere", "horses_or_humans.ipynb")
    fill(place, "alice.ipynb")
    (place / "bob").symlink_to(tmp_path / "elsewhere")
    (place / "carl").mkdir()
    (place / "carl" / "horses_or_humans").symlink_to(tmp_path / "elsewhere")
    (place / "dora.zip").symlink_to(tmp_path / "elsewhere")
    assert rows(place) == [
        ("alice", None, "alice.ipynb"),
        ("bob", None, "bob"),
        ("carl", "horses_or_humans", "horses_or_humans"),
        ("dora", None, "dora.zip"),
    ]


@pytest.mark.parametrize("name", ["alice.IPYNB", "alice.ipynb ", "alice.Ipynb\n"])
def test_the_suffix_may_be_in_capitals_and_spaces_may_follow(
    name: str, place: Path, rows: Callable[[Path], Rows]
) -> None:
    assert [student for student, _, _ in rows(fill(place, name))] == ["alice"]


def test_zips_that_are_none_get_their_row_too(place: Path, rows: Callable[[Path], Rows]) -> None:
    os.mkfifo(place / "pipe.zip")
    (place / "link.zip").symlink_to("/etc/passwd")
    fill(place, "folder.zip/horses_or_humans.ipynb")
    assert rows(place) == [
        ("folder", "horses_or_humans", "horses_or_humans.ipynb"),
        ("link", None, "link.zip"),
        ("pipe", None, "pipe.zip"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
def test_a_folder_that_may_not_be_listed_is_one_students_row_unless_it_is_the_whole(
    place: Path, rows: Callable[[Path], Rows]
) -> None:
    fill(place, "alice.ipynb", "bob/horses_or_humans.ipynb")
    (place / "bob").chmod(0o000)
    assert rows(place) == [("alice", None, "alice.ipynb"), ("bob", None, "bob")]
    with pytest.raises(MachineError, match=r"bob: cannot be listed: Permission denied$"):
        rows(place / "bob")


@pytest.mark.parametrize(("name", "message"), [("nowhere", "there is no such file or folder"), ("", "no notebooks")])
def test_a_place_without_notebooks_is_said(name: str, message: str, place: Path, rows: Callable[[Path], Rows]) -> None:
    with pytest.raises(UsageError, match=message):
        rows(place / name)


# --- zips -------------------------------------------------------------------------------------------------------------

LAYOUTS = {
    "flat": ["alice.ipynb", "bob.ipynb"],
    "in a folder": ["class/alice.ipynb", "class/bob.ipynb"],
    "a folder each": ["alice/horses_or_humans.ipynb", "bob/horses_or_humans.ipynb"],
    "in a folder, a folder each": ["class/alice/horses_or_humans.ipynb", "class/bob/horses_or_humans.ipynb"],
    "as nbgrader has it": ["alice/horses_or_humans/a.ipynb", "bob/horses_or_humans/b.ipynb"],
    "from Windows": ["class\\alice\\horses_or_humans.ipynb", "class\\bob\\horses_or_humans.ipynb"],
    "from a Mac": ["alice.ipynb", "bob.ipynb", "__MACOSX/._alice.ipynb", "._bob.ipynb", ".DS_Store"],
    "with folders as members": ["class/", "class/alice/", "class/alice/a.ipynb", "class/bob/", "class/bob/b.ipynb"],
    "with other files": ["alice.ipynb", "bob.ipynb", "data/train.csv", "run.sh", "../../evil.sh"],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_zip_may_hold_every_layout(layout: str, tmp_path: Path, rows: Callable[[Path], Rows]) -> None:
    archive = pack(tmp_path / "class.zip", LAYOUTS[layout])
    assert [student for student, _, _ in rows(archive)] == ["alice", "bob"]


@pytest.mark.parametrize("member", ["alice/horses_or_humans.ipynb", "alice/horses_or_humans/anything.ipynb"])
def test_a_zip_of_a_class_may_hold_a_single_student(member: str, tmp_path: Path, rows: Callable[[Path], Rows]) -> None:
    [row] = rows(pack(tmp_path / "class.zip", [member]))
    assert row[:2] == ("alice", "horses_or_humans")


@pytest.mark.parametrize("member", ["horses_or_humans.ipynb", "work/horses_or_humans.ipynb", "work/week 4.ipynb"])
def test_a_zip_with_one_notebook_among_others_belongs_to_whom_it_is_named_after(
    member: str, place: Path, rows: Callable[[Path], Rows]
) -> None:
    fill(place, "bob.ipynb")
    pack(place / "alice.zip", [member])
    assert [student for student, _, _ in rows(place)] == ["alice", "bob"]


def test_a_zip_with_the_suffix_in_capitals_is_one(tmp_path: Path, rows: Callable[[Path], Rows]) -> None:
    assert len(rows(pack(tmp_path / "CLASS.ZIP", LAYOUTS["flat"]))) == 2


def test_two_zips_with_the_same_names_inside_do_not_mix(place: Path) -> None:
    for student in ("alice", "bob"):
        pack(place / f"{student}.zip", ["work.ipynb"])
    first, second = look_through([place], KNOWN).found
    assert (first.path, second.path) == (place / "alice.zip" / "work.ipynb", place / "bob.zip" / "work.ipynb")


def test_all_that_is_in_a_students_zip_is_that_students(place: Path, rows: Callable[[Path], Rows]) -> None:
    fill(place, "bob.ipynb")
    pack(place / "alice.zip", ["bob.ipynb", "deep/er/compile_settings.ipynb", "horses_or_humans/work.ipynb"])
    assert rows(place) == [
        ("alice", None, "bob.ipynb"),
        ("alice", "compile_settings", "compile_settings.ipynb"),
        ("alice", "horses_or_humans", "work.ipynb"),
        ("bob", None, "bob.ipynb"),
    ]


def test_a_zip_may_lie_in_a_students_folder_or_in_one_of_an_assignment(
    place: Path, rows: Callable[[Path], Rows]
) -> None:
    fill(place, "alice/notes.txt", "bob/horses_or_humans/notes.txt")
    pack(place / "alice" / "week 4.zip", ["horses_or_humans.ipynb"])
    pack(place / "bob" / "horses_or_humans" / "work.zip", ["x.ipynb"])
    assert [row[:2] for row in rows(place)] == [("alice", "horses_or_humans"), ("bob", "horses_or_humans")]


def test_a_zip_of_a_class_may_hold_zips_of_students(tmp_path: Path, rows: Callable[[Path], Rows]) -> None:
    inner = pack(tmp_path / "inner.zip", ["work/bob.ipynb"]).read_bytes()
    with zipfile.ZipFile(pack(tmp_path / "class.zip", ["alice.ipynb"]), "a") as opened:
        opened.writestr("carl.zip", inner)
        opened.writestr("dora/upload.zip", inner)
        opened.writestr("erik.zip", b"no zip")
    assert rows(tmp_path / "class.zip") == [
        ("alice", None, "alice.ipynb"),
        ("carl", None, "bob.ipynb"),
        ("dora", None, "bob.ipynb"),
        ("erik", None, "erik.zip"),
    ]


@pytest.mark.parametrize(
    "member", ["../alice.ipynb", "a/../../alice.ipynb", "/etc/alice.ipynb", "C:\\alice.ipynb", "..\\alice.ipynb"]
)
def test_a_member_that_points_outside_gets_its_row_inside(
    member: str, tmp_path: Path, rows: Callable[[Path], Rows]
) -> None:
    archive = pack(tmp_path / "class.zip", ["bob.ipynb", member])
    assert all(one.path.is_relative_to(archive) for one in look_through([archive], KNOWN).found)
    assert len(rows(archive)) == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"{}", b"x" * 1000])
def test_a_file_that_is_no_zip_is_refused(content: bytes, tmp_path: Path, rows: Callable[[Path], Rows]) -> None:
    (tmp_path / "class.zip").write_bytes(content)
    assert refused(rows, tmp_path / "class.zip") == "is not a readable zip (File is not a zip file)"


def test_a_pipe_that_is_called_a_zip_keeps_nobody_waiting(tmp_path: Path, rows: Callable[[Path], Rows]) -> None:
    os.mkfifo(tmp_path / "class.zip")
    assert refused(rows, tmp_path / "class.zip").startswith("is not a regular file")


@pytest.mark.parametrize(
    ("names", "held"),
    [
        ([], ""),
        (["readme.txt"], ", but readme.txt"),
        (["class/", "class/readme.txt"], ", but class/readme.txt"),
        (["x.ipynb/"], ", but x.ipynb"),
        ([f"{number}.pdf" for number in range(5)], ", but 0.pdf, 1.pdf, 2.pdf and 2 more"),
    ],
)
def test_a_zip_without_notebooks_is_refused(
    names: list[str], held: str, tmp_path: Path, rows: Callable[[Path], Rows]
) -> None:
    assert refused(rows, pack(tmp_path / "class.zip", names)) == f"no notebooks in it{held}"


def test_a_bad_zip_among_others_is_one_unreadable_submission(place: Path, rows: Callable[[Path], Rows]) -> None:
    fill(place, "alice.ipynb", "bob.zip")
    pack(place / "dora.zip", ["notes.txt"])
    pack(place / "erik.zip", [f"{number}.ipynb" for number in range(21)])
    assert [(student, name) for student, _, name in rows(place)] == [
        ("alice", "alice.ipynb"),
        ("bob", "bob.zip"),
        ("dora", "dora.zip"),
        ("erik", "erik.zip"),
    ]


PART = st.sampled_from(["alice", "..", ".", "", "horses_or_humans", "C:", "b\\c", "ü", "x" * 300, "~", " "])
NAMES = st.lists(st.builds("/".join, st.lists(PART, min_size=1, max_size=4)), max_size=4)


@given(names=NAMES, in_folder=st.booleans())
def test_whatever_its_members_are_called_they_stay_inside_and_nothing_is_written(
    names: list[str], in_folder: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("wild")
    archive = pack(home / "class.zip", dict.fromkeys(f"{name}.ipynb" for name in names))
    found: list[Found] = []
    with contextlib.suppress(ArchiveRefused):
        found = look_through([home if in_folder else archive], KNOWN).found
    assert all(one.path.is_relative_to(archive) and ".." not in one.path.parts for one in found)
    assert len({one.path for one in found}) == len(found)
    assert all(read_bytes(one.path) == b"notebook" for one in found if is_readable(one.path))
    assert [path.name for path in home.iterdir()] == ["class.zip"]


def is_readable(path: Path) -> bool:
    try:
        read_bytes(path)
    except UnreadableNotebook:
        return False
    return True


def test_a_zip_that_lies_alone_in_its_folder_may_hold_a_class(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("alice/horses_or_humans.ipynb", "{}")
        archive.writestr("bob.ipynb", "{}")
    assert [one.student for one in look_through([tmp_path], KNOWN).found] == ["alice", "bob"]
    (tmp_path / "carol.ipynb").write_text("{}")
    assert [one.student for one in look_through([tmp_path], KNOWN).found] == ["carol", "class", "class"]


def test_a_students_own_zip_that_lies_alone_remains_the_students(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "alice.zip", "w") as archive:
        archive.writestr("horses_or_humans.ipynb", "{}")
        archive.writestr("compile_settings.ipynb", "{}")
    assert {one.student for one in look_through([tmp_path], KNOWN).found} == {"alice"}


# --- nobody is left out -----------------------------------------------------------------------------------------------


def left_out(place: Path) -> dict[str, str]:
    """Why each file that has no row has none."""
    return {one.file: one.reason.said for one in look_through([place], KNOWN).left_out}


def problems(place: Path) -> dict[str, str]:
    """What is said of each student who handed in nothing that could be read."""
    found = look_through([place], KNOWN).found
    return {one.student: one.problem.message for one in found if one.problem is not None}


@pytest.mark.parametrize(
    ("name", "student"), [("bea.ipynb.json", "bea"), ("cem.ipynb.txt", "cem"), ("dan.IPYNB.JSON ", "dan")]
)
def test_what_browsers_and_mail_programs_make_of_a_notebook_is_one(
    name: str, student: str, place: Path, rows: Callable[[Path], Rows]
) -> None:
    fill(place, name, f"eva/compile_settings{name[3:]}")
    pack(place / "zoe.zip", [f"compile_settings{name[3:]}"])
    assert [row[:2] for row in rows(place)] == [
        (student, None),
        ("eva", "compile_settings"),
        ("zoe", "compile_settings"),
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.ipynb.crdownload", "is a download that was broken off"),
        ("a.ipynb.part", "is a download that was broken off"),
        ("a.py", "is a Python script, not a notebook"),
        ("a.PDF ", "is a PDF, not a notebook"),
        ("a.html", "is a web page, not a notebook"),
        ("a.docx", "is a text document, not a notebook"),
        ("a.rar", "is an archive of a kind that is not read"),
        ("a.7z", "is an archive of a kind that is not read"),
        ("a.tar.gz", "is an archive of a kind that is not read"),
        ("a.webloc", "is a shortcut to something that was not handed in"),
        ("a.png", "is a picture, not a notebook"),
        ("a.keras", "is a saved model, not a notebook"),
        ("a.H5 ", "is a saved model, not a notebook"),
        ("keras", "is not a notebook"),
        ("train.csv", "holds data, not a notebook"),
        ("notes", "is not a notebook"),
        ("a.b", "is not a notebook"),
    ],
)
def test_what_is_no_notebook_is_left_out_with_what_it_is(name: str, said: str, place: Path, tmp_path: Path) -> None:
    fill(place, "ada.ipynb", "ben/work.ipynb", name, f"ben/{name}")
    assert left_out(place) == {name: said, f"ben/{name}": said}
    archive = pack(tmp_path / "class.zip", ["ada.ipynb", "ben/work.ipynb", name, f"ben/{name}"])
    assert left_out(archive) == {name: said, f"ben/{name}": said}


def test_empty_files_and_folders_are_left_out_as_such(place: Path) -> None:
    fill(place, "ada.ipynb", "ben/work.ipynb")
    (place / "notes.txt").touch()
    (place / "ben" / "pictures" / "large").mkdir(parents=True)
    (place / "ben" / "hidden").mkdir()
    (place / "ben" / "hidden" / ".keep").touch()
    assert left_out(place) == {
        "notes.txt": "is an empty file",
        "ben/pictures/large": "is an empty folder",
        "ben/hidden": "is an empty folder",
    }


def test_where_students_hand_in_folders_one_without_a_notebook_has_its_row(place: Path, tmp_path: Path) -> None:
    names = ["ada/compile_settings.ipynb", "eva/compile_settings.py", "eva/notes.txt", "fay/deep/er/report.pdf", "hal/"]
    fill(place, *names[:-1])
    (place / "hal").mkdir()
    said = {
        "eva": f"{place}/eva: holds no notebook: compile_settings.py is a Python script, not a notebook; "
        "notes.txt is a text, not a notebook",
        "fay": f"{place}/fay: holds no notebook: deep/er/report.pdf is a PDF, not a notebook",
        "hal": f"{place}/hal: is an empty folder",
    }
    assert problems(place) == said
    assert left_out(place) == {"eva/notes.txt": "is a text, not a notebook"}
    assert [one.assignment for one in look_through([place], KNOWN).found] == ["compile_settings"] * 2 + [None] * 2
    archive = pack(tmp_path / "class.zip", names)
    assert problems(archive) == {student: text.replace(str(place), str(archive)) for student, text in said.items()}


def test_where_students_hand_in_files_a_folder_without_a_notebook_is_nobodys(place: Path) -> None:
    fill(place, "ada.ipynb", "data/train.csv")
    (place / "empty").mkdir()
    assert problems(place) == {}
    assert left_out(place) == {"data/train.csv": "holds data, not a notebook", "empty": "is an empty folder"}


@pytest.mark.parametrize("deep", ["", "week4/", "week4/hand in/", "week4/hand in/final/", "a/b/c/d/e/f/"])
def test_notebooks_are_found_however_deep_they_lie(deep: str, place: Path, rows: Callable[[Path], Rows]) -> None:
    fill(place, f"gus/{deep}compile_settings.ipynb", f"gus/{deep}.ipynb_checkpoints/compile_settings.ipynb")
    assert rows(place) == [("gus", "compile_settings", "compile_settings.ipynb")]
    assert left_out(place) == {}


def test_beyond_the_bounds_something_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(place, "ada/work.ipynb", f"ada/{'d/' * 12}work.ipynb")
    said = "lies 12 folders deep, and deeper folders are not looked into"
    assert left_out(place) == {"ada/" + "/".join("d" * 12): said}
    monkeypatch.setattr("fairmark.classroom.folders.MAX_ENTRIES", 3)
    fill(place, *(f"ben/{number}.ipynb" for number in range(6)))
    assert left_out(place)["ben/3.ipynb"] == "is beyond the first 20,000 files of this folder"
    assert len([one for one in look_through([place], KNOWN).found if one.student == "ben"]) == 3


@pytest.mark.parametrize(
    "name",
    [
        ".hidden",
        ".ipynb_checkpoints/old.ipynb",
        "__MACOSX/._ada.ipynb",
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "@eaDir/ada.ipynb",
        "~$report.docx",
    ],
)
def test_what_systems_leave_behind_is_passed_over(name: str, place: Path, tmp_path: Path) -> None:
    fill(place, "ada.ipynb", name, f"ben/{name}", "ben/work.ipynb")
    archive = pack(tmp_path / "class.zip", ["ada.ipynb", name, f"ben/{name}", "ben/work.ipynb"])
    for where in (place, archive):
        assert ([one.student for one in look_through([where], KNOWN).found], left_out(where)) == (["ada", "ben"], {})


def test_links_beside_a_notebook_are_left_out_and_never_followed(place: Path, tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", "compile_settings.ipynb", "secret.txt")
    fill(place, "ada/work.ipynb")
    (place / "ada" / "more").symlink_to(tmp_path / "elsewhere")
    (place / "ada" / "secret.txt").symlink_to(tmp_path / "elsewhere" / "secret.txt")
    (place / "notes.txt").symlink_to(tmp_path / "elsewhere" / "secret.txt")
    assert [one.file for one in look_through([place], KNOWN).found] == ["ada/work.ipynb"]
    assert left_out(place) == dict.fromkeys(
        ["ada/more", "ada/secret.txt", "notes.txt"], "is a link, which is never followed"
    )


def test_zips_inside_a_students_zip_that_cannot_be_read_are_left_out_with_the_reason(place: Path) -> None:
    fill(place, "zoe.ipynb")
    with zipfile.ZipFile(pack(place / "ada.zip", ["work.ipynb", "notes.pdf"]), "a") as opened:
        opened.writestr("more.zip", b"none")
        opened.writestr("empty.zip", pack(place / "inner.zip", ["a.pdf"]).read_bytes())
    (place / "inner.zip").unlink()
    assert left_out(place) == {
        "ada.zip/notes.pdf": "is a PDF, not a notebook",
        "ada.zip/more.zip": "is not a readable zip (File is not a zip file)",
        "ada.zip/empty.zip": "is a zip with no notebook in it, but a.pdf",
    }


def test_several_places_name_their_files_apart_and_a_file_named_twice_counts_once(tmp_path: Path) -> None:
    fill(tmp_path / "one", "ada.ipynb", "a.pdf")
    fill(tmp_path / "two", "ada.ipynb", "a.pdf")
    handed_in = look_through([tmp_path / "one", tmp_path / "two", tmp_path / "one" / "ada.ipynb"], KNOWN)
    assert [one.file for one in handed_in.found] == ["one/ada.ipynb", "two/ada.ipynb"]
    assert [one.file for one in handed_in.left_out] == ["one/a.pdf", "two/a.pdf"]


def test_a_folder_without_notebooks_is_refused_with_what_it_holds(place: Path) -> None:
    fill(place, "ada/a.py", "b.pdf")
    with pytest.raises(UsageError) as caught:
        look_through([place], KNOWN)
    assert caught.value.message == f"{place}: no notebooks in it, but b.pdf, ada/a.py"


NAMES_OF_FILES = """\
ada ADA work.ipynb Work.ipynb x.ipynb.json y.ipynb.txt z.ipynb.part a.py b.pdf c.rar compile_settings .hidden Thumbs.db
horses_or_humans.ipynb e\u0301.ipynb \xe9.ipynb __MACOSX .ipynb_checkpoints"""
NAME = st.sampled_from([*NAMES_OF_FILES.split(), "no suffix", "work (1).ipynb"])
TREES = st.dictionaries(
    st.lists(NAME, min_size=1, max_size=5).map(tuple),
    st.sampled_from(["file", "empty", "folder", "link", "zip"]),
    min_size=1,
    max_size=8,
)


def lay_out(place: Path, tree: dict[tuple[str, ...], str]) -> set[str]:
    """Lays ``tree`` out, as far as names allow; the files, links and empty folders, those with a hidden name aside."""
    for parts, kind in tree.items():
        path = place.joinpath(*parts)
        with contextlib.suppress(OSError):  # a file is where a folder should be
            if kind == "folder":
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if kind == "link":
                path.symlink_to(place)
            elif kind == "zip" and not os.path.lexists(path.with_name(f"{path.name}.zip")):
                pack(path.with_name(f"{path.name}.zip"), ["a.ipynb", "b/c.pdf", "d/"])
            elif not os.path.lexists(path):
                path.write_text("" if kind == "empty" else "{}")
    there: set[str] = set()
    for folder, folders, all_files in os.walk(place):
        folders[:] = [name for name in folders if not is_hidden(name)]
        files = [name for name in all_files if not is_hidden(name)]
        below = Path(folder).relative_to(place)
        links = [name for name in folders if Path(folder, name).is_symlink()]
        there |= {(below / name).as_posix() for name in (*files, *links) if not name.endswith(".zip")}
        for name in files:
            if name.endswith(".zip"):
                there |= {(below / name / inner).as_posix() for inner in ("a.ipynb", "b/c.pdf", "d")}
        if not folders and not files and folder != str(place):
            there.add(below.as_posix())
    return there


@settings(deadline=None)  # it writes to a disk that others use
@given(tree=TREES)
def test_every_file_and_every_empty_folder_has_a_row_or_is_left_out_with_a_reason(
    tree: dict[tuple[str, ...], str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("tree") / "class"
    place.mkdir()
    there = lay_out(place, tree)
    try:
        handed_in = look_through([place], KNOWN)
    except UsageError:
        return  # there is no notebook at all, which the message says
    rows = [one.file for one in handed_in.found]
    names = [one.file for one in handed_in.left_out]
    assert sorted([*rows, *names]) == sorted(there)
    assert all(one.reason.said for one in handed_in.left_out)


@settings(deadline=None)  # it writes to a disk that others use
@given(names=NAMES, others=st.lists(NAME, max_size=4))
def test_every_member_of_a_zip_has_a_row_or_is_left_out_with_a_reason(
    names: list[str], others: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    members = dict.fromkeys([*(f"{name}.ipynb" for name in names), *(f"ada/{name}" for name in others), *others])
    archive = pack(tmp_path_factory.mktemp("zip") / "class.zip", members)
    try:
        handed_in = look_through([archive], KNOWN)
    except ArchiveRefused:
        return
    seen = [name for name in members if not any(is_hidden(part) for part in SEPARATORS.split(name) if part not in DOTS)]
    assert len(handed_in.found) + len(handed_in.left_out) == len(seen)


DOTS = (".", "..")


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_of_a_whole_course_that_is_handed_in_the_copy_of_what_was_handed_out_is_left_out(
    packed: bool, place: Path
) -> None:
    names = ["assignments/compile_settings.ipynb", "graders/handed_out/compile_settings.ipynb"]
    if packed:
        pack(place / "ada.zip", names)
        pack(place / "ben.zip", names)
    else:
        fill(place / "ada", *names)
    handed_in = look_through([place], KNOWN)
    ada = [one for one in handed_in.found if one.student == "ada"]
    assert [one.path.parts[-2:] for one in ada] == [("assignments", "compile_settings.ipynb")]
    reasons = {left.reason.said for left in handed_in.left_out}
    assert reasons == {"is the course's own copy of an assignment, which nobody solves"}
