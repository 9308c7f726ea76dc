"""How evidence spells the folders that a notebook reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairmark.evidence import Event
from fairmark.keras.recorder.recorder import Recorder
from fairmark.sandbox.inside.channel import Channel


class Nowhere(Channel):
    def __init__(self) -> None:
        """Events go nowhere."""

    def send(self, event: Event) -> None:
        """As above."""


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("shapes/train", "train"),
        ("shapes/train/../validation", "validation"),
        ("shapes", "."),
        ("", ".."),
        ("other/train", "../other/train"),
        ("shapes/../other/train/rings", "../other/train/rings"),
        ("linked", "../other/train"),
    ],
)
def test_a_folder_of_another_data_set_keeps_its_name(tmp_path: Path, path: str, told: str) -> None:
    for name in ("shapes", "other"):
        (tmp_path / name / "train").mkdir(parents=True)
    (tmp_path / "linked").symlink_to(tmp_path / "other" / "train")
    assert Recorder(Nowhere(), tmp_path, dataset="shapes").relative(tmp_path / path) == told


def test_where_nobody_says_which_is_the_assignments_each_is_told_from_its_own(tmp_path: Path) -> None:
    assert Recorder(Nowhere(), tmp_path).relative(tmp_path / "other" / "train") == "train"
    assert Recorder(Nowhere(), tmp_path).relative("/elsewhere") == "/elsewhere"
