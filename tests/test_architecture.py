"""The shape of the house: which room may import which, what is public, how long files are, and what is never done.

Everything here is read off the source text, so that imports inside functions and for type checkers count too.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import fairmark

PACKAGE = Path(fairmark.__file__).resolve().parent

ROOMS = (
    "errors",
    "points",
    "extensions",
    "atomic_write",
    "regular_file",
    "untrusted_zip",
    "usable_cores",
    "evidence",
    "report",
    "course",
    "data",
    "notebook",
    "advice",
    "sandbox",
    "checks",
    "present",
    "frameworks",
    "grading",
    "classroom",
    "live",
    "author",
    "keras",
    "cli",
)
"""Lowest first: a room imports itself and what stands before it. ``keras`` may know all the others but ``cli``; none
knows it."""

FACADE = {"checks", "data", "live"}
"""What ``fairmark`` itself passes on to grader scripts and notebooks; those of a framework it does not know."""

KERAS = PACKAGE / "keras"

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "builtin" not in path.relative_to(PACKAGE).parts)


def name_of(path: Path) -> str:
    """``fairmark.keras.views.run_view`` for the file of that module."""
    parts = list(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


INSIDE = ("fairmark.sandbox.inside", "fairmark.keras.recorder")
"""What runs inside the sandbox: its own part, and the framework's."""

OUTSIDE = [path for path in MODULES if not name_of(path).startswith(INSIDE)]
"""All but that."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Full names of all that is imported, with the line; ``from a import b`` counts as ``a.b``."""
    name = name_of(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def room_of(name: str) -> str:
    """``checks`` of ``fairmark.keras.views.run_view``; nothing for ``fairmark`` itself."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def defined_in(path: Path) -> list[str]:
    """Public functions, classes and constants that a module defines at its top level."""
    names: list[str] = []
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return [name for name in names if not name.startswith("_")]


def calls() -> Iterator[tuple[Path, str, ast.Call]]:
    """Every call in every module, with its function as written: ``print``, ``sys.exit``."""
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                yield path, ast.unparse(node.func), node


def at(path: Path, line: int) -> str:
    return f"{path.relative_to(PACKAGE)}:{line}"


# --- imports ----------------------------------------------------------------------------------------------------------


def test_every_room_has_its_place_in_the_order() -> None:
    found = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.suffix == ".py"}
    found |= {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert found - {"__init__", "__main__"} == set(ROOMS)


def may_import(room: str) -> set[str]:
    """The rooms that ``room`` may import; the facade is no room of its own."""
    if not room:
        return FACADE
    return set(ROOMS[: ROOMS.index(room) + 1] if room in ROOMS else ROOMS)


def test_imports_run_downwards() -> None:
    assert not [
        f"{at(path, line)} imports {name}"
        for path in MODULES
        for name, line in imports(path)
        if name.split(".")[0] == "fairmark" and room_of(name) not in may_import(room_of(name_of(path)))
    ]


def test_the_facade_takes_the_vocabulary_the_pictures_and_the_check_and_nothing_else() -> None:
    ours = {name.rpartition(".")[0] for name, _ in imports(PACKAGE / "__init__.py") if name.startswith("fairmark")}
    assert ours <= {"fairmark.checks", "fairmark.data.dataset", "fairmark.live"}


NAMES_OF_KERAS = re.compile(r"keras|tensorflow|\btf\b", re.IGNORECASE)
NOT_TEXT = {".png", ".pyc"}


def test_nothing_outside_the_wing_of_keras_imports_it() -> None:
    """It is found through its entry point, as any framework is."""
    assert not [
        f"{at(path, line)} imports {name}"
        for path in MODULES
        if not path.is_relative_to(KERAS)
        for name, line in imports(path)
        if f"{name}.".startswith("fairmark.keras.")
    ]


def test_nothing_outside_the_wing_of_keras_names_it() -> None:
    """In code, words or pages: of the framework the engine knows what it tells of itself."""
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in NOT_TEXT)
    engine = (path for path in files if "builtin" not in path.relative_to(PACKAGE).parts)
    assert not [
        f"{at(path, line)}: {text.strip()}"
        for path in sorted(engine)
        if not path.is_relative_to(KERAS)
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if NAMES_OF_KERAS.search(text)
    ]


def test_evidence_imports_nothing_of_ours() -> None:
    folder = PACKAGE / "evidence"
    found = {name for path in folder.rglob("*.py") for name, _ in imports(path) if name.startswith("fairmark")}
    assert {room_of(name) for name in found} == {"evidence"}


def test_nothing_outside_imports_the_part_that_runs_inside_but_those_that_run_it() -> None:
    """The worker, which forks it, and the students' own kernels, which have the same channel and recorder."""
    runs_it = {PACKAGE / "frameworks.py", KERAS / "watch.py"}
    assert not [
        at(path, line)
        for path in OUTSIDE
        for name, line in imports(path)
        if name.startswith(INSIDE) and path.parent.name not in ("warm", "live") and path not in runs_it
    ]


def test_the_walls_know_only_what_is_to_be_confined() -> None:
    known = ("fairmark.sandbox.walls", "fairmark.sandbox.limits", "fairmark.sandbox.temporary_directories")
    assert not [
        f"{at(path, line)} imports {name}"
        for path in MODULES
        if path.parent.name == "walls"
        for name, line in imports(path)
        if name.startswith("fairmark") and not name.startswith(known)
    ]


def test_the_part_that_runs_inside_knows_evidence_its_job_and_how_cells_are_read_only() -> None:
    job = (
        "fairmark.sandbox.jobfile",
        "fairmark.sandbox.jobs",
        "fairmark.sandbox.message_authentication",
        "fairmark.sandbox.program",
    )
    known = ("fairmark.evidence", "fairmark.notebook.magics", *job, *INSIDE)
    assert not [
        f"{at(path, line)} imports {name}"
        for path in MODULES
        if path not in OUTSIDE
        for name, line in imports(path)
        if name.startswith("fairmark") and not name.startswith(known)
    ]


def unexplained(source: str) -> list[int]:
    """Lines of imports inside functions that have no comment, neither in their own line nor in the one above the block
    of imports that they belong to."""
    found = []
    module = ast.parse(source)
    comments = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    inside = {
        node
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    imported = {line for node in inside for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    for node in inside:
        first = node.lineno
        while first - 1 in imported:
            first -= 1
        own = range(first - 1, (node.end_lineno or node.lineno) + 1)
        if not comments & set(own):
            found.append(node.lineno)
    return sorted(found)


def test_an_import_inside_a_function_says_why() -> None:
    assert not [at(path, line) for path in MODULES for line in unexplained(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("import keras  # heavy", []),
        ("# Heavy.\n    import keras", []),
        ("# Heavy.\n    import keras\n    import tensorflow", []),
        ("import keras", [2]),
        ("a = 1  # one\n    b = 2\n    import keras", [4]),
        ("import keras\n    # another thing", [2]),
        ("a = '#'; import keras", [2]),
    ],
)
def test_only_a_comment_at_an_import_explains_it(body: str, lines: list[int]) -> None:
    assert unexplained(f"def function():\n    {body}\n") == lines


HEAVY = ("tensorflow", "keras", "IPython")


def loaded_by(statement: str) -> list[str]:
    """Which of the heavy packages a fresh interpreter has loaded after ``statement``."""
    program = f"""
import sys
sys.path.insert(0, {str(PACKAGE.parent)!r})
{statement}
print(*(name for name in {HEAVY!r} if name in sys.modules))
"""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()


def test_importing_fairmark_loads_nothing_heavy() -> None:
    assert loaded_by("import fairmark") == []


def test_importing_any_room_loads_nothing_heavy() -> None:
    assert loaded_by("\n".join(f"import {name_of(path)}" for path in OUTSIDE if path.name != "__main__.py")) == []


# --- what is public ---------------------------------------------------------------------------------------------------


def listed_in(path: Path) -> list[str] | None:
    """``__all__`` of a module, None where it has none."""
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def test_a_module_with_public_names_lists_them() -> None:
    programs = [path for path in MODULES if path.name == "__main__.py"]
    assert not [
        name_of(path)
        for path in MODULES
        if path not in programs and defined_in(path) and not set(listed_in(path) or ()) & set(defined_in(path))
    ]


def test_what_a_module_lists_is_there_once() -> None:
    for path in OUTSIDE:
        names = listed_in(path) or []
        assert len(set(names)) == len(names), name_of(path)
        if path.name != "__main__.py":
            module = importlib.import_module(name_of(path))
            assert not [name for name in names if not hasattr(module, name)], name_of(path)


# --- what is raised ---------------------------------------------------------------------------------------------------

OUT_OF_THE_TREE = {
    "fairmark.errors.FairmarkError": "the root of what people read",
    "fairmark.errors.ControlFlow": "the root of what is caught on the way",
    "fairmark.sandbox.inside.skipped.TrainingSkipped": "no Exception, so that a notebook's cells cannot catch it",
    "fairmark.data.drawing.RenderError": "its file is also a program, which has the standard library and Pillow alone",
}
"""Classes of exceptions with a base that is not ours, and why."""


def classes() -> Iterator[tuple[str, list[str]]]:
    """Every class of the engine by its full name, with the last parts of its bases' names."""
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                yield f"{name_of(path)}.{node.name}", [ast.unparse(base).rpartition(".")[2] for base in node.bases]


def is_foreign_exception(base: str, ours: set[str]) -> bool:
    named_like_one = base.endswith(("Error", "Exception", "Exit", "Interrupt", "Warning"))
    built_in = getattr(builtins, base, None)
    is_built_in_one = isinstance(built_in, type) and issubclass(built_in, BaseException)
    return base not in ours and (named_like_one or is_built_in_one)


def test_every_exception_that_is_raised_on_purpose_hangs_in_the_tree_of_errors() -> None:
    ours = {name.rpartition(".")[2] for name, _ in classes()}
    found = {name for name, bases in classes() if any(is_foreign_exception(base, ours) for base in bases)}
    assert found == set(OUT_OF_THE_TREE)


# --- how it is written ------------------------------------------------------------------------------------------------


def test_no_file_is_longer_than_500_lines() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > 500} == {}


def test_every_module_has_tests_of_its_own_or_it_is_written_which_test_it() -> None:
    """``tests/tested_by.toml`` names those that test the modules without a test file of their own."""
    tests = Path(__file__).parent
    named: dict[str, str] = tomllib.loads((tests / "tested_by.toml").read_text(encoding="utf-8"))
    modules = {path.relative_to(PACKAGE) for path in MODULES if path.stem not in ("__init__", "__main__")}
    alone = {one.as_posix() for one in modules if not (tests / one.parent / f"test_{one.name}").is_file()}
    assert sorted(named) == sorted(alone)
    assert [file for file in named.values() if not (tests / file).is_file()] == []


def test_every_module_says_what_it_is_for() -> None:
    assert not [name_of(path) for path in MODULES if not ast.get_docstring(tree(path))]


# --- what is never done -----------------------------------------------------------------------------------------------

PRINTS_OR_EXITS = {"print", "exit", "quit", "sys.exit", "sys.stdout.write", "sys.stderr.write", "typer.echo"}


def test_only_the_command_line_prints_or_exits() -> None:
    elsewhere = [path for path in MODULES if room_of(name_of(path)) != "cli"]
    found = [at(path, call.lineno) for path, name, call in calls() if path in elsewhere and name in PRINTS_OR_EXITS]
    for path in elsewhere:
        raised = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Raise) and node.exc is not None]
        found += [at(path, node.lineno) for node in raised if "SystemExit" in ast.unparse(node)]
    assert not found


UNPICKLING = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "h5py"}
UNSAFE_LOADING = {"load_model", "load_weights", "enable_unsafe_deserialization"}


def test_nothing_that_unpickles_is_imported() -> None:
    assert not [
        f"{at(path, line)} imports {name}"
        for path in MODULES
        for name, line in imports(path)
        if name.split(".")[0] in UNPICKLING
    ]


def test_no_model_is_loaded_from_a_file_that_can_carry_code() -> None:
    for path, name, call in calls():
        assert name.rpartition(".")[2] not in UNSAFE_LOADING, at(path, call.lineno)
        assert option(call, "safe_mode") in (None, "True"), at(path, call.lineno)


def test_arrays_are_never_unpickled_and_every_call_says_so() -> None:
    for path, name, call in calls():
        allowed = option(call, "allow_pickle")
        assert allowed in (None, "False"), at(path, call.lineno)
        if name in ("np.load", "numpy.load", "np.save", "numpy.save"):
            assert allowed == "False", at(path, call.lineno)


def test_no_command_goes_through_a_shell() -> None:
    for path, name, call in calls():
        assert option(call, "shell") in (None, "False"), at(path, call.lineno)
        assert name not in ("os.system", "os.popen"), at(path, call.lineno)


def test_text_is_run_only_where_it_is_an_authors_and_in_a_process_of_its_own() -> None:
    """Cells run inside the sandbox, through IPython; ``render.py`` runs in the worker that draws."""
    assert {name_of(path) for path, name, _ in calls() if name in ("eval", "exec")} <= {"fairmark.data.drawing"}


def option(call: ast.Call, name: str) -> str | None:
    """A keyword argument as written."""
    return next((ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == name), None)
