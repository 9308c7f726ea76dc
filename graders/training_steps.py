"""Marks training_steps: how many steps make an epoch, and what a training leaves behind. 10 points."""

from fairmark import Grader, part
from fairmark.checks import answers
from fairmark.keras import RunView, history, parameters, training

grader = Grader("training_steps", title="Steps, epochs and the history", dataset="horses_or_humans")

# --- Exercise 1: 2,000 pictures in batches of 96, on paper (2 points) -------------------------------------------------

paper = grader.exercise(
    "count_steps",
    title="Count steps by hand",
    hints=(
        "How often does 96 fit into 2,000? What remains is a batch, too, only a small one.",
        "Divide with a remainder: the first two numbers. A remainder costs one more step. Each step corrects once.",
    ),
    lesson="Rounded down, a few pictures are left over; rounded up, all are seen. One step is one correction, so "
    "epochs times steps says how often the weights were changed.",
)


@paper.check("Full batches, pictures left over, steps for all", points=1.5, hint="Divide with a remainder.")
def batches(run: RunView) -> None:
    with part():
        answers.is_number(run, "full_batches", 20)
    with part():
        answers.is_number(run, "left_over", 80, unit="pictures")
    with part():
        answers.is_number(run, "steps_for_all", 21, unit="steps")


@paper.check(
    "Corrections of the weights in 5 epochs",
    points=0.5,
    hint="Once in each step, and an epoch has as many steps as you just counted.",
    visibility="after_deadline",
)
def corrections(run: RunView) -> str | None:
    return parameters.follows_from(run, "corrections", 105, given="steps_for_all", by=lambda steps: 5 * steps[0])


# --- Exercise 2: the steps of 1,024 pictures in batches of 64 (2 points) ----------------------------------------------

steps = grader.exercise(
    "steps",
    title="Work out the steps of these pictures",
    hints=(
        "Which two numbers decide how many steps an epoch has? The generator knows both.",
        "Every step uses up one batch: how many batches are there in all the pictures?",
    ),
    lesson="Worked out from the generator, the number stays right whatever the folder holds and a batch is.",
)


@steps.check("One epoch shows every picture once", points=2, hint="Steps times pictures in a batch: what comes out?")
def steps_per_epoch(run: RunView) -> str | None:
    return training.steps_follow(
        run, run.training_pictures, name="steps_per_epoch", argument="steps_per_epoch", batch_size=64, explain=True
    )


# --- Exercise 3: training (3 points) ----------------------------------------------------------------------------------

fitting = grader.exercise(
    "training",
    title="Train, without validation yet",
    hints=(
        "fit takes what to learn from first; everything else goes by name.",
        "Four things are asked: what to learn from, how many steps, how many epochs, how much to print.",
    ),
    lesson="fit takes a batch, corrects the weights, and does so steps times epochs times.",
)


@fitting.check("fit learns from the pictures, in the steps worked out", points=1.5, hint="Use your number of steps.")
def learns(run: RunView) -> None:
    with part():
        training.learns_from(run.training_in("training"), run.training_pictures)
    with part():
        training.passes_steps(run, run.training_in("training"), run.training_pictures, name="steps_per_epoch")


@fitting.check("3 epochs", points=0.5, hint="An epoch is one pass over the pictures.")
def epochs(run: RunView) -> None:
    training.trains_for(run, run.training_in("training"), 3)


@fitting.check("Nothing to validate on", points=0.5, hint="Validation comes in the next notebook.")
def alone(run: RunView) -> None:
    training.validates_on_nothing(run.training_in("training"))


@fitting.check("One line printed for each epoch", points=0.5, hint="It is verbose that says how much is printed.")
def verbose(run: RunView) -> None:
    training.prints_a_line_an_epoch(run, run.training_in("training"))


# --- Exercise 4: the history (3 points) -------------------------------------------------------------------------------

reading = grader.exercise(
    "history",
    title="Read the history",
    needs_training=True,
    hints=(
        "The cell above prints what the history holds, and under which words.",
        "A dictionary gives a list for each word; a list's last entry can be counted from its end.",
    ),
    lesson="The history keeps each metric under the word compile was given, one number an epoch. Here all of them are "
    "from the training pictures: they cannot say how the network does on others.",
)


@reading.check("The accuracy of every epoch", points=1, hint="Which word did compile get for it?")
def accuracies(run: RunView) -> None:
    history.lists(run, run.training_in("training").history, "accuracies", "accuracy")


@reading.check("The loss of the last epoch", points=1, hint="The last entry of one of the lists.")
def final_loss(run: RunView) -> None:
    history.reads(run, run.training_in("training").history, "final_loss", "loss")


@reading.check("The epoch with the lowest loss", points=1, hint="Where in the list is its smallest entry?")
def best_epoch(run: RunView) -> None:
    history.is_best_epoch(run, run.training_in("training").history, "best_epoch", "loss")
