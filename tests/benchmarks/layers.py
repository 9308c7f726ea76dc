"""What each layer of the sandbox holds: the hostile corpus with each of them left out in turn.

    python tests/benchmarks/layers.py [--write]

An attack is no longer held where it reaches what it must not, where somebody outside hears of it, where something
outside has changed afterwards or a process of it is left, or where its run ends otherwise than it must. ``--write``
puts the table into the sandbox's documentation, ``graders/fairmark/sandbox/layers.md``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hostile import Targets, targets
from walled import NAME, Attack, attacks, walled_course

from fairmark.errors import InternalError
from fairmark.grading.pipeline import Pipeline
from fairmark.keras.program import KERAS
from fairmark.sandbox import ConfinedProcess
from fairmark.sandbox.walls.layers import LAYERS, Layer

DOCUMENT = Path(__file__).resolve().parents[2] / "graders/fairmark/sandbox/layers.md"
HEADING = """\
# What each layer holds

Made by `python tests/benchmarks/layers.py --write` on Linux {kernel}, as {user}, from {count} attacks of
`tests/corpus/hostile` ({kinds}). Each line leaves one layer out and names what then gets
through that must not. Where nothing does, another layer holds the same; a run's report names those that were there.

| left out | what it gives | attacks no longer held |
|---|---|---|
"""


def gets_through(attack: Attack, aimed_at: Targets, launcher: ConfinedProcess) -> bool:
    """Whether this attack, made now, gets what it must not."""
    before = aimed_at.surroundings()
    try:
        marked = aimed_at.mark(attack, launcher)
    except InternalError:
        return True
    reached = any("REACHED" in text for text in marked.evidence.run.printed.values())
    changed = aimed_at.surroundings() != before
    return bool(aimed_at.knocked()) or reached or changed or marked.report.run.outcome != attack.run


def rows(aimed_at: Targets, launcher: ConfinedProcess, tried: list[Attack], console: Console) -> Iterable[str]:
    left_out: list[Layer | None] = [None, *LAYERS]
    for layer in left_out:
        weaker = ConfinedProcess(without=[layer] if layer else [], workers=[launcher.worker_for(KERAS)])
        through = [
            attack.name
            for attack in track(tried, description=layer or "nothing", console=console)
            if gets_through(attack, aimed_at, weaker)
        ]
        yield f"| {layer or 'nothing'} | {LAYERS[layer] if layer else ''} | {'; '.join(through) or 'none'} |"


def main(
    write: Annotated[bool, typer.Option("--write", help="Put the table into the documentation.")] = False,
    kinds: Annotated[str, typer.Option(help="Kinds of attack, with commas.")] = "reading,escaping,hurting",
) -> None:
    console = Console(stderr=True)
    tried = [attack for attack in attacks(*kinds.split(",")) if attack.is_exact and not attack.train]
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"FAIRMARK_DATA": f"{folder}/data", "FAIRMARK_SECRET": f"{folder}/secret"}
        Path(folder).chmod(0o755)
        course = walled_course(Path(folder, "course"))
        Pipeline(course, course.assignment(NAME)).prepare()
        launcher = ConfinedProcess()
        with targets(course, Path(folder, "targets"), launcher) as aimed_at:
            table = "\n".join(rows(aimed_at, launcher, tried, console))
        launcher.close()
    user = "root" if os.geteuid() == 0 else "an unprivileged user"
    page = (
        HEADING.format(
            kernel=".".join(os.uname().release.split(".")[:2]),
            user=user,
            count=len(tried),
            kinds=kinds.replace(",", ", "),
        )
        + table
        + "\n"
    )
    if write:
        DOCUMENT.write_text(page, encoding="utf-8")
    sys.stdout.write(page)


if __name__ == "__main__":
    typer.run(main)
