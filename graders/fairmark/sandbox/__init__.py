"""The sandbox: one run, one process, nothing inherited. This page is for whoever has to decide whether to trust it.

Processes
    supervisor     this side; executes, imports and unpickles nothing that comes from a run
    └── worker     has imported the framework and forks; told where a run's folder is and what it may read, nothing else
        └── warden one a run, outside the wall: ends it when the supervisor says so, dies or is killed
            └── init    first process of the run's PID namespace; whatever is left ends with it
                └── run      reads its job once it is confined, then executes the notebook, the recorder beside it
    The *probe*, which rebuilds the trained model and predicts hidden pictures, is a run of the same kind: it is shown
    the pictures and never their labels, points or answers.

Channels
    order   supervisor to worker, a socket: folder, readable folders, layers, limits
    leash   supervisor to warden, a socket: "ready", "ended"; closing it ends the run. Nothing of a run holds it
    job     a file in memory of fixed size, given to the run: cells, numbers, the key of its seal. Behind them the
            supervisor writes replies, a word each: does a training that waits after an epoch go on. It reads nothing
    events  run to supervisor, a pipe that can only be appended to: one sealed JSON line each, checked against a schema
    output  run to supervisor, a second pipe: what was printed
    files   models as JSON and ``.npy`` arrays in the run's folder, copied out by descriptors, step by step, since the
            run may be alive; links, second names and anything oversized are refused; nothing is unpickled

Privileges
    Of this package a run has what the recorder and ``dataset`` need, see ``inside.needed``: how marks are worked out
    and hidden pictures are made, and the wall's own modules, are forgotten before the first cell and cannot be
    imported.
    Nothing gives it a turn before others: no policy of real time, no negative niceness, no first place at the disk.
    Layers, each tried at start, listed by ``fairmark doctor`` and named in every report: see ``walls.layers``. What a
    run can reach is ``walls.reach``: its own folder, a private ``/tmp`` and ``/dev/shm``, and the folders that
    notebooks of Colab and Kaggle write to, all on one file system of limited size; its pictures, the Python
    installation and the system's programs, read-only; a few devices. Not the engine's folder, the course, hidden
    pictures, other submissions, anybody's home, other processes, any network. Where a layer is missing the others
    hold what they can: ``layers.md`` in this folder says which attacks of ``tests/corpus/hostile`` get through
    without each. As root a run gets a user id of its own.

Defended
    Files, network, other processes, memory, time, processor, disk and output against a notebook that does its worst, as
    far as the kernel keeps its word; the worker and the next run against the one before; the machine against what is
    left behind: daemons end with their run, files and shared memory with its file system, and after SIGKILL of the
    supervisor the rest is removed by the next one.

Not defended
    The kernel. A hole in it is a hole in this wall; where grades are worth an exploit, grade in a virtual machine.
    The evidence. The recorder shares a process with the notebook, which can find the key of the seal and make it say
    anything. Marks therefore rest on what bears it out outside: the text that cells can reach (the framework's
    ``corroboration``), the data set's folders, the rebuilt model and its predictions, the clock (its ``chain``); and
    what a run says must fit together (``checks.one_story``). Whoever writes the right answers into the text and forges
    the rest gains what handing them in would gain, and an accuracy if there are weights for the network of the text and
    the forged training also takes its time. An answer about a history is held against one that can be forged. Known to
    pass without a flag: text that holds the right answer and does another thing besides, as long as forged events tell
    of the right one alone: it is asked whether it allows what the run says, not whether it does more, and names are
    read without regard to the order of their bindings but in answers and steps; plain code that is no function of plain
    values (handlers of errors, operators and decorators of the notebook's own, generators that are used up), which is
    worked out as if it were; two or three guesses for an argument in one cell (``MOST_SAID``); what is made of many
    answers of a model, or of several trainings, in a way that plain code does not work out (``checks.origin``); a
    thread, or an operation that no order binds, that writes to weights in the very moment in which the optimizer does,
    or a thread that changes a flow while a batch is drawn and puts it back; a loss of the notebook's own whose gradient
    leads to weights that it knows; a number here and there in a table of more than 131,072 weights. Of the framework's
    compiled functions it is only told that they were replaced. Else weights are an optimizer's of the framework's from
    one step to the next, whoever can write to them (its recorder's ``applied``), flows are looked at whenever they are
    drawn from, and what of the framework, Pillow and NumPy images come through is compared with what it was, as long as
    the recorder is honest. Text that never runs is read as if it might wherever plain values, names and functions do
    not exclude it: behind an expression that raises, an empty list that has a name, a condition on what a library or an
    object of the notebook's own says (``notebook.possible.conditions``). Inside functions a name is all that it is ever
    bound to.
    Answers in a further run. Where an error is carried forward, the reference's answers to those exercises are in the
    same process as the student's code. Of that run nothing is told but the outcome of each check, and the share of one
    that is right in part: about a bit a check.
    What a plain process can do, where there is no wall: ``grade`` refuses to run then, unless told ``--trust``. It can
    read this package's files, too, and run what stands in them; only ``import`` refuses it.
    Side channels of shared hardware, and how long things take.
"""

from fairmark.sandbox.bubblewrap import BubblewrapProcess
from fairmark.sandbox.child import Child, Ending, Files, Launcher
from fairmark.sandbox.confined import ConfinedProcess
from fairmark.sandbox.jobs import Job, NotebookJob, Pauses, ProbeJob, SourceCell
from fairmark.sandbox.limits import Limits
from fairmark.sandbox.numerics import choose_numerics
from fairmark.sandbox.plain import PlainProcess
from fairmark.sandbox.select_backend import best_launcher, grading_launcher, not_confined
from fairmark.sandbox.supervise import Observed, interrupted_runs, supervise
from fairmark.sandbox.workplace import Workplace, notebook_job, run_notebook

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
    "Pauses",
    "PlainProcess",
    "ProbeJob",
    "SourceCell",
    "Workplace",
    "best_launcher",
    "choose_numerics",
    "grading_launcher",
    "interrupted_runs",
    "not_confined",
    "notebook_job",
    "run_notebook",
    "supervise",
]
