"""Advice on imports: split over two lines, from where the names no longer are, or of what is not there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from fairmark.advice.newer_python import added_later
from fairmark.advice.sentence import Advice
from fairmark.advice.text import Layout
from fairmark.keras.advice.commands import no_tensorboard
from fairmark.keras.advice.files import advise_on_download, is_downloader
from fairmark.keras.advice.names import GONE, HOMES, MODULES, import_line, nearest
from fairmark.keras.advice.old_tensorflow import gone_from_tensorflow

__all__ = ["advise_on_import", "experimental", "moved", "split_import"]

_FROM_ALONE = re.compile(r"[ \t]*from[ \t]+([\w.]{1,80})[ \t]*\\?[ \t]*\Z")
_IMPORT_ALONE = re.compile(r"[ \t]*import[ \t]+([\w, \t]{1,80}?)[ \t]*\Z")
_IMPORT_OPEN = re.compile(r"[ \t]*from[ \t]+([\w.]{1,80})[ \t]+import[ \t]*\Z")
_NAMES = re.compile(r"[ \t]*([\w, \t]{1,80}?)[ \t]*\Z")

_CANNOT_IMPORT = re.compile(r"cannot import name '([^']{1,60})' from '([^']{1,80})'")
_NO_MODULE = re.compile(r"No module named '([^']{1,80})'")
_INSIDES = re.compile(r"tensorflow\.python\.keras\b|tensorflow\.python\b|keras\.src\b|keras\._tf_keras\b")
_OLD_INSIDES: Final = ("api", "engine", "saving", "wrappers", "legacy", "estimator")
_PACKAGES: Final = ("keras", "matplotlib", "numpy", "tensorflow")


def split_import(cell: Layout) -> Advice | None:
    """An import whose ``from`` and ``import``, or whose ``import`` and names, stand in different lines."""
    lines = [(number, line) for number, line in enumerate(cell.lines, start=1) if line.strip()]
    for (number, line), (_, following) in pairwise([*lines, (0, "")]):
        if alone := _FROM_ALONE.match(line):
            names = _IMPORT_ALONE.match(following)
            return _joined(number, "`import`", alone[1], names[1] if names else None)
        if opened := _IMPORT_OPEN.match(line):
            names = _NAMES.match(following)
            return _joined(number, "the names", opened[1], names[1] if names else None)
    return None


def _joined(number: int, what: str, module: str, names: str | None) -> Advice:
    cause = f"The import is split over two lines: line {number} ends before {what}."
    if names is None:
        return Advice(cause, "Write `from`, the module, `import` and the names in one line.")
    if "ImageDataGenerator" in names and module.endswith("keras.preprocessing.image"):
        module = "tensorflow.keras.preprocessing.image"
    return Advice(cause, f"Write it in one line: `from {module} import {' '.join(names.split())}`.")


def moved(name: str) -> Advice | None:
    """Advice on ``ImageDataGenerator`` looked for in ``keras`` itself."""
    if name != "ImageDataGenerator":
        return None
    return Advice(
        "Keras 3 keeps `ImageDataGenerator` only where it is reached through TensorFlow.",
        f"Write `{import_line(name)}`.",
    )


def experimental(module: str) -> Advice:
    """Advice on ``experimental`` below a module of Keras."""
    return Advice(
        f"Keras 3 has no `{module}.experimental`: what was kept of it is in `{module}` itself.",
        f"Leave {'`experimental.preprocessing`' if module == 'keras.layers' else '`experimental`'} out of the name.",
    )


def advise_on_import(message: str, sources: Sequence[str]) -> Advice | None:
    """Advice on an ``ImportError`` or ``ModuleNotFoundError`` with this message; ``sources`` are the cells' texts."""
    refused = _CANNOT_IMPORT.match(message)
    if refused:
        return _name_not_there(refused[1], refused[2])
    if "keras.optimizers.legacy" in message:
        return Advice(f"Keras 3 has no `keras.optimizers.legacy`. {GONE['legacy'][0]}", GONE["legacy"][1])
    absent = _NO_MODULE.match(message)
    return _module_not_there(absent[1], sources) if absent else None


def _name_not_there(name: str, module: str) -> Advice | None:
    if not name.isidentifier() or not re.fullmatch(r"[\w.]+", module):
        return None
    inside = _inside(module, name)
    if inside is not None:
        return inside
    later = added_later(module, name)
    if later is not None:
        return later
    if name in GONE:
        return Advice(f"Keras 3 has no `{name}`. {GONE[name][0]}", GONE[name][1])
    here = moved(name)
    if here is not None and "keras" in module:
        return here
    old = gone_from_tensorflow(name) if module in ("tensorflow", "tensorflow.keras.backend", "keras.backend") else None
    if old is not None:
        return old
    if name in HOMES:
        return Advice(f"`{name}` is not in `{module}`.", f"Write `{import_line(name)}`.")
    home = [word for word, place in HOMES.items() if module.endswith(f"keras.{place}")]
    meant = nearest(name, home) or nearest(name, [*HOMES, *MODULES])
    if meant is None:
        return None
    place = module if meant in home or meant not in HOMES else f"tensorflow.keras.{HOMES[meant]}"
    return Advice(f"`{module}` has no `{name}`: it is spelled `{meant}`.", f"Write `from {place} import {meant}`.")


def _inside(module: str, name: str | None = None) -> Advice | None:
    """Advice on what is looked for in the insides of TensorFlow or Keras, which change from release to release."""
    found = _INSIDES.match(module)
    if found is None:
        return None
    if name in HOMES:
        mend = f"Write `{import_line(name)}`."
    else:
        outside = "tensorflow.keras" if "keras" in module else "tensorflow"
        mend = f"Write `{outside}`, not `{found[0]}`."
    return Advice(f"`{found[0]}` is an inner part that changes from release to release.", mend)


def _module_not_there(name: str, sources: Sequence[str]) -> Advice | None:
    if not re.fullmatch(r"[\w.]+", name):
        return None
    parts = name.split(".")
    known = _known_package(parts, sources) or _inside(name)
    if known is not None:
        return known
    if "keras" in parts[:2]:
        return _keras_module(name, parts[parts.index("keras") + 1 :])
    if len(parts) > 1:  # Python names a package that is not there without what follows
        return _not_in_package(parts)
    meant = nearest(parts[0], _PACKAGES)
    if meant is not None:
        return Advice(f"There is no package `{parts[0]}`.", f"Write `{meant}`.")
    return Advice(
        f"The package `{parts[0]}` is not installed where notebooks are marked.",
        "Do without it: everything that is needed can be made with what the notebook imports at its top.",
    )


def _known_package(parts: Sequence[str], sources: Sequence[str]) -> Advice | None:
    """Advice on packages that notes import and that are not there where notebooks are marked."""
    if parts[0] == "google":
        return Advice(
            "`google.colab` exists in Google Colab only, and uploads need somebody at the keyboard.",
            "Leave the upload out: the pictures are here already, in the folder that the notebook names at its top.",
        )
    if parts[0] == "keras_preprocessing":
        return Advice(
            "`keras_preprocessing` was a package of its own, long given up.",
            "Write `tensorflow.keras.preprocessing` in its place.",
        )
    if parts[0] == "tensorboard":
        return no_tensorboard()
    return advise_on_download(sources) if is_downloader(parts[0]) else None


def _not_in_package(parts: Sequence[str]) -> Advice:
    package, module = ".".join(parts[:-1]), parts[-1]
    old = gone_from_tensorflow(module) if package == "tensorflow" else None
    if old is not None:
        return old
    meant = nearest(module, ["keras", *MODULES]) if package == "tensorflow" else None
    if meant is None:
        return Advice(
            f"`{package}` has no module `{module}`.", "Compare its spelling with the notes, or do without it."
        )
    return Advice(
        f"`{package}` has no module `{module}`.",
        f"Write `{package}.{'keras' if meant == 'keras' else f'keras.{meant}'}`.",
    )


def _keras_module(name: str, below: list[str]) -> Advice | None:
    if "experimental" in below:
        return experimental(".".join(["keras", *below[: below.index("experimental")]]))
    if len(below) > 1 and below[0] in MODULES:
        return Advice(
            f"Keras 3 has no `{name}`: the parts of `{below[0]}` are no modules any more.",
            f"Import the name from `tensorflow.keras.{below[0]}` itself.",
        )
    if below and below[0] in _OLD_INSIDES:
        return Advice(f"Keras 3 has no `{name}`.", "Import the name from `tensorflow.keras` itself.")
    meant = nearest(below[0], MODULES) if below else None
    if meant is None:
        return None
    return Advice(f"Keras has no module `{below[0]}`.", f"Write `tensorflow.keras.{meant}`.")
