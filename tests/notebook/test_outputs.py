"""Outputs are thrown away before anything is made of them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import one_in

from fairmark.errors import UnreadableNotebook
from fairmark.notebook import outputs
from fairmark.notebook.opening import MAX_FILE_BYTES, MAX_KEPT_BYTES
from fairmark.notebook.outputs import without_outputs
from fairmark.notebook.parse import parse_notebook

MIB = 2**20

KEYS = st.sampled_from(["cells", "outputs", "worksheets", "metadata", "widgets", "source", "", 'a"b', "\\", "{[:,"])
TEXTS = st.one_of(KEYS, st.text(max_size=5))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)
OUTPUTS = st.dictionaries(st.sampled_from(["outputs", "source", "metadata"]), VALUES, max_size=3)
NOTEBOOKS = st.fixed_dictionaries(
    {},
    optional={
        "cells": st.lists(OUTPUTS, max_size=4),
        "worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(OUTPUTS, max_size=2)}), max_size=2),
        "metadata": st.dictionaries(TEXTS, VALUES, max_size=3) | VALUES,
        "other": VALUES,
    },
)


def emptied(value: Any, place: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - any JSON
    """What the bytes should say afterwards, worked out on the objects."""
    places = {("cells", "", "outputs"): [], ("worksheets", "", "cells", "", "outputs"): [], ("metadata", "widgets"): {}}
    if place in places and isinstance(value, dict | list):
        return places[place]
    if isinstance(value, dict):
        return {key: emptied(item, (*place, key)) for key, item in value.items()}
    return [emptied(item, (*place, "")) for item in value] if isinstance(value, list) else value


@given(NOTEBOOKS | VALUES, st.sampled_from([None, 1]), st.booleans())
def test_nothing_but_outputs_is_taken_out(value: Any, indent: int | None, ascii_only: bool) -> None:  # noqa: ANN401
    found = without_outputs(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace"))
    assert found is not None
    expected = json.loads(json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "replace"))
    assert json.loads(found) == emptied(expected)


@given(st.binary(max_size=60) | st.text('{}[]":,\\ cells', max_size=60).map(str.encode))
def test_any_bytes_come_back_or_are_said_to_be_no_json(data: bytes) -> None:
    found = without_outputs(data)
    assert found is None or isinstance(found, bytes)


@given(NOTEBOOKS, st.data())
@settings(max_examples=50)
def test_what_breaks_off_never_becomes_a_notebook(value: Any, data: st.DataObject) -> None:  # noqa: ANN401
    text = json.dumps(value).encode()
    found = without_outputs(text[: data.draw(st.integers(1, max(len(text) - 1, 1)))])
    if found is not None and len(text) > 2:
        with pytest.raises(ValueError, match=r"line 1|Expecting|Unterminated|Extra"):
            json.loads(found)


def test_a_key_that_is_given_twice_is_emptied_twice() -> None:
    assert without_outputs(b'{"cells": [{"outputs": [1], "source": "a", "outputs" : [2]}]}') == (
        b'{"cells": [{"outputs":[], "source": "a", "outputs" :[]}]}'
    )


@pytest.mark.parametrize(
    "hostile",
    one_in(
        8,
        [
            b'{"cells": [' + b'"' + b'\\"' * 2_000_000,
            b'{"a": "' + b"\\" * 4_000_001,
            b"[" * 4_000_000,
            b"{" * 4_000_000 + b"}" * 4_000_000,
            b'{"cells": [{"outputs": ' + b"[" * 7_000_000,
            b'{"cells": [{"outputs": [' + b'"x",' * 7_000_000,
            b'{"cells": [{"outputs": ' + b" " * 4_000_000 + b"}",
            b'"",' * 3_000_000,
        ],
    ),
    ids=range(8),
)
def test_time_grows_with_the_bytes_and_no_faster(hostile: bytes) -> None:
    began = time.process_time()
    without_outputs(hostile)
    assert time.process_time() - began < 60


# --- read -------------------------------------------------------------------------------------------------------------


def notebook(source: str = "print(1)", **cell: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "source": source, "outputs": [], **cell}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [code]}


def shown(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "display_data", "metadata": {}, "data": {"text/html": text}}]


def read(value: dict[str, Any]) -> str:
    source: str = parse_notebook(json.dumps(value).encode(), path="n.ipynb").cells[0].source
    return source


def test_a_notebook_whose_outputs_weigh_more_than_it_may_is_read() -> None:
    assert read(notebook(outputs=shown("x" * 24 * MIB))) == "print(1)"


def test_widgets_that_remember_much_are_no_weight_either() -> None:
    value = notebook()
    value["metadata"]["widgets"] = {"state": {"a": "x" * 24 * MIB}}
    assert read(value) == "print(1)"


def test_outputs_of_many_small_parts_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairmark.notebook.parse.MAX_PARTS", 1000)
    plot = {"application/vnd.plotly.v1+json": {"data": [{"x": [number]} for number in range(1000)]}}
    assert read(notebook(outputs=[{"output_type": "display_data", "metadata": {}, "data": plot}])) == "print(1)"
    with pytest.raises(UnreadableNotebook, match="opening brackets"):
        read(notebook("[" * 1001))


def test_an_older_notebook_is_read_too() -> None:
    cell = {"cell_type": "code", "input": "print(3)", "language": "python", "outputs": shown("x" * 24 * MIB)}
    value = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell], "metadata": {}}]}
    assert read(value) == "print(3)"


def test_what_is_too_large_without_its_outputs_says_so() -> None:
    value = notebook(outputs=shown("x" * 4 * MIB))
    value["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "x" * MAX_KEPT_BYTES})
    with pytest.raises(UnreadableNotebook) as caught:
        read(value)
    assert caught.value.reason == "has 20.0 MiB without its outputs, and 20 MiB is the limit"
    assert str(caught.value.remedy).startswith("Take large pictures out of the text cells")


def test_what_cannot_be_gone_through_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "MAX_TOKENS", 10)
    with pytest.raises(
        UnreadableNotebook, match=r"has 24\.0 MiB, from which no outputs could be taken out, and 20 MiB"
    ):
        read(notebook(outputs=shown("x" * 24 * MIB)))


def test_a_file_has_a_limit_all_the_same() -> None:
    with pytest.raises(UnreadableNotebook, match=r"has 100\.0 MiB, and 100 MiB is the limit"):
        parse_notebook(b" " * (MAX_FILE_BYTES + 1), path="n.ipynb")
