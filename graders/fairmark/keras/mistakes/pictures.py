"""Changes to how pictures are read: folders, sizes, batches, label modes, scaling."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fairmark.keras.mistakes.known import PLACES, SIZES
from fairmark.notebook.answer import Answer, Change, argument, called, text_of

__all__ = ["FAMILY", "batch", "folder", "labels", "scaling", "size"]

_OPENERS = ("flow_from_directory", "image_dataset_from_directory")
_SPLITS = {"train": "validation", "training": "validation", "validation": "train", "valid": "train", "val": "train"}


def folder(answer: Answer) -> Iterator[Change]:
    """The other split's folder, one level too deep, one level too high."""
    for call in answer.calls(*_OPENERS):
        given = argument(call, "directory", 0)
        if given is None:
            continue
        for node in ast.walk(given):
            split = text_of(node) if isinstance(node, ast.Constant) else None
            if isinstance(node, ast.expr) and split in _SPLITS:
                other = _SPLITS[split]
                yield answer.replace(node, f'"{other}"', f"folder-{other}", f"the folder of {other} for {split}")
        text = answer.text(given)
        if answer.classes:
            deeper = f'{text} / "{answer.classes[0]}"'
            yield answer.replace(given, deeper, "folder-deeper", "a class's folder, one level too deep")
        divided = isinstance(given, ast.BinOp) and isinstance(given.op, ast.Div)
        higher = answer.text(given.left) if isinstance(given, ast.BinOp) and divided else f"({text}).parent"
        yield answer.replace(given, higher, "folder-higher", "one level too high")


def size(answer: Answer) -> Iterator[Change]:
    """Half the size, one pixel more or fewer on one side, height and width the wrong way round."""
    for call in answer.calls():
        for what in SIZES:
            given = argument(call, what, PLACES.get((called(call), what)))
            if isinstance(given, ast.Tuple) and len(given.elts) in (2, 3):
                yield from _sizes(answer, given)


def _sizes(answer: Answer, given: ast.Tuple) -> Iterator[Change]:
    sides = [side.value for side in given.elts[:2] if isinstance(side, ast.Constant) and isinstance(side.value, int)]
    if len(sides) != 2:
        return
    height, width = sides
    rest = "".join(f", {answer.text(entry)}" for entry in given.elts[2:])
    wanted = {
        "halved": (height // 2, width // 2),
        "higher": (height + 1, width),
        "narrower": (height, width - 1),
        "swapped": (width, height),
    }
    for kind, (one, other) in wanted.items():
        if (one, other) != (height, width):
            says = f"{one} x {other} pixels for {height} x {width}"
            yield answer.replace(given, f"({one}, {other}{rest})", f"size-{kind}", says)


def batch(answer: Answer) -> Iterator[Change]:
    """Half as many pictures a step, and twice as many."""
    for call in answer.calls(*_OPENERS, "fit"):
        given = argument(call, "batch_size")
        number = given.value if isinstance(given, ast.Constant) else None
        if given is None or not isinstance(number, int) or number < 2:
            continue
        for kind, other in (("halved", number // 2), ("doubled", 2 * number)):
            yield answer.replace(given, str(other), f"batch-{kind}", f"batches of {other} for {number}")


_MODES = {
    "class_mode": ("binary", "categorical", "sparse"),
    "label_mode": ("binary", "categorical", "int"),
}


def labels(answer: Answer) -> Iterator[Change]:
    """Labels in another form."""
    for call in answer.calls(*_OPENERS):
        for what, modes in _MODES.items():
            given = argument(call, what)
            named = text_of(given)
            for other in modes if given is not None and named in modes else ():
                if other != named and given is not None:
                    yield answer.replace(given, f'"{other}"', f"labels-{other}", f"{other} labels for {named}")


def scaling(answer: Answer) -> Iterator[Change]:
    """Pixels times 1/225, and times 255. (No scaling at all is an argument dropped.)"""
    for call in answer.calls():
        given = argument(call, "rescale")
        if given is None and called(call) == "Rescaling":
            given = argument(call, "scale", 0)
        if given is not None:
            yield answer.replace(given, "1 / 225", "scaling-225", "pixels times 1/225")
            yield answer.replace(given, "255", "scaling-255", "pixels times 255")


FAMILY = (folder, size, batch, labels, scaling)
