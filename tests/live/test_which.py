"""Which exercises there are, as a notebook asks: of the course as it is now."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tiny import tiny_course

from fairmark.live.which import exercises_known


def test_a_script_is_read_again_once_it_or_a_helper_of_it_is_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = tiny_course(tmp_path / "course", "compile_settings")
    monkeypatch.setenv("FAIRMARK_COURSE", str(course.root))
    script, helper = course.root / "graders" / "compile_settings.py", course.root / "graders" / "_names.py"
    helper.write_text("FIRST = 'compile'\n")
    script.write_text(
        script.read_text().replace('"compile"', "FIRST").replace("expect\n", "expect\nfrom _names import *\n", 1)
    )
    assert exercises_known(None, "compile_settings") == ["compile", "training"]
    helper.write_text("FIRST = 'settings'\n")
    os.utime(helper, ns=(0, 1))
    assert exercises_known(None, "compile_settings") == ["settings", "training"]
