"""Kept evidence: what is found again, by whom, and what never is."""

from __future__ import annotations

import ast
import gzip
import os
import platform
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from recorded import TRAINING, hidden, right_answer

from fairmark.batch.store import EvidenceStore, Key, versions
from fairmark.evidence import Cell, CellError, CellFinished, Evidence, RecorderFailed, RunOutcome
from fairmark.notebook.syntax import syntax_tree

SETTINGS: dict[str, object] = {"seed": 1}


def cell(source: str, **edits: Any) -> Cell:  # noqa: ANN401 - fields of Cell
    return Cell(**{"position": 1, "number": 1, "role": "added", "source": source, **edits})


def key(*sources: str, **edits: Any) -> Key:  # noqa: ANN401 - fields of Cell
    return Key.of([cell(source, **edits) for source in sources], SETTINGS)


# --- one meaning, written in many ways --------------------------------------------------------------------------------

CONSTANTS = st.one_of(
    st.integers(0, 10**6),
    st.floats(0, 1e6, allow_nan=False),
    st.booleans(),
    st.none(),
    st.text(st.characters(codec="utf-8"), max_size=8),
)
COMMENTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), max_size=12
)
CELLS = st.lists(
    st.tuples(st.sampled_from(["model", "steps", "x_1"]), st.lists(CONSTANTS, max_size=3)), min_size=1, max_size=4
)


@dataclass(frozen=True)
class Hand:
    """How somebody writes: before, between and behind what is written, and how strings are spelled."""

    comment: str = ""
    blank_lines: int = 0
    gap: str = ""
    spell: Callable[[object], str] = repr

    def write(self, statements: list[tuple[str, list[object]]]) -> str:
        lines = [
            f"{name}{self.gap}={self.gap}call({self.gap}"
            + f"{self.gap},{self.gap}".join(self.spell(constant) for constant in constants)
            + f"{self.gap}){self.gap}#{self.comment}"
            for name, constants in statements
        ]
        between = "\n" * (self.blank_lines + 1) + (f"#{self.comment}\n" if self.comment else "")
        return between + between.join(lines) + between


HANDS = st.builds(
    Hand, COMMENTS, st.integers(0, 3), st.sampled_from(["", " ", "\t", "  "]), st.sampled_from([repr, ascii])
)


@given(statements=CELLS, one=HANDS, other=HANDS)
@settings(deadline=None)
def test_formatting_and_comments_never_make_a_cell_another(
    statements: list[tuple[str, list[object]]], one: Hand, other: Hand
) -> None:
    assert key(one.write(statements)).like == key(other.write(statements)).like


@given(statements=CELLS.filter(lambda found: any(constants for _, constants in found)), hand=HANDS, data=st.data())
@settings(deadline=None)
def test_another_constant_always_does(
    statements: list[tuple[str, list[object]]], hand: Hand, data: st.DataObject
) -> None:
    places = [(row, column) for row, (_, constants) in enumerate(statements) for column in range(len(constants))]
    row, column = data.draw(st.sampled_from(places))
    before = statements[row][1][column]
    after = data.draw(CONSTANTS.filter(lambda constant: repr(constant) != repr(before)))
    changed = [(name, list(constants)) for name, constants in statements]
    changed[row][1][column] = after
    assert key(hand.write(statements)).like != key(hand.write(changed)).like


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = 'a'", "x = b'a'"),
        ("x = [1]", "x = (1,)"),
        ("x = 1", "y = 1"),
        ("if a:\n    b()\nc()", "if a:\n    b()\n    c()"),
        ("%matplotlib inline\nx = 1", "%matplotlib agg\nx = 1"),
        ("%time x = 1", "%time x = 2"),
        ("!ls", "!ls -a"),
        ("%%writefile a.py\nx = 1  # one", "%%writefile a.py\nx = 1  # two"),  # there a comment is content
        ("y = 1\n5", "y = 1\n5;"),  # IPython binds `_` to the first
        ("y = 1\n5", "y = 1\n5  \\\n;"),
        ("f'{x}'", "f'{y}'"),
        ("pwd", "# where\npwd"),  # in a cell of one line it is a magic
        ("reset: int = 3", "# again\nreset: int = 3"),
        ("pwd [0] = 1", "pwd [0] = 1  # or not"),
        ("In [1]: x = 5", "In[1]: x = 5"),  # a prompt is taken off
        ("x = '''\n>>> y'''", "x = '''\n\\x3e>> y'''"),
        ("x = '''\n  \n'''", "x = '''\n\\x20 \n'''"),  # and spaces out of a blank line
        ("x = f(\n% y)", "x = f(% y)"),
    ],
)
def test_what_runs_otherwise_is_another_cell(one: str, other: str) -> None:
    assert key(one).like != key(other).like


@pytest.mark.parametrize(
    ("one", "other"),
    [("x = 1;", "x = 1"), ("5  # the end; yet", "5"), ("x = '\u00e4'; 5", "x = '\u00e4'\n5"), ("5\n# ;", "5")],
)
def test_a_semicolon_counts_only_where_it_keeps_a_value_back(one: str, other: str) -> None:
    assert key(f"y = 1\n{one}").like == key(f"y = 1\n{other}").like


PIECES = ["x = 1", "pwd", "x", "reset: int = 3", "if x:\n    y = 2", "s = '''\n  \n'''", "s = '''\n\\x20 \n'''"]
PIECES += [
    "# c",
    "    # c",
    "",
    "   ",
    "#!true",
    "%time x",
    "!true",
    "x?",
    ">>> x",
    "... x",
    "f(\n% x)",
    "/ x",
    "\\",
    "x;",
]
WRITTEN = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("\n".join)


@given(one=WRITTEN, other=WRITTEN)
@settings(deadline=None)
def test_what_ipython_would_run_otherwise_is_another_cell(one: str, other: str) -> None:
    if key(one).like == key(other).like:
        assert as_run(one) == as_run(other)


@given(source=WRITTEN, comment=st.sampled_from(PIECES[8:11]), first=st.booleans())
@settings(deadline=None)
def test_a_comment_makes_no_other_cell_or_is_another_cell(source: str, comment: str, first: bool) -> None:
    other = f"{comment}\n{source}" if first else f"{source}\n{comment}"
    if key(source).like == key(other).like:
        assert as_run(source) == as_run(other)


def as_run(source: str) -> tuple[str | None, bool]:
    """What IPython makes of a cell before it runs it, and whether it would look for magics in it."""
    made = TransformerManager().transform_cell(source)
    tree = syntax_tree(made)
    word = re.match(r"\w*", made.strip())
    is_short = len(made.splitlines()) == 1 and word is not None and word[0] in ("pwd", "reset")
    return ast.dump(tree) if tree is not None else source, is_short


def test_numbers_of_thousands_of_digits_are_taken_as_they_are_written() -> None:
    long = "x = 0x" + "f" * 5000
    assert key(f"y = 1\n{long}").like != key(f"y = 1\n{long}  # another").like


def test_a_text_that_reads_like_what_is_kept_of_another_is_no_copy_of_it() -> None:
    assert key(f"tree {ast.dump(ast.parse('x = 1'))}").like != key("x = 1").like
    assert key(ast.dump(ast.parse("x = 1"))).like != key("x = 1").like


def test_text_that_no_parser_takes_is_taken_as_it_is() -> None:
    for wild in ("(" * 10_000, "x = '\ud800'", "x = 1\0", "9" * 5000, "-" * 100_000 + "1", "\n" * 400_000 + "%"):
        assert key(wild).like != key(f"{wild}  # another").like


def test_an_odd_escape_in_a_string_is_not_warned_of() -> None:
    assert key(r"x = '\d'").like == key(r"x = '\d'  # digits").like


# --- what else decides ------------------------------------------------------------------------------------------------


def test_cells_that_do_not_run_decide_nothing() -> None:
    assert key("x = 1") == Key.of([cell("x = 1"), cell("stub", touched=False)], SETTINGS)


@pytest.mark.parametrize("edits", [{"position": 2}, {"role": "exercise"}, {"exercise": "compile"}])
def test_the_same_text_in_another_place_is_another_run(edits: dict[str, Any]) -> None:
    assert key("x = 1").like != key("x = 1", **edits).like


def test_where_a_cell_ends_counts() -> None:
    assert key("a()\nb()").like != key("a()", "b()").like


def test_other_settings_are_another_run() -> None:
    one, other = (Key.of([cell("x = 1")], {"seed": seed}) for seed in (1, 2))
    assert one.like != other.like
    assert one.exact != other.exact


def test_the_exact_text_is_told_from_what_is_like_it() -> None:
    one, other = key("x = 1"), key("x = 1  # one")
    assert (one.like == other.like, one.exact == other.exact) == (True, False)


def test_the_interpreter_is_among_the_versions() -> None:
    assert versions()["python"] == platform.python_version()


# --- what is found ----------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "store")


def test_evidence_is_found_for_a_copy_and_says_nothing_of_whose_it_was(store: EvidenceStore) -> None:
    evidence = right_answer()
    store.keep(key("x = 1"), evidence)
    found = store.find(key("x  =  1  # copied"))
    assert found is not None
    assert found.submission.student == found.submission.assignment == found.submission.notebook_sha256 == ""
    assert found.submission.cells == ()
    assert found.model_copy(update={"submission": evidence.submission}) == evidence
    [entry] = store.folder.glob("*/*")
    assert evidence.submission.student not in gzip.decompress(entry.read_bytes()).decode()


def test_nothing_is_found_for_anything_else(store: EvidenceStore) -> None:
    assert store.find(key("x = 1")) is None
    store.keep(key("x = 1"), right_answer())
    assert store.find(key("x = 2")) is None


FITS = "x = 1\nmodel.fit(\n    x,\n    epochs=2)\ny = 2"


def raised_in(line: int | None, message: str = "no") -> Evidence:
    return right_answer(errors={TRAINING: CellError(type="ValueError", message=message, line=line)})


def lines_of(evidence: Evidence | None) -> list[int | None] | None:
    if evidence is None:
        return None
    events = (stamped.event for stamped in evidence.run.events)
    return [event.error.line for event in events if isinstance(event, CellFinished) and event.error]


@pytest.mark.parametrize(
    ("source", "line", "copy", "expected"),
    [
        (FITS, 2, FITS, 2),
        (FITS, 2, f"# mine\n\n{FITS}  # all of it", 4),
        (FITS, 4, FITS.replace("\n    epochs", "\n\n    # twice\n    epochs"), 6),
        ("x = f(\n  1)", 1, "x = f(\n\n  1)", 1),
        ("if x:\n    f(1)", 2, "if x: f(1)", 1),
        ("%time f(1)", 1, "%time f(1)", 1),
        (FITS, None, f"# mine\n{FITS}", None),
    ],
)
def test_an_error_of_a_copy_is_in_the_line_where_the_copy_has_it(
    source: str, line: int | None, copy: str, expected: int | None, store: EvidenceStore
) -> None:
    store.keep(key(source, position=TRAINING), raised_in(line))
    assert lines_of(store.find(key(copy, position=TRAINING))) == [expected]


@pytest.mark.parametrize(
    ("line", "message", "copy"),
    [
        (2, "no", FITS.replace("(\n    x,\n    epochs=2)", "(x, epochs=2)").replace("model.fit", "model .\\\nfit")),
        (1, "no", FITS.replace("x = 1", "x = \\\n1")),
        (99, "no", f"# mine\n{FITS}"),
        (2, 'in user code: File "<ipython-input-2>", line 2', f"# mine\n{FITS}"),
    ],
    ids=["its line is several there", "so is this one", "nothing is in the line", "the message says a line"],
)
def test_an_error_whose_line_is_not_sure_is_not_found_for_a_copy(
    line: int, message: str, copy: str, store: EvidenceStore
) -> None:
    store.keep(key(FITS, position=TRAINING), raised_in(line, message))
    assert store.find(key(copy, position=TRAINING)) is None
    assert lines_of(store.find(key(FITS, position=TRAINING))) == [line]
    store.keep(key(copy, position=TRAINING), raised_in(line, message))
    assert lines_of(store.find(key(copy, position=TRAINING))) == [line]


def test_what_a_killed_writer_has_left_is_removed_once_it_is_old(store: EvidenceStore) -> None:
    store.keep(key("x = 1"), right_answer())
    [entry] = store.folder.glob("*/*")
    old, new = entry.with_name(".old.tmp"), entry.with_name(".new.tmp")
    for left in (old, new):
        left.write_text("half")
    os.utime(old, (0, 0))
    assert store.prune() == 0
    assert sorted(entry.parent.iterdir()) == sorted([entry, new])


def test_a_folder_that_cannot_be_written_keeps_nothing_and_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("in the way")
    store = EvidenceStore(tmp_path / "store")
    store.keep(key("x = 1"), right_answer())
    assert store.find(key("x = 1")) is None


@pytest.mark.parametrize("outcome", ["timeout", "out_of_memory", "crashed", "output_limit", "not_run"])
def test_what_was_cut_short_is_not_kept(outcome: RunOutcome, store: EvidenceStore) -> None:
    store.keep(key("x = 1"), right_answer(outcome=outcome, until="compiled"))
    assert store.find(key("x = 1")) is None


@pytest.mark.parametrize(
    "evidence",
    [
        right_answer(also=[RecorderFailed(cell=TRAINING, where="fit", message="stumbled")]),
        right_answer(probe=hidden(problem="a model that cannot be rebuilt (more than 8.0 GiB of memory)")),
    ],
    ids=["recorder", "probe"],
)
def test_what_may_go_well_another_day_is_not_kept(evidence: Evidence, store: EvidenceStore) -> None:
    store.keep(key("x = 1"), evidence)
    assert store.find(key("x = 1")) is None


def test_half_a_surrogate_pair_does_not_keep_evidence_from_being_kept(store: EvidenceStore) -> None:
    store.keep(key("x = 1"), right_answer(printed={1: "\ud800"}))
    found = store.find(key("x = 1"))
    assert found is not None
    assert found.run.printed == {1: "\\ud800"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: b"no gzip",
        lambda data: data[:40] + bytes([data[40] ^ 255]) + data[41:],
        lambda data: gzip.compress(b"[]"),
        lambda data: gzip.compress(b'{"exact": 1}'),
        lambda data: gzip.compress(b'{"exact": "", "evidence": {"run": 5}}'),
    ],
)
def test_what_cannot_be_read_is_not_found_and_is_replaced(
    damage: Callable[[bytes], bytes], store: EvidenceStore
) -> None:
    store.keep(key("x = 1"), right_answer())
    [entry] = store.folder.glob("*/*")
    entry.write_bytes(damage(entry.read_bytes()))
    assert store.find(key("x = 1")) is None
    store.keep(key("x = 1"), right_answer())
    assert store.find(key("x = 1")) is not None


def test_a_fresh_batch_finds_only_what_it_has_kept_itself(tmp_path: Path) -> None:
    EvidenceStore(tmp_path).keep(key("x = 1"), right_answer())
    fresh = EvidenceStore(tmp_path, fresh=True)
    assert fresh.find(key("x = 1")) is None
    fresh.keep(key("x = 1"), right_answer())
    assert fresh.find(key("x = 1  # copied")) is not None


def test_who_wants_the_same_waits_for_what_the_first_leaves(store: EvidenceStore) -> None:
    found: list[Evidence | None] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with store.claimed(key("x = 1  # copied")):
            found.append(store.find(key("x = 1")))

    thread = threading.Thread(target=second)
    with store.claimed(key("x = 1")):
        thread.start()
        assert waiting.wait(10)
        with store.claimed(key("x = 2")):  # nobody waits for something else
            store.keep(key("x = 1"), right_answer())
    thread.join()
    assert found[0] is not None


# --- how much is kept -------------------------------------------------------------------------------------------------


def test_what_has_not_been_used_for_longest_goes_first(store: EvidenceStore) -> None:
    keys = [key(f"x = {number}") for number in range(4)]
    for number, one in enumerate(keys):
        store.keep(one, right_answer())
        os.utime(store.folder / one.like[:2] / f"{one.like}.json.gz", (1000 + number, 1000 + number))
    assert store.find(keys[0]) is not None  # of use again
    size_bytes = store.size_bytes()
    assert store.prune(size_bytes) == 0
    assert store.prune(size_bytes * 6 // 10) == 2
    assert [store.find(one) is not None for one in keys] == [True, False, False, True]
    assert store.size_bytes() <= size_bytes * 6 // 10
    assert store.prune(0) == 2
    assert store.size_bytes() == 0


def test_a_store_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "none")
    assert (store.size_bytes(), store.prune(0), store.find(key("x = 1"))) == (0, 0, None)
