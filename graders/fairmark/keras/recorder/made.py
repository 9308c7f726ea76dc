"""What Keras has made of the loss, the metrics and the rate that it was given: it goes by that, and a notebook can
reach it. Each function names what stands there that Keras has not put."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from fairmark.keras.recorder import known
from fairmark.keras.recorder.private import CompileLoss, CompileMetrics, LossFunctionWrapper, MetricsList, TrackedList

__all__ = ["of_loss", "of_metrics", "of_rate"]

_LISTS = (list, TrackedList)
_LOSS = CompileLoss.Loss


def of_loss(holder: object) -> set[str]:
    """In ``holder``, a model's ``CompileLoss``; empty where it is none, or was not used yet."""
    if type(holder) is not CompileLoss:
        return set()
    found, held = set(known.overridden(holder)), vars(holder)
    losses, given = held.get("_flat_losses"), list(_flat(held.get("_user_loss")))
    if losses is None:
        return found
    if type(losses) not in _LISTS or any(type(one) is not _LOSS for one in losses):
        return found | {"_flat_losses"}
    for used in (one.loss for one in losses):
        if any(used is one for one in given):
            continue  # told with all that is its own
        found |= set(known.overridden(used))
        if type(used) is LossFunctionWrapper and vars(used).get("_fn_kwargs"):
            found.add("_fn_kwargs")
    return found


def of_metrics(holder: object) -> set[str]:
    """In ``holder``, a model's ``CompileMetrics``; empty where it is none, or was not used yet."""
    if type(holder) is not CompileMetrics:
        return set()
    found, held = set(known.overridden(holder)), vars(holder)
    given = [*_flat(held.get("_user_metrics")), *_flat(held.get("_user_weighted_metrics"))]
    for name in ("_flat_metrics", "_flat_weighted_metrics"):
        lists = held.get(name) or []
        if type(lists) not in _LISTS or any(one is not None and type(one) is not MetricsList for one in lists):
            found.add(name)
            continue
        for one in lists:
            found |= set() if one is None else _in_list(one, given)
    return found


def _in_list(metrics: MetricsList, given: list[object]) -> set[str]:
    found = set(known.overridden(metrics))
    for metric in vars(metrics).get("metrics") or []:
        function = vars(metric).get("_fn")
        if any(metric is one or function is one for one in given):
            continue
        found |= set(known.overridden(metric))
        if function is not None and known.is_own(function):
            found.add("_fn")
    return found


def of_rate(optimizer: object) -> set[str]:
    """In an optimizer's learning rate."""
    rate = getattr(optimizer, "__dict__", {}).get("_learning_rate")
    own = isinstance(rate, keras.Variable) and (type(rate) is not keras.Variable or known.overridden(rate))
    return {"learning_rate"} if own else set()


def _flat(given: Any) -> Iterable[object]:  # noqa: ANN401 - one, or several in lists and dictionaries
    if isinstance(given, dict):
        given = list(given.values())
    if not isinstance(given, list | tuple):
        return [given]
    return [one for entry in given for one in _flat(entry)]
