"""Changes to training: steps, epochs, what is validated on, callbacks, the history."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fairmark.notebook.answer import Answer, Change, argument, text_of

__all__ = ["FAMILY", "epochs", "history_key", "other_split", "steps", "stopping"]


def steps(answer: Answer) -> Iterator[Change]:
    """One step more and one fewer, where they are worked out and where ``fit`` is given them."""
    values = [
        statement.value
        for statement in answer.all(ast.Assign)
        if any(isinstance(target, ast.Name) and "steps" in target.id.lower() for target in statement.targets)
        and not isinstance(statement.value, ast.Constant)
    ]
    for call in answer.calls("fit", "evaluate"):
        given = (argument(call, what) for what in ("steps_per_epoch", "validation_steps", "steps"))
        values += [value for value in given if value is not None]
    for value in values:
        text = answer.text(value)
        whole = f"({text})" if isinstance(value, ast.IfExp | ast.Compare) else text
        yield answer.replace(value, f"{whole} + 1", "steps-one-more", "one step too many")
        yield answer.replace(value, f"{whole} - 1", "steps-one-fewer", "one step too few")


def epochs(answer: Answer) -> Iterator[Change]:
    """Twice the epochs, and a single one."""
    for call in answer.calls("fit"):
        given = argument(call, "epochs")
        number = given.value if isinstance(given, ast.Constant) else None
        if given is None or not isinstance(number, int):
            continue
        yield answer.replace(given, str(2 * number), "epochs-doubled", f"{2 * number} epochs for {number}")
        if number != 1:
            yield answer.replace(given, "1", "epochs-one", f"one epoch for {number}")


_PAIRS = (("training", "validation"), ("train", "validation"), ("train", "val"), ("training", "val"))


def other_split(answer: Answer) -> Iterator[Change]:
    """What belongs to the validation pictures where the training pictures' is meant, and the other way round."""
    for name in answer.all(ast.Name):
        other = _counterpart(name.id, answer.names)
        if other is not None and isinstance(name.ctx, ast.Load):
            yield answer.replace(name, other, f"split-{other}", f"{other} for {name.id}")


def _counterpart(name: str, names: frozenset[str]) -> str | None:
    if name == "steps_per_epoch" and "validation_steps" in names:
        return "validation_steps"
    if name == "validation_steps" and "steps_per_epoch" in names:
        return "steps_per_epoch"
    for one, other in _PAIRS:
        for old, new in ((one, other), (other, one)):
            if old in name and (swapped := name.replace(old, new)) in names:
                return swapped
    return None


_KEYS = {
    "accuracy": ("acc", "val_accuracy"),
    "acc": ("accuracy", "val_acc"),
    "val_accuracy": ("accuracy",),
    "val_acc": ("acc",),
    "loss": ("val_loss",),
    "val_loss": ("loss",),
}


def history_key(answer: Answer) -> Iterator[Change]:
    """Another entry of the history, or of the ``logs`` that a callback is given."""
    keys = [node.slice for node in answer.all(ast.Subscript)]
    keys += [call.args[0] for call in answer.calls("get") if call.args]
    for key in keys:
        named = text_of(key)
        for other in _KEYS.get(named or "", ()):
            yield answer.replace(key, f'"{other}"', f"key-{other.replace('_', '-')}", f"{other} read for {named}")


def stopping(answer: Answer) -> Iterator[Change]:
    """``stop_training`` set on the callback, or not set."""
    for statement in answer.all(ast.Assign):
        for target in statement.targets:
            if not (isinstance(target, ast.Attribute) and target.attr == "stop_training"):
                continue
            if isinstance(target.value, ast.Attribute):
                owner = answer.text(target.value.value)
                yield answer.replace(target.value, owner, "stopping-the-callback", f"{owner}.stop_training is set")
            yield answer.replace(statement.value, "False", "stopping-never", "training is never stopped")


FAMILY = (steps, epochs, other_split, history_key, stopping)
