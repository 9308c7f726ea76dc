"""``fairmark data``: the pictures of the course's data sets on this computer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from fairmark import data
from fairmark.cli.options import AsJson, CourseFolder, require_within
from fairmark.cli.say import results, say, tell, waiting
from fairmark.course import Course, find_course
from fairmark.data.decoded import decoded_bytes, prune_decoded
from fairmark.errors import PicturesDamaged, PicturesMissing
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.present.escape import plain

__all__ = ["app"]

app = typer.Typer(
    help="List, make, add, check and prune the pictures of the course's data sets.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]", help="Data sets; all of the course if none.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=1000, metavar="N", help="Processes that draw; else one for each core."),
]


@app.command("list")
def list_sets(course: CourseFolder = None, as_json: AsJson = False) -> None:
    """List the course's data sets, and which are on this computer."""
    recipes = _recipes(find_course(course), None)
    rows = [_state(recipe) for recipe in recipes]
    if as_json:
        _print_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("data set", "pictures", "train", "validation", "folder"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        totals = [str(sum(row["counts"].get(split, {}).values()) or "-") for split in ("train", "validation")]
        table.add_row(row["name"], row["state"], *totals, Text(plain(row["folder"])))
    results().print(table)
    for recipe, row in zip(recipes, rows, strict=True):
        if row["state"] == "not here":
            say(f"{recipe.name}: {recipe.when_missing}.")


@app.command("make")
def make_sets(  # one parameter for each option
    *,
    names: Names = None,
    again: Annotated[bool, typer.Option("--again", help="Draw anew; replaces real pictures too.")] = False,
    hidden: Annotated[
        bool, typer.Option("--hidden", help="Draw the hidden pictures as well, not when needed.")
    ] = False,
    workers: Workers = None,
    course: CourseFolder = None,
    as_json: AsJson = False,
) -> None:
    """Draw the pictures of data sets that have a render.py. What is there already stays."""
    rows = []
    for recipe in _recipes(find_course(course), names):
        if not names and not recipe.drawable and not data.set_folder(recipe.name).exists():
            say(f"{recipe.name}: its pictures cannot be drawn. {recipe.add_remedy}.")
            continue
        with _progress(f"Drawing {recipe.name}") as report:
            data.make(recipe, workers=workers, progress=report, again=again, waiting=_says_it_waits(recipe.name))
        row = _state(recipe)
        if hidden:
            with _progress(f"Drawing hidden pictures of {recipe.name}") as report:
                found = data.hidden_pictures(
                    recipe, workers=workers, progress=report, waiting=_says_it_waits(recipe.name)
                )
            row["hidden"] = len(found.pictures)
        rows.append(row)
        if not as_json:
            tell(_summary(row))
    if as_json:
        _print_json(rows)


@app.command("add")
def add_set(  # one parameter for each option
    *,
    name: Annotated[str, typer.Argument(help="The data set, by its recipe's name.")],
    train: Annotated[Path, typer.Option("--train", metavar="FILE", help="Training pictures: zip file or folder.")],
    validation: Annotated[
        Path, typer.Option("--validation", metavar="FILE", help="Validation pictures: zip file or folder.")
    ],
    hidden: Annotated[
        Path | None,
        typer.Option("--hidden", metavar="FILE", help="Hidden pictures; else half of validation is held back."),
    ] = None,
    course: CourseFolder = None,
    as_json: AsJson = False,
) -> None:
    """Use real pictures, from a zip file or folder for each split, with a folder for each class in it."""
    [recipe] = _recipes(find_course(course), [name])
    with _progress(f"Looking at {recipe.name}") as looking, _progress(f"Adding {recipe.name}") as writing:
        added = data.add(
            recipe,
            train=train,
            validation=validation,
            hidden=hidden,
            looking=looking,
            writing=writing,
            waiting=_says_it_waits(name),
        )
    if as_json:
        _print_json(added.model_dump(mode="json"))
    else:
        _print_added(added)


@app.command("check")
def check_sets(names: Names = None, course: CourseFolder = None, as_json: AsJson = False) -> None:
    """Compare every picture with the manifest. Exits with 3 where one is missing, changed or too many."""
    rows = [_checked(recipe) for recipe in _recipes(find_course(course), names)]
    if as_json:
        _print_json(rows)
    else:
        for row in rows:
            tell(f"{row['name']}: {row['state']}, {len(row['problems']) or 'no'} problems in {row['folder']}")
            for problem in row["problems"][:20]:
                tell(f"  {problem['kind']}: {problem['message']}")
            if len(row["problems"]) > 20:
                tell(f"  and {len(row['problems']) - 20} more (all of them: --json)")
            if row["pixels_as_published"] is False:
                print("  note: drawn by another version of Pillow than the author's; some pixels differ")
    if any(row["problems"] for row in rows):
        raise typer.Exit(3)


@app.command("prune")
def prune(
    *,
    keep_gb: Annotated[
        float, typer.Option("--keep-gb", min=0.0, metavar="GB", help="Keep at most so many GB (10^9 bytes) in all.")
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Remove what is kept to save time, that not used for longest first: decoded pictures, then evidence of runs."""
    require_within("--keep-gb", keep_gb, 0, 1_000_000)
    most_bytes = int(keep_gb * 1e9)
    evidence = EvidenceStore(data.evidence_folder())
    # Decoding again takes seconds, training again minutes.
    before = {"decoded": decoded_bytes(), "evidence": evidence.size_bytes()}
    removed = {"decoded": prune_decoded(max(0, most_bytes - before["evidence"])), "evidence": 0}
    removed["evidence"] = evidence.prune(max(0, most_bytes - decoded_bytes()))
    after = {"decoded": decoded_bytes(), "evidence": evidence.size_bytes()}
    if as_json:
        _print_json([{"kind": kind, "removed": removed[kind], "kept_bytes": after[kind]} for kind in before])
        return
    for kind, name in (("decoded", "decoded pictures"), ("evidence", "evidence")):
        freed, kept = (before[kind] - after[kind]) / 1e9, after[kind] / 1e9
        tell(f"{name}: {removed[kind]} files removed, {freed:.2f} GB; {kept:.2f} GB kept")


def _recipes(course: Course, names: list[str] | None) -> list[data.Recipe]:
    return [data.load_recipe(course.dataset_folder(name)) for name in names or course.datasets()]


def _state(recipe: data.Recipe) -> dict[str, Any]:
    """What is on this computer of one data set, as the JSON output has it."""
    folder = data.set_folder(recipe.name)
    row: dict[str, Any] = {"name": recipe.name, "title": recipe.title, "state": "not here", "counts": {}}
    row |= {"folder": str(folder), "drawable": recipe.drawable, "pixels_as_published": None}
    try:
        manifest = data.read_manifest(folder)
    except PicturesDamaged:
        return row | {"state": "damaged"}
    if manifest is None:
        return row
    published = data.pixels_as_published(recipe, manifest)
    stale = manifest.origin == "drawn" and manifest.recipe_sha256 != recipe.digest
    state = "drawn by another recipe" if stale else manifest.origin
    return row | {"state": state, "counts": manifest.counts, "pixels_as_published": published}


def _checked(recipe: data.Recipe) -> dict[str, Any]:
    row = _state(recipe)
    try:
        problems = data.verify(data.set_folder(recipe.name)) + data.verify_hidden(recipe)
        row["problems"] = [problem.model_dump() for problem in problems]
    except (PicturesDamaged, PicturesMissing) as error:
        row["problems"] = [
            {"kind": "manifest", "path": ".", "message": f"{error.message}. {error.remedy or ''}".strip()}
        ]
    return row


def _summary(row: dict[str, Any]) -> str:
    counts = ", ".join(f"{sum(of_class.values())} {split}" for split, of_class in row["counts"].items())
    hidden = f", {row['hidden']} hidden" if "hidden" in row else ""
    return f"{row['name']}: {row['state']}, {counts}{hidden}, in {row['folder']}"


def _print_added(added: data.Added) -> None:
    for split, of_class in (*added.counts.items(), ("held back", added.held_back)):
        listed = ", ".join(f"{count} {name}" for name, count in of_class.items())
        tell(f"{split}: {sum(of_class.values())} pictures ({listed})")
    sizes = list(added.sizes.items())
    more = f" and {len(sizes) - 5} other sizes" if len(sizes) > 5 else ""
    tell(f"sizes: {', '.join(f'{count} of {size}' for size, count in sizes[:5])}{more}")
    if added.converted:
        tell(f"converted to PNG: {added.converted}")
    _print_left_out(added.skipped)
    if added.other_files:
        count = len(added.other_files)
        tell(f"no picture{'s' * (count != 1)}: {count} file{'s' * (count != 1)}, as {added.other_files[0]!r}")
    for note in added.notes:
        tell(f"note: {note}")
    tell(f"in {added.folder}")


def _print_left_out(skipped: Sequence[data.Skipped]) -> None:
    """A line for each reason, the commonest first: a class photographed by one camera has hundreds of one kind."""
    reasons = Counter(one.reason for one in skipped).most_common()
    for reason, count in reasons[:10]:
        first = next(one.member for one in skipped if one.reason == reason)
        tell(f"left out: {first!r} {reason}{f', and {count - 1} more like it' if count > 1 else ''}")
    if len(reasons) > 10:
        rest = sum(count for _, count in reasons[10:])
        tell(f"left out: {rest} more for other reasons (all of them: --json)")


def _says_it_waits(name: str) -> Callable[[], None]:
    return lambda: say(f"{name}: another process is writing it; waiting for it to end")


@contextmanager
def _progress(what: str) -> Iterator[data.Progress]:
    """A bar on standard error; where that is not a terminal, a line for each quarter."""
    console = waiting()
    if not console.is_terminal:
        yield _Quarters(what)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


class _Quarters:
    def __init__(self, what: str) -> None:
        self.what, self.said = what, -1

    def __call__(self, done: int, total: int) -> None:
        quarter = 4 * done // total
        if quarter > self.said:
            self.said = quarter
            say(f"{self.what}: {done} of {total} pictures")


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2))
