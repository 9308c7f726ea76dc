"""Which layers of a model the notebook's text bears out: each must be made by a call of its class, with its arguments.

A call that stands in no loop and in no function makes one layer and no more; the others may make any number.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from fairmark.checks.behind import cells_behind
from fairmark.evidence import Layer
from fairmark.keras.facts.calls import MODEL_MAKERS, OPENERS
from fairmark.keras.views.corroboration import Corroboration, same
from fairmark.keras.views.said import Site, argument_of
from fairmark.notebook.possible.reading import CallSite, Derived, Possible
from fairmark.notebook.source import tree_of

__all__ = ["LayerCorroboration"]

_DECISIVE: dict[str, tuple[str, ...]] = {
    "Conv2D": ("filters", "kernel_size", "strides", "padding", "activation"),
    "MaxPooling2D": ("pool_size", "strides", "padding"),
    "AveragePooling2D": ("pool_size", "strides", "padding"),
    "Dense": ("units", "activation"),
    "Activation": ("activation",),
    "Rescaling": ("scale",),
}
"""What is asked of each kind of layer; of others that they are made at all."""

_LINEAR = ("linear", None)
_REMAKES = frozenset({"load_model", "clone_model", "model_from_json", "from_config", "deepcopy"})
"""What gives a model whose layers were made somewhere else."""
_MOST_SAID = 6
"""The same of layers: one helper may make all of a network."""
_MOST_UNUSED = 3
"""Of these, values that stand nowhere in the network."""
_MOST_LEFT_OVER = 2
"""Calls that make a layer each and of which the network has none, beyond those of other networks as large as it."""
_NETWORKS = frozenset({"Sequential", "Model", "Functional"})
_GROWS = ("filters", "units")
_CLASSES = ("num_classes", "class_indices", "class_names", "classes")
_SHAPES = ("shape", "input_shape", "batch_shape", "batch_input_shape", "input_dim")
_REPEATS = (
    *(ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
)


@dataclass(frozen=True)
class LayerCorroboration:
    """Testimony about ``layers``, the layers of a model that was made and changed in ``cells``."""

    corroboration: Corroboration
    cells: frozenset[int]
    layers: Sequence[Layer]
    may_share: bool = False
    """Whether one layer may stand in several places: in a model of the notebook's own class."""

    @cached_property
    def _sites(self) -> list[CallSite]:
        reached = self.corroboration.reading.calls_from(self._where)
        return list(reached)

    @cached_property
    def _where(self) -> frozenset[int]:
        """The cells whose calls may have made a layer."""
        every = self.corroboration.until(max(self.cells, default=0))
        behind = cells_behind(self.cells, every)
        remade = any(site.names & _REMAKES for site in self.corroboration.reading.calls_from(behind))
        return frozenset(cell.position for cell in every) if remade else behind

    @cached_property
    def borne_out(self) -> frozenset[int]:
        """Places in ``layers`` of those that some call has made."""
        if self._has_many_left_over:
            return frozenset(place for place, layer in enumerate(self.layers) if self._is_vouched(layer))
        shares = self.may_share or any(site.own and site.names & {"Layer", "Model"} for site in self._sites)
        first: dict[object, int] = {}
        for place, layer in enumerate(self.layers):
            first.setdefault(_identity(layer, place, may_share=shares), place)
        made = _matched([self.layers[place] for place in first.values()], self._makers)
        known = {
            name: index in made or self._is_vouched(self.layers[place])
            for index, (name, place) in enumerate(first.items())
        }
        names = [_identity(layer, place, may_share=shares) for place, layer in enumerate(self.layers)]
        return frozenset(place for place, name in enumerate(names) if known[name])

    @cached_property
    def _has_many_left_over(self) -> bool:
        """Whether the text makes so many layers that networks of all kinds can be put together of them."""
        sites = [one for name in _DECISIVE for _, one in self.corroboration.sites((name,), self._where)]
        alone = {id(one) for one in sites if not self._repeats(one)}
        size = sum(layer.class_name in _DECISIVE for layer in self.layers)
        networks = max(sum(bool(one.names & _NETWORKS) for one in self._sites), 1)
        return len(alone) > networks * (size + _MOST_LEFT_OVER)

    def _is_vouched(self, layer: Layer) -> bool:
        return self.corroboration.is_vouched(self.cells, (layer.class_name,))

    def _makers(self, layer: Layer) -> list[tuple[CallSite, bool]]:
        """The calls that can have made ``layer``, each with whether it makes more than one."""
        sites = self.corroboration.sites((layer.class_name,), self._where)
        if not all(self._says_few(sites, layer.class_name, one) for one in _DECISIVE.get(layer.class_name, ())):
            return []
        last = next((one for one in reversed(self.layers) if "units" in one.config), None)
        made = [site for name, site in sites if _can_make(name, site, layer, is_last=layer is last)]
        return [(site, self._repeats(site)) for site in made]

    def _says_few(self, sites: Sequence[Site], class_name: str, argument: str) -> bool:
        """Whether calls of that class can give ``argument`` few values; or the layers have the first of them, where
        one grows in a loop."""
        said = {one for name, site in sites for one in argument_of(name, site, argument).constants}
        if len(said) <= _MOST_SAID and len(said - self._used) <= _MOST_UNUSED:
            return True
        used = {one.config.get(argument) for one in self.layers if one.class_name == class_name and argument in _GROWS}
        numbers = sorted(one for one in said if isinstance(one, int))
        return bool(used) and used == set(numbers[: len(used)])

    @cached_property
    def _used(self) -> frozenset[object]:
        """What stands in the configurations of the layers: also one of two numbers that are one."""
        values = [value for layer in self.layers for value in layer.config.values()]
        pairs = [tuple(one) for one in values if isinstance(one, list | tuple)]
        single = [one for one in (*values, *(one for pair in pairs for one in pair)) if _is_plain(one)]
        return frozenset([*single, *(pair for pair in pairs if all(map(_is_plain, pair))), None])

    def _repeats(self, site: CallSite) -> bool:
        if not site.is_in_cell:
            return True
        text = next((cell for cell in self.corroboration.until(site.cell) if cell.position == site.cell), None)
        return text is None or site.line in _repeated_lines(text.source)

    def can_make(self, models: int) -> bool:
        """Whether the text makes so many models: by as many calls, or by one that may be made more than once."""
        if self.corroboration.is_vouched(self._where, MODEL_MAKERS):
            return True
        made = [site for site in self._sites if site.names & (MODEL_MAKERS | _REMAKES)]
        return len(made) >= models or any(map(self._repeats, made))

    def has_input(self, shape: Sequence[int | None] | None) -> bool:
        """Whether the text gives the network this input, batch dimension first; or leaves it to the pictures."""
        if shape is None or self.corroboration.is_vouched(self.cells, MODEL_MAKERS):
            return True
        given = [one for site in self._sites for name in _SHAPES if (one := site.argument(name, _place(site, name)))]
        wanted = (list(shape), list(shape[1:]))
        if any(same(value, one) for possible in given for value in possible.constants for one in wanted):
            return True
        if any(possible.sources & {*OPENERS, "load_img", "img_to_array", "__call__"} for possible in given):
            return True
        return not given and any(site.names & {"fit", "build", "predict", "__call__"} for site in self._sites)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _identity(layer: Layer, place: int, *, may_share: bool) -> object:
    return layer.name if may_share and layer.name else place


def _place(site: CallSite, name: str) -> int | None:
    is_first = (name == "shape" and site.names & {"Input", "InputLayer"}) or (
        name == "input_shape" and "build" in site.names
    )
    return 0 if is_first else None


# --- one layer --------------------------------------------------------------------------------------------------------


def _can_make(name: str, site: CallSite, layer: Layer, *, is_last: bool) -> bool:
    """``is_last``: that it is the network's output, which may have as many neurons as there are classes."""
    wanted = [one for one in _DECISIVE.get(layer.class_name, ()) if one in layer.config]
    given = {one: argument_of(name, site, one) for one in wanted}
    counts = [one for one in wanted if is_last and one == "units" and any(map(_counts_classes, given[one].derived))]
    return all(one in counts or _fits(given[one], one, layer) for one in wanted)


def _fits(possible: Possible, argument: str, layer: Layer) -> bool:
    """Whether the argument can be what the layer's configuration has, as Keras writes it there."""
    value = layer.config[argument]
    if argument == "activation":
        return _is_activation(possible, value)
    if argument == "strides" and None in possible.constants and value == layer.config.get("pool_size"):
        return True
    return any(same(_pair(constant, value), value) for constant in possible.constants)


def _counts_classes(derived: Derived) -> bool:
    return bool(derived.sources & set(OPENERS)) and any(step in _CLASSES for step in derived.path)


def _pair(written: object, value: object) -> object:
    """3 is [3, 3] where Keras wants one number for each direction."""
    is_number = isinstance(written, int) and isinstance(value, list | tuple)
    return (written,) * len(value) if is_number and isinstance(value, list | tuple) else written


def _is_activation(possible: Possible, value: object) -> bool:
    if not isinstance(value, str):
        return True  # a function or an object: what it does is not credited by its name
    if value == "linear" and set(_LINEAR) & set(possible.constants):
        return True
    said = {one for one in possible.constants if isinstance(one, str)} | possible.functions
    said |= {name for made in possible.made for name in made.names}
    for made in possible.made:
        inner = made.call.argument("activation", 0) or made.call.argument("identifier", 0)
        said |= {one for one in inner.constants if isinstance(one, str)} if inner is not None else set()
    return len(said) <= _MOST_SAID and value.replace("_", "").lower() in {one.replace("_", "").lower() for one in said}


# --- layers and calls -------------------------------------------------------------------------------------------------


def _matched(layers: Sequence[Layer], makers: Callable[[Layer], list[tuple[CallSite, bool]]]) -> set[int]:
    """Which of ``layers`` have a call of their own, if every call that makes one alone is given to one alone."""
    options = [makers(layer) for layer in layers]
    made: set[int] = {index for index, found in enumerate(options) if any(repeats for _, repeats in found)}
    taken: dict[int, int] = {}

    def takes(index: int, tried: set[int]) -> bool:
        for site, _ in options[index]:
            key = id(site)
            if key not in tried:
                tried.add(key)
                if key not in taken or takes(taken[key], tried):
                    taken[key] = index
                    return True
        return False

    for index in range(len(layers)):
        if index not in made:
            takes(index, set())
    return made | set(taken.values())


@lru_cache(maxsize=256)
def _repeated_lines(source: str) -> frozenset[int]:
    """Lines whose calls may be made more than once."""
    tree = tree_of(source)
    nodes = [] if tree is None else [node for node in ast.walk(tree) if isinstance(node, _REPEATS)]
    return frozenset(line for node in nodes for line in range(node.lineno, (node.end_lineno or node.lineno) + 1))
