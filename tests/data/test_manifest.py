from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fairmark.data import Problem, Recipe, make, read_manifest, set_folder, verify
from fairmark.errors import PicturesDamaged

PICTURE = "train/rings/rings-00003.png"


def flip_a_byte(folder: Path) -> None:
    content = bytearray((folder / PICTURE).read_bytes())
    content[-20] ^= 1
    (folder / PICTURE).write_bytes(content)


def cut(folder: Path) -> None:
    (folder / PICTURE).write_bytes((folder / PICTURE).read_bytes()[:10])


def link(folder: Path) -> None:
    (folder / PICTURE).rename(folder.parent / "moved.png")
    (folder / PICTURE).symlink_to(folder.parent / "moved.png")


def link_a_class(folder: Path) -> None:
    (folder / "train" / "rings").rename(folder.parent / "moved")
    (folder / "train" / "rings").symlink_to(folder.parent / "moved")


def test_the_manifest_says_what_the_set_is(recipe: Recipe) -> None:
    manifest = read_manifest(make(recipe))
    assert manifest is not None
    assert (manifest.schema_, manifest.dataset, manifest.origin) == ("fairmark.pictures/1", "shapes", "drawn")
    assert (manifest.seed, manifest.recipe_sha256, manifest.held_back) == (4, recipe.digest, None)
    assert manifest.counts == {"train": {"rings": 12, "squares": 20}, "validation": {"rings": 4, "squares": 4}}
    paths = [file.path for file in manifest.files]
    assert paths == sorted(paths)
    assert PICTURE in paths


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda folder: (folder / PICTURE).unlink(), ("missing", PICTURE, f"{PICTURE} is missing")),
        (flip_a_byte, ("changed", PICTURE, f"{PICTURE} has other bytes")),
        (cut, ("changed", PICTURE, f"{PICTURE} has 10 bytes, not ")),
        (link, ("link", PICTURE, f"{PICTURE} is a link")),
        (
            lambda folder: (folder / "train/rings/a.png").touch(),
            ("extra", "train/rings/a.png", "is not in the manifest"),
        ),
        (lambda folder: (folder / "train/stars").mkdir(), ("extra", "train/stars", "is not in the manifest")),
    ],
)
def test_verify_finds_each_kind_of_damage(
    recipe: Recipe, damage: Callable[[Path], None], problem: tuple[str, str, str]
) -> None:
    folder = make(recipe)
    damage(folder)
    [found] = verify(folder)
    assert (found.kind, found.path) == problem[:2]
    assert problem[2] in found.message


def test_a_linked_class_folder_is_reported_and_not_followed(recipe: Recipe) -> None:
    folder = make(recipe)
    link_a_class(folder)
    assert Problem(kind="link", path="train/rings", message="train/rings is a link") in verify(folder)


def test_litter_of_file_managers_is_no_problem(recipe: Recipe) -> None:
    folder = make(recipe)
    (folder / "train" / ".DS_Store").touch()
    assert verify(folder) == []


def test_a_set_that_is_not_there_has_no_manifest_and_one_problem() -> None:
    assert read_manifest(set_folder("shapes")) is None
    assert [problem.kind for problem in verify(set_folder("shapes"))] == ["missing"]


@pytest.mark.parametrize("path", ["/etc/passwd", "train/../../secret/seed"])
def test_a_manifest_whose_paths_lead_out_is_refused(recipe: Recipe, path: str) -> None:
    folder = make(recipe)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace(PICTURE, path))
    with pytest.raises(PicturesDamaged, match="leads out of the data set's folder"):
        verify(folder)


def test_a_missing_manifest_is_damage(recipe: Recipe) -> None:
    folder = make(recipe)
    (folder / "manifest.json").unlink()
    with pytest.raises(PicturesDamaged, match=r"manifest.json: is missing") as caught:
        verify(folder)
    assert "fairmark data make shapes --again" in (caught.value.remedy or "")
