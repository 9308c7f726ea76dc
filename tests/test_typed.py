"""fairmark ships its types, so that checkers read them in graders and extensions that import it (PEP 561)."""

from __future__ import annotations

from importlib.resources import files


def test_the_marker_of_a_typed_package_lies_beside_the_engine() -> None:
    assert (files("fairmark") / "py.typed").is_file()
