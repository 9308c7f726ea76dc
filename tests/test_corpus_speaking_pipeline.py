"""The speaking part of the corpus from real files to real outputs: names, cells and messages through the commands.

What runs the cells stands in for the sandbox; all else is as it is installed.
"""

from __future__ import annotations

import csv
import functools
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Result, Run
from scripted import Scripted
from seen import Page, in_order, is_file_name, is_formula, lines_in_columns, sequences, unstyled
from speaking import HARMLESS, texts
from tiny import PRETEND, tiny_course

import fairmark.cli.check
import fairmark.cli.grade
from fairmark.author.sample_class import with_answers
from fairmark.classroom import ClassRequest, grade_class
from fairmark.cli import main
from fairmark.course import Course
from fairmark.evidence import CellFinished, Evidence
from fairmark.grading.pipeline import Pipeline
from fairmark.present.escape import csv_field
from fairmark.report import Report

COLUMNS = 100
SEQUENCES_OF_PROGRESS = {"\r", "\x1b[?25l", "\x1b[?25h", "\x1b[2K", "\x1b[1A"}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return tiny_course(tmp_path_factory.mktemp("speaking") / "course")


@pytest.fixture(params=[False, True], ids=["pipe", "terminal"])
def colour(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def fairmark_(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs ``fairmark`` with these words, on a terminal of 100 columns where ``colour`` is asked for."""
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    scripted = Scripted(PRETEND)
    monkeypatch.setattr(fairmark.cli.check, "Pipeline", functools.partial(Pipeline, launcher=scripted))
    monkeypatch.setattr(fairmark.cli.grade, "grading_launcher", lambda *, trust: scripted)

    def run(*words: object, colour: bool = False) -> Result:
        monkeypatch.setattr(sys, "argv", ["fairmark", *map(str, words)])
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("FORCE_COLOR", "1" if colour else "")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return Result(int(ended.value.code or 0), written.out, written.err)

    return run


def nameable(*kinds: str) -> list[str]:
    """The texts that Linux takes for the name of a file, and that are no place of their own."""
    found = [text.text for text in texts(*kinds)]
    return [text for text in found if not set(text) & set("/\0") and not text.startswith(".") and _fits(text)]


def _fits(text: str) -> bool:
    try:
        return 0 < len(os.fsencode(f"{text}.ipynb")) <= 255
    except UnicodeEncodeError:
        return False


def speaking_notebook(course: Course, text: str) -> bytes:
    """Its cells say ``text`` first of all, print it, and raise it."""
    lines = text.replace("\r", "\n").splitlines() or [""]
    comment = "\n".join(f"# {line}" for line in lines)
    code = f"print({text!r})\nraise type({text!r}, (Exception,), {{}})({text!r})"
    given = course.assignment("compile_settings").notebook.read_bytes()
    return with_answers(given, {"compile": lambda source: f"# Exercise: compile\n{comment}\n{code}"})


SAID = list(dict.fromkeys([*nameable()[::6], *nameable("direction"), "a\udcffb"]))


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory, course: Course) -> Path:
    """A class of hostile names and cells, and one harmless student."""
    folder = tmp_path_factory.mktemp("class")
    for text in (*SAID, HARMLESS):
        heard = text.encode("utf-8", "replace").decode()
        (folder / f"{text}.ipynb").write_bytes(speaking_notebook(course, heard))
    return folder


def seen(result: Result, *, colour: bool) -> str:
    """Both streams as they are read; nothing else is in them."""
    assert bool(sequences(result.out)) == colour
    both = result.out + result.err
    assert all(sequence.endswith("m") for sequence in sequences(result.out))
    for sequence in sequences(both) & SEQUENCES_OF_PROGRESS:
        both = both.replace(sequence, "\n")
    text = unstyled(both)
    assert all(map(in_order, text.splitlines()))
    return text


# --- a class ----------------------------------------------------------------------------------------------------------


def test_a_class_that_speaks_is_graded_like_any_other(
    handed_in: Path, tmp_path: Path, course: Course, colour: bool, fairmark_: Run
) -> None:
    out = tmp_path / "out"
    result = fairmark_("grade", handed_in, "--out", out, "--course", course.root, colour=colour)
    assert result.exit_code == 1
    lines_in_columns(unstyled(result.out), COLUMNS)
    assert HARMLESS in seen(result, colour=colour)

    with (out / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert (len(rows), {len(row) for row in rows}) == (len(SAID) + 2, {10})
    assert not any(is_formula(cell) for row in rows for cell in row)
    assert len({row[0] for row in rows}) == len(rows)
    assert {csv_field(text) for text in SAID if csv_field(text) == text} <= {row[0] for row in rows}

    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in written} == {out, out / "reports", out / "evidence"}
    assert all(is_file_name(path.name) for path in written)
    assert len(written) == 3 * (len(SAID) + 1) + 2  # the gradebook and the ledger


@pytest.fixture(scope="module")
def graded(handed_in: Path, tmp_path_factory: pytest.TempPathFactory, course: Course) -> Path:
    """What grading the class leaves."""
    out = tmp_path_factory.mktemp("graded")
    grade_class(ClassRequest((handed_in,), out, course, launcher=Scripted(PRETEND)))
    return out


def test_its_reports_are_those_of_harmless_words(graded: Path) -> None:
    harmless = graded / "reports" / f"{HARMLESS}.compile_settings.json"
    expected = Report.model_validate_json(harmless.read_text(encoding="utf-8"))
    assert [exercise.outcome for exercise in expected.exercises] == ["error", "unattempted"]
    for path in (graded / "reports").glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert all(" " <= sign <= "~" or sign == "\n" for sign in text)
        report = Report.model_validate_json(text)
        assert (report.score, report.outcome, report.flags) == (expected.score, expected.outcome, expected.flags)
    tree = Page(harmless.with_suffix(".html").read_text(encoding="utf-8")).tree
    for path in (graded / "reports").glob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert Page(html).tree == tree
        assert all(sign.isprintable() or sign in "\n\t" for sign in html)


def test_its_evidence_is_that_of_what_was_handed_in(graded: Path) -> None:
    for path in (graded / "evidence").iterdir():
        evidence = Evidence.model_validate_json(path.read_text(encoding="utf-8"))
        [cell] = [cell for cell in evidence.submission.cells if cell.exercise == "compile"]
        [error] = [event.error for event in _finished(evidence) if event.cell == cell.position]
        assert error is not None
        assert f"raise type({error.type!r}, (Exception,), {{}})({error.message!r})" in cell.source


def _finished(evidence: Evidence) -> list[CellFinished]:
    return [stamped.event for stamped in evidence.run.events if isinstance(stamped.event, CellFinished)]


def test_its_evidence_shows_nothing_bare(graded: Path) -> None:
    for path in (graded / "evidence").iterdir():
        assert all(" " <= sign <= "~" or sign == "\n" for sign in path.read_text(encoding="utf-8"))


def test_a_class_in_a_zip_speaks_no_louder(handed_in: Path, tmp_path: Path, course: Course, fairmark_: Run) -> None:
    archive, out = tmp_path / "\x1b]0;owned\x07<b>=1+1.zip", tmp_path / "out"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(handed_in.iterdir())[::4]:
            name = path.name.encode("utf-8", "replace").decode()
            zipped.writestr(name.replace("\\", "_"), path.read_bytes())
    result = fairmark_("grade", archive, "--out", out, "--course", course.root)
    seen(result, colour=False)
    assert {path.name for path in tmp_path.iterdir()} == {archive.name, "out"}
    assert all(is_file_name(path.name) for path in out.rglob("*"))


# --- one notebook -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*SAID[::4], "ada\nfairmark: everything passed"], ids=ascii)
def test_a_notebook_that_speaks_is_checked_like_any_other(
    text: str, tmp_path: Path, course: Course, colour: bool, fairmark_: Run
) -> None:
    path = tmp_path / f"{text}.ipynb"
    path.write_bytes(speaking_notebook(course, text.encode("utf-8", "replace").decode()))
    result = fairmark_("check", path, "--course", course.root, colour=colour)
    assert result.exit_code == 1
    seen(result, colour=colour)
    lines_in_columns(unstyled(result.out), COLUMNS)
    as_json = fairmark_("check", path, "--course", course.root, "--json", colour=colour)
    assert Report.model_validate_json(as_json.out).score == 0


@pytest.mark.parametrize("text", [*SAID, "ada\nfairmark: everything passed"], ids=ascii)
@pytest.mark.parametrize(
    ("content", "reason"), [(None, ": there is no such file"), (b"", ": is empty"), (b"<", ": is a web page")]
)
def test_a_file_that_cannot_be_read_has_its_name_on_one_line(
    text: str, content: bytes | None, reason: str, tmp_path: Path, course: Course, colour: bool, fairmark_: Run
) -> None:
    path = tmp_path / f"{text}.ipynb"
    if content is not None:
        path.write_bytes(content)
    result = fairmark_("check", path, "--course", course.root, colour=colour)
    assert (result.exit_code, result.out) == (2, "")
    assert {sequence[-1] for sequence in sequences(result.err)} <= {"m"} | {s[-1] for s in SEQUENCES_OF_PROGRESS}
    *_, said, remedy = unstyled(result.err).rstrip("\n").split("\n")
    assert said.startswith(f"fairmark: {tmp_path}/")
    assert reason in said
    assert remedy.endswith(".")
    assert in_order(said)


@pytest.mark.parametrize("text", [text.text for text in texts()][::4], ids=ascii)
@pytest.mark.parametrize("place", ["assignment", "language", "kernel", "kind of cell"])
def test_what_the_metadata_says_is_said_on_one_line(
    text: str, place: str, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    notebook = json.loads(course.assignment("compile_settings").notebook.read_bytes())
    metadata = notebook["metadata"]
    match place:
        case "assignment":
            metadata["fairmark"] = {"assignment": text}
        case "language":
            metadata["kernelspec"] = {"name": "x", "display_name": text, "language": text}
        case "kernel":
            metadata["kernelspec"] = {"name": text, "display_name": text}
            metadata["language_info"] = {"name": text}
        case _:
            notebook["cells"][0]["cell_type"] = text
    (tmp_path / "ada.ipynb").write_text(json.dumps(notebook))
    result = fairmark_("check", tmp_path / "ada.ipynb", "--course", course.root)
    assert (result.exit_code, result.out) == (2, "")
    named, *lines = unstyled(result.err).rstrip("\n").split("\n")
    assert named.startswith("Course: ")
    assert len(lines) == 2
    assert lines[0].startswith("fairmark: ")
    assert len(result.err) < 9000
    assert all(map(in_order, lines))


def test_a_sandbox_that_does_not_start_speaks_no_louder(
    tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch, fairmark_: Run
) -> None:
    scripted = Scripted("say('\\x1b]0;owned\\x07\\u202e[bold]broken[/bold]\\x9b2J'); sys.exit(1)")
    monkeypatch.setattr(fairmark.cli.check, "Pipeline", functools.partial(Pipeline, launcher=scripted))
    path = tmp_path / "ada.ipynb"
    path.write_bytes(speaking_notebook(course, HARMLESS))
    result = fairmark_("check", path, "--course", course.root)
    assert (result.exit_code, result.out) == (3, "")
    assert "[bold]broken[/bold]" in unstyled(result.err)
