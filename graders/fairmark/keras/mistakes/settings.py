"""Changes to compile settings: optimizer, learning rate, loss, metrics."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fairmark.keras.mistakes.known import LOSS_CLASSES, LOSSES, OPTIMIZERS, PLACES
from fairmark.notebook.answer import Answer, Change, argument, called, text_of

__all__ = ["FAMILY", "learning_rate", "loss", "metrics", "optimizer"]


_FOR_LOGITS = {name: made for name, made in zip(LOSSES, LOSS_CLASSES, strict=True) if "crossentropy" in name}
"""Losses that can be told that they are given logits."""


def optimizer(answer: Answer) -> Iterator[Change]:
    """Another optimizer, made by its class or named in ``compile``."""
    for call in answer.calls(*OPTIMIZERS):
        for other in OPTIMIZERS:
            if other != called(call):
                yield answer.rename(call, other, f"optimizer-{other.lower()}", f"{other} for {called(call)}")
    for call in answer.calls("compile"):
        given = argument(call, "optimizer", 0)
        named = (text_of(given) or "").lower()
        if given is None or named not in map(str.lower, OPTIMIZERS):
            continue
        for other in OPTIMIZERS:
            if other.lower() != named:
                yield answer.replace(given, f'"{other.lower()}"', f"optimizer-{other.lower()}", f"{other} for {named}")


def learning_rate(answer: Answer) -> Iterator[Change]:
    """Ten times the learning rate, and a tenth of it."""
    for call in answer.calls(*OPTIMIZERS):
        rate = argument(call, "learning_rate", PLACES[called(call), "learning_rate"])
        if rate is None:
            continue
        number = rate.value if isinstance(rate, ast.Constant) else None
        for factor, kind, said in ((10, "ten-fold", "ten times"), (0.1, "tenth", "a tenth of")):
            text = f"{factor} * ({answer.text(rate)})"
            if isinstance(number, float | int):
                text = f"{number * factor:g}"
            yield answer.replace(rate, text, f"learning-rate-{kind}", f"{said} the learning rate")


def loss(answer: Answer) -> Iterator[Change]:
    """Every other loss of the classification family, and the mean squared error; the same loss for logits, and for
    none."""
    for call in answer.calls("compile"):
        given = argument(call, "loss", 1)
        named = text_of(given)
        if given is not None and named in _FOR_LOGITS:
            made = f"keras.losses.{_FOR_LOGITS[named]}(from_logits=True)"
            yield answer.replace(given, made, "loss-of-logits", "the loss takes logits")
        for other in LOSSES:
            if given is not None and named in LOSSES and other != named:
                yield answer.replace(given, f'"{other}"', f"loss-{other.replace('_', '-')}", f"{other} for {named}")
    for call in answer.calls(*LOSS_CLASSES):
        if isinstance(logits := argument(call, "from_logits", 0), ast.Constant):
            yield answer.replace(logits, str(not logits.value), "loss-of-logits", "from_logits turned round")
        for name, other in zip(LOSSES, LOSS_CLASSES, strict=True):
            if other != called(call):
                yield answer.rename(call, other, f"loss-{name.replace('_', '-')}", f"{other} for {called(call)}")


def metrics(answer: Answer) -> Iterator[Change]:
    """Something else than accuracy is measured. (Nothing at all is an argument dropped.)"""
    for call in answer.calls("compile"):
        given = argument(call, "metrics", 3)
        if isinstance(given, ast.List | ast.Tuple):
            yield answer.replace(given, '["mse"]', "metrics-mse", "the mean squared error measured, not accuracy")


FAMILY = (optimizer, learning_rate, loss, metrics)
