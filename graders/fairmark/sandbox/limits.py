"""What a run may use, and what reaching each limit looks like."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GIB", "MIB", "Limits"]

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one run. Those watched from outside end it, all its processes together; cells that had finished are
    marked. Those of the kernel make the call fail inside, which the notebook may survive.

    run_seconds
        Wall clock of the whole run. Default 2,400: eight times what the reference needs on two cores.
        Reached: ``run.outcome`` is ``timeout``. All runs of one submission together take half as long again at most.
    cell_seconds
        Wall clock of one cell, training included. Default 1,800. Reached: ``timeout``, naming the cell.
    cpu_seconds
        Processor time of the run's processes together. Default 14,400: six cores busy for the whole ``run_seconds``.
        Reached: ``timeout``.
    memory_bytes
        Resident memory of the run's processes together, pages shared between them counted once, and what they have
        written where that is kept in memory. Default 8 GiB: a 300 x 300 run with batches of 128 takes 4-5 GiB. By a
        control group where one can be made, else looked at several times a second; a single process cannot get beyond
        twice the limit even between two looks. Reached: ``out_of_memory``.
    processes
        Alive at once. Default 128. Reached: ``crashed``, with the reason. The kernel refuses to start
        another process or thread where there are as many and 64 more, and 16 for every core.
    written_bytes
        Files of the run together, those already deleted but still open included. Default 4 GiB: an exported model of
        the week has 0.16 GiB. Reached: ``output_limit``, or inside: "No space left on device".
    files
        Files, folders and links of the run together. Default 20,000. Reached: as ``written_bytes``.
    output_bytes
        What all cells print together. Default 16 MiB. Reached: ``output_limit``.
    channel_bytes
        What the recorder may write. Default 16 MiB; only a forger gets there. Reached: ``output_limit``.
    channel_lines
        Lines it may write, whether they are events or not. Default 100,000: one a second for a whole day. Reached: as
        ``channel_bytes``.
    line_bytes
        One event. Default 1 MiB. A longer line is refused and the run ended: ``crashed``.

    A process may hold 1,024 descriptors open, as everywhere.
    """

    run_seconds: float = 2400.0
    cell_seconds: float = 1800.0
    cpu_seconds: float = 14_400.0
    memory_bytes: int = 8 * GIB
    processes: int = 128
    written_bytes: int = 4 * GIB
    files: int = 20_000
    output_bytes: int = 16 * MIB
    channel_bytes: int = 16 * MIB
    channel_lines: int = 100_000
    line_bytes: int = MIB
