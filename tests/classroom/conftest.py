"""A small class, for tests that have none of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairmark.course import Course


@pytest.fixture
def handed_in(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One notebook with everything right, one in which nothing was done."""
    monkeypatch.setenv("FAIRMARK_SECRET", str(tmp_path / "secret"))
    folder, assignment = tmp_path / "class", course.assignment("compile_settings")
    folder.mkdir()
    (folder / "ada.ipynb").write_bytes(assignment.solution.read_bytes())
    (folder / "ben.ipynb").write_bytes(assignment.notebook.read_bytes())
    return folder
