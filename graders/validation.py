"""Marks validation: what pictures that are not learned from tell about a training. 12 points."""

from fairmark import Grader, part
from fairmark.checks import answers
from fairmark.keras import RunView, history, training

grader = Grader("validation", title="Validation", dataset="horses_or_humans")

# fmt: off
TRAINING_A = {
    "accuracy": [0.6, 0.5, 0.5, 0.725, 1.0, 1.0, 0.975, *[1.0] * 13],
    "val_accuracy": [0.5, 0.527, 0.496, 0.914, 0.918, 0.926, 0.914, 0.918, 0.914, *[0.922] * 4, 0.926, *[0.922] * 6],
    "loss": [0.9519, 0.8459, 0.6540, 0.5566, 0.4403, 0.3246, 0.2148, 0.1453, 0.0874, 0.0527,
             0.0307, 0.0162, 0.0084, 0.0054, 0.0036, 0.0025, 0.0018, 0.0014, 0.0011, 0.0009],
    "val_loss": [0.9735, 0.6597, 0.6339, 0.5493, 0.4658, 0.3864, 0.3565, 0.3248, 0.3362, 0.3351,
                 0.3419, 0.3656, 0.3946, 0.4233, 0.4481, 0.4713, 0.4867, 0.4965, 0.5035, 0.5096],
}
"""As the notebook gives it: 20 epochs on 40 pictures, measured once and written down."""
# fmt: on

WORDS = "one of guessing, still learning, overfitting"

# --- Exercise 1: curves that are given (4 points) ---------------------------------------------------------------------

curves = grader.exercise(
    "curves",
    title="Read the curves of two trainings",
    hints=(
        "Of the four curves, which two are about pictures that were not learned from?",
        "Follow the two losses of each training to their ends: which fall, which have turned?",
    ),
    lesson="Only pictures that are not learned from can show that a training has gone too far. The loss shows it "
    "before the accuracy does, since it also counts with how much confidence the network errs.",
)


@curves.check("The epoch in which it turned", points=1.5, hint="Judged by the loss, on pictures not learned from.")
def turning(run: RunView) -> None:
    history.is_best_epoch(run, TRAINING_A, "turning_epoch", "val_loss")


@curves.check("The accuracy to expect on new pictures", points=1, hint="An accuracy is a share, from 0 to 1. Of what?")
def honest(run: RunView) -> None:
    history.reads(run, TRAINING_A, "honest_accuracy", "val_accuracy")


@curves.check("Training A in a word", points=1, hint="What does each of its two losses do towards the end?")
def verdict_a(run: RunView) -> None:
    answers.is_word(run, "verdict_a", "overfitting", "overfit", "overfitted", expected=WORDS)


@curves.check(
    "Training B in a word",
    points=0.5,
    hint="What does each of its two losses do towards the end?",
    visibility="after_deadline",
)
def verdict_b(run: RunView) -> None:
    answers.is_word(run, "verdict_b", "still learning", "learning", expected=WORDS)


# --- Exercise 2: the steps of 256 pictures in batches of 32 (2 points) ------------------------------------------------

steps = grader.exercise(
    "steps",
    title="Work out the validation steps",
    hints=(
        "It is the other generator that counts here.",
        "How many of its batches hold all of its pictures?",
    ),
    lesson="Validation has steps of its own, from its own pictures and its own batch size.",
)


@steps.check("Every validation picture is looked at once", points=2, hint="Whose pictures, and in what batches?")
def validation_steps(run: RunView) -> str | None:
    return training.steps_follow(
        run, run.validation_pictures, name="validation_steps", argument="validation_steps", batch_size=32, explain=True
    )


# --- Exercise 3: training (3 points) ----------------------------------------------------------------------------------

fitting = grader.exercise(
    "training",
    title="Train and validate",
    hints=(
        "fit takes two sources of pictures: one to learn from, one to be asked about.",
        "What to learn from comes first; what to validate on, and in how many steps, goes by name.",
    ),
    lesson="Nothing looks wrong where one validates on the training pictures: that is why it has to be seen to.",
)


@fitting.check("fit learns from the training pictures, for 3 epochs", points=1, hint="What comes first in fit?")
def learns(run: RunView) -> None:
    with part():
        training.learns_from(run.training_in("training"), run.training_pictures)
    with part():
        training.trains_for(run, run.training_in("training"), 3)


@fitting.check("fit validates on the validation pictures", points=1.5, hint="Which pictures has it not learned from?")
def validates(run: RunView) -> None:
    training.validates_on(run.training_in("training"), run.validation_pictures)


@fitting.check("It validates in the steps worked out", points=0.5, hint="Use the number of exercise 2.")
def all_of_them(run: RunView) -> None:
    training.passes_validation_steps(run, run.training_in("training"), run.validation_pictures, name="validation_steps")


# --- Exercise 4: this training's own history (3 points) ---------------------------------------------------------------

compare = grader.exercise(
    "compare",
    title="Compare training with validation",
    needs_training=True,
    hints=(
        "Which words are in the history? Two of them begin alike.",
        "What validation measured stands under the metric's own word with val_ in front.",
    ),
    lesson="The gap says how much of what was learned holds for the training pictures only. It is the validation "
    "accuracy that one tells others.",
)


@compare.check("The last accuracy on either kind of pictures", points=2, hint="Which words begin with val_?")
def accuracies(run: RunView) -> None:
    with part():
        history.reads(run, run.training_in("training").history, "final_accuracy", "accuracy")
    with part():
        history.reads(run, run.training_in("training").history, "final_val_accuracy", "val_accuracy")


@compare.check("The gap between the two", points=1, hint="The first less the second.")
def gap(run: RunView) -> str | None:
    own = ("final_accuracy", "final_val_accuracy")
    return history.is_gap(run, run.training_in("training").history, "gap", "accuracy", "val_accuracy", given=own)
