"""What the text must show of a prediction: which picture, its size, scale and batch, and the model that was trained."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pasted import HORSES, waiting
from recorded import SOURCES, hidden, right_answer

from fairmark.evidence import Cell
from fairmark.grading.judge import judge
from fairmark.notebook.possible.reading import Prepared, read_possible
from fairmark.report import Report

PREPARED = "prediction.prepared"
NAMED = 'predicted_class = "humans" if probability > 0.5 else "horses"\n'
MODULES = "import tensorflow as tf\nimport os\nimport PIL\nfrom PIL import Image\nfrom pathlib import Path\n"

HONEST = [
    """
picture = load_img(picture_path, target_size=(300, 300))
pixels = img_to_array(picture) / 255
batch_of_one = np.expand_dims(pixels, axis=0)
probability = float(model.predict(batch_of_one, verbose=0)[0, 0])
""",
    """
x = keras.utils.img_to_array(keras.utils.load_img(str(picture_path), target_size=(300, 300)))[None] / 255.0
probability = model.predict(x, verbose=0)[0][0]
""",
    """
pixels = img_to_array(load_img(picture_path, target_size=(300, 300)))
pixels /= 255
probability = float(model(pixels[np.newaxis, ...])[0, 0])
""",
    """
from tensorflow.keras.preprocessing import image
img = image.load_img(picture_path, target_size=(300, 300))
x = image.img_to_array(img)
x = x / 255
x = np.expand_dims(x, axis=0)
images = np.vstack([x])
probability = model.predict(images, batch_size=10)[0]
""",
    """
raw = tf.io.decode_image(tf.io.read_file(str(picture_path)), channels=3)
probability = model.predict(tf.expand_dims(tf.image.resize(raw, [300, 300]) / 255.0, 0)).item()
""",
    """
raw = tf.image.convert_image_dtype(tf.io.decode_png(tf.io.read_file(str(picture_path))), tf.float32)
probability = model.predict(tf.image.resize(raw, (300, 300))[tf.newaxis])[0, 0]
""",
    """
with Image.open(picture_path) as opened:
    x = np.asarray(opened.convert("RGB").resize((300, 300)), dtype="float32")
x = x * (1 / 255)
probability = model.predict(x.reshape((1,) + x.shape))[0, 0]
""",
    """
def load(path, size=(300, 300), scale=255.0):
    return np.stack([img_to_array(load_img(path, target_size=size)) / scale])
probability = float(np.squeeze(model.predict(load(picture_path), verbose=0)))
""",
    """
class Picture:
    def __init__(self, path):
        self.pixels = img_to_array(load_img(path, target_size=(300, 300))) / 255
    def batch(self):
        return np.array([self.pixels])
probability = model.predict(Picture(picture_path).batch())[0, 0]
""",
    """
x = keras.layers.Rescaling(1 / 255)(img_to_array(load_img(picture_path, target_size=(300, 300))))
probability = model.predict(tf.expand_dims(x, axis=0))[0, 0]
""",
    """
x = scaled.standardize(img_to_array(load_img(picture_path, target_size=training_pictures.target_size)))
probability = model.predict(np.array([x]))[0, 0]
""",
    """
side = model.input_shape[1]
x = img_to_array(load_img(picture_path, target_size=(300, 300)))[None]
flow = ImageDataGenerator(rescale=1 / 255).flow(x, batch_size=1)
probability = model.predict(next(flow))[0, 0]
""",
    """
images = []
for path in [picture_path]:
    images.append(img_to_array(load_img(path, target_size=(300, 300))) / 255.)
probability = model.predict(np.array(images))[0, 0]
""",
    """
batch = np.empty((1, 300, 300, 3))
batch[0] = img_to_array(load_img(picture_path, target_size=training_pictures.image_shape[:2])) / 255
probability = model.predict(batch)[0, 0]
""",
    """
path = pictures_dir / "validation" / "horses" / "0001.png"
x = np.divide(img_to_array(load_img(path, False, "rgb", (300, 300))), 255.0)
probability = model.predict_on_batch(x.reshape(1, 300, 300, 3))[0, 0]
""",
    """
folder = os.path.join(pictures_dir, "validation", "horses")
x = img_to_array(load_img(os.path.join(folder, os.listdir(folder)[0]), target_size=(300, 300)))
probability = (lambda a: model.predict(a[None] / 255.))(x)[0, 0]
""",
    """
trained = keras.models.load_model("mine.keras")
prepare = lambda path: img_to_array(load_img(path, target_size=(300, 300)))[None] / 255
probability = trained.predict(prepare(picture_path))[0, 0]
""",
    """
trial = model.predict(training_pictures[0][0])
SIZE = 300
x = tf.cast(tf.image.resize(img_to_array(PIL.Image.open(picture_path)), (SIZE, SIZE)), tf.float32)
x = (x / 255.0).numpy()
probability = model.predict(np.expand_dims(x, 0))[0, 0]
""",
]


def marked(texts: Mapping[str, str]) -> Report:
    return judge(right_answer(sources=texts), HORSES)


@pytest.mark.parametrize("text", HONEST, ids=range(len(HONEST)))
def test_however_a_picture_is_prepared_rightly_nobody_waits(text: str) -> None:
    made_by = "read_file" if "read_file" in text else "Image.open" if "Image.open" in text else "load_img"
    sources = {"imports": SOURCES["imports"] + MODULES, "prediction": text + NAMED}
    report = judge(right_answer(sources=sources, loaded={"made_by": made_by}), HORSES)
    assert report.score == report.max_score, waiting(report)


RIGHT = """
pixels = img_to_array(load_img(picture_path, target_size=(300, 300))) / 255
probability = float(model.predict(np.expand_dims(pixels, 0))[0, 0])
"""

CHANGED = {
    "no picture": ("picture_path, target_size=(300, 300)", ""),
    "another picture": ("picture_path,", "pictures_dir / 'train' / 'humans' / '0002.png',"),
    "a picture of one's own": ("picture_path,", "'drawn.png',"),
    "whatever picture": ("picture_path,", "input(),"),
    "another size": ("(300, 300)", "(150, 150)"),
    "no size": (", target_size=(300, 300)", ""),
    "any size": ("(300, 300)", "size()"),
    "sizes of every kind": ("(300, 300)", "[(50, 50), (100, 100), (150, 150), (200, 200), (300, 300)][place]"),
    "no scale": (" / 255", ""),
    "another scale": (" / 255", " / 127.5"),
    "scaled twice": (" / 255", " / 255 / 255"),
    "multiplied": (" / 255", " * 255"),
    "any scale": (" / 255", " / number()"),
    "no batch": ("np.expand_dims(pixels, 0)", "pixels"),
    "other pixels": ("np.expand_dims(pixels, 0)", "np.zeros((1, 300, 300, 3))"),
    "no pixels": ("np.expand_dims(pixels, 0)", ""),
    "a word": ("np.expand_dims(pixels, 0)", "'np.expand_dims(pixels, 0)'"),
    "its shape alone": ("np.expand_dims(pixels, 0)", "np.ones((1, *pixels.shape))"),
    "another model": ("model.predict", "keras.Sequential([keras.layers.Dense(1)]).predict"),
    "no model": ("model.predict", "anything.predict"),
    "printed instead of read": ("\npixels", "\nload_img = print\npixels"),
    "read by a function of one's own": ("\npixels", "\ndef load_img(*given, **named): return 1\npixels"),
    "printed instead of made an array": ("\npixels", "\nimg_to_array = print\npixels"),
    "printed instead of put in a batch": ("np.expand_dims(", "print("),
    "nothing is asked": ("model.predict", "np.array"),
}
"""What of the right text is spelled otherwise, while the run says that all was right."""


@pytest.mark.parametrize("name", CHANGED)
def test_what_the_text_does_not_show_of_a_prediction_waits(name: str) -> None:
    before, after = CHANGED[name]
    assert before in RIGHT
    report = marked({"prediction": RIGHT.replace(before, after) + NAMED})
    assert PREPARED in waiting(report)


@pytest.mark.parametrize(("size", "waits"), [((300, 300), False), ((300, 200), True), (None, True)])
def test_a_picture_that_has_the_size_already_needs_none(size: tuple[int, int] | None, waits: bool) -> None:
    sources = {"prediction": RIGHT.replace(", target_size=(300, 300)", "") + NAMED}
    probe = hidden(picture_size=size)
    report = judge(right_answer(sources=sources, loaded={"target_size": None}, probe=probe), HORSES)
    assert (PREPARED in waiting(report)) == waits


def test_it_is_said_what_the_text_does_not_show() -> None:
    report = marked({"prediction": RIGHT.replace(" / 255", "") + NAMED})
    messages = [one.message for exercise in report.exercises for one in exercise.checks if one.id == "prepared"]
    assert messages == [
        "The run reports that the picture was scaled as in training, which the text of the notebook does not show; "
        "a person should look."
    ]


OWN_NAMES = {
    "one name": "x = load_img(p)\nx = img_to_array(x)\nx = x / 255\nx = np.expand_dims(x, 0)\n",
    "in place": "x = img_to_array(load_img(p))\nx /= 255\n",
    "in a function": "def prepare(a):\n    a = a / 255\n    a = a[None]\n    return a\nx = prepare(load_img(p))\n",
    "there and back": "x = load_img(p)\ny = x / 255\nx = y[None]\ny = x\nx = y\n",
    "by a layer": "x = load_img(p)\nx = keras.layers.Rescaling(1 / 255)(x)\n",
    "an attribute": "a.x = load_img(p)\na.x = a.x / 255\nx = a.x\n",
}
"""Images that are scaled under the name they had before."""


@pytest.mark.parametrize("name", OWN_NAMES)
def test_what_reads_its_own_name_reads_what_was_there_before_each_time_that_is_asked(name: str) -> None:
    reading = read_possible(cells_of(OWN_NAMES[name]))
    asked = [reading.prepared("x", {2}) for _ in range(6)]
    assert {round(one * 255) for one in asked[0].scales if one is not None and one < 1} == {1}
    assert asked == asked[:1] * 6


def test_an_image_that_is_scaled_twice_is_not_scaled_once() -> None:
    scales = prepared("x = load_img(p) / 255\nx = x / 255").scales
    assert sorted(round(1 / one) for one in scales if one is not None) == [255, 255**2]


# --- the reading ------------------------------------------------------------------------------------------------------


def cells_of(text: str) -> list[Cell]:
    return [
        Cell(position=place, number=place, role="added", source=source)
        for place, source in enumerate([SOURCES["imports"] + MODULES, text], 1)
    ]


def prepared(text: str) -> Prepared:
    return read_possible(cells_of(text)).prepared("x", {2})


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("x = load_img(p) / 255", 1 / 255),
        ("x = 2 * load_img(p)", 2.0),
        ("x = (load_img(p) - 127.5) / 127.5", 1 / 127.5),
        ("x = load_img(p) / 255 * 2", 2 / 255),
        ("x = np.multiply(load_img(p), 1 / 255)", 1 / 255),
        ("x = load_img(p)\nx = x / 255", 1 / 255),
        ("x = load_img(p) ** 2", None),
        ("x = 255 / load_img(p)", None),
        ("x = load_img(p) / load_img(p)", None),
        ("x = load_img(p) / np.max(load_img(p))", None),
        ("x = keras.applications.vgg16.preprocess_input(load_img(p))", None),
        ("x = unknown(load_img(p))", None),
        ("x = int(load_img(p))", None),
    ],
)
def test_what_pixels_are_multiplied_with(text: str, scale: float | None) -> None:
    scales = prepared(text).scales
    assert scale in scales if scale is None else any(abs((one or 0) - scale) < 1e-6 for one in scales)


@pytest.mark.parametrize(
    ("text", "is_batch"),
    [
        ("x = load_img(p)", False),
        ("x = load_img(p)[0]", False),
        ("x = load_img(p)[None]", True),
        ("x = np.array([load_img(p)])", True),
        ("x = np.stack([load_img(one) for one in paths])", True),
        ("x = tf.expand_dims(load_img(p), 0)", True),
        ("x = load_img(p).reshape(1, 3, 3, 3)", True),
    ],
)
def test_whether_a_dimension_is_put_around_a_picture(text: str, is_batch: bool) -> None:
    assert prepared(text).is_batch == is_batch


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "x = zeros()",
        "x = load_img(p).shape",
        "x = open(p)",
        "x = model.predict(load_img(p))",
        "x = x",
        "y = 1",
    ],
)
def test_what_comes_from_no_picture(text: str) -> None:
    assert prepared(text).reads == ()


def test_names_that_stand_for_each_other_come_to_an_end() -> None:
    text = "x = load_img(p)\n" + "\n".join(f"x = x / 255 + y{n}\ny{n} = x * {n}" for n in range(1, 30))
    found = prepared(text)
    assert found.reads
    assert len(found.scales) <= 8
    deep = "x = " + "(" * 150 + "load_img(p)" + ")[0]" * 150
    assert prepared(deep).reads == ()
