"""Marks convnet_layers: what convolution and pooling make of a picture, on paper and in Keras. 16 points."""

from fairmark import Grader, part
from fairmark.checks import answers
from fairmark.keras import RunView, layers
from fairmark.keras.parameters import follows_from

grader = Grader("convnet_layers", title="Layers of a convolutional network", dataset="horses_or_humans")

# --- Exercise 1: the chain of sizes (2 points) ------------------------------------------------------------------------

chain = grader.exercise(
    "chain",
    title="Work out the chain of sizes",
    hints=(
        "Go layer by layer; each size follows from the one before it and from nothing else.",
        "A window of three needs a neighbour on either side. Pooling pairs the pixels up and drops the odd one.",
    ),
    lesson="Each block takes two pixels away and halves what is left, so that three blocks turn 300 pixels into 35.",
)


@chain.check("Six sizes, layer by layer", points=2, hint="Where a number is odd, half of it is rounded down.")
def sides(run: RunView) -> None:
    answers.are_numbers(run, "sides", [298, 149, 147, 73, 71, 35])


# --- Exercise 2: parameters by hand (3 points) ------------------------------------------------------------------------

counting = grader.exercise(
    "parameters",
    title="Count the parameters",
    hints=(
        "Count what one filter or one neuron has to learn, then multiply by how many of them there are.",
        "A filter looks at all maps before it at once, and has one bias besides its weights.",
    ),
    lesson="A convolution's parameters do not depend on the size of the picture, a Dense layer's do: that is why "
    "nearly all of them sit in one place.",
)


@counting.check("Three convolutions", points=1, hint="How many maps does a filter of each convolution look at?")
def of_convolutions(run: RunView) -> None:
    answers.are_numbers(run, "convolution_parameters", [448, 4640, 18496])


@counting.check("Features that Flatten hands on", points=1, hint="The last maps: how high, how wide, how many?")
def features(run: RunView) -> str | None:
    return follows_from(run, "features", 78_400, given="sides", by=lambda sides: sides[-1] ** 2 * 64)


@counting.check("512 neurons behind them", points=1, hint="Every neuron has a weight for each feature, and a bias.")
def of_dense(run: RunView) -> str | None:
    return follows_from(
        run,
        "dense_parameters",
        40_141_312,
        given="features",
        by=lambda features: features[0] * 512 + 512,
        unit="parameters",
    )


# --- Exercise 3: three blocks (6 points) ------------------------------------------------------------------------------

three = grader.exercise(
    "three_blocks",
    title="Build three blocks",
    hints=(
        "Compare the summary with your table, row by row: the first row that differs is where to look.",
        "A block is two layers. Before the blocks the network must know what a picture is; after them, its maps have "
        "to become one row.",
    ),
    lesson="Convolutions find patterns, pooling forgets where exactly they were, and the Dense layers decide what they "
    "add up to.",
)


@three.check("It takes colour pictures of 300 x 300", points=1, hint="Height, width and how many colours?")
def pictures(run: RunView) -> None:
    layers.takes_pictures(run.model_called("three_blocks"), 300, 300)


@three.check("Blocks of 16, 32 and 64 filters", points=3, hint="One convolution, then one pooling, three times.")
def blocks(run: RunView) -> None:
    for number, filters in ((1, 16), (2, 32)):
        with part():
            layers.has_block(run.model_called("three_blocks"), number, filters=filters)
    with part():
        layers.has_block(run.model_called("three_blocks"), 3, filters=64)
        layers.has_only_blocks(run.model_called("three_blocks"), 3)


@three.check("All features meet in 512 neurons", points=1, hint="A Dense layer wants one long row of numbers.")
def hidden(run: RunView) -> str | None:
    return layers.has_hidden_layer(run.model_called("three_blocks"), units=512)


@three.check("The output fits two classes", points=1, hint="Which activation turns any number into one from 0 to 1?")
def output(run: RunView) -> None:
    layers.ends_for_two_classes(run.model_called("three_blocks"))


# --- Exercise 4: five blocks (3.5 points) -----------------------------------------------------------------------------

five = grader.exercise(
    "five_blocks",
    title="Build five blocks",
    hints=(
        "Two blocks are added behind the three; everything else stays.",
        "More blocks leave smaller maps. Go on with your chain of sizes and compare it with the summary.",
    ),
    lesson="What a block costs depends on its filters alone, what it saves on how much smaller it leaves the maps that "
    "Flatten puts in a row.",
)


@five.check("Blocks of 16, 32, 64, 64 and 64 filters", points=2.5, hint="The last two are like the third.")
def more_blocks(run: RunView) -> None:
    for number, filters in ((1, 16), (2, 32), (3, 64), (4, 64)):
        with part():
            layers.has_block(run.model_called("five_blocks"), number, filters=filters)
    with part():
        layers.has_block(run.model_called("five_blocks"), 5, filters=64)
        layers.has_only_blocks(run.model_called("five_blocks"), 5)


@five.check("Before and after the blocks, all is as it was", points=1, hint="Compare the two summaries.")
def rest(run: RunView) -> None:
    deeper, example = run.model_called("five_blocks"), run.model_called("three_blocks")
    layers.takes_pictures(deeper, 300, 300, like=example)
    layers.has_hidden_layer(deeper, units=512, like=example)
    layers.ends_for_two_classes(deeper, like=example)


# --- Exercise 5: without convolution (1.5 points) ---------------------------------------------------------------------

bare = grader.exercise(
    "without_convolution",
    title="Leave the convolutions out",
    hints=(
        "Flatten would stand directly behind the input.",
        "Every number of the picture would become a feature. Then compare what each design hands to its 512 neurons.",
    ),
    lesson="Without convolution each of 270,000 numbers gets 512 weights of its own, and a horse moved by one pixel is "
    "another picture altogether.",
)


@bare.check("Features without any convolution", points=1, hint="How many numbers is one picture?")
def bare_features(run: RunView) -> None:
    answers.is_number(run, "features_without", 270_000, unit="features")


@bare.check(
    "The design with the fewest parameters",
    points=0.5,
    hint="Almost all parameters sit behind Flatten.",
    visibility="after_deadline",
)
def fewest(run: RunView) -> None:
    answers.is_word(run, "fewest_parameters", "five", "five blocks", "5", expected="none, three or five")
