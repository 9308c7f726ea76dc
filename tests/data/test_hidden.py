from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fairmark.data import (
    Hidden,
    Recipe,
    add,
    data_folder,
    hidden_pictures,
    make,
    secret_folder,
    secret_seed,
    set_folder,
    verify_hidden,
)
from fairmark.data.labels import balanced_order
from fairmark.errors import PicturesDamaged, PicturesMissing


def contents(hidden: Hidden) -> list[bytes]:
    return [path.read_bytes() for path in hidden.pictures]


def test_hidden_pictures_are_drawn_from_the_secret_seed_and_their_truth_is_right(recipe: Recipe) -> None:
    hidden = hidden_pictures(recipe)
    assert (hidden.classes, hidden.source, hidden.more) == (("rings", "squares"), "drawn", True)
    assert (hidden.truth.count(0), hidden.truth.count(1)) == (40, 60)
    expected = {
        recipe.draw(name, split="hidden", index=index, seed=secret_seed()).tobytes(): kind
        for kind, (name, count) in enumerate({"rings": 40, "squares": 60}.items())
        for index in range(count)
    }
    for path, kind in zip(hidden.pictures, hidden.truth, strict=True):
        with Image.open(path) as picture:
            assert expected[picture.tobytes()] == kind


def test_names_say_nothing_and_labels_are_not_beside_the_pictures(recipe: Recipe) -> None:
    hidden = hidden_pictures(recipe)
    assert sorted(path.name for path in hidden.folder.iterdir()) == [f"{number:05d}.png" for number in range(100)]
    assert {path.parent for path in hidden.pictures} == {hidden.folder}
    labels = list(secret_folder().rglob("labels.json"))
    assert labels
    assert all(not path.is_relative_to(hidden.folder) for path in labels)


def test_nothing_hidden_is_under_the_data_folder(recipe: Recipe, archives: dict[str, Path]) -> None:
    make(recipe)
    drawn = set(contents(hidden_pictures(recipe)))
    public = {path.read_bytes() for path in data_folder().rglob("*") if path.is_file()}
    assert not drawn & public
    add(recipe, **archives)
    held_back = set(contents(hidden_pictures(recipe)))
    public = {path.read_bytes() for path in data_folder().rglob("*") if path.is_file()}
    assert not held_back & public


def test_further_rounds_leave_the_earlier_ones_as_they_are(recipe: Recipe) -> None:
    first = hidden_pictures(recipe)
    before = contents(first)
    third = hidden_pictures(recipe, rounds=3)
    assert len(third.pictures) == 300
    assert third.pictures[:100] == first.pictures
    assert third.truth[:100] == first.truth
    assert contents(third)[:100] == before
    assert len(set(contents(third))) == 300
    assert hidden_pictures(recipe, rounds=1) == first


def test_rounds_drawn_one_by_one_and_all_at_once_are_the_same(recipe: Recipe) -> None:
    hidden_pictures(recipe)
    one_by_one = contents(hidden_pictures(recipe, rounds=2))
    shutil.rmtree(secret_folder() / "hidden")
    assert contents(hidden_pictures(recipe, rounds=2)) == one_by_one


def test_pictures_that_are_there_are_not_drawn_again(recipe: Recipe) -> None:
    hidden_pictures(recipe)
    drawn: list[int] = []
    hidden_pictures(recipe, progress=lambda done, _: drawn.append(done))
    assert not drawn


def test_pictures_that_went_missing_or_lost_their_labels_are_drawn_again(recipe: Recipe) -> None:
    hidden = hidden_pictures(recipe)
    before = contents(hidden)
    hidden.pictures[5].unlink()
    assert [problem.path for problem in verify_hidden(recipe)] == ["00005.png"]
    assert contents(hidden_pictures(recipe)) == before
    assert verify_hidden(recipe) == []
    (hidden.folder.parent / "labels" / "labels.json").unlink()
    assert hidden_pictures(recipe) == hidden


def test_another_secret_gives_other_pictures_in_another_order(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = hidden_pictures(recipe)
    monkeypatch.setenv("FAIRMARK_SECRET", str(tmp_path / "other"))
    second = hidden_pictures(recipe)
    assert not set(contents(first)) & set(contents(second))
    assert first.truth != second.truth


def test_held_back_pictures_are_all_given_in_whatever_round(recipe: Recipe, archives: dict[str, Path]) -> None:
    add(recipe, **archives)
    hidden = hidden_pictures(recipe, rounds=5)
    assert (len(hidden.pictures), hidden.source, hidden.more) == (4, "held back", False)
    assert sorted(hidden.truth) == [0, 0, 1, 1]
    assert sorted(path.name for path in hidden.folder.iterdir()) == [f"{number:05d}.png" for number in range(4)]


def test_held_back_pictures_that_are_gone_are_reported(recipe: Recipe, archives: dict[str, Path]) -> None:
    add(recipe, **archives)
    hidden = hidden_pictures(recipe)
    hidden.pictures[0].write_bytes(b"")
    with pytest.raises(PicturesDamaged, match="missing or has another size"):
        hidden_pictures(recipe)
    shutil.rmtree(secret_folder() / "held_back")
    with pytest.raises(PicturesMissing, match="held back when it was added are not in"):
        hidden_pictures(recipe)


def test_without_render_py_and_without_added_pictures_there_are_none(
    recipe: Recipe, edited: Callable[..., Recipe]
) -> None:
    recipe.render.unlink()
    with pytest.raises(PicturesMissing, match="shapes: its pictures are not on this computer"):
        hidden_pictures(edited())


def test_hidden_pictures_do_not_need_the_public_ones(recipe: Recipe) -> None:
    assert len(hidden_pictures(recipe).pictures) == 100
    assert not set_folder("shapes").exists()


@given(st.lists(st.integers(1, 300), min_size=2, max_size=5), st.integers())
def test_whole_blocks_from_the_start_hold_each_class_in_its_proportion(counts: list[int], seed: int) -> None:
    order = balanced_order(counts, random.Random(seed))
    assert sorted(order) == [(kind, index) for kind, count in enumerate(counts) for index in range(count)]
    for end in range(64, len(order), 64):
        for kind, count in enumerate(counts):
            share = sum(found == kind for found, _ in order[:end])
            assert abs(share - end * count / len(order)) <= len(counts) / 2 + 0.5
