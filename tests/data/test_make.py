from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from fairmark.data import Recipe, data_folder, make, pixels_as_published, read_manifest, set_folder, verify
from fairmark.data.atomic import put_in_place, translated_disk_errors
from fairmark.errors import MachineError, PicturesDamaged, RecipeError

Start = Callable[[str], "subprocess.Popen[str]"]

STOPS_AFTER_ONE_PICTURE = """
def progress(done, total):
    print(done, flush=True)
    sys.stdin.read()
make(recipe, workers=2, progress=progress)
"""


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_a_set_is_drawn_into_splits_and_classes(recipe: Recipe) -> None:
    folder = make(recipe)
    assert folder == set_folder("shapes")
    assert len(list((folder / "train" / "rings").iterdir())) == 12
    assert len(list((folder / "train" / "squares").iterdir())) == 20
    assert sorted(path.name for path in (folder / "validation" / "rings").iterdir())[0] == "rings-00000.png"
    with Image.open(folder / "train" / "squares" / "squares-00007.png") as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (24, 16))
        assert picture.tobytes() == recipe.draw("squares", split="train", index=7).tobytes()
    assert verify(folder) == []


def test_the_same_seed_gives_the_same_bytes_however_many_workers_draw(recipe: Recipe) -> None:
    first = files_of(make(recipe, workers=1))
    assert files_of(make(recipe, workers=3, again=True)) == first


def test_progress_counts_every_picture(recipe: Recipe) -> None:
    seen: list[tuple[int, int]] = []
    make(recipe, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 40) for done in range(1, 41)]


def test_a_set_of_the_same_recipe_is_left_alone_and_one_of_another_recipe_is_replaced(
    recipe: Recipe, edited: Callable[..., Recipe]
) -> None:
    drawn: list[int] = []
    make(recipe)
    make(edited("CC0-1.0", "MIT"), progress=lambda done, _: drawn.append(done))
    assert not drawn
    make(edited("seed = 4", "seed = 5"), progress=lambda done, _: drawn.append(done))
    assert len(drawn) == 40
    assert verify(set_folder("shapes")) == []
    assert left_in(data_folder()) == ["shapes"]


def test_workers_import_neither_fairmark_nor_tensorflow(edited: Callable[..., Recipe], recipe: Recipe) -> None:
    guard = "import sys\nassert not {'fairmark', 'tensorflow', 'numpy', 'pydantic'} & set(sys.modules)\n"
    make(edited(render=guard + recipe.render.read_text()))


def test_make_works_from_threads_at_once(recipe: Recipe) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: make(recipe, workers=2), range(4)))
    assert folders == [set_folder("shapes")] * 4
    assert verify(folders[0]) == []
    assert left_in(data_folder()) == ["shapes"]


def test_a_make_that_is_killed_leaves_a_temporary_folder_which_the_next_one_removes(
    recipe: Recipe, start: Start
) -> None:
    with start(STOPS_AFTER_ONE_PICTURE) as killed:
        assert killed.stdout
        assert killed.stdout.readline() == "1\n"
        killed.send_signal(signal.SIGKILL)
    assert not set_folder("shapes").exists()
    assert [name for name in left_in(data_folder()) if name.startswith(".shapes.making-")]
    assert verify(make(recipe)) == []
    assert left_in(data_folder()) == ["shapes"]


def test_a_make_that_is_interrupted_leaves_nothing(recipe: Recipe, start: Start) -> None:
    with start(STOPS_AFTER_ONE_PICTURE) as interrupted:
        assert interrupted.stdout
        assert interrupted.stdout.readline() == "1\n"
        interrupted.send_signal(signal.SIGINT)
    assert interrupted.returncode != 0
    assert left_in(data_folder()) == []


def test_two_makes_at_once_agree_and_only_one_draws(recipe: Recipe, start: Start) -> None:
    program = "drawn = []\nmake(recipe, progress=lambda done, _: drawn.append(done))\nprint(len(drawn))"
    both = [start(program), start(program)]
    assert sorted(process.communicate()[0] for process in both) == ["0\n", "40\n"]
    assert verify(set_folder("shapes")) == []


def test_a_waiting_make_says_so_and_finds_the_set_made(recipe: Recipe, start: Start) -> None:
    with start(STOPS_AFTER_ONE_PICTURE) as first:
        assert first.stdout
        assert first.stdin
        first.stdout.readline()
        drawn: list[int] = []
        # Closing its input lets the first one go on; it still holds the lock at that moment.
        make(recipe, waiting=first.stdin.close, progress=lambda done, _: drawn.append(done))
    assert first.returncode == 0
    assert not drawn


def test_whoever_is_killed_between_two_renames_has_lost_nothing(recipe: Recipe) -> None:
    folder = make(recipe)
    folder.rename(folder.with_name(".shapes.former"))  # as put_in_place does before the second rename
    drawn: list[int] = []
    make(recipe, progress=lambda done, _: drawn.append(done))
    assert not drawn
    assert left_in(data_folder()) == ["shapes"]


def test_put_in_place_replaces_a_folder_that_is_there(tmp_path: Path) -> None:
    for name in ("new", "place"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    put_in_place(tmp_path / "new", tmp_path / "place")
    assert left_in(tmp_path) == ["place"]
    assert left_in(tmp_path / "place") == ["new"]


def test_a_wrong_render_py_stops_the_set_and_leaves_nothing(edited: Callable[..., Recipe]) -> None:
    for render in ("x = ", "def draw(class_name, random):\n    raise ValueError(class_name)"):
        with pytest.raises(RecipeError, match=r"render\.py, line"):
            make(edited(render=render))
        assert left_in(data_folder()) == []


def test_a_worker_that_dies_is_the_machines_fault(edited: Callable[..., Recipe]) -> None:
    recipe = edited(render="import os, signal\ndef draw(*_): os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(MachineError, match="was killed by signal 9"):
        make(recipe)
    assert left_in(data_folder()) == []


def test_a_full_disk_is_the_machines_fault_with_a_remedy(start: Start) -> None:
    limited = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))\n"
    said = "try: make(recipe)\nexcept Exception as error: print(type(error).__name__, error, error.remedy)"
    out, _ = start(limited + said).communicate()
    assert out.startswith("MachineError")
    assert "no space left for the pictures" in out
    assert "FAIRMARK_DATA" in out
    assert left_in(data_folder()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_an_error_of_the_disk_is_translated() -> None:
    with pytest.raises(MachineError, match="no space left"), translated_disk_errors(Path("/dev/full")):
        Path("/dev/full").write_bytes(b"1")


def test_a_data_folder_that_cannot_be_made_is_the_machines_fault(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FAIRMARK_DATA", str(tmp_path / "file" / "pictures"))
    with pytest.raises(MachineError, match="Not a directory"):
        make(recipe)


def test_a_set_without_a_readable_manifest_is_replaced_only_when_told(recipe: Recipe) -> None:
    manifest = make(recipe) / "manifest.json"
    manifest.write_text("{}")
    with pytest.raises(PicturesDamaged, match=r"manifest.json: dataset: Field required"):
        make(recipe)
    assert verify(make(recipe, again=True)) == []


def test_pixels_are_compared_with_the_published_digest(recipe: Recipe, edited: Callable[..., Recipe]) -> None:
    manifest = read_manifest(make(recipe))
    assert manifest is not None
    assert pixels_as_published(recipe, manifest) is None
    published = edited("seed = 4", f'seed = 4\npixels_sha256 = "{manifest.pixels_sha256}"')
    assert pixels_as_published(published, manifest) is True
    assert pixels_as_published(edited(manifest.pixels_sha256, "0" * 64), manifest) is False
    assert published.digest == recipe.digest
