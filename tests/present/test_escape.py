"""Hostile text, made harmless for each medium."""

from __future__ import annotations

import csv
import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from seen import in_order, is_file_name, is_formula

from fairmark.present.escape import as_text, csv_field, directed, file_stem, one_line, plain

ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x07\x9b\x9d\x9c[]m;0\\\r\n\t\u202e\u200b\u2028\ud800=+-@'\",./\\ "),
        st.sampled_from("\u0301\u0338\u20dd\u093e\u1161\u0e33\u05d0\u05b8\u0639\u0660\u200e\u2067\ufe0f\U0001f3fd"),
    ),
    max_size=200,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("a\x9b2Jb", "ab"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;http://bad.example\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("a\x1b]0;never closed\nb\x07", "a0;never closed\nb"),
        ("wrong â€\x9d encoding", "wrong â€ encoding"),
        ("a\x1b\x1b[31m[31mb", "a[31mb"),
        ("a\x1b(0b\x1bc", "ab"),
        ("a\x00\x08\x7f\x84b", "ab"),
        ("a\r\nb\rc\u2028d\u2029e\tf\vg\fh\x85i", "a\nb\nc\nd\ne\tf\ng\nh\ni"),
        ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
        ("a\u200e\u200b\u2060\ufeffb\ufe0f", "ab"),
        ("a\ud800b\ue000", "a\ufffdb\ufffd"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 4),
        ("각" + "\u1161" * 50 + "\u0301" * 50, "각" + "\u1161" * 4 + "\u0301" * 4),
        ("\u0338a\n\u200b\u0301b", "\u25cc\u0338a\n\u25cc\u0301b"),
        ("\ta\t\u0301b", "\ta\t\u0301b"),
        ("José, 李, שָׁלוֹם", "José, 李, שָׁלוֹם"),
    ],
)
def test_plain_drops_what_a_terminal_would_obey_and_shows_what_would_reorder(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_plain_cuts_to_the_limit_with_an_ellipsis() -> None:
    assert plain("abcdef", limit=4) == "abc…"
    assert plain("abcd", limit=4) == "abcd"


def test_plain_cuts_lines_beyond_the_limit() -> None:
    assert plain("a\nb\nc", lines=2) == "a\nb…"


def test_one_line_joins_lines_with_single_spaces() -> None:
    assert one_line("  a\r\n\t b \u2028 c\u00a0") == "a b c"


def test_one_line_says_that_something_was_cut_off() -> None:
    assert one_line("x " * 1_000_000, limit=10) == "x x x x x…"


@pytest.mark.parametrize("text", ["\u200b", " \n ", "\x1b[31m", "\u3164\u2800"])
def test_a_name_of_nothing_that_is_seen_is_seen_to_be_one(text: str) -> None:
    assert one_line(text) == csv_field(text) == "\ufffd"
    assert one_line("") == csv_field("") == ""


@given(ANY_TEXT, st.integers(1, 300))
def test_one_line_is_one_line_of_text_and_never_empty(text: str, limit: int) -> None:
    shown = one_line(text, limit=limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    assert bool(shown) == bool(text)
    assert shown == " ".join(shown.split()) == one_line(shown, limit=limit)


@given(ANY_TEXT)
def test_what_has_no_width_stands_on_something_and_is_never_many(text: str) -> None:
    for line in plain(text).split("\n"):
        assert not line or line[0] == "\t" or cell_len(line[0])
        without_width = "".join("0" if not cell_len(character) else "1" for character in line.replace("\t", " "))
        assert "0" * 9 not in without_width


@given(ANY_TEXT, st.integers(0, 20), st.integers(1, 20))
def test_what_stands_behind_a_text_on_a_terminal_stays_there(text: str, score: int, max_score: int) -> None:
    ours = f"{score} / {max_score}"
    line = directed(one_line(text, limit=60))
    assert in_order(f"{line}  {ours}%, passed", [ours, "passed"]) or ours in line


def test_only_lines_that_need_it_get_a_mark_of_direction() -> None:
    assert directed("ada\nשלום\n李") == "ada\nשלום\u200e\n李"


@given(ANY_TEXT, st.integers(1, 300))
def test_plain_shows_only_characters_that_stay_where_they_are(text: str, limit: int) -> None:
    shown = plain(text, limit=limit)
    assert len(shown) <= limit
    assert all(
        character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
        for character in shown
    )
    assert plain(shown, limit=limit) == shown


@given(ANY_TEXT.map(lambda text: text[:30]))
def test_text_for_rich_carries_no_style_of_its_own(text: str) -> None:
    shown = as_text(f"[bold red]{text}[/] :smile: https://bad.example")
    assert not shown.spans
    assert shown.plain.startswith("[bold red]")
    assert ":smile:" in shown.plain


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        ("\r=1", "'=1"),
        (' "=1"', '\'"=1"'),
        ("'=1", "''=1"),
        ("＝1", "'＝1"),
        ("a;=1", "a;'=1"),
        ("a, @b", "a,' @b"),
        ("\u200b=1", "'=1"),
        ("⁻1", "'⁻1"),
        ("﹦1", "'﹦1"),
        ("−1", "'−1"),
        ("a=1", "a=1"),
        ("Jean-Luc O'Neil", "Jean-Luc O'Neil"),
    ],
)
def test_formulas_are_neutralised_for_spreadsheets(text: str, field: str) -> None:
    assert csv_field(text) == field


@given(st.lists(st.lists(ANY_TEXT, min_size=1, max_size=5), max_size=5))
def test_csv_fields_come_back_as_they_were_written(rows: list[list[str]]) -> None:
    fields = [[csv_field(text) for text in row] for row in rows]
    file = io.StringIO(newline="")
    csv.writer(file).writerows(fields)
    file.seek(0)
    assert list(csv.reader(file)) == fields
    assert not any(is_formula(part) for row in fields for field in row for part in re.split("[;,|]", field))


@pytest.mark.parametrize("name", ["ada", "Ada Lovelace", "ada.lovelace@uni.example", "José", "李", "a_b-c+d"])
def test_a_harmless_name_is_its_own_file_stem(name: str) -> None:
    assert file_stem(name) == name


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("", "unnamed-"),
        ("..", "unnamed-"),
        ("../../etc/passwd", "_.._etc_passwd-"),
        ("-rf", "rf-"),
        (".hidden", "hidden-"),
        ("CON", "_CON-"),
        ("con.txt", "_con.txt-"),
        ("LPT¹", "_LPT¹-"),
        ("a\x00b", "a_b-"),
        ("a\u202eb", "a_b-"),
        ("ends.", "ends-"),
        ("Jose\u0301", "José-"),
        ("\ud800", "_-"),
        ("a:b", "a_b-"),
        ("ada-0123456789ab", "ada-0123456789ab-"),
    ],
)
def test_any_other_name_is_changed_and_gets_a_digest(name: str, start: str) -> None:
    stem = file_stem(name)
    assert stem.startswith(start)
    assert len(stem) == len(start) + 12


def test_a_part_that_dots_set_off_keeps_none() -> None:
    assert file_stem("a.b", dots=False).startswith("a_b-")


def test_names_that_differ_beyond_the_length_have_different_stems() -> None:
    assert file_stem("x" * 100) != file_stem("x" * 101)


@given(ANY_TEXT)
def test_a_file_stem_is_safe_on_every_system(text: str) -> None:
    stem = file_stem(text)
    assert stem
    assert len(stem.encode()) <= 80
    assert unicodedata.is_normalized("NFC", stem)
    assert not stem.startswith((".", "-", " "))
    assert not stem.endswith((".", " "))
    assert not set(stem) & set('/\\:*?"<>|\0\n\t')
    assert is_file_name(f"{stem}.json")


@given(ANY_TEXT, ANY_TEXT)
def test_two_texts_never_share_a_file_stem(first: str, second: str) -> None:
    assert (file_stem(first) == file_stem(second)) == (first == second)
    # An attacker's second try: the very name that the first was given.
    assert file_stem(first) == first or file_stem(file_stem(first)) != file_stem(first)
