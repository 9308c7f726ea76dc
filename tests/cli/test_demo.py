"""``fairmark demo``: a made-up class is written and graded; here one in which nothing is trained."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Run
from tiny import tiny_course

import fairmark.cli.demo
from fairmark.author import sample_class


def test_a_class_is_made_up_and_graded(
    tmp_path: Path, fairmark_: Run, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("launcher")
    course = tiny_course(tmp_path / "course", "horses_or_humans")
    monkeypatch.setattr(fairmark.cli.demo, "built_in_course", lambda: course)
    monkeypatch.setattr(sample_class, "SAMPLE_STUDENTS", {"ada_right": {}, "ben_blank": None})
    result = fairmark_("demo", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "A class of 2 handed in horses_or_humans" in result.err
    gradebook = (tmp_path / "out" / "gradebook.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:4] for line in gradebook[1:]] == [
        ["ada_right", "horses_or_humans", "3", "3"],
        ["ben_blank", "horses_or_humans", "0", "3"],
    ]
    assert len(list((tmp_path / "out" / "submitted").iterdir())) == 2
