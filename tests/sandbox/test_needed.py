"""What a run has of this package: what it needs, whichever backend runs it, and nothing that marks rest on."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from light import LightBubblewrap, light_worker, run_cells

import fairmark
from fairmark.keras.program import KERAS
from fairmark.sandbox import ConfinedProcess, Launcher, PlainProcess
from fairmark.sandbox.bubblewrap import bubblewrap
from fairmark.sandbox.inside.needed import NEEDED, is_needed
from fairmark.sandbox.walls.layers import probe_layers
from fairmark.sandbox.worker import Worker

PACKAGE = Path(fairmark.__file__).resolve().parent
LAZY = ("fairmark.data.make", "fairmark.data.recipe")
"""Imported by `dataset` when there are pictures to draw, which is never in a run."""


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if "builtin" not in path.parts}
PROGRAMS = {name for name in MODULES if name.endswith("__main__")}


def imported_by(name: str) -> set[str]:
    """Modules of ours that ``name`` imports; a package, that only gives names to what is in it, imports none."""
    path = MODULES[name]
    if path.name == "__init__.py" and not name.startswith("fairmark.evidence"):
        return set()
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fairmark"):
            assert node.module is not None
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (below & MODULES.keys()) or {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("fairmark")}
    return found - set(LAZY)


def test_what_is_needed_is_what_the_part_inside_and_dataset_import() -> None:
    """Add here what the recorder imports, and nothing else."""
    inside = ("fairmark.sandbox.inside.", f"{KERAS.package}.")
    waiting = [name for name in MODULES if name.startswith(inside)] + ["fairmark.data.dataset"]
    met: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in met:
            met |= {name}
            waiting += imported_by(name)
    packages = {".".join(name.split(".")[:count]) for name in met for count in range(1, name.count(".") + 1)}
    assert {name for name in MODULES if is_needed(name, KERAS.package)} == met | packages
    assert MODULES.keys() >= NEEDED


IMPORTS = """
import importlib, json, sys
ours = sorted(name for name in sys.modules if name.split(".")[0] == "fairmark")
came = []
for name in NAMES:
    try:
        importlib.import_module(name)
    except (ModuleNotFoundError, PermissionError):
        continue
    else:
        came.append(name)
print(json.dumps([ours, came]))
"""
FROM_FILES = """
import importlib.util, json, os
from importlib.machinery import FileFinder, SourceFileLoader
came = []
for name, path in PATHS.items():
    for made in (
        lambda: importlib.util.spec_from_file_location(name, path).loader.get_code(name),
        lambda: SourceFileLoader("mine", path).load_module(),
        lambda: FileFinder(os.path.dirname(path), (SourceFileLoader, [".py"])).find_spec(name).loader.get_code(name),
        lambda: open(path).read(),
    ):
        try:
            made()
        except (ImportError, OSError, AttributeError):
            continue
        came.append(name)
print(json.dumps(came))
"""
IN_MEMORY = """
import fairmark, fairmark.data, fairmark.sandbox, gc, json, sys, types
works = set()
for thing in gc.get_objects():
    home = getattr(thing, "__globals__", {}) if isinstance(thing, types.FunctionType) else {}
    if str(home.get("__name__")).startswith("fairmark") and [name for name in home if name[:2] != "__"]:
        works.add(home["__name__"])
frame = sys._getframe()
while frame is not None:
    if str(frame.f_globals.get("__name__")).startswith("fairmark") and [n for n in frame.f_globals if n[:2] != "__"]:
        works.add(frame.f_globals["__name__"])
    frame = frame.f_back
print(json.dumps([sorted(works), sorted(vars(fairmark.data)), sorted(vars(fairmark.sandbox))]))
"""
DATASET = "from fairmark import dataset, check\nassert check() is None\ndataset('none')"


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = Worker(KERAS, wrapped_in=light_worker())
    yield made
    made.close()


has_walls = sys.platform == "linux" and all(one.on for one in probe_layers())
BACKENDS: dict[str, Callable[[Worker], Launcher]] = {
    "confined": lambda worker: ConfinedProcess(workers=[worker]),
    "confined, not by root": lambda worker: ConfinedProcess(workers=[worker], may_be_root=False),
    "confined by mounts alone": lambda worker: ConfinedProcess(workers=[worker], without=["landlock"]),
    "confined by Landlock alone": lambda worker: ConfinedProcess(workers=[worker], without=["mounts", "processes"]),
    "bubblewrap": lambda worker: LightBubblewrap(),
    "plain process": lambda worker: PlainProcess(),
}


def require(name: str) -> None:
    if (name == "bubblewrap" and bubblewrap() is None) or (name.startswith("confined") and not has_walls):
        pytest.skip("not here")


@pytest.mark.parametrize("name", BACKENDS)
def test_a_run_has_what_it_needs_and_can_import_nothing_else(name: str, worker: Worker) -> None:
    require(name)
    others = [module for module in MODULES if not is_needed(module, KERAS.package) and module not in PROGRAMS]
    program = IMPORTS.replace("NAMES", repr(others))
    run = run_cells(BACKENDS[name](worker), program, IN_MEMORY, "from fairmark import dataset\ndataset('none')")
    had, came = json.loads(run.printed[1])
    assert came == []
    assert {module for module in had if not is_needed(module, KERAS.package)} == set()
    works, of_data, of_sandbox = json.loads(run.printed[2])
    assert {module for module in works if not is_needed(module, KERAS.package)} == set()
    assert {"secret_seed", "hidden_pictures", "make", "add", "Hidden"} & {*of_data} == set()
    assert {"supervise", "ConfinedProcess", "walls", "warm", "worker"} & {*of_sandbox} == set()
    errors = [one.event.error for one in run.events if one.event.kind == "cell_finished"]
    said = [error.type if error else None for error in errors]
    assert said in ([None, None, "CourseNotFound"], [None, None, "AssignmentNotFound"])


@pytest.mark.parametrize("name", [name for name in BACKENDS if name != "plain process"])
def test_its_files_cannot_be_read_behind_a_wall(name: str, worker: Worker) -> None:
    """A plain process can read them: it has no wall."""
    require(name)
    paths = {module: str(path) for module, path in MODULES.items()}
    run = run_cells(BACKENDS[name](worker), FROM_FILES.replace("PATHS", repr(paths)))
    assert json.loads(run.printed[1]) == []
