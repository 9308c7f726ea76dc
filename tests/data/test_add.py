from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.data import (
    Recipe,
    add,
    data_folder,
    hidden_pictures,
    load_recipe,
    make,
    read_manifest,
    secret_folder,
    set_folder,
    verify,
)
from fairmark.data.archive import opened
from fairmark.data.listing import list_pictures, safe_name
from fairmark.errors import ArchiveRefused, UsageError

Pack = Callable[..., Path]
Encode = Callable[..., bytes]

PROJECT = Path(__file__).resolve().parents[2]
REAL = PROJECT.parent / "shared" / "data"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_pictures_are_copied_as_they_are_and_half_of_validation_is_held_back(
    recipe: Recipe, archives: dict[str, Path]
) -> None:
    added = add(recipe, **archives)
    assert added.counts == {"train": {"rings": 3, "squares": 4}, "validation": {"rings": 3, "squares": 3}}
    assert added.held_back == {"rings": 2, "squares": 2}
    assert (added.sizes, added.converted, added.skipped, added.other_files) == ({"12 x 8": 17}, 0, (), ())
    assert added.notes == ()
    folder = set_folder("shapes")
    assert added.folder == folder
    assert verify(folder) == []
    assert names_in(folder / "train" / "rings") == ["r0.jpg", "r1.jpg", "r2.jpg"]
    with zipfile.ZipFile(archives["train"]) as archive:
        assert (folder / "train/rings/r1.jpg").read_bytes() == archive.read("rings/r1.jpg")
    manifest = read_manifest(folder)
    assert manifest is not None
    assert (manifest.origin, manifest.counts) == ("added", added.counts)


def test_held_back_pictures_are_the_rest_of_validation_and_their_truth_is_right(
    recipe: Recipe, archives: dict[str, Path]
) -> None:
    add(recipe, **archives)
    hidden = hidden_pictures(recipe)
    stayed = {path.read_bytes() for path in (set_folder("shapes") / "validation").rglob("*.png")}
    with zipfile.ZipFile(archives["validation"]) as archive:
        of_class = {archive.read(name): name.split("/")[1] for name in archive.namelist()}
    held_back = {path.read_bytes() for path in hidden.pictures}
    assert stayed | held_back == set(of_class)
    assert not stayed & held_back
    for path, kind in zip(hidden.pictures, hidden.truth, strict=True):
        assert of_class[path.read_bytes()] == hidden.classes[kind]


def test_the_secret_decides_what_is_held_back(
    recipe: Recipe, archives: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chosen = []
    for name in ("one", "one", "two", "three", "four"):
        monkeypatch.setenv("FAIRMARK_SECRET", str(tmp_path / name))
        add(recipe, **archives)
        chosen.append([path.read_bytes() for path in hidden_pictures(recipe).pictures])
    assert chosen[0] == chosen[1]
    assert chosen[0] not in chosen[2:]


def test_with_hidden_pictures_of_their_own_validation_stays_whole(
    recipe: Recipe, archives: dict[str, Path], pack: Pack, picture: Encode
) -> None:
    own = pack(
        "hidden.zip", {"rings/h.png": picture(200), "squares/h.png": picture(201), "squares/i.png": picture(202)}
    )
    added = add(recipe, **archives, hidden=own)
    assert added.counts["validation"] == {"rings": 5, "squares": 5}
    assert added.held_back == {"rings": 1, "squares": 2}
    assert sorted(hidden_pictures(recipe).truth) == [0, 1, 1]


def test_a_folder_does_as_well_as_a_zip(recipe: Recipe, archives: dict[str, Path], tmp_path: Path) -> None:
    add(recipe, **archives)
    from_zips = read_manifest(set_folder("shapes"))
    for split, path in archives.items():
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / split)
    add(recipe, train=tmp_path / "train", validation=tmp_path / "validation")
    from_folders = read_manifest(set_folder("shapes"))
    assert from_zips is not None
    assert from_folders is not None
    assert from_folders.files == from_zips.files


def test_odd_formats_are_converted_names_made_safe_and_the_rest_reported(
    recipe: Recipe, archives: dict[str, Path], pack: Pack, picture: Encode
) -> None:
    files = {
        "rings/a.gif": picture(1, "GIF"),
        "rings/a.png": picture(2),
        "rings/sub/A.PNG": picture(3),
        "rings/<b>.webp": picture(4, "WEBP"),
        "rings/broken.jpg": b"no picture",
        "rings/notes.txt": b"text",
        "squares/big.png": picture(5, size=(20, 30)),
    }
    added = add(recipe, **archives | {"train": pack("odd.zip", files)})
    assert names_in(set_folder("shapes") / "train" / "rings") == ["A-3.PNG", "_b_.png", "a-2.png", "a.png"]
    assert added.converted == 2
    assert [(skipped.member, skipped.reason) for skipped in added.skipped] == [
        ("rings/broken.jpg", "is no picture, whatever its name says")
    ]
    assert added.other_files == ("rings/notes.txt",)
    assert added.sizes == {"12 x 8": 14, "20 x 30": 1}
    assert added.notes == ("train: the recipe speaks of 7 real pictures; the archive has 5.",)
    assert verify(set_folder("shapes")) == []


def test_hidden_pictures_that_are_among_the_training_pictures_are_pointed_out(
    recipe: Recipe, archives: dict[str, Path], pack: Pack, picture: Encode
) -> None:
    own = pack("hidden.zip", {"rings/h.bmp": picture(200, "BMP"), "squares/h.bmp": picture(50, "BMP")})
    notes = add(recipe, **archives, hidden=own).notes
    assert notes == ("1 of 2 hidden pictures are among the training pictures, pixel for pixel.",)


def test_progress_counts_every_picture_once_looked_at_and_once_put_in_place(
    recipe: Recipe, archives: dict[str, Path]
) -> None:
    looked_at: list[tuple[int, int]] = []
    put: list[tuple[int, int]] = []
    add(
        recipe,
        **archives,
        looking=lambda done, total: looked_at.append((done, total)),
        writing=lambda done, total: put.append((done, total)),
    )
    assert looked_at == put == [(done, 17) for done in range(1, 18)]


def test_a_refused_archive_leaves_the_former_set_as_it_was(
    recipe: Recipe, archives: dict[str, Path], pack: Pack
) -> None:
    add(recipe, **archives)
    before = hidden_pictures(recipe)
    with pytest.raises(ArchiveRefused):
        add(recipe, train=archives["train"], validation=pack("bad.zip", {"../rings/a.png": b""}))
    with pytest.raises(UsageError, match=r"class 'rings' has 0 readable pictures and needs 2: 'rings/a\.png' is empty"):
        add(recipe, train=archives["train"], validation=pack("bad.zip", {"rings/a.png": b"", "squares/a.png": b""}))
    assert verify(set_folder("shapes")) == []
    assert hidden_pictures(recipe) == before
    assert [name for name in names_in(data_folder()) if not name.endswith(".lock")] == ["shapes"]


def test_adding_again_replaces_the_set_and_what_was_held_back(recipe: Recipe, archives: dict[str, Path]) -> None:
    add(recipe, **archives)
    first = hidden_pictures(recipe).folder
    add(recipe, **archives)
    assert not first.exists()
    assert len(names_in(secret_folder() / "held_back" / "shapes")) == 1


def test_make_keeps_real_pictures_unless_told_again(recipe: Recipe, archives: dict[str, Path]) -> None:
    make(recipe)
    add(recipe, **archives)
    make(recipe)
    manifest = read_manifest(set_folder("shapes"))
    assert manifest is not None
    assert manifest.origin == "added"
    make(recipe, again=True)
    assert hidden_pictures(recipe).source == "drawn"


def test_a_recipe_without_render_py_takes_real_pictures(
    recipe: Recipe, archives: dict[str, Path], edited: Callable[..., Recipe]
) -> None:
    recipe.render.unlink()
    add(edited(), **archives)
    assert make(edited()) == set_folder("shapes")
    assert len(hidden_pictures(edited()).pictures) == 4


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_whatever_members_are_called_pictures_stay_inside_or_the_archive_is_refused(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in dict.fromkeys(["rings/a.png", "squares/a.png", *(f"rings/{name}.png" for name in names)]):
                archive.writestr(name, b"x")
        try:
            with opened(path) as found:
                listing = list_pictures(found, ("rings", "squares"))
        except UsageError:
            return
        place = (Path(folder) / "rings").resolve()
        place.mkdir()
        for entry in listing.pictures["rings"]:
            target = place / safe_name(entry.name, ".png")
            target.write_bytes(b"")
            assert target.resolve().parent == place


@pytest.mark.skipif(not REAL.is_dir(), reason="the real pictures are not beside the project")
def test_the_real_archives_give_1027_training_pictures() -> None:
    recipe = load_recipe(PROJECT / "datasets" / "horses_or_humans")
    added = add(recipe, train=REAL / "horse-or-human.zip", validation=REAL / "validation-horse-or-human.zip")
    assert added.counts == {"train": {"horses": 500, "humans": 527}, "validation": {"horses": 64, "humans": 64}}
    assert added.held_back == {"horses": 64, "humans": 64}
    assert (added.sizes, added.notes, added.skipped) == ({"300 x 300": 1283}, (), ())
    assert (added.folder / "train/horses/horse01-0.jpg").is_file()
    assert verify(added.folder) == []
