"""Exporters: found by name, built in or from a package of somebody else's; each writes into a folder of its own."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from installed_extension import installed, run_beside
from scripted import Scripted
from tiny import PRETEND

from fairmark.classroom import ClassRequest, grade_class
from fairmark.classroom.exports import export_class, exporters_for
from fairmark.classroom.grade import Place
from fairmark.course import Course
from fairmark.errors import ExtensionFailed, ExtensionNotFound, MachineError
from fairmark.present.exporters import ClassResults, ExportedFile
from fairmark.report import Standing


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "out")


@pytest.fixture
def standings(course: Course, handed_in: Path, place: Place) -> list[Standing]:
    """The class, graded into ``place``."""
    return grade_class(ClassRequest((handed_in,), place.folder, course, launcher=Scripted(PRETEND))).standings


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Writes:
    """An exporter of files that the test names; one without content raises."""

    def __init__(self, **contents: str | bytes | None) -> None:
        self.contents = contents

    def files(self, results: ClassResults) -> Iterator[ExportedFile]:
        for name, content in self.contents.items():
            if content is None:
                raise ValueError(f"nothing for {name}")
            yield name, content


# --- what is built in -------------------------------------------------------------------------------------------------


def test_what_is_built_in_makes_the_files_that_grading_has_written(place: Place, standings: list[Standing]) -> None:
    folders = export_class(place, standings, exporters_for(["gradebook", "html", "json"]))
    assert folders == [place.folder / "exports" / name for name in ("gradebook", "html", "json")]
    made = {path.name: path.read_bytes() for folder in folders for path in folder.iterdir()}
    written = {path.name: path.read_bytes() for path in (place.gradebook, *place.reports.iterdir())}
    assert made == written


def test_pages_for_students_lie_apart_from_what_is_for_instructors(place: Place, standings: list[Standing]) -> None:
    [folder] = export_class(place, standings, exporters_for(["html"]))
    assert names_in(folder) == ["ada.compile_settings.html", "ben.compile_settings.html"]


def test_a_report_that_has_gone_is_named(place: Place, standings: list[Standing]) -> None:
    place.report("ada", "compile_settings").unlink()
    with pytest.raises(MachineError, match=r"ada\.compile_settings\.json: cannot be read$"):
        export_class(place, standings, exporters_for(["json"]))


def test_a_page_without_evidence_is_made_all_the_same(place: Place, standings: list[Standing]) -> None:
    for path in place.evidence.iterdir():
        path.unlink()
    [folder] = export_class(place, standings, exporters_for(["html"]))
    assert names_in(folder) == ["ada.compile_settings.html", "ben.compile_settings.html"]


# --- by name ----------------------------------------------------------------------------------------------------------


def test_an_exporter_that_is_named_twice_writes_once() -> None:
    assert list(exporters_for(["json", "html", "json"])) == ["json", "html"]


def test_an_unknown_name_is_refused_with_the_names_known() -> None:
    with pytest.raises(ExtensionNotFound) as refused:
        exporters_for(["json", "htm"])
    assert refused.value.message == "There is no exporter called 'htm'. Known: gradebook, html, json, notebooks"


# --- those of others --------------------------------------------------------------------------------------------------


def test_text_is_written_as_utf_8_and_bytes_as_they_are(place: Place) -> None:
    [folder] = export_class(place, [], {"mine": Writes(text="ä\r\n", data=b"\xff")})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"text": b"\xc3\xa4\r\n", "data": b"\xff"}


def test_an_exporter_that_raises_is_named_with_the_reason(place: Place) -> None:
    with pytest.raises(ExtensionFailed, match=r"^The exporter 'mine' failed: ValueError: nothing for points$"):
        export_class(place, [], {"mine": Writes(points=None)})


def test_two_files_of_one_name_are_refused(place: Place) -> None:
    class Twice:
        def files(self, results: ClassResults) -> Iterator[ExportedFile]:
            yield from [("points.txt", "1"), ("points.txt", "2")]

    with pytest.raises(ExtensionFailed, match=r"'points\.txt' is no name for a file of its own$"):
        export_class(place, [], {"mine": Twice()})


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "../gradebook.csv", "/etc/passwd"])
def test_an_exporter_writes_nowhere_else(place: Place, name: str) -> None:
    with pytest.raises(ExtensionFailed, match=f"^The exporter 'mine' failed: '{name}' is no name for a file"):
        export_class(place, [], {"mine": Writes(**{name: "x"})})
    assert not place.folder.exists()


def test_one_of_another_package_is_found_by_its_entry_point(course: Course, handed_in: Path, tmp_path: Path) -> None:
    site, out = installed(tmp_path / "site"), tmp_path / "out"
    words = ("grade", handed_in, "--course", course.root, "--out", out, "--export", "points", "--export", "gradebook")
    result = run_beside(site, *words, secret=tmp_path / "secret")
    assert result.exit_code == 1, result.err
    assert (out / "exports" / "points" / "points.txt").read_text(encoding="utf-8") == (
        "ada: 3 of 3 []\nben: 0 of 3 ['loss', 'trained']\n"
    )
    assert f"Exported: {out / 'exports' / 'points'}" in result.err
    with (out / "exports" / "gradebook" / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        assert [row["student"] for row in csv.DictReader(file)] == ["ada", "ben"]
