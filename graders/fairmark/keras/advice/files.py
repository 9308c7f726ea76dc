"""Advice on files and folders: those of another computer, those never made, and downloads without a network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fairmark.advice.sentence import Advice
from fairmark.evidence import CellError
from fairmark.keras.advice.names import nearest

__all__ = ["advise_on_download", "advise_on_file", "advise_on_writing", "is_downloader", "wants_the_network"]

_IN_MESSAGE = re.compile(
    r"(?:No such file or directory|Permission denied|Read-only file system|Not a directory): '([^'\n]{1,300})'"
    r"|name = '([^'\n]{1,300})', errno = 2\b|File not found: filepath=(\S{1,300}?)\. Please"
)
_ELSEWHERE = re.compile(
    r"/(?:tmp|content|home|Users|kaggle|data|drive|mnt|root|workspace)(?=/|\Z)|[A-Za-z]:[\\/]|\.\./|gs://"
)
_TEXT = re.compile(r"['\"]([^'\"\n]{1,200})['\"]")
_WRITES = re.compile(
    r"\b(?:makedirs|mkdir|mkdtemp|copy|copyfile|copytree|move|save|save_weights|savefig|savez|to_csv|dump|write_text|"
    r"write_bytes|ModelCheckpoint|CSVLogger|BackupAndRestore|TensorBoard|create_file_writer|export)[ \t]{0,9}\("
    r"|,[ \t]{0,9}(?:mode[ \t]{0,9}=[ \t]{0,9})?['\"][wax]b?\+?['\"]"
)
_CHANGES_FOLDER = re.compile(r"\bchdir[ \t]{0,9}\(")
_PICTURES = re.compile(
    r"^[ \t]{0,40}([^\W\d]\w{0,39})[ \t]{0,9}=[ \t]{0,9}(?:fairmark\.)?dataset[ \t]{0,9}\(", re.MULTILINE
)
_FETCHES = re.compile(r"\b(?:wget|curl|urlretrieve|urlopen|get_file|gdown|kaggle|requests)\b")
_OF_THE_NETWORK = re.compile(
    r"URL fetch failure on|urlopen error|Max retries exceeded|name resolution|Name or service not known|"
    r"Network is unreachable|Connection refused|nodename nor servname|Failed to resolve"
)
_OF_ONES_OWN = re.compile(r"\.(?:keras|h5|hdf5|npy|npz|pkl|json|csv|txt|tflite|py)\Z")
_FETCHING_COMMAND = re.compile(r"Command .{0,40}\b(wget|curl|unzip|tar|gdown|kaggle|git|gsutil)\b")

_SPLITS: Final = ("train", "validation")
_DOWNLOADERS: Final = (
    *("gdown", "kaggle", "kagglehub", "opendatasets", "requests", "tensorflow_datasets", "tensorflow_hub", "wget"),
)


def is_downloader(package: str) -> bool:
    """Whether the package is there to fetch something from the network."""
    return package in _DOWNLOADERS


def advise_on_download(sources: Sequence[str], message: str = "") -> Advice:
    """For whatever wants the network; ``sources`` are the cells' texts, in which the pictures' folder has a name."""
    cause = "There is no network where notebooks are marked, so nothing can be fetched from it."
    if "/keras-applications/" in message:
        return Advice(cause, "Do without what was trained elsewhere: the notebook asks for a model of your own.")
    return Advice(
        cause,
        f"Leave the download out: the pictures are here already, in {_folder_of_pictures(sources)}.",
    )


def wants_the_network(error: CellError) -> bool:
    """Whether the error is that of a download."""
    return bool(_OF_THE_NETWORK.search(error.message[:2000]) or _FETCHING_COMMAND.match(error.message[:200]))


def advise_on_writing(message: str, sources: Sequence[str]) -> Advice | None:
    """For a folder that may not be written to."""
    path = _path_in(message)
    if path is None:
        return None
    if path.startswith("../"):
        return Advice(
            f"`{_shown(path)}` is above the notebook's working folder, and only into that one it may write.",
            "Leave `../` out of the path.",
        )
    if not path.startswith("/"):
        return Advice(f"`{_shown(path)}` may not be written to.", "Write into the working folder, under another name.")
    return _other_computer(path, writes=True, sources=sources)


def advise_on_file(message: str, sources: Sequence[str]) -> Advice | None:
    """For a file or folder that is not there; ``sources`` are the cells' texts, that of the one which raised first."""
    path = _path_in(message)
    if path is None:
        return None
    line = _line_of(path, sources[0]) or next((found for text in sources if (found := _line_of(path, text))), "")
    if _CHANGES_FOLDER.search(line):
        return Advice(
            f"There is no folder `{_shown(path)}` where notebooks are marked.",
            "Take the line out: the notebook is in its working folder already.",
        )
    misspelt = _misspelt(path, sources)
    if misspelt is not None:
        return misspelt
    writes = bool(_WRITES.search(line))
    if _ELSEWHERE.match(path):
        return _other_computer(path, writes=writes, sources=sources) if line else None
    if path.startswith("/"):
        return None
    folder = path.removeprefix("./").rpartition("/")[0]
    if writes and folder:
        return Advice(
            f"There is no folder `{_shown(folder)}` in the working folder.",
            f'Make it first: `os.makedirs("{_shown(folder)}", exist_ok=True)`.',
        )
    return _not_here(path, sources)


def _other_computer(path: str, *, writes: bool, sources: Sequence[str]) -> Advice:
    found = _ELSEWHERE.match(path)
    start = found[0] if found else f"/{path.split('/')[1]}"
    start = start if start.endswith(("/", "\\")) else f"{start}/"
    if not writes:
        return Advice(
            f"A path that begins with {start} is that of another computer.",
            f"Begin with {_folder_of_pictures(sources)}.",
        )
    return Advice(
        f"A notebook may write into its working folder, and {start} is another one.",
        f"Leave {start} out at the beginning of the path: what has no folder in front is written there.",
    )


def _not_here(path: str, sources: Sequence[str]) -> Advice:
    fetched = path.endswith((".zip", ".tar", ".tgz", ".gz")) or any(_FETCHES.search(text) for text in sources)
    cause = f"There is no `{_shown(path)}` in the working folder"
    if _OF_ONES_OWN.search(path):
        return Advice(f"{cause}.", "Compare its name with that under which a cell above writes it.")
    if fetched:
        cause += ": there is no network where notebooks are marked, so nothing was downloaded"
    return Advice(f"{cause}.", f"The pictures are here already, in {_folder_of_pictures(sources)}.")


def _misspelt(path: str, sources: Sequence[str]) -> Advice | None:
    """A path that differs by a letter or two from one that the notebook names elsewhere, or from a split's folder."""
    *above, name = path.rstrip("/").split("/")
    named = (found.rstrip("/").rpartition("/")[2] for text in sources for found in _TEXT.findall(text))
    known = dict.fromkeys(one for one in named if one not in ("", name) and ("." in one or one in _SPLITS))
    meant = nearest(name, [*known, *_SPLITS]) if name and "*" not in name else None
    if meant is None or (meant in _SPLITS and not above):
        return None
    return Advice(
        f"There is no `{_shown(name)}`, but this notebook has `{_shown(meant)}`.", f"Write `{_shown(meant)}`."
    )


def _path_in(message: str) -> str | None:
    found = _IN_MESSAGE.search(message)
    return next(filter(None, found.groups()), None) if found else None


def _line_of(path: str, text: str) -> str | None:
    """The line that writes ``path``, or a path that begins so or that it begins with, as a text."""
    for found in _TEXT.finditer(text):
        if found[1] == path or found[1].startswith(f"{path}/") or path.startswith(f"{found[1].rstrip('/')}/"):
            start = text.rfind("\n", 0, found.start()) + 1
            end = text.find("\n", found.end())
            return text[start : len(text) if end < 0 else end][:500]
    return None


def _folder_of_pictures(sources: Sequence[str]) -> str:
    named = next((found[1] for text in sources if (found := _PICTURES.search(text))), None)
    if named is None:
        return "the folder of pictures that the notebook names at its top"
    return f"`{named}`, the folder of pictures that `dataset(...)` gives"


def _shown(path: str) -> str:
    return path if len(path) <= 60 else f"…{path[-59:]}"
