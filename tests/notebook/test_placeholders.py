"""Stubs with ``None``, ``...`` or ``pass`` in the place of the answer."""

from __future__ import annotations

import pytest

from fairmark.notebook.placeholders import holds_only_placeholders

GIVEN = {"def make_pictures():", "return pictures", "make_pictures()"}


@pytest.mark.parametrize(
    "source",
    [
        "def make_pictures():\n    source = None\n    pictures = source.flow_from_directory(None)\n    return pictures",
        "def make_pictures():\n    # write it here\n    pictures = ...\n    return pictures",
        "def make_pictures():\n    'Makes them.'\n    pass",
        "model = Sequential([\n    None,\n    None,\n])\nmodel.compile(optimizer=None, loss=None, metrics=[None])",
        "def make_pictures():\n    size = (None, None)\n    return None",
        "import os\nsteps: int = None\nmake_pictures()",
        "with strategy:\n    model = None",
    ],
)
def test_nothing_is_said_yet(source: str) -> None:
    assert holds_only_placeholders(source, GIVEN)


@pytest.mark.parametrize(
    "source",
    [
        "history = model.fit(pictures, callbacks=None)",
        "model = Sequential([Dense(1), None])",
        "steps = None\nsteps = 8",
        "def make_pictures():\n    source = None\n    pictures = source.flow('train')\n    return pictures",
        "def make_pictures():\n    return pictures",
        "def make_pictures():\n    pictures = None\n    return make(pictures, 3)",
        "x = (",
        "",
        "# None",
        "for n in range(3):\n    total += n",
        "model.compile()",
    ],
)
def test_an_answer_or_nothing_at_all_is_no_placeholder(source: str) -> None:
    assert not holds_only_placeholders(source, GIVEN)
