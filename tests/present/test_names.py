"""Names that would look the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fairmark.present.escape import csv_field, one_line
from fairmark.present.names import shown_apart


def test_names_that_look_different_are_shown_as_they_are() -> None:
    assert shown_apart(["ada", "ben", "ada", "\u200beve"], one_line) == {"ada": "ada", "ben": "ben", "\u200beve": "eve"}


def test_nobody_takes_the_name_that_another_has() -> None:
    shown = shown_apart(["ada\u200b", "ada", "\x1b[31mada"], one_line)
    assert shown["ada"] == "ada"
    assert len(set(shown.values())) == 3
    assert all(text.startswith("ada #") for name, text in shown.items() if name != "ada")


def test_names_cut_at_the_same_place_are_told_apart() -> None:
    long = ["x" * 500 + end for end in "ab"]
    assert len(set(shown_apart(long, one_line).values())) == 2


@given(st.lists(st.text(st.sampled_from("a\u200b\u200d=' \x1b[m"), max_size=6)))
def test_as_many_names_are_shown_as_there_are(names: list[str]) -> None:
    for show in (one_line, csv_field):
        assert len(set(shown_apart(names, show).values())) == len(set(names))
