"""The sandbox: one run, one process, nothing inherited.

Processes
    The *supervisor* (this side) starts one process per run and never executes or unpickles anything that comes from
    it. The process *inside* runs the notebook's cells, with the recorder in the same interpreter. A second process of
    the same kind, the *probe*, rebuilds the trained model and predicts hidden pictures, whose labels it never gets.

Channels
    in    one JSON job on standard input, then end of file; pictures as files.
    out   events, one JSON line each, over a pipe that can only be appended to; printed text over another; models as
          ``export/<name>/config.json`` and ``.npy`` arrays in the working folder, looked at only after the process and
          all its children are dead. Every line is validated against a schema, every size is capped.

Privileges
    A session and process group of its own, an environment made from nothing, a fresh working folder that is removed
    afterwards, no descriptors but the two pipes. Limits on time, memory and output are enforced from outside, by
    killing the whole family of processes.

Not defended here yet
    The file system, the network and other processes are reachable as far as the user's own rights go: a plain process
    is a seat belt for honest notebooks, not a wall against hostile ones. ``Launcher`` is where walls are added, and
    ``isolation`` names in every report what really confined the run.
    What the recorder says can be forged by the notebook. That is why no mark rests on it alone: see ``judge``.
"""

from fairmark.sandbox.bubblewrap import BubblewrapProcess
from fairmark.sandbox.child import Child, Ending, Files, Launcher
from fairmark.sandbox.choose import best_launcher, grading_launcher, not_confined
from fairmark.sandbox.confined import ConfinedProcess
from fairmark.sandbox.jobs import Job, NotebookJob, ProbeJob, SourceCell
from fairmark.sandbox.limits import Limits
from fairmark.sandbox.numerics import choose_numerics
from fairmark.sandbox.plain import PlainProcess
from fairmark.sandbox.supervise import Observed, supervise
from fairmark.sandbox.workplace import Workplace, run_notebook

__all__ = [
    "BubblewrapProcess",
    "Child",
    "ConfinedProcess",
    "Ending",
    "Files",
    "Job",
    "Launcher",
    "Limits",
    "NotebookJob",
    "Observed",
    "PlainProcess",
    "ProbeJob",
    "SourceCell",
    "Workplace",
    "best_launcher",
    "choose_numerics",
    "grading_launcher",
    "not_confined",
    "run_notebook",
    "supervise",
]
