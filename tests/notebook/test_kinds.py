"""What a file is that is no notebook, by its name; the kinds are in ``tests/classroom/test_discover.py``."""

from __future__ import annotations

import pytest

from fairmark.notebook.kinds import Reason, why_left_out


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("a.rar", "Pack it as .zip, or hand in the .ipynb file itself."),
        ("a.ipynb.crdownload", "Download it again, to its end."),
        ("a.py", "Hand in the notebook itself, the .ipynb file."),
        ("a.csv", ""),
        ("a", ""),
    ],
)
def test_a_remedy_is_named_where_there_is_one(name: str, remedy: str) -> None:
    assert why_left_out(name, size_bytes=5).remedy == remedy


def test_an_empty_file_is_one_whatever_it_is_called() -> None:
    assert why_left_out("a.rar", size_bytes=0).said == why_left_out("a", size_bytes=0).said == "is an empty file"


@pytest.mark.parametrize("name", ["", ".", "..", "a.", ".py.", "py", "\ud800.\0"])
def test_odd_names_have_a_reason(name: str) -> None:
    assert why_left_out(name) == Reason("is not a notebook")
