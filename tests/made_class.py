"""A class as classes are: what browsers and mail programs make of notebooks, other formats, nothing at all, and several
files of one student."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["EMPTY", "LEFT_OUT", "RIGHT", "SEVERAL", "WITHOUT", "made_class"]

RIGHT = {
    "ada": "ada.ipynb",
    "bea": "bea.ipynb.json",  # what Safari makes of a download
    "cem": "cem.ipynb.txt",  # what Safari and some mail programs make of it
    "dan": "dan/compile_settings.ipynb.txt",
    "gus": "gus/week4/hand in/final/compile_settings.ipynb",
    "jim": "jim.ipynb",
}
"""Students whose notebook is right, and where it lies. The last one's outputs weigh 24 MiB."""

SEVERAL = ("compile_settings.ipynb", "compile_settings (1).ipynb", "compile_settings-Copy1.ipynb")
"""Files of the student ``ida``."""

WITHOUT = {"eva": "compile_settings.py", "fay": "compile_settings.pdf"}
"""Students who handed in something else."""

EMPTY = "hal"

LEFT_OUT = ("kim.ipynb.crdownload", "lea.rar", "max.docx", "notes.txt", "gus/week4/data.csv")


def made_class(right: bytes, folder: Path) -> Path:
    """Lays the class into ``folder``; ``right`` is a notebook of ``compile_settings`` that passes."""
    for name in (*RIGHT.values(), *(f"ida/{name}" for name in SEVERAL)):
        _lay(folder / name, right)
    for name in (*(f"{student}/{name}" for student, name in WITHOUT.items()), *LEFT_OUT):
        _lay(folder / name, b"something else")
    (folder / EMPTY).mkdir()
    large = json.loads(right)
    code = next(cell for cell in large["cells"] if cell["cell_type"] == "code")
    html = {"text/html": "x" * 24 * 2**20}
    code["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": html}]
    _lay(folder / RIGHT["jim"], json.dumps(large).encode())
    return folder


def _lay(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
