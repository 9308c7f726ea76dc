"""Marks happy_or_sad: a callback that ends the training once 80 faces are learned. 14 points."""

from fairmark import Grader, expect, part
from fairmark.checks import answers, choices
from fairmark.keras import RunView, callbacks, history, training

grader = Grader("happy_or_sad", title="Happy or sad", dataset="happy_or_sad")

# --- Exercise 1: two numbers by hand (2 points) -----------------------------------------------------------------------

numbers = grader.exercise(
    "numbers",
    title="What 99.9% of 80 means",
    hints=(
        "Neither number needs a computer: picture the faces laid out in rows of one batch each.",
        "An accuracy is a share: those named rightly, of all there are.",
    ),
    lesson="With 80 faces accuracy moves in steps of 1/80, so 99.9% asks for every one of them; 98% would forgive one.",
)


@numbers.check("Steps follow from faces and batch size", points=1, hint="Each step takes one batch.")
def steps(run: RunView) -> str | None:
    return training.steps_follow(
        run, run.training_pictures, name="steps_per_epoch", argument="steps_per_epoch", batch_size=10
    )


@numbers.check("Accuracy with one face wrong", points=1, hint="How many are right, of how many?")
def one_wrong(run: RunView) -> None:
    answers.is_number(run, "accuracy_with_one_wrong", 0.9875, tolerance=0.0006)


# --- Exercise 2: the callback (5 points) ------------------------------------------------------------------------------

writing = grader.exercise(
    "callback",
    title="Write the callback",
    hints=(
        "Say it in one sentence first: when does it look, at which number, and whom does it tell to stop?",
        "fit never asks the callback whether to stop; it asks the network. How does a callback reach the network?",
    ),
    lesson="self.model is whichever network fit is training, so one callback serves any notebook, whatever names are "
    "used there.",
)


@writing.check("It is called when an epoch ends", points=1, hint="fit finds your method by its exact name.")
def defined(run: RunView) -> None:
    callbacks.defines_one(run)


@writing.check("It reads the training accuracy", points=1, hint="Under which names does fit print what it measures?")
def reads(run: RunView) -> None:
    callbacks.reads(run, "accuracy", what="the training accuracy")


@writing.check("It waits for 99.9%", points=1, hint="A share between 0 and 1, and not a smaller one than was asked.")
def threshold(run: RunView) -> None:
    callbacks.compares_with(run, 0.999)


@writing.check("It stops the network that is being trained", points=2, hint="Whose stop_training does fit look at?")
def stops(run: RunView) -> None:
    callbacks.stops_the_model(run)


# --- Exercise 3: training (4 points) ----------------------------------------------------------------------------------

fitting = grader.exercise(
    "training",
    title="Train with it",
    needs_training=True,
    hints=(
        "Compare the last line that was printed with the number of epochs you allowed.",
        "What fit is not given, it cannot call. It wants a list, and in it an object.",
    ),
    lesson="The limit on epochs is only a safety net now: what ends the training is what was measured.",
)


@fitting.check("fit learns from the training pictures, in the steps worked out", points=1, hint="What comes first?")
def learns(run: RunView) -> None:
    with part():
        training.learns_from(run.training, run.training_pictures)
    with part():
        training.passes_steps(run, run.training, run.training_pictures, name="steps_per_epoch")


@fitting.check("Up to 40 epochs, validated", points=1, hint="How long may it last, and what is it held against?")
def epochs(run: RunView) -> None:
    with part():
        expect(run.training.epochs).to_be(40)
    with part():
        training.validates_on(run.training, run.validation_pictures)


@fitting.check("fit is given the callback", points=1, hint="A class is a plan; fit wants what is made from it.")
def given(run: RunView) -> None:
    callbacks.is_given(run.training, run, name="StopWhenLearned")


@fitting.check("Training ends once 99.9% is reached", points=1, hint="In which epoch did the accuracy get there?")
def ends(run: RunView) -> str:
    return callbacks.ends_training_in_time(run, run.training, key="accuracy", threshold=0.999)


# --- Exercise 4: reading (3 points) -----------------------------------------------------------------------------------

reading = grader.exercise(
    "reading",
    title="Read what happened",
    needs_training=True,
    hints=(
        "Print the keys of the dictionary before you look anything up in it.",
        "Each entry is a list with one number for each epoch that ran.",
    ),
    lesson="A perfect score on pictures that were learned from may be memory alone; only pictures that were kept back "
    "can tell memory from understanding.",
)


@reading.check("How many epochs ran", points=1, hint="How long is each list of the history?")
def epochs_run(run: RunView) -> None:
    answers.is_number(run, "epochs_run", run.training_in("training").epochs_run)


@reading.check("The training accuracy of the last epoch", points=1, hint="Which name, and which place in its list?")
def last_accuracy(run: RunView) -> None:
    history.reads(run, run.training_in("training").history, "last_accuracy", "accuracy")


@reading.check(
    "Which pictures give away a network that memorised",
    points=1,
    hint="On which of the two does learning by heart help?",
    visibility="after_deadline",
)
def telling(run: RunView) -> None:
    choices.is_choice(
        run,
        "telling_pictures",
        "validation",
        expected="training or validation",
        because={"training": "That is what the callback looks at, and learning by heart does well there."},
    )
