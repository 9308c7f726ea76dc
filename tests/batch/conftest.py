"""A course small enough to be graded without training."""

from __future__ import annotations

import pytest
from tiny import tiny_course

from fairmark.course import Course


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return tiny_course(tmp_path_factory.mktemp("tiny") / "course")
