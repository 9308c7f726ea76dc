"""Marks compile_settings: what to make small, how fast, and what to show meanwhile. 10 points."""

from fairmark import Grader
from fairmark.checks import answers
from fairmark.keras import RunView, compile

grader = Grader("compile_settings", title="Compile settings", dataset="horses_or_humans")

# --- Exercise 1: what the loss charges (2 points) ---------------------------------------------------------------------

charging = grader.exercise(
    "charges",
    title="Work out what the loss charges",
    hints=(
        "Which probability did the network give to the class that was right?",
        "Only the right class counts. Use the natural logarithm, and mind the sign.",
    ),
    lesson="Saying one half to everything costs 0.69 a picture, so a loss near that is a network that knows nothing; "
    "being sure and wrong costs several times as much.",
)


@charging.check("Saying one half", points=1, hint="The logarithm of a number below 1 is negative; the charge is not.")
def unsure(run: RunView) -> None:
    answers.is_number(run, "charge_when_unsure", 0.6931, tolerance=0.004)


@charging.check("Being sure and wrong", points=1, hint="What is left for the class that was right?")
def sure_and_wrong(run: RunView) -> None:
    answers.is_number(run, "charge_when_wrong", 4.6052, tolerance=0.01)


# --- Exercise 2: one step (1.5 points) --------------------------------------------------------------------------------

downhill = grader.exercise(
    "one_step",
    title="Take one step downhill",
    hints=(
        "The weight goes against the gradient: uphill is where the loss grows.",
        "Take the rate times the gradient away from the weight, once for each rate.",
    ),
    lesson="The learning rate is the length of the step: ten times the rate moves a weight ten times as far, past the "
    "lowest point if need be.",
)


@downhill.check("With the rate of this notebook", points=1, hint="Rate times gradient: how far does the weight go?")
def one_step(run: RunView) -> None:
    answers.is_number(run, "weight_after", 0.79, tolerance=0.0001)


@downhill.check("With ten times that rate", points=0.5, hint="The step is ten times as long.")
def long_step(run: RunView) -> None:
    answers.is_number(run, "weight_after_long_step", 0.7, tolerance=0.0001)


# --- Exercise 3: compile (4.5 points) ---------------------------------------------------------------------------------
# The rate is not Keras's own 0.001, so that leaving it out can be told from setting it.

settings = grader.exercise(
    "compile_network",
    title="Compile the network",
    hints=(
        "Three settings, three questions: what to make small, how to change the weights, what to print for people.",
        "The loss is chosen by looking at the last layer; a rate other than the usual one needs the optimizer as an "
        "object.",
    ),
    lesson="The loss was chosen by the last layer, the optimizer and its steps by you: nothing was left to what Keras "
    "takes when it is told nothing.",
)


@settings.check("The loss fits the last layer", points=1.5, hint="One probability: which cross-entropy is for that?")
def loss(run: RunView) -> None:
    compile.loss_fits_output(run.model_called("network"))


@settings.check("RMSprop changes the weights", points=1, hint="Which optimizer does the task name?")
def optimizer(run: RunView) -> None:
    compile.optimizer_is(run.model_called("network"), "RMSprop")


@settings.check("The learning rate is 0.0005", points=1, hint="A name in quotes takes the rate that Keras thinks best.")
def rate(run: RunView) -> None:
    compile.learning_rate_is(run.model_called("network"), 0.0005)


@settings.check("Accuracy is shown", points=1, hint="The loss is for the optimizer; what do people want to read?")
def metrics(run: RunView) -> None:
    compile.measures_accuracy(run.model_called("network"))


# --- Exercise 4: what is not said (2 points) --------------------------------------------------------------------------

unsaid = grader.exercise(
    "left_unsaid",
    title="Say what holds when nothing is said",
    hints=(
        "Make an optimizer without naming a rate, and look at it.",
        "Ask of each setting whether a weight would be another without it.",
    ),
    lesson="A setting left out is still a setting, only somebody else's: unless told otherwise, RMSprop takes steps "
    "twice as long as yours.",
)


@unsaid.check("RMSprop's own learning rate", points=1, hint="An optimizer has the attribute learning_rate.")
def default_rate(run: RunView) -> None:
    answers.is_number(run, "default_rate", 0.001)


@unsaid.check(
    "The setting that teaches nothing",
    points=1,
    hint="Which of the three does the optimizer never look at?",
    visibility="after_deadline",
)
def teaches_nothing(run: RunView) -> None:
    accepted = ("metrics", "metric", "the metrics", "the metric", "accuracy")
    answers.is_word(run, "teaches_nothing", *accepted, expected="loss, optimizer or metrics")
