"""Hooks that leave Keras's functions the objects they are.

Keras tells what a student has overridden by comparing functions (``self.__class__.compile != Trainer.compile`` decides
whether a loaded model is compiled), by attributes of them (``_is_default``), by their signatures and by their modules;
and pickling, ``inspect`` and a notebook that has taken a function by its name go by the object too. So nothing is put
in a function's place: the function keeps its identity, name, module, attributes, signature, source and decorators, and
only its code is exchanged for code with the same parameters that calls the hook. Of an error that comes out of the
original, the traceback is the original's.

This reaches into what Python's functions are made of, and into the homes that Keras's functions have; both were seen on
Python 3.11 and the versions of Keras in ``private.SEEN_ON``. ``test_hooks.py`` says what has moved.
"""

from __future__ import annotations

import functools
import inspect
import types
import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["code_of", "hook"]

_HOOK, _CUT = b"hook", b"cut"
"""Stand in the text for the objects that the code is to call: constants of the code, since it sees no other names."""


def code_of(function: Callable[..., Any]) -> types.FunctionType:
    """The function that decorators have wrapped, the one whose code runs in the end.

    Raises ``TypeError`` where that is not a plain function written in Python.
    """
    found = inspect.unwrap(function)
    if not isinstance(found, types.FunctionType) or inspect.isgeneratorfunction(found):
        raise TypeError(f"{function!r} ends in {found!r}, which has no code that a hook could stand in for")
    return found


def hook(function: Callable[..., Any], around: Callable[..., Any]) -> None:
    """From here on a call of ``function`` is ``around(original, *arguments, **options)``, whoever makes it.

    ``original`` does what the function did before. ``around`` is given all arguments, those left out too: by position
    where they can be, else by name.
    """
    hooked, around = code_of(function), code_of(around)
    before = hooked.__code__
    original = _copy(hooked, before)
    # What the original warns of may be laid at the door of whoever called it: that is Keras's file then, not ours.
    placed = around.__code__.replace(co_filename=before.co_filename, co_firstlineno=before.co_firstlineno)
    enter = functools.partial(_copy(around, placed), original)

    def cut(problem: BaseException) -> None:
        trace = problem.__traceback__
        while trace is not None and trace.tb_frame.f_code is not before:
            trace = trace.tb_next
        if trace is not None:
            problem.__traceback__ = trace

    hooked.__code__ = _calling(hooked, {_HOOK: enter, _CUT: cut})


def _copy(function: types.FunctionType, code: types.CodeType) -> types.FunctionType:
    made = types.FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__qualname__, made.__module__ = function.__qualname__, function.__module__
    return made


def _calling(function: types.FunctionType, constants: dict[bytes, Callable[..., Any]]) -> types.CodeType:
    """Code with the parameters of ``function`` that hands them on."""
    before = function.__code__
    parameters, arguments = _parameters(before)
    outer = ", ".join(before.co_freevars)
    text = f"""
def outer({outer}):
    def hooked({parameters}):
        if False:
            {outer or "pass"}
        try:
            return {_HOOK!r}({arguments})
        except BaseException as raised_by_the_original:
            {_CUT!r}(raised_by_the_original)
            raise
    return hooked
"""
    with warnings.catch_warnings(action="ignore"):  # a constant is called
        made = _code_in(_code_in(compile(text, before.co_filename, "exec")))
    return made.replace(
        co_name=before.co_name,
        co_qualname=before.co_qualname,
        co_firstlineno=before.co_firstlineno,
        co_consts=tuple(constants.get(value, value) if type(value) is bytes else value for value in made.co_consts),
    )


def _code_in(code: types.CodeType) -> types.CodeType:
    """That of the one function that ``code`` makes; nothing is run for it."""
    return next(value for value in code.co_consts if isinstance(value, types.CodeType))


def _parameters(code: types.CodeType) -> tuple[str, str]:
    """The parameters of ``code`` without their defaults, which the function keeps; and the call that hands them on."""
    names = list(code.co_varnames)
    positional, named = names[: code.co_argcount], names[code.co_argcount :][: code.co_kwonlyargcount]
    rest = names[code.co_argcount + code.co_kwonlyargcount :]
    parameters, arguments = [*positional], [*positional]
    if code.co_posonlyargcount:
        parameters.insert(code.co_posonlyargcount, "/")
    if code.co_flags & inspect.CO_VARARGS:
        several = f"*{rest.pop(0)}"
        parameters.append(several)
        arguments.append(several)
    elif named:
        parameters.append("*")
    parameters += named
    arguments += [f"{name}={name}" for name in named]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        options = f"**{rest.pop(0)}"
        parameters.append(options)
        arguments.append(options)
    return ", ".join(parameters), ", ".join(arguments)
