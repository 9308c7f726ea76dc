"""Marks cassava_leaves: five classes that are not equally common, and a table of what is taken for what. 16 points."""

import _classes as classes
from fairmark import Grader, part
from fairmark.checks import answers, choices
from fairmark.keras import RunView, compile, generators, layers

NAMES = ("bacterial_blight", "brown_streak", "green_mottle", "healthy", "mosaic_disease")
VALIDATION_PICTURES = (16, 23, 24, 21, 116)  # of each class, as in datasets/cassava_leaves/dataset.toml

grader = Grader("cassava_leaves", title="Cassava leaves", dataset="cassava_leaves")

# --- Exercise 1: the laziest answer (2 points) ------------------------------------------------------------------------

lazy = grader.exercise(
    "baseline",
    title="What the laziest answer scores",
    hints=(
        "Which class is named, for every single picture? Count what is right by accident.",
        "For the second number, look at one class after the other: all of its leaves are found, or none.",
    ),
    lesson="Where one class makes up most of the pictures, naming it blindly looks like skill; counting every class "
    "alike takes that appearance away.",
)


@lazy.check("Its accuracy", points=1, hint="Right by accident, of all pictures there are in validation.")
def accuracy(run: RunView) -> None:
    answers.is_number(run, "lazy_accuracy", 0.58, tolerance=0.001)


@lazy.check(
    "Its mean share over the classes",
    points=1,
    hint="Five shares, each of one class's own leaves.",
    visibility="after_deadline",
)
def mean_share(run: RunView) -> None:
    answers.is_number(run, "lazy_mean_share", 0.2, tolerance=0.001)


# --- Exercise 2: labels (3 points) ------------------------------------------------------------------------------------

pictures = grader.exercise(
    "generators",
    title="Label five classes",
    hints=(
        "What you wrote for two classes is nearly right: which of its words speaks of two?",
        "Validation is held against the files later on. What would shuffling do to that?",
    ),
    lesson="A label has to say which of five: a row with a single 1, or a whole number; and only pictures in a known "
    "order can be held against their labels.",
)


@pictures.check("Each reads its folder, scaled to 0-1", points=1, hint="Which folder holds the class folders?")
def sources(run: RunView) -> None:
    for source, split in ((run.training_pictures, "train"), (run.validation_pictures, "validation")):
        with part():
            generators.reads_folder(source, split)
        with part():
            generators.scales_to_unit(source)


@pictures.check("Pictures are 150 x 150, in batches of 20", points=0.5, hint="The blocks below expect one size.")
def sizes(run: RunView) -> None:
    for source in (run.training_pictures, run.validation_pictures):
        with part():
            generators.has_size(source, 150, 150)
        with part():
            generators.has_batches_of(source, 20)


@pictures.check("Labels tell five classes apart", points=1, hint="Which form of label was made for two classes?")
def labels(run: RunView) -> None:
    with part():
        generators.gives_labels(run.training_pictures, "categorical", "sparse")
    with part():
        generators.gives_labels(run.validation_pictures, "categorical", "sparse")
        classes.labels_agree(run)


@pictures.check("Validation keeps the order of the files", points=0.5, hint="What does a generator do when not told?")
def order(run: RunView) -> None:
    classes.keeps_order(run.validation_pictures)


# --- Exercise 3: the network (4 points) -------------------------------------------------------------------------------

network = grader.exercise(
    "network",
    title="A network for five classes",
    hints=(
        "Three things speak of how many classes there are: the labels, the last layer and the loss. Do they agree?",
        "Softmax shares out one whole between its neurons; the loss is chosen by the form of the labels.",
    ),
    lesson="Softmax makes five answers into probabilities that add up to 1, and the categorical losses charge for how "
    "little of it went to the right class.",
)


@network.check("The given blocks, then 64 neurons", points=0.5, hint="What stands between maps and neurons?")
def hidden(run: RunView) -> None:
    with part():
        layers.has_block(run.model, 3, filters=32)
        layers.has_only_blocks(run.model, 3)
    with part():
        layers.has_hidden_layer(run.model, units=64)


@network.check("The last layer answers for five classes", points=1, hint="One probability for each, adding up to 1.")
def output(run: RunView) -> None:
    layers.ends_for_classes(run.model, 5)


@network.check("The loss fits classes and labels", points=1.5, hint="A row per picture, or a number per picture?")
def loss(run: RunView) -> None:
    compile.loss_fits_classes(run.model, labels=classes.common_labels(run))


@network.check("RMSprop with a learning rate of 0.001, and accuracy", points=1, hint="As for two classes.")
def settings(run: RunView) -> None:
    with part():
        compile.optimizer_is(run.model, "RMSprop")
        compile.learning_rate_is(run.model, 0.001)
    with part():
        compile.measures_accuracy(run.model)


# --- Exercise 4: reading a matrix (3 points) --------------------------------------------------------------------------

reading = grader.exercise(
    "reading",
    title="Read a confusion matrix",
    hints=(
        "A row answers: what became of the leaves that really have this? A column: which leaves were given this name?",
        "What is right stands on the diagonal; what it is a share of depends on the question.",
    ),
    lesson="This network beats the laziest answer by 5 points in a hundred and yet calls all blight healthy; "
    "one number for five classes hides that.",
)


@reading.check("The accuracy", points=1, hint="Everything that is right, of everything there is.")
def measured(run: RunView) -> None:
    answers.is_number(run, "measured_accuracy", 0.63, tolerance=0.001)


@reading.check(
    "The share of brown streak that is found", points=1, hint="Of the leaves that have it, not of the others."
)
def streak(run: RunView) -> None:
    choices.is_choice(
        run,
        "streak_found",
        2 / 23,
        expected="a share of the leaves that have it",
        tolerance=0.002,
        because={
            2 / 3: "That is the share of those named so that are right: a column. Asked is about those that have it.",
            2 / 200: "That is a share of all pictures. Asked is about those that have brown streak.",
        },
    )


@reading.check("What blight is taken for", points=1, hint="Go along the row of the true class.")
def blight(run: RunView) -> None:
    choices.is_choice(
        run,
        "blight_taken_for",
        "healthy",
        expected="one of the other classes",
        because={
            "green_mottle": "That reads down the column, where green mottle was named bacterial blight.",
            "bacterial_blight": "None of them was named so.",
        },
    )


# --- Exercise 5: one's own matrix (4 points) --------------------------------------------------------------------------

own = grader.exercise(
    "matrix",
    title="Make your own",
    needs_training=True,
    hints=(
        "Each picture adds 1 in one place: which row does its true label choose, which column the one that was named?",
        "A network's five numbers for a picture stand in one row; look for the place of the largest along it.",
    ),
    lesson="Each row is one class's own examination: its diagonal entry, held against the sum of the row, says what "
    "the accuracy of the whole keeps quiet about.",
)


@own.check("A row for each true class", points=1, hint="How many leaves of each class are there in validation?")
def rows(run: RunView) -> None:
    classes.has_rows_of(run, "confusion", VALIDATION_PICTURES)


@own.check("It counts what the network named", points=1, hint="Which of the five numbers is largest, in each row?")
def named(run: RunView) -> None:
    classes.agrees_with_predictions(run, "confusion", run.validation_pictures, VALIDATION_PICTURES[0])


@own.check("Its diagonal is the accuracy", points=1, hint="Are predictions and labels in the same order?")
def diagonal(run: RunView) -> str:
    return classes.counts_rightly(run, "confusion", run.training, run.validation_pictures)


@own.check("The class that is found least", points=1, hint="The smallest share, which need not be the smallest number.")
def least(run: RunView) -> str:
    return classes.misses_most(run, "least_found", "confusion", NAMES)
