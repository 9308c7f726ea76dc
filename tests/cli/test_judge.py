"""``fairmark judge``: what was recorded and the grader script of now make a report; nothing is run."""

from __future__ import annotations

import csv
import json
from contextlib import closing
from pathlib import Path

import pytest
from commands import Run, is_report
from scripted import Scripted
from tiny import tiny_course

from fairmark.classroom.ledger import Ledger
from fairmark.course import Course


@pytest.fixture
def own(tmp_path: Path) -> Course:
    """A course whose grader scripts may be changed."""
    return tiny_course(tmp_path / "course", "compile_settings")


@pytest.fixture
def out(tmp_path: Path, folder: Path, own: Course, fairmark_: Run, launcher: Scripted) -> Path:
    """A class that was graded; whatever is run after that fails."""
    fairmark_("grade", folder, "--out", tmp_path / "out", "--course", own.root)
    launcher.program = "sys.exit(1)"
    launcher.jobs.clear()
    return tmp_path / "out"


def expect_mse(course: Course) -> None:
    grader = course.assignment("compile_settings").grader
    grader.write_text(grader.read_text().replace('to_be("binary_crossentropy")', 'to_be("mse")'))


def evidence_of(out: Path, student: str) -> Path:
    return out / "evidence" / f"{student}.compile_settings.json"


def scores(out: Path) -> dict[str, str]:
    with (out / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        return {row["student"]: row["score"] for row in csv.DictReader(file)}


def test_one_file_is_shown_as_its_report(out: Path, own: Course, fairmark_: Run, launcher: Scripted) -> None:
    result = fairmark_("judge", evidence_of(out, "ada"), "--course", own.root)
    assert result.exit_code == 0
    assert "Compile the model" in result.out
    assert "3 / 3" in result.out
    assert launcher.jobs == []


def test_the_grader_script_is_that_of_now(out: Path, own: Course, fairmark_: Run) -> None:
    expect_mse(own)
    result = fairmark_("judge", evidence_of(out, "ada"), "--course", own.root, "--json")
    report = json.loads(result.out)
    assert (result.exit_code, report["score"], report["max_score"]) == (1, 1, 3)
    assert report["exercises"][0]["checks"][0]["expected"] == "mse"


def test_nothing_changed_gives_the_same_report(out: Path, own: Course, fairmark_: Run) -> None:
    for student in ("ada", "ben", "eve"):
        result = fairmark_("judge", evidence_of(out, student), "--course", own.root, "--json")
        assert result.out == (out / "reports" / f"{student}.compile_settings.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ["evidence", "."])
def test_a_folder_is_a_table(place: str, out: Path, own: Course, fairmark_: Run) -> None:
    result = fairmark_("judge", out / place, "--course", own.root)
    assert result.exit_code == 1
    assert all(student in result.out for student in ("ada", "ben", "eve"))
    assert "1 of 3 passed" in result.out
    listed = json.loads(fairmark_("judge", out / place, "--course", own.root, "--json").out)
    assert [report["student"] for report in listed] == ["ada", "ben", "eve"]


def test_all_writes_reports_and_gradebook_anew(out: Path, own: Course, fairmark_: Run) -> None:
    before = sorted(path.relative_to(out) for path in out.rglob("*"))
    assert scores(out) == {"ada": "3", "ben": "0", "eve": "0"}
    expect_mse(own)
    result = fairmark_("judge", "--all", out, "--course", own.root)
    assert result.exit_code == 1
    assert "Written anew" in result.err
    assert scores(out) == {"ada": "1", "ben": "0", "eve": "0"}
    report = json.loads((out / "reports" / "ada.compile_settings.json").read_text(encoding="utf-8"))
    assert report["score"] == 1
    assert sorted(path.relative_to(out) for path in out.rglob("*")) == before


def test_all_leaves_out_who_has_left_the_class_and_keeps_its_order(
    folder: Path, out: Path, own: Course, fairmark_: Run
) -> None:
    (folder / "eve.ipynb").unlink()
    fairmark_("grade", folder / "ben.ipynb", folder / "ada.ipynb", "--out", out, "--course", own.root)
    assert list(scores(out)) == ["ben", "ada"]
    expect_mse(own)
    listed = json.loads(fairmark_("judge", "--all", out, "--course", own.root, "--json").out)
    assert [report["student"] for report in listed] == ["ben", "ada"]
    assert scores(out) == {"ben": "0", "ada": "1"}
    assert evidence_of(out, "eve").is_file()


def test_all_waits_for_no_batch_that_is_writing_there(out: Path, own: Course, fairmark_: Run) -> None:
    with closing(Ledger(out / "ledger.sqlite")):
        result = fairmark_("judge", "--all", out, "--course", own.root)
    assert (result.exit_code, result.out) == (3, "")
    assert "ledger.sqlite: another batch is writing there" in result.err


def test_all_takes_all_there_is_where_no_ledger_says_who_is_in_the_class(
    out: Path, own: Course, fairmark_: Run
) -> None:
    (out / "ledger.sqlite").unlink()
    expect_mse(own)
    fairmark_("judge", "--all", out, "--course", own.root)
    assert scores(out) == {"ada": "1", "ben": "0", "eve": "0"}


def test_what_was_put_off_stays_so(
    folder: Path, tmp_path: Path, own: Course, fairmark_: Run, launcher: Scripted
) -> None:
    launcher.program = "sys.exit(1)"
    fairmark_("grade", folder, "--out", tmp_path / "out", "--course", own.root)
    result = fairmark_("judge", evidence_of(tmp_path / "out", "ada"), "--course", own.root, "--json")
    report = json.loads(result.out)
    assert (result.exit_code, report["outcome"]) == (3, "needs_attention")
    assert report["flags"][0]["kind"] == "not_marked"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<html>", "is not evidence: Invalid JSON"),
        ("{}", "is not evidence: submission: Field required"),
        ("\xff", "is not evidence: Invalid JSON"),
        ("[" * 100_000, "is not evidence: Invalid JSON"),
    ],
)
def test_what_is_no_evidence_exits_with_2_and_its_name(
    content: str, said: str, own: Course, tmp_path: Path, fairmark_: Run
) -> None:
    path = tmp_path / "ada.json"
    path.write_bytes(content.encode("latin-1"))
    result = fairmark_("judge", path, "--course", own.root)
    assert (result.exit_code, result.out) == (2, "")
    assert f"fairmark: {path}: {said}" in result.err


def test_an_unknown_assignment_exits_with_2_and_the_files_name(out: Path, own: Course, fairmark_: Run) -> None:
    path = evidence_of(out, "ada")
    path.write_text(path.read_text().replace('"compile_settings"', '"compile_setings"'))
    result = fairmark_("judge", path, "--course", own.root)
    assert (result.exit_code, result.out) == (2, "")
    assert f"fairmark: {path}: " in result.err
    assert "Did you mean 'compile_settings'?" in result.err


def test_a_grader_script_that_cannot_be_loaded_exits_with_2_and_leaves_the_gradebook(
    out: Path, own: Course, fairmark_: Run
) -> None:
    grader = own.assignment("compile_settings").grader
    grader.write_text(grader.read_text().replace("points=2", "points=zwei"))
    result = fairmark_("judge", "--all", out, "--course", own.root)
    assert (result.exit_code, result.out) == (2, "")
    assert f"fairmark: {grader}:9: NameError" in result.err
    assert scores(out)["ada"] == "3"


@pytest.mark.parametrize("words", [[], ["a.json", "--all", "out"]])
def test_files_or_a_whole_folder_are_asked_for(words: list[str], own: Course, fairmark_: Run) -> None:
    result = fairmark_("judge", *words, "--course", own.root)
    assert (result.exit_code, result.out) == (2, "")
    assert "judge takes files of evidence or --all OUT" in result.err


def test_places_without_evidence_exit_with_2(own: Course, tmp_path: Path, fairmark_: Run) -> None:
    for words, said in (
        ([tmp_path / "none"], "none: there is no such file or folder"),
        ([tmp_path], "no evidence in it"),
        (["--all", tmp_path], "evidence: there is no such folder"),
    ):
        result = fairmark_("judge", *words, "--course", own.root)
        assert (result.exit_code, result.out) == (2, "")
        assert said in result.err


def test_json_has_the_keys_of_the_contract(out: Path, own: Course, fairmark_: Run) -> None:
    assert is_report(json.loads(fairmark_("judge", evidence_of(out, "eve"), "--course", own.root, "--json").out))


def test_several_files_of_a_student_are_mentioned_again(
    folder: Path, tmp_path: Path, own: Course, fairmark_: Run, launcher: Scripted
) -> None:
    for name in ("work.ipynb", "work (1).ipynb"):
        (folder / "ida").mkdir(exist_ok=True)
        (folder / "ida" / name).write_bytes((folder / "ada.ipynb").read_bytes())
    fairmark_("grade", folder, "--out", tmp_path / "two", "--course", own.root)
    before = (tmp_path / "two" / "gradebook.csv").read_bytes()
    result = fairmark_("judge", "--all", tmp_path / "two", "--course", own.root)
    assert "Several files: ida (2 for compile_settings)." in result.out
    assert (tmp_path / "two" / "gradebook.csv").read_bytes() == before


def test_all_exports_what_was_judged_anew(out: Path, own: Course, fairmark_: Run) -> None:
    expect_mse(own)
    result = fairmark_("judge", "--all", out, "--course", own.root, "--export", "gradebook", "--export", "html")
    assert result.exit_code == 1
    assert f"Exported: {out / 'exports' / 'html'}" in result.err
    assert (out / "exports" / "gradebook" / "gradebook.csv").read_bytes() == (out / "gradebook.csv").read_bytes()
    for page in (out / "exports" / "html").iterdir():
        assert page.read_bytes() == (out / "reports" / page.name).read_bytes()


def test_only_a_whole_folder_is_exported(out: Path, own: Course, fairmark_: Run) -> None:
    result = fairmark_("judge", evidence_of(out, "ada"), "--course", own.root, "--export", "html")
    assert result.exit_code == 2
    assert "--export goes with --all OUT" in result.err


def test_an_unknown_format_changes_nothing(out: Path, own: Course, fairmark_: Run) -> None:
    before = (out / "gradebook.csv").read_bytes()
    expect_mse(own)
    result = fairmark_("judge", "--all", out, "--course", own.root, "--export", "htm")
    assert result.exit_code == 2
    assert "There is no exporter called 'htm'. Known: gradebook, html, json" in result.err
    assert (out / "gradebook.csv").read_bytes() == before
