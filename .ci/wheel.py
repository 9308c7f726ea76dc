"""Puts the built-in course into the wheel, beside the engine: what lies in graders/ is known by its name only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PATTERNS = (
    "assignments/*.ipynb",
    "solutions/*.ipynb",
    "graders/*.py",
    "graders/*.verify.toml",
    "datasets/*/dataset.toml",
    "datasets/*/*.py",
)


class BuiltInCourse(BuildHookInterface[Any]):
    """Called by Hatchling before a wheel is built. An editable install finds the course around the engine."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds every file of the course, as ``fairmark/builtin/...``."""
        if version != "standard":
            return
        root = Path(self.root)
        for pattern in PATTERNS:
            for path in sorted(root.glob(pattern)):
                build_data["force_include"][str(path)] = f"fairmark/builtin/{path.relative_to(root).as_posix()}"
