"""The speaking part of the corpus: hostile texts, and submissions that say a text in every place where they can.

A submission is made from ``say``, which gives the text for a place by its name, so that a test can have one text said
everywhere, or tell apart which place a text has come from. Nothing is run: the submissions are evidence made by hand.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import recorded
from recorded import COMPILE, GENERATORS, block, dense, hidden, keras_layer, right_answer

from fairmark.evidence import CellError, Evidence, Flag, Function, RecorderFailed
from fairmark.report import Report

__all__ = [
    "HARMLESS",
    "KINDS",
    "NOT_SHOWN",
    "ON_PAGES_ONLY",
    "SUBMISSIONS",
    "Say",
    "Text",
    "mark",
    "say_instead",
    "speaking_report",
    "texts",
]

FOLDER = Path(__file__).resolve().parent / "corpus" / "speaking"
KINDS = ("markup", "terminal", "page", "table", "direction", "invisible", "long", "paths")

HARMLESS = "harmless words"
"""Stands where a hostile text stands otherwise: what is made of the two must have one shape."""

Say = Callable[[str], str]

_MARK = re.compile("«[^»]*»")


@dataclass(frozen=True)
class Text:
    """A hostile text and what is to become of it; ``stem`` is None where the text may be a file's name as it is."""

    name: str
    text: str
    shown: str
    field: str
    stem: str | None
    is_long: bool

    def is_shown_as(self, line: str) -> bool:
        return line.startswith(self.shown) if self.is_long else line == self.shown

    def is_field(self, field: str) -> bool:
        return field.startswith(self.field) if self.is_long else field == self.field


def texts(*kinds: str) -> list[Text]:
    """The texts of these kinds, of all where none is said."""
    found = []
    for kind in kinds or KINDS:
        entries = tomllib.loads((FOLDER / f"{kind}.toml").read_text(encoding="utf-8"))["text"]
        found += [_text(**entry) for entry in entries]
    return found


def _text(
    name: str,
    text: str = "",
    json: str = "",
    times: int = 1,
    shown: str | None = None,
    field: str | None = None,
    stem: str | None = None,
) -> Text:
    whole = (_from_json(json) if json else text) * times
    shown = whole if shown is None else shown
    return Text(name, whole, shown, shown if field is None else field, stem, is_long=times > 1)


def _from_json(text: str) -> str:
    decoded: str = json.loads(text)
    return decoded


# --- what a student says, and where -----------------------------------------------------------------------------------

NOT_SHOWN = frozenset({"variable", "printed", "key of the logs", "module", "name of a layer", "class of the model"})
"""Places whose text is evidence and goes no further."""

ON_PAGES_ONLY = frozenset({"name of software", "version of software"})
"""Places whose text is in the files of a report, and not on a terminal."""


def wrong_answers(say: Say) -> Evidence:
    """Everything was answered, and every answer is a text."""
    layers = [
        *block(16, 300, activation=say("activation")),
        *block(32, 149, padding=say("padding")),
        *block(64, 73, kernel_size=say("kernel size")),
        keras_layer("Flatten", (None, 78_400)),
        dense(512, say("activation of the hidden layer")),
        dense(1, say("activation of the output")),
    ]
    named = layers[0].model_copy(update={"name": say("name of a layer"), "module": say("module")})
    return right_answer(
        training={"directory": say("folder"), "class_mode": say("labels")},
        validation={"directory": say("another folder")},
        names={"objects": {say("variable"): "pictures-1", "validation_pictures": "pictures-2"}},
        model={"class_name": say("class of the model"), "layers": [named, *layers[1:]]},
        compiled={
            "loss": Function(name=say("loss"), module="keras"),
            "optimizer": Function(name=say("optimizer"), module=say("module")),
            "metrics": [Function(name=say("metric"), module="keras")],
        },
        steps={"values": {"steps_per_epoch": say("steps"), "validation_steps": [say("list of steps")]}},
        epoch_1={"logs": {say("key of the logs"): 0.5, "accuracy": 0.5}},
        printed={recorded.PREDICTION: say("printed")},
        flags=(Flag(kind="tampering", message=say("flag"), cell=4),),
    )


def wrong_names(say: Say) -> Evidence:
    """The classes, the picture and its class are called so."""
    return right_answer(
        sources={"compile": recorded.SOURCES["compile"].replace("RMSprop", "Adam")},
        training={"classes": ["horses", say("class")]},
        compiled={"optimizer": Function(name="adam", class_name=say("class of the optimizer"))},
        loaded={"path": say("picture")},
        named={"values": {"predicted_class": say("class")}},
        probe=hidden(picture=say("picture"), picture_outputs=(0.9,)),
    )


def refuted(say: Say) -> Evidence:
    """The text of the notebook says it where the run says otherwise."""
    source = recorded.SOURCES["generators"].replace('"binary"', repr(say("literal")[:5000]))
    return right_answer(sources={"generators": source})


def errors(say: Say) -> Evidence:
    """A cell raised it, and says it in its first line; later cells could not be seen for it."""
    raised = CellError(type=say("type of the error"), message=say("message of the error"), line=2)
    return right_answer(
        sources={"generators": say("first line")},
        without=["training", "validation", "names", "batch", "compiled"],
        errors={GENERATORS: raised},
    )


def stumbles(say: Say) -> Evidence:
    """The recorder stumbled over it."""
    failed = RecorderFailed(cell=COMPILE, where=say("module"), message=say("what the recorder says"))
    return right_answer(without=["compiled"], also=[failed])


def ends(say: Say) -> Evidence:
    """The run ended with it."""
    return right_answer(until="model_name", outcome="crashed", reason=say("reason"))


def unreadable(say: Say) -> Evidence:
    """The file could not be read, and its name is in the reason."""
    return recorded.unreadable(f"{say('path')}.ipynb: is empty")


def unprobed(say: Say) -> Evidence:
    """The model could not be rebuilt, for this reason; the run names the layers of its sandbox and software so."""
    evidence = right_answer(probe=hidden(problem=say("problem of the probe"), outputs=(), truth=()))
    software = {say("name of software"): say("version of software"), "keras": "3.15.1"}
    run = evidence.run.model_copy(
        update={"software": software, "isolation": (say("layer of the sandbox"),), "numerics": say("numerics")}
    )
    return evidence.model_copy(update={"run": run})


def not_run(say: Say) -> Evidence:
    """Nothing was attempted; only the student's name speaks."""
    return recorded.untouched()


SUBMISSIONS: dict[str, Callable[[Say], Evidence]] = {
    made.__name__: made
    for made in (wrong_answers, wrong_names, refuted, errors, stumbles, ends, unreadable, unprobed, not_run)
}


# --- a report in which every place speaks -----------------------------------------------------------------------------


def mark(place: str) -> str:
    """Stands in a report for what is said in ``place``."""
    return f"«{place}»"


def speaking_report(submissions: Iterable[Report]) -> Report:
    """One report with every sentence in which something was said, once, and a student whose name speaks.

    ``submissions`` are reports whose places say their :func:`mark`. There is an exercise for each of them.
    """
    reports = list(submissions)
    sentences: set[str] = set()
    exercises = []
    for number, report in enumerate(reports, start=1):
        checks = [check for exercise in report.exercises for check in exercise.checks]
        new = {check.message: check for check in checks if "«" in check.message and check.message not in sentences}
        sentences |= new.keys()
        if new:
            update = {"id": f"part_{number}", "checks": tuple(new.values())}
            exercises.append(report.exercises[0].model_copy(update=update))
    flags = tuple(flag for report in reports for flag in report.flags if "«" in flag.model_dump_json())
    run = next(report.run for report in reports if "«" in report.run.model_dump_json())
    return reports[0].model_copy(
        update={"student": mark("student"), "run": run, "exercises": tuple(exercises), "flags": flags}
    )


def say_instead(report: Report, text: str) -> Report:
    """``report`` with ``text`` in the place of every mark."""

    def said(value: object) -> object:
        if isinstance(value, str):
            return _MARK.sub(lambda _: text, value)
        if isinstance(value, dict):
            return {said(key): said(item) for key, item in value.items()}
        return [said(item) for item in value] if isinstance(value, list | tuple) else value

    return Report.model_validate(said(report.model_dump()))
