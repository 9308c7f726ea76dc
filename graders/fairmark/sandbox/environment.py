"""The environment of a process inside: made from nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fairmark.sandbox.program import Program

__all__ = ["clean_environment", "starting_environment"]

_PASSED_ON = ("SYSTEMROOT", "CUDA_VISIBLE_DEVICES")
"""Of ours: where Windows is, and which graphics cards are to be used."""


def starting_environment(program: Program) -> dict[str, str]:
    """What an interpreter that runs ``program`` has to know before it starts; the same for all runs."""
    return {
        **dict(program.environment),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "MPLBACKEND": "agg",
        "OPENBLAS_NUM_THREADS": "1",  # else NumPy starts threads when it is imported, and a thread survives no fork
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # pages of 2 MB where the kernel has them: 4 GB cost fewer faults
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
    }


def clean_environment(program: Program, folder: Path, pictures_folder: str | None) -> dict[str, str]:
    """Everything a run in ``folder`` gets to know of ours."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        **starting_environment(program),
        "HOME": str(folder),
        "TMPDIR": str(temporary),
        "IPYTHONDIR": str(folder / ".ipython"),
        "MPLCONFIGDIR": str(folder / ".matplotlib"),
        **{variable: str(folder / name) for variable, name in program.folders},
        **({"FAIRMARK_DATA": pictures_folder} if pictures_folder is not None else {}),
    }
