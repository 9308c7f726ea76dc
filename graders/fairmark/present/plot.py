"""The training curve in characters: training and validation side by side, one bar per epoch."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from fairmark.present.curve import Accuracy, Curve, binned
from fairmark.present.wording import CURVE_NOTE, steps_in_words

__all__ = ["CurvePlot"]

TRAINING_STYLE = "dodger_blue1"
VALIDATION_STYLE = "dark_orange3"
_QUIET_STYLE = "grey50"

_ROWS = 4
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_LABELS = {0: "1.0 ┤", 2: "0.5 ┤"}
_LABEL_COLUMNS = 5
_GAP_COLUMNS = 4
_WIDEST_BAR_COLUMNS = 3


class CurvePlot:
    """Eight lines high at most; a sentence instead where the console cannot show blocks or is too narrow."""

    def __init__(self, curve: Curve) -> None:
        self.curve = curve

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        curve = self.curve
        sides = [("Training", curve.accuracy, TRAINING_STYLE)]
        if curve.has_validation:
            sides.append(("Validation", curve.validation_accuracy, VALIDATION_STYLE))
        columns = (options.max_width - _GAP_COLUMNS * (len(sides) - 1)) // len(sides) - _LABEL_COLUMNS
        if options.ascii_only or columns < 12:
            for name, values, _ in sides:
                yield Text(f"{name}: {_from_first_to_last(values)}")
        else:
            blocks = [_block(name, values, style, columns) for name, values, style in sides]
            for row in zip(*blocks, strict=True):
                yield Text(" " * _GAP_COLUMNS).join(row)
        yield Text(f"{steps_in_words(curve)}. {CURVE_NOTE}", style=_QUIET_STYLE)


def _block(name: str, values: Sequence[Accuracy], style: str, columns: int) -> list[Text]:
    """Title, bars, axis and epoch numbers of one side: lines of equal width."""
    heights = binned(values, columns)
    bar_columns = max(1, min(_WIDEST_BAR_COLUMNS, columns // len(heights) - 1))
    gap_columns = 1 if len(heights) * (bar_columns + 1) <= columns else 0
    used_columns = len(heights) * (bar_columns + gap_columns)
    last = values[-1]
    title = Text.assemble(" " * _LABEL_COLUMNS, (name, f"bold {style}"), " ", "" if last is None else f"{last:.2f}")
    lines = [title]
    for row in range(_ROWS):
        bars = "".join(_glyph(height, row) * bar_columns + " " * gap_columns for height in heights)
        lines.append(Text.assemble((_LABELS.get(row, "    │"), _QUIET_STYLE), (bars, style)))
    lines.append(Text("0.0 └" + "─" * used_columns, style=_QUIET_STYLE))
    last_epoch = str(len(values)) if len(values) > 1 else ""
    epochs = " " * _LABEL_COLUMNS + "1" + last_epoch.rjust(used_columns - gap_columns - 1)
    lines.append(Text(epochs, style=_QUIET_STYLE))
    for line in lines:
        line.truncate(_LABEL_COLUMNS + columns, pad=True)
    return lines


def _glyph(value: Accuracy, row: int) -> str:
    """The part of a bar that lies in ``row``, counted from the top."""
    if value is None:
        return "·" if row == _ROWS - 1 else " "
    eighths = round(value * _ROWS * 8) - (_ROWS - 1 - row) * 8
    least = 1 if row == _ROWS - 1 else 0
    return _EIGHTHS[max(least, min(8, eighths))]


def _from_first_to_last(values: Sequence[Accuracy]) -> str:
    known = [value for value in values if value is not None]
    return f"{known[0]:.2f} in the first epoch, {known[-1]:.2f} in the last" if known else "not measured"
