"""The training curve as an SVG picture, made of numbers alone."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from fairmark.present.curve import Accuracy, Curve, binned

__all__ = ["curve_svg"]

# User units of the picture; the page scales it to its own width.
_WIDTH, _HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 30
_DOTS_AT_MOST = 40
_POINTS_AT_MOST = _WIDTH // 2


def curve_svg(curve: Curve) -> Markup:
    """Training as a line with dots, validation dashed with squares, over an axis from 0 to 1.

    The page names the classes ``axis``, ``grid``, ``training`` and ``validation`` and gives them their colours.
    """
    epochs = len(curve.steps)
    parts = [_grid(), _epoch_labels(epochs)]
    parts.append(_line(curve.accuracy, "training"))
    if curve.has_validation:
        parts.append(_line(curve.validation_accuracy, "validation"))
    label = f"Accuracy over {epochs} epochs: training {_last(curve.accuracy)}"
    if curve.has_validation:
        label += f", validation {_last(curve.validation_accuracy)}"
    return Markup(f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>')


def _x(index: int, epochs: int) -> float:
    span = _WIDTH - _LEFT - _RIGHT
    return _LEFT + (span / 2 if epochs == 1 else span * index / (epochs - 1))


def _y(value: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value)


def _grid() -> str:
    rows = []
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(value)
        rows.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"></line>')
        rows.append(f'<text class="axis" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.2f}</text>')
    return "".join(rows)


def _epoch_labels(epochs: int) -> str:
    labels = []
    for index in sorted({0, (epochs - 1) // 2, epochs - 1}):
        anchor = "middle" if 0 < index < epochs - 1 or epochs == 1 else "start" if index == 0 else "end"
        x, y = _x(index, epochs), _HEIGHT - 8
        labels.append(f'<text class="axis" x="{x:.1f}" y="{y}" text-anchor="{anchor}">{index + 1}</text>')
    return "".join(labels)


def _line(values: Sequence[Accuracy], name: str) -> str:
    """Broken where a value is missing; means of neighbours where there are more epochs than can be told apart."""
    values = binned(values, _POINTS_AT_MOST)
    pieces: list[list[str]] = [[]]
    dots = []
    for index, value in enumerate(values):
        if value is None:
            pieces.append([])
            continue
        x, y = _x(index, len(values)), _y(value)
        pieces[-1].append(f"{x:.1f},{y:.1f}")
        dots.append(_dot(x, y, name))
    lines = [f'<polyline class="{name}" points="{" ".join(piece)}"></polyline>' for piece in pieces if len(piece) > 1]
    return "".join(lines) + ("".join(dots) if len(dots) <= _DOTS_AT_MOST else "")


def _dot(x: float, y: float, name: str) -> str:
    if name == "training":
        return f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="3"></circle>'
    return f'<rect class="{name}" x="{x - 2.5:.1f}" y="{y - 2.5:.1f}" width="5" height="5"></rect>'


def _last(values: Sequence[Accuracy]) -> str:
    return "not measured" if values[-1] is None else f"{values[-1]:.2f} at the end"
