"""Keras's own classes and functions, known by identity.

Names, modules and ``__class__`` are a notebook's to set, also on Keras's own objects. What something is called is
therefore looked up in a table that is made when this module is imported, before the first cell runs: the object itself
leads to the name under which Keras has it. What is not in the table is the notebook's own. Methods are taken from the
table as well, so that neither a subclass nor an attribute of an object stands in for them.
"""

from __future__ import annotations

import builtins
import io
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter, is_
from typing import Any, NamedTuple, TypeGuard

import keras
import numpy as np
import PIL.Image
import tensorflow as tf

from fairmark.keras.recorder.private import ResourceVariable, execute, gradient_registry, pywrap_tfe
from fairmark.keras.recorder.private import legacy as _legacy

__all__ = [
    "OWN",
    "Replaced",
    "ask",
    "class_name",
    "extends",
    "is_name",
    "is_own",
    "module",
    "name",
    "overridden",
    "says_of_itself",
]

OWN = "__main__"
"""The module of what is the notebook's own and says that it is Keras's."""

_LIBRARIES = ("keras", "tensorflow")
_METHODS = (types.FunctionType, classmethod, staticmethod, property)
_PUT_BY_KERAS = ("build", "quantize")
"""Keras itself puts wrappers of these on every layer."""
_NO_METHOD = ("loss",)
"""What ``compile`` keeps on a model under the name of a method that it does not need."""
_CALLED_BY_PYTHON = frozenset({"__call__", "__getitem__", "__len__", "__next__", "__iter__"})


class _Entry(NamedTuple):
    thing: Any
    name: str
    module: str


def _is_library(module_name: object) -> bool:
    return type(module_name) is str and module_name.partition(".")[0] in _LIBRARIES


def _modules() -> Iterator[types.ModuleType]:
    for path, one in list(sys.modules.items()):
        if (path == "keras" or path.startswith("keras.")) and isinstance(one, types.ModuleType):
            yield one
    yield from (tf, tf.nn, tf.math, tf.data, tf.image, tf.io, tf.random)


def _collect() -> tuple[dict[int, _Entry], frozenset[str]]:
    table: dict[int, _Entry] = {}
    names: set[str] = set()
    for one in _modules():
        for public, thing in list(vars(one).items()):
            if isinstance(thing, type | types.FunctionType) and _is_library(thing.__module__):
                table.setdefault(id(thing), _Entry(thing, thing.__name__, thing.__module__))
                if isinstance(thing, type):
                    names |= {public, thing.__name__}
    return table, frozenset(names)


_TABLE, _CLASS_NAMES = _collect()
_FUNCTION_NAMES = frozenset(entry.name for entry in _TABLE.values() if not isinstance(entry.thing, type))
_MEMBERS: dict[int, dict[str, Any]] = {
    key: {member: value for member, value in vars(entry.thing).items() if isinstance(value, _METHODS)}
    for key, entry in _TABLE.items()
    if isinstance(entry.thing, type)
}
"""The methods and properties of each class, as they were."""
_MEMBER_NAMES = frozenset(member for members in _MEMBERS.values() for member in members)


def _entry(thing: object) -> _Entry | None:
    found = _TABLE.get(id(thing))
    return found if found is not None and found.thing is thing else None


def is_own(thing: object) -> bool:
    """Whether a class or function is the notebook's own, or comes from elsewhere than Keras and TensorFlow."""
    return _entry(thing) is None


def name(thing: object) -> str | None:
    """The name under which Keras has a class or function; None for the notebook's own."""
    entry = _entry(thing)
    return None if entry is None else entry.name


def is_name(text: str) -> bool:
    """Whether a function of Keras's or TensorFlow's goes by this name."""
    return text in _FUNCTION_NAMES


def says_of_itself(thing: object) -> str:
    """The name that a function or class of the notebook's own goes by."""
    own = getattr(thing, "__name__", None)
    return own[:200] if type(own) is str else ""


def class_name(kind: type) -> str:
    """The name of a class; one of the notebook's own that is called as one of Keras's is told with its module."""
    entry = _entry(kind)
    if entry is not None:
        return entry.name
    own = str(type.__getattribute__(kind, "__name__"))[:200]
    return f"{OWN}.{own}" if own in _CLASS_NAMES else own


def module(thing: object) -> str:
    """Where a class or function is defined; `OWN` for one that says it is Keras's and is not."""
    entry = _entry(thing)
    if entry is not None:
        return entry.module
    said = getattr(thing, "__module__", "")
    if type(said) is not str or _is_library(said):
        return OWN
    return said[:200]


def _bases(kind: type) -> Iterator[type]:
    yield from type.__dict__["__mro__"].__get__(kind)


def extends(kind: type) -> str | None:
    """For a class of the notebook's own, the nearest class of Keras's that it derives from."""
    if _entry(kind) is not None:
        return None
    return next((entry.name for entry in map(_entry, _bases(kind)) if entry is not None), None)


def ask(thing: object, member: str) -> Any:  # noqa: ANN401 - whatever the method or property gives
    """What Keras's own method ``member`` of ``thing`` gives without arguments, or its own property, whatever a subclass
    or the object itself has in its place. Raises ``AttributeError`` where Keras has none."""
    for kind in _bases(type(thing)):
        found = _MEMBERS.get(id(kind), {}).get(member)
        if found is not None and _entry(kind) is not None:
            if isinstance(found, property):
                getter: Callable[[Any], Any] = found.fget  # type: ignore[assignment]
                return getter(thing)
            return found.__get__(thing, type(thing))()
    raise AttributeError(member)


def overridden(thing: object, *, by_class: bool = False) -> list[str]:
    """Methods and properties of Keras's that something else stands in for on the object itself; with ``by_class`` those
    that classes of the notebook's own define too, and what of the object's own values they do."""
    of_keras: set[str] = set()
    of_own: set[str] = set()
    for kind in _bases(type(thing)):
        if _entry(kind) is None:
            of_own |= set(vars(kind))
        else:
            of_keras |= _MEMBERS[id(kind)].keys()
    try:
        on_itself = set(object.__getattribute__(thing, "__dict__"))
    except AttributeError:
        on_itself = set()
    found = on_itself & of_keras - {*_PUT_BY_KERAS, *_NO_METHOD}
    found |= {put for put in on_itself & set(_PUT_BY_KERAS) if not _is_put_by_keras(thing, put)}
    if by_class:
        found |= {
            one for one in of_own & (of_keras | on_itself) if not one.startswith("__") or one in _CALLED_BY_PYTHON
        }
    return sorted(one[:100] for one in found)[:32]


_WRAPPERS = frozenset(one for one in keras.layers.Layer.__new__.__code__.co_consts if isinstance(one, types.CodeType))


def _is_put_by_keras(thing: object, put: str) -> bool:
    """Whether the attribute is the wrapper that Keras puts on every layer."""
    function = object.__getattribute__(thing, "__dict__")[put]
    return isinstance(function, types.FunctionType) and function.__code__ in _WRAPPERS


# --- whether they are what they were ----------------------------------------------------------------------------------


_LOOKED_UP = frozenset(
    {"keras", *(f"keras.{part}" for part in ("callbacks", "layers", "losses", "metrics", "models", "optimizers"))}
)
"""Public modules whose names the recorder, or a loaded model, goes by; Keras itself goes by those in ``keras.src``."""


class Replaced:
    """Tells what of Keras has been replaced since this was made: methods and properties of its classes, functions and
    classes in its modules, and the code of any of them. ``accept`` takes what there is by then for right."""

    def __init__(self) -> None:
        looked_up = [(path, vars(one)) for path, one in list(sys.modules.items()) if _is_looked_up(path)]
        looked_up += [(f"tf.{one}", vars(getattr(tf, one))) for one in ("random", "io", "image", "data")]
        classes = ((entry, _MEMBERS[key]) for key, entry in _TABLE.items() if _MEMBERS.get(key))
        self._spaces = [
            *(_Space(home, space, _shown(space)) for home, space in looked_up),
            *(_Space(entry.name, vars(entry.thing), members, may_grow=False) for entry, members in classes),
            *_spaces_of([*_images_come_through(), *_weights_are_changed_by()]),
        ]
        found = ((space.home, _function_in(value)) for space in self._spaces for value in space.was)
        functions = {id(one): (home, one) for home, one in found if one is not None}
        self._functions = [one for _, one in functions.values()]
        self._homes = [home for home, _ in functions.values()]
        self._codes = [one.__code__ for one in self._functions]

    def accept(self) -> None:
        """What has been replaced up to now is as it should be."""
        for space in self._spaces:
            space.accept()
        self._codes = [one.__code__ for one in self._functions]

    def watch(self, home: str, space: Mapping[str, Any]) -> None:
        """From here on ``space``, which is called ``home``, is looked at, too."""
        self._spaces.append(_Space(home, space, {name: value for name, value in space.items() if _is_plain(value)}))

    def new(self) -> list[str]:
        """What has been replaced since this was last asked, by name."""
        found = [name for space in self._spaces if not space.is_as_it_was() for name in space.new()]
        if not _ALL(_MAP(is_, _MAP(_CODE, self._functions), self._codes)):
            entries = zip(self._homes, self._functions, self._codes, strict=True)
            found += [f"{home}.{one.__name__}" for home, one, code in entries if one.__code__ is not code]
        if found:
            self.accept()
        return sorted(set(found))[:32]


_ALL, _MAP, _CODE = all, map, attrgetter("__code__")
"""What is compared is some 20,000 names, at every cell: by these in a millisecond."""


class _Space:
    """Names in one class or module, and what they were. Where it may not grow, nor may there be new ones of methods."""

    def __init__(
        self, home: str, space: Mapping[str, Any], members: Mapping[str, Any], *, may_grow: bool = True
    ) -> None:
        self.home = home
        self.was = list(members.values())
        self._space = space
        self._names = list(members)
        self._keys = None if may_grow else frozenset(space)

    def is_as_it_was(self) -> bool:
        has_grown = self._keys is not None and len(self._keys) != len(self._space)
        return not has_grown and _ALL(_MAP(is_, _MAP(self._space.get, self._names), self.was))

    def new(self) -> list[str]:
        """The names that stand for something else, and those of methods that are new."""
        moved = [name for name, was in zip(self._names, self.was, strict=True) if self._space.get(name) is not was]
        more = self._space.keys() - (self._keys or self._space.keys())
        return [f"{self.home}.{name}" for name in (*moved, *(more & _MEMBER_NAMES))]

    def accept(self) -> None:
        """What it is now is right."""
        self.was = list(map(self._space.get, self._names))
        if self._keys is not None and len(self._keys) != len(self._space):
            self._keys = frozenset(self._space)


def _spaces_of(entries: Iterable[tuple[str, Mapping[str, Any], str, Any]]) -> Iterator[_Space]:
    """Of what stands where, by what name, and what it is."""
    for (home, _), held in groupby(entries, lambda entry: (entry[0], id(entry[1]))):
        several = list(held)
        yield _Space(home, several[0][1], {name: value for _, _, name, value in several})


def _weights_are_changed_by() -> Iterator[tuple[str, Mapping[str, Any], str, Any]]:
    """What of TensorFlow's writes to variables and gives gradients: where it stands, its name, and what it is."""
    for kind in (ResourceVariable, *ResourceVariable.__mro__[1:-1]):
        yield from ((kind.__name__, vars(kind), member, method) for member, method in _methods(kind))
    for name, registered in gradient_registry._registry.items():
        yield f"gradient of {name}", registered, "type", registered["type"]
    for home in (tf, tf.nn, tf.math):
        yield from ((home.__name__, vars(home), name, value) for name, value in vars(home).items() if not is_own(value))
    for home in (pywrap_tfe, execute):
        for name, value in vars(home).items():
            if isinstance(value, types.FunctionType | types.BuiltinFunctionType):
                yield home.__name__, vars(home), name, value


_LOADERS = (keras.src.utils.image_utils, _legacy)
"""Modules of Keras's that load images."""


def _images_come_through() -> Iterator[tuple[str, Mapping[str, Any], str, Any]]:
    """What of Python, NumPy and Pillow turns a file into an array: where it stands, its name, and what it is."""
    PIL.Image.preinit()  # as the first image that is opened does
    modules = [one for path, one in list(sys.modules.items()) if path.startswith("PIL.") and one is not None]
    for one in modules:
        for name, value in list(vars(one).items()):
            if isinstance(value, type | types.FunctionType | types.ModuleType):
                yield one.__name__, vars(one), name, value
            if isinstance(value, type) and value.__module__ == one.__name__:
                home = f"{one.__name__}.{name}"
                yield from ((home, vars(value), member, method) for member, method in _methods(value))
    yield from (("PIL.Image.OPEN", PIL.Image.OPEN, name, value) for name, value in PIL.Image.OPEN.items())
    used = {name for home in _LOADERS for function in _functions(home) for name in function.__code__.co_names}
    for home, values in (("numpy", vars(np)), ("builtins", vars(builtins)), ("io", vars(io))):
        yield from (
            (home, values, name, values[name]) for name in sorted(used & values.keys()) if callable(values[name])
        )
    for loader in _LOADERS:
        for name, value in list(vars(loader).items()):
            if isinstance(value, types.ModuleType):
                yield loader.__name__, vars(loader), name, value
        shadowed = vars(builtins).keys() - vars(loader).keys()
        yield from ((loader.__name__, vars(loader), name, None) for name in sorted(used & shadowed))


def _functions(home: types.ModuleType) -> Iterator[types.FunctionType]:
    for value in list(vars(home).values()):
        yield from (
            one for one in (value, *(vars(value).values() if isinstance(value, type) else ())) if _is_plain(one)
        )


def _is_plain(thing: object) -> TypeGuard[types.FunctionType]:
    return isinstance(thing, types.FunctionType)


def _methods(kind: type) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in list(vars(kind).items()) if isinstance(value, _METHODS))


def _is_looked_up(path: str) -> bool:
    return (path.startswith("keras.src.") or path in _LOOKED_UP) and isinstance(sys.modules[path], types.ModuleType)


def _shown(space: Mapping[str, Any]) -> dict[str, Any]:
    """Classes and functions of Keras's and TensorFlow's, and the modules of theirs that they are looked up in."""
    return {
        public: value
        for public, value in list(space.items())
        if id(value) in _TABLE or (isinstance(value, types.ModuleType) and _is_library(value.__name__))
    }


def _function_in(value: object) -> types.FunctionType | None:
    inner = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    return inner if isinstance(inner, types.FunctionType) else None


REPLACED = Replaced()
"""Made before the first cell, and before what is ours is put in the place of Keras's."""
