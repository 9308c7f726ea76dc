"""A training held against the time that was measured outside: to learn from a picture takes a network longer than to
say what it sees in it.

The processor time that the run used between the beginning and the end of ``fit`` stands beside what the probe used to
predict a batch with the same network on the same machine. Where one of the two is too short to tell, nothing is said:
with small pictures, or where a graphics card computes.
"""

from __future__ import annotations

from fairmark.evidence import EpochEnded, FitFinished, FitStarted, Probe, Run, Stamped

__all__ = ["is_too_fast"]

_SHARE = 0.25
"""Of the processor time of predicting as many pictures, the least that a training takes. Measured on two
cores with batches of 64 and without opening any file, it took 9 to 12 times that at 32 x 32, 4.7 at 75 x 75, 4.0 at 150
x 150 and 4.2 at 300 x 300 in float32; in bfloat16, in which the probe does not compute, 10, 3.5, 2.5 and 2.3 times."""
_TELLING_SECONDS = 0.1
"""Of processor time for what the probe was asked once more, two batches at most; less than this tells nothing. Two
batches of 64 took 0.01 seconds at 32 x 32, 0.19 at 150 x 150 and 0.79 at 300 x 300."""
_TOLD_TWICE, _TOLD_MORE_SECONDS = 2.0, 10.0
"""Epochs may be told to have taken this many times the time outside, and as many seconds more: events wait while the
machine is busy with others."""


def is_too_fast(run: Run, fit: FitStarted, probe: Probe, batch_size: int | None) -> str | None:
    """Why the training ``fit``, in batches of ``batch_size``, cannot have been what the run says, in words without a
    full stop; None if nothing speaks against it."""
    begun, ended = _span(run, fit)
    epochs = [one.event for one in run.events if isinstance(one.event, EpochEnded) and one.event.fit == fit.fit]
    if begun is None or ended is None or not epochs:
        return None
    wall = ended.at_seconds - begun.at_seconds
    told = sum(one.seconds for one in epochs)
    if told > _TOLD_TWICE * wall + _TOLD_MORE_SECONDS:
        return f"The epochs are said to have taken {told:.0f} seconds, and {wall:.0f} went by"
    if begun.cpu_seconds is None or ended.cpu_seconds is None or batch_size is None:
        return None
    if probe.cpu_seconds < _TELLING_SECONDS or not probe.timed:
        return None
    used = ended.cpu_seconds - begun.cpu_seconds
    images = batch_size * sum(one.steps for one in epochs)
    if used >= _SHARE * images * probe.cpu_seconds / probe.timed:
        return None
    return f"The training on {images:,} images took {used:.1f} seconds of processor time, less than it can have taken"


def _span(run: Run, fit: FitStarted) -> tuple[Stamped | None, Stamped | None]:
    """The beginning and the end of ``fit``, as they were received."""

    begun = [one for one in run.events if isinstance(one.event, FitStarted) and one.event.fit == fit.fit]
    ended = [one for one in run.events if isinstance(one.event, FitFinished) and one.event.fit == fit.fit]
    return next(iter(begun), None), next(iter(ended), None)
