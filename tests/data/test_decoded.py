"""Pictures decoded once: the values are Keras's, the stores are whole, and a changed set never meets an old one."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laid import KINDS, lay_out, noise
from PIL import Image

from fairmark.data import decoded, set_folder
from fairmark.data.decoded import decoded_bytes, decoded_set, ensure_decoded, own_form, prune_decoded
from fairmark.data.picture_form import NotKept, PictureForm
from fairmark.data.places import decoded_folder
from fairmark.errors import PicturesDamaged

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
SMALL = PictureForm(8, 6)

KERAS = """
import hashlib, json, sys
import keras, numpy as np
for line in sys.stdin:
    path, height, width, interpolation, mode = json.loads(line)
    picture = keras.utils.load_img(path, mode, (height, width), interpolation)
    values = np.asarray(picture)
    whole = keras.utils.img_to_array(picture)
    assert (whole == values.reshape(whole.shape)).all()
    print(json.dumps([str(values.dtype), list(whole.shape), hashlib.sha256(values.tobytes()).hexdigest()]), flush=True)
"""

AskKeras = Callable[[Path, PictureForm], list[object]]


@pytest.fixture(scope="module")
def ask_keras() -> Iterator[AskKeras]:
    """What Keras makes of a picture: dtype, shape and a digest of the values."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", KERAS], **pipes, text=True) as process:

        def ask(path: Path, form: PictureForm) -> list[object]:
            asked = [str(path), form.height, form.width, form.interpolation, form.color_mode]
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            answer: list[object] = json.loads(process.stdout.readline())
            return answer

        yield ask
        process.stdin.close()


@pytest.fixture
def shapes() -> Path:
    """A set with two pictures of every kind to train on, and two to validate."""
    return lay_out(set_folder("shapes"))


def rows(name: str, form: PictureForm) -> dict[str, np.ndarray]:
    """What is kept of a set, by the pictures' paths in it."""
    [path] = ensure_decoded(name, [form])
    index = json.loads((path.parent / "index.json").read_text())
    return dict(zip(index["files"], np.load(path, mmap_mode="r"), strict=True))


# --- the values -------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("color_mode", ["grayscale", "rgb", "rgba"])
def test_every_value_is_the_one_that_keras_loads(
    interpolation: str, color_mode: str, shapes: Path, ask_keras: AskKeras
) -> None:
    for height, width in ((23, 37), (11, 51)):
        form = PictureForm(height, width, interpolation, color_mode)
        kept = rows("shapes", form)
        assert len(kept) == 4 * len(KINDS)
        for path in [path for path in kept if path.startswith("train/dark")]:
            digest = hashlib.sha256(kept[path].tobytes()).hexdigest()
            assert ["uint8", list(kept[path].shape), digest] == ask_keras(shapes / path, form), path


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    mode=st.sampled_from(["RGB", "RGBA", "L", "LA"]),
    form=st.builds(
        PictureForm,
        st.integers(1, 120),
        st.integers(1, 120),
        st.sampled_from(INTERPOLATIONS),
        st.sampled_from(["grayscale", "rgb", "rgba"]),
    ),
)
def test_any_size_becomes_any_other_as_keras_does_it(
    size: tuple[int, int], mode: str, form: PictureForm, tmp_path: Path, ask_keras: AskKeras
) -> None:
    path = tmp_path / "one.png"
    noise(size, mode).save(path)
    digest = hashlib.sha256(form.pixels(path)).hexdigest()
    assert ["uint8", list(form.shape), digest] == ask_keras(path, form)


def test_16_bit_greys_are_not_kept_as_greys(ask_keras: AskKeras) -> None:
    folder = lay_out(set_folder("deep"), ["colour.png"])
    path = folder / "train/dark/0-colour.png"
    Image.fromarray(np.arange(300, dtype=np.uint16).reshape(15, 20) * 200).save(path)
    assert ask_keras(path, PictureForm(8, 6, color_mode="grayscale"))[0] != "uint8"
    with pytest.raises(NotKept, match=r"^0-colour\.png: its values are no bytes$"):
        ensure_decoded("deep", [PictureForm(8, 6, color_mode="grayscale")])
    kept = rows("deep", SMALL)["train/dark/0-colour.png"]
    assert ask_keras(path, SMALL)[2] == hashlib.sha256(kept.tobytes()).hexdigest()


def test_what_keras_has_no_word_for_is_no_form() -> None:
    for wrong in ({"interpolation": "area"}, {"color_mode": "hsv"}):
        with pytest.raises(NotKept, match="there is no interpolation"):
            PictureForm(8, 6, **wrong)
    with pytest.raises(NotKept, match=r"^nobody trains on pictures of 8 x 4000$"):
        PictureForm(8, 4000)


# --- the files --------------------------------------------------------------------------------------------------------


def test_a_store_is_a_plain_array_that_nobody_may_write_to(shapes: Path) -> None:
    [path] = ensure_decoded("shapes", [SMALL])
    assert path == decoded_set("shapes") / "8x6-nearest-rgb.npy"
    pixels = np.load(path, allow_pickle=False)
    assert (pixels.dtype, pixels.shape) == (np.uint8, (4 * len(KINDS), 8, 6, 3))
    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o444}
    assert {stat.S_IMODE(one.stat().st_mode) for one in (path.parent, decoded_folder())} == {0o755}


def test_each_form_is_made_once(shapes: Path) -> None:
    forms = [SMALL, PictureForm(6, 8), SMALL]
    first = ensure_decoded("shapes", forms)
    written = [path.stat().st_ino for path in first]
    assert len(set(first)) == 2
    assert [path.stat().st_ino for path in ensure_decoded("shapes", forms)] == written


def test_threads_that_want_the_same_get_the_same(shapes: Path) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.extend(ensure_decoded("shapes", [SMALL]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(list(found[0].parent.iterdir())) == 2


def changed_bytes(folder: Path) -> None:
    noise((37, 23), seed=99).save(folder / "train/dark/0-colour.png")


def changed_manifest(folder: Path) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"origin":"added"', '"origin":"drawn"'))


def removed(folder: Path) -> None:
    (folder / "train/dark/0-colour.png").unlink()


@pytest.mark.parametrize("change", [changed_bytes, changed_manifest, removed])
def test_a_set_that_has_changed_never_meets_an_older_store(change: Callable[[Path], None], shapes: Path) -> None:
    before = rows("shapes", SMALL)
    folder = decoded_set("shapes")
    change(shapes)
    assert decoded_set("shapes") != folder
    after = rows("shapes", SMALL)
    differing = {path for path in before if path not in after or (before[path] != after[path]).any()}
    assert differing == (set() if change is changed_manifest else {"train/dark/0-colour.png"})


def test_a_set_that_is_not_here_has_no_folder() -> None:
    assert decoded_set("nowhere") is None
    assert own_form("nowhere") is None
    with pytest.raises(NotKept, match=r"^nowhere: its pictures are not here$"):
        ensure_decoded("nowhere", [SMALL])


def test_a_picture_that_cannot_be_decoded_leaves_nothing_behind(shapes: Path) -> None:
    path = shapes / "train/light/0-colour.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(PicturesDamaged, match=rf"^{path}: cannot be decoded: "):
        ensure_decoded("shapes", [SMALL])
    assert [one.name for one in decoded_set("shapes").iterdir()] == ["index.json"]


def test_what_a_killed_process_left_is_cleared(shapes: Path) -> None:
    ensure_decoded("shapes", [SMALL])
    leftover = decoded_set("shapes") / ".making-1234"
    leftover.write_bytes(b"half")
    ensure_decoded("shapes", [PictureForm(6, 8)])
    assert not leftover.exists()


def test_the_pictures_own_form_is_known_where_all_are_lossless_and_alike(shapes: Path) -> None:
    assert own_form("shapes") is None
    lay_out(set_folder("alike"), ["colour.png"])
    assert own_form("alike") == PictureForm(23, 37)


# --- room -------------------------------------------------------------------------------------------------------------


def test_those_not_used_for_longest_make_room(shapes: Path) -> None:
    old, newer = ensure_decoded("shapes", [SMALL, PictureForm(6, 8)])
    os.utime(old, (1, 1))
    os.utime(newer, (2, 2))
    ensure_decoded("shapes", [SMALL])  # used again
    one = old.stat().st_size
    [third] = ensure_decoded("shapes", [PictureForm(5, 9)], most_bytes=2 * one)
    assert [path.exists() for path in (old, newer, third)] == [True, False, True]


def test_a_form_that_is_too_large_is_not_kept(shapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotKept, match=r"^0\.0 GiB is more than is kept in one form$"):
        ensure_decoded("shapes", [SMALL], most_bytes=100)
    monkeypatch.setattr(decoded, "_LEFT_FREE_BYTES", 1 << 60)
    with pytest.raises(NotKept, match=r"^the disk is nearly full$"):
        ensure_decoded("shapes", [SMALL])


def test_pruning_removes_what_is_beyond_a_size_and_empty_folders(shapes: Path) -> None:
    assert prune_decoded(0) == 0
    old, newer = ensure_decoded("shapes", [SMALL, PictureForm(6, 8)])
    os.utime(old, (1, 1))
    total = decoded_bytes()
    assert total == old.stat().st_size + newer.stat().st_size
    assert prune_decoded(total) == 0
    assert prune_decoded(total - 1) == 1
    assert (old.exists(), newer.exists()) == (False, True)
    assert prune_decoded(0) == 1
    assert not newer.parent.exists()
    assert decoded_bytes() == 0
