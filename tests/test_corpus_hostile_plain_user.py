"""The hostile corpus as a plain user marks it: another process, without root's rights, with a home of its own.

Where the tests run as a plain user already, ``test_corpus_hostile.py`` is that.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from plain_user import ROOT_ONLY, as_plain_user, home_of_a_plain_user

ROOT = Path(__file__).resolve().parent.parent
CORPUS = "tests/test_corpus_hostile.py"

pytestmark = pytest.mark.skipif(bool(ROOT_ONLY), reason=ROOT_ONLY)


def marked_by_a_plain_user(*options: str) -> str:
    """What pytest says of the corpus then; empty if all holds."""
    readable = [ROOT, Path(sys.prefix), Path(sys.base_prefix)]
    with home_of_a_plain_user() as home:
        pytest_of_theirs = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={home}/tests"]
        done = as_plain_user(
            [
                *pytest_of_theirs,
                f"--rootdir={ROOT}",
                f"--config-file={ROOT}/pyproject.toml",
                *options,
                f"{ROOT}/{CORPUS}",
            ],
            home,
            readable,
            PYTHONDONTWRITEBYTECODE="1",
        )
    return "" if done.returncode == 0 else done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.thorough
def test_what_the_default_suite_has_of_it_holds_for_a_plain_user() -> None:
    assert marked_by_a_plain_user("-k", "not at_least") == ""
