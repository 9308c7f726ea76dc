"""Marks learning_rate: how far to step, what too far looks like, and how to compare fairly. 14 points."""

import _rates as rates
from fairmark import Grader, part
from fairmark.checks import answers, choices
from fairmark.keras import RunView, compile

grader = Grader("learning_rate", title="The learning rate", dataset="horses_or_humans")

# --- Exercise 1: by hand (2 points) -----------------------------------------------------------------------------------

by_hand = grader.exercise(
    "by_hand",
    title="Three steps by hand",
    hints=(
        "Take one rate and go slowly: where are you, how steep is it there, how far do you go?",
        "Every step multiplies the weight by one and the same number. Which one, for each rate?",
    ),
    lesson="A step multiplies where you are by 1 - 2 x rate: below 1 it leads in, below 0 it jumps across, and beyond "
    "-1 it leads out.",
)


@by_hand.check("Where three steps lead", points=1, hint="Do not forget that the gradient changes with the weight.")
def three_steps(run: RunView) -> None:
    answers.are_numbers(run, "after_three_steps", [0.512, -0.512, -8.0], tolerance=0.003)


@by_hand.check(
    "Where steps stop being of use",
    points=1,
    hint="When does a step end as far out as it began?",
    visibility="after_deadline",
)
def limit(run: RunView) -> None:
    answers.is_number(run, "largest_useful_rate", 1.0)


# --- Exercise 2: recordings (4 points) --------------------------------------------------------------------------------

recordings = grader.exercise(
    "recordings",
    title="Read three recordings",
    hints=(
        "Cover the numbers and look at the shapes: one creeps, one climbs and stays, one goes up and down.",
        "A fall is an epoch's accuracy less that of the next; where every epoch gains, there is none.",
    ),
    lesson="Swings are steps across the bottom: a rate that swings can be ahead in one epoch by luck, so a rate is "
    "judged by several.",
)


@recordings.check("The largest falls", points=1.5, hint="Go along each row and compare neighbours.")
def falls(run: RunView) -> None:
    answers.are_numbers(run, "largest_falls", [0.05, 0.005, 0.49], tolerance=0.002)


@recordings.check("Which rate is too high", points=1, hint="Which of them jumps across the bottom?")
def too_high(run: RunView) -> None:
    choices.is_choice(run, "too_high", "C", expected="A, B or C: the one that swings most")


@recordings.check("Which rate is too low", points=0.5, hint="Which of them is still on its way when time is up?")
def too_low(run: RunView) -> None:
    choices.is_choice(run, "too_low", "B", expected="A, B or C: the one that creeps")


@recordings.check("Which to go on with", points=1, hint="Which result would have been as good an epoch earlier?")
def choose(run: RunView) -> None:
    because = {
        "C": "It is ahead in the last epoch alone; an epoch earlier you would have had something else.",
        "B": "It hardly falls, but at the end it is still far behind.",
    }
    choices.is_choice(run, "choose", "A", expected="A, B or C", because=because)


# --- Exercise 3: one thing at a time (2 points) -----------------------------------------------------------------------

one_change = grader.exercise(
    "one_change",
    title="Change one thing",
    hints=(
        "Compare the rows of a pair column by column, and count in how many they differ.",
        "The accuracy is what came out; the columns before it are what was put in.",
    ),
    lesson="Where two things were changed at once, neither can be given the credit or the blame.",
)


@one_change.check(
    "The pair that tells something about the rate",
    points=2,
    hint="Everything but the learning rate should be alike.",
)
def fair_pair(run: RunView) -> None:
    because = {
        ("Ama", "Cleo"): "These two have the same learning rate: they say something about the batch size.",
        ("Ama", "Dan"): "These two differ in everything: rate, batch size and epochs.",
        ("Ben", "Cleo"): "These two differ in their batch size, too.",
        ("Ben", "Dan"): "These two have the same learning rate, and differ in batch size and epochs.",
        ("Cleo", "Dan"): "These two differ in their epochs, too.",
    }
    choices.are_words(run, "fair_pair", "Ama", "Ben", expected="two names", because=because)


# --- Exercise 4: three trainings (4 points) ---------------------------------------------------------------------------

trainings = grader.exercise(
    "trainings",
    title="Three trainings",
    needs_training=True,
    hints=(
        "Write it for one rate first, then let a loop do it for all three.",
        "What must happen anew for each rate, so that no training inherits anything from the one before?",
    ),
    lesson="Same network, same start, same pictures, same epochs: what differs in the curves comes from the rate, as "
    "nothing else was changed.",
)


@trainings.check("RMSprop with each of the three rates", points=1, hint="compile is where the rate goes, every time.")
def each_rate(run: RunView) -> None:
    with part():
        rates.take_rates(run, [0.03, 0.001, 0.00001])
    with part():
        compile.optimizer_is(run.model, "RMSprop")


@trainings.check("Each begins with a network of its own", points=1, hint="fit goes on from the weights it finds.")
def afresh(run: RunView) -> None:
    rates.start_afresh(run)


@trainings.check("Nothing but the rate differs", points=1, hint="Batches, epochs, network, loss: one by one.")
def one_thing(run: RunView) -> None:
    rates.differ_only_in_rate(run)


@trainings.check("Four epochs each, validated", points=0.5, hint="What is measured on pictures that are not learned?")
def epochs(run: RunView) -> None:
    with part():
        rates.take_epochs(run, 4)
    with part():
        rates.learn_and_validate(run, learn="train", validate="validation")


@trainings.check("The loss fits, accuracy is measured", points=0.5, hint="As for any network that ends in one sigmoid.")
def settings(run: RunView) -> None:
    with part():
        compile.loss_fits_output(run.model)
    with part():
        compile.measures_accuracy(run.model)


# --- Exercise 5: choose (2 points) ------------------------------------------------------------------------------------

choice = grader.exercise(
    "choice",
    title="Choose",
    needs_training=True,
    hints=(
        "Work out three means, each of three numbers, and compare them.",
        "A list ends with its latest epochs: how do you take the last three of them?",
    ),
    lesson="A mean over several epochs forgives one unlucky epoch and does not fall for one lucky one.",
)


@choice.check("The best over the last three epochs", points=2, hint="One epoch alone may be luck.")
def best(run: RunView) -> str:
    return rates.chooses_by_several_epochs(run, "chosen_rate", epochs=3, near=0.02)
