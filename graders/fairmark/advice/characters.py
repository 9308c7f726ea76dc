"""Characters that pages and word processors set and Python does not take: what each is, and the key to press."""

from __future__ import annotations

from typing import Final

from fairmark.advice.sentence import Advice, listed

__all__ = ["foreign_characters"]

_QUOTES: Final = dict.fromkeys("“”„‟«»″＂", '"') | dict.fromkeys("‘’‚‛′´`＇", "'")
_DASHES: Final = dict.fromkeys("‐‑‒–—―−﹣－", "-")
_SIGNS: Final = {
    "×": "*",
    "÷": "/",
    "∗": "*",
    "…": "...",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "，": ",",
    "。": ".",
    "、": ",",
}
_FULL_WIDTH: Final = {
    chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if not chr(code - 0xFEE0).isalnum()
}
_INVISIBLE: Final = frozenset("\xa0\xad\u1680\u2028\u2029\u202f\u205f\u2060\u3000\ufeff").union(
    map(chr, range(0x2000, 0x2010))
)


def foreign_characters(code: str) -> Advice | None:
    """Advice on the first line of ``code`` (strings and comments blanked out) that holds such characters."""
    for number, line in enumerate(code.split("\n"), start=1):
        found = dict.fromkeys(character for character in line if not character.isascii() or character == "`")
        for table, advice in ((_QUOTES, _quotes), (_DASHES, _dashes)):
            typed = [character for character in found if character in table]
            if typed:
                return advice(typed, number)
        signs = _SIGNS | _FULL_WIDTH
        typed = [character for character in found if character in signs][:4]
        if typed:
            shown, keys = listed(typed), listed(list(dict.fromkeys(signs[character] for character in typed)))
            return Advice(
                f"{shown} in line {number} {'are' if len(typed) > 1 else 'is'} not from the ASCII keyboard that Python "
                f"is typed on.",
                f"Type {keys} instead.",
            )
        if found.keys() & _INVISIBLE:
            return Advice(
                f"Line {number} holds an invisible character that came along with pasted text, most likely in place "
                "of a space.",
                "Delete the spaces of that line and type them again.",
            )
    return None


def _quotes(typed: list[str], number: int) -> Advice:
    shown, keys = listed(typed[:4]), listed(list(dict.fromkeys(_QUOTES[character] for character in typed)))
    return Advice(
        f"{shown} in line {number} {'are quotation marks' if len(typed) > 1 else 'is a quotation mark'} as a page sets "
        "them; Python takes only the straight ones.",
        f"Type {keys} instead, at both ends of the text.",
    )


def _dashes(typed: list[str], number: int) -> Advice:
    return Advice(
        f"{listed(typed[:4])} in line {number} is a dash as a page sets it; Python's minus is the plain hyphen.",
        "Type - instead.",
    )
