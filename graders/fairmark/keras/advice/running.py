"""Advice on a cell that Python could read but that raised while it ran."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from fairmark.advice.bound import given_above, names_bound_by
from fairmark.advice.newer_python import added_later
from fairmark.advice.sentence import Advice, from_slips
from fairmark.advice.text import Layout
from fairmark.evidence import CellError
from fairmark.keras.advice.commands import advise_on_command, no_tensorboard
from fairmark.keras.advice.files import advise_on_download, advise_on_file, advise_on_writing, wants_the_network
from fairmark.keras.advice.imports import advise_on_import, experimental, moved
from fairmark.keras.advice.names import (
    GONE,
    HOMES,
    IDENTIFIERS,
    MEMBERS,
    MODULES,
    OPTIONS,
    SHORT_NAMES,
    differs_in_case_only,
    import_line,
    nearest,
)
from fairmark.keras.advice.old_tensorflow import gone_from_tensorflow, old_keras_beside_new, one_of_tensorflow_1
from fairmark.keras.advice.slips import comma_for_point

__all__ = ["advise_on_running"]

_ELLIPSIS = re.compile(r"'ellipsis'|\bReceived: (?:\w{1,40}=)?Ellipsis\b")
_LITERALS: Final = {"true": "True", "false": "False", "none": "None", "null": "None", "TRUE": "True", "FALSE": "False"}


def advise_on_running(error: CellError, cell: Layout, source: str, earlier: Sequence[str]) -> Advice | None:
    """Cause and mend, or None where it is nothing that notes typically get wrong."""
    message = error.message[:2000]
    sources = [source, *reversed(earlier)]
    old = old_keras_beside_new(error, source, earlier) or one_of_tensorflow_1(error, source, earlier)
    if old is not None:
        return old
    if wants_the_network(error):
        return advise_on_download(sources, message)
    if _ELLIPSIS.search(message):
        return Advice("`...` stands for what is still to be written.", "Write your own in its place.")
    by_type: dict[str, Callable[[], Advice | None]] = {
        "AttributeError": lambda: _attribute(message, source, earlier),
        "FileNotFoundError": lambda: advise_on_file(message, sources),
        "ImportError": lambda: advise_on_import(message, sources),
        "KeyError": lambda: _key(message, source, earlier),
        "ModuleNotFoundError": lambda: advise_on_import(message, sources),
        "NameError": lambda: _name(message, cell, source, earlier),
        "OSError": lambda: advise_on_writing(message, sources),
        "PermissionError": lambda: advise_on_writing(message, sources),
        "RuntimeError": lambda: advise_on_command(message),
        "TBNotInstalledError": no_tensorboard,
        "TypeError": lambda: _type(message, source),
        "UsageError": lambda: advise_on_command(message),
        "ValueError": lambda: advise_on_file(message, sources) or _value(message, source),
    }
    find = by_type.get(error.type)
    return find() if find is not None else None


# --- names ------------------------------------------------------------------------------------------------------------


def _name(message: str, cell: Layout, source: str, earlier: Sequence[str]) -> Advice | None:
    match = re.match(r"name '(\w{1,60})' is not defined", message)
    if match is None:
        return None
    name = match[1]
    if not name.strip("_"):
        return Advice(f"`{name}` stands for what is still to be written.", "Write your own in its place.")
    if name in _LITERALS:
        return Advice(f"Python has no `{name}`.", f"Write `{_LITERALS[name]}`, with a capital letter.")
    dotted = re.search(rf"\b(keras|tf|np|plt|layers),[ \t]{{0,3}}{name}\b", cell.code)
    if dotted:
        return Advice(f"In `{dotted[0]}` a comma stands where a point belongs.", f"Write `{dotted[1]}.{name}`.")
    own = _own_name(name, source, earlier)
    if own is not None:
        return own
    if name in SHORT_NAMES:
        return Advice(f"`{name}` is used, but nothing above imports it.", f"Write `{SHORT_NAMES[name]}` first.")
    if name in HOMES:
        return Advice(f"`{name}` is Keras's, but nothing above imports it.", f"Write `{import_line(name)}` first.")
    # `history` and `model` are what people call their own; only what is called can be meant for a class.
    meant = nearest(name, HOMES) if re.search(rf"\b{name}[ \t]{{0,9}}\(", cell.code) else None
    if meant is not None:
        return Advice(_unlike(name, meant, "Keras"), f"Write `{meant}`, and import it: `{import_line(meant)}`.")
    return Advice(
        f"Nothing that ran before this line has given `{name}` a value.",
        "Compare its spelling with the line that should make it, and see that this line stands above and raises "
        "nothing.",
    )


def _own_name(name: str, source: str, earlier: Sequence[str]) -> Advice | None:
    """Advice on a name that the notebook itself gives a value to, or one nearly like it."""
    if given_above(name, earlier) and not re.search(rf"\bdel\b[^\n#]{{0,200}}\b{name}\b", source):
        return Advice(
            f"A cell above gives `{name}` its value, but did not get that far: it raised an error or was not run.",
            "Correct that cell first, then run this one again.",
        )
    meant = nearest(name, names_bound_by([*earlier, source]))
    return None if meant is None else Advice(_unlike(name, meant, "this notebook"), f"Write `{meant}`.")


def _unlike(name: str, meant: str, whose: str) -> str:
    if differs_in_case_only(name, meant):
        return f"Python tells capital from small letters: {whose} has `{meant}`, not `{name}`."
    return f"{whose[0].upper()}{whose[1:]} has no `{name}`, but it has `{meant}`."


# --- attributes -------------------------------------------------------------------------------------------------------

_OF_MODULE = re.compile(r"module '([\w.]{1,80})' has no attribute '(\w{1,60})'")
_OF_OBJECT = re.compile(r"'(\w{1,60})' object has no attribute '(\w{1,60})'")
_NEVER_CALLED = re.compile(r"has never been called and thus has no defined|has no defined inputs yet")
_THROWN_AWAY = re.compile(r"^[ \t]{0,40}(\w{1,60})[ \t]{0,9}=[ \t]{0,9}\1\.(add|build|compile|summary)\(", re.MULTILINE)


def _attribute(message: str, source: str, earlier: Sequence[str]) -> Advice | None:
    of_module, of_object = _OF_MODULE.match(message), _OF_OBJECT.match(message)
    not_called = _NEVER_CALLED.search(message)
    if not_called:
        return Advice(
            "It is not known yet what goes in: neither has an input's shape been given, nor has it been called.",
            "Begin the model with `keras.Input(shape=...)`, or call it on a batch of pictures before.",
        )
    if of_module:
        return _module_attribute(of_module[1], of_module[2])
    return _object_attribute(of_object[1], of_object[2], source, earlier) if of_object else None


def _module_attribute(module: str, name: str) -> Advice | None:
    here = moved(name) if "keras" in module else None
    if here is not None:
        return here
    if name in GONE and "keras" in module:
        return Advice(f"Keras 3 has no `{name}`. {GONE[name][0]}", GONE[name][1])
    shown = "keras" if "keras" in module else module
    below = module.rpartition("keras.")[2] if "keras." in module and not module.endswith(".keras") else ""
    if name == "experimental" and "keras" in module:
        return experimental(f"keras.{below}" if below else "keras")
    old = gone_from_tensorflow(name, _tf_name(module)) if _tf_name(module) else None
    if old is not None:
        return old
    if "keras" in module or module == "tensorflow":
        if name in HOMES and HOMES[name] not in (below, "models"):
            return Advice(f"`{name}` is not in this module.", f"Write `keras.{HOMES[name]}.{name}`.")
        own = [word for word, home in HOMES.items() if home == below]
        meant = nearest(name, [*own, *MODULES, "Sequential", "Model", "Input", "keras"]) or nearest(name, HOMES)
    elif (later := added_later(module, name)) is not None:
        return later
    else:
        meant = name.lower() if name != name.lower() and module == "matplotlib.pyplot" else None
    return None if meant is None else Advice(_unlike(name, meant, f"`{shown}`"), f"Write `{meant}`.")


def _tf_name(module: str) -> str:
    """How notebooks call a module of TensorFlow: ``tf``, ``tf.train``, ``keras.backend``; empty for any other."""
    if module.endswith("keras.backend"):
        return "keras.backend"
    found = re.fullmatch(r"tensorflow(?:\._api\.v2)?((?:\.\w{1,30}){0,2})", module)
    return f"tf{found[1]}" if found and "keras" not in module else ""


def _object_attribute(kind: str, name: str, source: str, earlier: Sequence[str]) -> Advice | None:
    if kind == "list" and re.search(rf"\.layers\.{name}\b", source):
        return Advice(
            "`model.layers` is the list of the layers that one model has; the kinds of layers are Keras's own.",
            f"Write `keras.layers.{name}`.",
        )
    if kind == "NoneType":
        thrown = next((found for text in [source, *reversed(earlier)] if (found := _THROWN_AWAY.search(text))), None)
        if thrown is None:
            return None
        return Advice(
            f"`{thrown[1]}.{thrown[2]}` changes the model and gives nothing back, so `{thrown[1]} = ...` loses it.",
            f"Call `{thrown[1]}.{thrown[2]}(...)` without the `{thrown[1]} =` before it.",
        )
    if name in GONE:
        return Advice(f"Keras 3 has no `{name}`. {GONE[name][0]}", GONE[name][1])
    if name == "next":
        return Advice("Iterators have no method `next` in Python 3.", "Write `next(...)` around it.")
    if name == "output_shape":
        return Advice("A layer of Keras 3 has no `output_shape`.", "Write `layer.output.shape`.")
    later = added_later(kind, name)
    if later is not None:
        return later
    meant = nearest(name, MEMBERS.get(kind, ()))
    return None if meant is None else Advice(_unlike(name, meant, f"`{kind}`"), f"Write `{meant}`.")


# --- keys ------------------------------------------------------------------------------------------------------------

_METRICS = re.compile(r"metrics\s{0,9}=\s{0,9}[\[(]?\s{0,9}['\"](acc|accuracy)['\"]")


def _key(message: str, source: str, earlier: Sequence[str]) -> Advice | None:
    match = re.fullmatch(r"'((?:val_)?)(acc|accuracy)'", message)
    if match is None:
        return None
    prefix, asked = match[1], match[2]
    given = next((found[1] for text in [source, *reversed(earlier)] if (found := _METRICS.search(text))), None)
    if given is not None and given != asked:
        return Advice(
            f"The history keeps a metric under the word that `compile` was given, and that is '{given}' here.",
            f"Ask for '{prefix}{given}', or write '{asked}' in `metrics` too.",
        )
    if prefix and given is not None:
        return Advice(
            f"The history has no '{prefix}{asked}': `fit` had nothing to validate on.",
            "Give `fit` its `validation_data`, then the history has the validation's numbers too.",
        )
    return Advice(
        "The history keeps a metric under the word that `compile` was given: 'acc' or 'accuracy'.",
        "Print `history.history.keys()`, and ask for the key that is there.",
    )


# --- arguments --------------------------------------------------------------------------------------------------------


def _type(message: str, source: str) -> Advice | None:
    if "set_model() missing 1 required positional argument" in message:
        return Advice(
            "`callbacks` was given a class, and Keras calls back objects.",
            "Make an object of the class, with parentheses behind its name.",
        )
    unexpected = re.search(r"got an unexpected keyword argument '(\w{1,60})'", message)
    if unexpected:
        return _argument(unexpected[1])
    asked = re.search(r"\.get\(\s{0,9}['\"](\w{1,40})['\"]\s{0,9}\)", source)
    if "'NoneType'" in message and "not supported between" in message and asked:
        return Advice(
            f"`.get('{asked[1]}')` found no such key and gave None: the logs keep a metric under the word that "
            "`compile` was given.",
            "Use the same word in `metrics` and here: 'acc' or 'accuracy'.",
        )
    if "'History' object is not subscriptable" in message:
        return Advice(
            "What `fit` gives back is an object; its numbers are in its `history`.", "Write `.history` first."
        )
    indexed = re.search(r"type '(\w{1,60})' is not subscriptable", message)
    if indexed:
        return Advice(
            f"`{indexed[1]}[...]` asks for an entry; a model or layer is made by a call.",
            f"Write `{indexed[1]}(...)`, and any list inside the parentheses.",
        )
    return None


def _argument(name: str) -> Advice | None:
    if name in GONE:
        return Advice(f"Keras 3 has no argument `{name}`. {GONE[name][0]}", GONE[name][1])
    meant = "optimizer" if name == "optimiser" else nearest(name, OPTIONS)
    return None if meant is None else Advice(f"There is no argument `{name}` here.", f"Write `{meant}`.")


_ONE_MORE = re.compile(r"Expected shape \(None, ([\d, ]{1,60})\), but input has incompatible shape \(([\d, ]{1,60})\)")


def _value(message: str, source: str) -> Advice | None:
    if "isn't built" in message and "count_params" in message:
        return Advice(
            "How many weights there are depends on the shape of what goes in, which is not known yet.",
            "Begin the model with `keras.Input(shape=...)`, or call it on a batch of pictures before.",
        )
    not_called = re.search(r"(?:identifier|Received): <class '[\w.]{0,120}?(\w{1,60})'>", message)
    if not_called:
        return Advice(
            f"`{not_called[1]}` stands there without parentheses: that is the class, not yet one made of it.",
            f"Write `{not_called[1]}(...)`, with its settings, if any, in the parentheses.",
        )
    refused = re.search(r"(?:not recognized|arguments passed to \w{1,60}): \{'(\w{1,60})'", message)
    if refused:
        return _argument(refused[1])
    misspelt = re.search(r"(?:identifier|Invalid class_mode): (\w{1,60})(?:;|\Z)", message)
    if misspelt:
        meant = nearest(misspelt[1], IDENTIFIERS)
        return None if meant is None else Advice(f"Keras knows no '{misspelt[1]}'.", f"Write '{meant}'.")
    if "Expected `metrics` argument to be a list" in message:
        return Advice("`metrics` takes a list, even of one.", "Put square brackets around it.")
    wanted = _ONE_MORE.search(message)
    if wanted and wanted[1] == wanted[2]:
        return Advice(
            "A model takes batches: its input has one dimension more, in front, than a single picture has.",
            "Make a batch of one of the picture first.",
        )
    comma = re.search(r"\(\s{0,9}(0,\d{1,9})\s{0,9}\)", source)
    if "learning_rate" in message and comma:
        return from_slips([comma_for_point(comma[1])])
    return None
