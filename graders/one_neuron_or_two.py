"""Marks one_neuron_or_two: two ways to tell two classes apart, and what belongs to each. 12 points."""

from _labels import reads_labels
from fairmark import Grader
from fairmark.checks import answers
from fairmark.keras import RunView, compile, generators, layers

grader = Grader("one_neuron_or_two", title="One neuron or two", dataset="horses_or_humans")

# --- Exercise 1: softmax by hand (3 points) ---------------------------------------------------------------------------

by_hand = grader.exercise(
    "softmax_by_hand",
    title="Work softmax out by hand",
    hints=(
        "Softmax divides one share by the sum of all shares. How many shares are there?",
        "e to the power of ln 3 is 3, and e to the power of 0 is 1.",
    ),
    lesson="Shares of a whole say something only where there are at least two: a lone neuron under softmax always "
    "answers 1.0.",
)


@by_hand.check("Softmax of a single score", points=1, hint="Divide the share by the sum of all shares.")
def of_one(run: RunView) -> None:
    answers.is_number(run, "softmax_of_one", 1.0)


@by_hand.check("Softmax of two scores", points=1, hint="Which two numbers do you get before you divide?")
def of_two(run: RunView) -> None:
    answers.is_number(run, "softmax_of_two", 0.75, tolerance=0.005)


@by_hand.check(
    "Parameters of either last layer",
    points=1,
    hint="Each neuron has a weight for each number it is given, and a bias.",
    visibility="after_deadline",
)
def parameters(run: RunView) -> None:
    answers.are_numbers(run, "last_layer_parameters", [33, 66])


# --- Exercise 2: one neuron (3.5 points) ------------------------------------------------------------------------------

one = grader.exercise(
    "one_neuron",
    title="Answer with one neuron",
    hints=(
        "Three things have to speak of the same single number: the labels, the last layer and the loss.",
        "One probability for class 1 leaves the rest to class 0: which activation gives it, which loss judges it?",
    ),
    lesson="One neuron under sigmoid gives the probability of class 1; what is missing to 1 is that of class 0, so "
    "labels of 0 or 1 and the binary loss fit it.",
)


@one.check("A label is one number", points=1, hint="What is the shape of a batch of labels?")
def one_label(run: RunView) -> None:
    generators.gives_labels(run.pictures_called("pictures_for_one"), "binary", "sparse")


@one.check(
    "The last layer is one neuron that gives a probability", points=1.5, hint="Which activation ends at 0 and 1?"
)
def one_output(run: RunView) -> None:
    layers.ends_with(run.model_called("one_neuron"), units=1, activation="sigmoid")
    layers.has_hidden_layer(run.model_called("one_neuron"), units=32)


@one.check("The loss fits", points=1, hint="Which cross-entropy is for a single probability?")
def one_loss(run: RunView) -> None:
    compile.loss_fits_output(run.model_called("one_neuron"))


# --- Exercise 3: two neurons (3.5 points) -----------------------------------------------------------------------------

two = grader.exercise(
    "two_neurons",
    title="Answer with two neurons",
    hints=(
        "There are two right pairs of labels and loss. Which is yours?",
        "A label may be the number of the right neuron or a row with a 1 in its place; each form has its own loss.",
    ),
    lesson="Two neurons under softmax share out one whole; the loss only has to know whether a label names the right "
    "neuron by its number or by a row.",
)


@two.check("The last layer is two neurons that share out one whole", points=1.5, hint="Which activation gives shares?")
def two_outputs(run: RunView) -> None:
    layers.ends_with(run.model_called("two_neurons"), units=2, activation="softmax")
    layers.has_hidden_layer(run.model_called("two_neurons"), units=32)


@two.check(
    "Labels and loss fit each other", points=2, hint="What does one label look like, and what does the loss take?"
)
def two_loss(run: RunView) -> None:
    labels = run.pictures_called("pictures_for_two")
    generators.gives_labels(labels, "sparse", "binary", "categorical")
    compile.loss_fits_output(run.model_called("two_neurons"), labels=labels.labels.value)


# --- Exercise 4: from outputs to labels (2 points) --------------------------------------------------------------------

reading = grader.exercise(
    "reading_outputs",
    title="Read the outputs",
    hints=(
        "How many numbers does each network give for a picture?",
        "One probability is compared with one half; of two shares, the place of the larger is what counts.",
    ),
    lesson="One number is compared with 0.5, of several the place of the largest is taken: either rule, used for the "
    "other network, tells nothing apart.",
)


@reading.check("The labels that one neuron gives", points=1, hint="The number is the probability of label 1.")
def by_one(run: RunView) -> None:
    reads_labels(run, "labels_by_one", [0, 1, 1, 0, 1])


@reading.check("The labels that two neurons give", points=1, hint="In which column is the larger of the two?")
def by_two(run: RunView) -> None:
    reads_labels(run, "labels_by_two", [0, 1, 0, 1, 1])
