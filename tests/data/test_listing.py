from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.data.archive import opened
from fairmark.data.listing import Listing, list_pictures, safe_name, unused_name
from fairmark.errors import UsageError

List = Callable[[Iterable[str]], Listing]


@pytest.fixture
def listing(pack: Callable[..., Path]) -> List:
    def read(names: Iterable[str]) -> Listing:
        with opened(pack("a.zip", dict.fromkeys(names, b"x"))) as archive:
            return list_pictures(archive, ("rings", "squares"))

    return read


@pytest.mark.parametrize("wrapping", ["", "shapes/", "download/shapes/train/"])
def test_class_folders_are_found_below_any_wrapping(listing: List, wrapping: str) -> None:
    found = listing([f"{wrapping}rings/1.png", f"{wrapping}squares/2.JPG", f"{wrapping}squares/more/3.webp"])
    assert [entry.name for entry in found.pictures["rings"]] == [f"{wrapping}rings/1.png"]
    assert [entry.name for entry in found.pictures["squares"]] == [
        f"{wrapping}squares/2.JPG",
        f"{wrapping}squares/more/3.webp",
    ]
    assert found.other_files == ()


def test_class_folders_are_found_in_upper_and_lower_case(listing: List) -> None:
    found = listing(["Rings/1.png", "rings/2.png", "SQUARES/3.png"])
    assert len(found.pictures["rings"]) == 2


@pytest.mark.parametrize("folder", ["Äpfel", "A\u0308pfel", "äpfel"])
def test_class_folders_are_found_however_their_accents_are_written(pack: Callable[..., Path], folder: str) -> None:
    with opened(pack("a.zip", {f"{folder}/1.png": b"x", "Corn (maize) healthy/1.png": b"x"})) as archive:
        found = list_pictures(archive, ("Corn (maize) healthy", "Äpfel"))
    assert [len(entries) for entries in found.pictures.values()] == [1, 1]


def test_photographs_that_are_not_read_are_listed_with_their_class(listing: List) -> None:
    found = listing(["rings/IMG_1.HEIC", "rings/2.png", "squares/1.dng", "squares/2.png", "about.txt"])
    assert [[entry.name for entry in entries] for entries in found.pictures.values()] == [
        ["rings/2.png", "rings/IMG_1.HEIC"],
        ["squares/1.dng", "squares/2.png"],
    ]
    assert found.other_files == ("about.txt",)


def test_other_files_are_named_and_do_no_harm(listing: List) -> None:
    others = ("README.txt", "cover.png", "rings/list.csv", "shapes.zip")
    assert listing([*others, "rings/1.png", "squares/1.png"]).other_files == others


@pytest.mark.parametrize(
    ("names", "said", "remedy"),
    [
        (
            ["ring/1.png", "square/1.png"],
            "has no folder for 'rings', 'squares'; pictures lie in 'ring', 'square'",
            "Rename 'ring' to 'rings' and 'square' to 'squares'.",
        ),
        (
            ["rings/1.png", "Square/1.png"],
            "has no folder for 'squares'; pictures lie in 'Square', 'rings'",
            "Rename 'Square' to 'squares'.",
        ),
        (
            ["1.png"],
            "has no folder for 'rings', 'squares'; pictures lie in no folders",
            "Put each class's pictures in a folder of its name.",
        ),
        (
            ["rings/1.png", "squares/1.png", "stars/1.png"],
            "folder 'stars' stands beside the classes (rings, squares) but is none",
            "Take the folder out, or add the class to the recipe.",
        ),
        (
            ["train/rings/1.png", "train/squares/1.png", "test/rings/1.png", "test/squares/1.png"],
            "holds the classes several times: in 'test/' and 'train/'",
            "Unpack it, and hand over the folder of each split by itself.",
        ),
        (
            ["a/rings/1.png", "b/squares/1.png"],
            "the folders 'rings', 'squares' do not stand side by side",
            "Put each class's pictures in a folder of its name.",
        ),
        (["rings/a.txt", "squares/b.txt"], "holds no pictures", "Check that it is the archive you meant."),
    ],
)
def test_an_archive_of_another_shape_is_refused_with_what_to_do(
    listing: List, names: list[str], said: str, remedy: str
) -> None:
    with pytest.raises(UsageError) as caught:
        listing(names)
    assert caught.value.message.endswith(f"a.zip: {said}")
    assert caught.value.remedy == remedy


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("rings/horse01-0.jpg", "horse01-0.png"),
        ("a picture (2).jpg", "a picture (2).png"),
        ("Pferd_größe.jpg", "Pferd_größe.png"),
        ("-rf *.jpg", "rf _.png"),
        ("<script>.jpg", "_script_.png"),
        ("....jpg", "picture.png"),
        ("a\udcff.jpg", "a_.png"),
        ("x" * 300 + ".jpg", "x" * 120 + ".png"),
    ],
)
def test_names_are_kept_where_any_file_system_takes_them(name: str, kept: str) -> None:
    assert safe_name(name, ".png") == kept


@given(st.text(alphabet=st.characters(), max_size=400))
def test_a_safe_name_is_a_plain_file_name(name: str) -> None:
    safe = safe_name(name, ".png")
    assert PurePosixPath(safe).name == safe
    assert safe.isprintable()
    assert safe[0] not in ".- "
    assert len(safe.encode()) <= 124
    assert safe_name(safe, ".png") == safe


@given(st.lists(st.sampled_from(["a.png", "A.png", "a.PNG", "a-2.png", "b.png"]), max_size=12))
def test_unused_names_differ_in_more_than_case(names: list[str]) -> None:
    used: set[str] = set()
    chosen = [unused_name(name, used) for name in names]
    assert len({name.casefold() for name in chosen}) == len(names)
