"""Bytes in, a notebook of format 4 or UnreadableNotebook out."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmark.errors import UnreadableNotebook
from fairmark.notebook import parse
from fairmark.notebook.parse import parse_notebook


def cell(source: object = "x = 1", **fields: object) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "execution_count": None, "outputs": []} | fields


def notebook(*cells: object, **fields: object) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | fields).encode()


def refused(data: bytes) -> UnreadableNotebook:
    with pytest.raises(UnreadableNotebook) as caught:
        parse_notebook(data, path="anna.ipynb")
    return caught.value


def test_a_notebook_of_format_4_comes_back_with_its_texts() -> None:
    parsed = parse_notebook(notebook(cell("a = 1"), {"cell_type": "markdown", "source": ["# T", "itle"]}), path="n")
    assert [one.source for one in parsed.cells] == ["a = 1", "# Title"]
    nbformat.validate(parsed)


def test_the_message_names_the_file_and_the_remedy_says_what_to_do() -> None:
    error = refused(notebook(cell())[:-20])
    assert error.message.startswith("anna.ipynb: breaks off or is damaged at line 1")
    assert error.remedy == "Download it again from Jupyter: File > Download."


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"import math", "is text, but not a notebook"),
        (b"nothing at all", "is text, but not a notebook"),
        (b"[1, 2]", "is JSON, but not a notebook"),
        (b'{"cells": []}', "is JSON, but not a notebook"),
        (b'{"nbformat": true, "cells": []}', "is JSON, but not a notebook"),
        (b'{"nbformat": 4}', "it has no list of cells"),
        (b'{"nbformat": 3, "worksheets": [4]}', "it has no list of cells"),
        (b'{"nbformat": 1, "cells": []}', "format 1, which is too old"),
        (b'{"nbformat": 5, "cells": []}', "format 5, which is newer than 4"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"nbformat": ' + b"4" * 5_000 + b"}", "is JSON, but not a notebook"),
        (notebook("x"), "cell 1 is not a notebook cell"),
        (notebook(cell(cell_type=["code"])), "cell 1 is not a notebook cell"),
        (notebook(cell(), cell(source=7)), "the content of cell 2 is not text"),
        (notebook(cell(source=["a", 7])), "the content of cell 1 is not text"),
    ],
)
def test_what_is_not_a_notebook_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    assert reason in refused(data).reason


def test_a_byte_order_mark_is_accepted() -> None:
    assert parse_notebook(b"\xef\xbb\xbf" + notebook(cell("a")), path="n").cells[0].source == "a"


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}, "R"),
        ({"kernelspec": {"name": "ir", "display_name": "R"}}, "R"),
        ({"kernelspec": {"name": "julia-1.11", "display_name": "Julia"}}, "Julia"),
        ({"language_info": {"name": "julia"}}, "julia"),
    ],
)
def test_a_notebook_for_another_language_is_refused(metadata: dict[str, Any], language: str) -> None:
    assert refused(notebook(metadata=metadata)).reason == f"is a notebook for {language}, not for Python"


def test_the_kernel_decides_on_the_language_not_what_an_earlier_one_left() -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    parse_notebook(notebook(metadata={"kernelspec": kernel, "language_info": {"name": "R"}}), path="n")


@pytest.mark.parametrize("version", [2, 3])
def test_formats_2_and_3_are_converted(version: int) -> None:
    cells = [
        {"cell_type": "code", "input": ["a = 1\n", "b = 2"], "language": "python", "outputs": [{}], "collapsed": False},
        {"cell_type": "heading", "source": "Title", "level": 2},
    ]
    data = json.dumps({"nbformat": version, "metadata": {}, "worksheets": [{"cells": cells}, {"cells": []}]}).encode()
    parsed = parse_notebook(data, path="old.ipynb")
    assert [(one.cell_type, one.source) for one in parsed.cells] == [("code", "a = 1\nb = 2"), ("markdown", "## Title")]
    nbformat.validate(parsed)


@pytest.mark.parametrize("level", [10**12, 2.0, "2", None])
def test_a_heading_of_no_real_level_is_one_of_level_1(level: object) -> None:
    heading = {"cell_type": "heading", "source": "Title", "level": level}
    data = json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [heading]}]}).encode()
    assert parse_notebook(data, path="n").cells[0].source == "# Title"


def test_missing_repeated_and_malformed_ids_are_replaced_the_same_way_each_time() -> None:
    data = notebook(cell(), cell(id="a"), cell(id="a"), cell(id="no spaces"), cell(id=3), cell(id="001"))
    assert [one.id for one in parse_notebook(data, path="n").cells] == ["002", "a", "003", "004", "005", "001"]


def test_outputs_and_unknown_metadata_are_left_behind_even_where_they_are_broken() -> None:
    metadata = {"collapsed": "yes", "tags": ["a", 1, "a"], "nbgrader": {"grade_id": "x", "points": [1], "locked": []}}
    kept = parse_notebook(notebook(cell(outputs=7, metadata=metadata), metadata={"widgets": 1}), path="n")
    assert kept.cells[0].outputs == []
    assert kept.cells[0].metadata == {"nbgrader": {"grade_id": "x"}, "tags": ["a"]}
    assert kept.metadata == {}


def test_line_ends_become_newlines_and_lone_surrogates_question_marks() -> None:
    assert parse_notebook(notebook(cell("a\r\nb\rc\ud800")), path="n").cells[0].source == "a\nb\nc?"


@pytest.mark.parametrize("end", ["\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_other_characters_that_ipython_ends_a_line_at_end_none(end: str) -> None:
    hidden = f"steps = 8  # c{end}!true{end}steps = 0\n{end}other = 2"
    source = parse_notebook(notebook(cell(hidden)), path="n").cells[0].source
    assert source == "steps = 8  # c !true steps = 0\nother = 2"
    assert source.splitlines() == source.split("\n")


def test_integers_of_too_many_digits_and_numbers_that_are_none_do_no_harm_in_outputs() -> None:
    data = notebook(cell(outputs=["HUGE", float("nan"), float("-inf")])).replace(b'"HUGE"', b"7" * 5_000 + b", 12")
    assert parse_notebook(data, path="n").cells[0].source == "x = 1"


def test_of_fields_that_are_there_twice_the_last_counts_as_in_jupyter() -> None:
    data = notebook(cell("last")).replace(b'{"nbformat"', b'{"cells": 7, "nbformat"', 1)
    assert parse_notebook(data, path="n").cells[0].source == "last"


def test_names_longer_than_any_are_cut() -> None:
    metadata = {"nbgrader": {"grade_id": "g" * 1_000}}
    parsed = parse_notebook(
        notebook(cell(metadata=metadata), metadata={"fairmark": {"assignment": "a" * 10**6}}), path="n"
    )
    assert parsed.metadata.fairmark.assignment == "a" * 200
    assert parsed.cells[0].metadata.nbgrader.grade_id == "g" * 200


@pytest.mark.parametrize("kernel", [{"name": 7}, {"name": ["ir"]}, {"language": 3}, [], "R"])
def test_a_kernel_that_is_not_named_is_no_reason_to_refuse(kernel: object) -> None:
    parse_notebook(notebook(metadata={"kernelspec": kernel}), path="n")


def test_too_many_code_cells_are_refused() -> None:
    assert refused(notebook(*[cell("")] * 2_001)).reason == "has 2001 code cells, and 2000 is the limit"


def test_too_many_cells_of_any_kind_are_refused() -> None:
    many = [{"cell_type": "markdown", "source": ""}] * 10_001
    assert refused(notebook(*many)).reason == "has 10001 cells, and 10000 is the limit"


def test_too_much_code_is_refused() -> None:
    assert "holds 500001 characters of code" in refused(notebook(cell("x" * 500_001))).reason


def test_too_many_brackets_are_refused_before_they_become_objects() -> None:
    data = b'{"nbformat": 4, "x": [' + b"{}," * parse.MAX_PARTS
    assert refused(data).reason == "has 2000002 opening brackets, and 2000000 is the limit"


def test_too_many_bytes_are_refused() -> None:
    assert refused(b" " * (parse.MAX_FILE_BYTES + 1)).reason == "has 100.0 MiB, and 100 MiB is the limit"


# --- whatever the bytes -----------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
MAYBE_CELLS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | JSON,
            "source": st.text() | st.lists(st.text(max_size=5), max_size=3) | JSON,
            "input": st.text() | JSON,
            "level": JSON,
            "id": st.text(max_size=3) | JSON,
            "metadata": st.fixed_dictionaries({"nbgrader": JSON, "tags": JSON}) | JSON,
            "attachments": st.dictionaries(st.text(max_size=3), JSON, max_size=2) | JSON,
            "outputs": JSON,
        },
    )
    | JSON,
    max_size=4,
)
MAYBE_NOTEBOOKS = st.fixed_dictionaries(
    {"nbformat": st.integers(1, 5) | JSON},
    optional={
        "nbformat_minor": JSON,
        "metadata": st.fixed_dictionaries({"kernelspec": JSON, "fairmark": JSON, "language_info": JSON}) | JSON,
        "cells": MAYBE_CELLS | JSON,
        "worksheets": st.lists(st.fixed_dictionaries({"cells": MAYBE_CELLS}) | JSON, max_size=2) | JSON,
    },
)


def parses_or_is_refused(data: bytes) -> None:
    try:
        parsed = parse_notebook(data, path="n.ipynb")
    except UnreadableNotebook:
        return
    nbformat.validate(parsed)
    nbformat.writes(parsed).encode()


@given(st.binary())
def test_random_bytes_parse_or_are_refused(data: bytes) -> None:
    parses_or_is_refused(data)


@given(JSON | MAYBE_NOTEBOOKS)
def test_random_json_parses_or_is_refused(document: object) -> None:
    parses_or_is_refused(json.dumps(document).encode())


@settings(max_examples=200)
@given(data=st.data())
def test_a_damaged_notebook_parses_or_is_refused(released: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(released)))
    end = data.draw(st.integers(start, min(len(released), start + 200)))
    put = data.draw(st.binary(max_size=20) | st.sampled_from([b"", b"null", b"[", b"{}", b'"', b"\\ud800"]))
    parses_or_is_refused(released[:start] + put + released[end:])
