"""Questions about a model's layers."""

from __future__ import annotations

from fairmark.checks.expectation import Unmet
from fairmark.checks.model_view import Block, ModelView, Output

__all__ = ["ends_for_two_classes", "has_block", "has_hidden_layer", "has_only_blocks"]

_TWO_CLASSES = (Output(1, "sigmoid"), Output(2, "softmax"))


def has_block(model: ModelView, number: int, *, filters: int, height_in: int | None = None) -> None:
    """Block ``number`` (from 1) is a 3 x 3 convolution with ``filters`` filters and relu, then 2 x 2 max pooling.

    A block is judged by itself: its shapes must follow from the shape it is given, so that a slip in one block is not
    charged again to the next. ``height_in`` is asked only of the block that sees the picture.
    """
    blocks = model.blocks
    subject = f"convolution block {number}"
    expected = f"{filters} filters of 3 x 3 with relu, then 2 x 2 max pooling"
    if len(blocks) < number:
        raise Unmet(
            subject,
            found=f"{len(blocks)} convolution{'s' * (len(blocks) != 1)} in the model",
            expected=expected,
            cell=model.cell,
        )
    found = _wrong_with(blocks[number - 1], filters, height_in)
    if found is not None:
        raise Unmet(
            subject, found=found, expected=expected, cell=model.cell, message=_with_chain(subject, found, model)
        )


def _wrong_with(block: Block, filters: int, height_in: int | None) -> str | None:
    """The first thing that is not as asked, in words; None where all is."""
    config = block.convolution.config
    kernel = config.get("kernel_size")
    if height_in is not None and block.height_in != height_in:
        return f"pictures {block.height_in or 'of an unknown number of'} pixels high at its input, not {height_in}"
    if config.get("filters") != filters:
        return f"{config.get('filters')} filters"
    if kernel != [3, 3]:
        return f"a kernel of {' x '.join(map(str, kernel)) if isinstance(kernel, list) else kernel}"
    if block.activation != "relu":
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
    """There are ``number`` convolutions and no more."""
    if len(model.blocks) > number:
        raise Unmet(
            "the convolutions", found=f"{len(model.blocks)} of them", expected=f"{number} blocks", cell=model.cell
        )


def has_hidden_layer(model: ModelView, *, units: int, activation: str = "relu") -> str | None:
    """``Flatten``, then one ``Dense`` layer of ``units`` neurons before the output. Remarks on the features it gets."""
    hidden = model.hidden_dense
    expected = f"Flatten, then Dense with {units} neurons and {activation}"
    if model.features is None:
        pooled = next((layer.class_name for layer in model.layers if "Global" in layer.class_name), None)
        raise Unmet("the hidden layer", found=pooled or "no Flatten before it", expected=expected, cell=model.cell)
    if not hidden:
        raise Unmet("the hidden layer", found="no Dense layer before the output", expected=expected, cell=model.cell)
    spelled = [f"{layer.config.get('units')} neurons with {name}" for layer, name in hidden]
    if len(hidden) > 1 or (hidden[0][0].config.get("units"), hidden[0][1]) != (units, activation):
        raise Unmet("the hidden layer", found=" and ".join(spelled), expected=expected, cell=model.cell)
    return f"The last block hands {model.features:,} features to the {units} neurons."


def ends_for_two_classes(model: ModelView) -> None:
    """One neuron with sigmoid, or two with softmax."""
    output = model.output
    if output.value in _TWO_CLASSES:
        return
    found = f"{output.value.units} neuron{'s' * (output.value.units != 1)} with {output.value.activation}"
    raise Unmet(
        output.subject,
        found=found,
        expected="an output that tells two classes apart: one probability, or one per class that add up to 1",
        cell=output.cell,
    )
