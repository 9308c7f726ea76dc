"""The example package of `tests/extension_package/` as pip would install it, and the command in a process that sees it.

An installed package is its modules and, in a folder beside them, its metadata. This writes both into a folder without
pip, so that no test needs a network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from commands import Result

__all__ = ["installed", "run_beside"]

SOURCE = Path(__file__).resolve().parent / "extension_package"

WITHOUT_SANDBOX = """
import fairmark.sandbox.select_backend
from scripted import Scripted
from tiny import PRETEND

fairmark.sandbox.select_backend.best_launcher = lambda: Scripted(PRETEND)
from fairmark.cli import main

main()
"""


def installed(site: Path, source: Path = SOURCE) -> Path:
    """Installs the package whose sources lie in ``source`` into the folder ``site``; gives ``site``."""
    project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shutil.copytree(source, site, ignore=shutil.ignore_patterns("pyproject.toml", "__pycache__"), dirs_exist_ok=True)
    metadata = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    named = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(named, encoding="utf-8")
    groups = project["entry-points"].items()
    lines = [line for group, points in groups for line in (f"[{group}]", *(f"{n} = {v}" for n, v in points.items()))]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return site


def run_beside(site: Path, *words: object, secret: Path) -> Result:
    """``fairmark`` with these words in a process of its own that finds what is installed in ``site``. Plain Python
    stands in for the sandbox, for :func:`tiny.tiny_course`."""
    paths = [str(site), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_SANDBOX, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "FAIRMARK_SECRET": str(secret),
            "COLUMNS": "100",
        },
    )
    return Result(ended.returncode, ended.stdout, ended.stderr)
