from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from fairmark.data.labels import balanced_order, read_labels, write_labels
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
    with pytest.raises(PicturesDamaged, match=r"not as they were when it was added: 00000\.png has 0 bytes"):
        hidden_pictures(recipe)
    shutil.rmtree(secret_folder() / "held_back")
    with pytest.raises(PicturesMissing, match="held back when it was added are not in"):
        hidden_pictures(recipe)


# --- damage -----------------------------------------------------------------------------------------------------------


def labels_of(hidden: Hidden) -> Path:
    return hidden.folder.parent / "labels" / "labels.json"


def rewritten(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content))


def shift_labels(hidden: Hidden) -> None:
    rewritten(labels_of(hidden), lambda content: content["truth"].insert(0, content["truth"].pop()))


def shift_labels_and_their_digest(hidden: Hidden) -> None:
    labels = read_labels(hidden.folder.parent)
    assert labels is not None
    write_labels(hidden.folder.parent, labels.model_copy(update={"truth": (*labels.truth[1:], labels.truth[0])}))


def shift_files(hidden: Hidden) -> None:
    rewritten(labels_of(hidden), lambda content: content["files"].insert(0, content["files"].pop()))


def rename_classes(hidden: Hidden) -> None:
    rewritten(labels_of(hidden), lambda content: content["classes"].reverse())


def cut_labels(hidden: Hidden) -> None:
    labels_of(hidden).write_bytes(labels_of(hidden).read_bytes()[:-100])


def remove_labels(hidden: Hidden) -> None:
    labels_of(hidden).unlink()


def pipe_for_labels(hidden: Hidden) -> None:
    labels_of(hidden).unlink()
    os.mkfifo(labels_of(hidden))


def of_both_classes(hidden: Hidden) -> tuple[Path, Path]:
    return tuple(hidden.pictures[hidden.truth.index(kind)] for kind in (0, 1))  # type: ignore[return-value]


def swap_pictures(hidden: Hidden) -> None:
    first, second = of_both_classes(hidden)
    contents = first.read_bytes(), second.read_bytes()
    second.write_bytes(contents[0])
    first.write_bytes(contents[1])


def swap_by_renaming(hidden: Hidden) -> None:
    first, second = of_both_classes(hidden)
    first.rename(first.with_name("aside"))
    second.rename(first)
    first.with_name("aside").rename(second)


def flip_a_bit_and_keep_the_time(hidden: Hidden) -> None:
    path = hidden.pictures[3]
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=times)


def cut_a_picture(hidden: Hidden) -> None:
    hidden.pictures[3].write_bytes(hidden.pictures[3].read_bytes()[:-1])


def remove_a_picture(hidden: Hidden) -> None:
    hidden.pictures[3].unlink()


def one_picture_too_many(hidden: Hidden) -> None:
    shutil.copy(hidden.pictures[3], hidden.folder / "99999.png")


def another_size(hidden: Hidden) -> None:
    Image.new("RGB", (5, 5)).save(hidden.pictures[3])


def link_for_a_picture(hidden: Hidden) -> None:
    moved = hidden.folder.parent / "moved.png"
    hidden.pictures[3].rename(moved)
    hidden.pictures[3].symlink_to(moved)


DAMAGE = (
    shift_labels,
    shift_labels_and_their_digest,
    shift_files,
    rename_classes,
    cut_labels,
    remove_labels,
    pipe_for_labels,
    swap_pictures,
    swap_by_renaming,
    flip_a_bit_and_keep_the_time,
    cut_a_picture,
    remove_a_picture,
    one_picture_too_many,
    another_size,
    link_for_a_picture,
)


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_drawn_pictures_that_are_damaged_are_told_and_drawn_again(
    recipe: Recipe, damage: Callable[[Hidden], None]
) -> None:
    hidden = hidden_pictures(recipe)
    before = contents(hidden)
    assert verify_hidden(recipe) == []
    damage(hidden)
    assert verify_hidden(recipe)
    assert hidden_pictures(recipe) == hidden
    assert contents(hidden) == before
    assert verify_hidden(recipe) == []


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_nothing_is_marked_with_held_back_pictures_that_are_damaged(
    recipe: Recipe, archives: dict[str, Path], damage: Callable[[Hidden], None]
) -> None:
    add(recipe, **archives)
    hidden = hidden_pictures(recipe)
    assert verify_hidden(recipe) == []
    damage(hidden)
    assert verify_hidden(recipe)
    with pytest.raises(PicturesDamaged) as caught:
        hidden_pictures(recipe)
    assert "data add shapes" in (caught.value.remedy or "")
    add(recipe, **archives)
    assert hidden_pictures(recipe).truth == hidden.truth
    assert verify_hidden(recipe) == []


def test_damage_in_a_further_round_draws_all_rounds_again(recipe: Recipe) -> None:
    third = hidden_pictures(recipe, rounds=3)
    before = contents(third)
    third.pictures[250].unlink()
    assert contents(hidden_pictures(recipe, rounds=3)) == before


def test_files_that_have_not_been_touched_are_read_once_in_a_process(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden_pictures(recipe)
    hidden_pictures(recipe)
    monkeypatch.setattr("fairmark.data.hidden.file_problem", lambda folder, file: pytest.fail("read again"))
    assert len(hidden_pictures(recipe).pictures) == 100


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
