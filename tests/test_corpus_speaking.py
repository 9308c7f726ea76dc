"""What students write is shown, and obeyed by nothing: every text of the corpus, in every place, in every output.

The judge puts what it is told into sentences and does nothing else with it, which is tested here too. So the places are
judged once, with marks in them, and each text then stands in a report where the marks stood.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console
from seen import Page, in_order, is_file_name, is_formula, lines_in_columns, sequences, unstyled
from speaking import HARMLESS, NOT_SHOWN, ON_PAGES_ONLY, SUBMISSIONS, Text, mark, say_instead, speaking_report, texts
from thorough import one_in

from fairmark.checks import Grader, load_grader
from fairmark.classroom.follow import steps_of
from fairmark.evidence import CellStarted, Evidence, Stamped
from fairmark.grading.judge import judge, put_off
from fairmark.notebook.sanitised import encodable
from fairmark.present.escape import csv_field, file_stem, one_line
from fairmark.present.files import evidence_json, report_files, report_json, report_name, write_files
from fairmark.present.gradebook import gradebook_text
from fairmark.present.html import report_page
from fairmark.present.progress import ClassProgress
from fairmark.present.table import show_class
from fairmark.present.terminal import show_report
from fairmark.present.wording import marks, percent
from fairmark.report import Report, Standing

GRADER = Path(__file__).resolve().parent.parent / "graders" / "horses_or_humans.py"

TEXTS = texts()
each_text = pytest.mark.parametrize("text", one_in(4, TEXTS), ids=lambda text: text.name)


@cache
def grader() -> Grader:
    return load_grader(GRADER)


def late(text: str) -> Report:
    """The report of what could not be marked through no fault of the student's, for a reason that names the file."""
    return put_off(SUBMISSIONS["not_run"](mark), grader(), f"{text}.ipynb: cannot be read")


@cache
def marked() -> Report:
    """A report with a mark in every place."""
    reports = [judge(make(mark), grader()) for make in SUBMISSIONS.values()]
    return speaking_report([*reports, late(mark("file"))])


@cache
def harmless() -> Report:
    return say_instead(marked(), HARMLESS)


def everywhere(text: Text) -> Report:
    return say_instead(marked(), text.text)


@cache
def scores() -> frozenset[str]:
    """All that stands beside a text as numbers."""
    parts = [marked(), *marked().exercises, *(check for exercise in marked().exercises for check in exercise.checks)]
    return frozenset(marks(part.score, part.max_score) for part in parts) | {percent(marked().percent)}


def cell_lines(report: Report, text: str) -> dict[int, str]:
    return {check.cell: text for exercise in report.exercises for check in exercise.checks if check.cell is not None}


# --- the expectations beside the texts --------------------------------------------------------------------------------


@each_text
def test_a_text_is_shown_as_the_corpus_says(text: Text) -> None:
    assert text.is_shown_as(one_line(text.text))
    assert text.is_field(csv_field(text.text))


@each_text
def test_a_name_becomes_a_file_name_as_the_corpus_says(text: Text) -> None:
    stem = file_stem(text.text)
    assert is_file_name(f"{stem}.json")
    if text.stem is None:
        assert stem == text.text
        return
    kept, _, digest = stem.rpartition("-")
    assert kept.startswith(text.stem) if text.is_long else kept == text.stem
    assert (len(digest), set(digest) <= set("0123456789abcdef")) == (12, True)


# --- terminals --------------------------------------------------------------------------------------------------------


def report_shown(report: Report, text: str, *, width: int, colour: bool) -> str:
    console = _console(width, colour)
    show_report(console, report, not_checked=[text], cell_lines=cell_lines(report, text))
    return _written(console)


def class_shown(report: Report, *, width: int, colour: bool) -> str:
    console = _console(width, colour)
    other = report.model_copy(update={"student": f"{report.student} and another"})
    show_class(console, [Standing.of(report), Standing.of(other)], elapsed_seconds=60)
    return _written(console)


def _console(width: int, colour: bool) -> Console:
    system = "256" if colour else None
    return Console(file=io.StringIO(), width=width, force_terminal=colour, color_system=system, legacy_windows=False)


def _written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@cache
def colours(what: str) -> set[str]:
    """What a terminal is told beside harmless words."""
    if what == "report":
        return sequences(report_shown(harmless(), HARMLESS, width=100, colour=True))
    return sequences(class_shown(harmless(), width=80, colour=True))


@each_text
def test_a_report_on_a_terminal_is_shown_and_obeyed_by_nothing(text: Text) -> None:
    report = everywhere(text)
    coloured = report_shown(report, text.text, width=100, colour=True)
    assert sequences(coloured) == colours("report")
    assert all(in_order(line, scores()) for line in lines_in_columns(unstyled(coloured), 100))


@pytest.mark.parametrize(
    "text", one_in(5, texts("terminal", "direction", "invisible", "long")), ids=lambda text: text.name
)
def test_a_report_in_a_narrow_pipe_is_shown_and_obeyed_by_nothing(text: Text) -> None:
    plain = report_shown(everywhere(text), text.text, width=36, colour=False)
    assert not sequences(plain)
    assert all(in_order(line, scores()) for line in lines_in_columns(unstyled(plain), 36))


@each_text
@pytest.mark.parametrize(("width", "colour"), [(80, True), (200, False)])
def test_a_class_on_a_terminal_is_shown_and_obeyed_by_nothing(text: Text, width: int, colour: bool) -> None:
    output = class_shown(everywhere(text), width=width, colour=colour)
    assert sequences(output) == (colours("class") if colour else set())
    assert all(in_order(line, scores()) for line in lines_in_columns(unstyled(output), width))


class Clock:
    """A second passes each time one looks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1.0
        return self.seconds


def followed(evidence: Evidence, report: Report, *, live: bool) -> str:
    """What is seen while it runs."""
    console = Console(file=io.StringIO(), width=100, force_terminal=live, color_system=None, legacy_windows=False)
    with ClassProgress(console, 2, clock=Clock()) as progress:
        with progress.run(report.student) as run:
            steps = steps_of(run)
            steps.cells(evidence.submission.cells)
            for stamped in evidence.run.events:
                steps.event(stamped)
        progress.finished(report)
    return _written(console)


def raising(text: str) -> Evidence:
    return SUBMISSIONS["errors"](lambda place: encodable(text))


@pytest.mark.parametrize("text", one_in(5, TEXTS), ids=lambda text: text.name)
def test_progress_is_shown_and_obeyed_by_nothing(text: Text) -> None:
    live = followed(raising(text.text), everywhere(text), live=True)
    # Names of several lines, wide ones and long ones are more lines to go up again and to clear.
    assert sequences(live) <= {"\r", "\x1b[?25l", "\x1b[?25h", "\x1b[2K", "\x1b[1A"}
    for sequence in sequences(live):
        live = live.replace(sequence, "\n")
    assert all(in_order(line, scores()) for line in lines_in_columns(unstyled(live), 100))
    [line] = unstyled(followed(raising(text.text), everywhere(text), live=False)).splitlines()
    assert in_order(line, scores())


def test_a_flood_of_events_is_not_drawn_one_by_one() -> None:
    cells = raising(HARMLESS).submission.cells
    console = _console(100, colour=True)
    with ClassProgress(console, 1, clock=lambda: 1.0) as progress, progress.run(HARMLESS) as run:
        steps = steps_of(run)
        steps.cells(cells)
        written = len(_written(console))
        for number in range(2000):
            steps.event(Stamped(at_seconds=1, event=CellStarted(cell=10**4000 + number)))
    assert len(_written(console)) < written + 100_000


# --- files ------------------------------------------------------------------------------------------------------------


@cache
def elements() -> list[object]:
    return [*Page(page_of(harmless(), HARMLESS)).tree]


def page_of(report: Report, text: str) -> str:
    return report_page(report, not_checked=[text], cell_lines=cell_lines(report, text))


@each_text
def test_a_page_has_the_elements_that_it_has_for_harmless_words(text: Text) -> None:
    html = page_of(everywhere(text), text.text)
    page = Page(html)
    assert page.tree == elements()
    assert "javascript:" not in "".join(value or "" for _, _, attributes in page.tree for _, value in attributes)
    assert all(sign.isprintable() or sign in "\n\t" for sign in html)
    assert text.is_long or " ".join(text.shown.split()) in " ".join(page.words)


@each_text
def test_a_gradebook_has_the_rows_and_columns_that_it_has_for_harmless_words(text: Text) -> None:
    report = everywhere(text)
    written = gradebook_text([*map(Standing.of, (report, harmless(), report))])
    rows = list(csv.reader(io.StringIO(written, newline="")))
    headings = next(csv.reader(io.StringIO(gradebook_text([Standing.of(harmless())]))))
    assert (len(rows), rows[0], {len(row) for row in rows}) == (4, headings, {len(headings)})
    assert (text.is_field(rows[1][0]), rows[2][0], rows[3][0]) == (True, HARMLESS, rows[1][0])
    # A spreadsheet of another locale parts a line elsewhere.
    parts = [part for line in written.split("\r\n") for sign in ",;\t|" for part in line.split(sign)]
    assert not any(map(is_formula, [*parts, *rows[1]]))
    assert all(sign.isprintable() or sign in "\r\n" for sign in written)


@each_text
def test_a_report_in_json_comes_back_and_shows_nothing_bare(text: Text) -> None:
    written = report_json(everywhere(text))
    assert _is_bare(written)
    spelled = text.text.encode("utf-8", "backslashreplace").decode("utf-8")
    assert Report.model_validate_json(written).model_dump() == say_instead(marked(), spelled).model_dump()
    assert json.loads(written)["student"] == spelled


@each_text
def test_evidence_in_json_comes_back_and_shows_nothing_bare(text: Text) -> None:
    evidence = SUBMISSIONS["wrong_answers"](lambda place: encodable(text.text))
    written = evidence_json(evidence)
    assert _is_bare(written)
    assert Evidence.model_validate_json(written) == evidence


def _is_bare(text: str) -> bool:
    return re.fullmatch(r"[ -~\n]*", text) is not None


@each_text
def test_the_files_of_a_report_stay_in_their_folder(text: Text, tmp_path: Path) -> None:
    report = harmless().model_copy(update={"student": text.text, "exercises": ()})
    folder = tmp_path / "out" / "reports"
    written = write_files(folder, report_files(report))
    assert sorted(path for path in tmp_path.rglob("*") if not path.is_dir()) == sorted(written)
    assert all(path.parent == folder and is_file_name(path.name) for path in written)


def test_no_two_texts_share_a_row_or_a_file() -> None:
    reports = [harmless().model_copy(update={"student": text.text, "exercises": ()}) for text in TEXTS]
    rows = list(csv.reader(io.StringIO(gradebook_text([*map(Standing.of, reports)]), newline="")))[1:]
    distinct = len({text.text for text in TEXTS})
    assert len({row[0] for row in rows}) == distinct
    assert len({report_name(report).casefold() for report in reports}) == distinct


# --- what the tests above rest on -------------------------------------------------------------------------------------

OPAQUE = ("refuted", "errors", "stumbles", "ends", "unreadable", "unprobed", "not_run")


@cache
def judged_with(name: str, *, harmless: bool) -> Report:
    """With marks in all places, or with harmless words."""
    return judge(SUBMISSIONS[name](lambda place: HARMLESS if harmless else mark(place)), grader())


@each_text
def test_the_judge_does_nothing_with_a_text_but_say_it(text: Text) -> None:
    heard = encodable(text.text)  # as everything is that comes in a file
    name = OPAQUE[TEXTS.index(text) % len(OPAQUE)]
    judged = judge(SUBMISSIONS[name](lambda place: heard), grader())
    spoken = say_instead(judged_with(name, harmless=False), heard[:5000] if name == "refuted" else heard)
    assert judged.model_dump() == spoken.model_dump()


@pytest.mark.parametrize("name", ["wrong_answers", "wrong_names"])
@pytest.mark.parametrize("text", TEXTS[::5], ids=lambda text: text.name)
def test_what_an_answer_is_called_moves_no_mark(name: str, text: Text) -> None:
    judged = judge(SUBMISSIONS[name](lambda place: encodable(text.text)), grader())
    reports = (judged, judged_with(name, harmless=True))
    one, other = ([(check.id, check.score) for e in report.exercises for check in e.checks] for report in reports)
    assert one == other


def places() -> Iterator[str]:
    for make in SUBMISSIONS.values():
        said: list[str] = []
        make(lambda place, said=said: said.append(place) or HARMLESS)  # type: ignore[misc, func-returns-value]
        yield from said
    yield from ("student", "file")


@pytest.mark.parametrize("place", sorted(set(places()) - {"first line"}))
def test_what_is_said_in_a_place_is_seen(place: str) -> None:
    terminal = report_shown(marked(), "", width=100, colour=False)
    found = [f"«{place}»" in _unwrapped(output) for output in (report_json(marked()), page_of(marked(), ""), terminal)]
    is_shown = place not in NOT_SHOWN
    assert found == [is_shown, is_shown, is_shown and place not in ON_PAGES_ONLY]


def _unwrapped(output: str) -> str:
    return " ".join(output.replace("│", " ").replace("\\u00ab", "«").replace("\\u00bb", "»").split())


@pytest.mark.parametrize(
    ("line", "is_as_it_was"),
    [("ada 1 / 3", True), ("ada \u05d0 1 / 3", False), ("ada \u05d0\u200e 1 / 3", True), ("\u05d0 ab, 1 / 3", True)],
)
def test_what_a_terminal_would_reorder_is_noticed(line: str, is_as_it_was: bool) -> None:
    assert in_order(line, ["1 / 3"]) == is_as_it_was
