"""One report as a web page."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from fairmark.present.curve import Curve
from fairmark.present.html import report_page
from fairmark.report import CheckResult, Report

# Nothing but what the template itself is made of.
_TAGS = """
    html head meta title style body main header div p h1 h2 h3 aside b bdi em section span ul li dl dt dd code figure
    figcaption svg line text polyline circle rect strong footer
"""
_ATTRIBUTES = """
    lang charset http-equiv content name class dir id aria-hidden aria-labelledby aria-label role viewbox
    x y x1 x2 y1 y2 cx cy r width height points text-anchor
"""
VOID = {"meta"}


class Page(HTMLParser):
    """Tags, attributes and text; fails on a tag that is closed out of order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.labels += [value or "" for name, value in attrs if name == "aria-labelledby"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture
def hostile_page(hostile_report: Report, hostile_text: str, curve: Curve) -> str:
    return report_page(hostile_report, curve=curve, not_checked=(hostile_text,), cell_lines={3: hostile_text})


def test_a_small_report_reads_as_it_should(small_report: Report, cell_lines: dict[int, str]) -> None:
    assert Page(report_page(small_report, cell_lines=cell_lines)).text == (
        "ada: horses_or_humans horses_or_humans ada Ran to its end · 42 s · 1.9 GB at its peak 1 / 2.5 "
        "40.0% · partly right "
        "Next step Go to cell 12, “Compile the model”. Not right yet: The loss fits one sigmoid neuron. "
        "model.compile(loss='mse', Hint: Two classes, one output: which cross-entropy? "
        "◐ Compile the model partly right 1 / 2.5 "
        "✓ RMSprop is used (passed) 1 / 1 "
        "✗ The loss fits one sigmoid neuron (not right yet) The loss is mse. Found mse Expected binary_crossentropy "
        "Cell 12 model.compile(loss='mse', Hint: Two classes, one output: which cross-entropy? 0 / 1.5 "
        f"Notebook SHA-256 {'3f' * 32} Confined by nothing Computed in float32"
    )


def test_every_part_of_a_report_is_on_the_page(mixed_report: Report, curve: Curve) -> None:
    text = Page(report_page(mixed_report, curve=curve, not_checked=("Accuracy on hidden pictures",))).text
    for part in (
        "Not attempted yet",
        "witnesses disagree : The history says 0.99, hidden pictures say 0.51. (cell 14)",
        "Not checked this time Accuracy on hidden pictures",
        "training validation · 15 epochs of 1 to 8 steps. As the notebook measured it; no mark rests on it.",
        "Confined by landlock 7, namespaces, rlimits",
        "Software keras 3.15.1 , tensorflow 2.21.0",
    ):
        assert part.replace(" :", ":") in text.replace(" :", ":")


def test_the_page_runs_nothing_and_fetches_nothing(mixed_report: Report) -> None:
    page = report_page(mixed_report)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    for outside in ("http:", "https:", "src=", "href=", "url(", "@import"):
        assert outside not in page


def test_hostile_text_adds_no_tag_and_no_attribute(hostile_page: str) -> None:
    page = Page(hostile_page)
    assert page.tags <= set(_TAGS.split())
    assert page.attributes <= set(_ATTRIBUTES.split())
    assert "<script>alert(1)</script>" in page.text
    assert "{{7*7}}" in page.text


def test_hostile_text_holds_no_control_and_no_change_of_direction(hostile_page: str) -> None:
    assert not set("\x1b\x07\x08\r\x00\x9b\u202e\u2066\u200b\u2028\ud800") & set(hostile_page)
    assert len(hostile_page) < 60_000


def test_headings_label_their_sections_and_ids_are_unique(mixed_report: Report, curve: Curve) -> None:
    page = Page(report_page(mixed_report, curve=curve, not_checked=("Accuracy",)))
    assert sorted(page.labels) == sorted(page.ids)
    assert len(set(page.ids)) == len(page.ids)


@pytest.mark.parametrize("values", [(0.5,), (None, 0.2), (None, None, 0.0), tuple(n / 500 for n in range(500))])
def test_the_curve_is_drawn_from_numbers_alone(full_report: Report, values: tuple[float | None, ...]) -> None:
    page = Page(report_page(full_report, curve=Curve(values, (None,) * len(values), (8,) * len(values))))
    assert "svg" in page.tags
    assert "validation ·" not in page.text


def test_a_curve_of_very_many_epochs_is_no_larger_than_can_be_seen(full_report: Report) -> None:
    values = tuple(n / 50_000 for n in range(50_000))
    html = report_page(full_report, curve=Curve(values, values, (8,) * len(values)))
    assert len(html) < 40_000
    assert "50000 epochs" in html


def test_software_without_end_is_cut_short(full_report: Report) -> None:
    software = {f"package {n}": "1.0" for n in range(1000)}
    html = report_page(
        full_report.model_copy(update={"run": full_report.run.model_copy(update={"software": software})})
    )
    assert html.count("<bdi>") == 20


def test_an_unreadable_submission_has_a_page_too(full_report: Report) -> None:
    run = full_report.run.model_copy(update={"outcome": "unreadable"})
    text = Page(report_page(full_report.model_copy(update={"run": run, "exercises": ()}))).text
    assert "The file could not be read" in text
    assert "Confined by" not in text


def test_an_error_that_several_checks_came_upon_is_told_once(small_report: Report) -> None:
    checks = tuple(
        CheckResult(
            id=name, title=name, outcome="error", score=0, max_score=1, message="It raised.", found="E: x", cell=9
        )
        for name in ("loss", "optimizer", "metrics")
    )
    exercise = small_report.exercises[0].model_copy(update={"checks": checks, "outcome": "error"})
    page = report_page(small_report.model_copy(update={"exercises": (exercise,)}))
    assert (page.count("It raised."), page.count("As above."), page.count("E: x")) == (1, 2, 0)


def test_what_nobody_has_begun_has_one_hint_on_the_page_and_none_of_its_code(small_report: Report) -> None:
    checks = tuple(
        CheckResult(id=name, title=name, outcome="unattempted", score=0, max_score=1, cell=9, hint="Of a check.")
        for name in ("loss", "optimizer")
    )
    exercise = small_report.exercises[0].model_copy(
        update={"checks": checks, "outcome": "unattempted", "hint": "Begin here."}
    )
    page = report_page(small_report.model_copy(update={"exercises": (exercise,)}), cell_lines={9: "raise Stub"})
    assert [page.count(text) for text in ("Begin here.", "Of a check.", "raise Stub", "Not attempted yet.")] == [
        1,
        0,
        0,
        1,
    ]


def test_the_page_says_which_file_it_is_about(small_report: Report) -> None:
    named = small_report.model_copy(update={"file": "ida/week <4>/work (1).ipynb"})
    assert "ida/week &lt;4&gt;/work (1).ipynb" in report_page(named)
    assert report_page(small_report).count('dir="auto"') == report_page(named).count('dir="auto"') - 1
