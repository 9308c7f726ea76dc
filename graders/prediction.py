"""Marks prediction: one picture's way from its file to the name of its class. 10 points."""

import _one_picture as one_picture
from fairmark import Grader, part
from fairmark.checks import answers
from fairmark.keras import RunView, prediction

# The network is trained in a locked cell: 3 epochs at 75 x 75. With seeds 1 to 3 it then named 0.895, 0.922 and 0.918
# of the 256 validation pictures. No mark rests on that: what counts is what is done with its answer.
grader = Grader("prediction", title="From a picture to its name", dataset="horses_or_humans")

OUTPUTS = [0.03, 0.97, 0.58, 0.44, 0.88, 0.12, 0.995]
"""As the notebook gives them."""

# --- Exercise 1: the array (4 points) ---------------------------------------------------------------------------------

prepare = grader.exercise(
    "prepare",
    title="Prepare one picture",
    hints=(
        "Compare what the next cell prints with the shape and the values of a batch of training pictures.",
        "Size, scale and the dimension in front: for each of the three, look up what the generator above was told.",
    ),
    lesson="A network takes what it was trained on: batches, one size, one scale. A wrong shape raises an error; a "
    "wrong scale does not, and is the more dangerous for it.",
)


@prepare.check("It has the size of the training pictures", points=1, hint="What is the generator's target_size?")
def size(run: RunView) -> None:
    one_picture.has_size(run, "batch_of_one", 75, 75)


@prepare.check("It is a batch of one picture", points=1.5, hint="Count the dimensions. Which comes first?")
def batch(run: RunView) -> None:
    one_picture.is_batch_of_one(run, "batch_of_one")


@prepare.check("Its pixels are scaled as in training", points=1.5, hint="By what does the generator multiply pixels?")
def scale(run: RunView) -> None:
    one_picture.is_scaled_to_unit(run, "batch_of_one")


# --- Exercise 2: outputs that are given (3 points) --------------------------------------------------------------------

reading = grader.exercise(
    "outputs_read",
    title="Read what a network says",
    hints=(
        "Each number is a probability. Of what?",
        "class_indices says which class has label 1. Surest are the answers far from the middle, on either side.",
    ),
    lesson="The output is the probability of label 1: near 1 and near 0 are both sure, one half knows nothing. Where "
    "the threshold lies is a decision about which mistakes cost more.",
)


@reading.check("Each output is named by its class", points=1.5, hint="Which class has label 1, and which has 0?")
def names(run: RunView) -> None:
    one_picture.names_each(run, "names", OUTPUTS, ("horses", "humans"))


@reading.check("The output that is least sure", points=0.5, hint="How far is each from one half?")
def least_sure(run: RunView) -> None:
    answers.is_number(run, "least_sure", 4)


@reading.check(
    "The threshold moved to 0.9", points=1, hint="Count those that still count as human.", visibility="after_deadline"
)
def threshold(run: RunView) -> None:
    answers.is_number(run, "humans_at_90", 2)


# --- Exercise 3: the network's answer (3 points) ----------------------------------------------------------------------

asking = grader.exercise(
    "ask",
    title="Ask the network",
    needs_training=True,
    hints=(
        "What predict gives back is an array. Print its shape.",
        "Take the number out by its row and column; then hold it against the threshold, as in exercise 2.",
    ),
    lesson="A class is named by what the network said, not by what one knows of the picture: only so can it be seen "
    "where it errs.",
)


@asking.check("The number is the model's answer to the batch", points=1.5, hint="One number, out of an array of 1 x 1.")
def probability(run: RunView) -> None:
    with part():
        one_picture.asks_about_it(run, "batch_of_one")
    with part():
        one_picture.is_output(run, "probability")


@asking.check("It is named by its class", points=1.5, hint="Which class has label 1? Ask class_indices.")
def named(run: RunView) -> None:
    prediction.names_class(run, name="predicted_class", undecided=0.001)
