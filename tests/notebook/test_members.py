"""Names inside zips as parts of a path that leads nowhere else."""

from __future__ import annotations

import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.notebook.members import (
    MAX_PART_CHARACTERS,
    MAX_PARTS,
    Parts,
    is_notebook,
    is_zip,
    named,
)


def names(*members: str) -> list[Parts]:
    return list(named(info(member) for member in members))


def info(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo("placeholder")
    made.filename = made.orig_filename = name
    return made


def test_notebooks_and_zips_are_taken_by_their_parts() -> None:
    assert names("alice/work.ipynb", "bob.zip") == [("alice", "work.ipynb"), ("bob.zip",)]


def test_the_rest_is_left_out() -> None:
    assert names("a.txt", "b/", "c.ipynb/", ".d.ipynb", "__MACOSX/._e.ipynb", "f/.ipynb_checkpoints/f.ipynb", "") == []


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("class\\alice\\work.ipynb", ("class", "alice", "work.ipynb")),
        ("./alice//work.ipynb", ("alice", "work.ipynb")),
        ("../../alice.ipynb", ("alice.ipynb",)),
        ("/home/alice/work.ipynb", ("home", "alice", "work.ipynb")),
        ("C:\\Users\\alice.ipynb", ("Users", "alice.ipynb")),
        ("a\0b.ipynb", ("a_b.ipynb",)),
    ],
)
def test_what_leads_elsewhere_is_left_behind(name: str, parts: Parts) -> None:
    assert names(name) == [parts]


def test_members_with_one_name_are_told_apart() -> None:
    assert names("a.ipynb", "./a.ipynb", "a (2).ipynb", "a.ipynb", "A.ipynb") == [
        ("a.ipynb",),
        ("a (2).ipynb",),
        ("a (2) (2).ipynb",),
        ("a (3).ipynb",),
        ("A.ipynb",),
    ]


def test_long_and_deep_names_are_cut_and_keep_their_suffix() -> None:
    [parts] = names("a/b/c/d/e/f/g/h/i/" + "x" * 300 + ".ipynb")
    assert parts[:-1] == ("a", "d", "e", "f", "g", "h", "i")
    assert parts[-1] == "x" * (MAX_PART_CHARACTERS - 1) + "….ipynb"


def test_suffixes_are_known_in_capitals_and_before_spaces() -> None:
    assert all(is_notebook(name) for name in ("a.ipynb", "a.IPYNB", "a.ipynb \n", "a.ipynb.json", "a.ipynb.TXT "))
    assert not any(is_notebook(name) for name in ("a.ipynb.zip", "a.ipynb.html", "a.txt", "ipynb", "a.py"))
    assert is_zip("a.Zip ")
    assert not is_zip("a.tar")


@given(st.lists(st.text() | st.text("./\\ab:\0", max_size=12).map(lambda name: f"{name}.ipynb"), max_size=6))
def test_parts_hold_nothing_that_leads_elsewhere(members: list[str]) -> None:
    for parts in names(*members):
        assert 1 <= len(parts) <= MAX_PARTS
        assert all(part not in ("", ".", "..") and not set("/\\\0") & set(part) for part in parts)
        assert all(len(part) <= 2 * MAX_PART_CHARACTERS + 10 for part in parts)
