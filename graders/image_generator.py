"""Marks image_generator: pictures that are labelled by the folder they lie in. 12 points."""

from fairmark import Grader
from fairmark.checks import answers
from fairmark.keras import RunView, generators

grader = Grader("image_generator", title="Pictures labelled by their folder", dataset="horses_or_humans")

# --- Exercise 1: numbers on paper (2 points) --------------------------------------------------------------------------

batch = grader.exercise(
    "batch_by_hand",
    title="Count the numbers in a batch",
    hints=(
        "A picture is a table of pixels, and each pixel is more than one number.",
        "Multiply the lengths of all four dimensions of the batch. Scaling multiplies every number by one factor.",
    ),
    lesson="A batch has four dimensions, pictures x height x width x colours: all of it lies in memory at once, which "
    "is why a generator reads one batch at a time.",
)


@batch.check("Numbers in one batch", points=1, hint="How many pictures, how many pixels each, how many colours?")
def numbers_in_batch(run: RunView) -> None:
    answers.is_number(run, "numbers_in_batch", 64 * 150 * 200 * 3)


@batch.check("What scaling makes of a dark pixel", points=1, hint="The brightest, 255, becomes 1. Which part is 51?")
def scaled_pixel(run: RunView) -> None:
    answers.is_number(run, "scaled_pixel", 51 / 255, tolerance=0.0005)


# --- Exercise 2: the training pictures (5 points) ---------------------------------------------------------------------

training = grader.exercise(
    "training_generator",
    title="Make the training pictures",
    hints=(
        "Read the line that Keras prints, and the values in the batch below: which of them is not as announced?",
        "The preparation belongs to the generator; folder, size, batch and form of the labels belong to its flow.",
    ),
    lesson="The generator says how a picture is prepared and the folder says what it is: nobody had to write a list of "
    "1,024 labels.",
)


@training.check("Pixels are scaled to 0-1", points=1, hint="By what is 255 to be multiplied to become 1?")
def scaling(run: RunView) -> None:
    generators.scales_to_unit(run.training_pictures)


@training.check("They come from the training folder", points=1, hint="Which folder holds one folder for each class?")
def folder(run: RunView) -> None:
    generators.reads_folder(run.training_pictures, "train")


@training.check("150 high and 200 wide", points=1, hint="Keras counts as a table does: rows first, then columns.")
def size(run: RunView) -> None:
    generators.has_size(run.training_pictures, 150, 200)


@training.check("64 pictures a batch", points=0.5, hint="Look at the first number of the batch's shape.")
def batches(run: RunView) -> None:
    generators.has_batches_of(run.training_pictures, 64)


@training.check("One number is the label", points=1.5, hint="What does the shape of the labels say: one or two each?")
def labels(run: RunView) -> None:
    generators.gives_labels(run.training_pictures, "binary", "sparse")


# --- Exercise 3: the validation pictures (2.5 points) -----------------------------------------------------------------

validation = grader.exercise(
    "validation_generator",
    title="Make the validation pictures",
    hints=(
        "What must be the same as before, and which two things must not be?",
        "A network can only be tested on pictures it has not learned from, prepared as those it has.",
    ),
    lesson="Validation pictures are prepared exactly as the training pictures and are never among them: only then does "
    "their accuracy say something about new pictures.",
)


@validation.check("They come from the validation folder", points=1, hint="Which pictures are never learned from?")
def other_folder(run: RunView) -> None:
    generators.reads_folder(run.validation_pictures, "validation")


@validation.check(
    "Scaled, sized and labelled as the training pictures", points=1, hint="Compare the two calls word by word."
)
def alike(run: RunView) -> None:
    pictures, example = run.validation_pictures, run.training_pictures
    generators.scales_to_unit(pictures, like=example)
    generators.has_size(pictures, 150, 200, like=example)
    generators.gives_labels(pictures, "binary", "sparse", like=example)


@validation.check("32 pictures a batch", points=0.5, hint="The validation pictures come in smaller batches.")
def smaller_batches(run: RunView) -> None:
    generators.has_batches_of(run.validation_pictures, 32)


# --- Exercise 4: which label is which class (2.5 points) --------------------------------------------------------------

numbering = grader.exercise(
    "class_numbers",
    title="Say which label is which class",
    hints=(
        "The generator keeps a dictionary from names to numbers.",
        "Names are numbered in one fixed order that has nothing to do with when a folder was made.",
    ),
    lesson="Classes are numbered in the alphabetical order of the folders' names, so a renamed or an added folder can "
    "turn every label round.",
)


@numbering.check("The class that label 1 stands for", points=0.5, hint="Ask class_indices.")
def class_of_one(run: RunView) -> None:
    answers.is_word(run, "class_of_one", "humans", "human", expected="the name of a class folder")


@numbering.check("The labels of four folders", points=1, hint="Write the four names in the order of a dictionary.")
def labels_of_four(run: RunView) -> None:
    answers.are_numbers(run, "labels_of_four", [2, 3, 0, 1])


@numbering.check(
    "What Keras finds one level too high",
    points=1,
    hint="It looks for pictures in all folders below each class folder.",
    visibility="after_deadline",
)
def found_too_high(run: RunView) -> None:
    answers.is_number(run, "found_too_high", 1280, unit="pictures", accept=[1283])  # 1,283 of the photographs
