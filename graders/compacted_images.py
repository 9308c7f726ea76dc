"""Marks compacted_images: horses or humans again, in pictures of 150 x 150. 16 points."""

import _misnamed as misnamed
from fairmark import Grader, part
from fairmark.checks import answers
from fairmark.keras import RunView, accuracy, compile, generators, history, layers, parameters, training

# The threshold of 0.80: of 512 hidden pictures the reference, trained for 5 epochs at 150 x 150 in batches of 32, named
# 0.967, 0.969, 0.967, 0.971 and 0.965 with seeds 20 to 24; its validation accuracy lay above
# 0.90 after every epoch. In batches of 128 that is not so: after 8 epochs seeds 20 to 22 named 0.928, 0.967 and 0.768.
# (tests/benchmarks/separability.py --size 150 --batch 32 --epochs 5 --seeds 5 --first-seed 20 --numerics bfloat16)
grader = Grader("compacted_images", title="Smaller pictures", dataset="horses_or_humans", hidden_accuracy=0.80)

CONVOLUTIONS = 16 * (27 + 1) + 32 * (144 + 1) + 64 * (288 + 1)

# --- Exercise 1: on paper (3 points) ----------------------------------------------------------------------------------

paper = grader.exercise(
    "paper",
    title="The numbers at 150 x 150, on paper",
    hints=(
        "Begin with the chain of sizes, as you did for 300; the rest follows from its last number.",
        "A filter's weights depend on its window and on the maps it looks at, not on the size of the picture.",
    ),
    lesson="Convolutions cost the same at any size: their windows do not grow with the picture. It is the first Dense "
    "layer that has a weight for every feature and every neuron, and so nearly all parameters.",
)


@paper.check("The sizes after each layer", points=1, hint="Minus two, then half, three times.")
def sides(run: RunView) -> None:
    answers.are_numbers(run, "sides", [148, 74, 72, 36, 34, 17])


@paper.check("The convolutions' parameters, the features", points=1, hint="What does one filter look at? And its bias?")
def convolutions_and_features(run: RunView) -> None:
    with part():
        answers.is_number(run, "conv_parameters", CONVOLUTIONS, unit="parameters")
    with part():
        parameters.follows_from(run, "features", 17 * 17 * 64, given="sides", by=lambda chain: chain[-1] ** 2 * 64)


@paper.check("The parameters of the whole network", points=1, hint="Three convolutions and two Dense layers.")
def total(run: RunView) -> str | None:
    return parameters.follows_from(
        run, "parameters", 9_494_561, given="features", by=lambda found: CONVOLUTIONS + 512 * (found[0] + 1) + 513
    )


# --- Exercise 2: the pictures (2 points) ------------------------------------------------------------------------------

pictures = grader.exercise(
    "pictures",
    title="Pictures of 150 x 150",
    hints=("Which argument says how large pictures are made?", "Two generators, and only one of them is shuffled."),
    lesson="The files stay as they are: the generator makes them small while it reads.",
)


@pictures.check("Both are 150 x 150", points=1, hint="Is the old size left somewhere?")
def size(run: RunView) -> None:
    with part():
        generators.has_size(run.training_pictures, 150, 150)
    with part():
        generators.has_size(run.validation_pictures, 150, 150)


@pictures.check("Both read their folder, scaled, with binary labels", points=0.5, hint="As in Horses or humans.")
def prepared(run: RunView) -> None:
    for source, folder in ((run.training_pictures, "train"), (run.validation_pictures, "validation")):
        with part():
            generators.reads_folder(source, folder)
            generators.scales_to_unit(source)
            generators.gives_labels(source, "binary", "sparse")


@pictures.check("The validation pictures keep their order", points=0.5, hint="Which argument turns shuffling off?")
def order(run: RunView) -> None:
    misnamed.keeps_order(run.validation_pictures)


# --- Exercise 3: the network (3.5 points) -----------------------------------------------------------------------------

network = grader.exercise(
    "network",
    title="The network for them",
    hints=(
        "Where does the size of a picture appear in the network?",
        "Only its input changes; count your blocks, too.",
    ),
    lesson="The same layers serve pictures of another size; only what Flatten hands on differs.",
)


@network.check("Three blocks of 16, 32 and 64 filters, from 150 pixels", points=2, hint="Is 300 left, or a block more?")
def blocks(run: RunView) -> None:
    with part():
        layers.takes_pictures(run.model, 150, 150)
    with part():
        layers.has_block(run.model, 1, filters=16)
    with part():
        layers.has_block(run.model, 2, filters=32)
    with part():
        layers.has_block(run.model, 3, filters=64)
        layers.has_only_blocks(run.model, 3)


@network.check("512 neurons, and an output for two classes", points=1, hint="What follows Flatten?")
def head(run: RunView) -> None:
    with part():
        layers.has_hidden_layer(run.model, units=512)
    with part():
        layers.ends_for_two_classes(run.model)


@network.check("Compiled as before", points=0.5, hint="Loss, RMSprop with its learning rate, accuracy.")
def compiled(run: RunView) -> None:
    compile.loss_fits_output(run.model)
    compile.optimizer_is(run.model, "RMSprop")
    compile.learning_rate_is(run.model, 0.001)
    compile.measures_accuracy(run.model)


# --- Exercise 4: training (3.5 points) --------------------------------------------------------------------------------

fitting = grader.exercise(
    "training",
    title="Train it",
    needs_training=True,
    hints=("fit learns from one generator and validates on the other.", "The steps follow by themselves."),
    lesson="A quarter of the pixels is enough here: what tells a horse from a human can still be seen.",
)


@fitting.check("5 epochs, learned from one folder, validated on the other", points=1.5, hint="Which is for which?")
def learns(run: RunView) -> None:
    with part():
        training.learns_from(run.training, run.training_pictures)
    with part():
        training.validates_on(run.training, run.validation_pictures)
    with part():
        training.trains_for(run, run.training, 5)


@fitting.check("The trained model names 80% of pictures nobody has shown it", points=2, hint="Does its accuracy climb?")
def hidden_accuracy(run: RunView) -> str:
    return accuracy.reaches(run, 0.80)


# --- Exercise 5: what it costs, what it saves (2 points) --------------------------------------------------------------

compare = grader.exercise(
    "compare",
    title="Compare",
    needs_training=True,
    hints=("Divide the one by the other: which is the longer?", "Which pictures say how it will do on new ones?"),
    lesson="On the training pictures either size looks better than it is. Only pictures that were not learned from "
    "can say what the smaller size costs.",
)


@compare.check("How many times as fast, and by what to judge", points=1, hint="What may a network know by heart?")
def judged(run: RunView) -> None:
    with part():
        answers.is_number(run, "times_faster", 19.0 / 5.5, tolerance=0.06)
    with part():
        answers.is_word(run, "judged_by", "validation", "val_accuracy", expected="training or validation")


@compare.check("That accuracy of the network at 150 x 150", points=1, hint="Which words begin with val_?")
def own_accuracy(run: RunView) -> None:
    history.reads(run, run.training_in("training").history, "accuracy_150", "val_accuracy")


# --- Exercise 6: the pictures it gets wrong (2 points) ----------------------------------------------------------------

mistakes = grader.exercise(
    "mistakes",
    title="Look at its mistakes",
    needs_training=True,
    hints=("Answers, labels and files are three lists in one order.", "Where do answer and label differ?"),
    lesson="The list is as long as the accuracy says, and shows what the accuracy cannot: which pictures they are.",
)


@mistakes.check("The validation pictures it names wrongly", points=2, hint="Is it as long as the accuracy says?")
def listed(run: RunView) -> None:
    misnamed.lists_as_many_as_measured(run, run.training_in("training"), run.validation_pictures, "misnamed")
