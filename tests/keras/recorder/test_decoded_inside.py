"""Generators behind the wall take decoded pictures: the same batches, bit for bit, and nothing there can be altered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from laid import lay_out

from fairmark.data.decoded import decoded_set, ensure_decoded, own_form
from fairmark.data.picture_form import PictureForm
from fairmark.data.places import decoded_folder, set_folder
from fairmark.evidence import Cell, NamesBound, PictureLoaded, PicturesOpened, Run, Value
from fairmark.keras.program import KERAS
from fairmark.sandbox import ConfinedProcess, Launcher, Workplace, notebook_job, run_notebook
from fairmark.sandbox.worker import Worker

DRAWN = """
import hashlib, os
from pathlib import Path
import numpy as np, keras
from tensorflow.keras.preprocessing.image import ImageDataGenerator, load_img
shapes = Path(os.environ["FAIRMARK_DATA"]) / "shapes"
def drawn(flow, epochs=2):
    made = hashlib.sha256()
    for _ in range(epochs * len(flow)):
        pictures, labels = next(flow)
        made.update(np.ascontiguousarray(pictures).tobytes() + labels.tobytes() + str(pictures.strides).encode())
    return made.hexdigest()
moved = dict(rescale=1 / 255, rotation_range=40, zoom_range=0.3, shear_range=0.2, horizontal_flip=True,
             width_shift_range=0.2, height_shift_range=0.2, brightness_range=(0.5, 1.5), channel_shift_range=9.0)
def flow(options={}, where=shapes / "train", **more):
    asked = dict(target_size=(20, 30), batch_size=3, class_mode="binary", seed=7) | more
    return ImageDataGenerator(**options).flow_from_directory(where, **asked)
"""
FLOWS = {
    "as they are": "flow()",
    "moved about": "flow(moved)",
    "split": "flow(dict(validation_split=0.5), subset='validation')",
    "another interpolation": "flow(moved, interpolation='lanczos')",
    "grey": "flow(moved, color_mode='grayscale')",
    "channels first": "flow(dict(data_format='channels_first'))",
    "own function": "flow(dict(preprocessing_function=lambda one: one[::-1] * 0.5))",
    "own shape kept": "flow(keep_aspect_ratio=True)",
    "by another way": "flow(where=str(shapes / '..' / 'shapes' / 'validation') + '/')",
    "not kept": "flow(moved, target_size=(9, 9))",
}
KEPT = {"as they are", "moved about", "split", "another interpolation", "grey", "channels first", "own function"}
KEPT |= {"by another way"}
TABLE = "\n".join(f"flow_{place} = drawn({flow})" for place, flow in enumerate(FLOWS.values()))
CALLED = """
opened = load_img(shapes / "train/dark/0-colour.png", target_size=(20, 30))
kind = type(opened).__module__
"""
PIPELINES = """
def passed(name="plain", where="train", epochs=2, **options):
    asked = dict(image_size=(11, 17), batch_size=3, seed=7, verbose=False) | options
    made = keras.utils.image_dataset_from_directory(shapes.parent / name / where, **asked)
    sums = hashlib.sha256()
    for _ in range(epochs):
        for pictures, labels in made:
            sums.update(pictures.numpy().tobytes() + labels.numpy().tobytes() + str(pictures.dtype).encode())
    return sums.hexdigest() + str(len(made)) + str(made.element_spec)
"""
PASSED = {
    **{name: f"passed(interpolation={name!r})" for name in ("bilinear", "nearest", "bicubic", "area", "lanczos3")},
    "own size": "passed(image_size=(23, 37))",
    "not shuffled": "passed(where='validation', shuffle=False)",
    "cropped": "passed(crop_to_aspect_ratio=True)",
    "padded": "passed(pad_to_aspect_ratio=True)",
    "channels first": "passed(data_format='channels_first')",
    "split": "passed(validation_split=0.5, subset='training')",
    "grey": "passed(color_mode='grayscale')",
    "photographs": "passed(name='shapes')",
}
PASSED_TABLE = "\n".join(f"flow_{place} = {one}" for place, one in enumerate(PASSED.values()))
FORMS = [PictureForm(20, 30), PictureForm(20, 30, "lanczos"), PictureForm(20, 30, "nearest", "grayscale")]


@pytest.fixture(scope="module", autouse=True)
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A set of 8 pictures a split in a folder of its own, kept in three forms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRMARK_DATA", str(tmp_path_factory.mktemp("pictures")))
        folder = lay_out(set_folder("shapes"), ["colour.png", "photo.jpg"], each=2)
        ensure_decoded("shapes", FORMS)
        lay_out(set_folder("plain"), ["colour.png"], each=4)
        ensure_decoded("plain", [own_form("plain") or FORMS[0]])
        yield folder


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = Worker(KERAS)
    yield made
    made.close()


def run(*sources: str, decoded: Path | None, shapes: Path, launcher: Launcher) -> Run:
    cells = [
        Cell(position=place, number=place, role="added", source=source, touched=True)
        for place, source in enumerate(sources, start=1)
    ]
    with Workplace() as workplace:
        return run_notebook(
            notebook_job(cells, shapes.parent, numerics="float32", decoded=decoded, program=KERAS),
            workplace,
            launcher=launcher,
        )


def bound(found: Run) -> dict[str, Value]:
    assert found.outcome == "completed", found.printed
    events = [stamped.event for stamped in found.events]
    return {name: value for event in events if isinstance(event, NamesBound) for name, value in event.values.items()}


def flows(found: Run, names: Iterable[str] = FLOWS) -> dict[str, Value]:
    values = bound(found)
    return {name: values[f"flow_{place}"] for place, name in enumerate(names)}


def inverted(name: str) -> Path:
    """A folder whose stores hold something else than those of a set."""
    folder = decoded_folder() / f"inverted-{name}"
    folder.mkdir()
    for path in decoded_set(name).iterdir():
        content = path.read_bytes()
        other = content[:128] + bytes(255 - one for one in content[128:])
        (folder / path.name).write_bytes(other if path.suffix == ".npy" else content)
    return folder


@pytest.mark.thorough
def test_every_batch_is_keras_own_to_the_bit(shapes: Path, worker: Worker) -> None:
    launcher = ConfinedProcess(workers=[worker])
    own = run(DRAWN, TABLE, CALLED, decoded=None, shapes=shapes, launcher=launcher)
    kept = run(DRAWN, TABLE, CALLED, decoded=decoded_set("shapes"), shapes=shapes, launcher=launcher)
    assert flows(kept) == flows(own)
    assert len(set(flows(own).values())) == len(FLOWS)

    # What is seen of it is the same as well.
    assert bound(kept)["kind"] == bound(own)["kind"] == "PIL.Image"
    for kind in (PicturesOpened, PictureLoaded):
        seen = [[stamped.event for stamped in one.events if isinstance(stamped.event, kind)] for one in (own, kept)]
        assert seen[0] == seen[1]
        assert seen[0]


def test_what_is_kept_is_what_is_drawn(shapes: Path, worker: Worker) -> None:
    """With stores that hold something else, batches change just where they are taken from there."""
    launcher = ConfinedProcess(workers=[worker])
    own = flows(run(DRAWN, TABLE, decoded=None, shapes=shapes, launcher=launcher))
    other = flows(run(DRAWN, TABLE, decoded=inverted("shapes"), shapes=shapes, launcher=launcher))
    assert {name for name in FLOWS if own[name] != other[name]} == KEPT


def test_pipelines_give_the_same_to_the_bit_and_take_what_is_kept(shapes: Path, worker: Worker) -> None:
    launcher = ConfinedProcess(workers=[worker])
    own, kept, other = (
        flows(run(DRAWN, PIPELINES, PASSED_TABLE, decoded=one, shapes=shapes, launcher=launcher), PASSED)
        for one in (None, decoded_set("plain"), inverted("plain"))
    )
    assert kept == own
    assert {name for name in PASSED if own[name] == other[name]} == {"grey", "photographs"}


@pytest.mark.parametrize("damage", ["nothing there", "cut short", "no index", "another shape", "objects"])
def test_a_store_that_is_not_as_it_should_be_is_left_alone(damage: str, shapes: Path, worker: Worker) -> None:
    folder = decoded_folder() / damage
    folder.mkdir()
    store = decoded_set("shapes") / "20x30-nearest-rgb.npy"
    if damage not in ("nothing there", "no index"):
        (folder / "index.json").write_bytes((store.parent / "index.json").read_bytes())
    if damage in ("cut short", "no index"):
        (folder / store.name).write_bytes(store.read_bytes()[: -1000 if damage == "cut short" else None])
    if damage == "another shape":
        np.save(folder / store.name, np.zeros((3, 20, 30, 3), np.uint8))
    if damage == "objects":
        np.save(folder / store.name, np.array([{}]), allow_pickle=True)
    cell = "same = drawn(flow())"
    launcher = ConfinedProcess(workers=[worker])
    found, own = (run(DRAWN, cell, decoded=one, shapes=shapes, launcher=launcher) for one in (folder, None))
    assert bound(found)["same"] == bound(own)["same"]


def test_a_store_that_is_made_while_the_run_goes_on_is_used_from_then_on(shapes: Path, worker: Worker) -> None:
    waits = """
import time
late = Path(FOLDER, "21x31-nearest-rgb.npy")
first = flow(target_size=(21, 31), shuffle=False)
before = drawn(first, epochs=1)
print("drawn", flush=True)
while not late.exists():
    time.sleep(0.01)
time.sleep(1)
import PIL.Image
opened, opening = [], PIL.Image.open
PIL.Image.open = lambda *given: opened.append(1) or opening(*given)
after = drawn(first, epochs=1)
PIL.Image.open = opening
files_opened = len(opened)
""".replace("FOLDER", repr(str(decoded_set("shapes"))))

    def heard(stamped: object) -> None:
        event = getattr(stamped, "event", None)
        if isinstance(event, PicturesOpened):
            ensure_decoded("shapes", [PictureForm(21, 31)])

    cells = [Cell(position=1, number=1, role="added", source=DRAWN + waits, touched=True)]
    with Workplace() as workplace:
        found = run_notebook(
            notebook_job(cells, shapes.parent, numerics="float32", decoded=decoded_set("shapes"), program=KERAS),
            workplace,
            launcher=ConfinedProcess(workers=[worker]),
            on_event=heard,
        )
    values = bound(found)
    assert values["after"] == values["before"]
    assert values["files_opened"] == 0


# --- nobody inside can alter it ---------------------------------------------------------------------------------------

ATTACK = """
import mmap, os, shutil, subprocess
folder = FOLDER
store = os.path.join(folder, "20x30-nearest-rgb.npy")
index = os.path.join(folder, "index.json")
reached = []
def attempt(name, work):
    try:
        work()
    except (OSError, ValueError, subprocess.CalledProcessError, TypeError):
        return
    reached.append(name)
def mapped():
    with open(store, "rb") as file:
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_WRITE)
def own_rows():
    from keras.src.legacy.preprocessing import image
    for name, thing in vars(image.image_utils).items():
        for cell in getattr(thing, "__closure__", None) or ():
            for kept in getattr(cell.cell_contents, "_stores", {}).values():
                kept.row(0)[:] = 0
                reached.append("own rows")
for path in (store, index):
    attempt("write", lambda: open(path, "r+b"))
    attempt("append", lambda: open(path, "ab"))
    attempt("replace", lambda: open(path, "wb"))
    attempt("truncate", lambda: os.truncate(path, 10))
    attempt("unlink", lambda: os.unlink(path))
    attempt("rename", lambda: os.rename(path, path + ".old"))
    attempt("chmod", lambda: os.chmod(path, 0o666))
    attempt("chown", lambda: os.chown(path, os.getuid(), os.getgid()))
    attempt("utime", lambda: os.utime(path))
    attempt("link over", lambda: os.link(__import__("sys").executable, path))
    attempt("shell", lambda: subprocess.run(["sh", "-c", f"echo 1 >> {path}"], check=True, stderr=-3))
    attempt("move over", lambda: os.replace("mine", path))
attempt("mapped", mapped)
attempt("new file", lambda: open(os.path.join(folder, "9x9-nearest-rgb.npy"), "wb"))
attempt("new folder", lambda: os.mkdir(os.path.join(os.path.dirname(folder), "mine")))
attempt("remove all", lambda: shutil.rmtree(folder))
attempt("move all", lambda: os.rename(folder, folder + ".old"))
attempt("lock", lambda: open(os.path.join(os.path.dirname(folder), ".stores.lock"), "r+b"))
open("mine", "wb").close()
first = drawn(flow())
attempt("own rows", own_rows)
again = drawn(flow())
"""


def state(folder: Path) -> dict[str, tuple[int, int, str]]:
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("without", [(), ("mounts",), ("landlock",)])
def test_a_hostile_notebook_cannot_alter_it(without: tuple[str, ...], shapes: Path, worker: Worker) -> None:
    launcher = ConfinedProcess(workers=[worker], without=without)
    before = state(decoded_folder())
    source = DRAWN + ATTACK.replace("FOLDER", repr(str(decoded_set("shapes"))))
    values = bound(run(source, decoded=decoded_set("shapes"), shapes=shapes, launcher=launcher))
    assert values["reached"] == []
    assert values["again"] == values["first"]
    assert state(decoded_folder()) == before
