"""``fairmark doctor``: what this machine has, what it lacks, and what follows."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

import psutil
from rich.table import Table
from rich.text import Text

from fairmark.cli.options import AsJson, CourseFolder
from fairmark.cli.say import results
from fairmark.course import find_course
from fairmark.data import load_recipe, read_manifest, secret_folder, set_folder
from fairmark.data.atomic import locked
from fairmark.errors import FairmarkError, PicturesDamaged
from fairmark.frameworks import FRAMEWORKS, framework_named, installed
from fairmark.present.escape import plain
from fairmark.sandbox import best_launcher, choose_numerics, not_confined
from fairmark.sandbox.bubblewrap import bubblewrap
from fairmark.sandbox.cgroup import memory_groups
from fairmark.sandbox.walls.layers import LAYERS, Layer, probe_layers

__all__ = ["doctor"]

_NEEDED = ("fairmark", "numpy", "pillow", "nbformat", "ipython")


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    what: str
    state: str
    follows: str = ""


def doctor(course: CourseFolder = None, as_json: AsJson = False) -> None:
    """Show what this machine has, what it lacks, and what follows from it."""
    findings = [*_software(), *_machine(), *_isolation(), *_pictures(course)]
    if as_json:
        results().file.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    for finding in findings:
        cells = map(plain, (finding.what, finding.state, finding.follows))
        table.add_row(*(Text(cell, style=style) for cell, style in zip(cells, ("bold", "", "grey50"), strict=True)))
    results().print(table)


def _software() -> list[Finding]:
    findings = [Finding("python", platform.python_version())]
    of_framework = {name for framework in installed() for name in framework.packages}
    for name in (*_NEEDED, *sorted(of_framework - {*_NEEDED})):
        try:
            findings.append(Finding(name, version(name)))
        except PackageNotFoundError:
            findings.append(Finding(name, "missing", "install fairmark again"))
    return [*findings, *_frameworks_that_fail()]


def _frameworks_that_fail() -> Iterator[Finding]:
    for name in FRAMEWORKS.names():
        try:
            framework_named(name)
        except FairmarkError as problem:
            yield Finding(f"framework {name}", "cannot be loaded", problem.message)


def _machine() -> list[Finding]:
    memory_gib = psutil.virtual_memory().total / 2**30
    numerics = choose_numerics()
    return [
        Finding("cores", str(os.cpu_count())),
        Finding("memory", f"{memory_gib:.1f} GiB", "" if memory_gib >= 8 else "a 300 x 300 run needs 4-5 GiB"),
        Finding("numerics", numerics, "training is about twice as fast" if numerics == "bfloat16" else ""),
    ]


def _isolation() -> list[Finding]:
    """Every layer of the sandbox, whether it is on, and what follows."""
    layers = [
        Finding(f"sandbox: {probed.layer}", probed.state, LAYERS[probed.layer] if probed.on else _without(probed.layer))
        for probed in probe_layers()
    ]
    group = memory_groups()
    held = ("by a control group", str(group)) if group is not None else ("watched from outside", "five times a second")
    layers.append(Finding("sandbox: memory", *held))
    wrapped = Finding("sandbox: bubblewrap", *_about_bubblewrap())
    missing = not_confined(best_launcher())
    if missing:
        follows = f"{', '.join(missing)} not confined: `grade` asks for --trust"
    else:
        follows = "files, network, memory and time are confined: `grade` may be given anything"
    return [*layers, wrapped, Finding("sandbox", " + ".join(best_launcher().isolation), follows)]


def _without(layer: Layer) -> str:
    return f"not held here: {LAYERS[layer]}"


def _about_bubblewrap() -> tuple[str, str]:
    if bubblewrap() is not None:
        return "on", "stands in where the layers above are not enough"
    if shutil.which("bwrap") is None:
        return "not installed", "not needed where the layers above are on; else: apt install bubblewrap"
    return "installed, but may not make namespaces", "not needed where the layers above are on"


def _secret() -> Finding:
    """The folder of hidden pictures and kept evidence: whether it is its owner's only, and can be locked."""
    try:
        folder = secret_folder()
        with locked(folder / "seed"):
            return Finding("secret", str(folder), "hidden pictures and kept evidence, for its owner only")
    except FairmarkError as problem:
        return Finding("secret", problem.message, f"`grade` fails: {problem.remedy or 'choose another folder'}")
    except OSError as problem:
        return Finding(
            "secret", f"{secret_folder()}: {problem.strerror}", "`grade` fails: it must be writable and have flock"
        )


def _pictures(course: CourseFolder) -> list[Finding]:
    found = find_course(course)
    findings = [Finding("course", str(found.root))]
    findings.append(_secret())
    for name in found.datasets():
        try:
            manifest = read_manifest(set_folder(name))
        except PicturesDamaged as problem:
            findings.append(Finding(name, f"damaged: {problem.message}", problem.remedy or ""))
            continue
        try:
            recipe = load_recipe(found.dataset_folder(name))
        except FairmarkError as problem:
            findings.append(Finding(name, problem.message, problem.remedy or ""))
            continue
        state = "not on this computer" if manifest is None else f"{manifest.origin}, {set_folder(name)}"
        findings.append(Finding(name, state, recipe.when_missing if manifest is None else ""))
    return findings
