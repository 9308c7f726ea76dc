"""What every text passes last on its way to a console: it is kept in its place and in the console's characters.

Consoles that cannot show every character are a Windows code page, the C locale, an old pipe.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

from fairmark.present.escape import directed

__all__ = ["Encodable"]

# One column for one column, so that what was laid out stays aligned.
_NEAREST = str.maketrans({"“": '"', "”": '"', "’": "'", "…": "~", "·": "-", "–": "-", "×": "x", "━": "=", "╸": "-"})


class Encodable:
    """Renders ``renderable`` with each character that the console's encoding lacks replaced by ``?``.

    Without it, a name in another script ends the whole command with a ``UnicodeEncodeError``. Behind letters of a
    right-to-left script comes a mark that keeps what follows on the line in its order.
    """

    def __init__(self, renderable: RenderableType) -> None:
        self.renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.renderable, options):
            text, style, control = segment
            yield segment if control else Segment(_encodable(directed(text), options.encoding), style)


def _encodable(text: str, encoding: str) -> str:
    if _fits(text, encoding):
        return text
    return "".join(character if _fits(character, encoding) else _replacement(character, encoding) for character in text)


def _replacement(character: str, encoding: str) -> str:
    nearest = character.translate(_NEAREST)
    return nearest if _fits(nearest, encoding) else "?" * cell_len(character)


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
