"""The two real runs that the tests of the part inside look at."""

from __future__ import annotations

import pytest
from shapes import Finished
from shapes import finished as run_both


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return run_both(tmp_path_factory)
