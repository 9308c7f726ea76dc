"""Where pictures lie on this computer: those everybody may see, and the secret ones, in two folders apart.

data_folder()/NAME/manifest.json            what the set should hold
data_folder()/NAME/train/CLASS/…            pictures a notebook opens
data_folder()/NAME/validation/CLASS/…
data_folder()/.decoded/NAME-DIGEST/…        the same, decoded and resized (see decoded.py)
secret_folder()/seed                        the secret that hidden pictures are drawn from
secret_folder()/hidden/NAME/DIGEST/pictures hidden pictures, drawn; their labels in ../labels
secret_folder()/held_back/NAME/ID/pictures  hidden pictures kept out of an added set, likewise
secret_folder()/evidence/…                  what runs came to, so that the same code is not run twice
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

from fairmark.errors import MachineError, UsageError

__all__ = ["SPLITS", "data_folder", "decoded_folder", "evidence_folder", "secret_folder", "set_folder"]

SPLITS = ("train", "validation")


def data_folder() -> Path:
    """The folder of all data sets: ``FAIRMARK_DATA``, or ``fairmark/datasets`` in the user's data folder.

    It may not exist yet.
    """
    return _chosen("FAIRMARK_DATA", "datasets")


def set_folder(name: str) -> Path:
    """Where the pictures of data set ``name`` lie, or would."""
    return data_folder() / name


def decoded_folder() -> Path:
    """Where decoded pictures are kept: in :func:`data_folder`, which runs read and cannot write. It may not be there
    yet."""
    return data_folder() / ".decoded"


def secret_folder() -> Path:
    """The folder of the secret seed and the hidden pictures: ``FAIRMARK_SECRET``, or ``fairmark/secret`` in the user's
    data folder. It is made on first use, for its owner only (mode 0700); where the folder named is open to other users,
    a folder ``private`` of that kind is made in it.

    Raises :class:`UsageError` where it lies inside :func:`data_folder`, which students' runs can read, and
    :class:`MachineError` where it cannot be made for its owner only.
    """
    folder = _chosen("FAIRMARK_SECRET", "secret")
    if folder.is_relative_to(data_folder()):
        raise UsageError(
            f"The secret folder {folder} lies inside the data folder {data_folder()}, which students' notebooks read.",
            remedy="Set FAIRMARK_SECRET to a folder outside FAIRMARK_DATA.",
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # What is there already is not tightened: others may use it for something else.
        for candidate in (folder, folder / "private"):
            candidate.mkdir(mode=0o700, exist_ok=True)
            if not candidate.stat().st_mode & 0o077:
                return candidate
    except OSError as error:
        raise MachineError(
            f"The secret folder {folder} cannot be made: {error.strerror}.",
            remedy="Set FAIRMARK_SECRET to a folder of your own.",
        ) from error
    raise MachineError(
        f"The secret folder {folder / 'private'} is open to other users.",
        remedy=f"Run: chmod 700 {folder / 'private'}",
    )


def evidence_folder() -> Path:
    """Where evidence is kept so that the same code is not run twice: below :func:`secret_folder`, out of reach of runs.

    Raises what that does. It may not exist yet.
    """
    return secret_folder() / "evidence"


def _chosen(variable: str, default: str) -> Path:
    named = os.environ.get(variable)
    # Unlike Path.expanduser it leaves a user who is not there as it is, as the shell does.
    given = os.path.expanduser(named) if named else ""  # noqa: PTH111
    folder = Path(given) if given else user_data_path("fairmark", appauthor=False) / default
    return folder.resolve()
