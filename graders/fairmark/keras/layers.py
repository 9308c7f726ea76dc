"""Questions about a model's layers."""

from __future__ import annotations

import itertools

from fairmark.checks.expectation import CheckFailed
from fairmark.keras.views.model_view import OWN_FUNCTION, Block, ModelView, Output, require_told

__all__ = [
    "ends_for_classes",
    "ends_for_two_classes",
    "ends_with",
    "has_block",
    "has_hidden_layer",
    "has_only_blocks",
    "takes_pictures",
]

_TWO_CLASSES = (Output(1, "sigmoid"), Output(2, "softmax"))


def takes_pictures(
    model: ModelView, height: int, width: int, *, colours: int = 3, like: ModelView | None = None
) -> None:
    """The input is one picture of ``height`` x ``width`` pixels in ``colours`` numbers each.

    Here as in the other questions, ``like`` is a model that has been asked the same before: what is wrong there has
    cost its marks, and is taken here where it is the same.
    """
    found = model.input_shape
    if found == [None, height, width, colours] or (like is not None and found == like.input_shape):
        return
    if found is None:
        spelled = "no shape, so that no layer knows how many weights it needs"
    else:
        spelled = " x ".join(map(str, found[1:])) + (", grey pictures" if len(found) == 4 and found[3] == 1 else "")
    raise CheckFailed(
        "the input of the network", found=spelled, expected=f"{height} x {width} x {colours}", cell=model.cell
    )


def has_block(model: ModelView, number: int, *, filters: int) -> None:
    """Block ``number`` (from 1) is a 3 x 3 convolution with ``filters`` filters and relu, then 2 x 2 max pooling.

    A block is judged by itself: its shapes must follow from the shape it is given, so that a slip in one block is not
    charged again to the next; what size the pictures are is :func:`takes_pictures`'s to ask.
    """
    blocks = model.blocks
    subject = f"convolution block {number}"
    expected = f"{filters} filters of 3 x 3 with relu, then 2 x 2 max pooling"
    if len(blocks) < number:
        raise CheckFailed(
            subject,
            found=f"{len(blocks)} convolution{'s' * (len(blocks) != 1)} in the model",
            expected=expected,
            cell=model.cell,
        )
    found = _wrong_with(blocks[number - 1], filters)
    model.confirm(blocks[number - 1].places)
    if found is None:
        require_told(subject, blocks[number - 1].activation, model.cell)
    if found is not None:
        raise CheckFailed(
            subject, found=found, expected=expected, cell=model.cell, message=_with_chain(subject, found, model)
        )


def _wrong_with(block: Block, filters: int) -> str | None:
    """The first thing that is not as asked, in words; None where all is."""
    config = block.convolution.config
    kernel = config.get("kernel_size")
    if config.get("filters") != filters:
        return f"{config.get('filters')} filters"
    if kernel != [3, 3]:
        return f"a kernel of {' x '.join(map(str, kernel)) if isinstance(kernel, list) else kernel}"
    if block.activation not in ("relu", OWN_FUNCTION):
        return f"activation {block.activation}"
    if config.get("padding") != "valid":
        return f"padding {config.get('padding')!r}, which keeps the size instead of losing the border"
    if config.get("strides") not in ([1, 1], 1):
        return f"strides {config.get('strides')}"
    return _wrong_with_pooling(block)


def _wrong_with_pooling(block: Block) -> str | None:
    if block.pooling is None:
        return "no pooling after the convolution"
    if not block.pooling.class_name.startswith("MaxPool"):
        return f"{block.pooling.class_name} after the convolution"
    if block.pooling.config.get("pool_size") not in ([2, 2], 2):
        return f"pooling of {block.pooling.config.get('pool_size')}"
    if block.pooling.config.get("strides") not in ([2, 2], 2, None):
        return f"pooling with strides {block.pooling.config.get('strides')}"
    return None


def _with_chain(subject: str, found: str, model: ModelView) -> str:
    sides = model.sides
    chain = f" The sizes after each layer are {', '.join(map(str, sides))}." if sides else ""
    return f"{subject[:1].upper()}{subject[1:]}: found {found}.{chain}"


def has_only_blocks(model: ModelView, number: int) -> None:
    """There are ``number`` convolutions and no more, and no pooling beside theirs. A global one stands in the place of
    ``Flatten``, and is asked about with the head."""
    if len(model.blocks) > number:
        raise CheckFailed(
            "the convolutions", found=f"{len(model.blocks)} of them", expected=f"{number} blocks", cell=model.cell
        )
    poolings = sum(layer.class_name in ("MaxPooling2D", "AveragePooling2D") for layer in model.layers)
    if poolings > number:
        raise CheckFailed(
            "the poolings", found=f"{poolings} of them", expected="one for each convolution", cell=model.cell
        )


def has_hidden_layer(
    model: ModelView, *, units: int, activation: str = "relu", like: ModelView | None = None
) -> str | None:
    """``Flatten``, then one ``Dense`` layer of ``units`` neurons before the output, or what ``like`` has there. Remarks
    on the features it gets."""
    hidden = model.hidden_dense
    expected = f"Flatten, then Dense with {units} neurons and {activation}"
    if like is not None and _head(model) == _head(like):
        return None
    if model.features is None and not _flattens(model):
        pooled = next((layer.class_name for layer in model.layers if "Global" in layer.class_name), None)
        raise CheckFailed(
            "the hidden layer", found=pooled or "no Flatten before it", expected=expected, cell=model.cell
        )
    if not hidden:
        raise CheckFailed(
            "the hidden layer", found="no Dense layer before the output", expected=expected, cell=model.cell
        )
    spelled = [f"{layer.config.get('units')} neurons with {name}" for layer, name in hidden]
    if len(hidden) == 1 and hidden[0][0].config.get("units") == units:
        require_told("the hidden layer", hidden[0][1], model.cell)
    if len(hidden) > 1 or (hidden[0][0].config.get("units"), hidden[0][1]) != (units, activation):
        raise CheckFailed("the hidden layer", found=" and ".join(spelled), expected=expected, cell=model.cell)
    if model.features is None:
        return None
    return f"The last block hands {model.features:,} features to the {units} neurons."


def _flattens(model: ModelView) -> bool:
    """Whether there is a ``Flatten`` before the first ``Dense``, in a model whose shapes are not known yet."""
    before = itertools.takewhile(lambda layer: layer.class_name != "Dense", model.layers)
    return any(layer.class_name == "Flatten" and layer.output_shape is None for layer in before)


def _head(model: ModelView) -> tuple[object, ...]:
    """Whether and into what the maps are put in a row, and the neurons before the output."""
    names = {
        layer.class_name for layer in model.layers if layer.class_name == "Flatten" or "Global" in layer.class_name
    }
    return (frozenset(names), *((layer.config.get("units"), name) for layer, name in model.hidden_dense))


def ends_with(model: ModelView, *, units: int, activation: str) -> None:
    """The last layer is a ``Dense`` of ``units`` neurons with ``activation``, and nothing else will do."""
    output = model.output
    if output.value == Output(units, activation):
        return
    found = _spell_output(output.value).replace("with linear", "without an activation")
    if output.value == Output(1, "softmax"):
        found += ", whose answer is the same for every picture"
    if output.value == Output(2, "sigmoid"):
        found += ", two answers that need not add up to 1"
    raise CheckFailed(output.subject, found=found, expected=_spell_output(Output(units, activation)), cell=output.cell)


def _spell_output(output: Output) -> str:
    return f"{output.units} neuron{'s' * (output.units != 1)} with {output.activation}"


def ends_for_two_classes(model: ModelView, *, like: ModelView | None = None) -> None:
    """One neuron with sigmoid, or two with softmax, or what ``like`` ends with."""
    output = model.output
    if output.value in _TWO_CLASSES or (like is not None and output.value == like.output.value):
        return
    raise CheckFailed(
        output.subject,
        found=_spell_output(output.value),
        expected="an output that tells two classes apart: one probability, or one per class that add up to 1",
        cell=output.cell,
    )


def ends_for_classes(model: ModelView, count: int) -> None:
    """One neuron for each of ``count`` classes, three or more, with softmax."""
    output = model.output
    if output.value == Output(count, "softmax"):
        return
    found = _spell_output(output.value)
    if output.value.units == count and output.value.activation == "sigmoid":
        found += f", {count} answers that need not add up to 1"
    if output.value.units == 1:
        found += ", a single answer, which is enough for two classes"
    expected = f"a probability for each of {count} classes that add up to 1"
    raise CheckFailed(output.subject, found=found, expected=expected, cell=output.cell)
