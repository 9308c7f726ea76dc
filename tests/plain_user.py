"""Runs a command as a plain user where the tests run as root, in a mount namespace in which that user can read what the
command needs, wherever it lies."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["ROOT_ONLY", "as_plain_user", "home_of_a_plain_user"]

_USER = 65534
"""Nobody, who owns nothing."""
_TOOLS = ("unshare", "mount", "umount", "setpriv", "env")

ROOT_ONLY = ""
"""Why no command can be run as another user here; empty where it can."""
if os.geteuid() != 0:
    ROOT_ONLY = "the tests run as a plain user already"
elif missing := [tool for tool in _TOOLS if shutil.which(tool) is None]:
    ROOT_ONLY = f"there is no {missing[0]}"
elif subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode != 0:
    ROOT_ONLY = "no mount namespace can be made"


@contextmanager
def home_of_a_plain_user() -> Iterator[Path]:
    """A folder that belongs to that user, and to nobody else."""
    with tempfile.TemporaryDirectory(prefix="fairmark-plain-") as name:
        os.chown(name, _USER, _USER)
        yield Path(name)


def as_plain_user(
    command: Sequence[str], home: Path, readable: Sequence[Path], **variables: str
) -> subprocess.CompletedProcess[str]:
    """What came of ``command``, which starts in ``home`` with a clean environment and ``variables``."""
    told = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", **variables}
    environment = ["env", "-i", *(f"{name}={value}" for name, value in told.items())]
    user = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"]
    script = [
        "set -e",
        *_opened([*readable, home]),
        f"cd {shlex.quote(str(home))}",
        f"exec {shlex.join([*user, *environment, *command])}",
    ]
    return subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(script)],
        check=False,
        capture_output=True,
        text=True,
    )


def _opened(paths: Sequence[Path]) -> Iterator[str]:
    """Commands that put an open folder in the place of each that only its owner may go through, with those of ``paths``
    in it that lie there."""
    behind: dict[Path, list[Path]] = {}
    for path in paths:
        for closed in reversed(path.resolve().parents):
            if not closed.stat().st_mode & 1:
                behind.setdefault(closed, []).append(path.resolve())
                break
    for closed, hidden in behind.items():
        yield "hold=$(mktemp -d)"
        for number, path in enumerate(hidden):
            yield f"mkdir $hold/{number} && mount --rbind {shlex.quote(str(path))} $hold/{number}"
        yield f"mount -t tmpfs -o mode=755,size=1m none {shlex.quote(str(closed))}"
        for number, path in enumerate(hidden):
            yield f"mkdir -p {shlex.quote(str(path))} && mount --rbind $hold/{number} {shlex.quote(str(path))}"
            yield f"umount -l $hold/{number}"
