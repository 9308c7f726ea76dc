"""``fairmark data``, without the wrapper that prints errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from odd_pictures import odd_zips
from typer.testing import CliRunner, Result

from fairmark.cli.data import app
from fairmark.data import evidence_folder, set_folder
from fairmark.data.decoded import ensure_decoded
from fairmark.data.picture_form import PictureForm
from fairmark.errors import ArchiveRefused, AssignmentNotFound, UsageError

Run = Callable[..., Result]


@pytest.fixture
def run(course: Path) -> Run:
    """Runs a command on the tiny course."""
    return lambda *arguments: CliRunner().invoke(app, [*arguments, "--course", str(course)])


def test_list_says_what_is_here(run: Run) -> None:
    [row] = json.loads(run("list", "--json").stdout)
    assert (row["name"], row["state"], row["counts"]) == ("shapes", "not here", {})
    run("make")
    [row] = json.loads(run("list", "--json").stdout)
    assert (row["state"], row["counts"]["train"]) == ("drawn", {"rings": 12, "squares": 20})
    assert "shapes    drawn     32     8" in run("list").stdout


def test_make_draws_and_says_where(run: Run) -> None:
    result = run("make", "shapes", "--hidden")
    assert result.exit_code == 0
    assert result.stdout == f"shapes: drawn, 32 train, 8 validation, 100 hidden, in {set_folder('shapes')}\n"
    assert "Drawing shapes: 10 of 40 pictures\n" in result.stderr
    again = run("make", "--json")
    assert json.loads(again.stdout)[0]["state"] == "drawn"
    assert again.stderr == ""


def test_check_exits_with_3_where_pictures_are_missing_or_damaged(run: Run) -> None:
    assert run("check").exit_code == 3
    run("make", "--hidden")
    fine = run("check", "shapes")
    assert (fine.exit_code, fine.stdout) == (0, f"shapes: drawn, no problems in {set_folder('shapes')}\n")
    (set_folder("shapes") / "train/rings/rings-00000.png").unlink()
    damaged = run("check")
    assert damaged.exit_code == 3
    assert "  missing: train/rings/rings-00000.png is missing\n" in damaged.stdout
    [row] = json.loads(run("check", "--json").stdout)
    assert [problem["kind"] for problem in row["problems"]] == ["missing"]
    (set_folder("shapes") / "manifest.json").unlink()
    assert run("check").exit_code == 3


def test_add_says_what_was_found(run: Run, archives: dict[str, Path]) -> None:
    options = [word for split, path in archives.items() for word in (f"--{split}", str(path))]
    result = run("add", "shapes", *options)
    assert result.stdout == (
        "train: 7 pictures (3 rings, 4 squares)\n"
        "validation: 6 pictures (3 rings, 3 squares)\n"
        "held back: 4 pictures (2 rings, 2 squares)\n"
        "sizes: 17 of 12 x 8\n"
        f"in {set_folder('shapes')}\n"
    )
    assert json.loads(run("add", "shapes", *options, "--json").stdout)["held_back"] == {"rings": 2, "squares": 2}
    assert run("check").exit_code == 0


HEIC = "is a HEIC photograph, as iPhones take them, which frameworks cannot read"
EXPORT = "Export the photographs as JPEG; an iPhone takes JPEGs with Settings, Camera, Formats, Most Compatible."
COUNTS = "train: 10 pictures (5 rings, 5 squares)\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "sixteen_bits",
            [
                "train: 11 pictures (6 rings, 5 squares)\n",
                "converted to PNG: 1\n",
                "note: 1 picture with more than 8 bits a channel was scaled to 8, as 'rings/sixteen.png'.\n",
            ],
        ),
        ("backslashes", [COUNTS]),
        ("nas_thumbnails", [COUNTS, "sizes: 20 of 96 x 96\n"]),
        (
            "iphone_some",
            [
                COUNTS,
                f"left out: 'rings/IMG_0.HEIC' {HEIC}, and 4 more like it\n",
                "no picture: 1 file, as 'about.txt'\n",
                f"note: {EXPORT}\n",
            ],
        ),
        (
            "named_jpeg_by_hand",
            [
                COUNTS,
                f"left out: 'rings/IMG_9.jpg' {HEIC}\n",
                "left out: 'rings/empty.jpg' is empty\n",
                "left out: 'rings/p.jpg' is no picture, whatever its name says\n",
                f"note: {EXPORT}\n",
            ],
        ),
    ],
)
def test_add_takes_or_names_what_instructors_really_have(run: Run, tmp_path: Path, name: str, said: list[str]) -> None:
    zips = odd_zips(tmp_path / "zips", ("rings", "squares"))
    result = run("add", "shapes", "--train", str(zips[name]), "--validation", str(zips["good"]))
    assert result.exit_code == 0
    for line in said:
        assert line in result.stdout
    files = 21 if name == "sixteen_bits" else 20
    assert f"Adding shapes: {files} of {files} pictures\n" in result.stderr


def test_add_names_photographs_of_iphones_where_there_are_no_others(run: Run, tmp_path: Path) -> None:
    zips = odd_zips(tmp_path / "zips", ("rings", "squares"))
    problem = run("add", "shapes", "--train", str(zips["iphone_only"]), "--validation", str(zips["good"])).exception
    assert isinstance(problem, UsageError)
    assert problem.message == (
        f"{zips['iphone_only']}: class 'rings' has 0 readable pictures and needs 1: 'rings/IMG_0.HEIC' {HEIC}"
    )
    assert problem.remedy == EXPORT


def test_list_says_of_real_pictures_that_they_must_be_added(run: Run, course: Path) -> None:
    assert run("list").stderr == "shapes: drawn when first needed.\n"
    (course / "datasets/shapes/render.py").unlink()
    assert run("list").stderr.replace("\n", " ") == (
        "shapes: Add its pictures from archives: fairmark data add shapes --train FILE --validation FILE. "
    )


def test_errors_are_left_to_the_wrapper(run: Run, archives: dict[str, Path], course: Path) -> None:
    assert isinstance(run("make", "shape").exception, AssignmentNotFound)
    toml = str(course / "datasets" / "shapes" / "dataset.toml")
    result = run("add", "shapes", "--train", toml, "--validation", str(archives["validation"]))
    assert isinstance(result.exception, ArchiveRefused)


def test_prune_removes_decoded_pictures_first_and_evidence_then(run: Run) -> None:
    run("make")
    [store] = ensure_decoded("shapes", [PictureForm(40, 40)])
    entry = evidence_folder() / "ab" / "abcd.json.gz"
    entry.parent.mkdir(parents=True)
    entry.write_bytes(b"x" * 1000)
    size = store.stat().st_size

    def prune(*options: str) -> Result:
        return CliRunner().invoke(app, ["prune", *options])

    assert prune().stdout == (
        "decoded pictures: 0 files removed, 0.00 GB; 0.00 GB kept\nevidence: 0 files removed, 0.00 GB; 0.00 GB kept\n"
    )
    rows = json.loads(prune("--keep-gb", f"{(size + 999) / 1e9:.9f}", "--json").stdout)
    assert rows == [
        {"kind": "decoded", "removed": 1, "kept_bytes": 0},
        {"kind": "evidence", "removed": 0, "kept_bytes": 1000},
    ]
    rows = json.loads(prune("--keep-gb", "0", "--json").stdout)
    assert rows[1] == {"kind": "evidence", "removed": 1, "kept_bytes": 0}
