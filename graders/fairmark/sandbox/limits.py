"""What a run may use, and what reaching each limit looks like."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GIB", "MIB", "Limits"]

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one run; all are watched from outside the process, and reaching one kills its whole group.

    run_seconds
        Wall clock of the whole run. Default 2,400: eight times what the reference needs on two cores.
        Reached: ``run.outcome`` is ``timeout``; cells that had finished are marked.
    cell_seconds
        Wall clock of one cell, training included. Default 1,800. Reached: ``timeout``, naming the cell.
    memory_bytes
        Resident memory of the process and its children together, looked at several times a second.
        Default 8 GiB: a 300 x 300 run with batches of 128 takes 4-5 GiB. Reached: ``out_of_memory``.
    output_bytes
        What all cells print together. Default 16 MiB. Reached: ``output_limit``.
    channel_bytes
        What the recorder may write. Default 64 MiB; only a forger gets there. Reached: ``output_limit``.
    line_bytes
        One event. Default 4 MiB. A longer line is refused and the run ended: ``crashed``.
    """

    run_seconds: float = 2400.0
    cell_seconds: float = 1800.0
    memory_bytes: int = 8 * GIB
    output_bytes: int = 16 * MIB
    channel_bytes: int = 64 * MIB
    line_bytes: int = 4 * MIB
